"""Hold every statement of an instruct export against its source: the sentences are read back and computed anew.

>>> from voiceact.dataset.instruct.check import check_instruct
>>> check_instruct("my-instruct").faults  # doctest: +SKIP
[]

The check shares with the writer how an attribute is measured, which words stand for which size and which difference is
the larger, all of which are definitions, and nothing else. It takes no value from the items: numbers and words are read
from the sentences, and their truth from the audio, the neutral reading, the record, or the table of situations. An answer
with a sentence that no statement accounts for is a fault too.
"""

import math
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from voiceact.acting.intensity import WORDS
from voiceact.acting.taxonomy import get
from voiceact.clip.record import RecipeOrigin, Record, load_record
from voiceact.dataset.instruct.attributes import ATTRIBUTES, Measured, degree_of, measure_file
from voiceact.dataset.instruct.statements import MOST_SHOWN, situations
from voiceact.errors import UsageError, count_noun
from voiceact.runtime.untrusted_paths import resolve_inside

SUFFIXES = ("_clips.jsonl", "_comparisons.jsonl", "_preferences.jsonl")
MOST_FAULTS = 100
"""faults that are kept in words; all are counted"""

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)"


class _Clip(msgspec.Struct, frozen=True):
    id: str
    audio: str
    record: str
    twin: str | None = None


class _Statement(msgspec.Struct, frozen=True):
    turn: int
    text: str
    field: str
    clips: tuple[str, ...]


class _Part(msgspec.Struct, frozen=True):
    text: str = ""


class _Message(msgspec.Struct, frozen=True):
    role: str
    content: tuple[_Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.content)


class _Item(msgspec.Struct, frozen=True):
    """What is checked of an item; a preference has no messages and no answer."""

    kind: str
    clips: tuple[_Clip, ...]
    statements: tuple[_Statement, ...]
    messages: tuple[_Message, ...] = ()
    answer: str = ""


@dataclass
class Checked:
    """What a check came to.

    Attributes:
        items: items read
        statements: statements held against their source
        false: statements that are not true, and answers that are not made of statements
        faults: what is wrong, one sentence each, at most `MOST_FAULTS`
    """

    items: int = 0
    statements: int = 0
    false: int = 0
    faults: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return dict(vars(self))


@dataclass(frozen=True)
class Source:
    """What a clip is made of, read from the export's folder.

    Attributes:
        record: its record
        measured: attributes of its audio
        twin: attributes of the neutral reading; None where none was kept
    """

    record: Record
    measured: Measured
    twin: Measured | None


def check_instruct(folder: str | os.PathLike[str], progress: Callable[[int, int], None] | None = None) -> Checked:
    """Check every statement of every item.

    Args:
        folder: an export of format instruct
        progress: told items checked and items in all, after each

    Raises:
        UsageError: if the folder holds no such export, or a line of it is no item
    """
    where = Path(folder)
    lists = sorted(path for path in where.glob("*.jsonl") if path.name.endswith(SUFFIXES)) if where.is_dir() else []
    if not lists:
        raise UsageError(f"{where}: holds no instruct export; make one with: voiceact dataset export RUN --format instruct")
    checked, sources, total = Checked(), Sources(where), 0
    if progress:
        for path in lists:
            with path.open("rb") as lines:
                total += sum(1 for _ in lines)
    for path in lists:
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                for fault in _check_line(line, f"{path.name}:{number}", sources, checked):
                    checked.false += 1
                    if len(checked.faults) < MOST_FAULTS:
                        checked.faults.append(fault)
                checked.items += 1
                if progress:
                    progress(checked.items, total)
    return checked


class Sources:
    """Reads and measures the clips of an export, each when it is first named."""

    def __init__(self, folder: Path):
        self._folder = folder
        # Comparisons and preferences come back to a clip; a clip of its own is asked about once.
        self._read = lru_cache(maxsize=2000)(self._read_source)

    def of(self, clip: _Clip) -> Source:
        """Return the source of a clip as an item describes it."""
        return self._read(clip.audio, clip.record, clip.twin)

    def _read_source(self, audio: str, record: str, twin: str | None) -> Source:
        measured = measure_file(self._bytes(audio), audio)
        return Source(
            load_record(resolve_inside(self._folder, record)),
            measured,
            measure_file(self._bytes(twin), twin) if twin else None,
        )

    def _bytes(self, name: str) -> bytes:
        path = resolve_inside(self._folder, name)
        if not path.is_file():
            raise UsageError(f"{path}: is missing; export the run again")
        return path.read_bytes()


