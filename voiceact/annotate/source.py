"""Sources of speech: a folder, pattern, list or table of files, WebDataset tars, Parquet, here or where fsspec reaches.

source = find_source("recordings/")
for entry in source.entries():
    ...  # ClipEntry or ContainerEntry, in an order that does not depend on the disk
"""

import csv
import glob
import hashlib
import io
import os
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

import msgspec

from voiceact.annotate.listing import AUDIO_SUFFIXES, ClipEntry, ContainerEntry, Entry, is_audio, stated_fields
from voiceact.errors import UsageError, count_noun, listed
from voiceact.runtime.extras import MissingExtraError

PATH_COLUMNS = ("path", "file", "file_name", "filename", "audio", "audio_path", "audio_filepath", "wav", "wav_path", "url")
"""columns of a table that may hold the path of a clip, the first that is present being taken"""
AUDIO_COLUMNS = ("audio", "sound", "speech", "bytes", "wav", "flac", "mp3", "ogg", "data", "content")
"""columns of Parquet that may hold audio: bytes, or a struct with the field `bytes`"""
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
"""tables of a Hugging Face audiofolder, whose column `file_name` is relative to their folder"""
TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
LISTS = (".txt", ".lst", ".list", ".scp")
MOST_ROW_GROUPS = 1_000_000
SHOWN = 5


@dataclass
class Source:
    """A source of speech that was found.

    Attributes:
        name: as the user gave it
        kind: folder, files, list, table, audiofolder, webdataset or parquet
        produce: yields the entries
        notes: sentences for the user; complete when the entries are
    """

    name: str
    kind: str
    produce: "Callable[[Source], Iterator[Entry]]"
    notes: list[str] = field(default_factory=list)

    def entries(self) -> Iterator[Entry]:
        """Yield what the source holds; the second of two entries of one path is left out, and said."""
        return self.produce(self)


@dataclass(frozen=True)
class Files:
    """Files of this machine (`fs` None) or of a file system of fsspec."""

    fs: Any = None
    protocol: str = ""

    def open(self, path: str) -> IO[bytes]:
        """Open a file for reading; raises OSError."""
        if self.fs is None:
            return Path(path).open("rb")
        file: IO[bytes] = self.fs.open(path.removeprefix(self.protocol), "rb")
        return file

    def entry(self, name: str, path: str, stated: dict[str, str] | None = None) -> ClipEntry:
        """Return the entry of a file, with its size and age where they can be told."""
        if not _is_text(name) or not _is_text(path):
            shown = os.fsencode(name).decode("utf-8", "backslashreplace")
            return ClipEntry(shown, "", fault="its name is not UTF-8; rename it")
        size, changed = self.stat(path)
        return ClipEntry(name, path, size, changed, stated or {})

    def stat(self, path: str) -> tuple[int | None, int | None]:
        """Return size and time of the last change of a file; None for what cannot be told."""
        if self.fs is not None:
            return None, None
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            return None, None
        return status.st_size, status.st_mtime_ns


def files_of(path: str) -> tuple[Files, str]:
    """Return the files among which a path or URL lies, and the path, of a URL with its protocol.

    Raises:
        UsageError: for a URL that fsspec does not know
    """
    if "://" not in path:
        return Files(), os.path.abspath(path)
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtraError("a source elsewhere", "dataset") from None
    try:
        fs, root = url_to_fs(path)
    except (ValueError, ImportError, OSError) as error:
        raise UsageError(
            f"{path}: is no place that fsspec can reach ({error}); expected a folder or a URL such as s3://"
        ) from error
    return Files(fs, path.partition("://")[0] + "://"), path.partition("://")[0] + "://" + str(root)


def find_source(name: str, lines: Iterable[str] = ()) -> Source:
    """Find out what a source is.

    Args:
        name: a folder; an audio file or a pattern (`takes/*.wav`); a list (.txt) or "-" for `lines`; a table (.csv, .tsv,
            .jsonl) with a column of paths; tars of WebDataset (`shards-{000..010}.tar`); Parquet; each also as a URL
        lines: of standard input

    Raises:
        UsageError: if there is no such source, or it holds nothing to annotate
    """
    if not name.strip():
        raise UsageError("the source is empty; expected a folder, a pattern, a list, a table, tars or Parquet")
    if name == "-":
        return Source("-", "list", lambda source: _list_entries(source, "standard input", lines, os.getcwd()))
    if "\0" in name:
        raise UsageError(f"{ascii(name)} holds a NUL character; expected the name of a source")
    files, path = files_of(name)
    if files.fs is not None:
        return _find_remote(name, files, path)
    if os.path.isdir(name):
        return _find_folder(name, Path(path))
    names = sorted(_braces(name))
    if len(names) > 1 or (not os.path.lexists(name) and glob.has_magic(name)):
        matched = sorted(
            path for part in names for path in (glob.glob(part, recursive=True) if glob.has_magic(part) else [part])
        )
        matched = [path for path in matched if not os.path.isdir(path)]
        if not matched:
            raise UsageError(f"{name}: matches no file")
        return _find_files(name, matched)
    if not os.path.exists(name):
        raise UsageError(f"{name}: no such file or folder; expected recordings, a list or table of them, tars or Parquet")
    return _find_files(name, [name])


