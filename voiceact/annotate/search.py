"""Search over an annotation or a run: by words, by likeness, with a page of hits that plays and lists that others read.

hits = search("annotated", "angry, woman, fast")
write_page(hits, "hits.html")
"""

import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from voiceact.acting.taxonomy import categories
from voiceact.annotate.clips import decode_clip, iter_clips
from voiceact.annotate.database import Table, open_table
from voiceact.annotate.listing import read_listing
from voiceact.annotate.query import Query, parse_query
from voiceact.annotate.run_file import need_run, shard_of
from voiceact.audio import Samples
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.human.estimator import IDS
from voiceact.report.templates import render_page
from voiceact.runtime.atomic_files import check_folder, write_text_whole, write_whole
from voiceact.store.columns import Row
from voiceact.store.filesystem import Store
from voiceact.store.reader import open_run
from voiceact.store.sound import audio_data_uri, decode_audio

AFFECT_WEIGHT = 3.5
"""by which arousal and valence (-1 to 1) count beside scores (0 to 7)"""
MOST_PAGE_SECONDS = 20.0
"""of a hit that a page plays"""
EXPORTS = (".txt", ".csv", ".jsonl", ".parquet")
_LACKING = {"words": "captions", "burst_kinds": "bursts", "burst_seconds": "bursts"}
"""column that no file has of itself -> what the user would call it"""
NAMES = {category.id: category.name for category in categories()}


@dataclass(frozen=True)
class Hits:
    """What a search found.

    Attributes:
        url: of the annotation or run
        kind: "annotation" or "run"
        query: as it was understood
        like: what the hits are like, in words; empty if nothing
        rows: the hits, the best first
        total: rows for which all terms hold
        searched: rows in all
        seconds: that the search took, without making the table
    """

    url: str
    kind: str
    query: Query
    like: str
    rows: list[Row]
    total: int
    searched: int
    seconds: float


