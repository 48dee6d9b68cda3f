"""`voiceact lines`: a table of lines, spoken to one file each."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.cli.output import ProgressBar, print_json, print_note, print_table
from voiceact.errors import UsageError, count_noun
from voiceact.runtime.signals import exit_status

if TYPE_CHECKING:
    from voiceact.lines.plan import Item, Plan
    from voiceact.lines.run import Outcome, Report
    from voiceact.lines.scene import Scene

NOTES_SHOWN = 20


@click.command()
@click.argument("table", type=options.PATH, metavar="LINES")
@click.option(
    "--out", required=True, type=options.PATH, metavar="DIR", help="Folder for the audio files; made if it does not exist."
)
@click.option("--persona", metavar="NAME|FILE", help="Persona that speaks the rows that name none.")
@click.option(
    "--takes",
    type=click.IntRange(1, 99),
    default=1,
    show_default=True,
    help="Number of takes of each line, side by side: ID.wav, ID__t02.wav, …",
)
@click.option(
    "--pick",
    type=click.Choice(["all", "first", "best"]),
    default="all",
    show_default=True,
    help="Which takes are kept: all, unjudged; or, by the judge's verdict, the first that is not rejected or the best of all.",
)
@click.option(
    "--cast",
    "cast_file",
    type=options.PATH,
    metavar="YAML",
    help="File that gives the characters of the table their personas: 'Captain Vega: ships-captain', one a line.",
)
@click.option(
    "--join", "scene", type=options.PATH, metavar="FILE", help="Also write all lines as one file, with .srt and .vtt beside it."
)
@click.option(
    "--gap",
    type=options.Number(0, 60),
    metavar="S",
    help="Seconds of silence between two lines of --join, where the table's column gap says nothing.  [default: 0.4]",
)
@click.option(
    "--format",
    "suffix",
    type=click.Choice(["wav", "flac", "ogg"]),
    default="wav",
    show_default=True,
    help="Format of the audio files.",
)
@options.language()
@options.engine()
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Number added to the seed of every row that has no seed of its own."
)
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True, help="Number of processes.")
@click.option("--srt", is_flag=True, help="Write subtitles beside each file: ID.srt.")
@click.option("--vtt", is_flag=True, help="Write WebVTT subtitles beside each file: ID.vtt.")
@click.option("--words", is_flag=True, help="Write start and end of every word beside each file: ID.words.json.")
@click.option("--visemes", is_flag=True, help="Write mouth shapes with their times beside each file: ID.visemes.json.")
@options.strict_speech()
@options.persona_folders()
@click.option(
    "--only", multiple=True, metavar="ID", help="Only these lines: an id, or a pattern such as 'scene1/*' (repeatable)."
)
@click.option("--redo", multiple=True, metavar="ID", help="Make these lines again although nothing changed (repeatable).")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Make at most N lines in this run.")
@click.option("--dry-run", is_flag=True, help="Check the table and show what would be made; write nothing.")
@options.as_json()
def command(
    table: Path,
    out: Path,
    suffix: str,
    workers: int,
    srt: bool,
    vtt: bool,
    words: bool,
    visemes: bool,
    folders: tuple[Path, ...],
    cast_file: Path | None,
    scene: Path | None,
    gap: float | None,
    dry_run: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Speak the table LINES (.csv, .tsv, .jsonl or .psv), one audio file a line, named by its id.

    Columns: id, persona, text, emotion, intensity, direction, seed, language, character, description, gap; only id and text are
    required. Run it again after editing the table, or after Ctrl-C: finished files stay, the others are made.

    \b
    voiceact lines scene.csv --out voice
    voiceact lines book.tsv --out audio --persona thrilling-storyteller --format ogg --srt
    voiceact lines scene.csv --out voice --takes 3 --pick best --join scene.wav
    """
    from voiceact.engines.registry import load_engine
    from voiceact.lines.run import Settings, make_plan, perform_plan
    from voiceact.lines.scene import GAP_SECONDS, check_scene_path, join_scene
    from voiceact.prompting.cast import read_cast

    if gap is not None and scene is None:
        raise UsageError("--gap is the silence between lines of a scene; name its file with --join")
    if scene is not None:
        check_scene_path(scene, out)
        # The subtitles of a scene need the words of every line, also of those that an earlier run made.
        words = words or load_engine(settings["engine"]).capabilities.word_times is True
    sidecars = tuple(kind for kind, wanted in (("srt", srt), ("vtt", vtt), ("words", words), ("visemes", visemes)) if wanted)
    cast = read_cast(cast_file) if cast_file else {}
    plan = make_plan(table, out, Settings(suffix=f".{suffix}", sidecars=sidecars, personas=folders, cast=cast, **settings))
    for note in plan.notes[:NOTES_SHOWN]:
        print_note(note)
    if len(plan.notes) > NOTES_SHOWN:
        print_note(f"… and {len(plan.notes) - NOTES_SHOWN} more such notes")
    if dry_run:
        _print_plan(plan, as_json)
        return
    done, total = 0, len(plan.todo)
    with ProgressBar("speaking", total, plain="{done} of {total}") as bar:

        def advance(item: "Item", outcome: "Outcome") -> None:
            nonlocal done
            done += 1
            bar.update_step(item.line.id, done, total)

        report = perform_plan(
            plan,
            workers=workers,
            progress=advance,
            interrupted=lambda: print_note("stopping after what is being spoken; Ctrl-C again drops it"),
        )
    interrupted = report.stopped == "interrupted"
    failed = bool(report.stopped or report.count("failed"))
    joined = None
    if scene is not None:
        try:
            joined = join_scene(plan.items, report, out, scene, gap=GAP_SECONDS if gap is None else gap)
        except UsageError as error:
            print_note(str(error))
            failed = True
    _print_report(plan, report, as_json, joined)
    click.get_current_context().exit(exit_status(None) if interrupted else int(failed))


