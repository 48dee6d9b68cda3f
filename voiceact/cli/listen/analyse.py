"""`voiceact listen analyse`, `calibrate` and `plan`: what people heard, the judge after them, and how many to ask."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.listen.options import COLLECT, DATABASE, DROP, KEEP, RESULTS, SEED, TEST, load_answers
from voiceact.cli.output import print_json
from voiceact.errors import count_noun

if TYPE_CHECKING:
    from voiceact.estimators.calibrated import Calibration


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
@click.option(
    "--draws",
    default=1000,
    show_default=True,
    type=click.IntRange(min=100),
    help="Number of resampled data sets behind each interval.",
)
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
    """Report what people heard in TEST: confirmation rates, agreement, who did not listen, and how far the judge agrees.

    \b
    voiceact listen analyse my-test --out report
    voiceact listen analyse my-test --results results.jsonl --drop 3f2a9c
    """
    from voiceact.listening.analysis import analyse as analysis
    from voiceact.listening.analysis.text import render_text
    from voiceact.listening.loading import load_test

    if out is not None:
        analysis.check_analysis_folder(out)
    test = load_test(folder)
    answers, listeners = load_answers(test, path, database, collected)
    report = analysis.analyse_test(test, answers, listeners=listeners, keep=keep, drop=drop, draws=draws, seed=seed)
    if out is not None:
        analysis.write_analysis(report, out)
    if as_json:
        print_json(analysis.to_json_values(report))
        return
    click.echo(render_text(report), nl=False)
    if out is not None:
        click.echo(f"written: {out / 'report.html'}, report.json and summary.txt")


@click.command()
@TEST
@RESULTS
@DATABASE
@COLLECT
@click.option(
    "--judge",
    default="human",
    show_default=True,
    metavar="NAME",
    help="Judge whose thresholds are moved, in a new file; the judge itself is not changed.",
)
@click.option(
    "--precision", default=0.9, show_default=True, type=float, help="Share of the passing clips that people are to confirm."
)
@click.option(
    "--rule",
    default="majority",
    show_default=True,
    type=click.Choice(["all", "majority"]),
    help="Which clips count as confirmed: those in which all raters heard the emotion, or more than half of them.",
)
@click.option(
    "--out",
    required=True,
    type=options.PATH,
    metavar="FILE.json",
    help="File to write the calibration to; give it wherever a judge is named.",
)
@click.option("--run", "run_folder", metavar="FOLDER", help="Show how many clips of this run the new thresholds would include.")
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
    run_folder: str | None,
    keep: tuple[str, ...],
    drop: tuple[str, ...],
    seed: int,
    as_json: bool,
) -> None:
    """Fit the judge's thresholds to what people heard in TEST, and write them to a new file.

    \b
    voiceact listen calibrate my-test --precision 0.9 --out human-calibrated.json --run my-run
    voiceact verify take.wav --judge human-calibrated.json
    """
    from voiceact.estimators.calibrated import check_calibration_path, write_calibration
    from voiceact.estimators.registry import load_estimator
    from voiceact.listening.analysis.answer_table import make_answer_table
    from voiceact.listening.analysis.screening import kept_listeners, screen
    from voiceact.listening.calibration import calibrate as calibration
    from voiceact.listening.calibration.source import recompute_inclusion
    from voiceact.listening.loading import load_test
    from voiceact.store.reader import open_run

    check_calibration_path(out)
    test, run = load_test(folder), open_run(run_folder) if run_folder else None
    answers, listeners = load_answers(test, path, database, collected)
    everything = make_answer_table(answers, test.protocol.positive)
    screened = screen(
        everything, test, qualified={listener.id: listener.qualified for listener in listeners}, keep=keep, drop=drop
    )
    table = everything.of_listeners(kept_listeners(screened))
    goal = calibration.CalibrationGoal(precision, rule, seed)  # type: ignore[arg-type]
    calibrated = calibration.calibrate_judge(
        table, test, load_estimator(judge), goal, name=judge, results=calibration.results_digest(table)
    )
    passed = recompute_inclusion(run, calibrated) if run else None
    write_calibration(calibrated, out)
    if as_json:
        import msgspec

        print_json({"out": str(out), "revision": calibrated.revision, **msgspec.to_builtins(calibrated), "run": passed})
        return
    _print_calibration(calibrated, passed)
    click.echo(f"written: {out}")


@click.command()
@click.option("--protocol", required=True, metavar="NAME", help="Protocol of the test ('voiceact listen new --help').")
@click.option("--raters", required=True, type=click.IntRange(min=1), help="Number of people who take the test.")
@click.option("--clips", required=True, type=click.IntRange(min=2, max=5000), help="Number of clips in the test.")
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
    help="Number of categories that the clips are spread over; the width for one of them is shown too.",
)
@click.option(
    "--repeats", default=20, show_default=True, type=click.IntRange(min=2, max=1000), help="Number of simulated tests."
)
@SEED
@options.as_json()
def plan(protocol: str, raters: int, clips: int, rate: float, categories: int, repeats: int, seed: int, as_json: bool) -> None:
    """Tell how wide the intervals of a test will be, from simulated listeners, before anybody is asked.

    \b
    voiceact listen plan --protocol presence --raters 6 --clips 300
    """
    from voiceact.listening.simulation.power import PowerPlan, plan_power

    widths = plan_power(PowerPlan(protocol, raters, clips, rate, categories), repeats=repeats, seed=seed)
    if as_json:
        print_json(widths)
        return
    click.echo(
        f"{protocol}, {count_noun(raters, 'rater')}, {count_noun(clips, 'clip')} "
        f"({count_noun(widths['repeats'], 'simulated test')}):"
    )
    for name, figure in widths["figures"].items():
        click.echo(
            f"  {name:38} {figure['value']:.3f}, interval {figure['width']:.3f} wide "
            f"({figure['least']:.3f} to {figure['most']:.3f})"
        )
    click.echo(f"  as if answers did not depend on their listener {widths['wilson']:.3f} wide (Wilson): do not plan with this")
    each = f"{widths['answers_each']:.0f} and about {widths['minutes_each']:.0f} minutes for each rater"
    click.echo(f"{count_noun(widths['answers'], 'answer')}, {each}")


def _print_calibration(calibrated: "Calibration", passed: dict[str, Any] | None) -> None:
    from voiceact.acting.taxonomy import get
    from voiceact.listening.analysis.text import describe_share

    for name, moved in calibrated.categories.items():
        click.echo(f"{get(name).name}: {moved.status}. {moved.why[:1].upper()}{moved.why[1:]}.")
        if moved.status == "moved":
            before, after = ("none" if at is None else f"{at:.2f}" for at in (moved.threshold_before, moved.threshold))
            click.echo(f"  threshold {before} -> {after}, evidence {moved.evidence_before} -> {moved.evidence}")
        for key, words in (
            ("precision_before", "of what passed, people confirm"),
            ("precision", "of what passes now"),
            ("precision_held_out", "the same on clips left out of the choice"),
            ("recall", "of what people confirm, passes"),
        ):
            if key in moved.figures:
                click.echo(f"  {words}: {describe_share(moved.figures[key])}")
    if passed:
        before, after = passed["included"]["before"], passed["included"]["after"]
        click.echo(f"Of {count_noun(passed['takes'], 'take')} of the run, {before} were kept; {after} would have been.")
        for name, counts in passed["categories"].items():
            if counts["before"] != counts["after"]:
                click.echo(f"  {get(name).name}: {counts['before']} -> {counts['after']} of {counts['takes']}")
