"""Keep lines.csv and the database the same: the shell's `voiceact lines` and the browser work on one table.

After every change the table is written anew. Where somebody else has written it, what changed there is taken over cell by
cell; a cell that was changed in both stays as the studio has it, and the note says what the table said.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voiceact.errors import UsageError, VoiceactError
from voiceact.lines.table import COLUMNS
from voiceact.runtime.atomic_files import write_whole
from voiceact.studio.cells import canonical_column
from voiceact.studio.changes import Author, new_line, positions_after, set_deleted, store_change
from voiceact.studio.importers.base import ImportedLine
from voiceact.studio.importers.tables import read_table
from voiceact.studio.models import LineRow, ProjectRow
from voiceact.studio.project import Project, next_revision, the_project
from voiceact.studio.state import searched_words

MOST_NOTES = 20


def live_lines(session: Session) -> list[LineRow]:
    """Return the lines of a project in their order."""
    return list(session.scalars(select(LineRow).where(LineRow.deleted.is_(False)).order_by(LineRow.position, LineRow.key)))


def header_of(project: ProjectRow, lines: Iterable[LineRow]) -> list[str]:
    """Return the columns of the table: as its writer named them, and those that cells have been filled in since."""
    header = list(project.header)
    there = {canonical_column(name) for name in header}
    used: set[str] = set()
    own: dict[str, None] = {}
    for line in lines:
        used |= {column for column, cell in line.cells.items() if cell}
        own |= dict.fromkeys(line.extra)
    wanted = [column for column in COLUMNS if column not in there and (column in used or not project.header)]
    return header + wanted + [name for name in own if name not in header]


def table_text(header: Sequence[str], lines: Iterable[LineRow]) -> str:
    """Return the table as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    columns = [(name, canonical_column(name)) for name in header]
    for line in lines:
        writer.writerow([line.cells.get(column, "") if column else line.extra.get(name, "") for name, column in columns])
    return out.getvalue()


def write_table(session: Session, project: Project) -> None:
    """Write lines.csv, if it would say something else than it does.

    Raises:
        VoiceactError: if it cannot be written (a full disk)
    """
    row = the_project(session)
    lines = live_lines(session)
    if not lines and not project.table.exists():
        return
    data = table_text(header_of(row, lines), lines).encode()
    digest = hashlib.sha256(data).hexdigest()
    if digest == row.table_sha256 and project.table.exists():
        return
    if _digest(project) != row.table_sha256:
        # Somebody else wrote it meanwhile: that is read first.
        read_changes(session, project)
        lines = live_lines(session)
        data = table_text(header_of(row, lines), lines).encode()
        digest = hashlib.sha256(data).hexdigest()
    write_whole(project.table, data)
    row.table_sha256 = digest
    for line in lines:
        if line.synced != line.cells:
            line.synced = dict(line.cells)


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
        added = new_line(row, position, revision)
        added.synced = dict(row.cells)
        session.add(added)
        session.flush()
    # Who removed a row from the table has removed the line, unless it was changed here or is new here.
    gone = [line for line in lines if line.key not in seen and line.synced is not None and line.synced == line.cells]
    if gone:
        keys = set_deleted(session, gone, True)
        store_change(session, project, author(project, gone[0]), "delete", None, {}, {"keys": keys})
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


def sync_table(session: Session, project: Project) -> str:
    """Read lines.csv if somebody else has changed it, then write what was changed here.

    Returns:
        why it could not be written; empty if it was
    """
    read_changes(session, project)
    try:
        write_table(session, project)
    except VoiceactError as error:
        return str(error)
    return ""
