"""`voiceact recipe audit`: a run, checked from its bytes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import click

from voiceact.cli import options

if TYPE_CHECKING:
    from voiceact.dataset.audit.audit import Report

WHAT = {
    "indexes": "indexes, and their counts",
    "tars": "tar files: size, SHA-256, every member",
    "rows": "rows: order, key, text, rules of stop, inclusion and split",
    "clips": "clips: where they lie",
    "records": "records: schema, and what follows from what",
    "columns": "rows held against their records, column by column",
    "sounds": "sounds: decoded, SHA-256, rate, duration, peak, loudness",
    "twins": "neutral readings: decoded",
    "plan": "takes held against the plan",
    "verdicts": "verdicts given again",
}
"""what is checked -> how it is called in the table"""


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--sample", type=click.IntRange(0), metavar="N", help="Clips that are judged again.  [default: 100]")
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Another seed, another sample.")
@click.option("--all-verdicts", is_flag=True, help="Judge every clip again.")
@options.allow()
@options.as_json()
def audit(folder: str, sample: int | None, seed: int, all_verdicts: bool, allowed: tuple[str, ...], as_json: bool) -> None:
    """Check the run in FOLDER, or in a store such as s3://bucket/run, from its bytes alone.

    Every file is read, every clip decoded and held against its record, its row and the plan; a sample is judged again.
    Nothing is changed. Exit status 0 if all is as it should be and every shard is there, 1 if something is wrong.
    """
    from voiceact.dataset.audit.audit import SAMPLE, audit_run
    from voiceact.runtime.untrusted_settings import allow_settings

    if all_verdicts and sample is not None:
        raise click.UsageError("--all-verdicts and --sample were both given; name one of them")
    wanted = None if all_verdicts else SAMPLE if sample is None else sample
    with allow_settings(*allowed), _progress(folder) as progress:
        report = audit_run(folder, sample=wanted, seed=seed, progress=progress)
    if as_json:
        click.echo(json.dumps(_document(report), indent=2, ensure_ascii=False))
    else:
        _print(report)
    raise SystemExit(0 if report.clean else 1)


class _Progress(Protocol):
    def __call__(self, shard: int) -> None: ...


@contextmanager
def _progress(folder: str) -> "Iterator[_Progress]":
    """A bar where standard error is a terminal, else nothing."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda shard: None
        return
    from rich.progress import Progress

    from voiceact.store.reader import open_run

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("checking", total=open_run(folder).file.shards)
        yield lambda shard: bar.update(task, completed=shard + 1)


def _print(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table

    _print_faults(report)
    table = Table("checked", "how many")
    table.columns[1].justify = "right"
    for name, what in WHAT.items():
        if report.checked[name] or name not in report.unchecked:
            table.add_row(what, f"{report.checked[name]:,}")
    Console(markup=False).print(table)
    for name, why in report.unchecked.items():
        click.echo(f"not checked: {WHAT.get(name, name)}: {why}")
    click.echo(_conclusion(report))


def _print_faults(report: "Report") -> None:
    from voiceact.dataset.audit.issues import KINDS, remedy

    for kind in report.faults.kinds():
        count, shown = report.faults.counts[kind], report.faults.first[kind]
        click.secho(f"{count:,} × {KINDS[kind][0]}", bold=True)
        for fault in shown:
            click.echo(f"  {fault.line}")
        if count > len(shown):
            click.echo(f"  … and {count - len(shown):,} more")
        click.echo(f"  what to do: {remedy(kind, report.folder)}\n")


def _conclusion(report: "Report") -> str:
    what = (
        f"{report.name}: {report.takes:,} takes, {report.clips:,} clips, {report.seconds / 3600:.2f} h in "
        f"{report.there:,} shard{'s' * (report.there != 1)}"
    )
    if not report.finished:
        what += f" of {report.shards:,}; the run is not finished, and this is what is there"
    found = "nothing is wrong" if report.clean else f"{len(report.faults):,} faults"
    return f"{what}: {found}"


def _document(report: "Report") -> dict[str, Any]:
    from voiceact.dataset.audit.issues import KINDS, remedy

    faults = [
        {
            "kind": kind,
            "what": KINDS[kind][0],
            "count": report.faults.counts[kind],
            "todo": remedy(kind, report.folder),
            "first": [{"shard": one.shard, "id": one.clip, "sentence": one.sentence} for one in report.faults.first[kind]],
        }
        for kind in report.faults.kinds()
    ]
    return {
        "folder": report.folder,
        "name": report.name,
        "clean": report.clean,
        "finished": report.finished,
        "shards": {"planned": report.shards, "there": report.there},
        "takes": report.takes,
        "clips": report.clips,
        "seconds": round(report.seconds, 3),
        "checked": report.checked,
        "unchecked": report.unchecked,
        "faults": faults,
    }
