"""What `voiceact annotate`, `caption` and `search` reach: `python benchmarks/annotate.py PART CORPUS…`.

    speed CORPUS     clips of 10 s (--clips N): the pipeline beside the bare estimator's loop, the voice alone; and the command,
                     loading included, with one worker and with two
    kill             100,000 short clips (--clips N), killed and resumed five times: memory, nothing missing, nothing twice;
                     --estimator level (next to free, the default), none (the voice is measured), human …
    scale            50 million clips (--clips N): a plan, then status and merge of the counts of so many shards, as files
    captions         10,000 random profiles in four languages, each phrase checked by a reader of the words alone
    search           1,000,000 rows (--rows N): words, likeness, page
    voices CORPUS    the judge without and beside each voice's statistics, on a labelled corpus (a manifest.jsonl)
    short CORPUS     the judge on the middle of sentences, from 0.25 s to all, on a labelled corpus (a manifest.jsonl)
    bursts CORPUS    kinds named of wordless bursts, on a corpus of bursts with labels (a manifest.jsonl)

CORPUS is a folder of speech. Seconds are of processor time where it says so: others may be at work on the machine. --json
FILE adds the figures to a file.
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import numpy as np

SECONDS = 10.0
COMMAND_CLIPS = 12
"""times as many clips for the command as for the loops in this process"""


def _cpu() -> float:
    """Processor seconds of this process and of the children that have ended."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    wall, cpu = time.perf_counter(), _cpu()
    work()
    return time.perf_counter() - wall, _cpu() - cpu


# --- Speed


def speed(corpus: str, clips: int) -> dict[str, Any]:
    """Annotate so many clips by the bare loop and by the pipeline in this process, then COMMAND_CLIPS times as many by the command.

    The command is timed from its start to its end, loading included, with one worker and with two.
    """
    from voiceact import audio
    from voiceact.annotate.listening import Task
    from voiceact.annotate.run import AnnotateSettings, annotate
    from voiceact.annotate.source import find_source
    from voiceact.estimators import load_estimator
    from voiceact.runtime.blas import one_thread

    with tempfile.TemporaryDirectory() as folder:
        _ten_seconds(corpus, Path(folder, "in"), clips)
        files = [entry.path for entry in find_source(str(Path(folder, "in"))).entries()]
        judge = load_estimator("human")
        judge.profile(*audio.read(files[0]))  # loaded, which is no part of the loop

        def bare() -> None:
            with one_thread():
                for path in files:
                    judge.profile(*audio.read(path))

        def run(name: str, task: Task) -> Callable[[], Any]:
            source, out = str(Path(folder, "in")), Path(folder, name)
            return lambda: annotate(source, out, task, AnnotateSettings(workers=1))

        # Names of the same files, so that loading is a small part of what one worker and two need.
        many = Path(folder, "many")
        many.mkdir()
        for number in range(COMMAND_CLIPS * clips):
            os.link(files[number % clips], many / f"clip{number:05d}.flac")

        def command(name: str, workers: int) -> Callable[[], Any]:
            words = ["annotate", str(many), "--out", str(Path(folder, name)), "--voices", "none", "--workers", str(workers)]
            return lambda: subprocess.run([sys.executable, "-m", "voiceact", *words], check=True, capture_output=True)

        alone = Task(attributes=False, bursts=False)
        voice = Task(estimators=(), bursts=False)
        # Turn by turn, so that a change in what else is at work hits all alike.
        loops = [_timed(bare)]
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in ("judge", "all", "voice", "one", "two")}
        for turn in range(2):
            figures["judge"].append(_timed(run(f"judge{turn}", alone)))
            loops.append(_timed(bare))
            figures["all"].append(_timed(run(f"all{turn}", Task())))
            figures["voice"].append(_timed(run(f"voice{turn}", voice)))
        for workers, words in ((1, "one"), (2, "two")):
            figures[words].append(_timed(command(words, workers)))
        sound = clips * SECONDS
        cpu = {name: min(one[1] for one in each) for name, each in figures.items()}
        wall = {name: min(one[0] for one in each) for name, each in figures.items()}
        loop = min(one[1] for one in loops)
        return {
            "clips": clips,
            "seconds_of_sound": sound,
            "processor_seconds": {"bare loop": loop, **cpu},
            "clock_seconds": {"bare loop": min(one[0] for one in loops), **wall},
            "judge_alone_over_bare_loop": cpu["judge"] / loop,
            "times_real_time_a_core": {name: sound / cpu[name] for name in ("judge", "all", "voice")},
            "times_real_time_two_cores": {name: 2 * sound / cpu[name] for name in ("judge", "all", "voice")},
            "command": {
                "seconds_of_sound": COMMAND_CLIPS * sound,
                "two_workers_over_one_by_the_clock": wall["one"] / wall["two"],
                "times_real_time_by_the_clock": {name: COMMAND_CLIPS * sound / wall[name] for name in ("one", "two")},
            },
            "load_average": os.getloadavg()[0],
        }


