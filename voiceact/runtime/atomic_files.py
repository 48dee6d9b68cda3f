"""Write files that appear whole or not at all."""

import errno
import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from voiceact.errors import UsageError, VoiceactError


def write_whole(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path` through a temporary name in the same folder, so that no half file is ever seen.

    Raises:
        UsageError: if the folder does not exist, is no folder or may not be written
        VoiceactError: if writing fails (a full disk)
    """
    write_together([(Path(path), data)])


def write_together(files: Sequence[tuple[Path, bytes]]) -> None:
    """Write several files under temporary names and rename them, in the order given, once all are on the disk.

    An older file under the last name is removed before, so that it is never found beside newer ones.

    Raises:
        UsageError: as `write_whole`; all files are then unchanged
        VoiceactError: as `write_whole`; all files are then unchanged
    """
    temporary = [part_path(path) for path, _ in files]
    try:
        for (path, data), where in zip(files, temporary, strict=True):
            check_folder(path)
            try:
                where.write_bytes(data)
            except OSError as error:
                raise phrase_write_error(path, error) from error
        if len(files) > 1:
            files[-1][0].unlink(missing_ok=True)
        for (path, _), where in zip(files, temporary, strict=True):
            os.replace(where, path)
    finally:
        for where in temporary:
            remove_part(where)


def part_path(path: Path) -> Path:
    """Return a new temporary name beside `path`, under which a file or folder is written before it is renamed.

    It begins with a dot and ends in .part, by which what a killed process left is known and removed.
    """
    # A name may take 255 bytes, and a character up to four of them.
    stem = path.name.encode("utf-8", "replace")[:80].decode("utf-8", "ignore")
    return path.with_name(f".{stem}.{secrets.token_hex(4)}.part")


def remove_part(path: Path) -> None:
    """Remove a temporary file, if there is one."""
    # In a folder that may not be written there is none, and the error of removing it would hide the cause.
    if os.path.lexists(path):
        path.unlink()


def write_text_whole(path: str | os.PathLike[str], text: str) -> None:
    """Write text in UTF-8 with line feeds; errors as `write_whole`."""
    write_whole(path, text.encode("utf-8"))


def check_out_file(path: Path, run: Path | None) -> None:
    """Check that a file can be written to `path` and is none of the run's own.

    Args:
        path: of the file
        run: folder of the run whose content it holds; None if the run is in a remote store

    Raises:
        UsageError: if it cannot, or lies among the files of the run
    """
    check_folder(path)
    inside = path.absolute().resolve()
    if run is None or run.resolve() not in inside.parents:
        return
    parts = inside.relative_to(run.resolve()).parts
    if len(parts) > 1 or path.exists() and parts[0].endswith((".json", ".yaml")):
        raise UsageError(f"{path} is, or lies among, the files of the run itself; name a file outside")


def check_folder(path: Path) -> None:
    """Check that a file can be written to `path`, before work is spent on it.

    Raises:
        UsageError: if it cannot, with the cause
    """
    # First, as is_dir() and exists() raise of a name that is too long.
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise phrase_write_error(path, error) from error
    if path.is_dir():
        raise UsageError(f"{path} is a folder; expected the name of a file to write")
    if path.exists() and not path.is_file():
        # A new file replaces an old one, so /dev/null itself would be replaced.
        raise UsageError(f"{path} is a device or a pipe; expected the name of a file to write")
    if not path.parent.exists():
        raise UsageError(f"cannot write {path.name}: folder {path.parent} does not exist; create it first")
    if not path.parent.is_dir():
        raise UsageError(f"cannot write {path.name}: {path.parent} is not a folder")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write {path.name}: folder {path.parent} may not be written; choose another")


def phrase_write_error(path: Path, error: OSError) -> VoiceactError:
    """Return the error to raise for a file that could not be written: one sentence with its name and the cause."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UsageError(f"cannot write {path}: permission denied; choose another folder")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return VoiceactError(f"cannot write {path}: the disk is full; nothing was left half-written")
    if error.errno == errno.ENAMETOOLONG:
        return UsageError(f"cannot write {path.name[:40]}…: the name is too long; choose a shorter one")
    return VoiceactError(f"cannot write {path}: {error.strerror or error}")


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
