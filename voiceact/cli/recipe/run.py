"""`voiceact recipe run`, `resume` and `status`: a plan becomes a folder of shards."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.options import Decorator
from voiceact.cli.output import print_json, print_note
from voiceact.errors import count_noun

if TYPE_CHECKING:
    from voiceact.runs.inventory import TakeCounts
    from voiceact.runs.progress import RunStatus
    from voiceact.runs.run import RunReport, RunSettings

LEVELS = ("verified", "consistent", "undecided", "rejected", "failed")


def _execution_options() -> Decorator:
    """Add the options of `run` and `resume`; none of them alters a byte of the clips."""
    added = [
        click.option(
            "--workers",
            type=click.IntRange(1, 4096),
            metavar="N",
            help="Number of processes; default: one, with Ray as many as it has processors.",
        ),
        click.option(
            "--executor",
            type=click.Choice(["local", "ray"]),
            default="local",
            show_default=True,
            help="Where processes run: on this machine, or on a Ray cluster (needs voiceact[ray]).",
        ),
        click.option("--address", metavar="HOST:PORT", help="Address of a Ray cluster; without it one is started here."),
        click.option(
            "--shard",
            "share",
            metavar="I/N",
            help="Make only every N-th shard from the I-th on, for jobs of a batch scheduler.",
        ),
        click.option(
            "--scratch",
            type=options.PATH,
            metavar="DIR",
            help="Folder for unfinished takes; default: in the folder itself, for a store elsewhere the user's cache.",
        ),
        options.as_json(),
    ]

    def decorate(command: Any) -> Any:
        for option in reversed(added):
            command = option(command)
        return command

    return decorate


@click.command()
@click.argument("recipe", metavar="RECIPE")
@click.option("--out", required=True, metavar="FOLDER", help="Folder for the run, or a store such as s3://bucket/run.")
@options.persona_folders()
@click.option("--fork", is_flag=True, help="If the recipe was changed, begin a new folder beside the old one.")
@_execution_options()
def run(recipe: str, out: str, folders: tuple[Path, ...], fork: bool, as_json: bool, **execution: Any) -> None:
    """Make the data set of RECIPE in FOLDER, or what is missing of it there.

    Ctrl-C, or SIGTERM, finishes the takes begun; run the command again, or `voiceact recipe resume FOLDER`, to go on.

    \b
    voiceact recipe run smoke --out my-run
    voiceact recipe run bench.yaml --out s3://bucket/bench --executor ray --address auto
    voiceact recipe run bench.yaml --out bench --shard $((ID + 1))/64
    """
    from voiceact.cli.recipe.progress import show_run_progress
    from voiceact.runs.run import run_recipe

    settings = _settings(fork=fork, **execution)
    with _interruptible(), show_run_progress() as progress:
        report = run_recipe(recipe, out, settings, folders=folders, progress=progress)
    _print_report(report, as_json)


@click.command()
@click.argument("folder", metavar="FOLDER")
@options.allow()
@_execution_options()
def resume(folder: str, allowed: tuple[str, ...], as_json: bool, **execution: Any) -> None:
    """Make what is missing in FOLDER, from the recipe that is kept there."""
    from voiceact.cli.recipe.progress import show_run_progress
    from voiceact.runs.run import resume_run
    from voiceact.runtime.untrusted_settings import allow_settings

    settings = _settings(**execution)
    with _interruptible(), allow_settings(*allowed), show_run_progress() as progress:
        report = resume_run(folder, settings, progress=progress)
    _print_report(report, as_json)


@click.command()
@click.argument("folder", metavar="FOLDER")
@click.option("--scratch", type=options.PATH, metavar="DIR", help="The --scratch folder that the run was given.")
@options.as_json()
def status(folder: str, scratch: Path | None, as_json: bool) -> None:
    """Show how much of the run in FOLDER is done: shards, takes by level, pass rate, coverage, and what is left."""
    from voiceact.runs.progress import read_status

    state = read_status(folder, scratch)
    if as_json:
        print_json(state.as_dict())
    else:
        _print_status(state)


def _settings(*, share: str | None, address: str | None, executor: str, fork: bool = False, **execution: Any) -> "RunSettings":
    from voiceact.errors import UsageError
    from voiceact.runs.partition import Partition
    from voiceact.runs.run import RunSettings

    if address and executor != "ray":
        raise UsageError("--address names a Ray cluster; add --executor ray")
    return RunSettings(
        partition=Partition() if share is None else Partition.parse(share),
        address=address,
        executor="ray" if executor == "ray" else "local",
        fork=fork,
        **execution,
    )


@contextmanager
def _interruptible() -> Iterator[None]:
    """End the run at once at a second Ctrl-C or SIGTERM, or where nothing is being made, and tell how to go on."""
    from voiceact.runtime.signals import Terminated, exit_status, terminable

    try:
        with terminable():
            yield
    except KeyboardInterrupt as error:
        print_note("interrupted; nothing is left half-written and what was made is kept, the same command goes on with it")
        sys.exit(exit_status(signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT))


def _print_report(report: "RunReport", as_json: bool) -> None:
    from voiceact.runtime.signals import exit_status

    tally = report.inventory.counts
    stopped = None if report.finished else "terminated" if report.signal == signal.SIGTERM else "interrupted"
    if as_json:
        print_json(
            {
                "folder": report.url,
                "recipe": report.name,
                "finished": report.finished,
                "stopped": stopped,
                "shards": {"all": report.shards, "whole": len(report.inventory.whole)},
                "made": report.made,
                "seconds": report.seconds,
                **tally.as_dict(),
            }
        )
    else:
        _print_tally(tally)
        click.echo(
            f"{count_noun(report.made, 'take')} made in {report.seconds:.0f} s; "
            f"{len(report.inventory.whole)} of {count_noun(report.shards, 'shard')} whole in {report.url}"
        )
    if stopped:
        print_note(f"stopped; what was made is kept, go on with: voiceact recipe resume {report.url}")
    only_failed = tally.takes > 0 and tally.levels["failed"] == tally.takes
    if only_failed:
        print_note("every take failed; the column 'reasons' of the index says why")
    click.get_current_context().exit(exit_status(report.signal) if stopped else int(only_failed))


def _print_status(state: "RunStatus") -> None:
    from rich.console import Console

    from voiceact.cli.recipe.progress import coverage_grid

    whole, run = len(state.inventory.whole), state.run
    work = f"at work: {', '.join(map(str, state.at_work))}" if state.at_work else "nobody at work"
    click.echo(f"{run.name}  {whole} of {count_noun(run.shards, 'shard')} whole, {len(state.inventory.journals)} begun; {work}")
    _print_tally(state.inventory.counts)
    for shard, wrong in state.inventory.damaged.items():
        click.echo(f"damaged: shard {shard}: {wrong}")
    if state.inventory.counts.takes:
        Console().print(coverage_grid(state.inventory.counts))
    hours = sum(session.seconds for session in run.sessions) / 3600
    click.echo(f"{count_noun(len(run.sessions), 'session')}, {hours:.2f} h")
    if not state.finished:
        click.echo(f"left: some {state.takes_left:,.0f} takes; go on with: voiceact recipe resume {state.url}")


def _print_tally(tally: "TakeCounts") -> None:
    click.echo(", ".join(f"{tally.levels[level]:,} {level}" for level in LEVELS if tally.levels[level] or level != "failed"))
    if tally.takes:
        click.echo(
            f"{tally.included:,} of {count_noun(tally.takes, 'take')} included ({tally.included / tally.takes:.0%}), "
            f"{tally.included_seconds / 3600:.2f} of {tally.seconds / 3600:.2f} h"
        )
