"""`voiceact listen analyse`, `calibrate` and `plan`: what people heard, the judge after them, and how many to ask."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.listen_results import COLLECT, DATABASE, RESULTS, TEST

if TYPE_CHECKING:
    from voiceact.estimators.calibrated import Calibration
    from voiceact.listening.answers.answer import Answer, Listener
    from voiceact.listening.loading import ListeningTest

KEEP = click.option(
    "--keep", multiple=True, metavar="LISTENER", help="Count this listener whatever the screening says (repeatable)."
)
DROP = click.option("--drop", multiple=True, metavar="LISTENER", help="Leave this listener out (repeatable).")
SEED = click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="Of all draws.")


@click.command()
@TEST
@RESULTS
@DATABASE
@COLLECT
@click.option(
    "--out",
    metavar="REPORT",
    type=options.PATH,
    help="Folder for report.json, report.html and summary.txt; made if it does not exist.",
)
@KEEP
@DROP
@click.option("--draws", default=1000, show_default=True, type=click.IntRange(min=100), help="Behind each interval.")
@SEED
@options.as_json()
def analyse(
    folder: Path,
    path: Path | None,
    database: str | None,
    collected: tuple[Path, ...],
    out: Path | None,
    keep: tuple[str, ...],
    drop: tuple[str, ...],
    draws: int,
    seed: int,
    as_json: bool,
) -> None:
    """Say what people heard in TEST: confirmation rates, agreement, who did not listen, and how far the judge agrees.

    \b
    voiceact listen analyse my-test --out report
    voiceact listen analyse my-test --results results.jsonl --drop 3f2a9c
    """
    from voiceact.listening.analysis.analyse import analyse as made
    from voiceact.listening.analysis.analyse import check_report_folder, plain, write_report
    from voiceact.listening.analysis.text import summary
    from voiceact.listening.loading import load_test

    if out is not None:
        check_report_folder(out)
    test = load_test(folder)
    answers, listeners = _answers(test, path, database, collected)
    report = made(test, answers, listeners=listeners, keep=keep, drop=drop, draws=draws, seed=seed)
    if out is not None:
        write_report(report, out)
    if as_json:
        click.echo(json.dumps(plain(report), ensure_ascii=False, indent=2))
        return
    click.echo(summary(report), nl=False)
    if out is not None:
        click.echo(f"written: {out / 'report.html'}, report.json and summary.txt")


@click.command()
@TEST
@RESULTS
@DATABASE
@COLLECT
@click.option(
    "--judge", default="human", show_default=True, metavar="NAME", help="Whose thresholds are moved; it is not changed."
)
@click.option(
    "--precision", default=0.9, show_default=True, type=float, help="Share of what passes that people are to confirm."
)
@click.option(
    "--rule",
    default="majority",
    show_default=True,
    type=click.Choice(["all", "majority"]),
    help="When people confirm a clip: every rater of it heard it, or more than half.",
)
@click.option(
    "--out",
    required=True,
    type=options.PATH,
    metavar="FILE.json",
    help="The calibration; load it by this name wherever a judge is named.",
)
@click.option("--run", "runs", metavar="FOLDER", help="Show what this run would have kept.")
@KEEP
@DROP
@SEED
@options.as_json()
def calibrate(
    folder: Path,
    path: Path | None,
    database: str | None,
    collected: tuple[Path, ...],
    judge: str,
    precision: float,
    rule: str,
    out: Path,
    runs: str | None,
    keep: tuple[str, ...],
    drop: tuple[str, ...],
    seed: int,
    as_json: bool,
) -> None:
    """Move the judge's thresholds to what people heard in TEST, as a new file beside the judge.

    \b
    voiceact listen calibrate my-test --precision 0.9 --out human-calibrated.json --run my-run
    voiceact verify take.wav --judge human-calibrated.json
    """
    from voiceact.estimators.calibrated import check_calibration_path, write_calibration
    from voiceact.estimators.registry import load_estimator
    from voiceact.listening.analysis.answer_table import make_sheet
    from voiceact.listening.analysis.screening import kept, screen
    from voiceact.listening.calibration import calibrate as calibration
    from voiceact.listening.calibration.source import pass_set
    from voiceact.listening.loading import load_test
    from voiceact.store.reader import open_run

    check_calibration_path(out)
    test, run = load_test(folder), open_run(runs) if runs else None
    answers, listeners = _answers(test, path, database, collected)
    everything = make_sheet(answers, test.protocol.positive)
    screened = screen(everything, test, qualified={one.id: one.qualified for one in listeners}, keep=keep, drop=drop)
    sheet = everything.of_listeners(kept(screened))
    wish = calibration.CalibrationGoal(precision, rule, seed)  # type: ignore[arg-type]
    made = calibration.calibrate(
        sheet, test, load_estimator(judge), wish, name=judge, results=calibration.results_digest(sheet)
    )
    passed = pass_set(run, made) if run else None
    write_calibration(made, out)
    if as_json:
        import msgspec

        shown = {"out": str(out), "revision": made.revision, **msgspec.to_builtins(made), "run": passed}
        click.echo(json.dumps(shown, indent=2))
        return
    _print_calibration(made, passed)
    click.echo(f"written: {out}")


@click.command()
@click.option("--protocol", required=True, metavar="NAME", help="What will be asked ('voiceact listen new --help').")
@click.option("--raters", required=True, type=click.IntRange(min=1), help="People who take the test.")
@click.option("--clips", required=True, type=click.IntRange(min=2, max=5000), help="Clips in it.")
@click.option(
    "--rate",
    default=0.372,
    show_default=True,
    type=float,
    help="Share of clips that every rater will confirm; 0.372 is EmoNet-Voice Bench's.",
)
@click.option(
    "--categories",
    default=1,
    show_default=True,
    type=click.IntRange(min=1, max=40),
    help="Over which the clips are spread: shows the width for one of them too.",
)
@click.option("--repeats", default=20, show_default=True, type=click.IntRange(min=2, max=1000), help="Tests simulated.")
@SEED
@options.as_json()
def plan(protocol: str, raters: int, clips: int, rate: float, categories: int, repeats: int, seed: int, as_json: bool) -> None:
    """Say how wide the intervals of a test will be, from simulated listeners, before anybody is asked.

    \b
    voiceact listen plan --protocol presence --raters 6 --clips 300
    """
    from voiceact.listening.simulation.power import PowerPlan
    from voiceact.listening.simulation.power import plan_power as planned

    found = planned(PowerPlan(protocol, raters, clips, rate, categories), repeats=repeats, seed=seed)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    click.echo(f"{protocol}, {raters} raters, {clips} clips ({found['repeats']} simulated tests):")
    for name, one in found["figures"].items():
        click.echo(
            f"  {name:38} {one['value']:.3f}, interval {one['width']:.3f} wide ({one['least']:.3f} to {one['most']:.3f})"
        )
    click.echo(f"  as if answers were free of their listener {found['wilson']:.3f} wide (Wilson): do not plan with this")
    each = f"{found['answers_each']:.0f} and about {found['minutes_each']:.0f} minutes for each rater"
    click.echo(f"{found['answers']} answers, {each}")


def _answers(
    test: "ListeningTest", path: Path | None, database: str | None, collected: tuple[Path, ...]
) -> "tuple[list[Answer], list[Listener]]":
    from voiceact.listening.answers.collect import gather
    from voiceact.listening.answers.results import read_results

    return (read_results(path, test), []) if path else gather(test, database=database, collected=collected)


def _print_calibration(made: "Calibration", passed: dict[str, Any] | None) -> None:
    from voiceact.acting.taxonomy import get
    from voiceact.listening.analysis.text import share

    for name, one in made.categories.items():
        click.echo(f"{get(name).name}: {one.status}. {one.why[:1].upper()}{one.why[1:]}.")
        if one.status == "moved":
            before, after = ("none" if at is None else f"{at:.2f}" for at in (one.threshold_before, one.threshold))
            click.echo(f"  threshold {before} -> {after}, evidence {one.evidence_before} -> {one.evidence}")
        for key, words in (
            ("precision_before", "of what passed, people confirm"),
            ("precision", "of what passes now"),
            ("precision_held_out", "the same on clips left out of the choice"),
            ("recall", "of what people confirm, passes"),
        ):
            if key in one.figures:
                click.echo(f"  {words}: {share(one.figures[key])}")
    if passed:
        before, after = passed["included"]["before"], passed["included"]["after"]
        click.echo(f"Of {passed['takes']} takes of the run, {before} were kept; {after} would have been.")
        for name, of in passed["categories"].items():
            if of["before"] != of["after"]:
                click.echo(f"  {get(name).name}: {of['before']} -> {of['after']} of {of['takes']}")
