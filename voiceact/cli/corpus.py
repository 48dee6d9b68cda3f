"""`voiceact corpus`: list corpora of human speech, and write their manifests."""

from pathlib import Path

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_table
from voiceact.errors import count_noun


@click.group("corpus")
def command() -> None:
    """Prepare corpora of human speech, which a judge is trained and measured with: list the known ones, import one."""


@command.command("list")
@options.as_json()
def list_corpora(as_json: bool) -> None:
    """Show the corpora that can be imported, their licences and emotions."""
    from voiceact.judge.corpus import corpora

    if as_json:
        print_json(
            [
                {
                    "name": corpus.name,
                    "title": corpus.title,
                    "licence": corpus.licence,
                    "commercial": corpus.commercial,
                    "language": corpus.language,
                    "kind": corpus.kind,
                    "citation": corpus.citation,
                    "note": corpus.note,
                    "emotions": {own: emotion.emonet for own, emotion in corpus.emotions.items()},
                }
                for corpus in corpora().values()
            ]
        )
        return
    print_table(
        ("name", "corpus", "licence", "commercial", "emotions"),
        [
            (corpus.name, corpus.title, corpus.licence, "yes" if corpus.commercial else "no", len(corpus.emotions))
            for corpus in corpora().values()
        ],
        right={"emotions"},
        unbroken={"name"},
    )


@command.command("import")
@click.argument("name")
@click.argument("folder", metavar="DIR", type=options.PATH)
@click.option(
    "--out",
    "manifest",
    type=options.PATH,
    metavar="MANIFEST",
    help="File to write the manifest to; DIR/manifest.jsonl if not given. Its card is written beside it.",
)
@options.as_json()
def write_manifest(name: str, folder: Path, manifest: Path | None, as_json: bool) -> None:
    """Write the manifest of the corpus NAME that lies in DIR.

    Files that are not clips of the corpus are counted and named, never dropped silently.
    """
    from voiceact.judge.corpus import import_corpus
    from voiceact.judge.corpus.manifest import MANIFEST

    manifest = manifest or folder / MANIFEST
    with ProgressBar("reading") as bar:
        card = import_corpus(name, folder, manifest, progress=bar.update)
    if as_json:
        print_json(card)
        return
    click.echo(
        f"{card.title}: {count_noun(card.clips, 'clip')} of {count_noun(card.speakers, 'speaker')}, "
        f"{card.seconds / 3600:.2f} hours"
    )
    click.echo(f"licence {card.licence}; commercial use {'allowed' if card.commercial else 'not allowed'}")
    print_table(
        ("emotion", "EmoNet", "clips"),
        [(emotion, place["emonet"] or "-", str(place["clips"])) for emotion, place in card.emotions.items()],
    )
    for reason, files in card.skipped.items():
        more = ", …" if files.count > len(files.examples) else ""
        click.echo(f"left out: {files.count}, {reason}: {', '.join(files.examples)}{more}")
    click.echo(f"written: {manifest}")
