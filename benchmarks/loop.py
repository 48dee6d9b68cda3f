"""The closed loop, honestly: what the engine performs, the judge hears.

    python benchmarks/loop.py --rows rows.jsonl [--markdown table.md] [--json figures.json] [--shipped pass_rates.json]

Every category that the judge has evidence for, at every intensity, is spoken by every persona in every line, and each take is
heard beside its neutral twin. For each cell: how often the category is called present and how often it is denied, how often it
is called present in neutral readings (each beside a neutral reading of another line: beside itself it lies at nought) and in
takes of the farthest category, how often people who perform it are heard (human parity, of one neutral reading of the same
line), and what the judge chooses among its classes of speech (confusion). The same once more beside a cohort: all takes of the
loop, without their labels. Half of the personas show feelings at about their full strength, half mask some of them; both
halves are told apart. The judge never heard synthetic speech and steers nothing here.

What is heard is added to --rows take by take: a run that is stopped goes on where it was, and figures are made of what is
there. With every persona, intensity and line it is some 2,400 takes and twenty minutes of a core; --personas, --intensities,
--lines and --evidence make it smaller, and the number of takes a cell is printed. --shipped writes the file that
`voiceact engine show embedded` prints: the pass rates of the categories with category evidence, with their intervals.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np
from scipy.stats import spearmanr

from voiceact import categories, direct, load_engine, load_persona
from voiceact.acting.data_file import directions_digest
from voiceact.acting.persona import persona_names
from voiceact.acting.script import load_lines
from voiceact.acting.taxonomy import contrast, get
from voiceact.engines.base import Engine
from voiceact.estimators import Profile, load_estimator
from voiceact.estimators.base import TWIN, people_heard, verdict_mode
from voiceact.estimators.human.estimator import HumanJudge
from voiceact.stats.proportions import wilson
from voiceact.verify.emotion import decide_presence

INTENSITIES = (3.0, 5.0, 7.0)
MASKING = ("nurse", "news-anchor", "farmer", "radio-host")
NEUTRAL = "neutral"
LANGUAGE, SEED = "en", 0


@dataclass(frozen=True, order=True)
class Cell:
    """One take of the loop; of NEUTRAL at 0 the twin, heard beside that of the persona's next line."""

    persona: str
    line: int
    category: str
    intensity: float


def open_personas(count: int) -> list[str]:
    """Names of the personas whose mean strength over the categories lies nearest to 1."""

    def distance(name: str) -> float:
        persona = load_persona(name)
        return abs(float(np.mean([persona.strength(category.id) for category in categories()])) - 1)

    grown = [name for name in persona_names() if name not in MASKING and load_persona(name).age >= 18]
    return sorted(grown, key=lambda name: (distance(name), name))[:count]


def texts(count: int) -> list[str]:
    """Neutral lines: the words say nothing of the feeling."""
    return [line.text for line in load_lines(LANGUAGE) if line.kind == "neutral"][-count:]


def asked_categories(judge: HumanJudge, evidence: Sequence[str]) -> list[str]:
    """List the categories (ids) with any of the given evidence behind them; with any at all where none is given."""
    known = judge.evidence("neutral")
    return [name for name, level in known.items() if level != "none" and (not evidence or level in evidence)]


def plan_cells(
    judge: HumanJudge, personas: Sequence[str], lines: int, intensities: Sequence[float], evidence: Sequence[str]
) -> list[Cell]:
    """List all takes; the farthest category of each, where it is not asked itself, at the highest intensity alone."""
    asked = asked_categories(judge, evidence)
    levels = {name: list(intensities) for name in asked}
    for name in asked:
        levels.setdefault(contrast(get(name)).id, [max(intensities)])
    wanted = [(NEUTRAL, 0.0), *((name, level) for name, each in levels.items() for level in each)]
    return [Cell(persona, line, *what) for persona in personas for line in range(lines) for what in wanted]


# --- Speaking and hearing


def hear_cells(judge: HumanJudge, engine: Engine, cells: Sequence[Cell], lines: Sequence[str], rows: Path) -> None:
    """Speak the takes that are not in `rows` yet, hear them, and add what was heard."""
    made_with = identity(judge, engine, len(lines))
    if not rows.exists() or not rows.stat().st_size:
        rows.write_text(json.dumps(made_with) + "\n")
    there = read_rows(rows, made_with)
    missing = [cell for cell in cells if cell not in there]
    started = time.process_time()
    twins: dict[tuple[str, int], np.ndarray] = {}
    rate = engine.capabilities.sample_rate

    def speak(cell: Cell) -> np.ndarray:
        persona = load_persona(cell.persona)
        mix = [(cell.category, cell.intensity)] if cell.category != NEUTRAL else []
        take = engine.perform(
            lines[cell.line], persona, direct(persona, mix, language=LANGUAGE, seed=SEED), language=LANGUAGE, seed=SEED
        )
        return take.samples

    def twin(persona: str, line: int) -> np.ndarray:
        if (persona, line) not in twins:
            twins[persona, line] = judge.describe(speak(Cell(persona, line, NEUTRAL, 0.0)), rate)
        return twins[persona, line]

    with rows.open("a") as out:
        for number, cell in enumerate(missing):
            if cell.category == NEUTRAL:
                heard, beside = twin(cell.persona, cell.line), (cell.line + 1) % len(lines)
            else:
                heard, beside = judge.describe(speak(cell), rate), cell.line
            profile = judge.profile_description(heard, reference=judge.reference_descriptions([twin(cell.persona, beside)]))
            out.write(json.dumps({"cell": asdict(cell), "profile": asdict(profile)}) + "\n")
            out.flush()
            if number % 100 == 99:
                print(f"{number + 1} of {len(missing)}, {time.process_time() - started:.0f} s of processor", flush=True)


