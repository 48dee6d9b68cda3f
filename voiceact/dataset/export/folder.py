"""Write the folder of an export: it appears whole or not at all, with a list of its files."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import part_path, sha256_file
from voiceact.store.filesystem import storage_error

CHECKSUMS = "checksums.sha256"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def check_out(out: Path) -> Path:
    """Return the absolute path of an export's folder.

    Raises:
        UsageError: if it cannot be made there
    """
    if _URL.match(str(out)):
        raise UsageError(f"{out}: exports are written to a folder on this machine; name one, and upload it afterwards")
    folder = out.absolute().resolve()
    if folder.is_dir():
        if any(folder.iterdir()):
            raise UsageError(f"folder {out} is not empty; name a new one, or empty it")
    elif folder.exists():
        raise UsageError(f"{out} is a file; expected the name of a new folder")
    there = _nearest_folder(folder.parent)
    if not there.is_dir():
        raise UsageError(f"cannot make {out}: {there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"cannot make {out}: folder {there} may not be written; choose another")
    return folder


def _nearest_folder(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a temporary folder that takes the place of `folder` on success, and is removed on failure.

    It lies below the nearest existing folder, so that no other folder has to be made first.
    """
    there = _nearest_folder(folder.parent)
    temporary = part_path(there / folder.name)
    try:
        temporary.mkdir()
        yield temporary
        folder.parent.mkdir(parents=True, exist_ok=True)
        if folder.is_dir():
            folder.rmdir()
        temporary.rename(folder)
    except OSError as error:
        raise storage_error(folder, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_checksums(folder: Path) -> tuple[int, int]:
    """Write `checksums.sha256`, as `sha256sum --check` reads it.

    Returns:
        Files and bytes in the folder.
    """
    files, size = 0, 0
    with (folder / CHECKSUMS).open("x", encoding="utf-8", newline="\n") as lines:
        for path in _sorted_files(folder):
            if path.name != CHECKSUMS:
                lines.write(f"{sha256_file(path)}  {path.relative_to(folder).as_posix()}\n")
                files, size = files + 1, size + path.stat().st_size
    return files + 1, size + (folder / CHECKSUMS).stat().st_size


def _sorted_files(folder: Path) -> Iterator[Path]:
    """Yield all files, folder by folder, so that only the names of one folder are in memory at once."""
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _sorted_files(path)
        else:
            yield path


__all__ = ["CHECKSUMS", "check_out", "whole_folder", "write_checksums"]