def _ten_seconds(corpus: str, folder: Path, clips: int) -> None:
    """Write clips of 10 s, each of several of the corpus one after another."""
    import soundfile

    from voiceact import audio
    from voiceact.annotate.source import find_source

    folder.mkdir(parents=True)
    held, rate, number = np.zeros(0, np.float32), 16_000, 0
    while number < clips:
        for entry in find_source(corpus).entries():
            samples, own = audio.read(entry.path)
            held = np.concatenate((held, audio.resample(samples, own, rate)))
            while len(held) >= SECONDS * rate and number < clips:
                soundfile.write(folder / f"clip{number:05d}.flac", held[: int(SECONDS * rate)], rate)
                held, number = held[int(SECONDS * rate) :], number + 1
            if number == clips:
                break


# --- Killed and resumed


CHILD = """
import resource, sys
from voiceact.annotate.listening import Task
from voiceact.annotate.run import AnnotateSettings, annotate
from voiceact.annotate.progress import AnnotateProgress

class Watch(AnnotateProgress):
    shards = 0
    def add_shard(self, shard):
        self.shards += 1
        print(self.shards, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)

if __name__ == "__main__":
    estimators = tuple(name for name in sys.argv[3].split(",") if name != "none")
    task = Task(estimators=estimators, attributes=not estimators, bursts=False)
    report = annotate(sys.argv[1], sys.argv[2], task, AnnotateSettings(workers=1), progress=Watch())
    print("done", report.totals.clips, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)
"""

LEVEL = """
import numpy as np
from voiceact.acting.taxonomy import categories
from voiceact.estimators.base import Estimator, Profile

IDS = [category.id for category in categories()]

class Level(Estimator):
    name, revision, thresholds = "level", "1", {}

    def profile(self, samples, sample_rate, **known):
        loud = float(np.sqrt(np.mean(np.square(samples))))
        scores = {name: round(7 * (loud * (number + 1)) % 7, 5) for number, name in enumerate(IDS)}
        return Profile(scores, loud, -loud, 0.0, dict.fromkeys(IDS, "category"), "level", "1", "none")

    def reference(self, clips, regime="neutral"):
        raise NotImplementedError
"""
"""an estimator as another package would register it, which costs next to nothing: what is measured is the run around it"""


