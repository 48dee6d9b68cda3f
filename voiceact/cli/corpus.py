"""voiceact corpus: well-known human corpora, and how they become manifests."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Self

import click

from voiceact.cli import options

if TYPE_CHECKING:
    from voiceact.judge.corpus import Card


@click.group("corpus")
def command() -> None:
    """Human corpora to train and check a judge with: list the known ones, import one."""


@command.command("list")
@options.as_json()
def list_corpora(as_json: bool) -> None:
    """Show the corpora that can be imported, their licences and emotions."""
    from voiceact.judge.corpus import corpora

    if as_json:
        click.echo(json.dumps([
            {"name": corpus.name, "title": corpus.title, "licence": corpus.licence, "commercial": corpus.commercial,
             "language": corpus.language, "kind": corpus.kind, "citation": corpus.citation, "note": corpus.note,
             "emotions": {own: emotion.emonet for own, emotion in corpus.emotions.items()}}
            for corpus in corpora().values()], ensure_ascii=False, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "corpus")
    table.add_column("licence", overflow="fold")
    table.add_column("commercial use")
    table.add_column("emotions", justify="right")
    for corpus in corpora().values():
        table.add_row(corpus.name, corpus.title, corpus.licence, "yes" if corpus.commercial else "no",
                      str(len(corpus.emotions)))
    Console().print(table)


@command.command("import")
@click.argument("name")
@click.argument("folder", metavar="DIR", type=options.PATH)
@click.option("--out", "manifest", type=options.PATH, metavar="MANIFEST",
              help="Where to write the manifest; DIR/manifest.jsonl if not given. Its card is written beside it.")
@options.as_json()
def import_one(name: str, folder: Path, manifest: Path | None, as_json: bool) -> None:
    """Write the manifest of the corpus NAME that lies in DIR.

    Files that are no clip of the corpus are counted and named, never dropped in silence.
    """
    from voiceact.judge.corpus import import_corpus
    from voiceact.judge.corpus.manifest import MANIFEST

    manifest = manifest or folder / MANIFEST
    with _Bar() as progress:
        card = import_corpus(name, folder, manifest, progress=progress)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(card), indent=2).decode())
    else:
        _print_card(card, manifest)


class _Bar:
    """A progress bar on stderr, where that is a terminal."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import Progress

        self.progress = Progress(console=Console(stderr=True), transient=True)
        self.task = self.progress.add_task("reading")
        if self.progress.console.is_terminal:
            self.progress.start()
        return self

    def __call__(self, done: int, total: int) -> None:
        self.progress.update(self.task, completed=done, total=total)

    def __exit__(self, *error: object) -> None:
        self.progress.stop()


def _print_card(card: "Card", manifest: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(f"{card.title}: {card.clips} clips of {card.speakers} speakers, {card.seconds / 3600:.2f} hours")
    console.print(f"licence {card.licence}; commercial use {'allowed' if card.commercial else 'not allowed'}")
    table = Table("emotion", "EmoNet", "clips")
    for emotion, place in card.emotions.items():
        table.add_row(emotion, place["emonet"] or "-", str(place["clips"]))
    console.print(table)
    for reason, files in card.skipped.items():
        more = ", …" if files.count > len(files.examples) else ""
        console.print(f"left out: {files.count}, {reason}: {', '.join(files.examples)}{more}", markup=False)
    console.print(f"written: {manifest}", markup=False)
