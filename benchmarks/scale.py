"""What 500,000 hours would ask of the parts that see a whole run: `python benchmarks/scale.py [PART…] [--shards N …]`.

Parts: plan (made, enumerated take by take and shard by shard), index (a folder with so many shards is laid out, and
`status`, the sums of the report, its counting and the audit's first pass go over it, each in a process of its own),
remote (the footers of a store that answers late). --json FILE writes the figures.

The folder is laid out as a run leaves it: an index of its own for each shard, its footer as large as that of a real
one (a count for each cell), and tars of the right size that hold nothing: sparse files, for nobody reads them here.
Rows are few, so that 180,000 indexes fit on one disk; what a row costs is measured on indexes with all their rows.
"""

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from voiceact.acting.taxonomy import categories
from voiceact.recipe.plan import Plan, make_plan
from voiceact.recipe.schema import Recipe, Source, Verify
from voiceact.store.columns import COLUMNS, Row
from voiceact.store.filesystem import Store
from voiceact.store.index import FORMAT, Footer, Tar, count_rows, index_name, schema, tar_name
from voiceact.store.run_file import RunFile, write_run

HOURS, SECONDS, SHARD = 500_000, 10.0, 1000
CLIPS = int(HOURS * 3600 / SECONDS)
TAKES_A_CELL = 4
LEVELS = (("verified", 0.02), ("undecided", 0.06), ("rejected", 0.92))
PLAN = "0" * 64


# --- The plan


def plan(personas: int = 750) -> dict[str, Any]:
    """Made, and asked for takes along it and anywhere in it: so many personas, each of them a file."""
    with tempfile.TemporaryDirectory() as folder:
        source = _source(Path(folder), personas)
        began = time.perf_counter()
        made = make_plan(source)
        seconds = time.perf_counter() - began
    found: dict[str, Any] = {
        "personas": personas,
        "cells": made.cells,
        "takes_a_cell": made.most_takes,
        "takes": made.takes,
        "shards": made.shards,
        "seconds_to_make": seconds,
        "memory_when_made_mb": _memory(),
    }
    found["microseconds_a_take_along_it"] = _each(made, range(100_000))
    draw = random.Random(0)
    found["microseconds_a_take_anywhere"] = _each(made, [draw.randrange(made.takes) for _ in range(100_000)])
    began = time.perf_counter()
    cells = sum(len(made.cells_of(shard)) for shard in range(made.shards))
    assert cells == made.cells
    found["seconds_for_the_cells_of_all_shards"] = time.perf_counter() - began
    return found | {"memory_at_the_end_mb": _memory()}


def _source(folder: Path, personas: int) -> Source:
    """40 categories at 6 intensities by so many personas, as many takes of each as the hours need."""
    names = [f"voice-{number}.yaml" for number in range(personas)]
    for number, name in enumerate(names):
        (folder / name).write_text(
            f"name: voice-{number}\ndescription: One of many.\ngender: female\nage: 40\n"
            f"voice: {{f0_hz: {150 + number % 100}, tract: 1.0}}\n"
        )
    takes = CLIPS // (personas * 40 * 6)
    bare = Recipe(
        name="scale", description="To be counted.", personas=tuple(names), intensities=(2, 3, 4, 5, 6, 7), takes=takes
    )
    return Source(bare, "scale", folder)


