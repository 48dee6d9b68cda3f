"""`voiceact annotate`: anybody's speech becomes Parquet with scores, attributes and bursts by clip."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.annotate.progress import AnnotateProgress
from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note
from voiceact.errors import count_noun

if TYPE_CHECKING:
    from voiceact.annotate.run import AnnotateReport
    from voiceact.annotate.run_file import Totals

LINE_SECONDS = 5.0
"""between two lines where there is no terminal"""
LISTED_FAULTS = 5


@click.command("annotate")
@click.argument("source", required=False)
@click.option(
    "--out", required=True, metavar="FOLDER", help="Folder of the annotation, or a store such as s3://bucket/annotated."
)
@click.option(
    "--estimator",
    "estimators",
    default="human",
    show_default=True,
    metavar="A,B",
    help="Estimators that listen; captions and searches go by the first. 'none' measures the voice only.",
)
@click.option("--no-attributes", is_flag=True, help="Do not measure the voice (F0, rate, loudness and the like).")
@click.option("--no-bursts", is_flag=True, help="Do not look for wordless bursts.")
@click.option("--asr", metavar="NAME", help="Recognizer that writes a transcript, such as whisper-base ('voiceact doctor').")
@click.option("--speaker", metavar="NAME", help="Encoder of speakers, such as ge2e: embeddings, and voices that they part.")
@click.option("--mos", metavar="NAME", help="Rater of naturalness, such as dnsmos.")
@click.option(
    "--voices",
    type=click.Choice(["none", "stated", "clustered"]),
    help="Judge each clip beside the other clips of its voice: of the speaker stated, or of a cluster of embeddings.  "
    "[default: clustered with --speaker, else stated where a table or list states speakers]",
)
@click.option(
    "--longest",
    default=30.0,
    show_default=True,
    type=options.Number(1, 120),
    metavar="SECONDS",
    help="Longer clips are cut where nobody speaks, a row each utterance (needs voiceact[annotate]).",
)
@click.option("--license", "licence", metavar="NAME", help="Licence of the clips of which the source states none.")
@click.option("--language", metavar="CODE", help="Language of the clips of which the source states none.")
@click.option("--format", "form", type=click.Choice(["parquet", "json"]), default="parquet", show_default=True)
@click.option(
    "--shard-clips",
    default=500,
    show_default=True,
    type=click.IntRange(1, 100_000),
    metavar="N",
    help="Clips in a shard at most.",
)
@click.option("--workers", type=click.IntRange(1, 4096), metavar="N", help="Processes; default: one, with Ray one a processor.")
@click.option("--executor", type=click.Choice(["local", "ray"]), default="local", show_default=True)
@click.option("--address", metavar="HOST:PORT", help="Address of a Ray cluster; without it one is started here.")
@click.option("--shard", "share", metavar="I/N", help="Make only every N-th shard from the I-th on, for batch schedulers.")
@click.option("--scratch", type=options.PATH, metavar="DIR", help="Folder for unfinished shards.")
@click.option("--check", is_flag=True, help="Check what is in FOLDER, byte by byte, instead of annotating.")
@click.option("--again", default=0, type=click.IntRange(0), metavar="N", help="With --check, hear N clips again and compare.")
@click.option(
    "--report", type=options.PATH, metavar="PAGE.html", help="Write a page of what is in FOLDER, instead of annotating."
)
@click.option("--status", is_flag=True, help="Tell how far the annotation in FOLDER is, instead of annotating.")
@options.as_json()
def command(
    source: str | None,
    out: str,
    estimators: str,
    no_attributes: bool,
    no_bursts: bool,
    asr: str | None,
    speaker: str | None,
    mos: str | None,
    voices: str | None,
    longest: float,
    licence: str | None,
    language: str | None,
    form: str,
    shard_clips: int,
    workers: int | None,
    executor: str,
    address: str | None,
    share: str | None,
    scratch: Path | None,
    check: bool,
    again: int,
    report: Path | None,
    status: bool,
    as_json: bool,
) -> None:
    """Annotate the speech in SOURCE: 40 scores with their evidence, arousal and valence, bursts, attributes of the voice.

    SOURCE is a folder, an audio file, a pattern, a list (.txt, or - for standard input), a table with a column of paths
    (.csv, .tsv, .jsonl), a Hugging Face audiofolder, tars of WebDataset ('shards-{000..010}.tar') or Parquet with audio;
    each also as a URL that fsspec knows. Without SOURCE the annotation in FOLDER goes on.

    A clip that cannot be heard has a row that says why, and never ends the run. Ctrl-C finishes the clips begun; the same
    command goes on.

    \b
    voiceact annotate recordings/ --out annotated --workers 2
    voiceact annotate --out annotated --check
    """
    from voiceact.annotate.listening import Task
    from voiceact.annotate.run import AnnotateSettings, annotate, resume_annotation
    from voiceact.errors import UsageError
    from voiceact.runs.partition import Partition

    if check or status or report is not None:
        if source is not None:
            raise UsageError("--check, --status and --report look at what is in --out; leave SOURCE out")
        if report is not None:
            from voiceact.annotate.report import write_report

            click.echo(str(write_report(out, report)))
        else:
            (_check if check else _status)(out, again, as_json)
        return
    if address and executor != "ray":
        raise UsageError("--address names a Ray cluster; add --executor ray")
    settings = AnnotateSettings(workers, executor, address, Partition.parse(share) if share else Partition(), scratch)
    if source is None:
        with _interruptible(), _show_progress() as progress:
            resumed = resume_annotation(out, settings, progress=progress)
        _print_report(resumed, as_json)
        return
    task = Task(
        estimators=_split(estimators),
        attributes=not no_attributes,
        bursts=not no_bursts,
        asr=asr,
        speaker=speaker,
        mos=mos,
        longest=longest,
        license=licence,
        language=language,
        format=form,
        shard_clips=shard_clips,
    )
    with _interruptible(), _show_progress() as progress:
        outcome = annotate(source, out, task, settings, lines=sys.stdin, voices=voices, progress=progress)
    _print_report(outcome, as_json)


def _split(text: str) -> tuple[str, ...]:
    """Split estimators at the commas that are not within parentheses or between options (`name:a=1,b=2`)."""
    if text.strip() == "none":
        return ()
    parts, depth, start = list[str](), 0, 0
    for place, letter in enumerate(text + ","):
        depth += (letter == "(") - (letter == ")")
        option = "=" in text[place + 1 :].partition(",")[0].partition(":")[0]
        if letter == "," and depth == 0 and not (option and place < len(text)):
            parts.append(text[start:place].strip())
            start = place + 1
    return tuple(name for name in parts if name)


@contextmanager
def _interruptible() -> Iterator[None]:
    """End at once at a second Ctrl-C or SIGTERM, and tell how to go on."""
    from voiceact.runtime.signals import Terminated, exit_status, terminable

    try:
        with terminable():
            yield
    except KeyboardInterrupt as error:
        print_note("interrupted; clips that were heard to their end are kept, the same command goes on with the next")
        sys.exit(exit_status(signal.SIGTERM if isinstance(error, Terminated) else signal.SIGINT))


# --- Progress


class _Progress(AnnotateProgress):
    """Prints how far the run is: a bar on a terminal, else a line every few seconds."""

    def __init__(self, bar: ProgressBar):
        self._bar = bar
        self._clips: int | None = None
        self._shards = self._shards_done = self._done = 0
        self._seconds, self._clock, self._last = 0.0, time.monotonic(), time.monotonic()
        self._what = "listening"
        self._new = self._new_shards = 0

    def list_clips(self, clips: int) -> None:
        if time.monotonic() - self._last > LINE_SECONDS:
            self._last = time.monotonic()
            self.note(f"listing: {clips:,} so far")

    def begin(self, clips: int | None, shards: int, there: "Totals", whole: int, passes: int) -> None:
        self._clips, self._shards, self._shards_done, self._done = clips, shards, whole, there.clips

    def begin_pass(self, what: str) -> None:
        self._what, self._clock, self._new, self._new_shards, self._seconds = what, time.monotonic(), 0, 0, 0.0

    def add_clips(self, totals: "Totals") -> None:
        self._new += totals.clips
        self._seconds += totals.seconds
        self._show()

    def add_shard(self, shard: int) -> None:
        self._new_shards += 1
        self._show()

    def note(self, sentence: str) -> None:
        if self._bar.on_terminal:
            self._bar.print(f"voiceact: {sentence}")
        else:
            print_note(sentence)

    def stopping(self) -> None:
        self.note("stopping after the clips begun; Ctrl-C again drops them")

    def _show(self) -> None:
        from voiceact.runtime.progress import time_left

        spent = time.monotonic() - self._clock
        if self._clips is not None:
            done, total, unit, new = self._done + self._new, self._clips, "clips", self._new
        else:
            done, total, unit, new = self._shards_done + self._new_shards, self._shards, "shards", self._new_shards
        left = time_left(spent, new, total - done)
        if self._bar.on_terminal:
            self._bar.update_step(self._what, min(done, total), max(total, 1))
        elif time.monotonic() - self._last >= LINE_SECONDS:
            self._last = time.monotonic()
            pace = f", {self._seconds / max(spent, 1e-3):.0f} times as fast as the sound" if self._seconds else ""
            click.echo(f"{self._what}: {done:,} of {total:,} {unit}{pace}{left}", err=True)


@contextmanager
def _show_progress() -> Iterator[_Progress]:
    with ProgressBar("listening") as bar:
        yield _Progress(bar)


# --- What was done


def _print_report(report: "AnnotateReport", as_json: bool) -> None:
    import msgspec

    from voiceact.runtime.signals import exit_status

    stopped = None if report.finished or report.signal is None else signal.Signals(report.signal).name
    if as_json:
        print_json(
            {
                "folder": report.url,
                "source": report.run.source,
                "finished": report.finished,
                "stopped": stopped,
                "shards": {"all": report.run.shards, "whole": report.whole},
                **msgspec.to_builtins(report.totals),
                "heard": report.heard.clips,
                "seconds_of_work": report.seconds,
                "faults": [{"id": name, "reason": why} for name, why in report.faults],
                "notes": list(report.run.notes),
            }
        )
    else:
        _print_totals(report)
    if report.finished and not report.totals.clips:
        print_note(f"{report.run.source}: holds no clip (a table or tar without rows); nothing was annotated")
    if stopped or not report.finished:
        print_note("not finished; clips that were heard to their end are kept, go on with the same command")
    # Of a corpus of which nothing could be heard, something is wrong.
    nothing = report.finished and report.totals.clips == report.totals.failed
    click.get_current_context().exit(exit_status(report.signal) if stopped else int(nothing))


def _print_totals(report: "AnnotateReport") -> None:
    totals = report.totals
    for note in report.run.notes:
        print_note(note)
    click.echo(
        f"{count_noun(totals.clips, 'clip')} in {count_noun(totals.rows, 'row')}, {totals.seconds / 3600:.2f} "
        f"h of sound, {count_noun(totals.bursts, 'burst')}; "
        f"{report.whole:,} of {count_noun(report.run.shards, 'shard')} in {report.url}"
    )
    if report.heard.clips:
        pace = report.heard.seconds / max(report.seconds, 1e-3)
        click.echo(f"{report.heard.clips:,} heard in {report.seconds:.0f} s, {pace:.0f} times as fast as the sound")
    if len(totals.licences) > 1:
        shares = ", ".join(f"{name or 'none stated'}: {rows:,}" for name, rows in sorted(totals.licences.items()))
        click.echo(f"mixed licences, kept apart in folders of data/: {shares}")
    if totals.short:
        click.echo(f"rows too short for their scores to have evidence (column 'warning'): {totals.short:,}")
    if totals.failed:
        click.echo(f"{count_noun(totals.failed, 'clip')} could not be heard (column 'error'):")
        for name, why in report.faults[:LISTED_FAULTS]:
            click.echo(f"  {ascii(name)[1:-1]}: {why}")


def _check(out: str, again: int, as_json: bool) -> None:
    from voiceact.annotate.audit import check_annotation

    with ProgressBar("checking") as bar:
        report = check_annotation(out, again=again, progress=bar.update_step)
    if as_json:
        print_json(report.as_dict())
    else:
        for sentence in report.faults:
            click.echo(f"  {ascii(sentence)[1:-1]}")
        state = "nothing is wrong" if report.clean else count_noun(report.faulty, "fault")
        click.echo(
            f"{count_noun(report.totals.clips, 'clip')}, {count_noun(report.totals.rows, 'row')} in "
            f"{report.shards:,} of {count_noun(report.run.shards, 'shard')}"
            + (f", {report.heard_again} heard again" if report.heard_again else "")
            + f": {state}"
        )
    click.get_current_context().exit(int(not report.clean))


def _status(out: str, again: int, as_json: bool) -> None:
    from voiceact.annotate.status import read_status

    state = read_status(out)
    if as_json:
        print_json(state.as_dict())
        return
    totals, run = state.totals, state.run
    clips = "" if run.clips is None else f" of {run.clips:,}"
    click.echo(
        f"{totals.clips:,}{clips} clips, {totals.seconds / 3600:.2f} h; {state.whole:,} "
        f"of {count_noun(run.shards, 'shard')} whole"
    )
    click.echo(
        f"{count_noun(totals.failed, 'clip')} could not be heard; {count_noun(len(run.sessions), 'session')}, "
        f"{state.hours_of_work:.2f} h"
    )
    if not state.finished:
        click.echo(f"go on with: voiceact annotate --out {out}")
