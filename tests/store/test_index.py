"""The index of a shard: rows and footer read back as they were written; whatever is damaged is told."""

import io
import json
import math

import msgspec
import pyarrow
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.errors import UnknownNameError, VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.columns import COLUMNS
from voiceact.store.index import (
    Count,
    Footer,
    Keep,
    Tar,
    count_rows,
    encode_index,
    index_name,
    index_number,
    is_tar_name,
    read_footer,
    read_rows,
    schema,
    tar_name,
)

NAME = "index/shard-000003.parquet"
BASE = {
    **dict.fromkeys(COLUMNS),
    "language": "en",
    "category": "anger",
    "intensity": 5.0,
    "persona": "nurse",
    "verdict": "verified",
    "included": True,
    "duration": 1.5,
    "reasons": [],
}


def row(**columns) -> dict:
    return {**BASE, **columns}


def footer(rows=(), shard: int = 3) -> Footer:
    return Footer(shard, "f" * 64, (Tar("verified/shard-000003.tar", 2, 10240, "a" * 64),), count_rows(rows))


def index(*rows) -> bytes:
    return encode_index(rows, footer(rows))


def read(data: bytes, **asked) -> list[dict]:
    return list(read_rows(io.BytesIO(data), NAME, **asked))


# --- Whole ones


VALUES = {
    "string": st.text(),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float32": st.floats(width=32, allow_nan=False),
    "float64": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "list<string>": st.lists(st.text()),
}
ROWS = st.fixed_dictionaries({name: st.none() | VALUES[column.type] for name, column in COLUMNS.items()}).map(
    lambda row: row | {"verdict": row["verdict"] or "rejected"}
)


@given(st.lists(ROWS, max_size=3))
def test_rows_are_read_back_as_they_were_written(rows) -> None:
    data = encode_index(rows, Footer(0, "p", (), ()))
    assert read(data) == [dict(row) for row in rows]
    assert encode_index(rows, Footer(0, "p", (), ())) == data


def test_the_footer_is_read_back_without_a_row() -> None:
    rows = [row(), row(verdict="rejected", included=False)]
    assert read_footer(io.BytesIO(index(*rows)), NAME) == footer(rows)
    assert footer(rows).takes == 2


def test_any_reader_of_parquet_finds_the_documented_columns() -> None:
    table = parquet.read_table(io.BytesIO(index(row(id="a", seed=2**40))))
    assert table.column_names == list(COLUMNS) and table.schema.equals(schema())
    assert table.to_pylist()[0]["seed"] == 2**40


def test_an_index_without_rows_is_an_index() -> None:
    assert read(index()) == [] and footer().takes == 0


def test_more_rows_than_are_in_memory_at_once_come_in_order() -> None:
    rows = [row(take=take) for take in range(2500)]
    assert [found["take"] for found in read(index(*rows), columns=["take"])] == list(range(2500))


def test_only_what_was_asked_for_is_given() -> None:
    data = index(row(id="a", take=1), row(id="b", take=2), row(id="c", take=3))
    assert read(data, columns=["take", "id"], keep={"id": ["a", "c"]}) == [{"take": 1, "id": "a"}, {"take": 3, "id": "c"}]
    assert read(data, columns=["id"], keep={"take": 2}) == [{"id": "b"}]
    assert read(data, columns=[], keep={"take": 2}) == [{}]
    assert read(data, columns=["id"], keep={"take": {9}}) == []


def test_a_number_that_32_bits_cannot_hold_is_found_by_its_own_name() -> None:
    # 3.3 in 32 bits is 3.299999952…
    assert len(read(index(row(intensity=3.3), row(intensity=3.5)), keep={"intensity": 3.3})) == 1
    assert Keep({"intensity": [3.3, None]})({"intensity": None})


@pytest.mark.parametrize("asked", [{"columns": ["personna"]}, {"keep": {"personna": "nurse"}}])
def test_a_column_that_there_is_not_is_told_with_the_nearest(asked) -> None:
    with pytest.raises(UnknownNameError, match="unknown column 'personna'; did you mean 'persona'"):
        read(index(row()), **asked)


# --- Counts


