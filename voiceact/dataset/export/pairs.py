"""Write preference pairs: two takes of the same cell, one accepted and one rejected, for DPO and the like.

>>> from voiceact.dataset.export.pairs import write_pairs
>>> write_pairs("my-run", "pairs.jsonl").pairs  # doctest: +SKIP
40

One JSON object a line, see docs/datasets.md. Takes of a cell have persona, category, intensity and language in common;
where they can, both takes of a pair say the same line.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from voiceact.acting.taxonomy import get
from voiceact.dataset.export.selection import Selection
from voiceact.errors import UsageError, count_noun
from voiceact.runtime.atomic_files import check_out_file, part_path, remove_part
from voiceact.store.columns import Row
from voiceact.store.filesystem import storage_error
from voiceact.store.reader import Run, open_run
from voiceact.vocabulary import FAILED

UNDECIDED = "undecided"
REJECTED = "rejected"
HEARD = ("arousal", "valence", "wer", "dnsmos", "lufs")
"""figures of a take that a pair repeats, beside the score of the category asked"""


@dataclass(frozen=True)
class Matching:
    """Which takes of a cell make a pair.

    Attributes:
        selection: which takes count as accepted; its splits hold for both takes
        undecided: whether takes that no judge could decide may be accepted (if the selection takes them)
        same_line: whether both takes must say the same line
        every: whether to pair every accepted take with every rejected one; else each take stands in one pair at most
        least_margin: smallest margin of a pair, 0 to 7; None takes all, those of unknown margin too
    """

    selection: Selection = Selection()
    undecided: bool = False
    same_line: bool = False
    every: bool = False
    least_margin: float | None = None


@dataclass
class Paired:
    """Counts of what was written, and of what was not.

    Attributes:
        pairs: pairs written
        cells: cells in finished shards
        both: cells with an accepted and a rejected take that may be paired
        apart: cells with both, but in different splits
        same_line: pairs whose takes say the same line
        accepted: accepted takes
        rejected: rejected takes
        undecided: undecided takes left out
        failed: failed takes left out
        narrow: pairs left out for their margin
    """

    pairs: int = 0
    cells: int = 0
    both: int = 0
    apart: int = 0
    same_line: int = 0
    accepted: int = 0
    rejected: int = 0
    undecided: int = 0
    failed: int = 0
    narrow: int = 0

    def as_dict(self) -> dict[str, int]:
        """JSON-able form."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


