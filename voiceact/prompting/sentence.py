"""A whole request in one sentence: who speaks, what is felt, and the line.

>>> request = read_request("Speak like a caring nurse, worried for her patient: 'The doctor will be with you soon.'")
>>> request.line
'The doctor will be with you soon.'
>>> request.persona_words, request.feeling.mix.as_dict()
('a caring nurse', {'distress': 5.0})
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from voiceact.acting.intensity import DEFAULT_INTENSITY
from voiceact.acting.persona import Persona, load_persona, persona_names
from voiceact.acting.stage_directions import parse_stage
from voiceact.errors import UsageError
from voiceact.prompting.feeling import FeelingReading, describe_reading, read_feeling
from voiceact.prompting.person import read_person, says_who
from voiceact.prompting.words import check_description

_QUOTES = {"'": "'", '"': '"', "“": "”", "‘": "’", "«": "»", "„": "“"}
"""opening mark -> closing mark"""
_OPENING = re.compile(rf"(?<!\w)[{''.join(_QUOTES)}](?=\S)")
"""an opening mark; an apostrophe within a word opens no quotation"""
_COLON = re.compile(r":(?!\d)|(?<!\d):")
"""a colon that is not of a time of day"""
_OPENERS = re.compile(
    r"^\s*(?:please\s+)?(?:(?:(?:speak|say|talk|read|act|sound|perform|recite|voice|deliver|do)(?:ing)?|tell\s+me)\b\s*(?:aloud\b\s*)?)?"
    r"(?:(?:this|it|the\s+following|the\s+line)\b\s*)?(?P<manner>(?:whisper|shout)(?:s|ing|ed)?\b[\s,]*)?"
    r"(?:(?:this|it|the\s+following|the\s+line)\b\s*)?(?:(?:like|as\s+(?:if|though)\s+you\s+were|as|by|"
    r"(?:in|with)\s+the\s+voice\s+of)\b\s*)?(?:if\b\s*)?",
    re.IGNORECASE,
)
_MANNERS = {"whisper": "whispering", "shout": "shouting"}
_VERBS = re.compile(r"\s+(?:(?P<manner>whisper|shout)(?:s|ing)?|says?|saying|speaks?|speaking|asks?|asking)$", re.IGNORECASE)
"""the verb behind who speaks: "a nurse whispers" """
_PARTS = re.compile(r"\s*[,;]\s*|\s+(?=who\s+(?:is|feels|seems|sounds)\b)|\s+(?=feeling\b|while\b|full\s+of\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SentenceRequest:
    """What a sentence asks for.

    Attributes:
        persona: who speaks
        persona_words: the words that say so
        feeling: what is felt; None where the sentence names nothing
        line: what is said
        direction: how it is spoken, as `parse_stage` reads it; empty where nothing is asked for
        notes: what was read out of the sentence, one sentence each
    """

    persona: Persona
    persona_words: str
    feeling: FeelingReading | None
    line: str
    direction: str
    notes: tuple[str, ...]


def read_request(
    sentence: str, *, default: float | str = DEFAULT_INTENSITY, folders: Iterable[str | Path] = ()
) -> SentenceRequest:
    """Read a sentence such as "Speak like a caring nurse, worried for her patient: 'The doctor …'".

    The line stands behind a colon or in quotation marks; before it come the person and, behind a comma, the feeling.

    Args:
        sentence: the request
        default: intensity where no degree word moves it
        folders: to look personas up in first

    Raises:
        UsageError: if there is no line, or nothing says who speaks
    """
    text = sentence.strip()
    if not text:
        raise UsageError("the request is empty; expected: who speaks, what they feel, and the line, as in "
                         "\"a caring nurse, worried: 'The doctor will be with you soon.'\"")  # fmt: skip
    asked, line = _split_line(text)
    opener = _OPENERS.match(asked)
    assert opener is not None  # it matches nothing at all, too
    manners = [_MANNERS[_plain_verb(opener["manner"])]] if opener["manner"] else []
    asked = check_description(asked[opener.end() :].strip(" :,"), "what stands before the line")

    # The first part names the person, and may name a feeling too; the others say what is felt and how it is spoken.
    folders = tuple(folders)
    first, *others = [part for part in _PARTS.split(asked) if part.strip()]
    if verb := _VERBS.search(first):
        first = first[: verb.start()]
        manners += [_MANNERS[_plain_verb(verb["manner"])]] if verb["manner"] else []
    named = _shipped(first, folders)
    person_parts, feelings, unread = [first], list[str](), list[str]()
    for part in others:
        if _feeling(part, default) is not None:
            feelings.append(part)
        elif named is None and says_who(part):
            person_parts.append(part)
        elif not (stage := parse_stage(part.replace("=", " "))).words and stage.changes:
            manners.append(part)
        else:
            unread.append(part)
    persona_words = ", ".join(person_parts)
    if named is not None:
        persona = named
        notes: tuple[str, ...] = (f"{first!r} is the persona {named.name}",)
    else:
        reading = read_person(persona_words)
        persona, notes = reading.persona, reading.notes()
    feeling = _feeling(", ".join(feelings), default)
    if feeling is None and named is None:
        feeling = _feeling(first, default)
    notes = (*notes, describe_reading(feeling) if feeling else "the request names no feeling: the line is read neutrally")
    if manners:
        notes = (*notes, f"it is spoken {', '.join(manners)}")
    if unread:
        notes = (*notes, f"not understood: {', '.join(map(repr, unread))}")
    return SentenceRequest(persona, persona_words, feeling, line, ", ".join(manners), notes)


def _split_line(text: str) -> tuple[str, str]:
    """Split what is asked from what is said: behind a colon, else within quotation marks.

    Raises:
        UsageError: if there is no line, a quotation that never ends, or nothing beside it
    """
    quoted, colon = _OPENING.search(text), _COLON.search(text)
    if colon is not None and (quoted is None or colon.start() < quoted.start()):
        asked, line = text[: colon.start()], _without_quotes(text[colon.end() :].strip())
    elif quoted is not None:
        closing = _QUOTES[quoted[0]]
        end = text.rfind(closing)
        if end <= quoted.start():
            raise _never_ends(text[quoted.start() :])
        inner = text[quoted.end() : end]
        if any(mark[0] == quoted[0] for mark in _OPENING.finditer(inner)):
            raise UsageError(
                f"the request {text[:60]!r} holds several quotations; write the line behind a colon, as in "
                '"a caring nurse, worried: The doctor will be with you soon."'
            )
        asked, line = f"{text[: quoted.start()]} {text[end + 1 :]}".strip(" .,;"), inner.strip()
    else:
        asked, line = text, ""
    if not line:
        raise UsageError(
            f"the request {text[:60]!r} holds no line; write it behind a colon or in quotation marks, as in "
            "\"a caring nurse, worried: 'The doctor will be with you soon.'\""
        )
    if not asked.strip(" :,."):
        raise UsageError(
            f"the request {text[:60]!r} says nothing of who speaks; expected as in "
            "\"a caring nurse, worried: 'The doctor will be with you soon.'\""
        )
    return asked, line


def _without_quotes(line: str) -> str:
    """Return a line without the quotation marks around all of it; marks around a part of it stay.

    Raises:
        UsageError: if the quotation at its start never ends
    """
    if line[:1] not in _QUOTES or not line[1:].strip():
        return line
    end = line.rfind(_QUOTES[line[0]])
    if end <= 0:
        raise _never_ends(line)
    several = any(mark[0] == line[0] for mark in _OPENING.finditer(line, 1))
    return line if several or line[end + 1 :].strip(" .,;!?") else line[1:end].strip()


def _never_ends(quotation: str) -> UsageError:
    return UsageError(f"the quotation that begins with {quotation[:30]!r} never ends; close it")


def _plain_verb(words: str) -> str:
    """Return "whisper" or "shout" of one of their forms."""
    return re.sub(r"(?:s|ing|ed)$", "", words.strip(" ,").casefold())


def _shipped(words: str, folders: tuple[str | Path, ...]) -> Persona | None:
    """Return the persona of that name, articles aside: "the grumpy lovable grandpa", "nurse"."""
    slug = re.sub(r"[^a-z0-9]+", "-", re.sub(r"^(?:a|an|the)\s+", "", words.casefold().strip())).strip("-")
    return load_persona(slug, folders) if slug in persona_names(folders) else None


def _feeling(part: str, default: float | str) -> FeelingReading | None:
    """Return what a part of the request says of the feeling; None where it names none."""
    try:
        reading = read_feeling(part, default)
    except UsageError:
        return None
    return reading if reading.signs else None
