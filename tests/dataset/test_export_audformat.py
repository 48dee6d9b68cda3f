"""The database of an export, read by the audformat library itself."""

from collections import Counter
from pathlib import Path

import pytest
from exports import assert_same_columns, assert_same_sound, awkward_run, decode, known_clips, texts, write_samples
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.dataset.export.export import export
from voiceact.dataset.export.selection import Selection

audformat = pytest.importorskip("audformat")
pandas = pytest.importorskip("pandas")


def rows(database: "audformat.Database") -> dict[str, dict]:
    """Id -> columns, nothing for what is missing, reasons as a list."""
    found = {}
    for table in database.tables.values():
        for file, row in table.get().iterrows():
            columns = {name: None if pandas.isna(value) else value for name, value in row.items()}
            found[columns["id"]] = {**columns, "file": file, "reasons": str(columns["reasons"] or "").split()}
    return found


def test_every_clip_is_as_it_was(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    export(run, tmp_path / "out", "audformat", selection=Selection(evidence="dimension"))
    known = {name: clip for name, clip in known_clips(run).items() if clip.row["verdict"] in ("verified", "consistent")}
    database = audformat.Database.load(tmp_path / "out")
    found = rows(database)
    assert_same_sound({name: decode(tmp_path / "out" / row["file"]) for name, row in found.items()}, known)
    for name, row in found.items():
        assert_same_columns(row, known[name].row)
    assert {table.split_id: len(table) for table in database.tables.values()} == Counter(
        clip.row["split"] for clip in known.values())


def test_reasons_are_kept(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "audformat", selection=Selection(levels=("rejected",)))
    assert {tuple(row["reasons"]) for row in rows(audformat.Database.load(tmp_path / "out")).values()} == {("emotion:absent",)}


def test_the_header_says_what_the_columns_are(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "audformat")
    database = audformat.Database.load(tmp_path / "out")
    assert (database.name, database.usage, database.languages) == ("tiny", "commercial", ["eng"])
    assert database.raters["scripted"].type == "machine"
    assert database.splits["test"].type == "test"
    assert database.media["speech"].sampling_rate == 8000 and database.media["speech"].format == "flac"
    assert database.schemes["category"].labels["anger"] == {"name": "Anger"} and len(database.schemes["category"].labels) == 40
    columns = database["clips.train"].columns
    assert columns["score_anger"].rater_id == "scripted" and columns["score_anger"].scheme_id == "scale"
    assert columns["intensity"].rater_id is None and columns["intensity"].description.startswith("that was asked")


def test_speakers_can_be_asked_for_gender_and_age(tmp_path: Path) -> None:
    export(awkward_run(tmp_path / "run"), tmp_path / "out", "audformat")
    database = audformat.Database.load(tmp_path / "out")
    ages = database["clips.train"]["persona"].get(map="age")
    assert ages.tolist() == database["clips.train"]["age"].get().tolist()


def test_its_usage_is_what_the_licences_allow(tmp_path: Path) -> None:
    for use, usage in (("forbidden", "research"), ("unknown", "other")):
        folder = write_samples("audformat", tmp_path / use, ["a"], use=use)
        assert audformat.Database.load(folder).usage == usage


@settings(max_examples=10, deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    folder = write_samples("audformat", tmp_path_factory.mktemp("a") / "out", said)
    found = rows(audformat.Database.load(folder))
    assert {name: row["text"] for name, row in found.items()} == {f"a-{number}": text for number, text in enumerate(said)}
