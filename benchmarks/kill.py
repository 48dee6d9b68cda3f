"""A run killed at random moments, and resumed each time: `python benchmarks/kill.py [--kills 20] [--engine embedded]`.

SIGKILL reaches the process at a moment drawn from the seed, from the very start of it on (reading the recipe, loading,
making takes, putting shards together, writing run.json); processes of a pool are left to find out by themselves. At the
end every file but run.json is compared, byte by byte, with those of a run that nobody disturbed.
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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

RECIPE = """name: killed
description: A run to be killed.
personas: [nurse, weary-detective, curious-first-grader]
categories: [Anger, Fear, Sadness, Elation, Concern]
intensities: [4, 6]
stop: {{included: 2, takes: 8}}
engine: {engine}
verify: {{checks: {checks}, judge: {judge}, evidence: dimension}}
store: {{shard: 60, twins: true}}
"""


def main() -> None:
    """Kill, resume, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--engine", choices=["embedded", "hum"], default="embedded")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--longest", type=float, default=8.0, help="seconds a sitting lives at most")
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
    draw, killed = random.Random(given.seed), 0
    while killed < given.kills:
        workers = 1 + killed % 2
        process = _voiceact(environment, "run", path, "--out", folder / "killed", "--workers", workers)
        moment = draw.uniform(0, given.longest)
        try:
            process.wait(moment)
            print("it was done before its time; give it less with --longest", flush=True)
            break
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        killed += 1
        print(f"kill {killed:2} after {moment:4.1f} s, {workers} at work: {_found(folder / 'killed')}", flush=True)
    last = _voiceact(environment, "resume", folder / "killed", "--workers", 2)
    status = last.wait()
    same = _bytes(folder / "killed") == _bytes(folder / "whole")
    print(f"{killed} kills, last resume exit {status}: {'byte-identical' if same else 'NOT the same'}")
    return 0 if same and status == 0 else 1


def _voiceact(environment: dict[str, str], *arguments: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "voiceact", "recipe", *map(str, arguments)], env=environment,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


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
    journals = sum(path.stat().st_size for path in folder.glob("work/*/*.journal"))
    parts = len(list(folder.rglob("*.part")))
    return f"{whole} shards whole, {journals / 1e6:.1f} MB in journals, {parts} half-written files"


def _bytes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*") if path.is_file() and path.name != "run.json"}


if __name__ == "__main__":
    main()
