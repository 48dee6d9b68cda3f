"""`voiceact estimator`: train heads of an estimator."""

from pathlib import Path
from typing import Any

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note
from voiceact.errors import count_noun


@click.group()
def command() -> None:
    """Train estimators of your own: heads on a frozen encoder. They can be compared and measured, and are never a judge."""


@command.command("train")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE…", type=options.PATH)
@click.option("--out", required=True, type=options.PATH, metavar="FOLDER", help="Folder to write: a new one, or an empty one.")
@click.option(
    "--target",
    type=click.Choice(["asked", "judged"]),
    default="asked",
    show_default=True,
    help="What heads learn of a run: the intensities asked for, or the judge's scores that have evidence.",
)
@click.option(
    "--encoder",
    default="ears",
    show_default=True,
    metavar="NAME",
    help="Frozen encoder: the judge's ears, or a folder with a Whisper encoder such as BUD-E-Whisper.",
)
@click.option(
    "--loss",
    type=click.Choice(["ordinal", "mae"]),
    default="ordinal",
    show_default=True,
    help="ordinal: at each step of the scale, is the score past it; mae: mean absolute error.",
)
@click.option("--epochs", type=click.IntRange(1, 100_000), default=60, show_default=True, help="Most epochs.")
@click.option("--patience", type=click.IntRange(1), default=8, show_default=True, help="Epochs without progress before a stop.")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True, help="Clips a step.")
@click.option("--rate", type=options.Number(min=0), default=1e-3, show_default=True, metavar="X", help="Learning rate.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of every random choice.")
@click.option("--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--dtype",
    type=click.Choice(["auto", "float32", "float16", "bfloat16"]),
    default="auto",
    show_default=True,
    help="Number type of products; auto is mixed precision on a GPU and float32 on a processor.",
)
@click.option("--no-control", is_flag=True, help="Do not train once more on shuffled scores, which halves the time.")
@options.as_json()
def train(
    sources: tuple[Path, ...],
    out: Path,
    target: Any,
    encoder: str,
    no_control: bool,
    as_json: bool,
    **how: Any,
) -> None:
    """Train a head for each category on clips with known scores, and write them to FOLDER.

    A SOURCE is a run folder, a table (.csv, .jsonl, .parquet) with a file, a speaker and scores a row, or a folder with
    a manifest.jsonl. The heads are tested on speakers they were not trained on. Run the same command again after a
    stop, and it goes on. Needs voiceact[train].
    """
    from voiceact.training.heads import Settings
    from voiceact.training.train import train_estimator

    with ProgressBar("clips") as bar:
        card = train_estimator(
            list(sources),
            out,
            target=target,
            encoder=encoder,
            settings=Settings(**how),
            control=not no_control,
            say=bar.print,
            progress=bar.update,
        )
    if as_json:
        print_json(card)
        return
    for name, why in card["unheard"].items():
        print_note(f"left out: {name}: {why}")
    test = card["test"]
    click.echo(
        f"{out}: {count_noun(len(card['heads']), 'head')}, trained on "
        f"{count_noun(card['clips'] - test['clips'], 'clip')} with {card['encoder']}"
    )
    click.echo(
        f"on {count_noun(test['clips'], 'clip')} of {count_noun(test['speakers'], 'other speaker')}: "
        f"rank correlation {_figure(test['rank_correlation'])}, "
        f"error {test['rms_error']:.2f} of 4 (the mean's: {test['rms_error_of_the_mean']:.2f})"
    )
    if "control" in card:
        click.echo(f"trained on shuffled scores: rank correlation {_figure(card['control']['rank_correlation'])}")
    click.echo(card["judge"])


def _figure(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return f"not known ({figure.get('why')})"
    interval = f" [{figure['low']:.2f}, {figure['high']:.2f}]" if figure["low"] is not None else ""
    return f"{figure['value']:.2f}{interval}"