def test_takes_are_counted_by_their_place_on_the_map() -> None:
    rows = [
        row(),
        row(verdict="rejected", included=False, duration=2.0),
        row(verdict="failed", included=False, duration=None),
        row(intensity=3.0),
        row(persona="farmer"),
    ]
    first, *others = count_rows(rows)
    assert first == Count("en", "anger", 5.0, "nurse", {"verified": 1, "rejected": 1, "failed": 1}, 1, 3.5, 1.5)
    assert [(count.intensity, count.persona) for count in others] == [(3.0, "nurse"), (5.0, "farmer")]


def test_nothing_is_counted_twice_or_left_out() -> None:
    rows = [row(persona=f"p{n % 3}", intensity=float(n % 2), verdict=("verified", "rejected")[n % 5 == 0]) for n in range(60)]
    counts = count_rows(rows)
    assert sum(sum(count.levels.values()) for count in counts) == 60 and len(counts) == 6
    assert sum(count.included for count in counts) == 60
    assert math.isclose(sum(count.seconds for count in counts), 90.0)


# --- Names


def test_names_stand_in_the_order_of_their_numbers() -> None:
    assert index_name(3) == NAME and tar_name("verified", 3) == "verified/shard-000003.tar"
    assert index_name(1_234_567) == "index/shard-1234567.parquet"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (NAME, 3),
        ("index/shard-1234567.parquet", 1_234_567),
        ("index/shard-3.parquet", None),
        ("index/shard-0000003.parquet", None),
        ("index/shard-000003.parquet.bak", None),
        ("other/shard-000003.parquet", None),
    ],
)
def test_the_number_of_a_shard_stands_in_its_name(name, number) -> None:
    assert index_number(name) == number


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("verified/shard-000003.tar", True),
        ("rejected/shard-1234567.tar", True),
        ("failed/shard-000003.tar", False),
        ("../verified/shard-000003.tar", False),
        ("/etc/passwd", False),
        ("verified/../../x.tar", False),
        ("verified/shard-000003.tar\n", False),
    ],
)
def test_a_tar_is_called_in_one_way_only(name, known) -> None:
    assert is_tar_name(name) is known


# --- Damaged ones


def other_footer(document: dict) -> bytes:
    table = pyarrow.Table.from_pylist([row()], schema=schema()).replace_schema_metadata(document)
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


SPOILED = msgspec.json.encode({"shard": 3, "plan": "", "tars": [], "counts": [], "more": 1})


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is damaged"),
        (b"PAR1", "is damaged"),
        (index(row())[:-20], "is damaged"),
        (b"x" * 5000, "is damaged"),
        (other_footer({}), r"is no index of this voiceact .format unknown."),
        (other_footer({"format": "voiceact-index/9"}), "format voiceact-index/9"),
        (other_footer({"format": "voiceact-index/1"}), "is damaged"),
        (other_footer({"format": "voiceact-index/1", "shard": "{"}), "is damaged"),
        (other_footer({"format": "voiceact-index/1", "shard": SPOILED}), "unknown field `more`"),
    ],
)
def test_a_damaged_footer_is_told_with_what_to_do(data, words) -> None:
    with pytest.raises(VoiceactError, match=rf"{NAME}: .*{words}"):
        read_footer(io.BytesIO(data), NAME)


def test_a_table_that_lacks_a_column_is_told() -> None:
    file = io.BytesIO()
    parquet.write_table(pyarrow.table({"id": ["a"]}), file)
    with pytest.raises(VoiceactError, match="lacks the column 'file_name'.; take it away and run the recipe again"):
        read(file.getvalue())


@given(st.data())
def test_a_flipped_byte_is_told_or_changes_nothing_but_values(data) -> None:
    whole = index(*(row(id=f"a-{n}", text="some words", take=n) for n in range(5)))
    at = data.draw(st.integers(0, len(whole) - 1))
    spoiled = whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]
    try:
        found = read(spoiled)
    except VoiceactError as error:
        assert str(error).startswith(f"{NAME}: ")
    else:
        assert all(list(one) == list(COLUMNS) for one in found)


def test_without_pyarrow_the_extra_is_named(monkeypatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[dataset\]"):
        read(b"")


def test_the_footer_is_plain_json_for_whoever_has_another_reader() -> None:
    metadata = parquet.read_metadata(io.BytesIO(index(row()))).metadata
    document = json.loads(metadata[b"shard"])
    assert document["tars"][0] == {"name": "verified/shard-000003.tar", "clips": 2, "bytes": 10240, "sha256": "a" * 64}
