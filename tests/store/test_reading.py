"""Reading a run: its rows in order, its bytes by place, with words for what is damaged or foreign."""

import hashlib
import io

import msgspec
import pyarrow.parquet as parquet
import pytest
from tiny_run import write_tiny_run

from voiceact.errors import UsageError, VoiceactError
from voiceact.store.columns import COLUMNS
from voiceact.store.reader import open_run
from voiceact.store.shard import read_shard


@pytest.fixture(params=["folder", "memory"])
def run(request, tmp_path):
    where = tmp_path / "run" if request.param == "folder" else f"memory://{tmp_path.name}/run"
    return open_run(write_tiny_run(where))


def test_rows_come_in_the_order_of_the_plan_over_all_shards(run) -> None:
    rows = list(run.rows())
    assert [(row["cell"], row["take"]) for row in rows] == [(cell, take) for cell in range(18) for take in (1, 2)]
    assert all(list(row) == list(COLUMNS) for row in rows)


def test_only_some_columns_and_some_rows_are_given(run) -> None:
    assert list(run.rows(["take", "cell"], keep={"verdict": "verified", "cell": [0, 6, 17]})) == [
        {"take": 1, "cell": 0}, {"take": 1, "cell": 6}]


def test_footers_add_up_to_the_run(run) -> None:
    footers = list(run.footers())
    assert [footer.shard for footer in footers] == [0, 1]
    assert sum(footer.takes for footer in footers) == run.file.takes == 36
    assert {footer.plan for footer in footers} == {run.file.plan}


def test_a_clip_is_the_same_by_its_place_and_in_its_tar(run) -> None:
    row = next(run.rows(keep={"cell": 5, "take": 2}))
    with run.store.open(row["tar"]) as file:
        members = dict(read_shard(file))[row["id"]]
    assert run.audio(row) == members["flac"] and hashlib.sha256(run.audio(row)).hexdigest() == row["sha256"]
    assert run.twin(row) == members["twin.flac"]
    assert run.record(row).text == row["text"] and msgspec.json.decode(members["json"])["text"] == row["text"]


def test_a_twin_that_was_not_kept_is_none(tmp_path) -> None:
    run = open_run(write_tiny_run(tmp_path / "run", twins=False))
    assert run.twin(next(run.rows())) is None


def test_a_folder_without_a_run_is_told(tmp_path) -> None:
    with pytest.raises(UsageError, match="is no run folder .it has no run.json.; make one with: voiceact recipe run"):
        open_run(tmp_path)


@pytest.mark.parametrize(("text", "words"), [("{", "cannot be read"), ("[]", "cannot be read"), ("\xff", "cannot be read")])
def test_a_run_that_cannot_be_read_is_told(tmp_path, text, words) -> None:
    (tmp_path / "run.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=words):
        open_run(tmp_path)


def test_a_run_of_another_format_is_told(tmp_path) -> None:
    write_tiny_run(tmp_path)
    path = tmp_path / "run.json"
    path.write_text(path.read_text().replace("voiceact-run/1", "voiceact-run/9"))
    with pytest.raises(UsageError, match="has format 'voiceact-run/9'; this voiceact reads 'voiceact-run/1'"):
        open_run(tmp_path)


def test_a_take_that_failed_has_no_audio_and_says_why(run) -> None:
    row = next(run.rows())
    nothing = {"tar": None, "audio_start": None, "audio_length": None}
    with pytest.raises(VoiceactError, match="take tiny-000000000-001 has no audio: nothing can be spoken"):
        run.audio({**row, **nothing, "verdict": "failed", "reasons": ["nothing can be spoken"]})
    with pytest.raises(VoiceactError, match="take tiny-000000000-001 has no audio: it was not kept"):
        run.audio({**row, **nothing, "verdict": "rejected", "reasons": ["emotion:absent"]})


def test_a_tar_that_is_cut_short_or_gone_is_told(tmp_path) -> None:
    run = open_run(write_tiny_run(tmp_path))
    row = list(run.rows(keep={"verdict": "verified"}))[-1]
    path = tmp_path / row["tar"]
    path.write_bytes(path.read_bytes()[:row["audio_start"] + 10])
    with pytest.raises(VoiceactError, match=f"{row['tar']}: is cut short; run the recipe again to make it whole"):
        run.audio(row)
    path.unlink()
    with pytest.raises(VoiceactError, match=f"has no {row['tar']}"):
        run.audio(row)


def test_a_record_that_was_damaged_is_told(tmp_path) -> None:
    run = open_run(write_tiny_run(tmp_path))
    row = next(run.rows())
    data = bytearray((tmp_path / row["tar"]).read_bytes())
    data[row["record_start"]] = ord("x")
    (tmp_path / row["tar"]).write_bytes(data)
    with pytest.raises(VoiceactError, match="the record of tiny-000000000-001 is damaged.*see: voiceact recipe audit"):
        run.record(row)


@pytest.mark.parametrize("place", [{"tar": "../secret"}, {"tar": "/etc/passwd"}, {"tar": "run.json"}, {"audio_start": -1},
                                   {"audio_length": -1}])
def test_an_index_cannot_lead_out_of_the_run(tmp_path, place) -> None:
    (tmp_path / "secret").write_bytes(b"s" * 100_000)
    run = open_run(write_tiny_run(tmp_path / "run"))
    with pytest.raises(VoiceactError, match="where no clip of a run is"):
        run.audio({**next(run.rows()), **place})


def test_a_damaged_index_is_told_by_name(tmp_path) -> None:
    run = open_run(write_tiny_run(tmp_path))
    (tmp_path / "index" / "shard-000001.parquet").write_bytes(b"PAR1")
    with pytest.raises(VoiceactError, match="index/shard-000001.parquet: is damaged"):
        list(run.rows())
    with pytest.raises(VoiceactError, match="index/shard-000001.parquet: is damaged"):
        list(run.footers())


def test_the_index_can_be_read_without_voiceact(tmp_path) -> None:
    run = open_run(write_tiny_run(tmp_path))
    table = parquet.read_table(tmp_path / "index")
    assert table.num_rows == 36 and table.column_names == list(COLUMNS)
    row = table.to_pylist()[0]
    with open(tmp_path / row["tar"], "rb") as file:
        file.seek(row["audio_start"])
        assert file.read(row["audio_length"]) == run.audio(row)
    assert io.BytesIO(run.audio(row)).read(4) == b"fLaC"
