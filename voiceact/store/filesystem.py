"""Where a run is kept: a folder, or anything fsspec reaches (memory://, s3://bucket/run).

A file appears whole or not at all: in a folder it is written under another name, flushed to the disk and
renamed; an object store shows an object only when it is whole.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import part_path, remove_part
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import check_relative_name, resolve_inside


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
        fs, self._root = _open_filesystem(self.url)
        protocols = (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
        self.folder = Path(self._root) if "file" in protocols else None
        self._fs = fs if self.folder is not None else _RemoteFilesystem(fs, self.url)

    # Listing

    def exists(self, name: str) -> bool:
        """Return whether there is a file of that name."""
        self._fs.invalidate_cache()
        return bool(name) and bool(self._fs.isfile(self._path(name)))

    def size(self, name: str) -> int:
        """Return the bytes of a file.

        Raises:
            VoiceactError: if there is no such file
        """
        try:
            return int(self._fs.size(self._path(name)))
        except FileNotFoundError:
            raise VoiceactError(f"{self.url}: has no {name}") from None

    def names(self, folder: str, suffix: str) -> list[str]:
        """Return the names of the files in a folder with that suffix, sorted; empty if there is no such folder."""
        return sorted(name for name, _ in self.iter_sizes(folder) if name.endswith(suffix))

    def sizes(self, folder: str) -> dict[str, int]:
        """Return name -> bytes of the files in a folder, without hidden ones; empty if there is no such folder."""
        return dict(self.iter_sizes(folder))

    def iter_sizes(self, folder: str) -> Iterator[tuple[str, int]]:
        """Yield name and bytes of the files in a folder, in no particular order and without holding the whole listing."""
        if self.folder is not None:
            # fsspec makes a dictionary of 15 entries of every file, which is a gigabyte where there are many shards.
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.folder / folder) as entries:
                for entry in entries:
                    # Another process may remove a file while the folder is listed.
                    with suppress(FileNotFoundError):
                        if _is_visible_file(entry):
                            yield f"{folder}/{entry.name}", entry.stat(follow_symlinks=False).st_size
            return
        # Another process, or another machine, may have written since the last listing.
        self._fs.invalidate_cache()
        try:
            entries_ = self._fs.ls(self._path(folder), detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return
        for entry_ in entries_:
            name = str(entry_["name"]).rstrip("/").rpartition("/")[2]
            if entry_["type"] == "file" and not name.startswith("."):
                yield f"{folder}/{name}", int(entry_["size"])

    def find(self, suffix: str) -> list[str]:
        """Return the names of all files with that suffix at any depth, sorted, without hidden ones (files being written)."""
        return sorted(self.iter_names(suffix))

    def iter_names(self, suffix: str) -> Iterator[str]:
        """Yield the names of all files with that suffix at any depth, in no particular order."""
        if self.folder is not None:
            folders = [""]
            while folders:
                folder = folders.pop()
                with suppress(FileNotFoundError, NotADirectoryError), os.scandir(self.folder / folder) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(f"{folder}{entry.name}/")
                        elif _is_visible_file(entry, suffix):
                            yield f"{folder}{entry.name}"
            return
        self._fs.invalidate_cache()
        root = self._root.strip("/")
        names = (str(path).strip("/").removeprefix(root).lstrip("/") for path in self._fs.find(self._root))
        yield from (name for name in names if name.endswith(suffix) and not name.rpartition("/")[2].startswith("."))

    # Reading

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading.

        Raises:
            VoiceactError: if there is none, or it cannot be read
        """
        try:
            file: IO[bytes] = self._fs.open(self._path(name), "rb")
        except FileNotFoundError:
            raise VoiceactError(f"{self.url}: has no {name}") from None
        except OSError as error:
            raise VoiceactError(f"{self.url}: cannot read {name}: {error.strerror or error}") from error
        return file

    def read(self, name: str) -> bytes:
        """Return all bytes of a file; raises as `open`."""
        with self.open(name) as file:
            return file.read()

    def read_range(self, name: str, start: int, length: int) -> bytes:
        """Return `length` bytes of a file from byte `start` on; fewer where the file ends before. Raises as `open`."""
        with self.open(name) as file:
            file.seek(start)
            return file.read(length)

    # Writing

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all.

        Raises:
            UsageError: if the store may not be written
            VoiceactError: if the disk is full, or the store fails
        """
        if self.folder is None:
            self._guarded(name, lambda: self._fs.pipe_file(self._path(name), data))
            return
        part = self.part_path(name)
        try:
            with part.open("wb") as file:
                file.write(data)
            self.publish(part, name)
        except OSError as error:
            raise storage_error(f"{self.url}/{name}", error) from error
        finally:
            remove_part(part)

    def part_path(self, name: str) -> Path:
        """Return a free hidden path beside a file of a local store, to be written and then published; makes its folder."""
        assert self.folder is not None
        self._path(name)
        path = self.folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(path.parent, error) from error
        return part_path(path)

    def publish(self, source: Path, name: str) -> None:
        """Move a complete local file to its place in the store; `source` is gone afterwards.

        Raises:
            UsageError, VoiceactError: as `write`
        """
        if self.folder is None:
            self._guarded(name, lambda: self._fs.put_file(str(source), self._path(name)))
            source.unlink()
            return
        self._path(name)
        target = self.folder / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _flush(source)
            os.replace(source, target)
            _flush(target.parent)
        except OSError as error:
            raise storage_error(target, error) from error

    def remove(self, name: str) -> None:
        """Remove a file if it is present."""
        if self.exists(name):
            try:
                self._fs.rm_file(self._path(name))
            except OSError as error:
                raise storage_error(f"{self.url}/{name}", error) from error

    def check_writable(self) -> None:
        """Raise UsageError unless files can be written here; a folder that does not exist yet is not created."""
        if self.folder is None:
            self.write(".writable", b"")
            self.remove(".writable")
            return
        nearest = next(folder for folder in (self.folder, *self.folder.absolute().parents) if folder.exists())
        if not nearest.is_dir():
            raise UsageError(f"cannot write into {self.url}: {nearest} is not a folder; choose another --out")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise UsageError(f"cannot write into {self.url}: folder {nearest} may not be written; choose another --out")

    def _path(self, name: str) -> str:
        """Return where a file lies in the file system; UntrustedPathError if its name leads out of the store."""
        check_relative_name(name, source=self.url)
        # A run may be from anywhere: a link in it leads to no other place, and a pipe is not waited for.
        if self.folder is not None and self.folder.is_dir():
            path = self.folder / name
            if path.is_symlink() or not path.is_dir():
                resolve_inside(self.folder, name, source=self.url)
        return f"{self._root}/{name}"

    def _guarded(self, name: str, change: Callable[[], Any]) -> None:
        """Run a change of a remote store and phrase its errors."""
        try:
            change()
        except PermissionError as error:
            raise UsageError(f"cannot write {name} in {self.url}: permission denied; check the store's keys") from error
        except OSError as error:
            raise VoiceactError(f"cannot write {name} in {self.url}: {error}") from error


class _RemoteFilesystem:
    """Wraps a remote file system and turns botocore's errors, which are no OSError, into UsageError."""

    def __init__(self, fs: Any, url: str):
        self._fs, self._url = fs, url

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        attribute = getattr(self._fs, name)
        return partial(self._call, attribute) if callable(attribute) else attribute

    def _call(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        botocore = sys.modules.get("botocore.exceptions")
        unreachable: tuple[type[Exception], ...] = (botocore.BotoCoreError,) if botocore else ()
        try:
            return method(*arguments, **named)
        except unreachable as error:
            raise UsageError(f"{self._url}: the store cannot be reached ({error}); check its keys and its address") from error


def storage_error(path: str | os.PathLike[str], error: OSError) -> VoiceactError:
    """Return the error of a write that failed on a local disk, phrased for the user."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UsageError(f"cannot write {path}: permission denied; choose another folder")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return UsageError(f"cannot write {path}: one of its folders is a file; choose another folder")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return VoiceactError(
            f"cannot write {path}: the disk is full; free some space and run again, nothing that was finished is lost"
        )
    return VoiceactError(f"cannot write {path}: {error.strerror or error}")


def _open_filesystem(url: str) -> tuple[Any, str]:
    """Return fsspec's file system of a URL and the root path in it.

    Raises:
        MissingExtraError: if fsspec, or the package of a known scheme, is not installed
        UsageError: if the URL is no store that fsspec knows, or it cannot be reached
    """
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
        raise UsageError(
            f"{url}: the package for {scheme}:// stores is not installed; fsspec's documentation names it"
        ) from None
    except ValueError as error:
        raise UsageError(f"{url}: is no folder and no store that fsspec knows ({error})") from None
    except OSError as error:
        # Some file systems (ftp, sftp) connect as soon as they are made.
        raise UsageError(f"{url}: the store cannot be reached ({error}); check its keys and its address") from error
    return fs, str(root).rstrip("/") or "/"


def _is_visible_file(entry: "os.DirEntry[str]", suffix: str = "") -> bool:
    """Return whether an entry is a plain file with that suffix and not hidden."""
    return entry.name.endswith(suffix) and not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
