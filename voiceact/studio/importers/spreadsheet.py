"""Excel workbooks (.xlsx): the first sheet that has a column for the text."""

import datetime
import io
import itertools
import zipfile
from typing import Any

from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError
from voiceact.studio.importers.base import MOST_LINES, Imported
from voiceact.studio.importers.tables import HEADER_ROWS, find_header, lines_of_rows

MOST_UNPACKED = 512 * 2**20
"""bytes of the XML within: a small file can unpack to any size"""
MOST_COLUMNS = 200


def read_workbook(name: str, data: bytes) -> Imported:
    """Read a workbook; formulas are read as what they came to when it was saved.

    Raises:
        MissingExtraError: if the reader is not installed
        UsageError: if it is no workbook, or no sheet has a column for the text
    """
    try:
        import openpyxl
    except ModuleNotFoundError as error:
        raise MissingExtraError("reading Excel workbooks", "studio") from error
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_UNPACKED:
            raise UsageError(f"{name}: unpacks to {size:,} bytes; expected at most {MOST_UNPACKED:,}; save it as CSV")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = {}
        for sheet in book.worksheets:
            rows = sheet.iter_rows(max_row=MOST_LINES + 100, max_col=MOST_COLUMNS, values_only=True)
            sheets[sheet.title] = [[_cell(value) for value in row] for row in rows]
        book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, AttributeError) as error:
        # What is no workbook fails within the reader, in many ways.
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{name}: is no workbook that can be read; save it anew as .xlsx, or as CSV") from error
    for title, cells in sheets.items():
        beginning = list(itertools.islice((row for row in cells if any(row)), HEADER_ROWS))
        at = find_header(beginning)
        if at is not None:
            header = beginning[at]
            width = max(at for at, cell in enumerate(header, 1) if cell)
            rows_read = [row[:width] if not any(row[width:]) else row for row in cells]
            notes = (f"the sheet {title!r} was read, of {len(sheets)}",) if len(sheets) > 1 else ()
            return lines_of_rows(f"{name}, sheet {title}", rows_read, notes)
    raise UsageError(
        f"{name}: no sheet names a column 'text' (or line, dialogue, sentence) in its first {HEADER_ROWS} rows; "
        f"its sheets are {', '.join(sheets)}"
    )


def _cell(value: Any) -> str:
    """Return what stands in a cell as text."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        # A day without a time is kept as midnight.
        return value.date().isoformat()
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value)
