"""Where a run is kept: a folder, or anything fsspec reaches (memory://, s3://bucket/run).

A file appears whole or not at all: in a folder it is written under another name, flushed to the disk and
renamed; an object store shows an object only when it is whole.
"""

import errno
import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from voiceact.errors import MissingExtraError, UsageError, VoiceactError
from voiceact.runtime.atomic_files import remove_part


class Store:
    """Files by name ("verified/shard-000003.tar") below one folder or URL.

    Attributes:
        url: as the user gave it
        folder: the local folder; None where the store is elsewhere
    """

    def __init__(self, url: str | os.PathLike[str]):
        self.url = os.fspath(url)
        if not self.url.strip():
            raise UsageError("the name of the run folder is empty; name one, such as my-run or s3://bucket/run")
        fs, self._root = _filesystem(self.url)
        self.folder = Path(self._root) if "file" in _protocols(fs) else None
        self._fs = fs if self.folder is not None else _Reached(fs, self.url)

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        self._fs.invalidate_cache()
        return bool(self._fs.isfile(self._at(name)))

    def size(self, name: str) -> int:
        """Bytes of a file; VoiceactError if there is none."""
        try:
            return int(self._fs.size(self._at(name)))
        except FileNotFoundError:
            raise VoiceactError(f"{self.url}: has no {name}") from None

    def names(self, folder: str, suffix: str) -> list[str]:
        """Names of the files in a folder with that suffix, sorted; empty if there is no such folder."""
        return sorted(name for name in self.sizes(folder) if name.endswith(suffix))

    def sizes(self, folder: str) -> dict[str, int]:
        """Name -> bytes of the files in a folder, hidden ones left out; empty if there is no such folder."""
        return dict(self.listed(folder))

    def listed(self, folder: str) -> Iterator[tuple[str, int]]:
        """As `sizes`, one after another in whatever order: of a local folder nothing is remembered."""
        if self.folder is not None:
            yield from self._scanned(self.folder / folder, folder)
            return
        # Another process, or another machine, may have written since this one last looked.
        self._fs.invalidate_cache()
        try:
            found = self._fs.ls(self._at(folder), detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return
        bare = ((str(entry["name"]).rstrip("/").rpartition("/")[2], entry) for entry in found if entry["type"] == "file")
        yield from ((f"{folder}/{name}", int(entry["size"])) for name, entry in bare if not name.startswith("."))

    def _scanned(self, path: Path, folder: str) -> Iterator[tuple[str, int]]:
        # fsspec makes a dictionary of 15 entries of every file, which is a gigabyte where there are many shards.
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    # What another process takes away meanwhile is not there.
                    with suppress(FileNotFoundError):
                        if _is_meant(entry):
                            yield f"{folder}/{entry.name}", entry.stat(follow_symlinks=False).st_size
        except (FileNotFoundError, NotADirectoryError):
            return

    def find(self, suffix: str) -> list[str]:
        """Names of all files with that suffix, however deep, sorted; hidden ones, which are being written, left out."""
        return sorted(self.found(suffix))

    def found(self, suffix: str) -> Iterator[str]:
        """As `find`, one after another in whatever order."""
        if self.folder is not None:
            yield from self._walked(self.folder, suffix)
            return
        self._fs.invalidate_cache()
        root = self._root.strip("/")
        names = (str(path).strip("/").removeprefix(root).lstrip("/") for path in self._fs.find(self._root))
        yield from (name for name in names if name.endswith(suffix) and not name.rpartition("/")[2].startswith("."))

    def _walked(self, root: Path, suffix: str) -> Iterator[str]:
        folders = [""]
        while folders:
            folder = folders.pop()
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(root / folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(f"{folder}{entry.name}/")
                    elif _is_meant(entry, suffix):
                        yield f"{folder}{entry.name}"

    def open(self, name: str) -> IO[bytes]:
        """A file for reading; VoiceactError if there is none."""
        try:
            file: IO[bytes] = self._fs.open(self._at(name), "rb")
        except FileNotFoundError:
            raise VoiceactError(f"{self.url}: has no {name}") from None
        except OSError as error:
            raise VoiceactError(f"{self.url}: cannot read {name}: {error.strerror or error}") from error
        return file

    def read(self, name: str) -> bytes:
        """All bytes of a file; VoiceactError if there is none."""
        with self.open(name) as file:
            return file.read()

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of a file; fewer than asked where it ends before."""
        with self.open(name) as file:
            file.seek(start)
            return file.read(length)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all.

        Raises:
            UsageError: if the store may not be written
            VoiceactError: if the disk is full, or the store fails
        """
        if self.folder is None:
            self._guarded(name, lambda: self._fs.pipe_file(self._at(name), data))
            return
        part = self.part(name)
        try:
            with part.open("wb") as file:
                file.write(data)
            self.publish(part, name)
        except OSError as error:
            raise told(f"{self.url}/{name}", error) from error
        finally:
            remove_part(part)

    def part(self, name: str) -> Path:
        """A free local name beside a file of a local store, to be written and then published."""
        assert self.folder is not None
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise told(path.parent, error) from error
        return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")

    def publish(self, source: Path, name: str) -> None:
        """Move a whole local file to its place; the source is gone afterwards.

        Raises:
            UsageError, VoiceactError: as `write`
        """
        if self.folder is None:
            self._guarded(name, lambda: self._fs.put_file(str(source), self._at(name)))
            source.unlink()
            return
        target = self.folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _flush(source)
            os.replace(source, target)
            _flush(target.parent)
        except OSError as error:
            raise told(target, error) from error

    def remove(self, name: str) -> None:
        """Take a file away, if it is there."""
        if self.exists(name):
            try:
                self._fs.rm_file(self._at(name))
            except OSError as error:
                raise told(f"{self.url}/{name}", error) from error

    def check_writable(self) -> None:
        """Raise UsageError unless files can be written here; a folder that is not there yet is not made."""
        if self.folder is None:
            self.write(".writable", b"")
            self.remove(".writable")
            return
        there = next(folder for folder in (self.folder, *self.folder.absolute().parents) if folder.exists())
        if not there.is_dir():
            raise UsageError(f"cannot write into {self.url}: {there} is not a folder; choose another --out")
        if not os.access(there, os.W_OK | os.X_OK):
            raise UsageError(f"cannot write into {self.url}: folder {there} may not be written; choose another --out")

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _guarded(self, name: str, change: Callable[[], Any], what: str = "write") -> None:
        try:
            change()
        except PermissionError as error:
            raise UsageError(f"cannot {what} {name} in {self.url}: permission denied; check the store's keys") from error
        except OSError as error:
            raise VoiceactError(f"cannot {what} {name} in {self.url}: {error}") from error


class _Reached:
    """A file system elsewhere, of which it is told in words that it cannot be reached: botocore's errors are no OSError."""

    def __init__(self, fs: Any, url: str):
        self._fs, self._url = fs, url

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._fs, name)
        return partial(self._asked, found) if callable(found) else found

    def _asked(self, call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except _unreached() as error:
            raise UsageError(f"{self._url}: the store cannot be reached ({error}); check its keys and its address") from error


def _unreached() -> tuple[type[Exception], ...]:
    botocore = sys.modules.get("botocore.exceptions")
    return (botocore.BotoCoreError,) if botocore else ()


def told(path: str | os.PathLike[str], error: OSError) -> VoiceactError:
    """What went wrong on a local disk, as a sentence."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UsageError(f"cannot write {path}: permission denied; choose another folder")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return UsageError(f"cannot write {path}: one of its folders is a file; choose another folder")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return VoiceactError(f"cannot write {path}: the disk is full; free some space and run again, nothing that was "
                             "finished is lost")
    return VoiceactError(f"cannot write {path}: {error.strerror or error}")


def _filesystem(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
        from fsspec.implementations.local import LocalFileSystem
    except ImportError:
        raise MissingExtraError("recipes and data sets", "dataset") from None
    if "://" not in url:
        # A folder may be called a::b, which fsspec would take for two stores in one.
        fs = LocalFileSystem()
        return fs, str(fs._strip_protocol(url)).rstrip("/") or "/"
    try:
        fs, root = url_to_fs(url)
    except ImportError:
        scheme = url.partition("://")[0]
        extra = "s3" if scheme in ("s3", "s3a") else None
        if extra:
            raise MissingExtraError(f"a store at {scheme}://", extra) from None
        raise UsageError(f"{url}: the package for {scheme}:// stores is not installed; fsspec's documentation names "
                         "it") from None
    except ValueError as error:
        raise UsageError(f"{url}: is no folder and no store that fsspec knows ({error})") from None
    except OSError as error:
        # Some file systems (ftp, sftp) connect as soon as they are made.
        raise UsageError(f"{url}: the store cannot be reached ({error}); check its keys and its address") from error
    return fs, str(root).rstrip("/") or "/"


def _is_meant(entry: "os.DirEntry[str]", suffix: str = "") -> bool:
    """A plain file that is not hidden."""
    return entry.name.endswith(suffix) and not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
