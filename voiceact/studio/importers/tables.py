"""Tables: CSV with commas or semicolons, TSV, id|speaker|text, Ren'Py's dialogue.tab, a range pasted from a spreadsheet."""

import csv
import io
import itertools
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

from voiceact.errors import UsageError, count_noun, listed
from voiceact.lines.table import ALIASES, COLUMNS, NEAR_COLUMN, PIPE_COLUMNS
from voiceact.studio.cells import canonical_column
from voiceact.studio.importers.base import Imported, ImportedLine, Numbering, check_count, decode_text, part_of_id

DELIMITERS = (",", ";", "\t", "|")
MOST_FAULTS = 20
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(?P<mark>[,;|\t])"?[ \t]*\r?\n', re.IGNORECASE)
_PASTED_CELL = re.compile(r'(?:"((?:[^"]|"")*+)"|([^\t\r\n]*))(\t|\r\n|\r|\n|\Z)')
MOST_CELL_CHARACTERS = 2**20
HEADER_ROWS = 10
"""rows that are not empty, among which the header is looked for: titles stand above many"""
_LIMIT_LOCK = threading.Lock()


def read_table(name: str, data: bytes) -> Imported:
    """Read a table with a header that names its columns, or rows of id|speaker|text without one.

    What is wrong with a cell is left in it, for the page to show there; what is wrong with the table itself is refused.

    Raises:
        UsageError: if a column that is needed is missing, or rows do not fit the header
    """
    text, notes = decode_text(name, data)
    delimiter = None
    if marked := _SEPARATOR_LINE.match(text):
        delimiter, text = marked["mark"], text[marked.end() :]
    beginning = list(itertools.islice((line for line in text.splitlines() if line.strip()), HEADER_ROWS))
    if delimiter is None:
        known = {
            mark: max((count_known(line.replace('"', "").split(mark)) for line in beginning), default=0) for mark in DELIMITERS
        }
        delimiter = max(known, key=lambda mark: known[mark])
        if known[delimiter] < 2 and beginning and beginning[0].count("|") == len(PIPE_COLUMNS) - 1:
            return lines_of_rows(name, [list(PIPE_COLUMNS), *_records(name, text, "|")], notes)
    return lines_of_rows(name, _records(name, text, delimiter), notes)


def read_renpy(name: str, data: bytes) -> Imported:
    """Read the dialogue.tab that Ren'Py's launcher extracts; its escapes are written out.

    Raises:
        UsageError: if it lacks Ren'Py's columns
    """
    text, notes = decode_text(name, data)
    script = lines_of_rows(name, _records(name, text, "\t", quotes=False), notes)
    lines = tuple(
        ImportedLine({**line.cells, "text": line.cells["text"].replace("\\n", " ").replace('\\"', '"')}, line.extra)
        for line in script.lines
    )
    return Imported(lines, script.header, script.notes)


def read_pasted(data: bytes) -> Imported:
    """Read a range that was copied from a spreadsheet: with a header, or id and text, or id, persona, text, emotion.

    Raises:
        UsageError: if there is no header and the cells are not such
    """
    name = "what was pasted"
    text, notes = decode_text(name, data)
    rows = [row for row in _pasted_rows(text) if any(cell.strip() for cell in row)]
    at = find_header(rows[:HEADER_ROWS])
    if rows and (at is None or count_known(rows[at]) < 2):
        width = max(len(row) for row in rows)
        headers = {2: ["id", "text"], 3: list(PIPE_COLUMNS), 4: ["id", "persona", "text", "emotion"]}
        if width not in headers:
            raise UsageError(
                f"{name}: has {count_noun(width, 'column')} and no header; copy the header row too, with at least id and text, "
                "or copy two to four columns: id, text; id, persona, text; id, persona, text, emotion"
            )
        rows = [headers[width], *rows]
        notes = (*notes, f"there is no header; its columns were read as {', '.join(headers[width])}")
    return lines_of_rows(name, rows, notes)


