"""Rows as an Arrow table without pandas, which pyarrow loads (2 s of processor time a process) to convert Python values itself.

>>> import pyarrow
>>> from voiceact.store.arrow_rows import make_table
>>> make_table([{"id": "a", "f0": 220.5}, {"id": "b"}], pyarrow.schema([("id", "string"), ("f0", "float32")])).to_pylist()
[{'id': 'a', 'f0': 220.5}, {'id': 'b', 'f0': None}]
"""

import io
import json
from collections.abc import Iterable, Mapping
from typing import Any

BLOCK_BYTES = 1 << 24
"""of JSON that the reader takes at a time"""


def make_table(rows: Iterable[Mapping[str, Any]], schema: Any) -> Any:
    """Make a `pyarrow.Table` of rows, equal to that of `pyarrow.Table.from_pylist`.

    The values go through JSON, whose numbers are read as 64 bits and then rounded, as that function does it.

    Args:
        rows: column -> value: strings, numbers, bools, None, lists and dicts of these; a column that is missing in a row is
            null, one that the schema does not have is left out
        schema: `pyarrow.Schema`

    Raises:
        pyarrow.ArrowException: for a value that is none of its column
        UnicodeEncodeError: for text that is no Unicode
    """
    import pyarrow
    from pyarrow import json as arrow_json

    rows = [{name: row.get(name) for name in schema.names} for row in rows]
    if not rows:
        return schema.empty_table()
    try:
        lines = [json.dumps(row, ensure_ascii=False, allow_nan=False).encode() for row in rows]
    except ValueError:
        # JSON has no number that is not finite; such a row is rare, and pays for pandas.
        return pyarrow.Table.from_pylist(rows, schema=schema)
    wide = pyarrow.schema([field.with_type(_widen(field.type)) for field in schema])
    table = arrow_json.read_json(
        io.BytesIO(b"\n".join(lines)),
        arrow_json.ReadOptions(use_threads=False, block_size=max(BLOCK_BYTES, 2 * max(map(len, lines)))),
        arrow_json.ParseOptions(explicit_schema=wide, unexpected_field_behavior="ignore", newlines_in_values=False),
    )
    # Block after block became a chunk; the bytes of a file must not show that.
    return table.cast(schema.remove_metadata()).combine_chunks().replace_schema_metadata(schema.metadata)


def _widen(kind: Any) -> Any:
    """Return a type with every float32 within it as float64."""
    import pyarrow

    if pyarrow.types.is_float32(kind):
        return pyarrow.float64()
    if pyarrow.types.is_list(kind):
        return pyarrow.list_(_widen(kind.value_type))
    if pyarrow.types.is_struct(kind):
        return pyarrow.struct([field.with_type(_widen(field.type)) for field in kind])
    return kind
