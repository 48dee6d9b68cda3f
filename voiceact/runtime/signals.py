"""Handle Ctrl-C and SIGTERM: finish the jobs that have begun, or end in order; never in the middle of a file.

Every command imports this module, so it imports little.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


class Stop:
    """A request to begin no further job.

    Attributes:
        asked: whether it was made
        signal: number of the signal that made it, if one did
    """

    asked = False
    signal: int | None = None


class Terminated(KeyboardInterrupt):
    """Raised by SIGTERM where it ends a program like Ctrl-C."""


@contextmanager
def graceful_stop(announce: Callable[[], None] = lambda: None, *, signals: Sequence[int] = (signal.SIGINT,)) -> Iterator[Stop]:
    """Turn the first Ctrl-C into a stop request; a second one raises KeyboardInterrupt as usual.

    Outside the main thread, where no signal can be handled, Ctrl-C is unchanged.

    Args:
        announce: called at the first Ctrl-C
        signals: signals that count as Ctrl-C; a second SIGTERM raises Terminated
    """
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise _interrupt(number)
        stop.asked, stop.signal = True, number
        announce()

    with _handled(handle, signals):
        yield stop


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM raise Terminated, so that a program closes its work in order."""

    def handle(number: int, frame: FrameType | None) -> None:
        raise _interrupt(number)

    with _handled(handle, (signal.SIGTERM,)):
        yield


def exit_status(number: int | None) -> int:
    """Return the exit status of a program that a signal stopped, as in a shell: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + (number or signal.SIGINT)


def _interrupt(number: int) -> KeyboardInterrupt:
    return Terminated() if number == signal.SIGTERM else KeyboardInterrupt()


@contextmanager
def _handled(handle: Callable[[int, FrameType | None], None], signals: Sequence[int]) -> Iterator[None]:
    """Install a handler of signals inside the context; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
