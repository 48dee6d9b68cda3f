"""Captions: what is unusual about a clip, in plain words of four languages, made of its row and of a baseline alone.

>>> from voiceact.annotate.caption import write_caption
>>> from voiceact.annotate.baseline import Baseline, Usual
>>> usual = {"f0_hz": Usual(150.0, 30.0, 100)}
>>> write_caption({"f0_hz": 250.0}, Baseline("corpus", "", "", "", usual), "en").text
'The voice is far higher than usual.'

No model writes here. Every phrase rests on one column of the row and is kept with it; nothing is said of a feeling that the
judge has no evidence for in speech, and of a burst only what was found.
"""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from voiceact.annotate.baseline import AFFECT, SHIPPED_SOURCE, SPOKEN_ATTRIBUTES, Baseline, deviations
from voiceact.errors import UnknownNameError
from voiceact.estimators.human import score_scale
from voiceact.estimators.human.estimator import LEAST_SPEECH_SECONDS

LANGUAGES = ("en", "de", "es", "fr")
DEGREES = (1.0, 1.75, 3.0)
"""deviations, in spreads, from which something is said: a little, clearly, far"""
PRESENT = (score_scale.PRESENT, 3.5, 5.0)
"""scores from which a feeling is said to be heard: a little (where the judge calls it present), clearly, very much"""
MOST_PHRASES = 5
"""comparisons in a caption; those of the largest deviations"""
OLD, CHILD = 65.0, 13.0
"""years from which, and up to which, an age is told"""
BURST_WORDS = (
    ("laugh", ("giggle", "chuckle", "guffaw", "snicker", "cackle")),
    ("sob", ("sob", "wail", "whimper")),
    ("sigh", ("sigh",)),
    ("gasp", ("gasp", "inhale")),
    ("groan", ("groan",)),
    ("moan", ("moan",)),
    ("breath", ("breath", "panting")),
    ("grunt", ("grunt",)),
    ("hum", ("hum",)),
    ("scream", ("scream", "shriek")),
    ("growl", ("growl",)),
    ("snort", ("snort",)),
)
"""word of a caption -> parts of LAION's names of kinds"""


@dataclass(frozen=True)
class Phrase:
    """A statement of a caption, and what it rests on.

    Attributes:
        text: as it stands in the caption
        field: column of the row
        value: what stands there
        deviation: spreads from what is usual; None for what is no comparison
        claim: more, less, heard (a feeling, by its score), found (a burst), stated (by the source)
    """

    text: str
    field: str
    value: Any
    deviation: float | None
    claim: str


@dataclass(frozen=True)
class Caption:
    """A caption with the phrases that it is made of, in their order."""

    text: str
    phrases: tuple[Phrase, ...]


def write_caption(row: Mapping[str, Any], baseline: Baseline, language: str = "en", *, seed: int = 0) -> Caption:
    """Write the caption of a row.

    Args:
        row: of an annotation
        baseline: of a corpus whose scores are of the same estimator
        language: en, de, es or fr
        seed: chooses among words that mean the same, with the row's id

    Returns:
        The caption; one without words of a clip that is too short to say anything of (`is_too_short`).

    Raises:
        UnknownNameError: for another language
    """
    words = load_words(language)
    if is_too_short(row):
        return Caption("", ())
    key = hashlib.sha256(f"{seed} {language} {row.get('id', '')}".encode()).digest()
    draw = random.Random(int.from_bytes(key[:8], "big"))

    # What stands out, the most unusual first.
    far = {name: value for name, value in deviations(row, baseline).items() if abs(value) >= DEGREES[0] and _may_say(row, name)}
    chosen = sorted(far, key=lambda name: (-abs(far[name]), name))[:MOST_PHRASES]
    heard = [name for name in chosen if far[name] > 0 and name.startswith("score_") and row[name] >= PRESENT[0]]
    compared = [name for name in chosen if name not in heard]

    # A sentence of comparisons, one for each feeling that is heard, one of bursts.
    subject, stated = _subject(row, words, draw)
    sentences: list[tuple[str, list[Phrase]]] = []
    if compared:
        usual = words["usual_of_shipped" if baseline.source == SHIPPED_SOURCE else "usual"]
        phrases = [_comparison(row, name, far[name], words, draw) for name in compared]
        text = f"{subject} {_join([phrase.text for phrase in phrases], words)}{draw.choice(usual)}."
        sentences.append((text, [*stated, *phrases]))
    for name in heard:
        phrase = _heard(row, name, far[name], words, draw)
        sentences.append((phrase.text, [phrase]))
    if draw.random() < 0.5:
        sentences.reverse()
    if bursts := _bursts(row, words, draw):
        sentences.append((bursts[0], bursts[1]))
    if not sentences:
        nothing = draw.choice(words["nothing"])
        largest = max((abs(value) for name, value in deviations(row, baseline).items() if _may_say(row, name)), default=0.0)
        sentences.append((nothing, [Phrase(nothing, "", None, largest, "nothing")]))
    return Caption(" ".join(text for text, _ in sentences), tuple(phrase for _, phrases in sentences for phrase in phrases))


