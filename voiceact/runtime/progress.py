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
def watch_steps(watcher: Watcher) -> Iterator[None]:
    """Call `watcher` at every step inside the context (arguments as in `report_step`)."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


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

    def watch(what: str, done: int, total: int) -> None:
        nonlocal shown
        now = time.monotonic()
        if now - started < SILENT_SECONDS:
            return
        if on_terminal:
            bar.start()
            bar.update(task, description=before + what, completed=done, total=total)
        elif now - shown >= PLAIN_SECONDS:
            shown = now
            console.print(f"{before}{what}, {done} of {total}", markup=False, highlight=False)

    try:
        with watch_steps(watch):
            yield
    finally:
        if bar.live.is_started:
            bar.stop()