def write_pairs(run: Run | str | os.PathLike[str], out: str | os.PathLike[str], *, matching: Matching | None = None) -> Paired:
    """Write the preference pairs of a run's finished shards as JSON lines; the file appears when it is whole.

    Args:
        run: a run, or its folder or URL
        out: the file
        matching: which takes make a pair

    Raises:
        UsageError: if there is no such run, the folder cannot be written, or there is not one pair (with the counts)
        VoiceactError: if the disk is full, or a shard is damaged
    """
    run, path, matching = run if isinstance(run, Run) else open_run(run), Path(out), matching or Matching()
    matching.selection.check_splits(run)
    check_out_file(path, run.store.folder)
    counts, part = Paired(), part_path(path)
    try:
        with part.open("xb") as file:
            for chosen, rejected in make_pairs(run, matching, counts):
                file.write(msgspec.json.encode(describe_pair(run, chosen, rejected)) + b"\n")
        if not counts.pairs:
            raise UsageError(_none(run, counts, matching))
        os.replace(part, path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        remove_part(part)
    return counts


def make_pairs(run: Run, matching: Matching, counts: Paired | None = None) -> Iterator[tuple[Row, Row]]:
    """Yield the pairs as rows, accepted before rejected, in the order of the plan.

    Args:
        run: the run
        matching: which takes make a pair
        counts: counts to add to
    """
    counts = counts if counts is not None else Paired()
    # The takes of a cell are neighbours: a cell is never parted between shards.
    for _, takes in groupby(run.rows(), key=lambda row: row["cell"]):
        counts.cells += 1
        yield from _pairs_of_cell(list(takes), matching, counts)


def _pairs_of_cell(takes: Sequence[Row], matching: Matching, counts: Paired) -> Iterator[tuple[Row, Row]]:
    """Pair the takes of a cell, and count what becomes of them."""
    accepted = [row for row in takes if _is_accepted(row, matching)]
    rejected = [row for row in takes if _is_rejected(row, matching)]
    counts.accepted += len(accepted)
    counts.rejected += len(rejected)
    counts.failed += sum(row["verdict"] == FAILED for row in takes)
    counts.undecided += sum(row["verdict"] == UNDECIDED for row in takes) - sum(row["verdict"] == UNDECIDED for row in accepted)

    # Within a split: a pair across two would carry a test line into training.
    candidates = [
        (chosen, other)
        for chosen in accepted
        for other in rejected
        if chosen["split"] == other["split"] and (chosen["line"] == other["line"] or not matching.same_line)
    ]
    candidates.sort(key=_sorting_key)
    counts.both += bool(candidates)
    counts.apart += bool(accepted and rejected) and {row["split"] for row in accepted}.isdisjoint(
        row["split"] for row in rejected
    )

    # The best first; unless every pair is wanted, each take stands in one pair at most.
    used: set[str] = set()
    for chosen, other in candidates:
        if not matching.every and not used.isdisjoint((chosen["id"], other["id"])):
            continue
        used |= {chosen["id"], other["id"]}
        margin = margin_of(chosen, other)
        if matching.least_margin is not None and (margin is None or margin < matching.least_margin):
            counts.narrow += 1
            continue
        counts.pairs += 1
        counts.same_line += chosen["line"] == other["line"]
        yield chosen, other


def _is_accepted(row: Row, matching: Matching) -> bool:
    if row["verdict"] == REJECTED or row["verdict"] == UNDECIDED and not matching.undecided:
        return False
    return matching.selection.wants(row)


def _is_rejected(row: Row, matching: Matching) -> bool:
    splits = matching.selection.splits
    return row["verdict"] == REJECTED and row["tar"] is not None and (not splits or row["split"] in splits)


def _sorting_key(pair: tuple[Row, Row]) -> tuple[bool, float, int, int]:
    """Return the sorting key of a pair: the same line first, then the widest margin."""
    chosen, other = pair
    margin = margin_of(chosen, other)
    return chosen["line"] != other["line"], -(margin if margin is not None else -8.0), chosen["take"], other["take"]


def margin_of(chosen: Row, other: Row) -> float | None:
    """Return how much higher the accepted take scores in the requested category, on 0 to 7; None if a score is unknown."""
    name = f"score_{chosen['category']}"
    if chosen[name] is None or other[name] is None:
        return None
    return round(float(chosen[name]) - float(other[name]), 4)


# --- A line of the file


def describe_pair(run: Run, chosen: Row, rejected: Row) -> dict[str, Any]:
    """Return a pair as it stands in the file."""
    return {
        "id": f"{chosen['id']}>{rejected['id']}",
        "prompt": _prompt(run, chosen),
        "chosen": _take(chosen),
        "rejected": _take(rejected),
        "margin": margin_of(chosen, rejected),
        "same_line": chosen["line"] == rejected["line"],
        "split": chosen["split"],
        "judge": chosen["judge"],
        "judge_revision": chosen["judge_revision"],
        "engine": chosen["engine"],
        "engine_revision": chosen["engine_revision"],
        "license": chosen["license"],
    }


def _prompt(run: Run, row: Row) -> dict[str, Any]:
    return {
        "text": row["text"],
        "language": row["language"],
        "persona": row["persona"],
        "description": (run.file.personas.get(row["persona"]) or {}).get("description"),
        "category": row["category"],
        "category_name": get(row["category"]).name,
        "intensity": row["intensity"],
        "instruction": run.record(row).direction.instruction,
    }


def _take(row: Row) -> dict[str, Any]:
    scores = {row["category"]: row[f"score_{row['category']}"]} | {name: row[name] for name in HEARD}
    return {
        "id": row["id"],
        "tar": row["tar"],
        "member": f"{row['id']}.{str(row['file_name']).rpartition('.')[2]}",
        "audio_start": row["audio_start"],
        "audio_length": row["audio_length"],
        "sha256": row["sha256"],
        "text": row["text"],
        "line": row["line"],
        "take": row["take"],
        "seed": row["seed"],
        "verdict": row["verdict"],
        "evidence": row["evidence"],
        "reasons": row["reasons"],
        "scores": {name: value if value is None else round(value, 4) for name, value in scores.items()},
    }


def _none(run: Run, counts: Paired, matching: Matching) -> str:
    of_one_line = " and of one line" if matching.same_line else ""
    found = (
        f"{run.store.url}: makes no pair: {count_noun(counts.cells, 'cell')} with {counts.accepted} accepted "
        f"and {count_noun(counts.rejected, 'rejected take')}, and {counts.both} with both in one split{of_one_line}"
    )
    if counts.narrow:
        return f"{found}; {count_noun(counts.narrow, 'pair')} below margin {matching.least_margin:g}: ask for less"
    if counts.apart:
        return (
            f"{found}; {counts.apart} have both, but in different splits, and a pair never joins two: divide the run by "
            f"speaker with: {by_speaker(run)}"
        )
    if matching.same_line and counts.accepted and counts.rejected:
        return f"{found}; do without --same-line"
    more = f"; --undecided --evidence none adds {count_noun(counts.undecided, 'undecided take')}" if counts.undecided else ""
    return (
        f"{found}{more}; accept weaker evidence (--evidence dimension), or make more takes a cell, and keep the rejected "
        "ones (store.keep: all)"
    )


def by_speaker(run: Run) -> str:
    """Return the command that brings all takes of a cell into one split."""
    shares = " ".join(f"--share {name}={share:g}" for name, share in run.rule.shares.items())
    return f"voiceact dataset split {run.store.url} {shares} --by persona"


__all__ = ["Matching", "Paired", "by_speaker", "describe_pair", "make_pairs", "margin_of", "write_pairs"]
