"""What the director is worth: first takes, directed takes and first takes with priors, before a judge that steered nothing.

`python benchmarks/director.py [--seed N] [--quick] [--models FOLDER] [--priors FILE] [--json FILE]`

A published gain needs a coach and a judge that learned from different people: `--make DATA --models FOLDER` trains, from the
folders `emodb` and `emogator_actor` in DATA, a coach from five of EmoDB's actors (coach.npz) and a judge from the other five
(judge.npz), which takes some ten minutes; `--models FOLDER` then measures with them. Without it the shipped coach and the shipped
judge are used, which both learned from all ten, and the last line says so ("disjoint": false). `--takes 1` directs nothing, and
measures first takes with and without `--priors` (the shipped table where none is named); name personas and lines that the table
was not fitted to (`--persona`, `--lines`, `--skip-line`).

Printed are, a category a row, how often the judge says present, and the gains of coach and judge over the number of takes (the
Goodhart watch). The last line is one JSON object:

first_take_pass, directed_pass, prior_first_take_pass   share of cells whose take the judge calls present
null_pass      the same directed takes, asked for the other categories: what a judge that says yes to everything would give
people_pass    people of unseen corpora who perform these categories, where the judge knows that (null where it does not)
coach_gain, judge_gain   of directed over first takes, in nats
dnsmos_change  DNSMOS of directed takes less that of first takes (null without speechmos)
words_ok       share of directed takes whose words the transcript check finds (whisper-base where installed, else pocketsphinx)
intensity_rho  median over categories of Spearman's correlation of intensity asked with score heard, directed
cells          how many
"""

import argparse
import json
import math
import multiprocessing
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from voiceact.acting.bursts import burst_choices
from voiceact.acting.persona import load_persona
from voiceact.acting.script import load_lines
from voiceact.cli.output import print_table
from voiceact.director.build_coach import build
from voiceact.director.coach import load_coach
from voiceact.director.director import Budget, Director
from voiceact.director.goodhart import describe_gains, measure_gains
from voiceact.director.priors import Priors, apply_prior, load_priors, shipped_priors
from voiceact.director.strategies import Attempt
from voiceact.engines.base import Take
from voiceact.estimators.base import Estimator, Profile, Reference, people_heard
from voiceact.estimators.model_file import card_path
from voiceact.estimators.registry import load_estimator
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, resolve_request
from voiceact.verify.apart import listen_apart, refer_to
from voiceact.verify.emotion import decide_presence
from voiceact.verify.naturalness import dnsmos, model_path
from voiceact.verify.transcript import check_transcript

COACH_SPEAKERS = ("03", "08", "11", "13", "15")
JUDGE_SPEAKERS = ("09", "10", "12", "14", "16")
SPEECH = ("anger", "fear", "sadness", "disgust", "elation", "emotional_numbness")
PERSONAS = (
    "hopeless-romantic",
    "conspiratorial-gossip",
    "village-priest",
    "street-poet",
    "playground-inventor",
    "stand-up-comedian",
)
"""of strength 1 to 1.4 in most categories: women, men, a child and the old; no prior was fitted to them"""
LEAST_RATIO = 0.0
REFERENCES_KEPT = 16


@dataclass(frozen=True)
class Heard:
    """What the judge makes of a take: whether it calls the category present, its log ratio and its score."""

    present: bool
    log_ratio: float
    score: float
    profile: Profile | None


_references: dict[int, tuple[Take, Reference | str | None]] = {}
"""of the judge to the last twins, by the identity of the twin, which is kept so that it stays its own"""


def hear(judge: Estimator, request: ResolvedRequest, take: Take, twin: Take, category: str) -> Heard:
    """Let the judge hear a take beside its twin."""
    beside = (twin.samples, twin.sample_rate)
    if id(twin) not in _references:
        if len(_references) >= REFERENCES_KEPT:
            _references.clear()
        _references[id(twin)] = twin, refer_to(judge, beside)
    profile = listen_apart(
        judge,
        take.samples,
        take.sample_rate,
        beside,
        text=request.text,
        words=take.words,
        reference=_references[id(twin)][1],
    ).profile
    if isinstance(profile, str):
        return Heard(False, LEAST_RATIO, 0.0, None)
    present = decide_presence(judge, profile, category) == "present"
    return Heard(present, profile.log_ratios.get(category, LEAST_RATIO), profile.scores.get(category) or 0.0, profile)


