"""Where answers are kept: SQLite beside the test, or PostgreSQL by URL; migrations run when it is opened."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from voiceact.errors import MissingExtraError, UsageError
from voiceact.listening.delivery.server.models import Served
from voiceact.listening.model import Test

DEFAULT = "answers.sqlite"
BUSY_SECONDS = 10
READS = "voiceact_reads"
MIGRATIONS = Path(__file__).with_name("migrations")


def database_url(test: Path, asked: str | None) -> URL:
    """`asked` as a URL: None or "sqlite" is answers.sqlite in the folder `test`; else SQLite or PostgreSQL.

    Raises:
        UsageError: if it is no URL or one of another database
    """
    if asked is None or asked == "sqlite":
        return URL.create("sqlite", database=str(test / DEFAULT))
    try:
        url = make_url(asked)
    except ArgumentError as error:
        raise UsageError(f"--database {asked!r} is no URL; expected 'sqlite' or postgresql://USER@HOST/NAME") from error
    kind = url.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise UsageError(f"--database names {kind!r}; expected 'sqlite' or postgresql://USER@HOST/NAME")
    return url.set(drivername="postgresql+psycopg") if kind == "postgresql" else url


def open_database(url: URL, *, target: str = "head") -> Engine:
    """The database with its tables as this version wants them, made or migrated if need be.

    Raises:
        MissingExtraError: if PostgreSQL's driver is not installed
        UsageError: if it cannot be opened, or was written by a newer voiceact
    """
    engine = _engine(url)
    try:
        with engine.begin() as connection:
            settings = Config()
            settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            settings.attributes["connection"] = connection
            command.upgrade(settings, target)
    except CommandError as error:
        raise UsageError(f"database {_named(url)} was written by a newer voiceact; update voiceact to open it") from error
    except DBAPIError as error:
        raise UsageError(f"database {_named(url)} cannot be opened: {_first_line(error)}") from error
    return engine


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=url.get_backend_name() == "postgresql")
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise MissingExtraError("an answers database in PostgreSQL", "listen,postgres") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions begin late and leave DDL out; ours begin at once (below), migrations included.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_SECONDS * 1000}", "foreign_keys=ON", "synchronous=FULL",
                   "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # Who writes waits for the lock at the start, not half-way; who reads sees one moment and locks nobody out.
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(READS) else "BEGIN IMMEDIATE")


def for_reading(engine: Engine) -> Engine:
    """The same database, for transactions that write nothing and hold nobody up."""
    return engine.execution_options(**{READS: True})


def check_served(engine: Engine, test: Test, *, claim: bool = False) -> None:
    """Refuse a database that holds the answers of another test.

    claim: write the test's id into a database that has none yet

    Raises:
        UsageError: naming both tests
    """
    with Session(engine) as session, session.begin():
        served = session.scalar(select(Served.test))
        if served is None and claim:
            session.add(Served(test=test.id))
        elif served not in (None, test.id):
            raise UsageError(f"the database holds the answers of test {served}, and this is test {test.id}; name another one "
                             "with --database")


def _named(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _first_line(error: DBAPIError) -> str:
    return (str(error.orig).strip().splitlines() or ["no reason was given"])[0]
