"""What an export costs, and whether its tars are read faster than their audio is decoded.

    python benchmarks/export.py [--clips 1000] [--memory 10000]

A run of some 4 s clips is written (a dozen real ones of the embedded engine, repeated under ids of their own), exported in
every format, and the WebDataset is read with webdataset itself. Figures of reading are processor
time of one process in one session, on one thread; exports are wall time:

- iterating / decoding: time to go through the tars, over the time to decode the same bytes from memory. Below 1 the
  reader waits for its decoder and not for the tars.
- our tars / webdataset's: the same members written by webdataset's own TarWriter. About 1: the layout costs nothing.
- whole / decoding: iterating with decoding, over decoding alone: what a training loop sees.

`--memory` (Linux) exports that many clips and a tenth of them, each in a process of its own, and prints the peak memory
of both.
"""

import argparse
import gc
import hashlib
import io
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

from voiceact import audio, direct, load_engine, load_persona
from voiceact.acting.script import load_lines
from voiceact.acting.taxonomy import categories
from voiceact.dataset.export.export import export
from voiceact.dataset.export.formats import format_names
from voiceact.store.columns import COLUMNS, Row, placed
from voiceact.store.filesystem import Store
from voiceact.store.index import Footer, Tar, count_rows, tar_name
from voiceact.store.run_file import RunFile, write_run
from voiceact.store.shard import ShardWriter
from voiceact.store.sidecar import write_index

FORMS = [name for name in format_names() if name != "instruct"]
"""an instruct item is made of a whole record, which the clips of this run do not have"""
SHARD = 1000
REAL = 12
PLAN = "0" * 64
REPEATS = 5


# --- A run to export


def spoken() -> list[bytes]:
    """A dozen FLAC files of some 4 s."""
    engine, persona = load_engine("embedded"), load_persona("nurse")
    texts = [line.text for line in load_lines("en") if 55 <= len(line.text) <= 75][:REAL]
    takes = [
        engine.perform(text, persona, direct(persona, (), language="en", seed=seed), language="en", seed=seed)
        for seed, text in enumerate(texts)
    ]
    return [audio.encode(take.samples, take.sample_rate, suffix=".flac") for take in takes]


