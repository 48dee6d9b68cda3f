"""A listener: nothing of the person but what the test needs."""

import msgspec


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who takes a test.

    id: public, opaque; what stands in the results
    number: of the listener in the test, from 1
    language: of the interface they chose
    qualified: whether they passed the headphone check; None where there was none
    consented_at, created, done_at, deleted: UTC, ISO 8601; None if it has not happened
    """

    id: str
    number: int = 0
    language: str = "en"
    qualified: bool | None = None
    consented_at: str | None = None
    created: str | None = None
    done_at: str | None = None
    deleted: str | None = None
