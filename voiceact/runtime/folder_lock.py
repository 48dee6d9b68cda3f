"""Lock a folder, so that one process at a time writes into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voiceact.errors import VoiceactError

NAME = ".voiceact.lock"


@contextmanager
def hold_folder(folder: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Lock a folder against other processes that lock it too; the lock of a process that dies is released.

    Without effect on systems without flock, and on shared folders that do not support it.

    Args:
        folder: must exist
        what: the command that writes into it, for the message ("voiceact lines")

    Raises:
        VoiceactError: if another process holds the lock, or its file cannot be created
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    path = Path(folder, NAME)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise VoiceactError(f"{path}: cannot be made ({error.strerror}); check the folder") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The process that held the lock may have removed the file in between: this lock would then be without effect.
            taken = not path.exists() or os.fstat(descriptor).st_ino != path.stat().st_ino
        except BlockingIOError:
            taken = True
        except OSError:
            taken = False  # a file system without locks
        if taken:
            raise VoiceactError(
                f"{folder}: another process is at work in it ({what}); wait until it has ended, or choose another folder"
            )
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)
