"""`voiceact recipe audit`: a run, checked from its bytes."""

from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_table
from voiceact.errors import count_noun

if TYPE_CHECKING:
    from voiceact.dataset.audit.report import AuditReport

CHECKED = {
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
"""what is checked -> its name in the table"""


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--sample", type=click.IntRange(0), metavar="N", help="Number of clips that are judged again.  [default: 100]")
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Seed of the choice of these clips.")
@click.option("--all-verdicts", is_flag=True, help="Judge every clip again.")
@options.allow()
@options.as_json()
def audit(folder: str, sample: int | None, seed: int, all_verdicts: bool, allowed: tuple[str, ...], as_json: bool) -> None:
    """Check the run in FOLDER, or in a store such as s3://bucket/run, from its bytes alone.

    Every file is read, every clip decoded and compared with its record, its row and the plan; a sample is judged again.
    Nothing is changed. Exit status 0 if nothing is wrong and every shard is there, else 1.
    """
    from voiceact.dataset.audit.audit import SAMPLE, audit_run
    from voiceact.runtime.untrusted_settings import allow_settings
    from voiceact.store.reader import open_run

    if all_verdicts and sample is not None:
        raise click.UsageError("--all-verdicts and --sample were both given; name one of them")
    size = None if all_verdicts else SAMPLE if sample is None else sample
    with allow_settings(*allowed), ProgressBar("checking") as bar:
        shards = open_run(folder).file.shards
        report = audit_run(folder, sample=size, seed=seed, progress=lambda shard: bar.update(shard + 1, shards))
    if as_json:
        print_json(_document(report))
    else:
        _print_report(report)
    raise SystemExit(0 if report.clean else 1)


def _print_report(report: "AuditReport") -> None:
    _print_faults(report)
    print_table(
        ("checked", "how many"),
        [
            (what, report.checked[name])
            for name, what in CHECKED.items()
            if report.checked[name] or name not in report.unchecked
        ],
        right={"how many"},
    )
    for name, why in report.unchecked.items():
        click.echo(f"not checked: {CHECKED.get(name, name)}: {why}")
    size = f"{report.there:,} shard{'s' * (report.there != 1)}"
    if not report.finished:
        size += f" of {report.shards:,}; the run is not finished, and this is what is there"
    conclusion = "nothing is wrong" if report.clean else count_noun(len(report.faults), "fault")
    click.echo(
        f"{report.name}: {count_noun(report.takes, 'take')}, {count_noun(report.clips, 'clip')}, "
        f"{report.seconds / 3600:.2f} h in {size}: {conclusion}"
    )


def _print_faults(report: "AuditReport") -> None:
    from voiceact.dataset.audit.issues import KINDS, remedy

    for kind in report.faults.kinds():
        count, shown = report.faults.counts[kind], report.faults.first[kind]
        click.secho(f"{count:,} × {KINDS[kind][0]}", bold=True)
        for fault in shown:
            click.echo(f"  {fault.line}")
        if count > len(shown):
            click.echo(f"  … and {count - len(shown):,} more")
        click.echo(f"  what to do: {remedy(kind, report.folder)}\n")


def _document(report: "AuditReport") -> dict[str, Any]:
    from voiceact.dataset.audit.issues import KINDS, remedy

    faults = [
        {
            "kind": kind,
            "what": KINDS[kind][0],
            "count": report.faults.counts[kind],
            "todo": remedy(kind, report.folder),
            "first": [
                {"shard": fault.shard, "id": fault.clip, "sentence": fault.sentence} for fault in report.faults.first[kind]
            ],
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
