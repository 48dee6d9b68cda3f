"""What a run costs, as ratios within one run of this script: `python benchmarks/recipe.py [PART…] [--json FILE]`.

Parts: overhead (the run over the bare engine + judge loop, one worker), workers (two over one), rate (clips a second on
two workers with the cheap checks, and what the transcript costs apart), memory (1,000 and 100,000 clips). Two arms are
measured by turns; beside wall time stands processor time, which others on the machine do not lengthen as much, and how
much of the machine others had meanwhile.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from voiceact.acting.direction import direct
from voiceact.recipe.plan import Plan, make_plan
from voiceact.recipe.schema import Recipe, Scripts, StoreOptions, Verify
from voiceact.recipe.source import Source
from voiceact.runs.run import RunSettings, run_recipe
from voiceact.runs.take import Performer, load_performer
from voiceact.runtime.blas import one_thread
from voiceact.store.reader import open_run
from voiceact.verify.backends.registry import load_backends
from voiceact.verify.verdict import Question, answer

CHEAP = ("quality", "emotion")
ALL = ("quality", "emotion", "naturalness", "identity", "transcript")
FOUR_SECONDS = tuple(
    f"The {colour} {thing} is on the second shelf beside the {other} one."
    for colour, thing, other in (
        ("yellow", "kettle", "green"),
        ("wooden", "ladder", "broken"),
        ("narrow", "bottle", "larger"),
        ("little", "lantern", "empty"),
        ("copper", "basin", "silver"),
        ("heavy", "hammer", "rusty"),
    )
)
"""some four seconds each"""


def recipe(takes: int, checks: tuple[str, ...], **more: Any) -> Recipe:
    """So many takes by four personas, of six categories."""
    return Recipe(
        **{
            "name": "bench",
            "description": "To be measured.",
            "personas": ("nurse", "weary-detective", "farmer", "news-anchor"),
            "categories": ("Anger", "Fear", "Sadness", "Elation", "Distress", "Pride"),
            "intensities": (5.0,),
            "takes": takes // 24,
            "verify": Verify(checks=checks, evidence="none"),
            **more,
        }
    )


def four_seconds(folder: Path, takes: int, checks: tuple[str, ...]) -> Source:
    """The same with lines of four seconds alone."""
    path = folder / "four.csv"
    path.write_text("\n".join(["id,text", *(f"four-{number},{text}" for number, text in enumerate(FOUR_SECONDS))]))
    return Source(
        recipe(takes, checks, scripts=Scripts(evocative=0, neutral=1, files=(path.name,), shipped=False)), "bench", folder
    )


# --- Clocks


@dataclass
class Spent:
    """Seconds: of wall, of this process and its children, and of the processors that others had."""

    wall: float = 0.0
    cpu: float = 0.0
    others: float = 0.0


@contextmanager
def clocked() -> Iterator[Spent]:
    """Filled when the block ends."""
    spent, start = Spent(), _clocks()
    yield spent
    wall, own, all_busy = (after - before for after, before in zip(_clocks(), start, strict=True))
    spent.wall, spent.cpu, spent.others = wall, own, max(0.0, all_busy - own)


def _clocks() -> tuple[float, float, float]:
    times = os.times()
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    busy = sum(fields[:3] + fields[5:8]) / os.sysconf("SC_CLK_TCK")
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system, busy


# --- Overhead


def overhead(rounds: int = 3, takes: int = 48) -> dict[str, Any]:
    """The run over the bare loop, by turns; with the cheap checks, and with all."""
    return {
        name: _overhead(checks, rounds, takes // share)
        for name, checks, share in (("quality and emotion", CHEAP, 1), ("all checks", ALL, 2))
    }


def _overhead(checks: tuple[str, ...], rounds: int, takes: int) -> dict[str, Any]:
    plan = make_plan(recipe(takes, checks))
    performer = load_performer(plan)
    with tempfile.TemporaryDirectory() as folder:
        run_recipe(recipe(24, checks), Path(folder, "warm"))  # what is loaded once a process is no cost of a take
    ratios = []
    for _ in range(rounds):
        with clocked() as bare:
            bare_loop(plan, performer)
        with tempfile.TemporaryDirectory() as folder, clocked() as run, watched() as inside:
            run_recipe(plan.recipe, Path(folder, "run"))
        ratios.append(
            (
                run.cpu / bare.cpu,
                run.wall / bare.wall,
                run.cpu / inside.cpu,
                bare.cpu / takes,
                (bare.others + run.others) / (bare.wall + run.wall),
            )
        )
    cpu, wall, within, each, others = np.median(np.asarray(ratios), axis=0)
    return {
        "takes": takes,
        "rounds": rounds,
        "cpu_ratio": float(cpu),
        "wall_ratio": float(wall),
        "cpu_ratio_within_the_run": float(within),
        "bare_cpu_seconds_a_take": float(each),
        "processors_others_had": float(others),
    }


@contextmanager
def watched() -> Iterator[Spent]:
    """Processor time that a run in this process spends in its engine and in its checks.

    Both are of the same seconds of the same machine as the rest of the run, whoever else is at work.
    """
    from voiceact.synthesis import kernel

    spent, answering, opening = Spent(), kernel.answer, load_performer

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return work(*given, **named)
            finally:
                spent.cpu += time.process_time() - start

        return timed

    def opened(plan: Plan) -> Performer:
        performer = opening(plan)
        engine = copy(performer.engine)
        engine.perform = counted(performer.engine.perform)  # type: ignore[method-assign]
        return replace(performer, engine=engine)

    with patch.object(kernel, "answer", counted(answering)), patch("voiceact.runs.local.load_performer", opened):
        yield spent


def bare_loop(plan: Plan, performer: Performer) -> None:
    """Every take and its twin spoken, and judged as the run judges; nothing is written or described."""
    backends = load_backends(**plan.recipe.verify.backends)
    specs = [plan.take(plan.cell(cell), number) for cell in range(plan.cells) for number in range(1, plan.most_takes + 1)]
    for spec in specs:
        persona, cell = plan.personas[spec.cell.persona], spec.cell
        direction = direct(persona, [(cell.category, cell.intensity)], language=cell.language, seed=spec.seed)
        plain = direct(persona, (), language=cell.language, seed=spec.seed)
        with one_thread():  # as the run does: it is quicker, and is to flatter nobody
            take, twin = (
                performer.engine.perform(spec.text, persona, asked, language=cell.language, seed=spec.seed)
                for asked in (direction, plain)
            )
            answer(
                Question(
                    take.samples,
                    take.sample_rate,
                    spec.text,
                    {cell.category: cell.intensity},
                    cell.language,
                    (twin.samples, twin.sample_rate),
                    direction.instruction,
                    direction.moves.whisper,
                    backends,
                ),
                checks=plan.recipe.verify.checks,
                estimator=performer.judge,
                frugal=True,
            )


# --- Two workers, and the rate


def workers(rounds: int = 3, takes: int = 96) -> dict[str, Any]:
    """Throughput of two workers over one, by turns, starting and loading of the processes included."""
    with tempfile.TemporaryDirectory() as folder:
        source = four_seconds(Path(folder), takes, CHEAP)
        run_recipe(four_seconds(Path(folder), 24, CHEAP), Path(folder, "warm"))
        found = []
        for number in range(rounds):
            arms = [_timed(source, Path(folder, f"{number}-{count}"), count) for count in (1, 2)]
            found.append(
                (
                    arms[0].wall / arms[1].wall,
                    arms[1].cpu / arms[0].cpu,
                    arms[0].cpu / arms[0].wall,
                    *(arm.others / arm.wall for arm in arms),
                )
            )
    ratio, cpu, alone, others_one, others_two = np.median(np.asarray(found), axis=0)
    return {
        "takes": takes,
        "rounds": rounds,
        "two_over_one": float(ratio),
        "cpu_two_over_one": float(cpu),
        "processors_used_by_one": float(alone),
        "processors_others_had": [float(others_one), float(others_two)],
    }


def _timed(source: Source, out: Path, count: int) -> Spent:
    with clocked() as spent:
        run_recipe(source, out, RunSettings(workers=count))
    return spent


def rate(takes: int = 192) -> dict[str, Any]:
    """Clips a second on two workers, four-second lines, cheap checks; and the transcript apart."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "run")
        spent = _timed(four_seconds(Path(folder), takes, CHEAP), out, 2)
        rows = list(open_run(out).rows(["duration", "verdict"]))
        session = open_run(out).file.sessions[0]
        passing = sum(row["verdict"] != "rejected" for row in rows) / len(rows)
        apart = _transcript_apart(Path(folder), takes // 4)
    return {
        "takes": takes,
        "seconds_a_line": float(np.mean([row["duration"] for row in rows])),
        "clips_a_second": takes / session.seconds,
        "cpu_seconds_a_clip": spent.cpu / takes,
        "clips_a_second_of_two_whole_processors": 2 * takes / spent.cpu,
        "processors_others_had": spent.others / spent.wall,
        "share_that_cheap_checks_let_pass": passing,
        **apart,
    }


def _transcript_apart(folder: Path, takes: int) -> dict[str, Any]:
    """Processor seconds that the transcript adds, of every clip and of those that it is asked of."""
    cheap = _timed(four_seconds(folder, takes, CHEAP), folder / "cheap", 1)
    dear = _timed(four_seconds(folder, takes, (*CHEAP, "transcript")), folder / "dear", 1)
    run = open_run(folder / "dear")
    heard = sum(
        any(
            check["name"] == "transcript" and check["reason"] != "not_reached"
            for check in (run.record(row).verdict or {})["checks"]
        )
        for row in run.rows()
    )
    return {
        "transcript_cpu_seconds_a_clip": (dear.cpu - cheap.cpu) / takes,
        "transcript_cpu_seconds_where_asked": (dear.cpu - cheap.cpu) / heard if heard else None,
        "transcript_asked_of": heard / takes,
    }


# --- Memory

MEMORY = """
import sys, msgspec, resource
from voiceact.recipe.schema import Recipe
from voiceact.runs.run import run_recipe
run_recipe(msgspec.json.decode(sys.argv[1], type=Recipe), sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def memory(sizes: tuple[int, ...] = (1_000, 100_000)) -> dict[str, Any]:
    """Largest resident memory of a run of each size, engine that hums and judge that draws lots."""
    from hum import install

    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(__file__).parents[1]
        plugin = install(Path(folder, "plugin"))
        sys.path.insert(0, str(plugin))  # the size of the plan is worked out here
        paths = map(str, (root, root / "tests", plugin))
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        for size in sizes:
            asked = recipe(
                24 * -(-size // 24),
                ("emotion",),
                engine="hum",
                verify=Verify(checks=("emotion",), judge="lots", evidence="none"),
                store=StoreOptions(shard=1000),
            )
            asked = _many_cells(asked, size)
            import msgspec

            done = subprocess.run(
                [sys.executable, "-c", MEMORY, msgspec.json.encode(asked), Path(folder, str(size))],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            found[f"megabytes_at_{size}"] = int(done.stdout) / 1024
    found["ratio"] = found[f"megabytes_at_{sizes[-1]}"] / found[f"megabytes_at_{sizes[0]}"]
    return found


def _many_cells(asked: Recipe, size: int) -> Recipe:
    """All categories and personas, so that cells, not takes of a cell, are many."""
    import msgspec

    most = make_plan(msgspec.structs.replace(asked, categories="all", personas="all", takes=1)).cells
    return msgspec.structs.replace(asked, categories="all", personas="all", takes=max(1, -(-size // most)))


PARTS: dict[str, Callable[[], dict[str, Any]]] = {"overhead": overhead, "workers": workers, "rate": rate, "memory": memory}


def main() -> None:
    """Run the parts named on the command line, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--clips", type=int, nargs=2, default=[1_000, 100_000], help="of the part memory")
    given = parser.parse_args()
    found = {}
    for name in given.parts or PARTS:
        found[name] = {
            **(memory(tuple(given.clips)) if name == "memory" else PARTS[name]()),
            "load_average": round(os.getloadavg()[0], 1),
            "processors": os.cpu_count(),
        }
        print(f"{name}\n{json.dumps(found[name], indent=2)}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))
    print(f"largest resident memory of this script: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
