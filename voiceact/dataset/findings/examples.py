"""Takes to be heard, drawn by the hash of their ids and not by ear, with what the judge said of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voiceact.acting.taxonomy import get
from voiceact.clip.verdict import CheckRecord
from voiceact.dataset.findings.census import KINDS
from voiceact.dataset.findings.findings import Findings
from voiceact.dataset.findings.twins import Sound, twin_reader
from voiceact.errors import VoiceactError
from voiceact.store.columns import Row
from voiceact.store.sound import audio_data_uri, decode_audio

MOST_BYTES = 3_000_000
"""of sound in a page, as text"""
SHOWN_SCORES = 4


@dataclass(frozen=True)
class Example:
    """A take with its sound.

    kind: one of `KINDS`
    sound, twin: data: URIs; the twin's is None where there is none
    scores: category name -> score, the one asked first, then the highest others
    said: what the checks found, the failed ones first
    """

    kind: str
    row: Row
    sound: str
    twin: str | None
    scores: tuple[tuple[str, float | None], ...]
    said: tuple[tuple[str, str], ...]

    @property
    def bytes(self) -> int:
        """Letters of its sounds."""
        return len(self.sound) + len(self.twin or "")


def examples(findings: Findings, number: int) -> list[Example]:
    """At most so many takes, of each kind as many as of the others, and as different as there are."""
    read, found, spent = twin_reader(findings.run), list[Example](), 0
    for kind, row in choose({kind: findings.census.drawn[kind].drawn() for kind in KINDS}, number):
        example = _example(findings, kind, row, read)
        spent += example.bytes
        if spent > MOST_BYTES:
            break
        found.append(example)
    return sorted(found, key=lambda one: KINDS.index(one.kind))


def choose(drawn: Mapping[str, Mapping[str, Sequence[Row]]], number: int) -> Iterator[tuple[str, Row]]:
    """Kinds in turn; of each the take whose category, persona and reasons were shown least."""
    left = {kind: [row for rows in by_category.values() for row in rows] for kind, by_category in drawn.items()}
    seen: Counter[Any] = Counter()
    for _ in range(number):
        kinds = [kind for kind in KINDS if left.get(kind)]
        if not kinds:
            return
        kind = min(kinds, key=lambda one: seen[one])
        row = min(left[kind], key=lambda one: sum(seen[mark] for mark in _marks(kind, one)))
        left[kind].remove(row)
        seen.update([kind, *_marks(kind, row)])
        yield kind, row


def _marks(kind: str, row: Row) -> list[tuple[str, str]]:
    reasons = [(kind, reason) for reason in row["reasons"] or ()]
    return [(kind, row["category"]), ("category", row["category"]), ("persona", row["persona"]), *reasons]


def _example(findings: Findings, kind: str, row: Row, read: Callable[[Row], Sound] | None) -> Example:
    run = findings.run
    record = run.record(row)
    samples, rate = decode_audio(run.audio(row), str(row["id"]))
    checks = record.verdict.checks if record.verdict else []
    said = [(check.outcome, check.sentence) for check in sorted(checks, key=_failed_first)]
    return Example(kind, row, audio_data_uri(samples, rate), _twin(row, read), tuple(_scores(row)), tuple(said))


def _failed_first(check: CheckRecord) -> int:
    return {"fail": 0, "pass": 1}.get(check.outcome, 2)


def _twin(row: Row, read: Callable[[Row], Sound] | None) -> str | None:
    if read is None:
        return None
    try:
        return audio_data_uri(*read(row))
    except VoiceactError:
        return None  # an engine that cannot speak this one again leaves the take without its twin


def _scores(row: Row) -> Iterator[tuple[str, float | None]]:
    asked = row["category"]
    yield get(asked).name, row[f"score_{asked}"]
    others = {
        name.removeprefix("score_"): score
        for name, score in row.items()
        if name.startswith("score_") and score is not None and name != f"score_{asked}"
    }
    for name in sorted(others, key=lambda one: -others[one])[: SHOWN_SCORES - 1]:
        yield get(name).name, others[name]
