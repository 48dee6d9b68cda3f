"""voiceact train-judge: a judge from human speech, and a card that says what it is worth."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options

if TYPE_CHECKING:
    pass


@click.command("train-judge")
@click.option("--data", "folders", multiple=True, required=True, metavar="DIR", type=options.PATH,
              help="A folder with a manifest.jsonl (see 'voiceact corpus import'); may be repeated.")
@click.option("--out", "model", required=True, metavar="MODEL", type=options.PATH,
              help="The model.npz to write; its card, model.card.json, is written beside it.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0),
              help="Of everything drawn: chains, references, trees.")
@click.option("--commercial-only", is_flag=True, help="Refuse corpora not known to allow commercial use.")
@click.option("--json", "as_json", is_flag=True, help="Print the card as one JSON document.")
def command(folders: tuple[Path, ...], model: Path, seed: int, commercial_only: bool, as_json: bool) -> None:
    """Train a judge on corpora of human speech.

    The same data and seed give the same bytes. The card holds the corpora's hashes and licences and every
    figure, measured on voices the judge had not heard.
    """
    from voiceact.judge.training.train import train_judge
    from voiceact.runtime.atomic_files import check_folder

    check_folder(model)
    with _Steps() as steps:
        card = train_judge(list(folders), model, seed=seed, commercial_only=commercial_only, say=steps.say,
                           progress=steps.show)
    if as_json:
        click.echo(json.dumps(card, indent=1, ensure_ascii=False, sort_keys=True))
    else:
        _print(card, model)


class _Steps:
    """Sentences and a bar on stderr."""

    def __enter__(self) -> "_Steps":
        from rich.console import Console
        from rich.progress import Progress

        console = Console(stderr=True)
        self.bar: Progress = Progress(console=console, transient=True, disable=not console.is_terminal)
        self.bar.start()
        self.task: Any = None
        return self

    def say(self, sentence: str) -> None:
        self.bar.console.print(sentence, markup=False)
        if self.task is not None:
            self.bar.remove_task(self.task)
        self.task = None

    def show(self, done: int, total: int) -> None:
        if self.task is None:
            self.task = self.bar.add_task("clips", total=total)
        self.bar.update(self.task, completed=done, total=total)

    def __exit__(self, *error: object) -> None:
        self.bar.stop()


def _print(card: dict[str, Any], model: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("figure, voices not heard before", *card["regimes"], title_justify="left")
    for title, find in _FIGURES.items():
        table.add_row(title, *(_cell(find(one)) for one in card["regimes"].values()))
    console.print(table)
    for corpus in card["corpora"]:
        console.print(f"{corpus['name']}: {corpus['clips']} clips, {corpus['speakers']} speakers, {corpus['licence']}",
                      markup=False)
    if not card["commercial"]:
        console.print("trained on a corpus not known to allow commercial use; so is this judge")
    if card["unheard"]:
        console.print(f"left out: {len(card['unheard'])} clips of which nothing could be said (listed in the card)")
    console.print(f"written: {model} and its card", markup=False)


_FIGURES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "UAR, speech": lambda one: one["speech_uar"],
    "UAR, speech through other chains": lambda one: one["speech_uar_other_chains"],
    "UAR, bursts": lambda one: one["burst_uar"],
    "AUC, arousal": lambda one: one["affect"]["arousal"],
    "AUC, valence": lambda one: one["affect"]["valence"],
}


def _cell(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "-"
    interval = "" if figure["low"] is None else f" ({figure['low']:.2f} to {figure['high']:.2f})"
    return f"{figure['value']:.3f}{interval}"
