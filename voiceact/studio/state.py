"""What stands in a line and what lies there for it: its faults, and whether its take is still what it asks for."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voiceact.clip.record import load_record, record_path
from voiceact.errors import UsageError
from voiceact.lines.plan import differences
from voiceact.studio.cells import Checked, check_cells
from voiceact.studio.models import LineRow, TakeRow
from voiceact.studio.project import Project, next_revision
from voiceact.synthesis.request import ResolvedRequest

PLAYABLE = ("judging", "done")
"""states of a take whose audio is there"""
SEARCHED = ("id", "character", "persona", "text", "emotion", "direction")
UNCHECKED_AT_ONCE = 25
"""lines that are checked in one transaction, between which edits are served"""


def searched_words(cells: dict[str, str]) -> str:
    """Return what a search looks through."""
    return "\n".join(cells.get(column, "") for column in SEARCHED).casefold()


def current_take(session: Session, line: LineRow) -> TakeRow | None:
    """Return the take that stands for a line: the picked one, else the newest that can be heard."""
    picked = session.get(TakeRow, line.pick) if line.pick else None
    if picked is not None:
        return picked
    newest = select(TakeRow).where(TakeRow.line_key == line.key, TakeRow.state.in_(PLAYABLE)).order_by(TakeRow.number.desc())
    return session.scalars(newest.limit(1)).first()


def check_line(session: Session, project: Project, line: LineRow) -> Checked:
    """Check a line and compare it with its take; the outcome is stored in its row.

    A page is told only if something came out otherwise than it shows.
    """
    others = select(func.count()).select_from(LineRow)
    twins = session.scalar(others.where(LineRow.file_id == line.file_id, LineRow.deleted.is_(False), LineRow.key != line.key))
    checked = check_cells(line.cells, project.casting, twins=(twins or 0) if line.file_id else 0)
    take = current_take(session, line)
    stale = stale_reasons(project, take, checked.request) if take else []
    found = {
        "checked": checked.as_dict(),
        "faulty": bool(checked.faults),
        "state": "none" if take is None else "stale" if stale else "fresh",
        "stale": stale,
    }
    if any(getattr(line, name) != value for name, value in found.items()):
        for name, value in found.items():
            setattr(line, name, value)
        line.revision = next_revision(session)
    return checked


def stale_reasons(project: Project, take: TakeRow, request: ResolvedRequest | None) -> list[str]:
    """Name what of a line differs from one of its takes; empty if the take is what the line asks for, by any seed.

    Args:
        project: whose take it is
        take: one that can be heard
        request: that the line makes now; None if it cannot be spoken
    """
    if request is None:
        return ["cells"]
    try:
        record = load_record(record_path(take_path(project, take)))
    except UsageError:
        return ["file"]
    return differences(record, request.with_seed(record.seed))


def take_path(project: Project, take: TakeRow) -> Path:
    """Return where a take's audio lies, or would."""
    return project.folder / (take.file or f"takes/{take.line_key}/{take.number}.flac")


def check_some(session: Session, project: Project) -> int:
    """Check a few of the lines that were not checked since they changed; return how many are left."""
    waiting = select(LineRow).where(LineRow.checked.is_(None), LineRow.deleted.is_(False)).order_by(LineRow.position)
    lines = list(session.scalars(waiting.limit(UNCHECKED_AT_ONCE)))
    for line in lines:
        check_line(session, project, line)
    if len(lines) < UNCHECKED_AT_ONCE:
        return 0
    left = select(func.count()).select_from(LineRow).where(LineRow.checked.is_(None), LineRow.deleted.is_(False))
    return session.scalar(left) or 0


def uncheck_twins(session: Session, file_ids: Collection[str], *, checked: Collection[str] = ()) -> None:
    """Let lines of these ids be checked again: another line took or freed their name.

    Args:
        session: of the database
        file_ids: that were taken or freed
        checked: keys of lines that were checked since, and stay as they are
    """
    for line in session.scalars(select(LineRow).where(LineRow.file_id.in_(file_ids), LineRow.deleted.is_(False))):
        if line.key not in checked:
            line.checked = None


def line_views(session: Session, lines: list[LineRow]) -> list[dict[str, Any]]:
    """Return lines as a page shows them, each with the takes it has."""
    keys = [line.key for line in lines]
    takes: dict[str, list[TakeRow]] = {key: [] for key in keys}
    for start in range(0, len(keys), 500):
        wanted = select(TakeRow).where(TakeRow.line_key.in_(keys[start : start + 500])).order_by(TakeRow.number)
        for take in session.scalars(wanted):
            takes[take.line_key].append(take)
    return [_line_view(line, takes[line.key]) for line in lines]


def _line_view(line: LineRow, takes: list[TakeRow]) -> dict[str, Any]:
    heard = [take for take in takes if take.state in PLAYABLE]
    current = next((take for take in heard if take.key == line.pick), heard[-1] if heard else None)
    busy = next((take.state for take in reversed(takes) if take.state in ("speaking", "waiting")), "")
    failed = takes[-1].reason if takes and takes[-1].state == "failed" else ""
    return {
        "key": line.key,
        "version": line.version,
        "revision": line.revision,
        "deleted": line.deleted,
        "cells": line.cells,
        "extra": line.extra,
        "mark": line.mark,
        "pick": line.pick,
        "checked": line.checked,
        "state": line.state,
        "stale": line.stale,
        "busy": busy,
        "failed": failed,
        "takes": len(heard),
        "current": take_summary(current) if current else None,
    }


def take_summary(take: TakeRow) -> dict[str, Any]:
    """Return what a row of the table shows of a take."""
    return {"key": take.key, "number": take.number, "seconds": take.seconds, "level": take.level, "state": take.state}
