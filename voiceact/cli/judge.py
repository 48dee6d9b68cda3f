"""`voiceact judge`: train a judge on human speech, and measure one."""

from pathlib import Path
from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.benchmark_tables import estimators_beside, print_questions
from voiceact.cli.output import ProgressBar, print_json, print_table
from voiceact.errors import count_noun

EVALUATED_FIGURES = (
    "uar",
    "arousal_auc",
    "valence_auc",
    "intensity_auc",
    "false_accept_neutral",
    "false_accept_contrastive",
    "true_accept",
    "present_rule_hit_rate",
)
"""the figures of an evaluation that are printed; the report has all"""


@click.group()
def command() -> None:
    """Train a judge on recordings of human speech, or measure how good a judge is on such recordings."""


@command.command("train")
@click.option(
    "--data",
    "folders",
    multiple=True,
    required=True,
    metavar="DIR",
    type=options.PATH,
    help="A folder with a manifest.jsonl, as 'voiceact corpus import' writes it (repeatable).",
)
@click.option(
    "--out",
    "model",
    required=True,
    metavar="MODEL",
    type=options.PATH,
    help="The model.npz to write; its card, model.card.json, is written beside it.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed of every random choice: processing chains, neutral references, decision trees.",
)
@click.option("--commercial-only", is_flag=True, help="Refuse corpora not known to allow commercial use.")
@options.as_json()
def train(folders: tuple[Path, ...], model: Path, seed: int, commercial_only: bool, as_json: bool) -> None:
    """Train a judge on corpora of human speech.

    The same data and seed give the same bytes. The card holds the corpora's hashes and licences and every
    figure, measured on voices the judge had not heard.
    """
    from voiceact.judge.training.train import train_judge
    from voiceact.runtime.atomic_files import check_folder

    check_folder(model)
    with ProgressBar("clips") as bar:
        card = train_judge(list(folders), model, seed=seed, commercial_only=commercial_only, say=bar.print, progress=bar.update)
    if as_json:
        print_json(card)
    else:
        _print_card(card, model)


@command.command("evaluate")
@click.option(
    "--corpus",
    "corpora",
    nargs=2,
    multiple=True,
    required=True,
    metavar="NAME DIR",
    help="A name for the report, and a folder with a manifest.jsonl, or the manifest itself (repeatable).",
)
@click.option(
    "--out",
    "folder",
    required=True,
    type=options.PATH,
    metavar="REPORT",
    help="Folder for report.json and report.html; made if it does not exist.",
)
@click.option("--estimator", default="human", show_default=True, metavar="NAME", help="The judge that is measured.")
@click.option(
    "--draws",
    default=1000,
    show_default=True,
    type=click.IntRange(min=20),
    help="How often speakers are drawn anew for each interval.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Seed of these draws and of the choice of neutral references.",
)
@click.option(
    "--beside",
    multiple=True,
    metavar="NAME",
    help="Another estimator that is asked what people were asked about a benchmark (repeatable). If not given, "
    "empathic-insight is, where its weights are installed.",
)
@click.option(
    "--people",
    "people",
    metavar="FILE",
    type=options.PATH,
    help="Write how often people are heard, the yardstick of every pass rate; as MODEL.people.json beside a model it is shown.",
)
@options.as_json()
def evaluate(
    corpora: tuple[tuple[str, str], ...],
    folder: Path,
    estimator: str,
    draws: int,
    seed: int,
    beside: tuple[str, ...],
    people: Path | None,
    as_json: bool,
) -> None:
    """Measure a judge on corpora of human speech it was not trained on.

    Each corpus is judged five times: beside one neutral clip of the same line, beside one of another line, with at
    most five neutral clips of the voice known, with the mean and spread of the voice's clips known, and with nothing
    known; and each time once more with scores centred on the corpus itself, without its labels, where the judge can
    do that. Of a benchmark ('voiceact corpus list') whose
    clips people were asked about, the judge's answers are printed beside theirs.
    """
    from voiceact.errors import UsageError
    from voiceact.estimators import load_estimator
    from voiceact.estimators.base import adapt_estimator
    from voiceact.judge import evaluation
    from voiceact.judge.evaluation.people import write_people
    from voiceact.judge.evaluation.report import check_report_folder
    from voiceact.runtime.atomic_files import check_folder

    folders = dict(corpora)
    if len(folders) < len(corpora):
        raise UsageError("two corpora have the same name; give each a name of its own: --corpus NAME DIR")
    check_report_folder(folder)
    if people is not None:
        check_folder(people)
    with ProgressBar("listening") as bar:
        judge = load_estimator(estimator)
        report = evaluation.evaluate(
            judge, folders, draws=draws, seed=seed, beside=estimators_beside(folders, beside), progress=bar.update_step
        )
    evaluation.write_report(report, folder)
    if people is not None:
        write_people(report, adapt_estimator(judge).card or {}, people)
    if as_json:
        print_json(report)
    else:
        _print_report(report, folder)


def _print_card(card: dict[str, Any], model: Path) -> None:
    regimes = list(card["regimes"].values())
    figures = {
        "UAR, speech": [regime["speech_uar"] for regime in regimes],
        "UAR, speech through other chains": [regime["speech_uar_other_chains"] for regime in regimes],
        "UAR, bursts": [regime["burst_uar"] for regime in regimes],
        "AUC, arousal": [regime["affect"]["arousal"] for regime in regimes],
        "AUC, valence": [regime["affect"]["valence"] for regime in regimes],
    }
    print_table(
        ("figure, voices not heard before", *card["regimes"]),
        [(name, *(_figure_text(figure, " ({low:.2f} to {high:.2f})") for figure in row)) for name, row in figures.items()],
    )
    for corpus in card["corpora"]:
        click.echo(
            f"{corpus['name']}: {count_noun(corpus['clips'], 'clip')}, {count_noun(corpus['speakers'], 'speaker')}, "
            f"{corpus['licence']}"
        )
    if not card["commercial"]:
        click.echo("trained on a corpus not known to allow commercial use; so is this judge")
    if card["unheard"]:
        click.echo(f"left out: {count_noun(len(card['unheard']), 'clip')} of which nothing could be said (listed in the card)")
    click.echo(f"written: {model} and its card")


def _print_report(report: dict[str, Any], folder: Path) -> None:
    for name, regimes in report["corpora"].items():
        # Four figures a table, so that it fits a terminal of 80 columns.
        for keys in (EVALUATED_FIGURES[:4], EVALUATED_FIGURES[4:]):
            print_table(
                (name, "clips", *(key.replace("_", " ") for key in keys)),
                [
                    (
                        regime.replace("_", " ").replace("+", " + "),
                        figures["clips"],
                        *(_figure_text(figures[key], "\n{low:.2f}–{high:.2f}") for key in keys),
                    )
                    for regime, figures in regimes.items()
                ],
                caption="value and 95% interval over speakers",
            )
        for regime, figures in regimes.items():
            for sentence in figures["findings"]:
                click.echo(f"{name}, {regime}: {sentence}")
        print_questions(report, name)
    click.echo(f"written: {folder / 'report.html'} and report.json")


def _figure_text(figure: dict[str, Any], interval: str) -> str:
    """Write a figure with three digits, and the interval where there is one."""
    if figure["value"] is None:
        return "-"
    return f"{figure['value']:.3f}" + ("" if figure["low"] is None else interval.format(**figure))