def write_run_folder(folder: Path, clips: int, sounds: list[bytes]) -> None:
    """A run of that many verified clips."""
    store = Store(folder)
    shards = -(-clips // SHARD)
    write_run(
        store,
        RunFile(
            voiceact="0",
            name="bench",
            recipe={
                "name": "bench",
                "description": "",
                "splits": {"train": 1.0, "by": "both"},
                "store": {"format": "flac"},
                "seed": 0,
            },
            fingerprint={},
            plan=PLAN,
            cells=clips,
            most_takes=1,
            takes=clips,
            shards=shards,
            engine={"name": "embedded", "license": dict.fromkeys(("code", "weights", "output"), "Apache-2.0")},
            judge={"name": "human", "revision": "1"},
            personas={"nurse": {"license": "CC0-1.0", "gender": "female", "age": 34}},
        ),
    )
    for shard in range(shards):
        _write_shard(store, shard, range(shard * SHARD, min((shard + 1) * SHARD, clips)), sounds)


def _write_shard(store: Store, shard: int, numbers: range, sounds: list[bytes]) -> None:
    file, rows = io.BytesIO(), []
    with ShardWriter(file) as tar:
        for number in numbers:
            sound, key = sounds[number % len(sounds)], f"bench-{number:09d}-001"
            places = tar.add(key, {"flac": sound, "json": b"{}"})
            rows.append(placed(_row(key, number, sound), tar_name("verified", shard), places, "flac"))
    data = file.getvalue()
    store.write(tar_name("verified", shard), data)
    tars = (Tar(tar_name("verified", shard), len(rows), len(data), hashlib.sha256(data).hexdigest()),)
    write_index(store, rows, Footer(shard, PLAN, tars, count_rows(rows)))


def _row(key: str, number: int, sound: bytes) -> Row:
    known = {
        "id": key,
        "file_name": f"{key}.flac",
        "text": f"Line {number} is said as it stands.",
        "language": "en",
        "persona": "nurse",
        "gender": "female",
        "age": 34,
        "category": "anger",
        "intensity": 5.0,
        "script": "neutral",
        "line": f"en-{number}",
        "seed": number,
        "take": 1,
        "cell": number,
        "engine": "embedded",
        "license": "Apache-2.0",
        "duration": 4.0,
        "sampling_rate": 24000,
        "verdict": "verified",
        "included": True,
        "evidence": "category",
        "reasons": [],
        "split": "train",
        "sha256": hashlib.sha256(sound).hexdigest(),
        "judge": "human",
    }
    scores = {f"score_{one.id}": (number * 7 + place) % 70 / 10 for place, one in enumerate(categories())}
    return {name: (known | scores).get(name) for name in COLUMNS}


# --- Reading back


def seconds(*whats: Callable[[], Any]) -> list[float]:
    """Processor time of each, in turn, the least of some rounds: on a shared machine the rest says who else was at work."""
    spent: list[list[float]] = [[] for _ in whats]
    for _ in range(REPEATS):
        for what, found in zip(whats, spent, strict=True):
            gc.collect()
            started = time.process_time()
            what()
            found.append(time.process_time() - started)
    return [min(found) for found in spent]


def iterate(tars: list[str]) -> Iterator[dict[str, Any]]:
    """The clips of tars, as webdataset reads them, undecoded."""
    import webdataset

    return iter(webdataset.WebDataset(tars, shardshuffle=False))


def decoded(data: bytes) -> Any:
    """Float32 samples of a FLAC file."""
    import soundfile

    return soundfile.read(io.BytesIO(data), dtype="float32")[0]


def write_theirs(tars: list[str], folder: Path) -> list[str]:
    """The same clips in tars of webdataset's own writer."""
    import webdataset

    folder.mkdir()
    for path in tars:
        with webdataset.TarWriter(str(folder / Path(path).name)) as writer:
            for clip in iterate([path]):
                writer.write({key: value for key, value in clip.items() if key == "__key__" or not key.startswith("__")})
    return sorted(map(str, folder.iterdir()))


def reading(folder: Path, clips: int) -> None:
    """Print the ratios of reading."""
    ours = sorted(map(str, (folder / "webdataset").glob("*.tar")))
    theirs = write_theirs(ours, folder / "theirs")
    sounds = [clip["flac"] for clip in iterate(ours)]
    assert len(sounds) == clips
    going, other, decoding, whole = seconds(
        lambda: sum(1 for _ in iterate(ours)),
        lambda: sum(1 for _ in iterate(theirs)),
        lambda: [decoded(sound) is None for sound in sounds],
        lambda: [decoded(clip["flac"]) is None for clip in iterate(ours)],
    )
    print(f"decoding from memory           {clips / decoding:8.0f} clips/s")
    print(f"iterating our tars             {clips / going:8.0f} clips/s")
    print(f"iterating and decoding         {clips / whole:8.0f} clips/s")
    print(f"iterating / decoding           {going / decoding:8.3f}  (time; below 1 the tars are not what is waited for)")
    print(f"our tars / webdataset's own    {going / other:8.3f}  (time)")
    print(f"whole / decoding               {whole / decoding:8.3f}  (time)")


# --- Memory


def own_peak_mb() -> float:
    """Peak resident memory of this process. Not from getrusage: there a child begins with its parent's peak."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024


def peak_mb(run: Path, out: Path, form: str) -> float:
    """Peak resident memory of a process that exports."""
    done = subprocess.run(
        [sys.executable, __file__, "--alone", str(run), str(out), form], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def memory(folder: Path, clips: int, sounds: list[bytes]) -> None:
    """Print peak memory of many clips beside that of a tenth."""
    for count in (clips // 10, clips):
        write_run_folder(folder / f"run-{count}", count, sounds)
    for form in FORMS:
        few, many = (peak_mb(folder / f"run-{count}", folder / f"out-{form}-{count}", form) for count in (clips // 10, clips))
        print(f"{form:<12} {few:6.0f} MB at {clips // 10} clips, {many:6.0f} MB at {clips}")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="clips of the memory run; 0: none")
    parser.add_argument("--alone", nargs=3, metavar=("RUN", "OUT", "FORMAT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        export(*options.alone)
        print(own_peak_mb())
        return
    sounds = spoken()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_run_folder(folder / "run", options.clips, sounds)
        lasting = sum(len(decoded(sound)) for sound in sounds) / len(sounds) / 24000
        print(
            f"{platform.machine()}, Python {platform.python_version()}, {options.clips} clips of {lasting:.1f} s, "
            f"{sum(map(len, sounds)) / len(sounds) / 1000:.0f} kB each"
        )
        for form in FORMS:
            started = time.perf_counter()
            export(folder / "run", folder / form, form)
            print(f"export {form:<12} {(time.perf_counter() - started) * 1000 / options.clips:6.2f} s for 1000 clips")
        reading(folder, options.clips)
        if options.memory:
            memory(folder, options.memory, sounds)


if __name__ == "__main__":
    main()
