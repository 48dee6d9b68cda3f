"""Write numbers and lists of names as they stand in a card and a report."""

from collections.abc import Sequence

from voiceact.errors import count_noun
from voiceact.stats.figure import Figure

THIN = "\u202f"
"""a narrow space that does not break"""


def format_share(share: float) -> str:
    """Write a share as per cent: 37 %; tenths below 1 % and above 99 %, so that few is not none and most is not all."""
    exact = 100 * share
    close = 0 < exact < 1 or 99 < exact < 100
    return f"{exact:.1f}{THIN}%" if close else f"{exact:.0f}{THIN}%"


def format_figure(figure: Figure) -> str:
    """Write a share with its interval: 37 % (30 to 44, n = 120); or why there is none."""
    if figure.value is None:
        return f"not known ({figure.why})"
    known = figure.low is not None and figure.high is not None
    between = f"{100 * (figure.low or 0):.0f} to {100 * (figure.high or 0):.0f}, " if known else ""
    return f"{format_share(figure.value)} ({between}n = {format_count(figure.n)})"


def format_count(number: int) -> str:
    """Write a whole number with commas: 12,600."""
    return f"{number:,}"


def format_duration(seconds: float) -> str:
    """Write seconds as 2.4 hours; as minutes below two hours, as seconds below two minutes."""
    if seconds >= 7200:
        return f"{seconds / 3600:,.1f} hours"
    return f"{seconds / 60:.1f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"


def format_size(number: int) -> str:
    """Write a number of bytes: 48.6 MB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000  # type: ignore[assignment]
    return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"


def join_names(names: Sequence[str]) -> str:
    """Join names as in a sentence: Anger, Fear and Pride."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def names_or_count(names: Sequence[str], most: int = 6) -> str:
    """Join the names; beyond `most`, say how many categories they are."""
    return join_names(names) if len(names) <= most else count_noun(len(names), "category")
