"""A table of lines, as game and audiobook writers keep it: every row is read as it stands, none is guessed.

CSV (commas or semicolons), TSV, JSON lines, and rows of id|speaker|text with no header. docs/lines.md shows each.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from voiceact.acting import taxonomy
from voiceact.errors import UsageError, count_noun, listed
from voiceact.runtime.untrusted_paths import read_regular_file

COLUMNS = (
    "id", "persona", "text", "emotion", "intensity", "direction", "seed", "language", "character", "description", "gap"
)  # fmt: skip

ALIASES = {
    "identifier": "id",
    "key": "id",
    "line_id": "id",
    "voice": "persona",
    "speaker": "character",
    "line": "text",
    "sentence": "text",
    "dialogue": "text",
    "transcript": "text",
    "emotions": "emotion",
    "category": "emotion",
    "stage_direction": "direction",
    "lang": "language",
    "character_description": "description",
    "voice_description": "description",
    "pause_before": "gap",
}
"""other names people give the columns; a column with its own name goes before one with an alias"""

NO_EMOTION = frozenset({"", "-", "none", "neutral"})
"""what people write where nothing is felt"""

JSON_SUFFIXES = (".jsonl", ".ndjson")
PIPE_COLUMNS = ("id", "persona", "text")
LONGEST_GAP = 60.0
"""seconds of silence before a line of a scene"""
NEAR_COLUMN = 0.8
"""difflib ratio from which an unknown column is taken for a slip of the pen: emoton, but not context (for text)"""
MOST_FAULTS = 20
_UNREADABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Line:
    """One row.

    row: as a spreadsheet counts, the header is row 1; in JSON lines, the line of the file
    persona, intensity, seed, language: None where the row leaves them to the whole table's setting
    emotions: as written, each with its own intensity or without
    character: who speaks, as the writer calls them, where the table has a column of personas beside it
    description: of that character in plain words; empty if there is none
    gap: seconds of silence before it in a scene; None leaves it to the whole scene's setting
    """

    row: int
    id: str
    text: str
    persona: str | None = None
    emotions: tuple[str, ...] = ()
    intensity: str | None = None
    direction: str = ""
    seed: int | None = None
    language: str | None = None
    character: str | None = None
    description: str = ""
    gap: float | None = None

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return place(self.row, self.id)


@dataclass(frozen=True, slots=True)
class LineList:
    """The rows of a table in its order, and what the user should know about it."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass
class Faults:
    """What is wrong with a table; everything is told at once, equal faults together."""

    table: Path
    found: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, row: int, sentence: str, name: str = "") -> None:
        """Note what is wrong with a row (whose id is `name`)."""
        self.found.append((row, place(row, name), sentence))

    def raise_any(self) -> None:
        """Raise UsageError with the first 20 faults in the order of their rows, if there is one."""
        if not self.found:
            return
        told = grouped((where, sentence) for _, where, sentence in sorted(self.found, key=lambda fault: fault[0]))
        more = [f"  … and {len(told) - MOST_FAULTS} more"] if len(told) > MOST_FAULTS else []
        count = len({row for row, _, _ in self.found})
        rows = f"{count_noun(count, 'row')} are" if count > 1 else "one row is"
        raise UsageError(
            "\n".join(
                [
                    f"{self.table}: {rows} not as expected; nothing was spoken",
                    *(f"  {sentence}" for sentence in told[:MOST_FAULTS]),
                    *more,
                ]
            )
        )


def place(row: int, name: str = "") -> str:
    """Where a line stands, for messages."""
    return f"row {row}" + (f" ({name})" if name else "")


def grouped(found: Iterable[tuple[str, str]]) -> list[str]:
    """(place, sentence) pairs as lines of text; the places of one sentence stand together."""
    places: dict[str, list[str]] = {}
    for place, sentence in found:
        places.setdefault(sentence, []).append(place)
    return [f"{_places(where)}: {sentence}" for sentence, where in places.items()]


def _places(where: list[str]) -> str:
    return ", ".join(where[:3]) + (f" and {len(where) - 3} more" if len(where) > 3 else "")


def read_lines(path: Path) -> LineList:
    """The rows of a table.

    Raises:
        UsageError: if the file cannot be read or holds no lines, a column is missing, twice there or misspelt, or
            rows are not as the header says; each with its row
    """
    text = _content(path)
    cells, notes = _json_cells(path, text) if path.suffix.lower() in JSON_SUFFIXES else _csv_cells(path, text)
    faults, lines = Faults(path), []
    for row, found in cells:
        try:
            if odd := next((name for name, cell in found.items() if _UNREADABLE.search(cell)), None):
                raise UsageError(f"{odd} holds a control character or half a character; take it out")
            lines.append(_line(row, found))
        except UsageError as error:
            faults.add(row, str(error), found.get("id", "").strip())
    faults.raise_any()
    if not lines:
        raise UsageError(f"{path}: holds no lines; expected rows of {', '.join(COLUMNS)}")
    return LineList(tuple(lines), notes)


