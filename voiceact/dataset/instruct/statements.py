"""Statements about a clip: each one sentence that names the field it rests on, so that it can be checked by itself.

Nothing is stated that is not in the record, in the audio, or in the table of situations that goes with the category of the
record. `check` reads the sentences back and holds them against their fields.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files

from voiceact.acting.intensity import word
from voiceact.acting.taxonomy import get
from voiceact.clip.record import RecipeOrigin, Record
from voiceact.dataset.instruct.attributes import ATTRIBUTES, Measured, degree_of

MOST_SHOWN = 3
"""differences that are named as showing the feeling, the largest ones"""


@dataclass(frozen=True)
class Statement:
    """One sentence, and what it rests on.

    Attributes:
        text: the sentence
        field: what it rests on: a field of the record ("record.mix"), attributes measured in the audio
            ("audio.f0_median"), or the table of situations ("situation.before")
        clips: ids of the clips it is about, in the order in which it names them
    """

    text: str
    field: str
    clips: tuple[str, ...]

    def as_dict(self, turn: int) -> dict[str, object]:
        """Return the JSON-able form.

        Args:
            turn: number of the message that says it, from 0
        """
        return {"turn": turn, **asdict(self)}


@lru_cache(maxsize=1)
def situations() -> dict[str, dict[str, str]]:
    """Return for each category what commonly comes before and after it.

    The table is voiceact's own, after the appraisals that Scherer 2001 and Ortony, Clore and Collins 1988 describe.
    """
    table: dict[str, dict[str, str]] = json.loads(
        (files("voiceact.dataset.instruct") / "data" / "situations.json").read_bytes()
    )
    return table


# --- Of one clip


def state_feeling(clip: str, record: Record) -> Iterator[Statement]:
    """State what was asked, and what the judge made of it.

    Args:
        clip: id of the clip
        record: its record
    """
    feelings = " and ".join(get(category).name for category, intensity in record.mix.items() if intensity > 0)
    yield Statement(f"The speaker was asked to express {feelings}.", "record.mix", (clip,))
    if record.verdict is None or record.category is None:
        return
    name, judge = get(record.category).name, record.verdict.judge.name if record.verdict.judge else "none"
    sentence = {
        "verified": f"The judge {judge} hears {name} and tells it from other feelings.",
        "consistent": f"The judge {judge} finds the voice consistent with {name}, without telling it from its neighbours.",
        "undecided": f"The judge {judge} neither confirms nor denies {name}.",
        "rejected": f"The clip was rejected: {', '.join(record.verdict.reasons)}.",
    }[record.verdict.level]
    yield Statement(sentence, "record.verdict.level", (clip,))


def state_strength(clip: str, record: Record) -> Iterator[Statement]:
    """State how strongly it was asked, and how strongly it was heard where there is evidence for that score."""
    for category, intensity in record.mix.items():
        if intensity > 0:
            yield Statement(
                f"{get(category).name} was asked at {intensity:g} of 7, which is called {word(intensity)}.",
                "record.mix",
                (clip,),
            )
    profile = record.verdict.profile if record.verdict else None
    if not profile or record.verdict is None or record.category is None:
        return
    score = profile.scores.get(record.category)
    if score is not None and record.verdict.evidence.get(record.category, "none") != "none":
        name = get(record.category).name
        yield Statement(f"The judge's score of {name} is {score:.1f} of 7.", "record.verdict.profile.scores", (clip,))


def state_signs(clip: str, measured: Measured, twin: Measured) -> Iterator[Statement]:
    """State the largest noticeable differences from the neutral reading, the largest first.

    Args:
        clip: id of the clip
        measured: attributes of the clip
        twin: attributes of the neutral reading of the same line by the same voice
    """
    statements = []
    for name, attribute in ATTRIBUTES.items():
        if name in measured and name in twin:
            difference = attribute.difference(measured[name], twin[name])
            if degree := degree_of(difference, attribute.noticeable):
                statements.append((abs(difference) / attribute.noticeable, name, degree, difference))
    for _, name, degree, difference in sorted(statements, reverse=True)[:MOST_SHOWN]:
        comparative = ATTRIBUTES[name].more if difference > 0 else ATTRIBUTES[name].less
        yield Statement(f"It is {degree} {comparative} than the neutral reading.", f"audio.{name}", (clip,))
    if not statements:
        yield Statement("Nothing that was measured differs noticeably from the neutral reading.", "audio", (clip,))


def state_changes(clip: str, measured: Measured, twin: Measured) -> Iterator[Statement]:
    """State every attribute in numbers, beside the neutral reading."""
    for name, attribute in ATTRIBUTES.items():
        if name in measured and name in twin:
            first, second = (round(values[name], attribute.digits) + 0.0 for values in (measured, twin))
            yield Statement(
                f"{attribute.noun}: {first:.{attribute.digits}f} {attribute.unit}, "
                f"in the neutral reading {second:.{attribute.digits}f}.",
                f"audio.{name}",
                (clip,),
            )


def state_sound(clip: str, measured: Measured) -> Iterator[Statement]:
    """State every attribute in numbers, where no neutral reading was kept."""
    for name, attribute in ATTRIBUTES.items():
        if name in measured:
            value = round(measured[name], attribute.digits) + 0.0
            yield Statement(f"{attribute.noun}: {value:.{attribute.digits}f} {attribute.unit}.", f"audio.{name}", (clip,))


def state_context(clip: str, record: Record) -> Iterator[Statement]:
    """State who speaks, what kind of line it is, and what may have come before and may come next."""
    persona = record.replay.persona
    yield Statement(
        f"The speaker is {persona.gender}, {persona.age} years old: {_sentence(persona.description)}",
        "record.replay.persona",
        (clip,),
    )
    if isinstance(record.origin, RecipeOrigin):
        sentence = {
            "neutral": "The words themselves say nothing of the feeling.",
            "evocative": "The words were written for the feeling.",
        }.get(record.origin.script)
        if sentence:
            yield Statement(sentence, "record.origin.script", (clip,))
    if record.category in situations():
        situation = situations()[record.category]
        yield Statement(f"Perhaps {situation['before']}.", "situation.before", (clip,))
        yield Statement(f"Next, {situation['next']}.", "situation.next", (clip,))


def _sentence(text: str) -> str:
    """Put a description on one line that ends as a sentence does."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."


# --- Of two clips


def compare_requested(first: str, second: str, records: tuple[Record, Record]) -> Statement:
    """State what each of two clips was asked for."""
    feelings = [
        ", ".join(f"{get(category).name} at {intensity:g} of 7" for category, intensity in record.mix.items() if intensity > 0)
        for record in records
    ]
    return Statement(
        f"The first recording was asked for {feelings[0]}, the second for {feelings[1]}.", "record.mix", (first, second)
    )


def compare_sounds(first: str, second: str, measured: tuple[Measured, Measured]) -> Iterator[Statement]:
    """State every noticeable difference between two clips."""
    for name, attribute in ATTRIBUTES.items():
        if name in measured[0] and name in measured[1]:
            difference = attribute.difference(measured[0][name], measured[1][name])
            if degree := degree_of(difference, attribute.noticeable):
                comparative = attribute.more if difference > 0 else attribute.less
                yield Statement(f"The first is {degree} {comparative} than the second.", f"audio.{name}", (first, second))


__all__ = [
    "Statement",
    "compare_requested",
    "compare_sounds",
    "situations",
    "state_changes",
    "state_context",
    "state_feeling",
    "state_signs",
    "state_sound",
    "state_strength",
]
