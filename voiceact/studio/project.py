"""A project on the disk: a folder with the table lines.csv, the database of the studio, and the takes.

PROJECT/lines.csv        the table, as `voiceact lines` reads it; written a moment after every change
PROJECT/studio.sqlite    lines with their versions, takes, picks, changes
PROJECT/takes/KEY/1.flac a take, with its record, its neutral twin and its picture; never overwritten
PROJECT/voice/           what `voiceact lines PROJECT/lines.csv --out PROJECT/voice` makes
PROJECT/personas/        personas of this project, if it has its own
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from voiceact.acting.persona import persona_folders
from voiceact.engines.registry import DEFAULT_ENGINE
from voiceact.errors import UsageError, count_noun
from voiceact.lines.plan import Casting, Settings
from voiceact.lines.table import Line
from voiceact.listening.delivery.server.commit_queue import CommitQueue
from voiceact.listening.delivery.server.database import database_url, open_database
from voiceact.listening.delivery.server.sessions import new_token
from voiceact.prompting.cast import match_cast
from voiceact.studio.cells import line_of
from voiceact.studio.models import LineRow, ProjectRow, TakeRow

DATABASE = "studio.sqlite"
TABLE = "lines.csv"
TAKES = "takes"
VOICE = "voice"
PERSONAS = "personas"
MIGRATIONS = Path(__file__).with_name("migrations")
MOST_TRIES = 3
"""how often a take is begun that ends the server each time"""
DEFAULTS: Mapping[str, Any] = {"persona": "", "language": "en", "engine": DEFAULT_ENGINE, "seed": 0, "cast": {}}


@dataclass
class Project:
    """An open project.

    Attributes:
        folder: where it lies
        engine: of its database
        queue: the one thread that uses the database
        casting: turns lines into requests, by the settings of the whole table
        personas: folders to look personas up in first
        clock: seconds since 1970
    """

    folder: Path
    engine: Engine
    queue: CommitQueue
    casting: Casting
    personas: tuple[Path, ...] = ()
    clock: Callable[[], float] = time.time
    persona_state: tuple[tuple[str, int], ...] = field(default=())

    @property
    def table(self) -> Path:
        """The table of `voiceact lines`."""
        return self.folder / TABLE

    @property
    def takes(self) -> Path:
        """The folder of the takes."""
        return self.folder / TAKES

    def close(self) -> None:
        """Finish what is queued, and let go of the database."""
        self.queue.close()
        self.engine.dispose()


def open_project(
    folder: Path, database: str | None = None, *, personas: tuple[Path, ...] = (), engine: str | None = None
) -> Project:
    """Open a project, made if there is none in the folder; takes that were being made are made anew.

    Args:
        folder: made if it does not exist, its parent must
        database: None or "sqlite" for studio.sqlite in the folder, or a URL
        personas: folders to look personas up in first
        engine: speaks new takes from now on; None leaves the project's

    Raises:
        UsageError: if the folder or its database cannot be used
        MissingExtraError: if a library is missing
    """
    make_folder(folder)
    connection = open_database(database_url(folder, database, name=DATABASE), migrations=MIGRATIONS)
    folders = (*personas, *([folder / PERSONAS] if (folder / PERSONAS).is_dir() else []))
    with Session(connection) as session, session.begin():
        project = session.get(ProjectRow, 1)
        if project is None:
            project = ProjectRow(
                id=1,
                access_key=new_token(),
                revision=1,
                order_revision=1,
                settings=dict(DEFAULTS),
                header=[],
                table_sha256=None,
                notes=[],
            )
            session.add(project)
        if engine is not None and engine != project.settings["engine"]:
            project.settings = {**project.settings, "engine": engine}
        casting = make_casting(project.settings, folders)
        # What was being spoken when the server ended is spoken again; what ends it every time is given up.
        for take in session.query(TakeRow).filter(TakeRow.state == "speaking"):
            if take.tries >= MOST_TRIES:
                take.state, take.reason = (
                    "failed",
                    f"the server ended {count_noun(take.tries, 'time')} while it was spoken; it was given up",
                )
            else:
                take.state = "waiting"
    queue = CommitQueue(
        connection,
        prepare=lambda: None,
        spoil=lambda: None,
        unavailable="the project cannot be stored just now (is the disk full?); this page tries again",
    )
    opened = Project(folder, connection, queue, casting, folders, persona_state=state_of_personas(folders))
    # Another release may read a line differently: all are checked anew, in the background.
    queue.run_blocking(recast, opened)
    return opened


def make_folder(folder: Path) -> None:
    """Make the folder of a project, if it does not exist.

    Raises:
        UsageError: if it cannot be made
    """
    try:
        folder.mkdir(exist_ok=True)
        (folder / TAKES).mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot use {folder} as a project: {error.strerror}; name another folder") from error


def make_casting(settings: Mapping[str, Any], personas: tuple[Path, ...], lines: Sequence[Line] = ()) -> Casting:
    """Make what turns lines into requests, by the settings of a project.

    Args:
        settings: of the project
        personas: folders to look personas up in first
        lines: of the project: what one says of a character holds for all

    Raises:
        UsageError: for an engine that is not here
    """
    wanted = {**DEFAULTS, **settings}
    speakers = {who for line in lines if (who := line.character or line.persona)}
    common = Settings(
        persona=wanted["persona"] or None,
        language=wanted["language"],
        engine=wanted["engine"],
        seed=wanted["seed"],
        personas=personas,
        # A cast that names nobody yet is no fault: lines come and go.
        cast=wanted["cast"] if not lines or any(match_cast(who, wanted["cast"]) for who in speakers) else {},
    )
    return Casting(common, lines)


def recast(session: Session, project: "Project") -> None:
    """Read anew who speaks which character, from the settings and all lines; every line is to be checked again."""
    lines = []
    for cells in session.scalars(select(LineRow.cells).where(LineRow.deleted.is_(False))):
        lines.append(line_of({**cells, "seed": "", "gap": ""}))
    project.casting = make_casting(the_project(session).settings, project.personas, lines)
    session.execute(update(LineRow).values(checked=None))
    next_revision(session)


def state_of_personas(folders: tuple[Path, ...]) -> tuple[tuple[str, int], ...]:
    """Return the name and time of every file that may hold a persona: another value means that one has changed."""
    found = []
    for folder in persona_folders(folders):
        if folder.is_dir():
            found += [(str(path), path.stat().st_mtime_ns) for path in sorted(folder.glob("*.yaml"))]
    return tuple(found)


def the_project(session: Session) -> ProjectRow:
    """Return the row of the project."""
    return session.get_one(ProjectRow, 1)


def next_revision(session: Session) -> int:
    """Count a change that pages are to show, and return its number."""
    project = the_project(session)
    project.revision += 1
    return project.revision
