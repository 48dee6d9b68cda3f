"""One process at a time in a folder of files that are made."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voiceact.errors import VoiceactError

NAME = ".voiceact.lock"


@contextmanager
def hold_folder(folder: str | os.PathLike[str], what: str) -> Iterator[None]:
    """Hold a folder against other processes that hold it too; a process that dies lets it go.

    On systems without flock, and on shared folders that do not know it, nothing is held.

    Args:
        folder: must be there
        what: what is done in it, for the message ("voiceact lines")

    Raises:
        VoiceactError: if another process holds it, or its lock cannot be made
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
            # The process that held it may have taken the file away meanwhile: then this would be a lock of nothing.
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