def check_take(kept: Take, first: Take | None, twin: Take, text: str, whisper: float) -> tuple[str, float | None]:
    """Return whether the words of a take are understood, and its DNSMOS less that of the first take, where that is given.

    Runs in a process of its own beside the director: the recognizer takes longer than directing does.
    """
    words = check_transcript(
        kept.samples, kept.sample_rate, text=text, twin=(twin.samples, twin.sample_rate), whisper=whisper
    ).outcome
    change = None
    if first is not None:
        change = dnsmos(kept.samples, kept.sample_rate) - dnsmos(first.samples, first.sample_rate)
    return words, change


def make_models(data: Path, folder: Path) -> None:
    """Train the coach from five actors of EmoDB and the judge from the other five."""
    folder.mkdir(parents=True, exist_ok=True)
    model, card = build(data / "emodb", data / "emogator_actor", speakers=COACH_SPEAKERS)
    (folder / "coach.npz").write_bytes(model)
    card_path(folder / "coach.npz").write_text(json.dumps(card, indent=1) + "\n")
    others = folder / "emodb-others"
    others.mkdir(exist_ok=True)
    if not (others / "audio").exists():
        (others / "audio").symlink_to((data / "emodb" / "audio").resolve())
    rows = (data / "emodb" / "manifest.jsonl").read_text("utf-8").splitlines()
    kept = [row for row in rows if json.loads(row)["speaker"] in JUDGE_SPEAKERS]
    (others / "manifest.jsonl").write_text("\n".join(kept) + "\n")
    train = [sys.executable, "-m", "voiceact", "judge", "train", "--data", str(others), "--out", str(folder / "judge.npz")]
    subprocess.run(train, check=True)


def measure(
    judge: Estimator,
    director: Director,
    categories: Sequence[str],
    intensities: Sequence[float],
    personas: Sequence[str],
    lines: Sequence[str],
    seed: int,
    priors: Priors,
    checker: ProcessPoolExecutor | None,
) -> dict[str, Any]:
    """Direct every cell, let the judge hear first, directed and prior takes, and return all figures."""
    maker = TakeMaker(checks=())
    rated = model_path() is not None
    cells: list[dict[str, Any]] = []
    curves: list[list[tuple[float, float]]] = []
    for category in categories:
        bursts = category not in SPEECH and bool(burst_choices(category))
        for level in intensities:
            for name in personas:
                for text in lines:
                    request = resolve_request(
                        SynthesisRequest(
                            persona=load_persona(name), emotions=[f"{category}:{level:g}"], text=text, seed=seed, bursts=bursts
                        )
                    )
                    began = time.monotonic()
                    attempts = [attempt for attempt in director.rehearse(request, maker) if attempt.take is not None]
                    seconds = time.monotonic() - began
                    first, kept = attempts[0], max(attempts, key=lambda attempt: attempt.total)
                    curve = hear_best_so_far(judge, attempts, maker, category)
                    curves.append([(coach, one.log_ratio) for coach, one in curve])
                    heard_first, heard_kept = curve[0][1], curve[-1][1]
                    assert first.take is not None and kept.take is not None
                    row = priors.find(request.engine.name, request.persona, request.mix.pairs())
                    heard_prior = heard_first
                    if row is not None:
                        moves = apply_prior(request.direction.moves, row, level)
                        begun = replace(request, direction=replace(request.direction, moves=moves))
                        heard_prior = hear(judge, begun, maker.speak(begun), maker.twin_of(begun), category)
                    twin = maker.twin_of(kept.request)
                    whisper = kept.request.direction.moves.whisper
                    compared = first.take if rated and whisper < 0.3 else None
                    checked: Future[tuple[str, float | None]] | None = None
                    if checker is not None:
                        checked = checker.submit(check_take, kept.take, compared, twin, text, whisper)
                    cells.append(
                        {
                            "category": category,
                            "intensity": level,
                            "persona": name,
                            "first": heard_first,
                            "directed": heard_kept,
                            "prior": heard_prior,
                            "coach_gain": kept.total - first.total,
                            "checked": checked,
                            "shifted": row is not None,
                            "seconds": seconds,
                        }
                    )
        done = [cell for cell in cells if cell["category"] == category]
        print(
            f"{category:28} first {share(done, 'first'):.2f}  directed {share(done, 'directed'):.2f}  prior {share(done, 'prior'):.2f}"
            f"  judge {gain(done):+.2f} nats, prior {gain([cell for cell in done if cell['shifted']], 'prior'):+.2f}",
            flush=True,
        )
    for cell in cells:
        cell["words"], cell["dnsmos"] = cell["checked"].result() if cell["checked"] else ("not judged", None)
    return summarise(judge, cells, curves, categories)


