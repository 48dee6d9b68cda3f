"""A file that only grows, and the lock of a file: what journals are made of.

An append is whole with the operating system when it returns, whichever process is killed then, or is taken back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from voiceact.errors import VoiceactError
from voiceact.store.filesystem import storage_error

LOCK_SECONDS = 120.0
"""how long a file may be held by a process whose run has ended: that process stops after what it is at"""


class AppendFile:
    """A file opened for appending, without a buffer.

    Args:
        path: of the file; made if it does not exist
        end: bytes that stay; what lies behind them, cut short by a kill, is cut off

    Raises:
        VoiceactError: if the file cannot be opened
    """

    def __init__(self, path: Path, end: int):
        self.path = path
        try:
            self._file = path.open("ab", buffering=0)
            self._file.truncate(end)
        except OSError as error:
            raise storage_error(path, error) from error
        self._end = end

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def append(self, data: bytes) -> None:
        """Write all bytes or none: an unbuffered write may end early on a disk that has just become full.

        Raises:
            VoiceactError: if the disk does not take them
        """
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._file.truncate(self._end)
            raise storage_error(self.path, error) from error
        self._end += len(data)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


@contextmanager
def hold_lock(path: Path, *, seconds: float = LOCK_SECONDS, advice: str = "end it, then run again") -> Iterator[None]:
    """Hold a lock against all other processes; the operating system releases it when the process is killed.

    Args:
        path: of the lock, a file of its own; its folder is made
        seconds: to wait for another process that holds it
        advice: what the user can do if it does not let go

    Raises:
        VoiceactError: if another process holds it, or the folder cannot be written
    """
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=seconds)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise VoiceactError(f"{path}: is held by another process; {advice}") from None
    except OSError as error:
        raise storage_error(path.parent, error) from error
    try:
        yield
    finally:
        lock.release()
