"""What pages ask for: a part of the script, what changed since, the arc of a scene, and what can be chosen."""

from typing import Any

from sqlalchemy import and_, case, func, select, true
from sqlalchemy.orm import Session

from voiceact.acting.persona import list_personas
from voiceact.acting.taxonomy import categories
from voiceact.bursts.kinds import KINDS
from voiceact.engines.registry import describe_engines
from voiceact.errors import UsageError
from voiceact.lines.table import COLUMNS, Line
from voiceact.prompting.cast import match_cast
from voiceact.prompting.person import load_or_read
from voiceact.studio.models import LineRow, TakeRow
from voiceact.studio.project import Project, the_project
from voiceact.studio.state import line_views

MOST_LINES = 500
"""lines in one reply"""
MOST_CHANGED = 200
"""changed lines in one reply; of more the page reads what it shows anew"""
MOST_IN_ARC = 2000
FILTERS = ("", "stale", "missing", "marked", "faulty", "unpicked", "failed")


def read_project(session: Session, project: Project) -> dict[str, Any]:
    """Return settings, counts, and everything that can be chosen."""
    row = the_project(session)
    return {
        "name": project.folder.resolve().name,
        "revision": row.revision,
        "order": row.order_revision,
        "settings": row.settings,
        "header": row.header,
        "notes": row.notes,
        "columns": list(COLUMNS),
        "counts": count_lines(session),
        "personas": [
            {"name": one.name, "description": one.description, "gender": one.gender, "age": one.age, "language": one.language}
            for one in list_personas(project.personas)
        ],
        "emotions": [
            {
                "id": one.id,
                "name": one.name,
                "group": one.group,
                "valence": one.valence_value,
                "keywords": list(one.keywords[:6]),
            }
            for one in categories()
        ],
        "bursts": sorted(kind.laion for kind in KINDS.values()),
        "engines": [engine["name"] for engine in describe_engines()],
    }


def count_lines(session: Session) -> dict[str, int]:
    """Count the lines of each kind, and the takes under way."""
    kinds = {
        "lines": true(),
        "stale": LineRow.state == "stale",
        "missing": and_(LineRow.state == "none", LineRow.faulty.is_(False)),
        "marked": LineRow.mark == "retake",
        "faulty": LineRow.faulty.is_(True),
        "picked": LineRow.pick.is_not(None),
        "unchecked": LineRow.checked.is_(None),
    }
    # One walk through the table for all of them.
    sums = [func.coalesce(func.sum(case((condition, 1), else_=0)), 0) for condition in kinds.values()]
    counted = session.execute(select(*sums).where(LineRow.deleted.is_(False))).one()
    grouped = session.execute(select(TakeRow.state, func.count()).group_by(TakeRow.state))
    takes = {row.state: row[1] for row in grouped}
    return {
        **{name: int(number) for name, number in zip(kinds, counted, strict=True)},
        "waiting": takes.get("waiting", 0) + takes.get("speaking", 0),
        "judging": takes.get("judging", 0),
    }


def read_lines(session: Session, *, first: int, count: int, only: str = "", words: str = "") -> dict[str, Any]:
    """Return a part of the script.

    Args:
        session: of the database
        first: place of the first line, from 0
        count: of lines, at most MOST_LINES
        only: one of FILTERS
        words: that lines must hold
    """
    wanted = _filtered(only, words)
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    part = wanted.order_by(LineRow.position, LineRow.key).offset(first).limit(min(count, MOST_LINES))
    row = the_project(session)
    return {
        "revision": row.revision,
        "order": row.order_revision,
        "total": total,
        "first": first,
        "lines": line_views(session, list(session.scalars(part))),
    }


def _filtered(only: str, words: str) -> Any:
    lines = select(LineRow).where(LineRow.deleted.is_(False))
    failed = select(TakeRow.line_key).where(TakeRow.state == "failed")
    conditions = {
        "stale": LineRow.state == "stale",
        "missing": LineRow.state == "none",
        "marked": LineRow.mark == "retake",
        "faulty": LineRow.faulty.is_(True),
        "unpicked": LineRow.pick.is_(None),
        "failed": LineRow.key.in_(failed),
    }
    if only in conditions:
        lines = lines.where(conditions[only])
    for word in words.casefold().split()[:8]:
        lines = lines.where(LineRow.words.contains(word, autoescape=True))
    return lines


def read_changed(session: Session, *, since: int) -> dict[str, Any]:
    """Return what changed after a revision of the project; `many` if it is more than MOST_CHANGED lines."""
    row = the_project(session)
    found: dict[str, Any] = {"revision": row.revision, "order": row.order_revision, "lines": [], "many": False}
    if row.revision == since:
        return found
    changed = list(session.scalars(select(LineRow).where(LineRow.revision > since).limit(MOST_CHANGED + 1)))
    found["many"] = len(changed) > MOST_CHANGED
    found["lines"] = [] if found["many"] else line_views(session, changed)
    found["counts"], found["notes"] = count_lines(session), row.notes
    return found


def read_arc(session: Session, *, scene: str | None) -> dict[str, Any]:
    """Return the scenes of a project (the folders of ids), and the intensity of every line of one, in its order.

    Args:
        session: of the database
        scene: a folder; "" for lines without one, None for the first scene
    """
    rows = session.execute(
        select(LineRow.key, LineRow.cells, LineRow.checked)
        .where(LineRow.deleted.is_(False))
        .order_by(LineRow.position, LineRow.key)
    ).all()
    scenes: dict[str, list[Any]] = {}
    for row in rows:
        scenes.setdefault(row.cells.get("id", "").rpartition("/")[0], []).append(row)
    chosen = scene if scene in scenes else next(iter(scenes), "")
    points = []
    for row in scenes.get(chosen, [])[:MOST_IN_ARC]:
        mix = (row.checked or {}).get("mix") or []
        strongest = max(mix, key=lambda one: one[2], default=None)
        points.append(
            {
                "key": row.key,
                "id": row.cells.get("id", ""),
                "persona": row.cells.get("character") or row.cells.get("persona", ""),
                "category": strongest[1] if strongest else "",
                "intensity": strongest[2] if strongest else 0.0,
            }
        )
    return {"scenes": list(scenes), "scene": chosen, "points": points}


def read_cast(session: Session, project: Project) -> list[dict[str, Any]]:
    """Return the characters of the script as they are written, each with its lines and the persona that speaks it."""
    counted: dict[str, int] = {}
    for cells in session.scalars(select(LineRow.cells).where(LineRow.deleted.is_(False)).order_by(LineRow.position)):
        name = (cells.get("character") or cells.get("persona", "")).strip()
        counted[name] = counted.get(name, 0) + 1
    cast = the_project(session).settings.get("cast", {})
    found = []
    for name, lines in counted.items():
        member = match_cast(name, cast)
        persona = cast[member] if member else ""
        try:
            part = project.casting.part(Line(0, "", "", character=name or None))
            known = bool(part.name) or bool(load_or_read(part.given, project.personas))
        except UsageError:
            known = False
        found.append({"name": name, "lines": lines, "persona": persona, "known": known})
    return found