def search(
    url: str | os.PathLike[str],
    text: str = "",
    *,
    like: str | None = None,
    limit: int = 20,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Hits:
    """Find clips.

    Args:
        url: folder of an annotation, or of a run
        text: terms with commas between (`voiceact.annotate.query.parse_query`)
        like: id of a row, an audio file, or a profile such as "anger=5, fear=2": the nearest come first
        limit: hits at most
        progress: called while the table is made

    Raises:
        UnknownNameError: a term that means nothing
        UsageError: no annotation or run, or one that lacks what is asked for
    """
    query = parse_query(text)
    if not query.terms and like is None:
        raise UsageError("nothing is searched for; give terms such as 'angry, woman, fast', or --like")
    with open_table(url, progress) as table:
        began = time.perf_counter()
        with table.phrased_errors():
            conditions, values = _conditions(table, query)
            order, order_values, likeness = _likeness(table, url, like) if like is not None else (*_ranking(query), "")
            where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
            total = int(table.connection.execute(f"SELECT count(*) FROM clips {where}", values).fetchone()[0])
            # Which rows first, and then all of their columns: a table has two hundred.
            best = table.connection.execute(
                f"SELECT rowid, {order} AS nearness FROM clips {where} ORDER BY nearness DESC, id LIMIT ?",
                [*order_values, *values, limit],
            ).fetchall()
            rows = table.rows_at([row[0] for row in best])
            for row, (_, nearness) in zip(rows, best, strict=True):
                row["nearness"] = nearness
        return Hits(os.fspath(url), table.kind, query, likeness, rows, total, table.rows, time.perf_counter() - began)


def _conditions(table: Table, query: Query) -> tuple[list[str], list[Any]]:
    """Return the SQL of the terms, and its values; quantiles are looked up in the whole table."""
    conditions, values = [], list[Any]()
    for term in query.terms:
        condition = term.condition
        for column in term.columns:
            if column in table.columns:
                continue
            if column.startswith("evidence_"):
                # A run keeps the evidence of the category asked alone.
                condition = condition.replace(f" AND \"{column}\" <> 'none'", "")
                continue
            what = _LACKING.get(column, f"column {column!r}")
            raise UsageError(f"{term.said}: this {table.kind} has no {what}; ask for something else")
        for column in term.columns:
            if column in ("age", "gender") and not _has_values(table, column):
                raise UsageError(f"{term.said}: the source of this {table.kind} states no {column}; nothing can be found by it")
        conditions.append(condition)
        values += term.values
        if term.quantile is not None:
            column, share = term.quantile
            edge = table.connection.execute(f'SELECT quantile_cont("{column}", ?) FROM clips', [share]).fetchone()
            values.append(edge[0])
    return conditions, values


def _has_values(table: Table, column: str) -> bool:
    return table.connection.execute(f'SELECT 1 FROM clips WHERE "{column}" IS NOT NULL LIMIT 1').fetchone() is not None


def _ranking(query: Query) -> tuple[str, list[Any]]:
    ranks = [term.rank for term in query.terms if term.rank]
    return (" + ".join(f"coalesce({rank}, 0)" for rank in ranks) or "0", [])


# --- Likeness


def _likeness(table: Table, url: str | os.PathLike[str], like: str) -> tuple[str, list[Any], str]:
    """Return SQL that is larger for rows that are nearer, its values, and what they are near to."""
    profile, words = _profile_like(table, url, like)
    parts = []
    for name, value in profile.items():
        if name in table.columns:
            # Multiplied, not raised to a power, and without parameters: of a million rows that is three times as fast.
            weight = 1.0 if name.startswith("score_") else AFFECT_WEIGHT
            apart = f'(coalesce("{name}", 0) - {float(value)!r}::FLOAT)'
            parts.append(f"{weight**2!r}::FLOAT * {apart} * {apart}")
    if not parts:
        raise UsageError(f"--like {like}: there are no scores to compare; annotate with an estimator")
    return f"-sqrt({' + '.join(parts)})", [], words


def _profile_like(table: Table, url: str | os.PathLike[str], like: str) -> tuple[dict[str, float], str]:
    dimensions = [*(f"score_{name}" for name in IDS), "arousal", "valence"]
    present = [name for name in dimensions if name in table.columns]
    quoted = ", ".join(f'"{name}"' for name in present)
    if present:
        row = table.connection.execute(f"SELECT {quoted} FROM clips WHERE id = ?", [like]).fetchone()
        if row is not None:
            return {name: value or 0.0 for name, value in zip(present, row, strict=True)}, f"like {like}"
    if "=" in like and not Path(like).exists():
        return _stated_profile(like), f"like the profile {like}"
    if not Path(like).is_file():
        raise UsageError(f"--like {like}: is no id of a row, no audio file and no profile such as 'anger=5, fear=2'")
    from voiceact.estimators.estimating import estimate_file
    from voiceact.estimators.registry import load_estimator

    if table.kind == "annotation":
        estimators = need_run(Store(url)).task.estimators
        name = estimators[0] if estimators else "human"
    else:
        name = str(open_run(url).file.judge["name"])
    profile = estimate_file(load_estimator(name), Path(like))
    scores = {f"score_{category}": score or 0.0 for category, score in profile.scores.items()}
    return scores | {"arousal": profile.arousal or 0.0, "valence": profile.valence or 0.0}, f"like the sound of {like}"


def _stated_profile(text: str) -> dict[str, float]:
    """Read "anger=5, fear=2"; only what is named is compared."""
    from voiceact.acting.taxonomy import resolve

    wanted: dict[str, float] = {}
    for part in text.split(","):
        word, _, number = part.partition("=")
        try:
            value = float(number)
            if not math.isfinite(value):
                raise ValueError
        except ValueError:
            raise UsageError(f"--like {text}: {part.strip()!r} is no feeling with a number; expected 'anger=5'") from None
        if word.strip() in ("arousal", "valence"):
            wanted[word.strip()] = value
        else:
            wanted[f"score_{resolve(word.strip()).category.id}"] = value
    return wanted


# --- Sound of the hits


def iter_sounds(hits: Hits) -> Iterator[tuple[Row, Samples | None, int, str]]:
    """Yield each hit with its samples and rate, or None and a reason where its sound is not to be had."""
    if hits.kind == "run":
        run = open_run(hits.url)
        for row in hits.rows:
            try:
                yield row, *decode_audio(run.audio(row), str(row["id"])), ""
            except VoiceactError as error:
                yield row, None, 0, str(error)
        return
    store = Store(hits.url)
    longest = need_run(store).task.longest
    for row in hits.rows:
        yield row, *_segment_of(store, row, longest)


class _AllBut:
    """A container that holds everything but one name: what `iter_clips` is to leave out."""

    def __init__(self, name: str):
        self._name = name

    def __contains__(self, name: object) -> bool:
        return name != self._name


def _segment_of(store: Store, row: Row, longest: float) -> tuple[Samples | None, int, str]:
    shard = shard_of(str(row.get("filename", "")))
    if shard is None:
        return None, 0, "its shard is not known"
    try:
        for clip in iter_clips(read_listing(store, shard), _AllBut(row["clip"])):
            for segment in decode_clip(clip, longest):
                if segment.number == row["segment"]:
                    return segment.samples, segment.rate, ""
    except VoiceactError as error:
        return None, 0, str(error)
    return None, 0, "it is no longer where it was"


# --- Page and lists


@dataclass(frozen=True)
class _Card:
    """A hit as the page shows it."""

    number: int
    name: str
    sound: str
    why_silent: str
    caption: str
    scores: list[tuple[str, float, int, str]] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)