def kill(clips: int, estimator: str) -> dict[str, Any]:
    """Annotate so many clips of 0.4 to 1 s (names of one hundred files, linked), killed five times on the way.

    Args:
        clips: to be annotated
        estimator: "level" (the root mean square in all 40 columns), "none" (the voice is measured), or any other
    """
    import soundfile
    from pyarrow import parquet

    from voiceact.annotate.audit import check_annotation

    with tempfile.TemporaryDirectory() as name:
        # The clips, and a package that registers an estimator.
        folder = Path(name)
        for number in range(100):
            seconds = np.arange(round(16_000 * (0.4 + 0.006 * number))) / 16_000
            sound = sum(np.sin(2 * np.pi * (100 + 2 * number) * n * seconds) / n for n in range(1, 9)) * 0.1
            soundfile.write(folder / f"base{number:02d}.wav", sound.astype(np.float32), 16_000)
        for number in range(clips):
            place = folder / "in" / f"{number // 1000:03d}"
            place.mkdir(parents=True, exist_ok=True)
            os.link(folder / f"base{number % 100:02d}.wav", place / f"clip{number:06d}.wav")
        (folder / "lib" / "level-1.dist-info").mkdir(parents=True)
        (folder / "lib" / "level.py").write_text(LEVEL)
        (folder / "lib" / "level-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: level\nVersion: 1\n")
        (folder / "lib" / "level-1.dist-info" / "entry_points.txt").write_text("[voiceact.estimators]\nlevel = level:Level\n")
        sys.path.insert(0, str(folder / "lib"))
        (folder / "child.py").write_text(CHILD)
        command = [sys.executable, str(folder / "child.py"), str(folder / "in"), str(folder / "out"), estimator]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "lib"), os.environ.get("PYTHONPATH", "")])}

        # Sessions: each of the first five is killed a while after one of its shards, the sixth is left alone.
        shards = max(16, clips // 500)
        draw, memory = random.Random(0), list[list[int]]()
        began, cpu = time.perf_counter(), _cpu()
        finished = False
        while not finished:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
            assert process.stdout is not None
            patience = draw.randint(1, max(1, shards // 6)) if len(memory) < 5 else 10**9
            memory.append([])
            for line in process.stdout:
                said = line.split()
                finished = said[0] == "done"
                memory[-1].append(int(said[-1]))
                if len(memory[-1]) == patience:
                    time.sleep(draw.random())
                    process.send_signal(signal.SIGKILL)
                    break
            if process.wait() and len(memory) > 5:
                raise SystemExit("the session that nobody killed failed")
            process.stdout.close()
        taken, cpu_taken = time.perf_counter() - began, _cpu() - cpu

        # What is there: by the audit, and by the names of the files alone.
        report = check_annotation(folder / "out")
        there = Counter[str]()
        for file in (folder / "out" / "data").rglob("*.parquet"):
            there.update(parquet.read_table(file, columns=["clip"])["clip"].to_pylist())
        expected = {f"{number // 1000:03d}/clip{number:06d}.wav" for number in range(clips)}
        return {
            "clips": clips,
            "estimator": estimator,
            "kills": len(memory) - 1,
            "shards_before_each_kill": [len(one) for one in memory[:-1]],
            "missing": len(expected - set(there)),
            "twice": sum(count - 1 for count in there.values()),
            "not_asked_for": len(set(there) - expected),
            "failed": report.totals.failed,
            "faults_of_the_audit": report.faulty,
            "megabytes_of_each_session_after_its_first_shard": [one[0] for one in memory],
            "megabytes_of_each_session_at_its_end": [one[-1] for one in memory],
            "seconds": taken,
            "processor_seconds": cpu_taken,
            "processor_milliseconds_a_clip": 1000 * cpu_taken / clips,
            "load_average": os.getloadavg()[0],
        }


# --- Fifty million clips


PASSES = {
    "status": "from voiceact.annotate.status import read_status; found = read_status(sys.argv[1])",
    "resume": "from voiceact.annotate.run import resume_annotation; found = resume_annotation(sys.argv[1])",
    "share": (
        "from voiceact.annotate.run import AnnotateSettings, resume_annotation; "
        "from voiceact.runs.partition import Partition; "
        "found = resume_annotation(sys.argv[1], AnnotateSettings(partition=Partition(1, 500)))"
    ),
}
"""looks at a finished run: its status, the session of one who gives the command again, that of one of 500 shares"""
LOOK = """
import json, resource, sys, time
began = time.perf_counter()
{0}
spent = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{
    "clips": found.totals.clips,
    "failed": found.totals.failed,
    "licences": found.totals.licences,
    "seconds": time.perf_counter() - began,
    "processor_seconds": spent.ru_utime + spent.ru_stime,
    "megabytes": int(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]) // 1024,
}}))
"""


def scale(clips: int) -> dict[str, Any]:
    """List a million names, lay out the indexes of so many clips as a run leaves them, and look at them as commands do."""
    import msgspec

    from voiceact.annotate.listening import Task
    from voiceact.annotate.listing import cut_tapered, write_listing
    from voiceact.annotate.run_file import AnnotationFile, ShardFile, ShardIndex, Totals, index_name, write_run
    from voiceact.annotate.source import find_source
    from voiceact.store.filesystem import Store

    task = Task(estimators=(), bursts=False)
    figures: dict[str, Any] = {"clips": clips, "shards": -(-clips // task.shard_clips)}

    # The plan: names come by standard input, each is looked for on the disk and among those before it, and shards are written.
    for sample in (100_000, min(clips, 1_000_000)):
        with tempfile.TemporaryDirectory() as name:
            store = Store(name)
            lines = (f"/corpus/{n // 1000:06d}/clip{n:09d}.flac\n" for n in range(sample))
            began = time.process_time()
            for number, shard in enumerate(cut_tapered(find_source("-", lines).entries(), task.shard_clips)):
                write_listing(store, number, shard)
            spent = time.process_time() - began
            figures[f"plan of {sample}"] = {
                "processor_microseconds_a_clip": 1e6 * spent / sample,
                "listing_bytes_a_clip": sum(size for _, size in store.iter_sizes("list")) / sample,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }

    # Every shard's index, as small files of the right content; every look at them in a process of its own.
    files = tuple(ShardFile(f"data/{one}/shard-000000.parquet", 250, 300_000, "0" * 64) for one in ("cc-by-4.0", "cc0-1.0"))
    licences = {"CC-BY-4.0": 300, "CC0-1.0": 200}
    for shards in sorted({min(count, figures["shards"]) for count in (1_000, 10_000, figures["shards"])}):
        with tempfile.TemporaryDirectory() as name:
            run = AnnotationFile(
                voiceact="0",
                source="/corpus",
                kind="folder",
                task=task,
                revisions={},
                clips=shards * task.shard_clips,
                shards=shards,
                digest="d",
            )
            write_run(Store(name), run)
            (Path(name) / "index").mkdir()
            for shard in range(shards):
                index = ShardIndex(shard, "d", Totals(500, 1, 500, 5000.0, 3, licences), files, (("x", "is truncated"),))
                (Path(name) / index_name(shard)).write_bytes(msgspec.json.encode(index))
            expected = {"clips": 500 * shards, "failed": shards, "licences": {key: n * shards for key, n in licences.items()}}
            figures[f"{shards} shards"] = {}
            for what, code in PASSES.items():
                ran = subprocess.run(
                    [sys.executable, "-c", LOOK.format(code), name], capture_output=True, text=True, check=True
                )
                found = json.loads(ran.stdout)
                if {key: found.pop(key) for key in expected} != expected:
                    raise SystemExit(f"{what}: the counts of {shards} shards are wrong")
                figures[f"{shards} shards"][what] = found
    figures["load_average"] = os.getloadavg()[0]
    return figures


# --- Captions


def captions(profiles: int) -> dict[str, Any]:
    from caption_checker import BASELINE, claims_of, is_true, random_row

    from voiceact.annotate.baseline import DIMENSIONS, deviations
    from voiceact.annotate.caption import LANGUAGES, write_caption

    phrases = untrue = unread = wanted = mentioned = nothing = 0
    spent = 0.0
    for language in LANGUAGES:
        for number in range(profiles):
            row = random_row(number)
            began = time.process_time()
            caption = write_caption(row, BASELINE, language, seed=number)
            spent += time.process_time() - began
            claims = claims_of(caption.text, language)
            phrases += len(claims)
            untrue += sum(not is_true(row, *claim) for claim in claims)
            stated = sorted(one.field for one in caption.phrases if one.claim in ("more", "less", "heard"))
            unread += sorted(name for name, _, _ in claims) != stated
            nothing += not claims
            told = {name for name in DIMENSIONS if not name.startswith("score_") or row["evidence_" + name[6:]] == "category"}
            far = {name: abs(value) for name, value in deviations(row, BASELINE).items() if name in told}
            extreme = [name for name in sorted(far, key=lambda one: -far[one])[:3] if far[name] >= 1]
            wanted += len(extreme)
            mentioned += sum(name in {claim[0] for claim in claims} for name in extreme)
    return {
        "profiles": profiles,
        "languages": list(LANGUAGES),
        "phrases": phrases,
        "untrue_or_without_evidence": untrue,
        "captions_whose_words_and_trace_differ": unread,
        "captions_in_which_nothing_stands_out": nothing,
        "extreme_dimensions_mentioned": mentioned / wanted,
        "milliseconds_a_caption": 1000 * spent / (profiles * len(LANGUAGES)),
    }


# --- Search


def search(rows: int) -> dict[str, Any]:
    """Search a table of so many rows, in shards of 5,000 drawn at random; the page plays what is in one folder."""
    import msgspec
    import pyarrow
    import soundfile
    from pyarrow import parquet

    from voiceact.annotate.listening import Task
    from voiceact.annotate.listing import ClipEntry, write_listing
    from voiceact.annotate.run_file import AnnotationFile, ShardIndex, Totals, index_name, write_run
    from voiceact.annotate.search import search as find
    from voiceact.annotate.search import write_page
    from voiceact.annotate.shard import schema_of
    from voiceact.store.filesystem import Store

    each, task = 5000, Task()
    with tempfile.TemporaryDirectory() as name:
        store, draw = Store(name), np.random.default_rng(0)
        sound = draw.normal(0, 0.1, 16_000 * 5).astype(np.float32)
        soundfile.write(Path(name, "clip.flac"), sound, 16_000)
        schema = schema_of(task)
        shards = -(-rows // each)
        run = AnnotationFile(
            voiceact="0", source="x", kind="folder", task=task, revisions={}, clips=rows, shards=shards, digest="d"
        )
        write_run(store, run)
        for shard in range(shards):
            ids = [f"clip{shard * each + number:07d}.flac" for number in range(each)]
            columns: dict[str, Any] = {}
            for column in schema.names:
                kind = schema.field(column).type
                if column in ("id", "clip"):
                    columns[column] = ids
                elif column.startswith("evidence_"):
                    columns[column] = draw.choice(["category", "burst", "none"], each)
                elif column.startswith("score_"):
                    columns[column] = np.maximum(0, draw.normal(0.5, 1.5, each)).clip(0, 7).round(3)
                elif column in ("speaker", "gender", "license", "language"):
                    columns[column] = draw.choice(
                        [f"{column}{n}" for n in range(20)] if column != "gender" else ["female", "male"], each
                    )
                elif column == "age":
                    columns[column] = draw.integers(5, 95, each)
                elif column == "bursts":
                    columns[column] = [
                        [{"start": 0.0, "end": 0.3, "kind": "Relief Sigh"}] if one < 0.05 else [] for one in draw.random(each)
                    ]
                elif column == "text":
                    columns[column] = [f"This is what is said in line {n}." for n in range(each)]
                elif column == "segment":
                    columns[column] = np.zeros(each, np.int32)
                elif pyarrow.types.is_floating(kind):
                    columns[column] = draw.normal(3, 1, each).round(4)
                else:
                    columns[column] = [None] * each
            table = pyarrow.table(
                {column: pyarrow.array(columns[column], schema.field(column).type) for column in schema.names}, schema=schema
            )
            path = Path(name, "data", "unstated", f"shard-{shard:06d}.parquet")
            path.parent.mkdir(parents=True, exist_ok=True)
            parquet.write_table(table, path, compression="zstd")
            write_listing(store, shard, (ClipEntry(one, str(Path(name, "clip.flac"))) for one in ids))
            store.write(index_name(shard), msgspec.json.encode(ShardIndex(shard, "d", Totals(each, 0, each), ())))
        began, cpu = time.perf_counter(), time.process_time()
        find(name, "angry", limit=1)
        made = time.perf_counter() - began, time.process_time() - cpu
        figures: dict[str, Any] = {"rows": rows, "seconds_to_make_the_table": made[0], "processor_seconds_to_make_it": made[1]}
        figures["megabytes_of_the_table"] = Path(name, "search.duckdb").stat().st_size / 1e6
        queries = {
            "feelings and speaker": ("embarrassed, elderly, fast, sighs", None),
            "strong feeling": ("strong anger, woman", None),
            "words": ('"line 77."', None),
            "like a row": ("", "clip0000077.flac"),
            "like a profile": ("woman", "anger=6, fear=3, arousal=1"),
        }
        for what, (text, like) in queries.items():
            spent = []
            for _ in range(3):
                wall, used = _timed(lambda text=text, like=like: find(name, text, like=like, limit=20))  # type: ignore[misc]
                spent.append((wall, used))
            figures[what] = {"seconds": min(one[0] for one in spent), "processor_seconds": min(one[1] for one in spent)}
        hits = find(name, "angry", limit=20)
        wall, used = _timed(lambda: write_page(hits, Path(name, "hits.html")))
        figures["page of 20"] = {"seconds": wall, "processor_seconds": used}
        figures["load_average"] = os.getloadavg()[0]
        return figures


# --- Voices


def voices(corpus: str, clips: int) -> dict[str, Any]:
    """Tell labelled feelings apart without and beside each voice's statistics: area under the curve of the judge's ratio."""
    from sklearn.metrics import adjusted_rand_score, roc_auc_score

    from voiceact.acting.taxonomy import get
    from voiceact.annotate.listening import Task
    from voiceact.annotate.run import annotate

    lines = [json.loads(line) for line in Path(corpus, "manifest.jsonl").read_text("utf-8").splitlines()]
    kept, seen = [], set[str]()
    for line in sorted(lines, key=lambda one: str(one["speaker"])):
        # Whole speakers only.
        if len(kept) >= clips and line["speaker"] not in seen:
            break
        seen.add(line["speaker"])
        kept.append(line)
    labels = {str(Path(corpus, one["path"])): (one.get("emonet"), one["speaker"]) for one in kept}
    found: dict[str, Any] = {"clips": len(kept), "speakers": len(seen)}
    with tempfile.TemporaryDirectory() as name:
        table = Path(name, "table.jsonl")
        table.write_text("".join(json.dumps({**one, "path": str(Path(corpus, one["path"]))}) + "\n" for one in kept))
        for how, speaker in (("none", None), ("stated", None), ("clustered", "ge2e")):
            if how == "clustered" and not _has_encoder():
                continue
            task = Task(attributes=False, bursts=False, speaker=speaker)
            annotate(str(table), Path(name, how), task, voices=how)
            rows = _rows(Path(name, how))
            areas = {}
            for category in sorted({one[0] for one in labels.values() if one[0]}):
                truth = [labels[row["clip"]][0] == category for row in rows]
                scores = [row[f"log_ratio_{get(category).id}"] for row in rows]
                if any(truth) and None not in scores:
                    areas[category] = float(roc_auc_score(truth, scores))
            found[how] = {
                "areas": areas,
                "mean": float(np.mean(list(areas.values()))),
                "references": dict(Counter(row["reference"] for row in rows)),
            }
            if how == "clustered":
                names = [row["cluster"] or "" for row in rows]
                found[how] |= {
                    "clusters": len(set(names)),
                    "adjusted_rand": float(adjusted_rand_score([labels[row["clip"]][1] for row in rows], names)),
                }
    return found


def _has_encoder() -> bool:
    from voiceact.verify.backends.speaker.ge2e import weights_path

    return weights_path() is not None


def _rows(folder: Path) -> list[dict[str, Any]]:
    from pyarrow import parquet

    files = sorted((folder / "data").rglob("*.parquet"))
    return [row for file in files for row in parquet.read_table(file).to_pylist() if not row["error"]]


# --- Short clips


def short(corpus: str, clips: int) -> dict[str, Any]:
    """Judge the middle of sentences: labels told apart, feelings present in neutral ones, or absent from the whole sentence."""
    from sklearn.metrics import roc_auc_score

    from voiceact import audio
    from voiceact.acting.taxonomy import get
    from voiceact.estimators import load_estimator
    from voiceact.runtime.blas import one_thread

    judge = load_estimator("human")
    lines = [json.loads(line) for line in Path(corpus, "manifest.jsonl").read_text("utf-8").splitlines()]
    random.Random(1).shuffle(lines)
    lines = lines[:clips]
    lengths = (0.25, 0.4, 0.6, 0.8, 1.0, 1.5, 60.0)
    profiles: dict[float, list[Any]] = {seconds: [] for seconds in lengths}
    with one_thread():
        for line in lines:
            samples, rate = audio.read(Path(corpus, line["path"]))
            for seconds in lengths:
                start = max(0, len(samples) - int(seconds * rate)) // 2
                profiles[seconds].append(judge.profile(samples[start : start + int(seconds * rate)], rate))
    told = [name for name, evidence in judge.evidence("none").items() if evidence == "category"]
    labels = [get(line["emonet"]).id if line.get("emonet") else None for line in lines]

    def present(profile: Any) -> set[str]:
        return {name for name in told if profile.scores[name] is not None and profile.scores[name] >= judge.thresholds[name]}

    whole = [present(profile) for profile in profiles[lengths[-1]]]
    figures: dict[str, Any] = {"clips": len(lines), "neutral": labels.count(None), "categories": told}
    for seconds, some in profiles.items():
        areas = [
            float(roc_auc_score([label == name for label in labels], [profile.log_ratios[name] for profile in some]))
            for name in told
            if name in labels
        ]
        figures[f"{seconds} s"] = {
            "area_mean": float(np.mean(areas)),
            "neutral_with_a_feeling_present": float(
                np.mean([bool(present(one)) for one, label in zip(some, labels, strict=True) if label is None])
            ),
            "present_but_not_in_the_whole": float(
                np.mean([bool(present(one) - before) for one, before in zip(some, whole, strict=True)])
            ),
        }
    return figures


# --- Kinds of bursts


def bursts(corpus: str, clips: int) -> dict[str, Any]:
    """Name the kinds of bursts whose contributors' labels are known: how often one of a kind's labels is the clip's."""
    from voiceact import audio
    from voiceact.annotate.burst_kinds import name_burst
    from voiceact.bursts.kinds import KINDS
    from voiceact.estimators.human.estimator import load_shipped

    by_name = {kind.laion: kind for kind in KINDS.values()}
    lines = [json.loads(line) for line in Path(corpus, "manifest.jsonl").read_text("utf-8").splitlines()]
    wanted = {label for kind in KINDS.values() for label in kind.labels}
    lines = [one for one in lines if one["emotion"] in wanted]
    random.Random(0).shuffle(lines)
    judge, named, right, chance, kinds = load_shipped(), 0, 0, 0.0, Counter[str]()
    shares = Counter(one["emotion"] for one in lines)
    for line in lines[:clips]:
        kind, _, _ = name_burst(judge, *audio.read(Path(corpus, line["path"])), float("nan"))
        if kind is not None:
            named += 1
            kinds[kind] += 1
            right += line["emotion"] in by_name[kind].labels
            chance += sum(shares[label] for label in by_name[kind].labels) / len(lines)
    count = min(clips, len(lines))
    return {
        "clips": count,
        "named": named,
        "label_is_of_the_kind": right / max(named, 1),
        "by_chance": chance / max(named, 1),
        "kinds": dict(kinds.most_common(8)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["speed", "kill", "scale", "captions", "search", "voices", "short", "bursts"])
    parser.add_argument("corpus", nargs="?", default="")
    parser.add_argument("--clips", type=int)
    parser.add_argument("--estimator", default="level", help="of the part kill")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.part in ("speed", "voices", "short", "bursts") and not given.corpus:
        parser.error(f"{given.part} needs a CORPUS")
    figures = {
        "speed": lambda: speed(given.corpus, given.clips or 40),
        "kill": lambda: kill(given.clips or 100_000, given.estimator),
        "scale": lambda: scale(given.clips or 50_000_000),
        "captions": lambda: captions(given.clips or 10_000),
        "search": lambda: search(given.rows),
        "voices": lambda: voices(given.corpus, given.clips or 300),
        "short": lambda: short(given.corpus, given.clips or 160),
        "bursts": lambda: bursts(given.corpus, given.clips or 300),
    }[given.part]()
    print(json.dumps({given.part: figures}, indent=2))
    if given.json:
        before = json.loads(given.json.read_text()) if given.json.exists() else {}
        given.json.write_text(json.dumps(before | {given.part: figures}, indent=1) + "\n")


if __name__ == "__main__":
    main()