def _content(path: Path) -> str:
    """The file's text; spreadsheets mark theirs as UTF-8 or write UTF-16."""
    try:
        data = read_regular_file(path)
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror or error}; expected a table of lines (.csv, .tsv, .jsonl or .psv)"
        ) from error
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}: line {row} is not {error.encoding.upper()}; save the table as CSV UTF-8") from error


# --- Rows of cells

Cells = list[tuple[int, dict[str, str]]]
_SEPARATOR_LINE = re.compile(r'(\s*"?sep=(?P<mark>[,;|\t])"?[ \t]*)\r?\n', re.IGNORECASE)
"""how spreadsheets say which mark parts the cells"""


def _csv_cells(path: Path, text: str) -> tuple[Cells, tuple[str, ...]]:
    marked = _SEPARATOR_LINE.match(text)
    if marked:
        # An empty line stays in its place, so that rows keep their numbers.
        text = text[marked.end(1) :]
    delimiter = marked["mark"] if marked else _delimiter(text)
    if delimiter is None:
        return _pipe_cells(path, text), ()
    rows = _records(path, text, delimiter)
    header = next((cells for _, cells in rows if any(cells)), [])
    columns, notes = _columns(path, header)
    faults, found = Faults(path), []
    for row, cells in rows:
        if len(cells) > len(header) and any(cells[len(header) :]):
            faults.add(
                row,
                f"has {count_noun(len(cells), 'cell')} and the header {len(header)}; a text that holds "
                f"{_shown(delimiter)} must stand in quotes",
                cells[0] if columns[0] == "id" else "",
            )
        elif any(cell.strip() for cell in cells):
            found.append((row, {name: cell for name, cell in zip(columns, cells, strict=False) if name}))
    faults.raise_any()
    return found, notes


def _delimiter(text: str) -> str | None:
    """What parts the cells of the header; None if there is no header and the rows are id|speaker|text."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    known = {
        mark: sum(_canonical(cell) is not None for cell in first.replace('"', "").split(mark)) for mark in (",", ";", "\t", "|")
    }
    best = max(known, key=lambda mark: known[mark])
    if known[best] < 2 and first.count("|") == len(PIPE_COLUMNS) - 1:
        return None
    return best


def _records(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Row number and cells; a text in quotes may run over several lines and still is one row."""
    # Rows with pipes are kept by programs that know no quotes.
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=True,
        quoting=csv.QUOTE_NONE if delimiter == "|" else csv.QUOTE_MINIMAL,
        skipinitialspace=delimiter != "\t",
    )
    row = 0
    while True:
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UsageError(
                f"{path}: row {row} cannot be read ({error}); a text that holds quotation marks "
                'must stand in quotes, each mark inside doubled: "She said ""no""."'
            ) from error
        yield row, cells


def _pipe_cells(path: Path, text: str) -> Cells:
    faults, found = Faults(path), []
    for row, line in enumerate(text.splitlines(), 1):
        cells = line.split("|")
        if line.strip() and len(cells) != len(PIPE_COLUMNS):
            faults.add(
                row, f"has {count_noun(len(cells), 'cell')}; expected id|speaker|text, or a header that names the columns"
            )
        elif line.strip():
            found.append((row, dict(zip(PIPE_COLUMNS, cells, strict=True))))
    faults.raise_any()
    return found


def _json_cells(path: Path, text: str) -> tuple[Cells, tuple[str, ...]]:
    faults, rows = Faults(path), []
    for row, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append((row, _object(line)))
        except UsageError as error:
            faults.add(row, str(error))
    faults.raise_any()
    header = list(dict.fromkeys(name for _, found in rows for name in found))
    columns, notes = _columns(path, header)
    names = {own: name for own, name in zip(header, columns, strict=True) if name}
    return [(row, {names[own]: cell for own, cell in found.items() if own in names}) for row, found in rows], notes


def _object(line: str) -> dict[str, str]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise UsageError('is not a JSON object; expected {"id": …, "text": …}')
    # A column that is not read may hold anything.
    return {name: _cell(name, value) if _canonical(name) else "" for name, value in found.items()}


def _cell(name: str, value: Any) -> str:
    """A JSON value as a cell would hold it; emotions may be a list, or an object of intensities."""
    if value is None:
        return ""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    if _canonical(name) == "emotion" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ";".join(value)
    if _canonical(name) == "emotion" and isinstance(value, dict):
        return ";".join(f"{emotion}:{strength}" for emotion, strength in value.items())
    raise UsageError(f"{name} is {json.dumps(value, ensure_ascii=False)[:60]}; expected text or a number")


# --- Columns


def _canonical(name: str) -> str | None:
    folded = re.sub(r"[\s-]+", "_", name.strip().casefold())
    return folded if folded in COLUMNS else ALIASES.get(folded)