# --- What it is


def _find_folder(name: str, folder: Path) -> Source:
    """Look through a folder, up to what decides."""
    counts = {"audio": 0, "tar": 0, "parquet": 0, "metadata": 0}
    for place in _walk(str(folder)):
        leaf = os.path.basename(place)
        if leaf in METADATA:
            counts["metadata"] += 1
        elif leaf.endswith(".tar"):
            counts["tar"] += 1
        elif leaf.endswith(".parquet"):
            counts["parquet"] += 1
        elif is_audio(leaf):
            counts["audio"] += 1
        if counts["audio"] > 1000 and not counts["metadata"]:
            break
    if counts["metadata"] and counts["audio"]:
        return Source(name, "audiofolder", lambda source: _audiofolder_entries(source, folder))
    if counts["audio"]:
        return Source(name, "folder", lambda source: _folder_entries(source, folder))
    for kind, suffix in (("webdataset", ".tar"), ("parquet", ".parquet")):
        paths = [place for place in _walk(str(folder)) if place.endswith(suffix)]
        if paths:
            return _find_files(name, paths, root=folder, kind=kind)
    raise UsageError(
        f"{folder}: holds no audio; expected files such as {', '.join(AUDIO_SUFFIXES[:4])}, tars of WebDataset, or Parquet"
    )


def _find_files(name: str, paths: list[str], *, root: Path | None = None, kind: str = "", files: Files | None = None) -> Source:
    """Tell the kind of named files by their suffixes, which must agree."""
    here = files or Files()
    suffixes = {PurePosixPath(path).suffix.casefold() for path in paths}
    only = next(iter(suffixes)) if len(suffixes) == 1 else ""
    if kind == "webdataset" or only == ".tar":
        return Source(name, "webdataset", lambda source: _containers(source, here, paths, root, _tar_entries))
    if kind == "parquet" or only == ".parquet":
        return Source(name, "parquet", lambda source: _containers(source, here, paths, root, _parquet_entries))
    if only in TABLES and len(paths) == 1:
        return Source(name, "table", lambda source: _table_entries(source, here, paths[0]))
    if only in LISTS and len(paths) == 1:
        return Source(name, "list", lambda source: _read_list(source, here, paths[0]))
    strange = sorted(suffix or "none" for suffix in suffixes if suffix not in AUDIO_SUFFIXES)
    if strange:
        raise UsageError(
            f"{name}: files of suffix {listed(strange)} are no source; expected audio ({', '.join(AUDIO_SUFFIXES[:5])}), "
            "a list (.txt), a table (.csv, .tsv, .jsonl), .tar or .parquet, one kind at a time"
        )
    return Source(name, "files", lambda source: _named_entries(source, here, paths))


def _find_remote(name: str, files: Files, path: str) -> Source:
    bare = path.removeprefix(files.protocol)
    try:
        if files.fs.isdir(bare):
            paths = sorted(str(path) for path in files.fs.find(bare))
        elif glob.has_magic(bare) or "{" in bare:
            paths = sorted(
                {str(path) for part in _braces(bare) for path in (files.fs.glob(part) if glob.has_magic(part) else [part])}
            )
        else:
            paths = [bare] if files.fs.exists(bare) else []
    except OSError as error:
        raise UsageError(f"{name}: cannot be reached ({error}); check its keys and its address") from error
    whole = [files.protocol + path.removeprefix(files.protocol) for path in paths]
    sounds = [path for path in whole if is_audio(path)]
    if sounds and len(whole) > 1:
        return Source(name, "files", lambda source: _named_entries(source, files, sounds))
    for kind, suffix in (("webdataset", ".tar"), ("parquet", ".parquet")):
        chosen = [path for path in whole if path.endswith(suffix)]
        if chosen and len(whole) > 1:
            return _find_files(name, chosen, kind=kind, files=files)
    if not whole:
        raise UsageError(f"{name}: there is nothing there; expected recordings, a table, tars or Parquet")
    return _find_files(name, whole, files=files)


def _braces(name: str) -> list[str]:
    """Expand one `{000..010}` or `{a,b}` in a name, as WebDataset writes them."""
    match = re.search(r"\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}", name)
    if match is None or os.path.lexists(name):
        return [name]
    before, after = name[: match.start()], name[match.end() :]
    if match[3] is not None:
        middles = match[3].split(",")
    else:
        first, last = int(match[1]), int(match[2])
        if not 0 <= last - first <= MOST_ROW_GROUPS:
            raise UsageError(f"{name}: {match[0]} counts no files; expected the smaller number first, such as {{000..010}}")
        middles = [str(number).rjust(len(match[1]), "0") for number in range(first, last + 1)]
    return [name for middle in middles for name in _braces(before + middle + after)]


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# --- Files by name


