"""Paths that came from elsewhere: the only place that resolves a file name read from a record, run, test folder or export.

Such a name is data about another machine. It may only lead to a regular file inside the folder of the file that states it
(docs/security.md).
"""

import os
import stat
from pathlib import Path, PureWindowsPath

from voiceact.errors import UsageError

LONGEST_NAME = 1024
"""characters of a relative path; longer ones are refused"""

MAX_TEXT_FILE_BYTES = 64 * 2**20
"""bytes of a record, recipe, table or other text file; larger ones are refused before they are read"""


class UntrustedPathError(UsageError):
    """Raise for a path from a file that leads outside the file's folder, or to something that is no regular file."""


def check_relative_name(name: str, *, source: str = "") -> str:
    """Return `name` if it is a plain relative path, without looking at the disk.

    Args:
        name: path as the foreign file states it, with / between its parts
        source: what states it, for the message ("clip.json: audio.path"); empty leaves it out

    Returns:
        `name`, unchanged.

    Raises:
        UntrustedPathError: if it is empty, too long, absolute (POSIX or Windows), holds `..`, a backslash or a control
            character, or cannot be encoded
    """
    start = f"{source}: " if source else ""
    if not isinstance(name, str) or not name or len(name) > LONGEST_NAME:
        raise UntrustedPathError(
            f"{start}expected a relative file name of 1 to {LONGEST_NAME} characters; correct the file that names it"
        )
    shown = ascii(name if len(name) <= 80 else name[:80] + "…")
    if any(ord(character) < 32 or 127 <= ord(character) < 160 or 0xD800 <= ord(character) < 0xE000 for character in name):
        raise UntrustedPathError(f"{start}{shown} holds a control character or half a character; expected a plain file name")
    if name.startswith(("/", "~")) or "\\" in name or PureWindowsPath(name).drive:
        raise UntrustedPathError(
            f"{start}{shown} is not relative; expected a file name inside the folder of the file that names it"
        )
    if ".." in name.split("/"):
        raise UntrustedPathError(f"{start}{shown} leads outside its folder; expected a file name without '..'")
    return name


def resolve_inside(folder: str | os.PathLike[str], name: str, *, source: str = "") -> Path:
    """Resolve a path that a foreign file names, and refuse everything outside `folder`.

    The file may be missing: then the path is that where it would be, so that the caller can say so or write it.

    Args:
        folder: trusted folder, chosen by the user; may itself be a link
        name: relative path as the foreign file states it
        source: what states it, for the message

    Returns:
        The path inside `folder`, with all links resolved.

    Raises:
        UntrustedPathError: if `name` is no plain relative path (see check_relative_name), a link leads outside `folder`, or
            what is there is a folder, FIFO, socket or device
    """
    check_relative_name(name, source=source)
    start = f"{source}: " if source else ""
    root = Path(folder).resolve()
    try:
        path = (root / name).resolve()
        if path == root or not path.is_relative_to(root):
            raise UntrustedPathError(
                f"{start}{ascii(name)} leads outside {root}; expected a file inside that folder, not a link to another one"
            )
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return path
    except (OSError, RuntimeError) as error:  # a loop of links, a name too long for the file system, a file used as a folder
        raise UntrustedPathError(f"{start}{ascii(name)} cannot be resolved ({error}); expected a file inside {root}") from None
    if not stat.S_ISREG(mode):
        raise UntrustedPathError(f"{start}{ascii(name)} is no regular file; expected a file inside {root}")
    return path


def read_regular_file(path: str | os.PathLike[str], *, max_bytes: int = MAX_TEXT_FILE_BYTES) -> bytes:
    """Read a file after making sure that reading ends: it is regular and not larger than `max_bytes`.

    A FIFO or terminal is refused rather than waited for.

    Args:
        path: file to read; may be a link
        max_bytes: largest size accepted

    Returns:
        Its content.

    Raises:
        UntrustedPathError: if the path holds NUL, is no regular file, or the file is too large
        OSError: if it is missing or cannot be read
    """
    if "\0" in os.fspath(path):
        raise UntrustedPathError(f"{ascii(os.fspath(path))} holds a NUL character; expected a file name")
    # O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UntrustedPathError(f"{os.fspath(path)} is no regular file; expected a file, not a pipe, folder or device")
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise UntrustedPathError(f"{os.fspath(path)} is larger than {max_bytes / 2**20:.0f} MiB; expected a smaller file")
    return content