def _columns(path: Path, header: list[str]) -> tuple[list[str | None], tuple[str, ...]]:
    """What each cell of a row is, None for one that is not read; and a note on those."""
    named = [_canonical(name) for name in header]
    if "persona" not in named:
        # Who speaks is then all that is said of the persona.
        named = ["persona" if name == "character" else name for name in named]
    own = {name.strip().casefold() for name in header}
    # A column named "line" may hold its number: beside one named "text" it is not read.
    columns = [name if name not in own or header[at].strip().casefold() == name else None for at, name in enumerate(named)]
    _check_columns(path, header, columns, named)
    passed = [name.strip() for name, column in zip(header, columns, strict=True) if not column and name.strip()]
    note = f"not read: column{'s' * (len(passed) > 1)} {listed(map(repr, passed))}; known: {', '.join(COLUMNS)}"
    return columns, (note,) if passed else ()


def _check_columns(path: Path, header: list[str], columns: list[str | None], named: list[str | None]) -> None:
    for name, known in zip(header, named, strict=True):
        near = get_close_matches(name.strip().casefold(), [*COLUMNS, *ALIASES], n=1, cutoff=NEAR_COLUMN)
        if not known and near:
            raise UsageError(
                f"{path}: unknown column {name.strip()!r}; did you mean {near[0]!r}? "
                "Rename it, or take it out if it is something else"
            )
    for column in filter(None, columns):
        twice = [name.strip() for name, other in zip(header, columns, strict=True) if other == column]
        if len(twice) > 1:
            raise UsageError(f"{path}: columns {' and '.join(map(repr, twice))} both mean {column}; keep one")
    for column in ("id", "text"):
        if column not in columns:
            there = listed(map(repr, header)) or "none"
            raise UsageError(
                f"{path}: has no column {column!r}; its columns are {there}; "
                f"expected {', '.join(COLUMNS)} (id and text must be there)"
            )


def _shown(delimiter: str) -> str:
    return {"\t": "a tab"}.get(delimiter, repr(delimiter))


# --- Cells


def _line(row: int, cells: Mapping[str, str]) -> Line:
    found = {name: cell.strip() for name, cell in cells.items()}
    return Line(
        row,
        found.get("id", ""),
        found.get("text", ""),
        found.get("persona") or None,
        split_emotions(found.get("emotion", "")),
        found.get("intensity") or None,
        found.get("direction", ""),
        parse_seed(found.get("seed", "")),
        found.get("language") or None,
        found.get("character") or None,
        found.get("description", ""),
        parse_gap(found.get("gap", "")),
    )


def split_emotions(cell: str) -> tuple[str, ...]:
    """The emotions of a cell: "Pride:3 Sadness:5", "Pride:3 + Sadness:5", or parted by commas or semicolons.

    >>> split_emotions("Pride:3 Sexual Lust:2; Awe")
    ('Pride:3', 'Sexual Lust:2', 'Awe')
    >>> split_emotions("holding back tears, but proud")
    ('holding back tears, but proud',)
    """
    if cell.strip().casefold() in NO_EMOTION:
        return ()
    found: list[str] = []
    for phrase in re.split(r"[;\n]", cell):
        pieces = _split_names(phrase)
        # A comma within plain words parts no emotions: "holding back tears, but proud" is one phrase.
        plain = any(taxonomy.lookup(piece.partition(":")[0]) is None for piece in pieces)
        found += [phrase.strip()] if plain and " " in phrase.strip() else pieces
    return tuple(emotion for emotion in found if emotion)


def _split_names(phrase: str) -> list[str]:
    found: list[str] = []
    for piece in re.split(r"[,+]", phrase):
        # An intensity ends an emotion; what fits neither form is kept for `parse_emotion` to refuse.
        found += re.findall(r"[^:]+:\s*[^\s:]+|[^:]+$|.+", piece)
    return [emotion.strip() for emotion in found if emotion.strip()]


def parse_gap(cell: str) -> float | None:
    """Return the seconds of a cell such as "0.5", "0.5 s" or "500 ms"; None of an empty one, UsageError of any other."""
    if not cell:
        return None
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(ms|s|sec|seconds?)?", cell, re.ASCII | re.IGNORECASE)
    seconds = float(match[1].replace(",", ".")) / (1000 if (match[2] or "").lower() == "ms" else 1) if match else -1.0
    if not 0 <= seconds <= LONGEST_GAP:
        raise UsageError(f"gap is {cell!r}; expected seconds from 0 to {LONGEST_GAP:g}, such as 0.5 or '500 ms'")
    return seconds


def parse_seed(cell: str) -> int | None:
    """Return the seed of a cell; None of an empty one, UsageError of what is no whole number."""
    # A spreadsheet column with empty cells often comes out as 7.0.
    if cell and not re.fullmatch(r"\d+(\.0*)?", cell, re.ASCII):
        raise UsageError(f"seed is {cell!r}; expected a whole number from 0 to {2**32 - 1}")
    return int(cell.partition(".")[0]) if cell else None
