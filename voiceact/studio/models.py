"""Define the tables of a project: its lines, the takes of each, and every change that was made.

Nothing of a person is kept but the name that they type themselves. Times are seconds since 1970 UTC by the server's clock.
Migrations make the tables; nothing else does.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base class of all tables."""


class ProjectRow(Base):
    """The one project of this database."""

    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    access_key: Mapped[str] = mapped_column(String(64))
    """of the link that opens the project"""
    revision: Mapped[int] = mapped_column(BigInteger)
    """counts changes of anything that a page shows"""
    order_revision: Mapped[int] = mapped_column(BigInteger)
    """the revision at which lines were last added, removed or moved"""
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    """persona, language, engine and seed of the whole table"""
    header: Mapped[list[str]] = mapped_column(JSON)
    """the columns of lines.csv as its writer named them"""
    table_sha256: Mapped[str | None] = mapped_column(String(64))
    """of lines.csv when it was last read or written here"""
    notes: Mapped[list[str]] = mapped_column(JSON)
    """what the last reading of lines.csv could not do, one sentence each"""


class LineRow(Base):
    """A line of the script; `key` never changes, its id (the name of its file) may."""

    __tablename__ = "line"
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[float] = mapped_column(Double, index=True)
    version: Mapped[int]
    """counts the changes of its cells"""
    revision: Mapped[int] = mapped_column(BigInteger, index=True)
    """of the project, when anything of the line last changed"""
    cells: Mapped[dict[str, str]] = mapped_column(JSON)
    """column of `voiceact lines` -> what stands in it"""
    extra: Mapped[dict[str, str]] = mapped_column(JSON)
    """columns that voiceact does not read, kept for their writer"""
    file_id: Mapped[str] = mapped_column(Text, index=True)
    """the cell `id`, folded, to find lines of equal name"""
    words: Mapped[str] = mapped_column(Text)
    """id, persona, text, emotion and direction, folded, for the search"""
    synced: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    """its cells in lines.csv when it was last read or written; null if it never stood there"""
    deleted: Mapped[bool]
    mark: Mapped[str] = mapped_column(String(16))
    """"retake" or empty"""
    pick: Mapped[str | None] = mapped_column(String(16))
    """key of the picked take"""
    checked: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """faults by column, notes and mix; null if it was not checked since it changed"""
    faulty: Mapped[bool] = mapped_column(index=True)
    """whether it cannot be spoken as it stands"""
    state: Mapped[str] = mapped_column(String(16), index=True)
    """what lies there for it: none, fresh or stale"""
    stale: Mapped[list[str]] = mapped_column(JSON)
    """what of the line differs from its current take"""


class TakeRow(Base):
    """One reading of one line, asked for, being made, made or failed."""

    __tablename__ = "take"
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    line_key: Mapped[str] = mapped_column(ForeignKey("line.key"), index=True)
    number: Mapped[int]
    """within its line, from 1"""
    state: Mapped[str] = mapped_column(String(16), index=True)
    """waiting, speaking, judging, done or failed"""
    reason: Mapped[str] = mapped_column(Text)
    """why it failed, or was not judged"""
    asked: Mapped[float] = mapped_column(Double)
    made: Mapped[float | None] = mapped_column(Double)
    seed: Mapped[int] = mapped_column(BigInteger)
    file: Mapped[str | None] = mapped_column(Text)
    """of its audio, from the project's folder; its record lies beside it"""
    seconds: Mapped[float | None] = mapped_column(Double)
    level: Mapped[str] = mapped_column(String(16))
    """of its verdict; empty until it is judged"""
    tries: Mapped[int]
    """how often it was begun: one that ends the engine every time is given up"""


class ChangeRow(Base):
    """What somebody changed, as it was before and after: for undo, and so that nothing that was overwritten is lost."""

    __tablename__ = "change"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    nonce: Mapped[str] = mapped_column(String(64), unique=True)
    """made by the page: tells a change that is sent again after a lost reply"""
    at: Mapped[float] = mapped_column(Double)
    client: Mapped[str] = mapped_column(String(64), index=True)
    """the browser it came from"""
    who: Mapped[str] = mapped_column(String(60))
    """the name typed there"""
    what: Mapped[str] = mapped_column(String(16))
    """edit, add, delete, restore, move, mark, pick or table"""
    line_key: Mapped[str | None] = mapped_column(String(16), index=True)
    version: Mapped[int]
    """of the line after the change"""
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone: Mapped[bool]
    undoes: Mapped[int | None]
    """id of the change that this one took back"""
