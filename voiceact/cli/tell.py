"""`voiceact tell`: a story, told by the personas of a cast."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli import options
from voiceact.cli.output import print_json, print_note, print_table
from voiceact.errors import UsageError, count_noun
from voiceact.runtime.signals import exit_status

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona
    from voiceact.story.drafting import DraftReport
    from voiceact.story.script import StoryScript

ROWS_SHOWN = 20


@click.command()
@click.argument("story", type=options.PATH)
@click.option(
    "--persona", metavar="NAME|FILE|WORDS", help="Persona that narrates, and speaks for everybody who is not in the cast."
)
@click.option(
    "--cast",
    "cast_file",
    type=options.PATH,
    metavar="YAML",
    help="File that gives the people of the tale their personas: 'Anna: nurse', one a line.",
)
@click.option("--out", type=options.PATH, metavar="DIR", help="Folder for the audio; made if it does not exist.")
@click.option(
    "--script-out",
    type=options.PATH,
    metavar="FILE",
    help="Write the marked-up script here: who says what with which feeling. Edit it and tell it in place of the story.",
)
@click.option(
    "--book",
    type=options.PATH,
    metavar="FILE",
    help="Also write an audiobook with chapter marks: .m4b, .m4a or .mp3. Needs ffmpeg.",
)
@click.option("--flat", is_flag=True, help="Read no feeling out of the words; everything is neutral.")
@click.option(
    "--format",
    "suffix",
    type=click.Choice(["wav", "flac"]),
    default="wav",
    show_default=True,
    help="Format of the audio files.",
)
@options.language()
@options.engine()
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Seed of all takes.")
@click.option(
    "--redo", multiple=True, type=int, metavar="N", help="Tell paragraph N again although nothing changed (repeatable)."
)
@click.option("--verify/--no-verify", default=False, show_default=True, help="Let the judge listen to every passage.")
@options.persona_folders()
@options.as_json()
def command(
    story: Path,
    persona: str | None,
    cast_file: Path | None,
    out: Path | None,
    script_out: Path | None,
    book: Path | None,
    flat: bool,
    suffix: str,
    language: str,
    engine: str,
    seed: int,
    redo: tuple[int, ...],
    verify: bool,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Tell STORY, plain text (.txt), Markdown (.md), EPUB or an edited script, with a voice for each person who speaks.

    The folder gets story.wav with story.srt and story.vtt, one file a paragraph, and the script. Run the same command again
    after Ctrl-C or an edit: paragraphs that are told and unchanged stay.

    \b
    voiceact tell tale.txt --persona thrilling-storyteller --cast cast.yaml --script-out tale-script.txt
    voiceact tell tale-script.txt --out told
    voiceact tell tale-script.txt --out told --book tale.m4b
    """
    from voiceact.runtime.atomic_files import check_folder, write_text_whole
    from voiceact.runtime.progress import show_progress
    from voiceact.story.book import check_book_path, write_book
    from voiceact.story.paragraphs import read_story
    from voiceact.story.script import write_script
    from voiceact.story.telling import StoryTeller, check_story_folder
    from voiceact.vocabulary import CHECKS

    if out is None and script_out is None:
        raise UsageError("nothing is to be written; name a folder with --out, or a file with --script-out")
    script, report, cast = _read(story, read_story(story), persona, cast_file, folders, flat=flat)
    if book is not None and out is None:
        raise UsageError("--book is made of what is told; name a folder for that with --out")
    if book is not None:
        check_book_path(book)
    if script_out is not None:
        if str(script_out) == "-":
            raise UsageError("--script-out - is no file; expected a name such as script.txt")
        check_folder(script_out)
    if out is not None:
        check_story_folder(out, script.name)
    teller = StoryTeller(
        script,
        engine=engine,
        language=language,
        seed=seed,
        folders=folders,
        suffix=suffix,
        checks=CHECKS if verify else (),
        cast=cast,
        where=str(story),
    )
    for note in teller.notes:
        print_note(note)
    if script_out is not None:
        write_text_whole(script_out, write_script(script))
    if report is not None and not as_json:
        _print_report(script, report)
    document = _described(script, report)
    if out is not None:
        with show_progress(script.name):
            telling = teller.tell(out, redo=redo, announce=print_note)
            if book is not None and telling.whole is not None:
                comment = "Synthetic speech made with voiceact; no recording of a person"
                write_book(
                    book, telling.whole, title=script.name, chapters=telling.chapters, seconds=telling.seconds, comment=comment
                )
        document |= {
            "made": list(telling.made),
            "whole": str(telling.whole) if telling.whole else None,
            "seconds": telling.seconds,
            "levels": telling.levels,
            "book": str(book) if book and telling.whole else None,
        }
    if as_json:
        print_json(document)
    elif out is None:
        click.echo(f"{count_noun(len(script.paragraphs), 'paragraph')}; see {script_out}")
    elif telling.whole:
        if book is not None:
            click.echo(f"{count_noun(len(telling.chapters), 'chapter')} marked in {book}")
        judged = "".join(f", {count_noun(count, 'passage')} {level}" for level, count in telling.levels.items())
        click.echo(
            f"{len(telling.made)} of {count_noun(telling.total, 'paragraph')} told, {telling.seconds:.1f} s in "
            f"all{judged}; see {telling.whole}"
        )
    if out is not None and telling.interrupted:
        print_note("interrupted; paragraphs that were told are whole, the same command tells the rest")
        click.get_current_context().exit(exit_status(None))