def _walk(folder: str) -> Iterator[str]:
    """Yield the files below a folder, sorted within each folder; hidden ones are left out, links to folders not followed."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted((entry for entry in listing if not entry.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be listed ({error.strerror}); check its permissions") from error
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path)
        elif entry.is_file():
            yield entry.path


def _folder_entries(source: Source, folder: Path) -> Iterator[Entry]:
    files = Files()
    for path in _walk(str(folder)):
        if is_audio(path):
            yield files.entry(os.path.relpath(path, folder), path)


def _named_entries(source: Source, files: Files, paths: list[str]) -> Iterator[Entry]:
    pairs = [(path, files_of(path)[1] if files.fs is None else path, dict[str, str]()) for path in paths]
    return _without_repeats(source, files, pairs)


def _read_list(source: Source, files: Files, path: str) -> Iterator[Entry]:
    with closing(_open_text(files, path)) as file:
        yield from _list_entries(source, path, file, _folder_of(path))


def _list_entries(source: Source, where: str, lines: Iterable[str], folder: str) -> Iterator[Entry]:
    """Yield the files that the lines of a list name; of Kaldi's `ID PATH` lines the path is taken where it exists."""

    def pairs() -> Iterator[tuple[str, str, dict[str, str]]]:
        try:
            for line in lines:
                # A name may begin or end with a blank, but not with the end of its line.
                name = line.rstrip("\r\n")
                if name.strip():
                    path = _joined(folder, name)
                    if not os.path.lexists(path) and " " in name and os.path.lexists(_joined(folder, name.split(None, 1)[1])):
                        path = _joined(folder, name.split(None, 1)[1])
                    yield name, path, {}
        except UnicodeDecodeError as error:
            raise UsageError(f"{where}: is not UTF-8; expected a file name a line") from error

    yield from _need_some(_without_repeats(source, Files(), pairs()), where)


def _table_entries(source: Source, files: Files, path: str) -> Iterator[Entry]:
    folder = _folder_of(path)

    def pairs() -> Iterator[tuple[str, str, dict[str, str]]]:
        for row in _rows(files, path):
            name = _path_in(row, path)
            yield name, _joined(folder, name), stated_fields(row)

    yield from _need_some(_without_repeats(source, files, pairs()), path)


def _audiofolder_entries(source: Source, folder: Path) -> Iterator[Entry]:
    """Yield every recording below the folder, with what the metadata of its folder, or of one above it, states."""
    files = Files()
    stated: dict[str, dict[str, str]] = {}
    named: set[str] = set()
    for place in _walk(str(folder)):
        if os.path.basename(place) in METADATA:
            for row in _rows(files, place):
                path = _joined(os.path.dirname(place), _path_in(row, place))
                stated[path] = stated_fields(row)
                named.add(path)
    for path in _walk(str(folder)):
        if is_audio(path):
            named.discard(path)
            yield files.entry(os.path.relpath(path, folder), path, stated.get(path))
    # What the tables name and nobody finds is listed with a fault: it is missing, not forgotten.
    for path in sorted(named):
        yield ClipEntry(os.path.relpath(path, folder), path, stated=stated[path])


def _without_repeats(source: Source, files: Files, pairs: Iterable[tuple[str, str, dict[str, str]]]) -> Iterator[Entry]:
    """Yield the entries of (name, path, stated); of entries with one path, the first.

    The digests of all paths so far lie in a table on the disk, so that memory does not grow with the source.
    """
    repeated: list[str] = []
    count = 0
    with closing(sqlite3.connect("")) as seen:
        seen.execute("PRAGMA journal_mode=OFF")
        seen.execute("CREATE TABLE paths (digest BLOB PRIMARY KEY) WITHOUT ROWID")
        for name, path, stated in pairs:
            key = os.path.normpath(path) if files.fs is None else path
            digest = hashlib.blake2b(os.fsencode(key), digest_size=16).digest()
            if seen.execute("INSERT OR IGNORE INTO paths VALUES (?)", (digest,)).rowcount:
                yield files.entry(name, path, stated)
            else:
                count += 1
                repeated += [name] if len(repeated) < SHOWN else []
    if count:
        shown = ", ".join(ascii(name)[1:-1][:80] for name in repeated)
        source.notes.append(
            f"{count_noun(count, 'line')} with a file that an earlier one names ({shown}); each file is annotated once"
        )


