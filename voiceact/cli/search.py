"""`voiceact search`: clips of an annotation or a run, by words or by likeness."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note, print_table
from voiceact.errors import count_noun

if TYPE_CHECKING:
    from voiceact.annotate.search import Hits


@click.command("search")
@click.argument("folder", metavar="FOLDER")
@click.argument("query", required=False, default="")
@click.option(
    "--like",
    metavar="ID|FILE|PROFILE",
    help="The nearest first: to a row, to an audio file, or to a profile such as 'anger=5, fear=2'.",
)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1_000_000), metavar="N", help="Hits at most.")
@click.option("--page", type=options.PATH, metavar="FILE", help="Write a page of the hits that plays without a network.")
@click.option(
    "--export", type=options.PATH, metavar="FILE", help="Write the hits: .txt a list of files, .csv, .jsonl, or .parquet."
)
@options.as_json()
def command(
    folder: str, query: str, like: str | None, limit: int, page: Path | None, export: Path | None, as_json: bool
) -> None:
    """Find clips in FOLDER, an annotation or a run, by QUERY: terms with commas between, all of which must hold.

    \b
    feelings    angry, strong fear, sadness:4, not angry
    voice       fast, low, monotone, f0_hz>200, duration<5
    speaker     woman, elderly, speaker=anna, persona=nurse
    bursts      sighs, laughs, bursts
    words       "than usual" (of a caption, text or transcript)

    \b
    voiceact search annotated "embarrassed, elderly, fast, sighs" --page hits.html
    voiceact search annotated --like clip7.wav --export like-it.txt
    """
    from voiceact.annotate.search import export_hits, search, write_page

    with ProgressBar("making the table") as bar:
        hits = search(folder, query, like=like, limit=limit, progress=bar.update_step)
    written = [str(write_page(hits, page))] if page is not None else []
    written += [str(export_hits(hits, export))] if export is not None else []
    if as_json:
        _print_json(hits, written)
        return
    print_table(
        ("clip", "most heard", "s"),
        [
            (ascii(row["id"])[1:-1], _most_heard(row), f"{row['duration']:.1f}" if row.get("duration") else None)
            for row in hits.rows
        ],
        right=("s",),
    )
    terms = "; ".join(term.said for term in hits.query.terms)
    click.echo(f"{hits.total:,} of {count_noun(hits.searched, 'clip')} in {hits.seconds:.2f} s{': ' + terms if terms else ''}")
    for path in written:
        print_note(f"wrote {path}")
    if not hits.total:
        print_note("nothing was found; leave a term out, or ask for a lower score (anger:1)")


def _most_heard(row: dict[str, object]) -> str:
    from voiceact.estimators.human.estimator import IDS

    scored = [(float(str(row[f"score_{name}"])), name) for name in IDS if row.get(f"score_{name}") is not None]
    return ", ".join(f"{name} {score:.1f}" for score, name in sorted(scored, reverse=True)[:3])


def _print_json(hits: "Hits", written: list[str]) -> None:
    left_out = ("filename", "words")
    print_json(
        {
            "folder": hits.url,
            "query": hits.query.text,
            "understood": [term.said for term in hits.query.terms],
            "like": hits.like,
            "total": hits.total,
            "searched": hits.searched,
            "seconds": round(hits.seconds, 4),
            "hits": [{name: value for name, value in row.items() if name not in left_out} for row in hits.rows],
            "written": written,
        }
    )