def _read(
    path: Path, text: str, persona: str | None, cast_file: Path | None, folders: tuple[Path, ...], *, flat: bool
) -> "tuple[StoryScript, DraftReport | None, tuple[dict[str, Persona], tuple[str, ...]]]":
    """Read a script, or draft one from a tale; what the command line says of the cast lies over what the script says.

    Returns:
        the script, what was read out of the tale (None of a script), and the cast with notes on it
    """
    from dataclasses import replace

    from voiceact.prompting.cast import NARRATOR, load_cast, match_cast, read_cast
    from voiceact.story.drafting import draft_script
    from voiceact.story.paragraphs import MARKDOWN_SUFFIXES
    from voiceact.story.script import is_script, parse_script

    personas = read_cast(cast_file) if cast_file else {}
    if persona is not None:
        personas = {NARRATOR: persona, **{name: who for name, who in personas.items() if name != NARRATOR}}
    if is_script(text):
        script = parse_script(text, where=str(path), name=path.stem)
        names = [name for name in personas if name != NARRATOR]
        if names and not any(match_cast(speaker, names) for speaker in script.speakers() if speaker != NARRATOR):
            raise UsageError(
                f"the cast ({', '.join(names[:10])}) names nobody who speaks in {path.name!r}; "
                "expected names as the script writes them"
            )
        script = replace(script, cast={**script.cast, **personas})
        return script, None, load_cast(script.cast, folders, where=str(path))
    if NARRATOR not in personas:
        raise UsageError("nobody narrates; name a persona with --persona, or as 'narrator' in the cast")
    cast = load_cast(personas, folders, where=str(cast_file) if cast_file else "--persona")
    script, report = draft_script(
        text, name=path.stem, cast=personas, personas=cast[0], markdown=path.suffix.lower() in MARKDOWN_SUFFIXES, flat=flat
    )
    return script, report, cast


def _print_report(script: "StoryScript", report: "DraftReport") -> None:
    """Print who speaks how often, and which quotations a person should look at."""
    rows = [(name, count, script.cast[name]) for name, count in script.speakers().items() if name in script.cast]
    rows += [(name, count, f"not in the cast: {script.cast['narrator']}") for name, count in report.uncast.items()]
    print_table(("who", "lines", "persona"), rows, right={"lines"})
    listed = [f"paragraph {number}: nobody is named, the narrator speaks {text[:60]}" for number, text in report.unknown]
    listed += [f"paragraph {number}: {name} is a guess for {text[:60]}" for number, text, name in report.guessed]
    for sentence in listed[:ROWS_SHOWN]:
        print_note(sentence)
    if len(listed) > ROWS_SHOWN:
        print_note(f"… and {len(listed) - ROWS_SHOWN} more, marked in the script")


def _described(script: "StoryScript", report: "DraftReport | None") -> dict[str, object]:
    """Return the JSON form of what was read."""
    from dataclasses import asdict

    return {
        "story": script.name,
        "cast": dict(script.cast),
        "paragraphs": len(script.paragraphs),
        "speakers": script.speakers(),
        "read": asdict(report) if report else None,
    }
