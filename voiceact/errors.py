"""Errors that users read: each says what was given, what was expected and what to do.

The library raises these; only the command line turns them into one line and an exit status
(`exit_status`: 2 for wrong usage, 1 for a failure while doing what was rightly asked).
"""

import difflib
from collections.abc import Iterable

LONGEST_SHOWN = 100
"""characters of a name that are repeated in a message"""


class VoiceactError(Exception):
    """Something failed while doing what was rightly asked (exit status 1)."""

    exit_status = 1


class UsageError(VoiceactError, ValueError):
    """What was asked cannot be done as asked (exit status 2)."""

    exit_status = 2


class UnknownNameError(UsageError, KeyError):
    """A name that is not in a list of known names, with the nearest known one.

    Args:
        kind: what the name names, in the singular ("persona")
        value: the name as the user wrote it
        known: all valid names
        hint: the command or page that lists them
        cutoff: least likeness of a name that is offered, 0 to 1
    """

    def __init__(self, kind: str, value: str, known: Iterable[str], hint: str = "", *, cutoff: float = 0.6):
        # A name from a foreign file may be megabytes long.
        value = value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…"
        self.kind, self.given, self.known = kind, value, sorted(known)
        self.nearest = nearest(value, self.known, cutoff=cutoff)
        parts = [f"unknown {kind} {value!r}"]
        if self.nearest:
            parts.append(f"did you mean {self.nearest!r}?")
        elif self.known:
            parts.append("known: " + listed(self.known))
        else:
            parts.append(f"no {kind} is defined")
        if hint:
            parts.append(hint)
        super().__init__("; ".join(parts))

    def __str__(self) -> str:
        # KeyError would print the repr of its argument.
        return str(self.args[0])


def nearest(value: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the known name most like `value`, or None if none is near (difflib's ratio at least `cutoff`)."""
    folded = {name.casefold(): name for name in known}
    matches = difflib.get_close_matches(value.casefold(), folded, n=1, cutoff=cutoff)
    return folded[matches[0]] if matches else None


def listed(names: Iterable[str], most: int = 10) -> str:
    """Join names by commas, cut after `most` with an ellipsis."""
    names = list(names)
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def count_noun(number: int, noun: str) -> str:
    """Write a number with its noun: 1 take, 1,200 takes, 2 categories.

    Args:
        number: of the things
        noun: one of them
    """
    last = noun[-2:]
    many = (
        f"{noun[:-1]}ies"
        if last[-1] == "y" and last[0] not in "aeiou"
        else f"{noun}es"
        if last in ("ss", "ch", "sh")
        else f"{noun}s"
    )
    return f"{number:,} {noun if number == 1 else many}"