def identity(judge: HumanJudge, engine: Engine, lines: int) -> dict[str, Any]:
    """Name what the rows of a file were made with; of another number of lines a cell's line would be another text."""
    return {
        "judge": judge.revision,
        "engine": f"{engine.name} {engine.version} {engine.model_sha256[:12]}",
        "lines": lines,
    }


def read_rows(rows: Path, made_with: Mapping[str, Any]) -> dict[Cell, Profile]:
    """Read what was heard; a last line that was cut off is passed over and made anew."""
    lines = rows.read_text().splitlines(keepends=True)
    if json.loads(lines[0]) != made_with:
        raise SystemExit(f"{rows}: was made with {lines[0].strip()}, here is {json.dumps(made_with)}; give another --rows")
    whole = [line for line in lines[1:] if line.endswith("\n")]
    if len(whole) < len(lines) - 1:
        rows.write_text("".join([lines[0], *whole]))
    found = (json.loads(line) for line in whole)
    return {Cell(**one["cell"]): Profile(**one["profile"]) for one in found}


# --- Figures


def figures(
    judge: HumanJudge, heard: Mapping[Cell, Profile], intensities: Sequence[float], evidence: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Category id -> figures of its cells, plain and beside the cohort of all takes."""
    cells = list(heard)
    acted = [cell for cell in cells if cell.category != NEUTRAL]
    cohort = judge.cohort([heard[cell] for cell in acted], asked=[cell.category for cell in acted], source="the loop")
    beside = {cell: judge.in_cohort(heard[cell], cohort) for cell in cells}
    found: dict[str, dict[str, Any]] = {}
    for name in asked_categories(judge, evidence):
        found[name] = {"evidence": judge.evidence(NEUTRAL)[name], "contrast": contrast(get(name)).id}
        for key, profiles in (("plain", heard), ("cohort", beside)):
            mode = verdict_mode("neutral", key == "cohort")
            found[name][key] = _cell_figures(judge, name, profiles, cells, intensities, mode)
    return found


def _cell_figures(
    judge: HumanJudge,
    category: str,
    profiles: Mapping[Cell, Profile],
    cells: Sequence[Cell],
    intensities: Sequence[float],
    mode: str,
) -> dict[str, Any]:
    def share(chosen: Iterator[Cell], answer: str = "present") -> dict[str, Any]:
        said = [decide_presence(judge, profiles[cell], category) == answer for cell in chosen]
        if not said:
            return {"value": None, "n": 0}
        low, high = wilson(sum(said), len(said))
        return {"value": sum(said) / len(said), "low": low, "high": high, "n": len(said)}

    def of(level: float, personas: Sequence[str] | None = None) -> Iterator[Cell]:
        return (
            cell
            for cell in cells
            if (cell.category, cell.intensity) == (category, level) and (personas is None or cell.persona in personas)
        )

    far, top = contrast(get(category)).id, max(intensities)
    masking = [name for name in MASKING if name in {cell.persona for cell in cells}]
    others = sorted({cell.persona for cell in cells} - set(masking))
    strengths = [(level, profiles[cell].scores[category]) for level in intensities for cell in of(level)]
    return {
        "heard": {f"{level:g}": share(of(level)) for level in intensities},
        "denied": {f"{level:g}": share(of(level), "absent") for level in intensities},
        "open": {f"{level:g}": share(of(level, others)) for level in intensities},
        "masking": {f"{level:g}": share(of(level, masking)) for level in intensities},
        "people": people_heard(judge, category, mode),
        "twins": share(cell for cell in cells if cell.category == NEUTRAL),
        "far": share(cell for cell in cells if (cell.category, cell.intensity) == (far, top)),
        "chosen": {
            f"{level:g}": dict(
                Counter(
                    max(profiles[cell].classes, key=lambda name: profiles[cell].classes[name]) for cell in of(level)
                ).most_common()
            )
            for level in intensities
        },
        "spearman": float(spearmanr(*zip(*strengths, strict=True)).statistic) if len(intensities) > 1 else None,
    }


# --- Output


def markdown(found: Mapping[str, Mapping[str, Any]], intensities: Sequence[float]) -> str:
    """Lay out the figures as the tables of docs/judge.md."""
    levels = [f"{level:g}" for level in intensities]
    top = levels[-1]
    heads = ["category", "evidence", *(f"at {level}" for level in levels), "open, masking", "denied", "people", "twins", "far"]
    lines = [_line([*heads, f"chosen at {top}"]), _line(["---"] * 2 + ["--:"] * (len(heads) - 2) + ["---"])]
    for name, row in found.items():
        plain = row["plain"]
        chosen = ", ".join(f"{what} {count}" for what, count in list(plain["chosen"][top].items())[:3])
        lines.append(
            _line(
                [
                    get(name).name,
                    row["evidence"],
                    *(_percent(plain["heard"][level]) for level in levels[:-1]),
                    _percent(plain["heard"][top], interval=True),
                    f"{_percent(plain['open'][top])}, {_percent(plain['masking'][top])}",
                    _percent(plain["denied"][top]),
                    _percent(plain["people"]),
                    _percent(plain["twins"]),
                    _percent(plain["far"]),
                    chosen,
                ]
            )
        )
    heads = ["beside the cohort", *(f"at {level}" for level in levels), "denied", "people", "twins", "far", f"chosen at {top}"]
    lines += ["", _line(heads), _line(["---"] + ["--:"] * (len(heads) - 2) + ["---"])]
    for name, row in found.items():
        beside = row["cohort"]
        if row["evidence"] != "category":
            continue
        chosen = ", ".join(f"{what} {count}" for what, count in list(beside["chosen"][top].items())[:3])
        shares = [beside["heard"][level] for level in levels[:-1]]
        lines.append(
            _line(
                [
                    get(name).name,
                    *(_percent(one) for one in shares),
                    _percent(beside["heard"][top], interval=True),
                    *(_percent(one) for one in (beside["denied"][top], beside["people"], beside["twins"], beside["far"])),
                    chosen,
                ]
            )
        )
    lines += ["", *confusion(found, levels)]
    return "\n".join(lines) + "\n"


def confusion(found: Mapping[str, Mapping[str, Any]], levels: Sequence[str]) -> list[str]:
    """Lay out what the judge chooses of takes asked for a category it tells apart in speech, at each intensity."""
    asked = [name for name, row in found.items() if row["evidence"] == "category"]
    answers = [*asked, NEUTRAL]
    lines = [_line(["asked", *(f"as {name}" for name in answers)]), _line(["---", *["--:"] * len(answers)])]
    for name in asked:
        for level in levels:
            plain, beside = (found[name][key]["chosen"][level] for key in ("plain", "cohort"))
            counts = [f"{plain.get(answer, 0)}, {beside.get(answer, 0)}" for answer in answers]
            lines.append(_line([f"{get(name).name} at {level}", *(count if count != "0, 0" else "" for count in counts)]))
    return lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(figure: Mapping[str, Any] | None, *, interval: bool = False) -> str:
    if not figure or figure.get("value") is None:
        return ""
    ends = f" ({100 * figure['low']:.0f}–{100 * figure['high']:.0f})" if interval else ""
    return f"{100 * figure['value']:.0f} %{ends}"


def write_shipped(judge: HumanJudge, found: Mapping[str, Mapping[str, Any]], personas: int, lines: int, path: Path) -> None:
    """Write the pass rates of the categories with category evidence, with Wilson's intervals, as the engine's page shows them."""
    document = {
        "format": "voiceact-pass-rates/1",
        "judge": {"name": judge.name, "revision": judge.revision},
        "directions": directions_digest(),
        "reference": TWIN,
        "personas": personas,
        "lines": lines,
        "categories": {
            name: {
                level: {key: round(value, 4) for key, value in figure.items()}
                for level, figure in row["plain"]["heard"].items()
            }
            for name, row in found.items()
            if row["evidence"] == "category"
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def main() -> None:
    """Speak, hear, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path, required=True, help="what was heard, a take a line; goes on where it is")
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--shipped", type=Path, help="voiceact/engines/embedded/pass_rates.json")
    parser.add_argument("--evidence", nargs="+", default=(), help="categories with this evidence alone: category, burst, …")
    parser.add_argument("--lines", type=int, default=3)
    parser.add_argument("--personas", type=int, default=8, help="half of them masking")
    parser.add_argument("--intensities", type=float, nargs="+", default=INTENSITIES)
    arguments = parser.parse_args()
    judge, engine, lines = load_estimator(), load_engine(), texts(arguments.lines)
    assert isinstance(judge, HumanJudge)
    half = arguments.personas // 2
    personas = [*MASKING[:half], *open_personas(arguments.personas - half)]
    cells = plan_cells(judge, personas, len(lines), arguments.intensities, arguments.evidence)
    print(f"{', '.join(personas)}; {len(personas) * len(lines)} takes a cell, {len(cells)} in all", flush=True)
    hear_cells(judge, engine, cells, lines, arguments.rows)
    heard = read_rows(arguments.rows, identity(judge, engine, len(lines)))
    heard = {cell: heard[cell] for cell in cells}
    found = figures(judge, heard, arguments.intensities, arguments.evidence)
    text = markdown(found, arguments.intensities)
    print(text)
    if arguments.markdown:
        arguments.markdown.write_text(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    if arguments.shipped:
        write_shipped(judge, found, len(personas), len(lines), arguments.shipped)


if __name__ == "__main__":
    main()
