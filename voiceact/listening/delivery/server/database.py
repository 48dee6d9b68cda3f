"""Open the database of answers: SQLite beside the test, or PostgreSQL by URL; migrations run when it is opened."""

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from voiceact.errors import UsageError
from voiceact.listening.delivery import listener_view as blind
from voiceact.listening.delivery.server.models import Served
from voiceact.listening.loading import ListeningTest
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import resolve_inside

DEFAULT = "answers.sqlite"
BUSY_SECONDS = 10
READS = "voiceact_reads"
MIGRATIONS = Path(__file__).with_name("migrations")


def database_url(test: Path, given: str | None, *, name: str = DEFAULT) -> URL:
    """Return `given` as a URL: None or "sqlite" is the file `name` in the folder `test`; else SQLite or PostgreSQL.

    Raises:
        UsageError: if it is no URL or one of another database, or the file is a link that leads out of the folder
    """
    if given is None or given == "sqlite":
        # SQLite writes beside the file too: none of the three may be a link to a file of somebody else.
        for suffix in ("", "-wal", "-shm", "-journal"):
            resolve_inside(test, name + suffix, source=f"the database of {test}")
        return URL.create("sqlite", database=str(test / name))
    try:
        url = make_url(given)
    except ArgumentError as error:
        raise UsageError(f"--database {given!r} is no URL; expected 'sqlite' or postgresql://USER@HOST/NAME") from error
    kind = url.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise UsageError(f"--database names {kind!r}; expected 'sqlite' or postgresql://USER@HOST/NAME")
    return url.set(drivername="postgresql+psycopg") if kind == "postgresql" else url


def open_database(url: URL, *, target: str = "head", migrations: Path = MIGRATIONS) -> Engine:
    """Open a database with the tables of this version, created or migrated if need be.

    Args:
        url: of the database
        target: revision to migrate to
        migrations: folder of the migrations that make its tables

    Raises:
        MissingExtraError: if PostgreSQL's driver is not installed
        UsageError: if it cannot be opened, or was written by a newer voiceact
    """
    if url.get_backend_name() == "sqlite" and url.database:
        _keep_private(Path(url.database))
    try:
        engine = create_engine(url, pool_pre_ping=url.get_backend_name() == "postgresql")
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise MissingExtraError("an answers database in PostgreSQL", "listen,postgres") from error
    if url.get_backend_name() == "sqlite":
        _configure_sqlite(engine)
    try:
        with engine.begin() as connection:
            settings = Config()
            settings.set_main_option("script_location", str(migrations).replace("%", "%%"))
            settings.attributes["connection"] = connection
            command.upgrade(settings, target)
    except CommandError as error:
        raise UsageError(f"database {_named(url)} was written by a newer voiceact; update voiceact to open it") from error
    except DBAPIError as error:
        reason = (str(error.orig).strip().splitlines() or ["no reason was given"])[0]
        raise UsageError(f"database {_named(url)} cannot be opened: {reason}") from error
    return engine


def _configure_sqlite(engine: Engine) -> None:
    """Set the pragmas of each connection, and let each transaction begin explicitly."""

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver's own transactions begin late and leave DDL out; ours begin at once (below), migrations included.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "foreign_keys=ON",
            "synchronous=FULL",
            "secure_delete=ON",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # Who writes waits for the lock at the start, not half-way; who reads sees one moment and locks nobody out.
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(READS) else "BEGIN IMMEDIATE")


def _keep_private(path: Path) -> None:
    """Make an SQLite file that its owner alone can read (mode 0600), and take reading from everybody else of an older one.

    SQLite gives its -wal and -shm files the mode of the database.
    """
    if not path.parent.is_dir() or path.is_dir():
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        for file in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            if file.is_file() and file.stat().st_uid == os.getuid() and file.stat().st_mode & 0o007:
                file.chmod(file.stat().st_mode & 0o770)
    except OSError as error:
        raise UsageError(f"database {path} cannot be made: {error.strerror}; name another one with --database") from None


def for_reading(engine: Engine) -> Engine:
    """Return the same database, for transactions that write nothing and hold nobody up."""
    return engine.execution_options(**{READS: True})


def check_served(engine: Engine, test: ListeningTest, *, claim: bool = False) -> None:
    """Refuse a database that holds the answers of another test.

    Args:
        engine: of the database
        test: what is served
        claim: whether to write the test's id into a database that has none yet

    Raises:
        UsageError: naming both tests
    """
    with Session(engine) as session, session.begin():
        served = session.scalar(select(Served.test))
        if served is None and claim:
            session.add(Served(test=test.id))
        elif served not in (None, test.id):
            raise UsageError(
                f"the database holds the answers of test {served}, and this is test {test.id}; name another one with --database"
            )


def read_secret(engine: Engine) -> bytes:
    """Read the secret of the ids that browsers see, drawn if the database has none yet; the test must be claimed.

    Returns:
        32 bytes, the same for the life of the database.
    """
    with Session(engine) as session, session.begin():
        served = session.scalars(select(Served)).one()
        if served.secret is None:
            served.secret = blind.new_secret()
        try:
            return bytes.fromhex(served.secret)
        except ValueError:
            raise UsageError("the database holds no secret that voiceact wrote; name another one with --database") from None


def _named(url: URL) -> str:
    return url.render_as_string(hide_password=True)
