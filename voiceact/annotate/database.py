"""The table that is searched: all rows of an annotation, or of a run of ours, in one DuckDB file that is made once.

Thousands of Parquet files take seconds to open. The table has one row a clip with what searches ask for, and is made anew
when a shard or a caption has been added; it lies in the folder itself, or in the user's cache where that may not be written.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from voiceact.annotate.captioning import FOLDER as CAPTIONS
from voiceact.annotate.run_file import RUN_FILE, need_run
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import part_path
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.filesystem import Store
from voiceact.store.run_file import RUN_FILE as RECIPE_RUN_FILE
from voiceact.vocabulary import FAILED

DATABASE = "search.duckdb"
BATCH_FILES = 200


class Table:
    """A searchable table.

    Attributes:
        connection: of DuckDB, read-only
        columns: name -> DuckDB's type
        kind: "annotation" or "run"
        rows: in it
    """

    def __init__(self, connection: Any, kind: str):
        self.connection, self.kind = connection, kind
        fields = connection.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'clips'").fetchall()
        self.columns: dict[str, str] = {str(name): str(data_type) for name, data_type in fields}
        self.rows = int(connection.execute("SELECT count(*) FROM clips").fetchone()[0])

    def rows_at(self, places: list[int]) -> list[dict[str, Any]]:
        """Return whole rows by their places in the table, in that order."""
        cursor = self.connection.execute("SELECT rowid AS place, * FROM clips WHERE rowid IN (SELECT unnest(?))", [places])
        names = [column[0] for column in cursor.description]
        rows = {row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in cursor.fetchall()}
        return [rows[place] for place in places]

    @contextmanager
    def phrased_errors(self) -> Iterator[None]:
        """Phrase what DuckDB does not accept, such as a number compared with words."""
        try:
            yield
        except _import_duckdb().Error as error:
            raise UsageError(
                f"the search cannot be answered ({str(error).splitlines()[0][:200]}); ask in another way"
            ) from error


@contextmanager
def open_table(url: str | os.PathLike[str], progress: Callable[[str, int, int], None] = lambda *_: None) -> Iterator[Table]:
    """Open the table of an annotation or run, making it where it is missing or old.

    Raises:
        MissingExtraError: without DuckDB
        UsageError: a folder that is neither
        VoiceactError: a table that cannot be made
    """
    duckdb = _import_duckdb()
    store = Store(url)
    kind, names = _data_files(store)
    stamp = _stamp(store, names)
    path = _database_path(store)
    connection = _open_current(duckdb, path, stamp)
    if connection is None:
        _make(duckdb, store, kind, names, stamp, path, progress)
        connection = _open_current(duckdb, path, stamp)
    if connection is None:
        raise VoiceactError(f"{path}: cannot be opened after it was made; delete it and search again")
    try:
        connection.execute("SET threads = 2")
        yield Table(connection, kind)
    finally:
        connection.close()


def _import_duckdb() -> Any:
    try:
        import duckdb
    except ImportError:
        raise MissingExtraError("searching", "search") from None
    return duckdb


def _data_files(store: Store) -> tuple[str, list[str]]:
    """Return the kind of a folder, and its Parquet files."""
    if store.exists(RUN_FILE):
        need_run(store)
        names = sorted(name for name in store.iter_names(".parquet") if name.startswith("data/"))
        if not names:
            raise UsageError(f"{store.url}: holds no finished shard yet; go on with: voiceact annotate --out {store.url}")
        return "annotation", names
    if store.exists(RECIPE_RUN_FILE):
        names = store.names("index", ".parquet")
        if not names:
            raise UsageError(f"{store.url}: holds no finished shard yet; go on with: voiceact recipe resume {store.url}")
        return "run", names
    raise UsageError(
        f"{store.url}: is neither an annotation ({RUN_FILE}) nor a run ({RECIPE_RUN_FILE}); make one with: voiceact annotate "
        "SOURCE --out FOLDER"
    )


def _stamp(store: Store, names: list[str]) -> str:
    """Return a digest of names and sizes of all files that the table is made of."""
    digest = hashlib.sha256(b"voiceact-search/1")
    folders = sorted({name.rpartition("/")[0] for name in names})
    for folder in [*folders, *(folder.replace("data", CAPTIONS, 1) for folder in folders if folder.startswith("data"))]:
        for name, size in sorted(store.iter_sizes(folder)):
            digest.update(f"{name} {size}\n".encode())
    return digest.hexdigest()


def _database_path(store: Store) -> Path:
    if store.folder is not None and os.access(store.folder, os.W_OK):
        return store.folder / DATABASE
    from platformdirs import user_cache_path

    folder = user_cache_path("voiceact", appauthor=False) / "search"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{hashlib.sha256(store.url.encode()).hexdigest()[:16]}.duckdb"


def _open_current(duckdb: Any, path: Path, stamp: str) -> Any | None:
    """Open a table that was made of the files that are there now; None if it was not."""
    if not path.is_file():
        return None
    connection = None
    try:
        connection = duckdb.connect(str(path), read_only=True)
        stamped = connection.execute("SELECT stamp FROM made").fetchone()
        if stamped and stamped[0] == stamp:
            return connection
    except duckdb.Error:
        pass
    if connection is not None:
        connection.close()
    return None


def _make(
    duckdb: Any, store: Store, kind: str, names: list[str], stamp: str, path: Path, progress: Callable[[str, int, int], None]
) -> None:
    """Make the table under another name, and rename it when it is whole."""
    part = part_path(path)
    try:
        connection = duckdb.connect(str(part))
        try:
            connection.execute("SET threads = 2; SET preserve_insertion_order = true")
            for start in range(0, len(names), BATCH_FILES):
                progress("making the table", start, len(names))
                batch = names[start : start + BATCH_FILES]
                _insert(connection, store, kind, batch, first=start == 0)
            connection.execute("CREATE TABLE made AS SELECT ? AS stamp", [stamp])
        finally:
            connection.close()
        os.replace(part, path)
    except duckdb.Error as error:
        raise VoiceactError(f"{path}: the table to search cannot be made ({str(error).splitlines()[0][:200]})") from error
    finally:
        for leftover in (part, part.with_name(part.name + ".wal")):
            with suppress(FileNotFoundError):
                leftover.unlink()


def _insert(connection: Any, store: Store, kind: str, names: list[str], *, first: bool) -> None:
    """Add the rows of some files; of an annotation with their captions."""
    sources = [_readable(store, name) for name in names]
    source = "read_parquet(?, union_by_name = true, filename = true)"
    values: list[Any] = [sources]
    if kind == "annotation":
        captions = [name.replace("data/", f"{CAPTIONS}/", 1) for name in names]
        captions = [_readable(store, name) for name in captions if store.exists(name)]
        present = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {source}", values).fetchall()}
        bursts = "bursts" in present
        kinds = "lower(array_to_string([coalesce(one.kind, '') for one in bursts], ','))" if bursts else "NULL"
        words, join = "coalesce(text, '')", ""
        if "transcript" in present:
            words += " || ' ' || coalesce(transcript, '')"
        if captions:
            beside = "read_parquet(?, union_by_name = true)"
            described = connection.execute(f"DESCRIBE SELECT * FROM {beside}", [captions]).fetchall()
            spoken = [str(row[0]) for row in described if re.fullmatch(r"caption_[a-z]{2}", str(row[0]))]
            # Captioning may have stopped: the files before these may have had no captions, or fewer languages.
            for name in spoken if not first else ():
                connection.execute(f"ALTER TABLE clips ADD COLUMN IF NOT EXISTS {name} VARCHAR")
            joined = " || ' ' || ".join(f"coalesce({name}, '')" for name in spoken)
            join = f"LEFT JOIN (SELECT id AS caption_id, {', '.join(spoken)} FROM {beside}) ON id = caption_id"
            words += f" || ' ' || {joined}"
            values.append(captions)
        left_out = [name for name in ("bursts", "embedding") if name in present] + (["caption_id"] if captions else [])
        without = f"EXCLUDE ({', '.join(left_out)})" if left_out else ""
        query = f"SELECT * {without}, {words} AS words, {kinds} AS burst_kinds FROM {source} {join} WHERE error IS NULL"
    else:
        query = f"SELECT *, coalesce(text, '') AS words FROM {source} WHERE verdict <> '{FAILED}' AND tar IS NOT NULL"
    if first:
        connection.execute(f"CREATE TABLE clips AS {query}", values)
    else:
        connection.execute(f"INSERT INTO clips BY NAME ({query})", values)


def _readable(store: Store, name: str) -> str:
    """Return the path that DuckDB reads a file by.

    Raises:
        UsageError: if the store is no folder of this machine
    """
    if store.folder is not None:
        return str(store.folder / name)
    raise UsageError(f"{store.url}: is searched where it is a folder of this machine; copy its data/ and {RUN_FILE} here first")
