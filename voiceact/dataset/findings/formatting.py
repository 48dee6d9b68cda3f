"""Numbers as they are written in a card and a report."""

from collections.abc import Sequence

from voiceact.stats.figure import Figure

THIN = "\u202f"
"""a narrow space that does not break"""


def per_cent(share: float) -> str:
    """37 %; tenths below 1 % and above 99 %, so that few is not none and most is not all."""
    exact = 100 * share
    close = 0 < exact < 1 or 99 < exact < 100
    return f"{exact:.1f}{THIN}%" if close else f"{exact:.0f}{THIN}%"


def interval(figure: Figure) -> str:
    """37 % (30 to 44, n = 120); or why there is no figure."""
    if figure.value is None:
        return f"not known ({figure.why})"
    known = figure.low is not None and figure.high is not None
    between = f"{100 * (figure.low or 0):.0f} to {100 * (figure.high or 0):.0f}, " if known else ""
    return f"{per_cent(figure.value)} ({between}n = {counted(figure.n)})"


def counted(number: int) -> str:
    """12,600"""
    return f"{number:,}"


def hours(seconds: float) -> str:
    """2.4 hours; minutes where that is under two hours, seconds where under two minutes."""
    if seconds >= 7200:
        return f"{seconds / 3600:,.1f} hours"
    return f"{seconds / 60:.1f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def size(number: int) -> str:
    """48.6 MB"""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000  # type: ignore[assignment]
    return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"


def joined(names: Sequence[str]) -> str:
    """Anger, Fear and Pride"""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def named(names: Sequence[str], most: int = 6) -> str:
    """The names, or how many where they would fill a paragraph."""
    return joined(names) if len(names) <= most else f"{len(names)} categories"


def several(number: int, noun: str) -> str:
    """1 take, 2 takes, 2 categories"""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{counted(number)} {noun if number == 1 else plural}"
