"""A tale becomes a script: who says each quotation, and an arc of feeling through the paragraphs.

>>> tale = "“Who is there?” asked Anna, terrified.\\n\\nThe wind blew."
>>> script, report = draft_script(tale, name="dark", cast={"Anna": "nurse"})
>>> [(line.speaker, line.feeling) for paragraph in script.paragraphs for line in paragraph.lines]
[('Anna', 'Fear:5'), ('narrator', 'Fear:3'), ('narrator', 'Fear:2')]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from voiceact.acting.mix import EmotionMix
from voiceact.acting.persona import ADULTS_ONLY, Persona
from voiceact.acting.taxonomy import get
from voiceact.errors import UsageError
from voiceact.prompting.cast import NARRATOR, match_cast
from voiceact.prompting.feeling import read_feeling
from voiceact.story.paragraphs import read_blocks
from voiceact.story.script import ScriptLine, ScriptParagraph, StoryScript
from voiceact.story.speech import SpeechPart, name_speakers
from voiceact.story.speech_tags import DASH

NARRATED = 0.6
"""share of a feeling that the narrator shows of what the people of the tale feel"""
DECAY = 1.5
"""by how much a feeling fades from one paragraph to the next, on the scale of 0 to 7"""
LEAST = 1.0
"""intensity below which a feeling has faded"""
MOST_FEELINGS = 2
"""categories of a line"""
LONGEST_READ = 900
"""characters in which a feeling is looked for at once"""

_LITERAL = frozenset(
    "cold cool warm hot dark wild sick mad light heavy high low hard soft sharp bright burning shaking "
    "quiet silent still".split()
)
"""words of a feeling that in a tale are mostly of weather, rooms and things"""
_WHISPERED = re.compile(r"\bwhisper(?:ed|s|ing)?\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*[”’\"]?\s*")
_LEADING_MARKS = re.compile(rf"^(?:[\s,;:.]|{DASH})+(?=.*\w)")
_CLOSING_DASH = re.compile(rf"\s*{DASH}[.,;:]?$")


@dataclass
class DraftReport:
    """What a reader of the script should look at.

    Attributes:
        quotes: number of quotations
        unknown: paragraph number and words of each quotation whose speaker is not known
        guessed: the same of those whose speaker is a guess, with the name
        uncast: speaker -> number of quotations, of those who are not in the cast and are spoken by the narrator
    """

    quotes: int = 0
    unknown: list[tuple[int, str]] = field(default_factory=list)
    guessed: list[tuple[int, str, str]] = field(default_factory=list)
    uncast: dict[str, int] = field(default_factory=dict)


def draft_script(
    text: str,
    *,
    name: str,
    cast: Mapping[str, str],
    personas: Mapping[str, Persona] | None = None,
    markdown: bool = False,
    flat: bool = False,
) -> tuple[StoryScript, DraftReport]:
    """Draft the script of a tale.

    A quotation whose speaker is not known, or not in the cast, is the narrator's and is listed.

    Args:
        text: of the tale
        name: of the story
        cast: name -> persona; the narrator's name is "narrator"
        personas: name in the cast -> who plays it, whose gender tells which pronoun means them
        markdown: whether the text is Markdown
        flat: leave all feeling out

    Returns:
        the script, and what is to be looked at

    Raises:
        UsageError: if the tale is empty, or the cast names nobody in it
    """
    blocks = list(read_blocks(text, markdown=markdown))
    if not any(block.kind != "break" for block in blocks):
        raise UsageError(f"the story {name!r} is empty; expected at least one paragraph of text")
    names = [member for member in cast if member != NARRATOR]
    genders = {member: persona.gender for member, persona in (personas or {}).items() if persona.gender != "androgynous"}
    spoken = name_speakers([block.text for block in blocks if block.kind == "text"], names, genders)

    report, paragraphs = DraftReport(), list[ScriptParagraph]()
    speakers: set[str] = set()
    arc: dict[str, float] = {}
    after_break = False
    for block in blocks:
        if block.kind == "break":
            after_break = True
            continue
        if block.kind == "heading":
            # A new chapter begins without the feeling of the last one.
            arc = {}
            paragraphs.append(ScriptParagraph((ScriptLine(NARRATOR, block.text),), heading=True, after_break=after_break))
            after_break = False
            continue
        parts = next(spoken)
        own = [{} if flat else read_part_feeling(part) for part in parts]
        arc = advance_arc(arc, own)
        number = len(paragraphs) + 1
        lines: list[ScriptLine] = []
        for part, felt in zip(parts, own, strict=True):
            speaker, comments = _cast_part(part, number, names, report)
            speakers |= {speaker}
            if part.how == "narration":
                feeling = {category: value * NARRATED for category, value in arc.items()}
            else:
                feeling = felt or {category: value * NARRATED for category, value in arc.items()}
            words = _CLOSING_DASH.sub("", _LEADING_MARKS.sub("", part.text))
            if not any(map(str.isalnum, words)):
                continue
            if part.how != "narration" and _WHISPERED.search(part.tag):
                words = f"[whisper] {words}"
            lines.append(ScriptLine(speaker, words, written_feeling(feeling), comments))
        if lines:
            paragraphs.append(ScriptParagraph(tuple(lines), after_break=after_break))
            after_break = False
    if names and not speakers & set(names):
        known = ", ".join(report.uncast) or "nobody by name"
        raise UsageError(
            f"the cast ({', '.join(names[:10])}) names nobody who speaks in {name!r}; "
            f"expected names as the tale writes them; it quotes {known}"
        )
    return StoryScript(name, dict(cast), tuple(paragraphs)), report


def _cast_part(part: SpeechPart, number: int, names: list[str], report: DraftReport) -> tuple[str, tuple[str, ...]]:
    """Return who speaks a part, and the comments that stand above it; note in the report what is to be looked at."""
    if part.how == "narration":
        return NARRATOR, ()
    report.quotes += 1
    if part.how in ("unknown", "unresolved"):
        report.unknown.append((number, part.text))
        return NARRATOR, ("speaker unknown",)
    if part.how == "first person":
        return NARRATOR, ()
    member = match_cast(part.speaker, names)
    comments: tuple[str, ...] = ()
    if part.how == "guessed":
        report.guessed.append((number, part.text, part.speaker))
        comments = (f"{part.speaker} is a guess",)
    if member is None:
        report.uncast[part.speaker] = report.uncast.get(part.speaker, 0) + 1
        return NARRATOR, (*comments, f"{part.speaker} is not in the cast")
    return member, comments


def read_part_feeling(part: SpeechPart) -> dict[str, float]:
    """Return the feeling that the words of a part tell, and for a quotation those beside it: category id -> intensity."""
    felt: dict[str, float] = {}
    for text in (part.text, part.tag):
        for sentence in _SENTENCE.findall(text):
            for category, intensity in _read_sentence(sentence[:LONGEST_READ]).items():
                felt[category] = max(felt.get(category, 0.0), intensity)
    return _strongest(felt)


@lru_cache(maxsize=256)
def _read_sentence(sentence: str) -> dict[str, float]:
    try:
        reading = read_feeling(sentence, correct_misspellings=False)
    except UsageError:
        return {}
    signs = [sign for sign in reading.signs if not sign.denied and sign.words.casefold().split()[0] not in _LITERAL]
    categories = {sign.category.id: sign.intensity for sign in signs}
    return {category: value for category, value in categories.items() if category not in ADULTS_ONLY and value > 0}


def advance_arc(arc: Mapping[str, float], parts: list[dict[str, float]]) -> dict[str, float]:
    """Return the feeling of the next paragraph: what its parts tell, over what fades from the paragraph before."""
    current = {category: value - DECAY for category, value in arc.items() if (value - DECAY) * NARRATED >= LEAST}
    told: dict[str, float] = {}
    for felt in parts:
        for category, value in felt.items():
            told[category] = max(told.get(category, 0.0), value)
    # What is told now stands before what fades.
    fading = {category: min(value, max(told.values(), default=value)) for category, value in current.items()}
    return _strongest({**fading, **told})


def _strongest(felt: Mapping[str, float]) -> dict[str, float]:
    return dict(sorted(felt.items(), key=lambda entry: -entry[1])[:MOST_FEELINGS])


def written_feeling(felt: Mapping[str, float]) -> str:
    """Return a feeling as a script writes it: "Fear:3+Pride:1.5"; intensities are rounded to halves."""
    rounded = {category: round(value * 2) / 2 for category, value in felt.items()}
    EmotionMix.of(rounded)
    return "+".join(f"{get(category).name}:{value:g}" for category, value in rounded.items() if value >= LEAST)