def _check_line(line: bytes, place: str, sources: Sources, checked: Checked) -> Iterator[str]:
    """Yield what is wrong with an item."""
    try:
        item = msgspec.json.decode(line, type=_Item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{place}: is no item of an instruct export ({error}); export the run again") from error
    clips = {clip.id: sources.of(clip) for clip in item.clips}

    # Every statement is true of its clips.
    for statement in item.statements:
        checked.statements += 1
        if not set(statement.clips) <= set(clips):
            yield f"{place}: {statement.text!r} is about a clip that the item does not name"
        elif not is_true(statement.text, statement.field, [clips[name] for name in statement.clips]):
            yield f"{place}: {statement.text!r} is not true by {statement.field} of {' and '.join(statement.clips)}"

    # Every answer is made of statements, and of nothing else.
    for turn, message in enumerate(item.messages):
        said = " ".join(statement.text for statement in item.statements if statement.turn == turn)
        if message.role == "assistant" and message.text != said:
            yield f"{place}: message {turn} says more, or other things, than its statements"
    if item.kind in ("feelings", "intensities") and item.messages:
        yield from _check_answer(item, place, clips)


def _check_answer(item: _Item, place: str, clips: Mapping[str, Source]) -> Iterator[str]:
    """Yield what is wrong with the answer of a comparison: the clip it names must be what the question asks for."""
    if len(clips) != 2 or not item.statements:
        yield (
            f"{place}: compares {count_noun(len(clips), 'recording')} in "
            f"{count_noun(len(item.statements), 'statement')}; expected two, and an answer"
        )
        return
    first, second = clips
    answered, left = (first, second) if item.statements[0].text == "The first one." else (second, first)
    answer, other = clips[answered].record, clips[left].record
    if get(answer.category or "").name not in item.messages[0].text or item.answer != answered:
        yield f"{place}: the answer is not what the question asks for"
    if item.kind == "feelings" and (answer.category == other.category or answer.text != other.text):
        yield f"{place}: the recordings do not say one line with two feelings"
    if item.kind == "intensities" and not (answer.category == other.category and answer.intensity > other.intensity):
        yield f"{place}: the answer is not the stronger of two recordings of one feeling"


# --- One statement


def is_true(text: str, name: str, sources: list[Source]) -> bool:
    """Return whether a sentence is true of the clips it names; one that cannot be read is not.

    Args:
        text: the sentence
        name: the field it rests on
        sources: the clips, in the order in which it names them
    """
    if not sources:
        return False
    if name.startswith("audio"):
        return _sound_is_true(text, name.partition(".")[2], sources)
    if name.startswith("record.mix") and len(sources) == 2:
        return _comparison_is_true(text, name, [source.record for source in sources])
    if len(sources) != 1:
        return False
    record = sources[0].record
    check = _RECORD_CHECKS.get(name)
    return check is not None and check(text, record)


def _sound_is_true(text: str, name: str, sources: list[Source]) -> bool:
    """Check what is said of attributes: a word of size and direction, numbers, or that nothing differs."""
    attribute = ATTRIBUTES.get(name)
    measured, other = sources[0].measured, sources[1].measured if len(sources) == 2 else sources[0].twin
    if not name:
        return (
            text == "Nothing that was measured differs noticeably from the neutral reading."
            and other is not None
            and not any(_degree(one, measured, other)[0] for one in ATTRIBUTES)
        )
    if attribute is None or name not in measured:
        return False

    # In words: "It is clearly louder than the neutral reading.", "The first is much slower than the second."
    words = re.fullmatch(r"(?:It is (\w+) (.+) than the neutral reading|The first is (\w+) (.+) than the second)\.", text)
    if words and other is not None and (words[1] is not None) == (len(sources) == 1):
        said_degree, said_direction = words[1] or words[3], words[2] or words[4]
        degree, direction = _degree(name, measured, other)
        shown = len(sources) == 2 or _rank(name, measured, other) < MOST_SHOWN
        return (said_degree, said_direction) == (degree, direction) and shown

    # In numbers: "Loudness: -20.1 LUFS, in the neutral reading -23.0."
    pattern = rf"{re.escape(attribute.noun)}: {_NUMBER} {re.escape(attribute.unit)}(?:, in the neutral reading {_NUMBER})?\."
    numbers = re.fullmatch(pattern, text)
    if not numbers or len(sources) != 1:
        return False
    half = 0.5 * 10**-attribute.digits + 1e-6
    if abs(float(numbers[1]) - measured[name]) > half:
        return False
    return numbers[2] is None or (other is not None and name in other and abs(float(numbers[2]) - other[name]) <= half)


def _degree(name: str, measured: Measured, other: Measured) -> tuple[str, str]:
    """Return the words of size and direction of a difference; "" for one that is not noticeable or unknown."""
    if name not in measured or name not in other:
        return "", ""
    attribute, (a, b) = ATTRIBUTES[name], (measured[name], other[name])
    if attribute.compare == "semitones":
        difference = 12 * (math.log2(a) - math.log2(b))
    else:
        difference = a - b if attribute.compare == "difference" else 100 * a / b - 100
    return degree_of(difference, attribute.noticeable), attribute.more if difference > 0 else attribute.less


def _rank(name: str, measured: Measured, other: Measured) -> int:
    """Count the attributes whose difference is larger, in noticeable differences."""
    # By the writer's formula: by another one a near tie could be ranked the other way round.
    sizes = {
        one: abs(ATTRIBUTES[one].difference(measured[one], other[one])) / ATTRIBUTES[one].noticeable
        for one in ATTRIBUTES
        if one in measured and one in other
    }
    return sum(size > sizes[name] for size in sizes.values())


def _comparison_is_true(text: str, name: str, records: list[Record]) -> bool:
    """Check what is said of what two clips were asked for."""
    if name != "record.mix":
        # Which of them it is depends on the question: see `_check_answer`.
        return text in ("The first one.", "The second one.")
    matched = re.fullmatch(r"The first recording was asked for (.+), the second for (.+)\.", text)
    return matched is not None and all(
        _read_mix(said) == {get(category).name: at for category, at in record.mix.items() if at > 0}
        for said, record in zip(matched.groups(), records, strict=True)
    )


def _read_mix(said: str) -> dict[str, float] | None:
    """Read "Anger at 5 of 7, Fear at 2 of 7"; None if it is not that."""
    parts = re.findall(rf"(?:^|, )(.+?) at {_NUMBER} of 7(?=, |$)", said)
    whole = ", ".join(f"{name} at {number} of 7" for name, number in parts)
    return {name: float(number) for name, number in parts} if whole == said else None


def _request_is_true(text: str, record: Record) -> bool:
    names = {get(category).name: at for category, at in record.mix.items() if at > 0}
    if strength := re.fullmatch(rf"(.+) was asked at {_NUMBER} of 7, which is called (\w+)\.", text):
        at = names.get(strength[1])
        # Of two words equally near the stronger one counts.
        return at is not None and math.isclose(at, float(strength[2]), rel_tol=1e-5) and strength[3] == WORDS[int(at + 0.5)]
    matched = re.fullmatch(r"The speaker was asked to express (.+)\.", text)
    return matched is not None and sorted(matched[1].split(" and ")) == sorted(" and ".join(names).split(" and "))


def _verdict_is_true(text: str, record: Record) -> bool:
    verdict = record.verdict
    if verdict is None or record.category is None:
        return False
    if verdict.level == "rejected":
        return text == f"The clip was rejected: {', '.join(verdict.reasons)}."
    patterns = {
        "verified": r"The judge (\S+) hears (.+) and tells it from other feelings\.",
        "consistent": r"The judge (\S+) finds the voice consistent with (.+), without telling it from its neighbours\.",
        "undecided": r"The judge (\S+) neither confirms nor denies (.+)\.",
    }
    matched = re.fullmatch(patterns[verdict.level], text)
    judge = verdict.judge.name if verdict.judge else "none"
    return matched is not None and matched.groups() == (judge, get(record.category).name)


def _score_is_true(text: str, record: Record) -> bool:
    matched = re.fullmatch(rf"The judge's score of (.+) is {_NUMBER} of 7\.", text)
    profile = record.verdict.profile if record.verdict else None
    if not matched or not profile or record.verdict is None or record.category is None:
        return False
    score = profile.scores.get(record.category)
    return (
        score is not None
        and matched[1] == get(record.category).name
        and abs(float(matched[2]) - score) <= 0.05 + 1e-9
        and record.verdict.evidence.get(record.category, "none") != "none"
    )


def _persona_is_true(text: str, record: Record) -> bool:
    persona = record.replay.persona
    matched = re.fullmatch(r"The speaker is (\w+), (\d+) years old: (.+)", text)
    if not matched:
        return False
    described = " ".join(persona.description.split())
    return (matched[1], int(matched[2])) == (persona.gender, persona.age) and matched[3] in (described, f"{described}.")


def _script_is_true(text: str, record: Record) -> bool:
    kind = record.origin.script if isinstance(record.origin, RecipeOrigin) else ""
    return (text, kind) in (
        ("The words themselves say nothing of the feeling.", "neutral"),
        ("The words were written for the feeling.", "evocative"),
    )


def _situation_is_true(text: str, record: Record) -> bool:
    situation = situations().get(record.category or "", {})
    return bool(situation) and text in (f"Perhaps {situation['before']}.", f"Next, {situation['next']}.")


_RECORD_CHECKS: Mapping[str, Callable[[str, Record], bool]] = {
    "record.mix": _request_is_true,
    "record.verdict.level": _verdict_is_true,
    "record.verdict.profile.scores": _score_is_true,
    "record.replay.persona": _persona_is_true,
    "record.origin.script": _script_is_true,
    "situation.before": _situation_is_true,
    "situation.next": _situation_is_true,
}

__all__ = ["Checked", "Source", "Sources", "check_instruct", "is_true"]
