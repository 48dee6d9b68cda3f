"""Change lines: each change has a version, a name and a nonce; the loser of two is told, and every change can be undone.

A page sends a change until it is acknowledged. The nonce that it made says whether the change was stored already when the
reply was lost. The version says what the page had seen: a cell that somebody else changed since is not overwritten.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from voiceact.errors import UsageError, count_noun
from voiceact.lines.plan import seed_of
from voiceact.lines.table import COLUMNS
from voiceact.studio.cells import LONGEST_CELL, line_of
from voiceact.studio.importers.base import ImportedLine
from voiceact.studio.models import ChangeRow, LineRow, TakeRow
from voiceact.studio.project import Project, next_revision, recast, the_project
from voiceact.studio.state import PLAYABLE, check_line, line_views, searched_words, uncheck_twins
from voiceact.web.security import Refused

STEP = 1024.0
"""between the positions of two lines, so that others fit in between"""
LEAST_STEP = 1e-6
UNDOABLE = ("edit", "add", "delete", "mark", "pick", "move")
SPEAKING = {"persona", "character", "description"}
"""columns by which one row says who speaks in others"""
MARKS = ("", "retake")


@dataclass(frozen=True)
class Author:
    """Who changes something.

    Attributes:
        nonce: of the change, made by the page
        client: the browser
        who: the name typed there
    """

    nonce: str
    client: str
    who: str


class Conflict(Refused):
    """A cell was changed by somebody else in the meantime.

    Attributes:
        line: as it is now
        columns: which cells
        by: who changed them
    """

    def __init__(self, line: dict[str, Any], columns: Sequence[str], by: str):
        self.line, self.columns, self.by = line, list(columns), by
        whom = by or "somebody else"
        what = " and ".join(columns)
        super().__init__(409, "conflict", f"{whom} changed {what} of this line in the meantime; yours was not stored")


def find_line(session: Session, key: str) -> LineRow:
    """Return a line.

    Raises:
        Refused: 404
    """
    line = session.get(LineRow, key)
    if line is None:
        raise Refused(404, "no_line", "there is no such line in this project")
    return line


def view_line(session: Session, line: LineRow) -> dict[str, Any]:
    """Return a line as a page shows it."""
    return line_views(session, [line])[0]


def was_stored(session: Session, author: Author) -> ChangeRow | None:
    """Return the change of that nonce, if it was stored before."""
    return session.scalar(select(ChangeRow).where(ChangeRow.nonce == author.nonce))


def store_change(
    session: Session,
    project: Project,
    author: Author,
    what: str,
    line: LineRow | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    undoes: int | None = None,
) -> ChangeRow:
    """Keep what was changed, as it was before and after."""
    change = ChangeRow(
        nonce=author.nonce,
        at=project.clock(),
        client=author.client,
        who=author.who,
        what=what,
        line_key=line.key if line else None,
        version=line.version if line else 0,
        before=dict(before),
        after=dict(after),
        undone=False,
        undoes=undoes,
    )
    session.add(change)
    session.flush()
    return change


# --- One line


def edit_line(
    session: Session, project: Project, author: Author, key: str, version: int, cells: Mapping[str, str]
) -> dict[str, Any]:
    """Change cells of a line that was seen at `version`; cells that others changed since, elsewhere in the line, stay theirs.

    Returns:
        the line as it is now

    Raises:
        Conflict: if somebody else changed one of these cells since, to something else
        Refused: 404 for no such line, 409 for a removed one, 422 for what no cell can hold
    """
    line = find_line(session, key)
    if was_stored(session, author):
        return view_line(session, line)
    check_sent_cells(cells)
    _check_there(session, line)
    _check_conflict(session, author, line, version, cells)
    _change_line(session, project, author, "edit", line, {"cells": dict(cells)})
    return view_line(session, line)


def check_sent_cells(cells: Mapping[str, str]) -> None:
    """Raise Refused (422) for columns that lines have not, or texts that are too long for a cell."""
    for column, cell in cells.items():
        if column not in COLUMNS:
            raise Refused(422, "no_column", f"there is no column {column!r}; expected one of {', '.join(COLUMNS)}")
        if len(cell) > LONGEST_CELL:
            raise Refused(
                422, "too_long", f"{column} has {count_noun(len(cell), 'character')}; expected at most {LONGEST_CELL:,}"
            )
        if "\0" in cell or any("\ud800" <= letter <= "\udfff" for letter in cell):
            raise Refused(422, "no_text", f"{column} holds half a character or a zero; take it out")


def mark_line(session: Session, project: Project, author: Author, key: str, mark: str) -> dict[str, Any]:
    """Mark a line ("retake"), or take the mark away ("")."""
    if mark not in MARKS:
        raise Refused(422, "no_mark", f"mark is {mark!r}; expected one of {', '.join(map(repr, MARKS))}")
    line = find_line(session, key)
    if not was_stored(session, author):
        _check_there(session, line)
        _change_line(session, project, author, "mark", line, {"mark": mark})
    return view_line(session, line)


def pick_take(session: Session, project: Project, author: Author, key: str, take_key: str | None) -> dict[str, Any]:
    """Pick a take of a line, or none.

    The seed of a picked take goes into the line, so that `voiceact lines` speaks the same reading.
    """
    line = find_line(session, key)
    if was_stored(session, author):
        return view_line(session, line)
    _check_there(session, line)
    after: dict[str, Any] = {"pick": take_key}
    if take_key is not None:
        take = session.get(TakeRow, take_key)
        if take is None or take.line_key != key or take.state not in PLAYABLE:
            raise Refused(404, "no_take", "there is no such take of this line")
        if take.seed != _seed_without_cell(project, line):
            after["cells"] = {"seed": str(take.seed)}
        elif line.cells.get("seed", ""):
            after["cells"] = {"seed": ""}
        if line.mark:
            after["mark"] = ""
    _change_line(session, project, author, "pick", line, after)
    return view_line(session, line)


def move_line(session: Session, project: Project, author: Author, key: str, after_key: str | None) -> dict[str, Any]:
    """Move a line behind another one, or to the top."""
    line = find_line(session, key)
    if not was_stored(session, author):
        _check_there(session, line)
        [position] = positions_after(session, after_key, 1)
        _change_line(session, project, author, "move", line, {"position": position})
        the_project(session).order_revision = the_project(session).revision
    return view_line(session, line)


# --- Several lines


def add_lines(
    session: Session,
    project: Project,
    author: Author,
    imported: Sequence[ImportedLine],
    after_key: str | None,
    *,
    last: bool = False,
) -> dict[str, Any]:
    """Add lines behind another one, at the top (None) or at the end (`last`).

    Returns:
        their keys and the project's revision
    """
    if earlier := was_stored(session, author):
        return {"keys": earlier.after["keys"], "revision": the_project(session).revision}
    if last:
        after_key = session.scalar(
            select(LineRow.key).where(LineRow.deleted.is_(False)).order_by(LineRow.position.desc(), LineRow.key.desc()).limit(1)
        )
    revision = next_revision(session)
    rows = [
        new_line(line, position, revision)
        for line, position in zip(imported, positions_after(session, after_key, len(imported)), strict=True)
    ]
    # Plain rows: of objects a hundred thousand would take half a minute.
    session.execute(insert(LineRow), rows)
    the_project(session).order_revision = revision
    keys = [row["key"] for row in rows]
    if any(line.cells.get("character") or line.cells.get("description") for line in imported):
        recast(session, project)
    if len(rows) <= 10:
        added = [find_line(session, key) for key in keys]
        for line in added:
            check_line(session, project, line)
        uncheck_twins(session, {line.file_id for line in added}, checked=keys)
    store_change(session, project, author, "add", None, {}, {"keys": keys})
    return {"keys": keys, "revision": the_project(session).revision}


def new_line(line: ImportedLine, position: float, revision: int, *, synced: bool = False) -> dict[str, Any]:
    """Return the row of a line that is not in the database yet.

    Args:
        line: its cells
        position: its place
        revision: of the project
        synced: whether it stands in lines.csv
    """
    cells = {column: line.cells.get(column, "") for column in COLUMNS}
    return {
        "key": secrets.token_hex(8),
        "position": position,
        "version": 1,
        "revision": revision,
        "cells": cells,
        "extra": line.extra,
        "file_id": cells["id"].strip().casefold(),
        "words": searched_words(cells),
        "synced": cells if synced else None,
        "deleted": False,
        "mark": "",
        "pick": None,
        "checked": None,
        "faulty": False,
        "state": "none",
        "stale": [],
    }


def delete_lines(session: Session, project: Project, author: Author, keys: Sequence[str]) -> dict[str, Any]:
    """Remove lines; they and their takes stay in the database, so that they can be brought back."""
    if not was_stored(session, author):
        lines = [find_line(session, key) for key in keys]
        removed = set_deleted(session, [line for line in lines if not line.deleted], True)
        store_change(session, project, author, "delete", None, {}, {"keys": removed})
    return {"revision": the_project(session).revision}


def set_deleted(session: Session, lines: Sequence[LineRow], deleted: bool) -> list[str]:
    """Remove lines or bring them back; return their keys."""
    revision = next_revision(session)
    the_project(session).order_revision = revision
    for line in lines:
        line.deleted, line.revision, line.checked = deleted, revision, None
        line.version += 1
    session.flush()
    uncheck_twins(session, {line.file_id for line in lines})
    return [line.key for line in lines]


def positions_after(session: Session, after_key: str | None, count: int) -> list[float]:
    """Return positions for new lines behind a line, or at the top; all lines move apart where there is no room."""
    for _ in range(2):
        start = find_line(session, after_key).position if after_key else None
        behind = select(func.min(LineRow.position))
        end = session.scalar(behind if start is None else behind.where(LineRow.position > start))
        if start is None:
            low = (end if end is not None else STEP) - STEP * (count + 1)
            return [low + STEP * number for number in range(1, count + 1)]
        if end is None:
            return [start + STEP * number for number in range(1, count + 1)]
        step = (end - start) / (count + 1)
        if step > LEAST_STEP:
            return [start + step * number for number in range(1, count + 1)]
        for number, line in enumerate(session.scalars(select(LineRow).order_by(LineRow.position, LineRow.key))):
            line.position = number * STEP * 1024
        session.flush()
    raise Refused(409, "no_room", "there is no room for so many lines here; add them at the end")


# --- Undo


def undo(session: Session, project: Project, author: Author, *, again: bool = False) -> dict[str, Any]:
    """Take back the last change that came from this browser, or make it again.

    Returns:
        what was taken back, and the keys of the lines concerned

    Raises:
        Refused: 409 if there is nothing to take back, or somebody else has changed the same since
    """
    if earlier := was_stored(session, author):
        return {"what": earlier.what, "keys": [earlier.line_key] if earlier.line_key else earlier.after.get("keys", [])}
    own = select(ChangeRow).where(ChangeRow.client == author.client, ChangeRow.what.in_(UNDOABLE), ChangeRow.undoes.is_(None))
    last = session.scalar(own.where(ChangeRow.undone.is_(False)).order_by(ChangeRow.id.desc()).limit(1))
    change = last
    if again:
        behind = own.where(ChangeRow.undone.is_(True), ChangeRow.id > (last.id if last else 0))
        change = session.scalar(behind.order_by(ChangeRow.id).limit(1))
    if change is None:
        raise Refused(409, "nothing", f"there is nothing of yours to {'make again' if again else 'take back'}")
    before, after = (change.before, change.after) if not again else (change.after, change.before)
    if change.line_key is None:
        keys = change.after["keys"]
        set_deleted(session, [find_line(session, key) for key in keys], (change.what == "add") is not again)
        store_change(session, project, author, change.what, None, {}, {"keys": keys}, change.id)
    else:
        line = find_line(session, change.line_key)
        _check_there(session, line)
        for name, value in after.items():
            now = {column: line.cells.get(column, "") for column in value} if name == "cells" else getattr(line, name)
            if now != value:
                raise Refused(409, "changed", "this line was changed since by somebody else; it was left as it is")
        keys = [line.key]
        _change_line(session, project, author, change.what, line, before, undoes=change.id)
        if change.what == "move":
            the_project(session).order_revision = the_project(session).revision
    change.undone = not again
    return {"what": change.what, "keys": keys}


# --- Within


def _check_there(session: Session, line: LineRow) -> None:
    """Raise Refused (409) for a line that was removed."""
    if line.deleted:
        raise Refused(409, "removed", "this line was removed in the meantime; undo brings it back to whoever removed it")


def _check_conflict(session: Session, author: Author, line: LineRow, version: int, cells: Mapping[str, str]) -> None:
    """Raise Conflict if one of the cells was changed since that version, to something else than is wanted now."""
    if version >= line.version:
        return
    # What came from the same page is no conflict: it sends its changes in order.
    since = select(ChangeRow).where(
        ChangeRow.line_key == line.key, ChangeRow.version > version, ChangeRow.client != author.client
    )
    clashes: list[str] = []
    by = ""
    for change in session.scalars(since.order_by(ChangeRow.id.desc())):
        touched = [name for name in change.after.get("cells", {}) if name in cells and line.cells.get(name, "") != cells[name]]
        if touched and not clashes:
            by = change.who
        clashes += [name for name in touched if name not in clashes]
    if clashes:
        raise Conflict(view_line(session, line), clashes, by)


def _change_line(
    session: Session,
    project: Project,
    author: Author,
    what: str,
    line: LineRow,
    after: Mapping[str, Any],
    undoes: int | None = None,
) -> None:
    """Set fields of a line, check it, and keep the change."""
    before: dict[str, Any] = {}
    for name, value in after.items():
        if name == "cells":
            before["cells"] = {column: line.cells.get(column, "") for column in value}
            line.cells = {**line.cells, **value}
        else:
            before[name] = getattr(line, name)
            setattr(line, name, value)
    earlier = line.file_id
    line.file_id, line.words = line.cells.get("id", "").strip().casefold(), searched_words(line.cells)
    line.version += 1
    line.revision = next_revision(session)
    session.flush()
    if SPEAKING & {*after.get("cells", {})} and (line.cells.get("character") or line.cells.get("description")):
        recast(session, project)
    check_line(session, project, line)
    if line.file_id != earlier:
        uncheck_twins(session, [line.file_id, earlier], checked=[line.key])
    store_change(session, project, author, what, line, before, after, undoes)


def _seed_without_cell(project: Project, line: LineRow) -> int | None:
    """Return the seed of the first take of a line whose seed is left empty; None if its cells make no line."""
    try:
        return seed_of(line_of({**line.cells, "seed": ""}), 1, project.casting.settings.seed)
    except UsageError:
        return None