def hear_best_so_far(
    judge: Estimator, attempts: Sequence[Attempt], maker: TakeMaker, category: str
) -> list[tuple[float, Heard]]:
    """Return, for each number of takes, the total and the judge's hearing of the one that the coach likes best of these."""
    heard: dict[int, Heard] = {}
    curve = []
    for count in range(1, len(attempts) + 1):
        best = max(range(count), key=lambda at: attempts[at].total)
        if best not in heard:
            attempt = attempts[best]
            assert attempt.take is not None
            heard[best] = hear(judge, attempt.request, attempt.take, maker.twin_of(attempt.request), category)
        curve.append((attempts[best].total, heard[best]))
    return curve


def share(cells: Sequence[dict[str, Any]], which: str) -> float:
    """Share of cells whose take is called present."""
    return float(np.mean([cell[which].present for cell in cells]))


def gain(cells: Sequence[dict[str, Any]], which: str = "directed") -> float:
    """What the judge makes of directed takes, or first takes with priors, above first ones, in nats."""
    return float(np.mean([cell[which].log_ratio - cell["first"].log_ratio for cell in cells])) if cells else 0.0


def summarise(
    judge: Estimator, cells: list[dict[str, Any]], curves: list[list[tuple[float, float]]], categories: Sequence[str]
) -> dict[str, Any]:
    """Return the figures of the last line, and print tables."""
    by_category = defaultdict(list)
    for cell in cells:
        by_category[cell["category"]].append(cell)
    null, rhos, people = [], [], []
    for category, own in by_category.items():
        others = [cell["directed"].profile for cell in cells if cell["category"] != category]
        null.append(np.mean([one is not None and decide_presence(judge, one, category) == "present" for one in others]))
        levels = [cell["intensity"] for cell in own]
        scores = [cell["directed"].score for cell in own]
        if len(set(levels)) > 1 and len(set(scores)) > 1:
            rhos.append(float(spearmanr(levels, scores).statistic))
        figure = people_heard(judge, category)
        people += [figure["value"]] if figure else []
    gains = measure_gains(curves)
    print_table(
        ("takes", "coach gain", "judge gain"),
        [(str(one.takes), f"{one.coach:+.2f}", f"{one.judge:+.2f}") for one in gains],
        right=("takes", "coach gain", "judge gain"),
    )
    print(describe_gains(gains))
    shifted = [cell for cell in cells if cell["shifted"]]
    if shifted:
        gains_of_prior = [cell["prior"].log_ratio - cell["first"].log_ratio for cell in shifted]
        error = float(np.std(gains_of_prior, ddof=1) / math.sqrt(len(shifted))) if len(shifted) > 1 else math.nan
        print(
            f"priors: of {len(shifted)} cells with a row the judge calls {share(shifted, 'first'):.3f} present without and "
            f"{share(shifted, 'prior'):.3f} with it, {np.mean(gains_of_prior):+.3f} nats (standard error {error:.3f})"
        )
    changes = [cell["dnsmos"] for cell in cells if cell["dnsmos"] is not None]
    listened = [cell["words"] for cell in cells if cell["words"] != "not judged"]
    print(f"directing took {np.median([cell['seconds'] for cell in cells]):.1f} s a take (median, wall clock)")
    return {
        "first_take_pass": round(share(cells, "first"), 3),
        "directed_pass": round(share(cells, "directed"), 3),
        "prior_first_take_pass": round(share(cells, "prior"), 3),
        "null_pass": round(float(np.mean(null)), 3),
        "people_pass": round(float(np.mean(people)), 3) if people else None,
        "coach_gain": round(gains[-1].coach, 3),
        "judge_gain": round(gains[-1].judge, 3),
        "dnsmos_change": round(float(np.mean(changes)), 3) if changes else None,
        "words_ok": round(listened.count("pass") / len(listened), 3) if listened else None,
        "intensity_rho": round(float(np.median(rhos)), 3) if rhos else None,
        "cells": len(cells),
    }


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="two personas, two intensities, the six categories of speech")
    parser.add_argument(
        "--make", type=Path, metavar="DATA", help="train coach and judge from disjoint actors into --models first"
    )
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="coach.npz and judge.npz of disjoint actors")
    parser.add_argument("--strategy", default="auto")
    parser.add_argument("--takes", type=int, default=8)
    parser.add_argument("--priors", type=Path, metavar="FILE", help="table of priors in place of the shipped one")
    parser.add_argument("--persona", nargs="+", default=(), metavar="NAME")
    parser.add_argument("--lines", type=int, default=1, help="neutral lines, drawn by the seed")
    parser.add_argument("--skip-line", nargs="+", default=(), metavar="TEXT", help="lines that are not drawn")
    parser.add_argument("--no-checks", action="store_true", help="leave out words and DNSMOS, which take longest")
    parser.add_argument("--intensities", nargs="+", type=float, default=())
    parser.add_argument("--categories", default="", help="joined by commas; all that the judge has any evidence for")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args()
    if given.make:
        make_models(given.make, given.models)
    judge = load_estimator(str(given.models / "judge.npz")) if given.models else load_estimator()
    coach = load_coach(str(given.models / "coach.npz")) if given.models else load_coach()
    director = Director(strategy=given.strategy, budget=Budget(given.takes), coach=coach, judge=judge)

    known = judge.evidence("neutral")
    everything = [name for name, level in known.items() if level != "none" and name != "sexual_lust"]
    categories = given.categories.split(",") if given.categories else list(SPEECH) if given.quick else everything
    priors = load_priors(given.priors) if given.priors else shipped_priors()
    fitted = {*given.skip_line, *priors.run.get("lines", [])}
    neutral = [line.text for line in load_lines("en") if line.kind == "neutral" and len(line.text) < 80]
    neutral = [text for text in neutral if text not in fitted]
    rng = np.random.default_rng(given.seed)
    lines = [neutral[at] for at in rng.choice(len(neutral), size=given.lines, replace=False)]
    personas = given.persona or (PERSONAS[:2] if given.quick else PERSONAS)
    if met := {*personas} & {*priors.run.get("personas", []), *priors.run.get("checked with", [])}:
        parser.error(f"the priors met {', '.join(sorted(met))}; name other personas with --persona")
    levels = given.intensities or ((5.0, 7.0) if given.quick else (3.0, 5.0, 7.0))
    began = time.monotonic()
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as checker:
        checks = None if given.no_checks else checker
        found = measure(judge, director, categories, levels, personas, lines, given.seed, priors, checks)
    print(f"{', '.join(personas)}; {'; '.join(lines)}; {time.monotonic() - began:.0f} s")
    told = {**found, "coach": coach.revision, "judge": judge.revision, "disjoint": bool(given.models)}
    if given.json:
        given.json.write_text(json.dumps(told, indent=1) + "\n")
    assert all(value is None or not isinstance(value, float) or math.isfinite(value) for value in told.values())
    print(json.dumps(told))


if __name__ == "__main__":
    main()
