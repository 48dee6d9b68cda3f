"""Define the tables of the server: listeners, which item each was given, what each answered, and what was refused.

No name, no address, no IP. A listener is a random id; the token of the link is kept as its SHA-256 only.
Times are seconds since 1970 UTC by the server's clock. Migrations make the tables; nothing else does.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base class of all tables."""


class Served(Base):
    """The one test whose answers these are, and the secret of the ids that browsers see in place of the test's."""

    __tablename__ = "served"
    test: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret: Mapped[str | None] = mapped_column(String(64))
    """hexadecimal, 256 bits; never sent"""


class ListenerRow(Base):
    """A participant; after a withdrawal only `id`, `created` and `deleted` are left."""

    __tablename__ = "listener"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    seed: Mapped[int] = mapped_column(BigInteger)
    """of the order of items"""
    language: Mapped[str | None] = mapped_column(String(8))
    qualified: Mapped[bool | None]
    """whether the headphone check was passed; null if not taken"""
    tries: Mapped[int]
    """at the headphone check"""
    created: Mapped[float] = mapped_column(Double)
    expires: Mapped[float | None] = mapped_column(Double)
    """when the link stops opening; null if never"""
    consented: Mapped[float | None] = mapped_column(Double)
    ready: Mapped[float | None] = mapped_column(Double)
    """when the instructions were read"""
    done: Mapped[float | None] = mapped_column(Double)
    deleted: Mapped[float | None] = mapped_column(Double)


class AssignmentRow(Base):
    """One item given to one listener."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("listener_id", "position", name="one_item_a_position"),)
    listener_id: Mapped[str] = mapped_column(ForeignKey("listener.id", ondelete="CASCADE"), primary_key=True)
    item: Mapped[str] = mapped_column(String(64), primary_key=True)
    position: Mapped[int]
    """in this listener's order, from 1"""
    stage: Mapped[int]
    given: Mapped[float] = mapped_column(Double)
    """when it was put into the listener's block"""
    shown: Mapped[float | None] = mapped_column(Double)
    """when it was first sent to the page: no answer is taken before its clips could have been heard"""


class AnswerRow(Base):
    """One listener's answer to one item: there can be no second one."""

    __tablename__ = "answer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["listener_id", "item"],
            ["assignment.listener_id", "assignment.item"],
            name="only_what_was_given",
            ondelete="CASCADE",
        ),
    )
    listener_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    item: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    """made by the page: tells a post repeated after a lost reply"""
    value: Mapped[Any] = mapped_column(JSON)
    """as the listener gave it: of two clips, 1 is the one shown first"""
    plays: Mapped[int]
    seconds: Mapped[float] = mapped_column(Double)
    at: Mapped[float] = mapped_column(Double)


class EventRow(Base):
    """Something refused or done by hand; no personal data."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[float] = mapped_column(Double, index=True)
    kind: Mapped[str] = mapped_column(String(32))
    listener_id: Mapped[str | None] = mapped_column(String(32))
    detail: Mapped[str] = mapped_column(String(200))