def write_page(hits: Hits, out: str | os.PathLike[str]) -> Path:
    """Write one HTML page of the hits that plays without a network.

    Raises:
        UsageError: if it cannot be written there
    """
    check_folder(Path(out))
    cards = []
    for number, (row, samples, rate, why) in enumerate(iter_sounds(hits), 1):
        sound = ""
        if samples is not None:
            sound = audio_data_uri(np.asarray(samples[: int(MOST_PAGE_SECONDS * rate)], np.float32), rate)
        cards.append(_card(number, row, sound, why))
    page = render_page(
        "voiceact.annotate",
        "search.html",
        title=f"Search: {hits.query.text or hits.like}",
        style="search.css",
        hits=hits,
        cards=cards,
        terms=[term.said for term in hits.query.terms],
    )
    write_text_whole(out, page)
    return Path(out)


def _card(number: int, row: Row, sound: str, why: str) -> _Card:
    backed = [name for name in IDS if row.get(f"evidence_{name}") != "none"]
    scored = sorted(((row.get(f"score_{name}") or 0.0, name) for name in backed), reverse=True)
    scores = [
        (NAMES[name], score, round(100 * score / 7), str(row.get(f"evidence_{name}") or ""))
        for score, name in scored[:4]
        if score > 0
    ]
    captions = [str(row[name]) for name in row if name.startswith("caption_") and row[name]]
    caption = next(iter(captions), str(row.get("text") or ""))
    facts = [f"{label} {row[name]:{form}}{unit}" for name, label, form, unit in _FACTS if row.get(name) is not None]
    for name in ("speaker", "persona", "cluster", "license", "verdict"):
        if row.get(name):
            facts.append(f"{name}: {row[name]}")
    return _Card(number, str(row["id"]), sound, why, caption, scores, facts)


_FACTS = (
    ("duration", "lasts", ".1f", " s"),
    ("arousal", "arousal", "+.2f", ""),
    ("valence", "valence", "+.2f", ""),
    ("f0_hz", "F0", ".0f", " Hz"),
    ("rate", "rate", ".1f", " syllables/s"),
    ("age", "age", ".0f", ""),
)


def export_hits(hits: Hits, out: str | os.PathLike[str]) -> Path:
    """Write the hits as a list of files (.txt), a table (.csv, .jsonl) or a data set (.parquet), by suffix.

    Raises:
        UsageError: another suffix, or a name with a line break in a list
    """
    path = Path(out)
    check_folder(path)
    rows = [{name: value for name, value in row.items() if name not in ("filename", "nearness", "words")} for row in hits.rows]
    if path.suffix == ".txt":
        places = list(dict.fromkeys(str(row.get("path") or row["id"]) for row in rows))
        if broken := [place for place in places if "\n" in place or "\r" in place]:
            raise UsageError(f"{ascii(broken[0])} has a line break, so it cannot stand in a list; export .jsonl instead")
        write_text_whole(path, "".join(f"{place}\n" for place in places))
    elif path.suffix == ".jsonl":
        write_whole(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    elif path.suffix in (".csv", ".parquet"):
        _write_table(path, rows)
    else:
        raise UsageError(f"{path}: unknown suffix {path.suffix!r}; expected one of {', '.join(EXPORTS)}")
    return path


def _write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import io

    import pyarrow
    from pyarrow import csv, parquet

    table = pyarrow.Table.from_pylist(list(rows))
    buffer = io.BytesIO()
    if path.suffix == ".csv":
        plain = [name for name in table.schema.names if not pyarrow.types.is_nested(table.schema.field(name).type)]
        csv.write_csv(table.select(plain), buffer)
    else:
        parquet.write_table(table, buffer, compression="zstd")
    write_whole(path, buffer.getvalue())
