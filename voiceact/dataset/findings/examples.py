"""Draw example takes by the hash of their ids and not by ear, with their sound and what the judge said of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from voiceact.acting.taxonomy import get
from voiceact.audio import Sound
from voiceact.dataset.findings.census import KINDS
from voiceact.dataset.findings.findings import Findings
from voiceact.dataset.findings.twins import twin_reader
from voiceact.errors import VoiceactError
from voiceact.store.columns import Row
from voiceact.store.sound import audio_data_uri, decode_audio

MOST_BYTES = 3_000_000
"""of sound in a page, as text"""
SHOWN_SCORES = 4


@dataclass(frozen=True)
class Example:
    """A take with its sound.

    Attributes:
        kind: one of `KINDS`
        row: the row of the take
        sound: the take as a data: URI
        twin: the neutral twin as a data: URI; None where there is none
        scores: category name -> score, 0 to 7: the requested category first, then the highest others
        checks: outcome and sentence of each check, the failed ones first
    """

    kind: str
    row: Row
    sound: str
    twin: str | None
    scores: tuple[tuple[str, float | None], ...]
    checks: tuple[tuple[str, str], ...]

    @property
    def bytes(self) -> int:
        """Letters of its sounds."""
        return len(self.sound) + len(self.twin or "")


def draw_examples(findings: Findings, number: int) -> list[Example]:
    """Draw at most `number` takes, of each kind as many as of the others, and as different as there are."""
    read, examples, spent = twin_reader(findings.run), list[Example](), 0
    for kind, row in choose_varied({kind: findings.census.drawn[kind].rows() for kind in KINDS}, number):
        example = _make_example(findings, kind, row, read)
        spent += example.bytes
        if spent > MOST_BYTES:
            break
        examples.append(example)
    return sorted(examples, key=lambda one: KINDS.index(one.kind))


def choose_varied(drawn: Mapping[str, Mapping[str, Sequence[Row]]], number: int) -> Iterator[tuple[str, Row]]:
    """Take the kinds in turn, and of each the take whose category, persona and reasons were shown least.

    Args:
        drawn: kind -> category -> rows
        number: takes, at most

    Yields:
        Kind and row.
    """
    left = {kind: [row for rows in by_category.values() for row in rows] for kind, by_category in drawn.items()}
    seen: Counter[Any] = Counter()
    for _ in range(number):
        kinds = [kind for kind in KINDS if left.get(kind)]
        if not kinds:
            return
        kind = min(kinds, key=lambda one: seen[one])
        row = min(left[kind], key=lambda one: sum(seen[trait] for trait in _traits(kind, one)))
        left[kind].remove(row)
        seen.update([kind, *_traits(kind, row)])
        yield kind, row


def _traits(kind: str, row: Row) -> list[tuple[str, str]]:
    """List what makes a take like others: its category (of its kind, and of all), persona and reasons."""
    reasons = [(kind, reason) for reason in row["reasons"] or ()]
    return [(kind, row["category"]), ("category", row["category"]), ("persona", row["persona"]), *reasons]


def _make_example(findings: Findings, kind: str, row: Row, read_twin: Callable[[Row], Sound] | None) -> Example:
    """Read the sounds of a take and sort its checks and scores."""
    run = findings.run
    samples, rate = decode_audio(run.audio(row), str(row["id"]))
    twin = None
    if read_twin is not None:
        # An engine that cannot speak this one again leaves the take without its twin.
        with suppress(VoiceactError):
            twin = audio_data_uri(*read_twin(row))

    # Checks: the failed ones first, then those passed.
    order = {"fail": 0, "pass": 1}
    verdict = run.record(row).verdict
    verdict_checks = sorted(verdict.checks if verdict else [], key=lambda check: order.get(check.outcome, 2))
    checks = tuple((check.outcome, check.sentence) for check in verdict_checks)

    # Scores: the requested category, then the highest others.
    scores = {name.removeprefix("score_"): row[name] for name in row if name.startswith("score_")}
    requested = scores.pop(row["category"])
    known = {name: score for name, score in scores.items() if score is not None}
    highest = sorted(known, key=lambda name: -known[name])[: SHOWN_SCORES - 1]
    shown = ((get(row["category"]).name, requested), *((get(name).name, known[name]) for name in highest))
    return Example(kind, row, audio_data_uri(samples, rate), twin, shown, checks)
