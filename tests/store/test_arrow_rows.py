"""Rows become the Arrow table that pyarrow would make of them, and no pandas is loaded for it."""

import math
import struct
import subprocess
import sys

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.store.arrow_rows import make_table

SCHEMA = pyarrow.schema(
    [
        ("text", pyarrow.string()),
        ("small", pyarrow.int32()),
        ("large", pyarrow.int64()),
        ("single", pyarrow.float32()),
        ("double", pyarrow.float64()),
        ("flag", pyarrow.bool_()),
        ("names", pyarrow.list_(pyarrow.string())),
        ("numbers", pyarrow.list_(pyarrow.float32())),
        ("bursts", pyarrow.list_(pyarrow.struct([("start", pyarrow.float32()), ("kind", pyarrow.string())]))),
    ],
    metadata={"format": "test"},
)
TEXT = st.text() | st.sampled_from(["2026-01-01", "2026-01-01T10:00:00Z", "12", "null", "a\nb", "\x00", '"'])
SINGLE = st.floats(allow_nan=False, allow_infinity=False, width=32)
# Doubles that lie in the middle between two numbers of 32 bits, or a hair off it, round the wrong way if decimals are rounded.
MIDDLE = st.builds(
    lambda single, step: math.nextafter((single + _next_single(single)) / 2, step * math.inf) if step else single,
    st.floats(2**-120, 2**120, width=32),
    st.sampled_from([-1, 0, 1]),
)
DOUBLE = st.floats(-1e38, 1e38) | SINGLE | MIDDLE


def _next_single(value: float) -> float:
    return struct.unpack("f", struct.pack("I", struct.unpack("I", struct.pack("f", value))[0] + 1))[0]


ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "text": st.none() | TEXT,
            "small": st.none() | st.integers(-(2**31), 2**31 - 1),
            "large": st.none() | st.integers(-(2**63), 2**63 - 1),
            "single": st.none() | DOUBLE,
            "double": st.none() | DOUBLE,
            "flag": st.none() | st.booleans(),
            "names": st.none() | st.lists(st.none() | TEXT, max_size=3),
            "numbers": st.none() | st.lists(st.none() | DOUBLE, max_size=3),
            "bursts": st.none() | st.lists(st.fixed_dictionaries({"start": st.none() | DOUBLE, "kind": TEXT}), max_size=3),
            "not in the schema": TEXT,
        },
    ),
    max_size=4,
)


@given(ROWS)
def test_rows_become_the_table_that_pyarrow_makes_of_them(rows: list[dict]) -> None:
    table, expected = make_table(rows, SCHEMA), pyarrow.Table.from_pylist(rows, schema=SCHEMA)
    assert table.schema.equals(expected.schema, check_metadata=True)
    assert table.equals(expected)
    assert all(column.num_chunks <= 1 for column in table.columns)


def test_rows_that_fill_several_blocks_become_one_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voiceact.store.arrow_rows.BLOCK_BYTES", 100)
    rows = [{"text": "x" * number, "names": ["a"] * (number % 3)} for number in range(200)]
    table = make_table(rows, SCHEMA)
    assert table.equals(pyarrow.Table.from_pylist(rows, schema=SCHEMA))
    assert table.column("text").num_chunks == 1


def test_a_value_that_is_not_finite_is_written_too() -> None:
    rows = [{"single": math.nan, "numbers": [-math.inf]}, {"double": math.inf}]
    table = make_table(rows, SCHEMA)
    assert math.isnan(table.column("single")[0].as_py()) and table.column("double")[1].as_py() == math.inf
    assert table.column("numbers")[0].as_py() == [-math.inf]


@pytest.mark.parametrize("row", [{"small": "three"}, {"small": 2**31}, {"text": 3}, {"bursts": [3]}])
def test_a_value_of_another_kind_is_refused(row: dict) -> None:
    with pytest.raises(pyarrow.ArrowException):
        make_table([row], SCHEMA)


def test_a_process_that_writes_annotations_captions_and_indexes_loads_no_pandas() -> None:
    code = """
import sys
from voiceact.annotate.captioning import caption_schema
from voiceact.annotate.listening import Task
from voiceact.annotate.shard import encode_rows
from voiceact.store.arrow_rows import make_table
from voiceact.store.index import Footer, encode_index
encode_rows(Task(), [{"id": "a", "score_anger": 1.5, "bursts": []}])
make_table([{"id": "a", "trace": []}], caption_schema(("en",)))
encode_index([{"id": "a", "seed": 3}], Footer(shard=0, plan="p", tars=(), counts=()))
print("pandas" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "False\n", done.stderr