def lines_of_rows(name: str, rows: Iterable[Sequence[str]], notes: tuple[str, ...] = ()) -> Imported:
    """Return the lines of rows of cells, below their header (`find_header`); without one, the first row is taken for it.

    Raises:
        UsageError: if the header lacks `text`, names a column twice or misspells one, or a row has more cells than it
    """
    filled = ((number, row) for number, row in enumerate(rows, 1) if any(cell.strip() for cell in row))
    beginning = list(itertools.islice(filled, HEADER_ROWS))
    at = find_header([row for _, row in beginning]) or 0
    if at:
        notes = (*notes, f"{at} row{'s' * (at > 1)} above the header {'were' if at > 1 else 'was'} left out")
    header = [cell.strip() for cell in beginning[at][1]] if beginning else [""]
    while len(header) > 1 and not header[-1]:
        header.pop()
    numbered = itertools.chain(beginning[at + 1 :], filled)
    columns = _columns(name, header)
    faults, lines, numbering = [], [], Numbering()
    made = 0
    for number, row in numbered:
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            faults.append(f"row {number} has {count_noun(len(row), 'cell')} and the header {len(header)}")
            continue
        found = dict(zip(columns, (cell.strip() for cell in row), strict=False))
        cells = {column: found.get(column, "") for column in COLUMNS}
        if "id" not in columns:
            cells["id"] = numbering.next("", part_of_id(cells["character"] or cells["persona"]))
            made += 1
        own = zip(header, columns, strict=True)
        extra = {title: found.get(column, "") for title, column in own if column is not None and column not in COLUMNS}
        lines.append(ImportedLine(cells, extra))
        check_count(name, len(lines))
    if faults:
        more = [f"… and {len(faults) - MOST_FAULTS} more"] if len(faults) > MOST_FAULTS else []
        raise UsageError(
            f"{name}: {'; '.join([*faults[:MOST_FAULTS], *more])}; "
            "a text that holds the mark between cells must stand in quotes"
        )
    if made:
        notes = (*notes, f"there is no column id; {made} ids were made from the speakers")
    return Imported(tuple(lines), tuple(header), notes)


def is_tabbed_table(text: str) -> bool:
    """Return whether a text is a table with tabs, as Excel saves "Unicode Text": a row of its beginning names two columns."""
    beginning = list(itertools.islice((line.split("\t") for line in text.splitlines() if line.strip()), HEADER_ROWS))
    at = find_header(beginning)
    return at is not None and count_known(beginning[at]) > 1


def find_header(rows: Iterable[Sequence[str]]) -> int | None:
    """Return which of some rows names the columns: the first with a column for the text and another one; None without.

    A first row that names the text alone is a header too.
    """
    for at, row in enumerate(rows):
        if "text" in map(canonical_column, row) and (at == 0 or count_known(row) > 1):
            return at
    return None


def count_known(cells: Iterable[str]) -> int:
    """Return how many cells name a column of `voiceact lines`."""
    return sum(canonical_column(cell) is not None for cell in cells)


def _pasted_rows(text: str) -> Iterator[list[str]]:
    """Yield the rows of a range as spreadsheets copy it: with a cell of several lines in quotes, other quotes as they are."""
    row: list[str] = []
    for cell in _PASTED_CELL.finditer(text):
        row.append(cell[2] if cell[1] is None else cell[1].replace('""', '"'))
        if cell[3] != "\t":
            yield row
            row = []
        if not cell[3]:
            return


def _records(name: str, text: str, delimiter: str, *, quotes: bool = True) -> list[list[str]]:
    """Split a text into rows of cells.

    Raises:
        UsageError: for a mark in quotes that does not end, or a cell of more than `MOST_CELL_CHARACTERS`
    """
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=True,
        # Rows with pipes are kept by programs that know no quotes.
        quoting=csv.QUOTE_NONE if delimiter == "|" or not quotes else csv.QUOTE_MINIMAL,
        skipinitialspace=delimiter != "\t",
    )
    rows: list[list[str]] = []
    try:
        with _long_cells():
            rows.extend(reader)
    except csv.Error as error:
        raise UsageError(
            f"{name}: row {len(rows) + 1} cannot be read ({error}); a text that holds quotation marks must stand in quotes, "
            'each mark inside doubled: "She said ""no""."'
        ) from error
    return rows


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let cells have `MOST_CELL_CHARACTERS` for a while: the limit is the whole process's, and others read tables too."""
    with _LIMIT_LOCK:
        before = csv.field_size_limit(MOST_CELL_CHARACTERS)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _columns(name: str, header: Sequence[str]) -> list[str | None]:
    """Name each column: one of `voiceact lines`, a name of its writer's own, or None for one without a title.

    Raises:
        UsageError: as `lines_of_rows`
    """
    titles = {title.casefold() for title in header}
    columns: list[str | None] = []
    for title in header:
        column = canonical_column(title)
        # A column named "line" may hold its number: beside one named "text" it is the writer's own.
        if column in titles and title.casefold() != column:
            column = None
        near = get_close_matches(title.casefold(), [*COLUMNS, *ALIASES], n=1, cutoff=NEAR_COLUMN)
        if column is None and canonical_column(title) is None and near:
            raise UsageError(f"{name}: unknown column {title!r}; did you mean {near[0]!r}? Rename it, or take it out")
        if column in columns and column is not None:
            raise UsageError(f"{name}: two columns mean {column}; keep one")
        columns.append(column or (f"own {len(columns)}" if title else None))
    if "text" not in columns:
        raise UsageError(
            f"{name}: has no column 'text'; its columns are {listed(map(repr, header)) or 'none'}; "
            f"expected {', '.join(COLUMNS)}"
        )
    return columns
