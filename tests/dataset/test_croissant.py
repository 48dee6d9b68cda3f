"""Croissant metadata, held against the released validator and reader."""

import json
from pathlib import Path
from typing import Any

import pytest
from exports import awkward_run, known_clips
from tiny_run import write_tiny_run

from voiceact.dataset.card.card import write_card
from voiceact.dataset.card.croissant import CONTEXT
from voiceact.dataset.export.export import export
from voiceact.dataset.export.formats.base import EXPORT_COLUMNS

mlcroissant = pytest.importorskip("mlcroissant")

FORMS = ("parquet", "audiofolder", "webdataset")
ASKED_BY_REVIEWERS = ("dataCollection", "dataBiases", "dataLimitations", "dataUseCases", "dataSocialImpact",
                      "personalSensitiveInformation", "dataAnnotationProtocol", "dataReleaseMaintenancePlan")


def described(run: Path, out: Path, form: str, **settings: Any) -> Path:
    export(run, out, form)
    write_card(run, export=out, **settings)
    return out / "croissant.json"


def records(path: Path) -> list[dict[str, Any]]:
    return [{name.removeprefix("clips/"): value for name, value in row.items()}
            for row in mlcroissant.Dataset(jsonld=str(path)).records("clips")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_run(tmp_path_factory.mktemp("run") / "run")


@pytest.mark.parametrize("form", FORMS)
def test_the_validator_has_nothing_to_say(tiny: Path, tmp_path: Path, form: str) -> None:
    path = described(tiny, tmp_path / "out", form, author="A. Maker", url="https://example.org/set")
    found = mlcroissant.Dataset(jsonld=str(path)).metadata
    assert found.ctx.issues.errors == set() and found.ctx.issues.warnings == set()
    assert found.name == "tiny" and found.url == "https://example.org/set" and found.creators[0].name == "A. Maker"


def test_the_context_is_the_official_one() -> None:
    from mlcroissant._src.core.rdf import make_context

    assert make_context() == CONTEXT


def test_without_author_and_address_it_is_valid_too(tiny: Path, tmp_path: Path) -> None:
    found = mlcroissant.Dataset(jsonld=str(described(tiny, tmp_path / "out", "parquet"))).metadata
    assert found.ctx.issues.errors == set()


def test_every_clip_is_read_from_parquet_with_its_audio(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    rows = {row["id"].decode(): row for row in records(described(run, tmp_path / "out", "parquet"))}
    known = known_clips(run, included=True)
    assert sorted(rows) == sorted(known) and set(rows[min(rows)]) == {*EXPORT_COLUMNS, "audio"}
    for name, row in rows.items():
        assert row["text"].decode() == known[name].row["text"]
        assert row["seed"] == known[name].row["seed"] and row["included"] is True
        assert row["intensity"] == pytest.approx(known[name].row["intensity"])
        assert row["wer"] is None and row["reasons"] == []
        assert row["audio"][:4] == b"fLaC" and len(row["audio"]) == known[name].row["audio_length"]


def test_every_row_is_read_from_an_audiofolder(tmp_path: Path) -> None:
    run = awkward_run(tmp_path / "run")
    rows = {row["id"].decode(): row for row in records(described(run, tmp_path / "out", "audiofolder"))}
    known = known_clips(run, included=True)
    assert sorted(rows) == sorted(known)
    assert all(row["category"].decode() == known[name].row["category"] for name, row in rows.items())
    assert all(list((tmp_path / "out").glob(f"*/{row['file_name'].decode()}")) for row in rows.values())


def test_of_webdataset_the_tars_are_described(tiny: Path, tmp_path: Path) -> None:
    found = mlcroissant.Dataset(jsonld=str(described(tiny, tmp_path / "out", "webdataset"))).metadata
    assert not found.record_sets
    assert {one.content_url for one in found.file_objects} == {path.name for path in (tmp_path / "out").glob("*.tar")}


@pytest.mark.parametrize("form", FORMS)
def test_files_are_listed_with_size_and_digest(tiny: Path, tmp_path: Path, form: str) -> None:
    import hashlib

    found = json.loads(described(tiny, tmp_path / "out", form).read_text("utf-8"))
    files = [one for one in found["distribution"] if one["@type"] == "cr:FileObject"]
    assert files
    for one in files:
        data = (tmp_path / "out" / one["contentUrl"]).read_bytes()
        assert one["contentSize"] == f"{len(data)} B" and one["sha256"] == hashlib.sha256(data).hexdigest()


def test_reviewers_find_what_they_ask_for(tiny: Path, tmp_path: Path) -> None:
    found = json.loads(described(tiny, tmp_path / "out", "parquet").read_text("utf-8"))
    for name in ASKED_BY_REVIEWERS:
        assert found[f"rai:{name}"], name
    assert "nobody was recorded" in found["rai:personalSensitiveInformation"][0]
    assert found["datePublished"] == "2026-01-01" and found["citeAs"].startswith("@misc{tiny")
    read = mlcroissant.Dataset(jsonld=str(tmp_path / "out/croissant.json")).metadata
    assert read.data_biases == found["rai:dataBiases"]


def test_nothing_of_this_machine_is_in_it(tiny: Path, tmp_path: Path) -> None:
    assert str(tmp_path) not in described(tiny, tmp_path / "out", "parquet").read_text("utf-8")
