"""Results: answers in a file, a row each, and back again with everything checked.

`.jsonl` and `.csv` hold the same columns (`voiceact.listening.answers.answer.FIELDS`).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from voiceact.errors import MissingExtraError, UsageError
from voiceact.listening.answers.answer import FIELDS, Answer, is_whole
from voiceact.listening.answers.listener import Listener
from voiceact.listening.model import Test
from voiceact.runtime.atomic_files import write_text_whole

SUFFIXES = (".jsonl", ".csv")


def write_results(answers: Iterable[Answer], path: Path) -> int:
    """Write answers as .jsonl or .csv, whole or not at all; how many there were.

    Raises:
        UsageError: for another suffix, or a folder that cannot be written
    """
    rows = [msgspec.structs.asdict(answer) for answer in answers]
    write_rows(rows, FIELDS, path)
    return len(rows)


def write_rows(rows: Sequence[dict[str, Any]], columns: Sequence[str], path: Path) -> None:
    """Write rows as .jsonl or .csv; None is null, or an empty cell."""
    _check_suffix(path)
    if path.suffix == ".jsonl":
        write_text_whole(path, "".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
        return
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text_whole(path, text.getvalue())


def read_results(path: Path, test: Test) -> list[Answer]:
    """The answers in a results file, every one of them checked.

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
        answer = _answer(row, where)
        check_row(test, answer, where)
        key = answer.listener, answer.item, answer.category
        if key in seen:
            raise UsageError(f"{where}: listener {answer.listener} answered item {answer.item} in line {seen[key]} already; "
                             "one of the two was added by hand")
        seen[key] = line
        answers.append(answer)
    return answers


def check_row(test: Test, answer: Answer, where: str) -> None:
    """Raise UsageError, beginning with `where`, unless the answer is whole and one that the test can have."""
    if not is_whole(answer):
        raise UsageError(f"{where}: was changed after it was written (its digest is not that of its fields); restore it, or "
                         "write the file again with: voiceact listen results")
    if answer.test != test.id:
        raise UsageError(f"{where}: is of test {answer.test}, and this is test {test.id}")
    item = test.items.get(answer.item)
    if item is None:
        raise UsageError(f"{where}: names item {answer.item!r}, which the test does not have")
    if answer.value not in test.protocol.values:
        raise UsageError(f"{where}: value {answer.value!r} is no answer of {test.protocol.name}; expected one of "
                         f"{', '.join(map(str, test.protocol.values))}")
    if (answer.clip, *([answer.clip_b] if answer.clip_b else [])) != item.clips:
        raise UsageError(f"{where}: item {item.id} is not about clip {answer.clip}")
    if (answer.category or None) not in (item.asked or (None,)):
        raise UsageError(f"{where}: item {item.id} does not ask for {answer.category!r}")


def read_server(test: Test, database: str | None) -> tuple[list[Answer], list[Listener]]:
    """The answers and listeners of a server's database.

    database: URL; None is answers.sqlite in the folder of the test

    Raises:
        MissingExtraError: if what the server needs is not installed
        UsageError: if there is no database, or it is another test's
    """
    try:
        from voiceact.listening.delivery.server import database as kept
        from voiceact.listening.delivery.server import stored
    except ImportError as error:
        if (error.name or "").startswith("voiceact"):
            raise
        raise MissingExtraError("the answers of a server", "listen") from None
    assert test.folder is not None
    if database is None and not (test.folder / kept.DEFAULT).is_file():
        raise UsageError(f"{test.folder} has no answers yet ({kept.DEFAULT} is not there); open the test with: voiceact listen "
                         "serve, or name what was collected with --collect")
    engine = kept.open_database(kept.database_url(test.folder, database))
    try:
        return stored.read_answers(test, engine), stored.read_listeners(engine)
    finally:
        engine.dispose()


def merged(*parts: Iterable[Answer]) -> list[Answer]:
    """Answers of several sources, each once, by time.

    Raises:
        UsageError: if two sources say different things of one listener's item
    """
    found: dict[tuple[str, str, str | None], Answer] = {}
    for answer in (answer for part in parts for answer in part):
        key = answer.listener, answer.item, answer.category
        if found.setdefault(key, answer) != answer:
            raise UsageError(f"listener {answer.listener} has two different answers to item {answer.item}; name only one of "
                             "the files they stand in")
    return sorted(found.values(), key=lambda answer: (answer.at, answer.listener, answer.position))


# --- Rows of a file


def _check_suffix(path: Path) -> None:
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path}: results are written as {' or '.join(SUFFIXES)}; name a file that ends so")


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    try:
        text = path.read_text("utf-8-sig")
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
    for cells in reader:
        yield reader.line_num, {name: None if value == "" else value for name, value in cells.items()}


def _answer(row: Any, where: str) -> Answer:
    try:
        return msgspec.convert(row, Answer, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: is not a row of results ({error})") from None
