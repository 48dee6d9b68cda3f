"""Write answers to a results file, a row each, and read them back with everything checked.

`.jsonl` and `.csv` hold the same columns (`voiceact.listening.answers.answer.FIELDS`).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from voiceact.errors import UsageError
from voiceact.listening.answers.answer import FIELDS, Answer, has_valid_digest
from voiceact.listening.loading import ListeningTest
from voiceact.runtime.atomic_files import write_text_whole
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.untrusted_text import clean_text, neutralize_formula

SUFFIXES = (".jsonl", ".csv")
MAX_RESULTS_BYTES = 2**30
"""of a results file; an answer takes about 400 bytes"""


def write_results(answers: Iterable[Answer], path: Path) -> int:
    """Write answers as .jsonl or .csv, whole or not at all; return their number.

    Raises:
        UsageError: for another suffix, or a folder that cannot be written
    """
    rows = [msgspec.structs.asdict(answer) for answer in answers]
    write_rows(rows, FIELDS, path)
    return len(rows)


def write_rows(rows: Sequence[dict[str, Any]], columns: Sequence[str], path: Path) -> None:
    """Write rows as .jsonl or .csv; None is null, or an empty cell.

    In a .csv, text that a spreadsheet would calculate (=, +, -, @ at its beginning) has ' before it; `read_results` takes it
    away again.
    """
    _check_suffix(path)
    if path.suffix == ".jsonl":
        write_text_whole(path, "".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    # The csv module quotes a line feed but not a carriage return, after which a reader would see a row, and a formula in it.
    writer.writerows(
        {
            name: neutralize_formula(value).replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value
            for name, value in row.items()
        }
        for row in rows
    )
    write_text_whole(path, text.getvalue())


def read_results(path: Path, test: ListeningTest) -> list[Answer]:
    """Read the answers of a results file, and check each.

    Raises:
        UsageError: naming the line, if a row is not whole (edited by hand), is of another test, names an item the test
            does not have, holds a value that cannot be given, or stands there twice
    """
    _check_suffix(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such file; write it with: voiceact listen results TEST --out {path.name}")
    seen: dict[tuple[str, str, str | None], int] = {}
    answers = []
    for line, row in _rows(path):
        where = f"{path}, line {line}"
        try:
            answer = msgspec.convert(row, Answer, strict=False)
        except msgspec.ValidationError as error:
            raise UsageError(f"{where}: is not a row of results ({clean_text(error)})") from None
        check_row(test, answer, where)
        key = answer.listener, answer.item, answer.category
        if key in seen:
            raise UsageError(
                f"{where}: listener {answer.listener} answered item {answer.item} in line {seen[key]} already; "
                "one of the two was added by hand"
            )
        seen[key] = line
        answers.append(answer)
    return answers


def check_row(test: ListeningTest, answer: Answer, where: str) -> None:
    """Raise UsageError, beginning with `where`, unless the answer is whole and one that the test can have."""
    if not has_valid_digest(answer):
        raise UsageError(
            f"{where}: was changed after it was written (its digest is not that of its fields); restore it, or "
            "write the file again with: voiceact listen results"
        )
    if answer.test != test.id:
        raise UsageError(f"{where}: is of test {answer.test}, and this is test {test.id}")
    item = test.items.get(answer.item)
    if item is None:
        raise UsageError(f"{where}: names item {answer.item!r}, which the test does not have")
    if answer.value not in test.protocol.values:
        raise UsageError(
            f"{where}: value {answer.value!r} is no answer of {test.protocol.name}; expected one of "
            f"{', '.join(map(str, test.protocol.values))}"
        )
    if (answer.clip, *([answer.clip_b] if answer.clip_b else [])) != item.clips:
        raise UsageError(f"{where}: item {item.id} is not about clip {answer.clip}")
    if (answer.category or None) not in (item.asked or (None,)):
        raise UsageError(f"{where}: item {item.id} does not ask for {answer.category!r}")


def merge_answers(*parts: Iterable[Answer]) -> list[Answer]:
    """Merge answers of several sources, each once, by time.

    Raises:
        UsageError: if two sources say different things of one listener's item
    """
    merged: dict[tuple[str, str, str | None], Answer] = {}
    for answer in (answer for part in parts for answer in part):
        key = answer.listener, answer.item, answer.category
        if merged.setdefault(key, answer) != answer:
            raise UsageError(
                f"listener {answer.listener} has two different answers to item {answer.item}; name only one of "
                "the files they stand in"
            )
    return sorted(merged.values(), key=lambda answer: (answer.at, answer.listener, answer.position))


# --- Rows of a file


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path}: results are written as {' or '.join(SUFFIXES)}; name a file that ends so")


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield each row of a results file with its line number."""
    try:
        text = read_regular_file(path, max_bytes=MAX_RESULTS_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text; expected what `voiceact listen results` wrote") from None
    if path.suffix == ".jsonl":
        for line, row in enumerate(text.splitlines(), 1):
            try:
                yield line, msgspec.json.decode(row)
            except (msgspec.DecodeError, RecursionError) as error:
                raise UsageError(f"{path}, line {line}: is not JSON ({error})") from None
        return
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != FIELDS:
        raise UsageError(f"{path}, line 1: has other columns than results have; expected {', '.join(FIELDS)}")
    try:
        for cells in reader:
            yield reader.line_num, {name: _restore_cell(value) for name, value in cells.items()}
    except csv.Error as error:
        raise UsageError(f"{path}, line {reader.line_num}: is no CSV ({error})") from None


def _restore_cell(cell: Any) -> Any:
    """Undo `write_rows`: drop the apostrophe before what a spreadsheet would calculate; an empty cell is None."""
    if isinstance(cell, str) and cell.startswith("'") and neutralize_formula(cell[1:]) == cell:
        return cell[1:]
    return None if cell == "" else cell