def _print_plan(plan: "Plan", as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "id": item.line.id,
                "take": item.take,
                "row": item.line.row,
                "state": item.state,
                "skip": item.skip,
                "make": item.todo,
                "path": str(item.path),
                "seed": item.seed,
            }
            for item in plan.items
        ]
        cost = {"server": asdict(plan.cost)} if plan.cost else {}
        print_json({"notes": plan.notes, "orphans": plan.orphans, **cost, "items": rows})
        return
    for item in plan.items:
        if item.todo:
            click.echo(f"{item.path}  {item.state}")
    _print_skipped(plan)
    unchanged = sum(item.state == "unchanged" for item in plan.items)
    click.echo(
        f"{count_noun(len(plan.todo), 'file')} would be made, {unchanged} stay as they are, "
        f"{len(plan.items) - len(plan.todo) - unchanged} skipped"
    )
    if plan.cost:
        click.echo(f"asked of the server: {plan.cost}")


def _print_report(plan: "Plan", report: "Report", as_json: bool, scene: "Scene | None") -> None:
    from voiceact.lines.names import MANIFEST
    from voiceact.lines.plan import NOT_NEEDED

    done = sum(row.status == "done" for row in report.takes)
    counts = {
        "made": report.made,
        "unchanged": done - report.made,
        "failed": sum(row.status == "failed" for row in report.takes),
        "skipped": sum(row.status == "skipped" and row.reason != NOT_NEEDED for row in report.takes),
    }
    if as_json:
        print_json(
            {
                "manifest": str(plan.out / MANIFEST),
                **counts,
                "stopped": report.stopped,
                "notes": plan.notes,
                "orphans": plan.orphans,
                "rows": report.rows,
                **({"takes": report.takes} if plan.casting.settings.judged else {}),
                **({"scene": {"path": str(scene.path), "seconds": scene.seconds, "lines": scene.lines}} if scene else {}),
            }
        )
    else:
        if picked := [row for row in report.rows if row.picked]:
            print_table(("id", "verdict", "why"), [(row.id, row.level or "", row.picked or "") for row in picked])
        failed = [(item, row) for item, row in zip(plan.items, report.takes, strict=True) if row.status == "failed"]
        if failed:
            print_table(
                ("id", "row", "take", "why it failed"),
                [(row.id, str(item.line.row), str(row.take), row.reason or "") for item, row in failed],
            )
        _print_skipped(plan)
        click.echo(", ".join(f"{count} {what}" for what, count in counts.items()) + f"; see {plan.out / MANIFEST}")
        if scene:
            click.echo(f"{count_noun(len(scene.lines), 'line')} joined, {scene.seconds:.1f} s: {scene.path}")
    if report.stopped:
        files = count_noun(len(report.takes), "file")
        print_note(f"{report.stopped}; {done} of {files} are done and whole, the same command makes the rest")


def _print_skipped(plan: "Plan") -> None:
    """Print the lines that cannot be made, and the files whose lines are no longer in the table."""
    from voiceact.errors import listed

    for item in plan.items:
        if item.blocked:
            click.echo(f"skipped {item.line.id}: {item.blocked}")
    if plan.orphans:
        click.echo(f"{count_noun(len(plan.orphans), 'file')} no longer in the table, kept: {listed(plan.orphans)}")
