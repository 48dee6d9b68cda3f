"""Keep lines.csv and the database the same: the shell's `voiceact lines` and the browser work on one table.

After every change the table is written anew. Where somebody else has written it, what changed there is taken over cell by
cell; a cell that was changed in both stays as the studio has it, and the note says what the table said.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from voiceact.errors import UsageError, VoiceactError
from voiceact.lines.table import COLUMNS
from voiceact.listening.delivery.server.database import for_reading
from voiceact.runtime.atomic_files import write_whole
from voiceact.studio.cells import canonical_column
from voiceact.studio.changes import Author, new_line, positions_after, set_deleted, store_change
from voiceact.studio.importers.base import ImportedLine
from voiceact.studio.importers.tables import read_table
from voiceact.studio.models import LineRow
from voiceact.studio.project import Project, next_revision, recast, the_project
from voiceact.studio.state import searched_words

MOST_NOTES = 20


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line as the table needs it."""

    key: str
    cells: dict[str, str]
    extra: dict[str, str]
    synced: dict[str, str] | None


@dataclass(frozen=True)
class WrittenTable:
    """A table that was written: its hash, and the cells of each line that stood otherwise in it before."""

    digest: str
    changed: tuple[tuple[str, dict[str, str]], ...]


def live_lines(session: Session) -> list[LineRow]:
    """Return the lines of a project in their order."""
    return list(session.scalars(select(LineRow).where(LineRow.deleted.is_(False)).order_by(LineRow.position, LineRow.key)))


def header_of(written: Sequence[str], lines: Iterable[TableLine | LineRow]) -> list[str]:
    """Return the columns of the table: as its writer named them, and those that cells have been filled in since."""
    header = list(written)
    there = {canonical_column(name) for name in header}
    used: set[str] = set()
    own: dict[str, None] = {}
    for line in lines:
        used.update(column for column, cell in line.cells.items() if cell)
        own |= dict.fromkeys(line.extra)
    wanted = [column for column in COLUMNS if column not in there and (column in used or not written)]
    return header + wanted + [name for name in own if name not in header]


def table_text(header: Sequence[str], lines: Iterable[TableLine | LineRow]) -> str:
    """Return the table as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    columns = [(name, canonical_column(name)) for name in header]
    for line in lines:
        writer.writerow([line.cells.get(column, "") if column else line.extra.get(name, "") for name, column in columns])
    return out.getvalue()


def write_table(project: Project) -> WrittenTable | None:
    """Write lines.csv, unless it says already what it would; for a thread of its own, which edits need not wait for.

    Returns:
        what is to be noted by `note_written`; None if nothing was written

    Raises:
        VoiceactError: if it cannot be written (a full disk)
    """
    with Session(for_reading(project.engine)) as session, session.begin():
        row = the_project(session)
        columns = select(LineRow.key, LineRow.cells, LineRow.extra, LineRow.synced).where(LineRow.deleted.is_(False))
        lines = [TableLine(*found) for found in session.execute(columns.order_by(LineRow.position, LineRow.key))]
        written, known = list(row.header), row.table_sha256
    if not lines and not project.table.exists():
        return None
    data = table_text(header_of(written, lines), lines).encode()
    digest = hashlib.sha256(data).hexdigest()
    # What somebody else wrote meanwhile is read first, at the next look.
    if _digest(project) not in (known, None) or (digest == known and project.table.exists()):
        return None
    write_whole(project.table, data)
    return WrittenTable(digest, tuple((line.key, line.cells) for line in lines if line.synced != line.cells))


def note_written(session: Session, written: WrittenTable) -> None:
    """Note what stands in lines.csv now."""
    the_project(session).table_sha256 = written.digest
    if written.changed:
        session.execute(update(LineRow), [{"key": key, "synced": cells} for key, cells in written.changed])


def read_changes(session: Session, project: Project) -> bool:
    """Take over what somebody else has changed in lines.csv; return whether it was another than was written here.

    A table that cannot be read is left alone; the project's notes say why.
    """
    row = the_project(session)
    digest = _digest(project)
    if digest is None or digest == row.table_sha256:
        return False
    try:
        imported = read_table(project.table.name, project.table.read_bytes())
    except (UsageError, OSError) as error:
        notes = [f"lines.csv was changed and cannot be read: {error}"]
        if row.notes != notes:
            row.notes = notes
            next_revision(session)
        return False
    notes = list(imported.notes) + _merge(session, project, imported.lines)
    row.header = list(imported.header) or row.header
    row.table_sha256, row.notes = digest, notes[:MOST_NOTES]
    next_revision(session)
    return True


def _merge(session: Session, project: Project, rows: Sequence[ImportedLine]) -> list[str]:
    """Lay the rows of the table over the lines; return what was changed in both."""
    notes: list[str] = []
    by_id: dict[str, list[LineRow]] = {}
    lines = live_lines(session)
    for line in lines:
        by_id.setdefault((line.synced or line.cells).get("id", "").strip(), []).append(line)
    revision, author = next_revision(session), _table_author
    seen: set[str] = set()
    new: list[tuple[str | None, ImportedLine]] = []
    after: str | None = None
    for row in rows:
        found = by_id.get(row.cells["id"].strip(), [])
        if not found:
            new.append((after, row))
            continue
        line = found.pop(0)
        seen.add(line.key)
        after = line.key
        base = line.synced or {}
        changed: dict[str, str] = {}
        for column in COLUMNS:
            theirs, ours = row.cells.get(column, ""), line.cells.get(column, "")
            if theirs in (ours, base.get(column, "")):
                continue
            if line.synced is not None and ours != base.get(column, ""):
                notes.append(
                    f"{line.cells['id']}: {column} was changed here and in lines.csv, which said {theirs[:60]!r}; ours stays"
                )
            else:
                changed[column] = theirs
        if changed:
            before = {column: line.cells.get(column, "") for column in changed}
            line.cells = {**line.cells, **changed}
            line.version += 1
            line.revision, line.checked = revision, None
            line.file_id, line.words = line.cells["id"].strip().casefold(), searched_words(line.cells)
            store_change(session, project, author(project, line), "table", line, {"cells": before}, {"cells": changed})
        if row.extra != line.extra:
            line.extra, line.revision = {**line.extra, **row.extra}, revision
        line.synced = dict(row.cells)
    for after, row in new:
        [position] = positions_after(session, after, 1)
        session.execute(insert(LineRow), [new_line(row, position, revision, synced=True)])
    # Who removed a row from the table has removed the line, unless it was changed here or is new here.
    gone = [line for line in lines if line.key not in seen and line.synced is not None and line.synced == line.cells]
    if gone:
        keys = set_deleted(session, gone, True)
        store_change(session, project, author(project, gone[0]), "delete", None, {}, {"keys": keys})
    recast(session, project)
    if new or gone:
        the_project(session).order_revision = the_project(session).revision
    return notes


def _table_author(project: Project, line: LineRow) -> Author:
    return Author(f"table {line.key} {line.version} {project.clock()}", "lines.csv", "lines.csv")


def _digest(project: Project) -> str | None:
    """Return the SHA-256 of lines.csv; None if there is none."""
    try:
        return hashlib.sha256(project.table.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def sync_table(project: Project) -> str:
    """Read lines.csv if somebody else has changed it, then write what was changed here; for a thread that may wait.

    Returns:
        why it could not be written; empty if it was
    """
    project.queue.run_blocking(read_changes, project)
    try:
        written = write_table(project)
    except VoiceactError as error:
        return str(error)
    if written is not None:
        project.queue.run_blocking(note_written, written)
    return ""
