"""A run killed at random moments, and resumed each time: `python benchmarks/kill.py [--kills 20] [--engine embedded]`.

SIGKILL reaches the process at moments drawn from the seed, of four kinds by turns: at its start (reading the recipe,
loading, writing run.json), among its takes, while the tars of a shard are written, and while its index is. For the last
two the process is stopped when the first half-written file is seen, and let go on half a millisecond at a time. Processes of
a pool are left to find out by themselves. At the end every file but run.json is compared, byte by byte, with those of a
run that nobody disturbed.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

RECIPE = """name: killed
description: A run to be killed.
personas: [nurse, weary-detective, curious-first-grader]
categories: [Anger, Fear, Sadness, Elation, Concern]
intensities: [3, 4, 6]
stop: {{included: 2, takes: 6}}
engine: {engine}
verify: {{checks: {checks}, judge: {judge}, evidence: dimension}}
store: {{shard: 18, twins: true}}
"""
KINDS = ("take", "tars", "start", "index", "take")
"""what the process is at when it is killed, by turns"""
STEP = 0.0005
"""seconds that a stopped process is let go on for"""


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--engine", choices=["embedded", "hum"], default="embedded")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--longest", type=float, default=4.0, help="seconds at most between the first new take and a kill among takes"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(run(Path(folder), given))


def run(folder: Path, given: argparse.Namespace) -> int:
    """The exit status: 0 if the bytes are the same."""
    environment = _environment(folder, given.engine)
    path = folder / "killed.yaml"
    judge, checks = ("lots", "[emotion]") if given.engine == "hum" else ("human", "[quality, emotion]")
    path.write_text(RECIPE.format(engine=given.engine, judge=judge, checks=checks))
    began = time.monotonic()
    _voiceact(environment, "run", path, "--out", folder / "whole").wait()
    print(f"undisturbed: {time.monotonic() - began:.0f} s, {len(_bytes(folder / 'whole'))} files", flush=True)
    draw, hit = random.Random(given.seed), Counter[str]()
    while hit.total() < given.kills:
        kind, workers = KINDS[hit.total() % len(KINDS)], 1 + hit.total() // len(KINDS) % 2
        process = _voiceact(environment, "run", path, "--out", folder / "killed", "--workers", workers)
        if not _reach(kind, process, folder / "killed", draw, given.longest):
            print("it was done before its time; give it less with --longest", flush=True)
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        hit[_where(kind, folder / "killed")] += 1
        print(f"kill {hit.total():2}, {kind:5}, {workers} at work: {_found(folder / 'killed')}", flush=True)
    last = _voiceact(environment, "resume", folder / "killed", "--workers", 2)
    status = last.wait()
    same = _bytes(folder / "killed") == _bytes(folder / "whole")
    told = ", ".join(f"{count} {where}" for where, count in hit.most_common())
    print(f"{hit.total()} kills ({told}), last resume exit {status}: {'byte-identical' if same else 'NOT the same'}")
    return 0 if same and status == 0 else 1


# --- Moments


def _reach(kind: str, process: "subprocess.Popen[bytes]", run: Path, draw: random.Random, longest: float) -> bool:
    """Wait for a moment of that kind; False if the process has ended before."""
    if kind == "start":
        return _lasts(process, draw.uniform(0, 2.0))
    if kind == "take":
        before = _journals(run)
        return _until(process, lambda: _journals(run) > before) and _lasts(process, draw.uniform(0, longest))
    while _until(process, lambda: bool(_tars_begun(run)), step=0.0005):
        process.send_signal(signal.SIGSTOP)
        steps = draw.randrange(0, 12)
        while _tars_begun(run) and (kind == "index" or steps):
            steps -= 1
            _step(process)
        # Between the last tar and the index, and while the index is written.
        if (kind == "tars" and _tars_begun(run)) or (kind == "index" and _index_due(process, run, draw.random() < 0.75)):
            return True
        process.send_signal(signal.SIGCONT)
    return False


def _index_due(process: "subprocess.Popen[bytes]", run: Path, begun: bool) -> bool:
    """Whether the tars of a shard are there and its index is not, or, on request, half of it."""
    while begun and _without_index(run) and not list(run.glob("index/.*.part")):
        _step(process)
    return bool(_without_index(run))


def _step(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGCONT)
    time.sleep(STEP)
    process.send_signal(signal.SIGSTOP)


def _lasts(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Whether it is still alive after so many seconds."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _until(process: "subprocess.Popen[bytes]", true: Callable[[], bool], *, step: float = 0.005) -> bool:
    """Wait for something; False if the process ends before."""
    while not true():
        if process.poll() is not None:
            return False
        time.sleep(step)
    return True


# --- What lies in the folder


def _journals(run: Path) -> int:
    return sum(path.stat().st_size for path in run.glob("work/*/*.journal"))


def _tars_begun(run: Path) -> list[Path]:
    """Half-written tars."""
    return [path for path in run.glob("*/.*.part") if path.parent.name != "index"]


def _without_index(run: Path) -> set[str]:
    """Shards of which there are tars and no index."""
    return {path.stem for path in run.glob("*/shard-*.tar")} - {path.stem for path in run.glob("index/shard-*.parquet")}


def _where(kind: str, run: Path) -> str:
    """In words, from what lies there."""
    if kind == "take":
        return "among takes"
    if kind == "start":
        return "at the start"
    if list(run.glob("index/.*.part")):
        return "in the index"
    return "in a tar" if _tars_begun(run) else "between tar and index"


def _voiceact(environment: dict[str, str], *arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "voiceact", "recipe", *map(str, arguments)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _environment(folder: Path, engine: str) -> dict[str, str]:
    """With the humming engine of the tests installed, if it is asked, each of its takes lasting a little."""
    root = Path(__file__).parents[1]
    paths = [str(root)]
    if engine == "hum":
        from hum import install

        paths += [str(install(folder / "plugin")), str(root / "tests")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HUM_SECONDS": "0.05"}


def _found(folder: Path) -> str:
    whole = len(list(folder.glob("index/*.parquet")))
    journals = _journals(folder)
    parts = len(list(folder.rglob("*.part")))
    return f"{whole} shards whole, {journals / 1e6:.1f} MB in journals, {parts} half-written files"


def _bytes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "run.json"
    }


if __name__ == "__main__":
    main()
