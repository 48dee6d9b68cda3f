"""Searching: words, likeness, the page, the lists; the answers beside those of a plain loop over the rows."""

import json
import random
import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest
from click.testing import CliRunner

from voiceact.annotate.captioning import caption_annotation
from voiceact.annotate.listening import Task
from voiceact.annotate.query import parse_query, split_terms
from voiceact.annotate.run import annotate
from voiceact.annotate.run_file import read_run
from voiceact.annotate.search import export_hits, search, write_page
from voiceact.annotate.shard import write_shard
from voiceact.cli.main import cli
from voiceact.errors import UnknownNameError, UsageError
from voiceact.estimators.human.estimator import IDS
from voiceact.runs.workspace import open_workspace
from voiceact.store.filesystem import Store

pytest.importorskip("duckdb")
CLIPS = 24


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An annotation of buzzes, whose scores, bursts and speakers are then drawn."""
    from test_annotate import write_clip

    folder = tmp_path_factory.mktemp("search")
    for number in range(CLIPS):
        write_clip(folder / "in" / f"clip{number:02d}.wav", 1.0, 100 + 10 * number)
    task = Task(estimators=("human",), attributes=True, bursts=True, shard_clips=8)
    plain = Task(estimators=(), bursts=False, shard_clips=8)
    annotate(str(folder / "in"), folder / "out", plain)
    store = Store(folder / "out")
    run = read_run(store)
    assert run is not None
    import msgspec

    from voiceact.annotate.run_file import write_run

    run = msgspec.structs.replace(run, task=msgspec.structs.replace(task, shard_clips=8), revisions={"human": "r"})
    write_run(store, run)
    workspace = open_workspace(folder / "out", run.digest)
    draw = random.Random(0)
    for shard in range(run.shards):
        rows = []
        for row in parquet.read_table(folder / "out" / "data" / "unstated" / f"shard-{shard:06d}.parquet").to_pylist():
            number = int(re.findall(r"\d+", row["id"])[0])
            new = dict.fromkeys(run.task.columns) | row | {"bursts": [], "burst_seconds": 0.0}
            for name in IDS:
                new[f"score_{name}"] = round(draw.uniform(0, 7), 3)
                new[f"evidence_{name}"] = draw.choice(["category", "category", "none"])
            new |= {"arousal": draw.uniform(-1, 1), "valence": draw.uniform(-1, 1), "estimator": "human", "revision": "r"}
            new |= {"speaker": f"s{number % 3}", "gender": ["female", "male", None][number % 3], "age": float(20 + 3 * number)}
            new["text"] = f"Line {number} O'Brien; DROP TABLE clips"
            if number % 4 == 0:
                new["bursts"] = [{"start": 0.0, "end": 0.2, "kind": "Relief Sigh", "category": "relief", "log_ratio": 1.0}]
                new["burst_seconds"] = 0.2
            rows.append(new)
        write_shard(run.task, shard, workspace, rows)
    shutil.rmtree(folder / "out" / "work", ignore_errors=True)
    caption_annotation(folder / "out", baseline="shipped")
    return folder / "out"


@pytest.fixture
def annotated(once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(once, tmp_path / "out")


def rows_of(folder: Path) -> list[dict]:
    files = sorted((folder / "data").rglob("*.parquet"))
    return [row for file in files for row in parquet.read_table(file).to_pylist()]


def ids(folder: Path, text: str, **named) -> list[str]:
    return [row["id"] for row in search(folder, text, limit=100, **named).rows]


# --- What is found


def test_terms_are_answered_as_a_loop_over_the_rows_answers_them(once: Path) -> None:
    rows = rows_of(once)
    rates = sorted(row["f0_hz"] for row in rows)
    high = float(np.quantile(rates, 0.75))

    def present(row: dict, name: str, least: float = 2.0) -> bool:
        return row[f"evidence_{name}"] != "none" and row[f"score_{name}"] >= least

    expected = {
        "angry": lambda row: present(row, "anger"),
        "anger:5": lambda row: present(row, "anger", 5),
        "strong fear": lambda row: present(row, "fear", 4),
        "not angry": lambda row: not present(row, "anger"),
        "embarrassed, elderly": lambda row: present(row, "embarrassment") and row["age"] >= 65,
        "woman": lambda row: row["gender"] == "female",
        "speaker=s1": lambda row: row["speaker"] == "s1",
        "f0_hz>200": lambda row: row["f0_hz"] > 200,
        "high": lambda row: row["f0_hz"] >= high,
        "sighs": lambda row: any(one["kind"] == "Relief Sigh" for one in row["bursts"]),
        "laughs": lambda row: False,
        "bursts, young": lambda row: row["bursts"] and row["age"] <= 30,
        '"line 7 o\'brien; drop"': lambda row: row["id"] == "clip07.wav",
        "arousal<0, valence>=0": lambda row: row["arousal"] < 0 <= row["valence"],
    }
    for text, holds in expected.items():
        assert sorted(ids(once, text)) == sorted(row["id"] for row in rows if holds(row)), text


def test_the_strongest_come_first_and_the_limit_holds(once: Path) -> None:
    hits = search(once, "angry", limit=3)
    scores = [row["score_anger"] for row in hits.rows]
    everyone = sorted((row["score_anger"] for row in rows_of(once) if row["evidence_anger"] != "none"), reverse=True)
    assert scores == everyone[:3] and hits.total == sum(score >= 2 for score in everyone) and hits.searched == CLIPS


def test_the_nearest_to_a_row_come_first_by_the_plain_distance(once: Path) -> None:
    rows = {row["id"]: row for row in rows_of(once)}

    def place(row: dict) -> np.ndarray:
        return np.array([*(row[f"score_{name}"] for name in IDS), 3.5 * row["arousal"], 3.5 * row["valence"]])

    found = search(once, like="clip05.wav", limit=CLIPS).rows
    distances = {name: float(np.linalg.norm(place(row) - place(rows["clip05.wav"]))) for name, row in rows.items()}
    assert [row["id"] for row in found] == sorted(rows, key=lambda name: distances[name])
    assert found[1]["nearness"] == pytest.approx(-distances[found[1]["id"]], abs=1e-3)


def test_a_profile_compares_what_it_names_alone(once: Path) -> None:
    (best, *_) = search(once, like="anger=7, arousal=1").rows
    rows = rows_of(once)
    nearest = min(rows, key=lambda row: (row["score_anger"] - 7) ** 2 + (3.5 * (row["arousal"] - 1)) ** 2)
    assert best["id"] == nearest["id"]


def test_captions_are_searched(once: Path) -> None:
    words = next(row for row in parquet.read_table(next((once / "captions").rglob("*.parquet"))).to_pylist() if row["trace"])
    phrase = words["trace"][-1]["phrase"]
    assert words["id"] in ids(once, f'"{phrase}"')


def test_what_is_added_later_is_found(annotated: Path) -> None:
    search(annotated, "angry")
    stamp = (annotated / "search.duckdb").stat().st_mtime_ns
    search(annotated, "angry")
    assert (annotated / "search.duckdb").stat().st_mtime_ns == stamp
    shutil.rmtree(annotated / "captions")
    assert ids(annotated, '"than usual"') == []
    assert (annotated / "search.duckdb").stat().st_mtime_ns != stamp


def test_a_run_of_ours_is_searched_by_persona_and_feeling(tmp_path: Path) -> None:
    from tiny_run import write_tiny_run

    folder = write_tiny_run(tmp_path / "run")
    hits = search(folder, "duration>0", limit=5)
    assert hits.kind == "run" and hits.rows and hits.rows[0]["persona"]
    persona = hits.rows[0]["persona"]
    assert all(row["persona"] == persona for row in search(folder, f"persona={persona}").rows)
    page = write_page(hits, tmp_path / "hits.html").read_text("utf-8")
    assert page.count("<audio") == len(hits.rows)


# --- Pages and lists


def test_the_page_plays_without_a_network_and_escapes_what_it_shows(annotated: Path, tmp_path: Path) -> None:
    hits = search(annotated, "duration>0", limit=4)
    hits.rows[0]["text"] = hits.rows[0]["caption_en"] = "<script>alert(1)</script>"
    page = write_page(hits, tmp_path / "hits.html").read_text("utf-8")
    assert page.count("data:audio/ogg;base64,") == 4 and "<script>" not in page and "&lt;script&gt;" in page
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)


def test_a_clip_that_is_gone_is_said_on_the_page(annotated: Path, tmp_path: Path) -> None:
    hits = search(annotated, "duration>0", limit=2)
    for row in hits.rows:
        listing = next((annotated / "list").glob(f"{Path(row['filename']).stem}*"))
        listing.write_text(listing.read_text().replace("/in/", "/gone/"))
    page = write_page(hits, tmp_path / "hits.html").read_text("utf-8")
    assert page.count("cannot be played: is no longer there") == 2


@pytest.mark.parametrize("suffix", [".txt", ".csv", ".jsonl", ".parquet"])
def test_a_selection_is_exported(annotated: Path, tmp_path: Path, suffix: str) -> None:
    hits = search(annotated, "angry")
    path = export_hits(hits, tmp_path / f"hits{suffix}")
    expected = [row["path"] for row in hits.rows]
    if suffix == ".txt":
        assert path.read_text().splitlines() == expected
        # A list is a source to annotate again.
        report = annotate(str(path), tmp_path / "again", Task(estimators=(), bursts=False))
        assert report.totals.clips == len(expected) and report.totals.failed == 0
    elif suffix == ".jsonl":
        assert [json.loads(line)["path"] for line in path.read_text().splitlines()] == expected
    elif suffix == ".parquet":
        assert parquet.read_table(path).column("path").to_pylist() == expected
    else:
        assert path.read_text().count("\n") >= len(expected) + 1


# --- What is refused


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("angryy, fast", "did you mean 'angry'"),
        ("qwxz", "unknown term of a search 'qwxz'"),
        ('""', "says nothing"),
        ("", "nothing is searched for"),
        ("loudness>3", "has no column 'loudness'"),
        ("speaker>3", "cannot be answered"),
        ("persona=nurse", "has no column 'persona'"),
    ],
)
def test_a_search_that_means_nothing_is_refused(once: Path, text: str, said: str) -> None:
    with pytest.raises((UsageError, UnknownNameError), match=re.escape(said)):
        search(once, text)


@pytest.mark.parametrize(
    ("like", "said"),
    [
        ("nowhere.wav", "is no id of a row"),
        ("anger=x", "is no feeling with a number"),
        ("anger=nan", "is no feeling with a number"),
        ("qwxz=1", "unknown"),
    ],
)
def test_a_likeness_that_is_none_is_refused(once: Path, like: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        search(once, like=like)


def test_a_folder_that_is_none_and_a_suffix_that_is_none(once: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is neither an annotation"):
        search(tmp_path, "angry")
    with pytest.raises(UsageError, match="unknown suffix '.doc'"):
        export_hits(search(once, "angry"), tmp_path / "x.doc")


def test_a_search_for_what_the_source_does_not_state_is_said(tmp_path: Path) -> None:
    from test_annotate import write_clip

    write_clip(tmp_path / "in" / "a.wav")
    annotate(str(tmp_path / "in"), tmp_path / "out", Task(estimators=(), bursts=False))
    with pytest.raises(UsageError, match="states no age"):
        search(tmp_path / "out", "elderly")
    with pytest.raises(UsageError, match="has no column 'score_anger'"):
        search(tmp_path / "out", "angry")


def test_terms_are_split_at_commas_outside_quotes() -> None:
    assert split_terms('angry, "well, well", fast') == ["angry", '"well, well"', "fast"]
    assert [term.said for term in parse_query("very fast, -sad, no bursts").terms] == [
        "rate in the highest tenth",
        "not Sadness",
        "not a burst",
    ]


def test_the_command_prints_hits_and_writes_what_is_asked(annotated: Path, tmp_path: Path) -> None:
    page, export = tmp_path / "p.html", tmp_path / "e.txt"
    done = CliRunner().invoke(
        cli, ["search", str(annotated), "angry, woman", "--page", str(page), "--export", str(export)], env={"COLUMNS": "150"}
    )
    assert done.exit_code == 0, done.output
    assert re.search(rf"\d of {CLIPS} clips in 0\.\d\d s: Anger; female", done.output) and page.exists() and export.exists()
    told = json.loads(CliRunner().invoke(cli, ["search", str(annotated), "angry", "--json"]).stdout)
    assert told["understood"] == ["Anger"] and told["total"] == len(told["hits"])


def test_captions_that_only_some_files_have_yet_are_searched(annotated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from voiceact.annotate import database

    monkeypatch.setattr(database, "BATCH_FILES", 1)
    files = sorted((annotated / "captions").rglob("*.parquet"))
    files[0].unlink()
    captions = [row["caption_en"] for file in files[1:] for row in parquet.read_table(file).to_pylist()]
    hits = search(annotated, f'"{captions[0]}"', limit=CLIPS)
    assert hits.searched == CLIPS
    assert hits.total == sum(captions[0].casefold() in caption.casefold() for caption in captions) > 0
