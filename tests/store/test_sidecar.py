"""Footers of many shards: what is found by its bytes is what Parquet's own reader finds, or nothing is."""

import io
import secrets

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import Table, parquet
from voiceact.store.footers import peek_footer, read_footers

from voiceact.errors import VoiceactError
from voiceact.store import footers
from voiceact.store.columns import COLUMNS
from voiceact.store.filesystem import Store
from voiceact.store.index import INDEX_FORMAT, Footer, Tar, arrow_schema, count_rows, encode_index, index_name, read_footer


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


def index(*rows, shard: int = 3) -> bytes:
    return encode_index(rows, footer(rows, shard))


def peeked(data: bytes) -> Footer | None:
    return peek_footer(io.BytesIO(data))


@pytest.mark.parametrize("places", [0, 1, 300], ids=["nothing counted", "a short one", "one longer than two bytes can say"])
def test_it_is_what_the_reader_of_parquet_finds(places: int) -> None:
    data = index(*(row(persona=f"persona-{number}") for number in range(places)))
    assert peeked(data) == read_footer(io.BytesIO(data), "x") and len(peeked(data).counts) == places


@given(
    st.lists(
        st.fixed_dictionaries({"text": st.text(), "line": st.text(), "persona": st.text(), "lufs": st.floats(width=32)}),
        max_size=4,
    )
)
def test_whatever_the_rows_say_it_is_never_another(rows) -> None:
    data = index(*(row(**one) for one in rows))
    assert peeked(data) in (None, read_footer(io.BytesIO(data), "x"))


def test_a_text_with_the_same_bytes_leaves_it_to_the_reader() -> None:
    mine = msgspec.json.encode(footer((), shard=9)).decode()
    for text in ("\x18\x05shard\x18", f"\x18\x05shard\x18{mine}", f"\x18\x06format\x18\x10{INDEX_FORMAT}"):
        data = index(row(text=text))
        assert peeked(data) is None and read_footer(io.BytesIO(data), "x").shard == 3


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"\xff\xff\xff\xffPAR1",
        index(row())[:-1],
        index(row())[:-4] + b"PAR2",
        index(row()).replace(b'"shard":3', b'"shard":x'),
        index(row()).replace(b'"tars"', b'"bars"'),
        index(row()).replace(b"voiceact-index/1", b"voiceact-index/9"),
    ],
)
def test_what_is_damaged_or_no_index_is_left_to_the_reader_who_tells(data: bytes) -> None:
    assert peeked(data) is None
    with pytest.raises(VoiceactError):
        read_footer(io.BytesIO(data), "x")


def test_another_writers_table_is_left_to_the_reader() -> None:
    file = io.BytesIO()
    parquet.write_table(Table.from_pylist([row()], schema=arrow_schema()), file)
    assert peeked(file.getvalue()) is None


@pytest.mark.parametrize("where", ["folder", "memory"])
def test_they_come_in_order_with_what_is_wrong_in_its_place(tmp_path, monkeypatch, where) -> None:
    monkeypatch.setattr(footers, "READERS", 3)
    store = Store(tmp_path / "run" if where == "folder" else f"memory://{secrets.token_hex(8)}/run")
    for shard in range(10):
        store.write(index_name(shard), index(row(), shard=shard) if shard != 4 else b"PAR1")
    found = list(read_footers(store, [9, *range(8), 11]))
    assert [shard for shard, _ in found] == [9, *range(8), 11]
    assert [one.shard for _, one in found if isinstance(one, Footer)] == [9, 0, 1, 2, 3, 5, 6, 7]
    damaged, missing = (one for _, one in found if isinstance(one, VoiceactError))
    assert "shard-000004.parquet: is damaged" in str(damaged) and "has no index/shard-000011.parquet" in str(missing)


def test_who_stops_looking_waits_for_no_more_than_was_asked(monkeypatch) -> None:
    monkeypatch.setattr(footers, "READERS", 2)
    store, asked = Store(f"memory://{secrets.token_hex(8)}/run"), []
    for shard in range(50):
        store.write(index_name(shard), index(row(), shard=shard))
    opened = store.open
    monkeypatch.setattr(store, "open", lambda name: (asked.append(name), opened(name))[1])
    assert next(read_footers(store, range(50)))[0] == 0
    assert len(asked) <= 4, "the rest is never read"
