"""audformat: a header `db.yaml` (schemes, raters, splits, speakers) and a table a split; `audformat.Database.load(FOLDER)`.

The header is made by the audformat library. Tables are Parquet, the library's own default, since its CSV reader takes a
text such as "null" for nothing. Reasons, a list elsewhere, are joined by spaces: audformat has no lists.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from voiceact.acting.taxonomy import categories
from voiceact.dataset.export.formats.base import EXPORT_COLUMNS, Release, Sample
from voiceact.dataset.export.formats.files import AudioFolder
from voiceact.errors import count_noun
from voiceact.runtime.extras import MissingExtraError
from voiceact.store.columns import COLUMNS

GROUP_CLIPS = 1000
DTYPES = {
    "string": "str",
    "list<string>": "str",
    "bool": "bool",
    "int32": "int",
    "int64": "int",
    "float32": "float",
    "float64": "float",
}
SPLIT_TYPES = {"train": "train", "validation": "dev", "test": "test"}
USAGE = {"allowed": "commercial", "forbidden": "research", "unknown": "other"}
TABLE_COLUMNS = tuple(name for name in EXPORT_COLUMNS if name != "file_name")
"""the file is the index"""


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the audio files, the header and the tables.

    Raises:
        MissingExtraError: if audformat is not installed
    """
    try:
        import audformat
    except ImportError:
        raise MissingExtraError("the format audformat", "audformat") from None
    _header(audformat, release).save(str(folder), header_only=True)
    files, tables = AudioFolder(folder), dict[str, _Table]()
    with ExitStack() as stack:
        for sample in samples:
            if sample.split not in tables:
                tables[sample.split] = stack.enter_context(_Table(folder / f"db.{table_name(sample.split)}.parquet"))
            tables[sample.split].add(files.add(sample, "audio"))


def table_name(split: str) -> str:
    """`clips.train`"""
    return f"clips.{split}"


# Header


def _header(audformat: Any, release: Release) -> Any:
    database = audformat.Database(
        release.name,
        source=f"synthetic speech, voiceact {release.voiceact}",
        usage=USAGE[release.use],
        languages=list(release.languages),
        description=release.description,
        license=release.licence,
        meta={"plan": release.plan, "engine": release.engine.get("name"), "engine_version": release.engine.get("version")},
    )
    database.media["speech"] = audformat.Media(
        "audio", format=release.suffix, sampling_rate=release.rate, channels=1, bit_depth=16
    )
    judge = str(release.judge.get("name") or "none")
    database.raters[judge] = audformat.Rater(
        "machine", description="decides which clips are included", meta={"revision": release.judge.get("revision")}
    )
    _add_schemes(audformat, database, release)
    for split, clips in release.splits.items():
        _add_table(audformat, database, split, clips, judge)
    return database


def _add_schemes(audformat: Any, database: Any, release: Release) -> None:
    database.schemes["category"] = audformat.Scheme(
        "str", labels={category.id: {"name": category.name} for category in categories()}, description="EmoNet category"
    )
    database.schemes["persona"] = audformat.Scheme(
        "str",
        labels={name: _speaker(person) for name, person in sorted(release.personas.items())},
        description="fictional speaker",
    )
    database.schemes["scale"] = audformat.Scheme("float", minimum=0, maximum=7, description="0 (absent) to 7 (overwhelming)")
    database.schemes["dimension"] = audformat.Scheme("float", minimum=-1, maximum=1)
    for kind in sorted(set(DTYPES.values())):
        database.schemes[kind] = audformat.Scheme(kind)


def _speaker(persona: Mapping[str, Any]) -> dict[str, Any]:
    # audformat knows female, male, other and child, and counts children by age anyway.
    gender = persona.get("gender")
    return {
        "gender": gender if gender in ("female", "male") else "other",
        "age": persona.get("age"),
        "license": persona.get("license"),
    }


def _add_table(audformat: Any, database: Any, split: str, clips: int, judge: str) -> None:
    if split not in database.splits:
        database.splits[split] = audformat.Split(SPLIT_TYPES.get(split, "other"))
    table = audformat.Table(
        audformat.filewise_index(), split_id=split, media_id="speech", description=count_noun(clips, "clip")
    )
    database[table_name(split)] = table
    for name in TABLE_COLUMNS:
        table[name] = audformat.Column(
            scheme_id=_scheme(name), rater_id=judge if _is_heard(name) else None, description=COLUMNS[name].meaning
        )


def _scheme(name: str) -> str:
    if name in ("category", "persona"):
        return name
    if name == "intensity" or name.startswith("score_"):
        return "scale"
    return "dimension" if name in ("arousal", "valence") else DTYPES[COLUMNS[name].type]


def _is_heard(name: str) -> bool:
    return name.startswith("score_") or name in ("arousal", "valence", "verdict", "evidence", "included", "reasons")


# Tables


class _Table:
    """The clips of a split, written in groups."""

    def __init__(self, path: Path):
        import pyarrow
        from pyarrow import parquet

        types = {"str": pyarrow.string(), "bool": pyarrow.bool_(), "int": pyarrow.int64(), "float": pyarrow.float64()}
        self._schema = pyarrow.schema(
            [("file", pyarrow.string()), *((name, types[DTYPES[COLUMNS[name].type]]) for name in TABLE_COLUMNS)]
        )
        self._rows: list[dict[str, Any]] = []
        self._writer = parquet.ParquetWriter(path, self._schema)

    def __enter__(self) -> "_Table":
        return self

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._flush()
        self._writer.close()

    def add(self, sample: Sample) -> None:
        row = sample.row
        self._rows.append({**row, "file": row["file_name"], "reasons": " ".join(row["reasons"])})
        if len(self._rows) >= GROUP_CLIPS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow

        if self._rows:
            self._writer.write_table(pyarrow.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []
