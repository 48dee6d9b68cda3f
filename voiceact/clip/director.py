"""Define the director's part of a record: which takes were heard before one was chosen, and by whom."""

from typing import Literal

import msgspec

Stopped = Literal["takes", "seconds", "strategy"]


class CoachRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The coach that steered; it is never the judge."""

    name: str
    revision: str
    hears: str
    """what it listens with: "functionals", or the name of its speech encoder's weights"""
    shared_with_judge: list[str]
    """digests of weights that coach and judge have in common; empty, for a coach that shares any is refused"""


class TriedTake(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One take that the coach heard."""

    seed: int
    why: str
    """what it was to try, as the strategy says"""
    total: float | None
    """what the objective makes of it, in nats; null where it could not be spoken or heard"""
    parts: dict[str, float] = {}
    """terms of the objective, which sum to `total`"""
    moves: dict[str, float] = {}
    """the moves that differ from those of the first take"""
    bursts: list[str] = []
    """kinds of the bursts that the direction adds, in order"""
    variant: str = ""
    failed: str = ""
    """why it could not be spoken or heard"""


class DirectorRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the director did."""

    strategy: str
    coach: CoachRecord
    takes: list[TriedTake]
    """in the order they were heard"""
    chosen: int
    """place among `takes`, from 0"""
    stopped: Stopped
    """what ended it: so many takes, so many seconds, or the strategy had nothing left to try"""
    most_takes: int
    most_seconds: float | None
    """null in a run, whose bytes must not depend on a clock"""
    prior: str
    """where the first take's offsets come from; empty where no prior applies"""
    note: str
    """a sentence for people, where there is something to say; else empty"""