def _need_some(entries: Iterator[Entry], where: str) -> Iterator[Entry]:
    first = next(entries, None)
    if first is None:
        raise UsageError(f"{where}: names no file; expected one a line")
    yield first
    yield from entries


def _joined(folder: str, name: str) -> str:
    """Return the path of a name that stands in a list or table of a folder; a URL stays as it is."""
    if "://" in name:
        return name
    if "://" in folder:
        return f"{folder.rstrip('/')}/{name}"
    return os.path.normpath(os.path.join(folder, name))


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0] if "://" in path else os.path.dirname(os.path.abspath(path))


# --- Tables


def _open_text(files: Files, path: str) -> IO[str]:
    try:
        return io.TextIOWrapper(files.open(path), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from error


def _rows(files: Files, path: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, one at a time.

    Raises:
        UsageError: naming file and line of what cannot be read
    """
    if path.endswith(".parquet"):
        from pyarrow import parquet

        with files.open(path) as raw:
            for batch in parquet.ParquetFile(raw).iter_batches(batch_size=1000):
                yield from batch.to_pylist()
        return
    with closing(_open_text(files, path)) as file:
        try:
            if path.endswith((".jsonl", ".ndjson")):
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield _json_row(line, f"{path}, line {number}")
            else:
                yield from csv.DictReader(file, delimiter="\t" if path.endswith(".tsv") else ",")
        except (UnicodeDecodeError, csv.Error) as error:
            raise UsageError(f"{path}: cannot be read as a table ({error}); expected UTF-8") from error


def _json_row(line: str, where: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise UsageError(f"{where}: is no JSON ({error}); expected an object with the path of a clip") from error
    if not isinstance(row, dict):
        raise UsageError(f"{where}: is no object; expected one with the path of a clip")
    return row


def _path_in(row: dict[str, Any], where: str) -> str:
    """Return the path that a row holds."""
    lower = {str(name).strip().casefold(): value for name, value in row.items() if name is not None}
    column = next((name for name in PATH_COLUMNS if name in lower), None)
    if column is None:
        raise UsageError(
            f"{where}: has no column of paths; expected one of {', '.join(PATH_COLUMNS)}, "
            f"and it has {listed(sorted(lower)) or 'none'}"
        )
    value = lower[column]
    if isinstance(value, dict):
        value = value.get("path")
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise UsageError(f"{where}: a row has {str(value)[:60]!r} as its {column}; expected the path of a clip")
    return value


# --- Containers


def _containers(
    source: Source, files: Files, paths: list[str], root: Path | None, list_one: Callable[[Files, str, str], Iterator[Entry]]
) -> Iterator[Entry]:
    base = str(root) if root else ""
    if files.fs is not None:
        base = os.path.commonpath([_folder_of(path) for path in paths])
    for path in paths:
        whole = os.path.abspath(path) if files.fs is None else path
        name = os.path.relpath(whole, base) if base else path
        yield from list_one(files, name, whole)


def _tar_entries(files: Files, name: str, path: str) -> Iterator[Entry]:
    size, changed = files.stat(path)
    if files.fs is None and size is None:
        raise UsageError(f"{path}: no such file; expected a tar of WebDataset")
    yield ContainerEntry(name, path, "tar", size, changed)


def _parquet_entries(files: Files, name: str, path: str) -> Iterator[Entry]:
    """Yield the row groups of a Parquet file, one by one, after a look at its columns."""
    import pyarrow
    from pyarrow import parquet

    size, changed = files.stat(path)
    try:
        with files.open(path) as file:
            parquet_file = parquet.ParquetFile(file)
            audio_column(parquet_file.schema_arrow, path)
            groups = parquet_file.metadata.num_row_groups
    except (pyarrow.ArrowException, OSError) as error:
        raise UsageError(f"{path}: cannot be read as Parquet ({str(error).splitlines()[0][:160]})") from error
    for group in range(groups):
        yield ContainerEntry(f"{name}#{group}" if groups > 1 else name, path, "parquet", size, changed, (group, group + 1))


def audio_column(schema: Any, path: str) -> tuple[str, bool]:
    """Return the column of a Parquet schema that holds audio, and whether it holds bytes rather than paths.

    Raises:
        UsageError: if none does
    """
    import pyarrow

    def is_bytes(kind: Any) -> bool:
        return bool(pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))

    for name in AUDIO_COLUMNS:
        if name in schema.names:
            kind = schema.field(name).type
            if is_bytes(kind) or (pyarrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0):
                return name, True
    for name in PATH_COLUMNS:
        if name in schema.names and pyarrow.types.is_string(schema.field(name).type):
            return name, False
    raise UsageError(
        f"{path}: holds no audio; expected a column of bytes ({', '.join(AUDIO_COLUMNS[:4])}) or of paths "
        f"({', '.join(PATH_COLUMNS[:4])}), and it has {listed(schema.names)}"
    )
