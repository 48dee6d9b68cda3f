"""Ctrl-C and SIGTERM: finish what was begun, or end in order; never in the middle of a file.

Light, as every verb imports it.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether no further job is to be begun, and the number of the signal that asked for it, if one did."""

    asked = False
    signal: int | None = None


class Terminated(KeyboardInterrupt):
    """SIGTERM, where it ends a program as Ctrl-C does."""


@contextmanager
def gentle_stop(announce: Callable[[], None] = lambda: None, *, signals: Sequence[int] = (signal.SIGINT,)) -> Iterator[Stop]:
    """Let the first Ctrl-C finish the jobs begun; a second one raises KeyboardInterrupt as usual.

    announce: is called at the first Ctrl-C
    signals: what counts as Ctrl-C; of SIGTERM the second raises Terminated
    Outside the main thread, where no signal can be caught, Ctrl-C stays what it is.
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
    """SIGTERM raises Terminated, so that what a program has begun is ended in order."""
    def handle(number: int, frame: FrameType | None) -> None:
        raise _interrupt(number)

    with _handled(handle, (signal.SIGTERM,)):
        yield


def exit_status(number: int | None) -> int:
    """Of a program that a signal has stopped, as shells have it: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + (number or signal.SIGINT)


def _interrupt(number: int) -> KeyboardInterrupt:
    return Terminated() if number == signal.SIGTERM else KeyboardInterrupt()


@contextmanager
def _handled(handle: Callable[[int, FrameType | None], None], signals: Sequence[int]) -> Iterator[None]:
    """Some signals are handled so meanwhile; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
