"""`voiceact caption`: an annotation in plain words, each phrase with the score behind it."""

from pathlib import Path

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note


@click.command("caption")
@click.argument("folder", metavar="FOLDER")
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(["en", "de", "es", "fr"]),
    default=("en",),
    show_default=True,
    help="Language of the captions (repeatable).",
)
@click.option(
    "--baseline",
    metavar="own|shipped|FILE",
    help="What is usual: in this corpus, in the shipped one, or as a file says.  [default: own from 30 clips on, else shipped]",
)
@click.option("--save-baseline", type=options.PATH, metavar="FILE", help="Write the baseline, for other corpora, to FILE.")
@click.option("--seed", default=0, show_default=True, type=options.SEED, help="Chooses among words that mean the same.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 4096), metavar="N", help="Processes.")
@click.option("--show", default=3, show_default=True, type=click.IntRange(0), metavar="N", help="Print N captions.")
@options.as_json()
def command(
    folder: str,
    languages: tuple[str, ...],
    baseline: str | None,
    save_baseline: Path | None,
    seed: int,
    workers: int,
    show: int,
    as_json: bool,
) -> None:
    """Write captions of the annotation in FOLDER to FOLDER/captions, as Parquet.

    A caption says what is unusual about a clip beside the other clips of the corpus: feelings that the judge has evidence
    for, the voice, bursts. No model writes; the column `trace` has the score behind each phrase.

    \b
    voiceact caption annotated --language en --language de
    """
    import sys

    from voiceact.annotate.captioning import caption_annotation, iter_captions
    from voiceact.runtime.atomic_files import check_folder, write_whole
    from voiceact.runtime.signals import exit_status

    if save_baseline is not None:
        check_folder(save_baseline)
    with ProgressBar("captions") as bar:
        report = caption_annotation(
            folder, languages=languages, baseline=baseline, seed=seed, workers=workers, progress=bar.update
        )
    if save_baseline is not None:
        import msgspec

        write_whole(save_baseline, msgspec.json.format(msgspec.json.encode(report.baseline), indent=1) + b"\n")
    if report.note:
        print_note(report.note)
    shown = list(iter_captions(folder, show))
    if as_json:
        print_json(
            {
                "folder": report.url,
                "baseline": report.baseline.source,
                "rows": report.rows,
                "nothing_stands_out": report.silent,
                "files": report.files,
                "finished": report.signal is None,
                "captions": [{name: row[f"caption_{name}"] for name in languages} | {"id": row["id"]} for row in shown],
            }
        )
    else:
        for row in shown:
            click.echo(f"{ascii(row['id'])[1:-1]}")
            for language in languages:
                click.echo(f"  {row[f'caption_{language}']}")
        click.echo(
            f"{report.rows:,} captions in {report.url}/captions, compared with {report.baseline.source}; "
            f"in {report.silent:,} nothing stands out"
        )
    if report.signal is not None:
        print_note("stopped; the same command goes on")
        sys.exit(exit_status(report.signal))
