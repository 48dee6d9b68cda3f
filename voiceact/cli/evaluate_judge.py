"""voiceact evaluate-judge: how good is the judge on human speech, and how sure may one be of that."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options

if TYPE_CHECKING:
    from rich.progress import Progress

SHOWN = ("uar", "arousal_auc", "valence_auc", "intensity_auc", "false_accept_neutral", "false_accept_contrastive",
         "true_accept", "present_rule_hit_rate")


@click.command("evaluate-judge")
@click.option("--corpus", "corpora", nargs=2, multiple=True, required=True, metavar="NAME DIR",
              help="A name for the report, and a folder with a manifest.jsonl (or a manifest); may be repeated.")
@click.option("--out", "folder", required=True, type=options.PATH, metavar="REPORT",
              help="Folder for report.json and report.html; made if it does not exist.")
@click.option("--estimator", default="human", show_default=True, metavar="NAME", help="The judge.")
@click.option("--draws", default=1000, show_default=True, type=click.IntRange(min=20),
              help="Draws of speakers behind each interval.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of the draws and of the choice of neutral references.")
@options.as_json()
def command(corpora: tuple[tuple[str, str], ...], folder: Path, estimator: str, draws: int, seed: int,
            as_json: bool) -> None:
    """Measure a judge on corpora of human speech it was not trained on.

    Each corpus is judged three times: with at most five neutral clips of the voice known, with the mean and
    spread of the voice's clips known, and with nothing known.
    """
    from voiceact.errors import UsageError
    from voiceact.estimators import load_estimator
    from voiceact.judge.evaluation import evaluate, write_report
    from voiceact.judge.evaluation.report import check_report_folder

    folders = dict(corpora)
    if len(folders) < len(corpora):
        raise UsageError("two corpora have the same name; give each a name of its own: --corpus NAME DIR")
    check_report_folder(folder)
    with _bar() as bar:
        report = evaluate(load_estimator(estimator), folders, draws=draws, seed=seed, progress=_Steps(bar))
    write_report(report, folder)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _print(report, folder)


def _bar() -> "Progress":
    """On stderr, and only where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=not console.is_terminal)


class _Steps:
    """One line of the bar for each corpus and regime."""

    def __init__(self, bar: "Progress"):
        self.bar = bar
        self.tasks: dict[str, Any] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self.tasks:
            self.tasks[what] = self.bar.add_task(what, total=total)
        self.bar.update(self.tasks[what], completed=done)


def _print(report: dict[str, Any], folder: Path) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console()
    for name, regimes in report["corpora"].items():
        heads = (f"{regime.replace('_', chr(10))} ({found['clips']})" for regime, found in regimes.items())
        table = Table(name, *heads, box=SIMPLE_HEAD, caption="value and 95% interval over speakers; (clips)",
                      caption_justify="left")
        for key in SHOWN:
            table.add_row(key, *(_cell(found[key]) for found in regimes.values()))
        console.print(table)
        for regime, found in regimes.items():
            for line in found["findings"]:
                console.print(f"{name}, {regime}: {line}", markup=False)
    console.print(f"written: {folder / 'report.html'} and report.json", markup=False)


def _cell(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "-"
    if figure["low"] is None:
        return f"{figure['value']:.3f}"
    low, high = (f"{figure[end]:.2f}".removeprefix("0") for end in ("low", "high"))
    return f"{figure['value']:.3f} {low}–{high}"
