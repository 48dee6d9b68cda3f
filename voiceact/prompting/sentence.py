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
from voiceact.errors import UsageError
from voiceact.prompting.feeling import FeelingReading, describe_reading, read_feeling
from voiceact.prompting.person import read_person
from voiceact.prompting.words import check_description

_QUOTES = (("'", "'"), ('"', '"'), ("“", "”"), ("‘", "’"), ("«", "»"), ("„", "“"))
_OPENERS = re.compile(
    r"^\s*(?:please\s+)?(?:(?:speak|say|talk|read|act|sound|perform|recite|whisper|shout|voice|deliver|do|say\s+it|say\s+this|"
    r"read\s+this|tell\s+me)\s*)?(?:(?:this|it|the\s+following|the\s+line)\s+)?(?:like|as|in\s+the\s+voice\s+of|as\s+if\s+you\s+were|"
    r"as\s+though\s+you\s+were|with\s+the\s+voice\s+of|by)?\s*(?:if\s+)?",
    re.IGNORECASE,
)
_PARTS = re.compile(r"\s*[,;]\s*|\s+(?=who\s+(?:is|feels|seems|sounds)\b)|\s+(?=feeling\b|while\b|full\s+of\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SentenceRequest:
    """What a sentence asks for.

    Attributes:
        persona: who speaks
        persona_words: the words that say so
        feeling: what is felt; None where the sentence names nothing
        line: what is said
        notes: what was read out of the sentence, one sentence each
    """

    persona: Persona
    persona_words: str
    feeling: FeelingReading | None
    line: str
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
    asked = check_description(_OPENERS.sub("", asked.rstrip(" :,"), count=1), "what stands before the line")

    # The first part names the person, the others what is felt; a feeling may stand within the first part as well.
    folders = tuple(folders)
    parts = [part for part in _PARTS.split(asked) if part.strip()]
    named = _shipped(parts[0], folders)
    if named is not None:
        persona, persona_words = named, parts[0]
        notes: tuple[str, ...] = (f"{parts[0]!r} is the persona {named.name}",)
        unread_parts = parts[1:]
    else:
        person_parts, unread_parts = [parts[0]], []
        for part in parts[1:]:
            (person_parts if _feeling(part, default) is None else unread_parts).append(part)
        persona_words = ", ".join(person_parts)
        reading = read_person(persona_words)
        persona, notes = reading.persona, reading.notes()
    feeling = _feeling(", ".join(unread_parts), default)
    if feeling is None and named is None:
        feeling = _feeling(parts[0], default)
    if feeling is not None:
        notes = (*notes, describe_reading(feeling))
    else:
        notes = (*notes, "the request names no feeling: the line is read neutrally")
    return SentenceRequest(persona, persona_words, feeling, line, notes)


def _split_line(text: str) -> tuple[str, str]:
    """Split what is asked from what is said."""
    for opening, closing in _QUOTES:
        # An apostrophe within a word opens no quotation.
        start = re.search(rf"(?<!\w){re.escape(opening)}(?=\S)", text)
        if start is None:
            continue
        end = text.rfind(closing)
        if end <= start.start():
            raise UsageError(
                f"the quotation that begins with {text[start.start() : start.start() + 30]!r} never ends; close it"
            )
        line = text[start.end() : end].strip()
        asked = f"{text[: start.start()]} {text[end + 1 :]}".strip(" .,;")
        if line and asked.strip(" :,."):
            return asked, line
    asked, colon, line = text.partition(":")
    if not colon or not line.strip():
        raise UsageError(
            f"the request {text[:60]!r} holds no line; write it behind a colon or in quotation marks, as in "
            "\"a caring nurse, worried: 'The doctor will be with you soon.'\""
        )
    return asked, line.strip()


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
