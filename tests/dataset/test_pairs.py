"""Preference pairs: who is set against whom, and what is written of it."""

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from exports import change_rows, known_clips
from tiny_run import write_tiny_run

from voiceact.dataset.export.pairs import Matching, write_pairs
from voiceact.dataset.export.selection import Selection
from voiceact.errors import UnknownNameError, UsageError
from voiceact.store.reader import open_run

EVERYTHING = Selection(evidence="none")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Two takes a cell: the first accepted where the evidence is that of the category, the second rejected."""
    write_tiny_run(tmp_path / "run")
    return tmp_path / "run"


def pairs(folder: Path, **matching: Any) -> list[dict[str, Any]]:
    path = folder.parent / "pairs.jsonl"
    write_pairs(folder, path, matching=Matching(**matching))
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def one_cell(folder: Path, takes: list[dict[str, Any]]) -> Path:
    """A run of one cell, a row for each entry; `score` is that of the category asked."""
    write_tiny_run(folder, shards=1, personas=("nurse",), categories=("anger",), intensities=(3.0,), takes=len(takes))

    def change(row: dict[str, Any]) -> dict[str, Any]:
        wanted = {"verdict": "verified", "line": "l", "split": "train", "score": 3.0, **takes[row["take"] - 1]}
        return {
            **row,
            **{key: value for key, value in wanted.items() if key != "score"},
            "score_anger": wanted["score"],
            "included": wanted["verdict"] == "verified",
        }

    change_rows(folder, change)
    return folder


def matched(found: list[dict[str, Any]]) -> list[tuple[int, int]]:
    return [(pair["chosen"]["take"], pair["rejected"]["take"]) for pair in found]


REJECTED = {"verdict": "rejected", "score": 1.0}


def test_a_pair_is_of_one_cell_and_one_split(run: Path) -> None:
    found, known = pairs(run), known_clips(run)
    assert len(found) == 12
    for pair in found:
        chosen, rejected = known[pair["chosen"]["id"]].row, known[pair["rejected"]["id"]].row
        assert chosen["cell"] == rejected["cell"] and chosen["split"] == rejected["split"] == pair["split"]
        assert (chosen["verdict"], rejected["verdict"]) == ("verified", "rejected")
        assert pair["chosen"]["reasons"] == [] and pair["rejected"]["reasons"] == ["emotion:absent"]


def test_the_prompt_says_what_was_asked(run: Path) -> None:
    pair = pairs(run)[0]
    record = open_run(run).record(known_clips(run)[pair["chosen"]["id"]].row)
    assert pair["prompt"] == {
        "text": record.text,
        "language": "en",
        "persona": "nurse",
        "description": open_run(run).file.personas["nurse"]["description"],
        "category": "anger",
        "category_name": "Anger",
        "intensity": 3.0,
        "instruction": record.direction.instruction,
    }
    assert pair["prompt"]["instruction"]


def test_the_audio_is_where_the_pair_says(run: Path) -> None:
    for pair in pairs(run):
        for take in (pair["chosen"], pair["rejected"]):
            with tarfile.open(run / take["tar"]) as tar:
                data = tar.extractfile(take["member"]).read()
            assert hashlib.sha256(data).hexdigest() == take["sha256"]
            with (run / take["tar"]).open("rb") as file:
                file.seek(take["audio_start"])
                assert file.read(take["audio_length"]) == data


def test_the_margin_is_the_difference_of_what_was_asked(run: Path) -> None:
    for pair in pairs(run):
        category = pair["prompt"]["category"]
        assert pair["margin"] == pair["chosen"]["scores"][category] - pair["rejected"]["scores"][category]
        assert pair["margin"] == pair["prompt"]["intensity"] - 0.5


def test_a_take_stands_in_one_pair_unless_every_pair_is_asked(tmp_path: Path) -> None:
    run = one_cell(tmp_path / "run", [{}, {}, REJECTED, REJECTED, REJECTED])
    assert matched(pairs(run)) == [(1, 3), (2, 4)]
    assert sorted(matched(pairs(run, every=True))) == [(one, other) for one in (1, 2) for other in (3, 4, 5)]


def test_the_same_line_goes_before_a_wider_margin(tmp_path: Path) -> None:
    run = one_cell(
        tmp_path / "run",
        [
            {"line": "a"},
            {"line": "b", "score": 6.0},
            {**REJECTED, "line": "a", "score": 2.0},
            {**REJECTED, "line": "c", "score": 0.0},
        ],
    )
    found = pairs(run)
    assert matched(found) == [(1, 3), (2, 4)]
    assert [pair["same_line"] for pair in found] == [True, False]
    assert matched(pairs(run, same_line=True)) == [(1, 3)]


def test_the_widest_margin_goes_first_among_equals(tmp_path: Path) -> None:
    run = one_cell(tmp_path / "run", [{"score": 3.0}, {"score": 6.0}, {**REJECTED, "score": 0.5}])
    assert matched(pairs(run)) == [(2, 3)]


def test_no_pair_carries_a_test_line_into_training(tmp_path: Path) -> None:
    run = one_cell(tmp_path / "run", [{"split": "train"}, {**REJECTED, "split": "test"}])
    with pytest.raises(
        UsageError,
        match="1 accepted and 1 rejected take, and 0 with both in one split; 1 have both, but in "
        "different splits, .* voiceact dataset split .* --share train=0.6 --share test=0.4 --by persona",
    ):
        pairs(run)


def test_divided_by_speaker_a_cell_is_never_apart(tmp_path: Path) -> None:
    from voiceact.store.filesystem import Store
    from voiceact.store.splits import Rule, write_rule

    run = one_cell(tmp_path / "run", [{"split": "train"}, {**REJECTED, "split": "test"}])
    write_rule(Store(run), Rule({"train": 0.5, "test": 0.5}, "persona", 0))
    assert matched(pairs(run)) == [(1, 2)]


def test_lines_that_differ_are_told_where_the_same_is_asked(tmp_path: Path) -> None:
    run = one_cell(tmp_path / "run", [{"line": "a"}, {**REJECTED, "line": "b"}])
    with pytest.raises(UsageError, match="0 with both in one split and of one line; do without --same-line"):
        pairs(run, same_line=True)


def test_undecided_takes_are_never_paired_unless_asked(tmp_path: Path) -> None:
    run = one_cell(tmp_path / "run", [{"verdict": "undecided", "evidence": "none"}, REJECTED])
    with pytest.raises(UsageError, match="--undecided --evidence none adds 1 undecided take;"):
        pairs(run)
    with pytest.raises(UsageError, match="makes no pair"):
        pairs(run, selection=EVERYTHING)
    assert matched(pairs(run, selection=EVERYTHING, undecided=True)) == [(1, 2)]
    assert not list(tmp_path.glob(".*"))


def test_failed_takes_and_such_as_were_not_kept_are_no_use(tmp_path: Path) -> None:
    run = one_cell(tmp_path / "run", [{}, {"verdict": "failed", "tar": None}, {**REJECTED, "tar": None}, REJECTED])
    found = write_pairs(run, tmp_path / "pairs.jsonl")
    assert (found.pairs, found.failed, found.rejected) == (1, 1, 1)


def test_weaker_evidence_makes_more_pairs(run: Path) -> None:
    found = pairs(run, selection=Selection(evidence="dimension"))
    assert len(found) == 18
    assert {pair["chosen"]["verdict"] for pair in found} == {"verified", "consistent"}


def test_a_rejected_take_is_never_chosen(run: Path) -> None:
    found = pairs(run, selection=EVERYTHING, undecided=True)
    assert {pair["chosen"]["verdict"] for pair in found} <= {"verified", "consistent"}


def test_a_margin_can_be_asked_and_unknown_ones_are_then_left_out(tmp_path: Path) -> None:
    run = one_cell(tmp_path / "run", [{"score": 3.0}, {"score": None}, REJECTED, REJECTED])
    assert sorted(pair["margin"] is None for pair in pairs(run)) == [False, True]
    assert [pair["margin"] for pair in pairs(run, least_margin=2.0)] == [2.0]
    assert write_pairs(run, tmp_path / "p.jsonl", matching=Matching(least_margin=2.0)).narrow == 1
    with pytest.raises(UsageError, match="2 pairs below margin 2.5"):
        pairs(run, least_margin=2.5)


def test_the_counts_add_up(run: Path, tmp_path: Path) -> None:
    found = write_pairs(run, tmp_path / "p.jsonl")
    assert found.as_dict() == {
        "pairs": 12,
        "cells": 18,
        "both": 12,
        "apart": 0,
        "same_line": 12,
        "accepted": 12,
        "rejected": 18,
        "undecided": 0,
        "failed": 0,
        "narrow": 0,
    }


def test_one_split_alone(run: Path, tmp_path: Path) -> None:
    assert {pair["split"] for pair in pairs(run, selection=Selection(splits=("test",)))} == {"test"}
    with pytest.raises(UnknownNameError, match="unknown split 'tst'"):
        pairs(run, selection=Selection(splits=("tst",)))


def test_an_older_file_is_there_until_the_new_one_is_whole(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    out.write_text("older\n")
    with pytest.raises(UsageError):
        write_pairs(run, out, matching=Matching(least_margin=9.0))
    assert out.read_text() == "older\n"
    write_pairs(run, out)
    assert len(out.read_text().splitlines()) == 12
    with pytest.raises(UsageError, match="does not exist; create it first"):
        write_pairs(run, tmp_path / "no" / "pairs.jsonl")
