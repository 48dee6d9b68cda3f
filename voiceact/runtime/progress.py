"""Progress of long work: the library reports steps, which are shown on a terminal or counted in plain lines.

with show_progress("clip.wav"):
    ...  # anything inside may call report_step("listening", 3, 12)
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SILENT_SECONDS = 2.0
"""shorter work shows nothing"""
TELLING_SECONDS = 5.0
"""from which on the time that is left is estimated"""
PLAIN_SECONDS = 10.0
"""time between two plain lines, where standard error is no terminal"""

Watcher = Callable[[str, int, int], None]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def report_step(what: str, done: int, total: int) -> None:
    """Report a step of some work to the watcher of the context, if there is one.

    Args:
        what: the work, in a few words
        done: number of completed steps
        total: number of all steps
    """
    watcher = _watcher.get()
    if watcher is not None:
        watcher(what, done, total)


@contextmanager
def quiet_steps() -> Iterator[None]:
    """Report no steps from inside the context: they are parts of a step that is reported as a whole."""
    token = _watcher.set(None)
    try:
        yield
    finally:
        _watcher.reset(token)


@contextmanager
def watch_steps(watcher: Watcher) -> Iterator[None]:
    """Call `watcher` at every step inside the context (arguments as in `report_step`)."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def time_left(seconds: float, done: int, remaining: int) -> str:
    """Return ", about 5 min left" for steps that take as long as those before; "" while too little is known.

    Args:
        seconds: time that the steps done took
        done: steps done in that time
        remaining: steps to come
    """
    if seconds < TELLING_SECONDS or done <= 0 or remaining <= 0:
        return ""
    left = seconds / done * remaining
    if left < 60:
        return f", about {left:.0f} s left"
    return f", about {left / 60:.0f} min left" if left < 5400 else f", about {left / 3600:.1f} h left"


@contextmanager
def show_progress(name: str = "") -> Iterator[None]:
    """Show the steps inside the context on standard error, once they take longer than SILENT_SECONDS.

    Args:
        name: of the file or item, shown before the step; may be empty
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    # Not console.is_terminal: FORCE_COLOR asks for colours, not for a bar in a file.
    on_terminal = console.file.isatty()
    started = shown = time.monotonic()
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    task = bar.add_task(name[-40:], total=None)
    before = f"{name[-40:]}: " if name else ""
    begun: tuple[str, float, int] = ("", started, 0)

    def watch(what: str, done: int, total: int) -> None:
        nonlocal shown, begun
        now = time.monotonic()
        if begun[0] != what:
            begun = (what, now, done)
        if now - started < SILENT_SECONDS:
            return
        if on_terminal:
            bar.start()
            left = time_left(now - begun[1], done - begun[2], total - done)
            bar.update(task, description=before + what + left, completed=done, total=total)
        elif now - shown >= PLAIN_SECONDS:
            shown = now
            left = time_left(now - begun[1], done - begun[2], total - done)
            console.print(f"{before}{what}, {done:,} of {total:,}{left}", markup=False, highlight=False)

    try:
        with watch_steps(watch):
            yield
    finally:
        if bar.live.is_started:
            bar.stop()