def _each(made: Plan, numbers: Any) -> float:
    began = time.perf_counter()
    for number in numbers:
        made.take(made.cell(number // made.most_takes), 1 + number % made.most_takes)
    return 1e6 * (time.perf_counter() - began) / len(numbers)


# --- A folder of so many shards


def lay_out(folder: Path, shards: int, rows: int) -> dict[str, Any]:
    """Write run.json, the indexes and the tars of so many shards; what that is on the disk.

    rows: in each index
    """
    small = Recipe(name="scale", description="To be counted.", takes=TAKES_A_CELL, verify=Verify(evidence="dimension"))
    file = RunFile(
        voiceact="0",
        name="scale",
        recipe=small.as_dict(),
        fingerprint={},
        plan=PLAN,
        cells=shards * SHARD // TAKES_A_CELL,
        most_takes=TAKES_A_CELL,
        takes=shards * SHARD,
        shards=shards,
        engine={"name": "none", "license": {}},
        judge={"name": "none", "revision": "0"},
        personas={name: {} for name in _personas()},
    )
    write_run(Store(folder), file)
    for name in ("index", *(level for level, _ in LEVELS)):
        (folder / name).mkdir(parents=True, exist_ok=True)
    templates = {digits: _template(digits, rows) for digits in range(6, len(str(shards)) + 1)} | {6: _template(6, rows)}
    began = time.perf_counter()
    for shard in range(shards):
        _write_shard(folder, shard, templates[max(6, len(str(shard)))])
    index = (folder / index_name(0)).stat().st_size
    return {
        "shards": shards,
        "rows_an_index": rows,
        "kilobytes_an_index": index / 1000,
        "kilobytes_a_footer": len(msgspec.json.encode(_footer(0))) / 1000,
        "seconds_to_lay_out": time.perf_counter() - began,
    }


def _write_shard(folder: Path, shard: int, template: bytes) -> None:
    """An index from its template: all numbers have as many digits, so that no place in the file moves."""
    digits = f"{shard:06d}".encode()
    data = template
    for name in (b"shard-", b"scale-"):
        data = data.replace(name + b"9" * len(digits), name + digits)
    # A number in JSON has no leading noughts, but may have spaces before it.
    data = data.replace(b'"shard":' + b"9" * len(digits), b'"shard":' + str(shard).encode().rjust(len(digits)))
    (folder / index_name(shard)).write_bytes(data)
    for tar in _tars(shard):
        with (folder / tar.name).open("wb") as file:
            file.truncate(tar.bytes)


def _template(digits: int, rows: int) -> bytes:
    """As `encode_index` but for the packing, so that ids can be put into it."""
    import io

    from pyarrow import Table, parquet

    shard, file = 10**digits - 1, io.BytesIO()
    table = Table.from_pylist(_rows(shard, rows), schema=schema())
    table = table.replace_schema_metadata({"format": FORMAT, "shard": msgspec.json.encode(_footer(shard))})
    parquet.write_table(table, file, compression="none", use_dictionary=False)
    return file.getvalue()


def _footer(shard: int) -> Footer:
    return Footer(shard, PLAN, tuple(_tars(shard)), count_rows(_rows(shard, SHARD)))


def _tars(shard: int) -> list[Tar]:
    return [Tar(tar_name(level, shard), int(SHARD * share), int(SHARD * share * 250_000), "0" * 64) for level, share in LEVELS]


def _personas() -> list[str]:
    from voiceact.acting.persona import persona_names

    return persona_names()


def _rows(shard: int, number: int) -> list[Row]:
    """Rows as a run has them, four takes of each cell, one level after another in the shares of `LEVELS`."""
    draw, ids, names = random.Random(0), [category.id for category in categories()], _personas()
    found = []
    for at in range(number):
        cell, level = at // TAKES_A_CELL, draw.choices([level for level, _ in LEVELS], [share for _, share in LEVELS])[0]
        row = dict.fromkeys(COLUMNS) | {
            "id": f"scale-{shard:06d}-{at:03d}",
            "text": f"Line number {draw.random()} is said here.",
            "language": "en",
            "persona": names[cell % len(names)],
            "category": ids[cell % len(ids)],
            "intensity": 5.0,
            "script": "neutral",
            "line": f"en-neutral-{cell % 60:02d}",
            "cell": cell,
            "take": 1 + at % TAKES_A_CELL,
            "engine": "none",
            "license": "MIT",
            "duration": round(draw.uniform(2, 18), 3),
            "sampling_rate": 24000,
            "lufs": draw.uniform(-40, -15),
            "peak": draw.random(),
            "seed": draw.getrandbits(32),
            "evidence": "dimension",
            "verdict": level,
            "included": level == "verified",
            "reasons": ["emotion:absent"] if level == "rejected" else [],
            "split": "train",
            "sha256": f"{draw.getrandbits(256):064x}",
            "tar": tar_name(level, shard),
            "audio_start": at * 250_000,
            "audio_length": 240_000,
            "record_start": at * 250_000,
            "record_length": 7_000,
            **{f"score_{name}": draw.uniform(0, 7) for name in ids},
        }
        found.append(row)
    return found


# --- What goes over it

PASSES = {
    "status": "from voiceact.runs.status import read_status; s = read_status(folder); n = len(s.there.whole)",
    "coverage": "from voiceact.store.reader import open_run; from voiceact.dataset.findings.coverage import Coverage;"
    "c = Coverage(open_run(folder).footers()); n = c.shards",
    "counting": "from voiceact.store.reader import open_run; from voiceact.dataset.findings.census import count_run;"
    "c = count_run(open_run(folder), {}); n = int(sum(c.reasons.values()))",
    "audit": "from voiceact.dataset.audit.audit import RunAudit; from voiceact.store.reader import open_run;"
    "a = RunAudit(open_run(folder), sample=0); a._verdicts.judge = a; a._sample = 100;"
    "there = a.find_shards(); n = len(there); c = a.draw_sample(there)",
}
"""what is timed, in a process of its own; `n` is how many it found"""

ONE = """
import resource, sys, time
folder = sys.argv[1]
import numpy, pyarrow.parquet, pyarrow.compute
from voiceact.dataset import audit, census
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began, cpu = time.perf_counter(), time.process_time()
{code}
print(time.perf_counter() - began, time.process_time() - cpu, base / 1024,
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, n)
"""


def index(sizes: list[int], passes: list[str], where: Path | None, rows: int = 4) -> list[dict[str, Any]]:
    """Each size laid out and gone over."""
    found = []
    for shards in sizes:
        with tempfile.TemporaryDirectory(dir=where) as folder:
            told = lay_out(Path(folder), shards, rows)
            for name in passes:
                told[name] = _pass(name, folder, shards)
                print(json.dumps({"shards": shards, name: told[name]}), flush=True)
            shutil.rmtree(folder)
            Path(folder).mkdir()
        found.append(told)
    return found


def _pass(name: str, folder: str, shards: int) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", ONE.format(code=PASSES[name]), folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    wall, cpu, base, most, number = map(float, done.stdout.split())
    return {
        "seconds": wall,
        "processor_seconds": cpu,
        "milliseconds_a_shard": 1000 * wall / shards,
        "memory_before_mb": base,
        "largest_memory_mb": most,
        "found": int(number),
    }


def rows(where: Path | None) -> dict[str, Any]:
    """What a row costs to be counted: indexes with all of theirs."""
    with tempfile.TemporaryDirectory(dir=where) as folder:
        told = lay_out(Path(folder), 200, SHARD)
        counting = _pass("counting", folder, 200)
    return {**told, "counting": counting, "microseconds_a_row": 1e6 * counting["seconds"] / (200 * SHARD)}


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- A store that answers late


def remote(shards: int = 500, delay: float = 0.03) -> dict[str, Any]:
    """`status` over a store in memory that lets each request wait, with one reader and with those it has."""
    import fsspec
    from fsspec.implementations.memory import MemoryFileSystem
    from voiceact.runs.status import read_status

    from voiceact.store import read_ahead

    class Late(MemoryFileSystem):
        """Each file that is opened waits, as a request does."""

        protocol = "late"

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return super()._strip_protocol(path.replace("late://", "memory://"))

        def open(self, *args: Any, **kwargs: Any) -> Any:
            time.sleep(delay)
            return super().open(*args, **kwargs)

    fsspec.register_implementation("late", Late, clobber=True)
    found: dict[str, Any] = {"shards": shards, "seconds_a_request": delay}
    with tempfile.TemporaryDirectory() as folder:
        lay_out(Path(folder), shards, 4)
        memory = Store("late://run")
        for path in Path(folder).rglob("*"):
            if path.is_file():
                memory._fs.pipe_file(f"/run/{path.relative_to(folder)}", path.read_bytes() if path.suffix != ".tar" else b"")
    for readers in (1, read_ahead.READERS):
        read_ahead.READERS = readers
        began = time.perf_counter()
        read_status("late://run")
        found[f"seconds_with_{readers}_readers"] = time.perf_counter() - began
    return found


PARTS: dict[str, Callable[[argparse.Namespace], Any]] = {
    "plan": lambda given: plan(),
    "index": lambda given: index(given.shards, given.passes, given.where),
    "rows": lambda given: rows(given.where),
    "remote": lambda given: remote(),
}


def main() -> None:
    """Run the parts named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--shards", type=int, nargs="+", default=[1_000, 10_000, 180_000])
    parser.add_argument("--passes", nargs="+", choices=list(PASSES), default=list(PASSES), help="of the part index")
    parser.add_argument("--where", type=Path, help="folder to lay the shards out in (120 kB each); default: the system's")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = {}
    for name in given.parts or PARTS:
        found[name] = PARTS[name](given)
        print(f"{name}\n{json.dumps(found[name], indent=2)}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
