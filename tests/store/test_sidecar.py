"""Sidecars of indexes: they say what the Parquet file says, and that file speaks where they are missing or damaged."""

import hashlib
import io
import json
import secrets
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.errors import VoiceactError
from voiceact.store import read_ahead
from voiceact.store.columns import COLUMNS
from voiceact.store.filesystem import Store
from voiceact.store.index import Footer, Tar, count_rows, encode_index, index_name, read_footer
from voiceact.store.sidecar import (
    IndexFile,
    decode_sidecar,
    encode_sidecar,
    list_indexes,
    read_footers,
    rebuild_sidecar,
    sidecar_name,
    sidecar_number,
    write_index,
)


def row(**columns) -> dict:
    return {
        **dict.fromkeys(COLUMNS),
        "language": "en",
        "category": "anger",
        "intensity": 5.0,
        "persona": "nurse",
        "verdict": "verified",
        "included": True,
        "duration": 1.5,
        "reasons": [],
        **columns,
    }


def footer(rows, shard: int = 3) -> Footer:
    return Footer(shard, "f" * 64, (Tar("verified/shard-000003.tar", 2, 10240, "a" * 64),), count_rows(rows))


def write_shard(store: Store, shard: int, *rows: dict) -> Footer:
    summary = footer(rows, shard)
    write_index(store, list(rows), summary)
    return summary


def footers_of(store: Store) -> dict[int, Footer | VoiceactError]:
    return dict(read_footers(store, list_indexes(store)))


def test_a_sidecar_is_a_small_json_file_beside_the_parquet_file(tmp_path: Path) -> None:
    write_shard(Store(tmp_path), 3, row(), row(verdict="rejected", included=False))
    index = (tmp_path / "index/shard-000003.parquet").read_bytes()
    data = (tmp_path / "index/_shard-000003.json").read_bytes()
    document = json.loads(data)
    assert len(data) < 1024
    assert (document["format"], document["index_bytes"]) == ("voiceact-shard/1", len(index))
    assert document["index_sha256"] == hashlib.sha256(index).hexdigest()
    assert document["footer"]["shard"] == 3
    (count,) = document["footer"]["counts"]
    assert (count["levels"], count["included"], count["seconds"]) == ({"verified": 1, "rejected": 1}, 1, 3.0)


def test_names() -> None:
    assert sidecar_name(3) == "index/_shard-000003.json" and sidecar_name(1_234_567) == "index/_shard-1234567.json"
    assert sidecar_number("index/_shard-000003.json") == 3
    for name in (
        "index/_shard-3.json",
        "index/shard-000003.json",
        "index/shard-000003.parquet",
        "verified/_shard-000003.json",
        "index/notes.json",
        "x",
    ):
        assert sidecar_number(name) is None


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"text": st.text(), "persona": st.text(), "duration": st.floats(0, 100), "lufs": st.floats(width=32)}
        ),
        max_size=4,
    )
)
def test_it_says_what_the_footer_of_the_parquet_file_says(rows) -> None:
    rows = [row(**columns) for columns in rows]
    data = encode_index(rows, footer(rows))
    assert decode_sidecar(encode_sidecar(footer(rows), data)).footer == read_footer(io.BytesIO(data), "x")


def test_the_parquet_file_is_written_last(tmp_path: Path, monkeypatch) -> None:
    store, written = Store(tmp_path), []
    write = store.write
    monkeypatch.setattr(store, "write", lambda name, data: (written.append(name), write(name, data)))
    write_shard(store, 0, row())
    assert written == [sidecar_name(0), index_name(0)]


def test_a_sidecar_without_its_parquet_file_is_no_shard(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_shard(store, 0, row())
    (tmp_path / index_name(0)).unlink()
    assert list_indexes(store) == []


def test_sums_are_read_from_sidecars_alone(tmp_path: Path, monkeypatch) -> None:
    store = Store(tmp_path)
    summary = write_shard(store, 0, row())
    opened = []
    open_file = store.open
    monkeypatch.setattr(store, "open", lambda name: (opened.append(name), open_file(name))[1])
    assert footers_of(store) == {0: summary}
    assert opened == [sidecar_name(0)]


@pytest.mark.parametrize(
    "data",
    [None, b"", b"{", b"[]", b"\xff", b'{"format":"voiceact-shard/9"}', b"[" * 100_000],
    ids=["missing", "empty", "cut", "a list", "no UTF-8", "another format", "deep"],
)
def test_where_it_cannot_be_read_the_parquet_file_is(tmp_path: Path, data: bytes | None) -> None:
    store = Store(tmp_path)
    summary = write_shard(store, 0, row(), row(persona="farmer"))
    (tmp_path / sidecar_name(0)).unlink() if data is None else (tmp_path / sidecar_name(0)).write_bytes(data)
    before = {path.name: path.read_bytes() for path in (tmp_path / "index").iterdir()}
    assert footers_of(store) == {0: summary}
    assert {path.name: path.read_bytes() for path in (tmp_path / "index").iterdir()} == before, "reading writes nothing"


def test_the_sidecar_of_another_shard_is_not_believed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    summary = write_shard(store, 0, row())
    write_shard(store, 1, row(), row())
    (tmp_path / sidecar_name(0)).write_bytes((tmp_path / sidecar_name(1)).read_bytes())
    assert footers_of(store)[0] == summary


def test_a_rebuilt_sidecar_has_the_same_bytes(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_shard(store, 0, row())
    data = (tmp_path / sidecar_name(0)).read_bytes()
    (tmp_path / sidecar_name(0)).unlink()
    rebuild_sidecar(store, 0)
    assert (tmp_path / sidecar_name(0)).read_bytes() == data


def test_a_parquet_file_of_another_size_is_damaged(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_shard(store, 0, row())
    path = tmp_path / index_name(0)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:-7])
    (error,) = footers_of(store).values()
    assert isinstance(error, VoiceactError)
    assert f"index/shard-000000.parquet: is damaged (it has {size - 7:,} bytes instead of {size:,})" in str(error)


@pytest.mark.parametrize("where", ["folder", "memory"])
def test_they_come_in_order_with_an_error_in_the_place_of_a_damaged_one(tmp_path, monkeypatch, where) -> None:
    monkeypatch.setattr(read_ahead, "READERS", 3)
    store = Store(tmp_path / "run" if where == "folder" else f"memory://{secrets.token_hex(8)}/run")
    for shard in range(10):
        write_shard(store, shard, row())
    store.write(index_name(4), b"PAR1")
    sizes = dict(list_indexes(store))
    order = [9, *range(8)]
    results = list(read_footers(store, [IndexFile(shard, sizes[shard]) for shard in order]))
    assert [shard for shard, _ in results] == order
    assert [result.shard for _, result in results if isinstance(result, Footer)] == [9, 0, 1, 2, 3, 5, 6, 7]
    (damaged,) = (result for _, result in results if isinstance(result, VoiceactError))
    assert "shard-000004.parquet: is damaged" in str(damaged)


def test_a_reader_that_stops_early_waits_for_few_requests(monkeypatch) -> None:
    monkeypatch.setattr(read_ahead, "READERS", 2)
    store, opened = Store(f"memory://{secrets.token_hex(8)}/run"), []
    for shard in range(50):
        write_shard(store, shard, row())
    indexes = list_indexes(store)
    open_file = store.open
    monkeypatch.setattr(store, "open", lambda name: (opened.append(name), open_file(name))[1])
    assert next(read_footers(store, indexes))[0] == 0
    assert len(opened) <= 4, "the rest is never read"