def is_too_short(row: Mapping[str, Any]) -> bool:
    """Return whether a clip is too short for its scores, and for what was measured of its voice, to be put into words."""
    duration = row.get("duration")
    return bool(row.get("warning")) or (duration is not None and duration < LEAST_SPEECH_SECONDS)


def _may_say(row: Mapping[str, Any], name: str) -> bool:
    """Return whether something stands behind a value: for a feeling, that it is told apart in the speech of unseen people."""
    if name.startswith("score_"):
        return row.get(f"evidence_{name.removeprefix('score_')}") == "category"
    return name in AFFECT or name in SPOKEN_ATTRIBUTES


def degree_of(value: float, edges: Sequence[float]) -> int:
    """Return the place of the degree of a value among the edges: 0, 1 or 2."""
    return sum(value >= edge for edge in edges) - 1


def _comparison(row: Mapping[str, Any], name: str, far: float, words: dict[str, Any], draw: random.Random) -> Phrase:
    claim = "more" if far > 0 else "less"
    adverb = draw.choice(words["compared"][degree_of(abs(far), DEGREES)])
    if name.startswith("score_"):
        noun = words["categories"][name.removeprefix("score_")]
        text = draw.choice(words[claim]).format(adv=adverb, noun=noun, of=_of(noun))
    else:
        text = draw.choice(words["dimensions"][name][claim]).format(adv=adverb)
    return Phrase(text, name, row[name], round(far, 3), claim)


def _heard(row: Mapping[str, Any], name: str, far: float, words: dict[str, Any], draw: random.Random) -> Phrase:
    noun = words["categories"][name.removeprefix("score_")]
    adverb = draw.choice(words["present"][degree_of(row[name], PRESENT)])
    text = draw.choice(words["heard"]).format(adv=adverb, noun=noun, of=_of(noun))
    return Phrase(text, name, row[name], round(far, 3), "heard")


def _of(noun: str) -> str:
    """Return a French noun behind "de"."""
    return f"d'{noun}" if noun[0] in "aâàeéèêiîïoôuy" else f"de {noun}"


def _subject(row: Mapping[str, Any], words: dict[str, Any], draw: random.Random) -> tuple[str, list[Phrase]]:
    """Return what the comparisons are said of, with what the source states of the speaker."""
    gender = str(row.get("gender") or "").casefold()
    gender = {"f": "female", "m": "male"}.get(gender, gender)
    gender = gender if gender in ("female", "male") else ""
    text, phrases = draw.choice(words["subject"][gender]), []
    if gender:
        phrases.append(Phrase(text, "gender", row["gender"], None, "stated"))
    age = row.get("age")
    if age is not None and (age >= OLD or age <= CHILD):
        added = words["aged"]["old" if age >= OLD else "child"]
        phrases.append(Phrase(added.strip(), "age", age, None, "stated"))
        text += added
    return text, phrases


def burst_word(kind: str | None) -> str:
    """Return the word of captions for a kind of burst; empty for one without a kind."""
    plain = (kind or "").casefold()
    return next((word for word, parts in BURST_WORDS if any(part in plain for part in parts)), "")


def _bursts(row: Mapping[str, Any], words: dict[str, Any], draw: random.Random) -> tuple[str, list[Phrase]] | None:
    bursts = row.get("bursts") or []
    kinds = list(dict.fromkeys(burst_word(burst.get("kind")) for burst in bursts))
    if len(kinds) > 1 and "" in kinds:
        kinds.remove("")
    if not kinds:
        return None
    phrases = [Phrase(words["bursts"][kind], "bursts", kind, None, "found") for kind in kinds]
    return draw.choice(words["burst"]).format(bursts=_join([phrase.text for phrase in phrases], words)), phrases


def _join(parts: Sequence[str], words: dict[str, Any]) -> str:
    """Join parts by commas, the last two by "and"."""
    return words["and"].join([words["comma"].join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]


@cache
def load_words(language: str) -> dict[str, Any]:
    """Load the words of a language.

    Raises:
        UnknownNameError: for a language without
    """
    if language not in LANGUAGES:
        raise UnknownNameError("language of captions", language, LANGUAGES)
    text = (files("voiceact.annotate") / "data" / f"captions.{language}.yaml").read_text("utf-8")
    words: dict[str, Any] = yaml.safe_load(text)
    return words
