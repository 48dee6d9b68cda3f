"""`voiceact persona`: the characters that can speak, and whether a persona file is valid."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voiceact.cli import options
from voiceact.cli.output import print_fields, print_json, print_note, print_table
from voiceact.errors import UsageError, VoiceactError

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona
    from voiceact.prompting.person import PersonReading
    from voiceact.prompting.recorded_person import RecordedPerson


def complete_persona(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names that begin with what was typed, for the shell."""
    from voiceact.acting.persona import persona_names

    return [name for name in persona_names(ctx.params.get("folders") or ()) if name.startswith(incomplete)]


@click.group("persona")
def command() -> None:
    """List the characters that can speak, make one of a description, choose a cast, hear one, check a file of your own."""


@command.command("list")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Only personas with this tag (repeatable: with all of these).")
@options.persona_folders()
@options.as_json()
def list_personas(tags: tuple[str, ...], folders: tuple[Path, ...], as_json: bool) -> None:
    """List all personas, or those that carry every tag given: --tag child --tag school."""
    from voiceact.acting.persona import cast

    personas = cast(*tags, folders=folders)
    if as_json:
        print_json([persona.as_dict() for persona in personas])
    elif personas:
        print_table(
            ("persona", "age", "gender", "F0", "who"),
            [
                (persona.name, str(persona.age), persona.gender, f"{persona.voice.f0_hz:g}", persona.description)
                for persona in personas
            ],
            right={"age", "F0"},
            unbroken={"persona", "age", "gender", "F0"},
            tabs=True,
        )
    else:
        click.echo(f"no persona carries all of: {', '.join(tags)}", err=True)


@command.command("new")
@click.argument("name")
@click.option("--describe", "description", default="", metavar="WORDS", help="How the persona sounds, in plain words.")
@click.option(
    "--from-voice",
    "recording",
    type=options.PATH,
    metavar="AUDIO",
    help="Recording of one person; the persona gets its F0, range, rate, tilt, breath and tract. Needs --consent.",
)
@click.option("--consent", "statement", default="", metavar="WORDS", help="Statement by which the person recorded agrees.")
@click.option("--who", default="", metavar="NAME", help="Name of the person recorded.  [default: whoever speaks in the file]")
@click.option(
    "--reference/--no-reference",
    "keep",
    default=True,
    show_default=True,
    help="Keep a copy of the recording beside the persona, for engines that imitate one.",
)
@click.option("--out", type=options.PATH, metavar="DIR", help="Folder to write into.  [default: your personas folder]")
@click.option("--overwrite", is_flag=True, help="Replace a file of that name.")
@options.as_json()
def new_persona(
    name: str,
    description: str,
    recording: Path | None,
    statement: str,
    who: str,
    keep: bool,
    out: Path | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the persona NAME, made of a description in plain words or of a recording; its file can be edited afterwards.

    \b
    voiceact persona new old-tom --describe "a tired old sailor with a raspy voice"
    voiceact persona new anna --from-voice anna.wav --consent "Anna Berg agrees that her voice is used for this game"
    """
    from platformdirs import user_data_path

    from voiceact.acting.persona import persona_names
    from voiceact.prompting.person import read_person
    from voiceact.prompting.writing import write_persona

    if recording is None and not description:
        raise UsageError("nothing says how the persona sounds; give --describe, or --from-voice with --consent")
    if recording is None and (statement or who):
        raise UsageError("--consent is of the person in a recording; name the recording with --from-voice")
    reading: PersonReading | RecordedPerson
    if recording is None:
        reading = read_person(description, name)
    else:
        import msgspec

        from voiceact.engines.registry import DEFAULT_ENGINE, load_engine
        from voiceact.prompting.recorded_person import read_recorded_person

        recorded = read_recorded_person(
            recording, name, statement=statement, who=who, engine=load_engine(DEFAULT_ENGINE), description=description
        )
        voice = msgspec.structs.replace(recorded.persona.voice, reference=recorded.persona.voice.reference if keep else None)
        reading = replace(recorded, persona=msgspec.structs.replace(recorded.persona, voice=voice))
    folder = out if out is not None else user_data_path("voiceact", appauthor=False) / "personas"
    shipped = out is None and not (folder / f"{name}.yaml").exists() and name in persona_names()
    path = write_persona(reading.persona, folder, overwrite=overwrite)
    if shipped:
        print_note(f"{name!r} is a persona that ships; from now on the new one is taken in its place, until {path} is removed")
    if as_json:
        print_json({"path": str(path), **reading.as_dict()})
        return
    for note in reading.notes():
        click.echo(note)
    click.echo(f"wrote {path}")
    if out is not None:
        click.echo(f"speak with it: voiceact synth --persona {path}")


@command.command("cast")
@click.option("--count", "-n", type=click.IntRange(1, 1000), default=4, show_default=True, help="How many personas.")
@click.option("--tag", "tags", multiple=True, metavar="T", help="Only personas with this tag (repeatable: with all of these).")
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Another seed is another cast.")
@options.persona_folders()
@options.as_json()
def choose_personas(count: int, tags: tuple[str, ...], seed: int, folders: tuple[Path, ...], as_json: bool) -> None:
    """Choose a cast: personas balanced by gender and age, whose voices lie far apart.

    \b
    voiceact persona cast -n 6
    voiceact persona cast -n 3 --tag story --seed 7 --json
    """
    from voiceact.acting.persona import cast
    from voiceact.prompting.casting import cast_as_dict, choose_cast

    members = choose_cast(cast(*tags, folders=folders), count, seed=seed)
    if as_json:
        print_json(cast_as_dict(members))
        return
    print_table(
        ("persona", "gender", "age", "F0", "nearest voice", "steps", "who"),
        [
            (
                member.persona.name,
                member.persona.gender,
                f"{member.persona.age}",
                f"{member.persona.voice.f0_hz:g}",
                member.nearest,
                f"{member.distance:.1f}" if member.nearest else "",
                member.persona.description,
            )
            for member in members
        ],
        right={"age", "F0", "steps"},
        unbroken={"persona", "gender", "age", "F0", "steps"},
        tabs=True,
    )


@command.command("audition")
@click.argument("name", shell_complete=complete_persona)
@click.option("--out", type=options.PATH, metavar="HTML", help="Page to write.  [default: ./NAME-audition.html]")
@click.option("--text", help="Line that is said in every category; without it a fitting line is picked for each.")
@click.option("--intensity", type=options.Number(0, 7), default=5, show_default=True, help="Intensity of every category.")
@click.option("--seed", type=options.SEED, default=0, show_default=True, help="Seed of the takes.")
@options.engine()
@options.language()
@options.persona_folders()
def audition_persona(
    name: str,
    out: Path | None,
    text: str | None,
    intensity: float,
    seed: int,
    engine: str,
    language: str,
    folders: tuple[Path, ...],
) -> None:
    """Write one page on which the persona NAME speaks a neutral line and eight categories, to be played.

    NAME is a name, a file, or a description in plain words.
    """
    from voiceact.engines.registry import load_engine
    from voiceact.prompting.casting import audition, described_moves
    from voiceact.prompting.person import load_or_read
    from voiceact.report.templates import render_page
    from voiceact.runtime.atomic_files import check_folder, write_text_whole
    from voiceact.runtime.progress import report_step, show_progress
    from voiceact.store.sound import audio_data_uri

    persona, notes = load_or_read(name, folders)
    for note in notes:
        print_note(note)
    page = out if out is not None else Path(f"{persona.name}-audition.html")
    check_folder(page)
    rows = []
    with show_progress():
        for number, audition_take in enumerate(
            audition(persona, load_engine(engine), intensity=intensity, text=text, language=language, seed=seed)
        ):
            report_step("auditioning", number, 9)
            take = audition_take.made.take
            rows.append(
                {
                    "name": audition_take.name,
                    "text": audition_take.made.request.text,
                    "moves": described_moves(persona, audition_take.category, intensity),
                    "sound": audio_data_uri(take.samples, take.sample_rate),
                }
            )
    html = render_page(
        "voiceact.cli",
        "audition.html",
        title=f"{persona.name}: audition",
        persona=persona,
        engine=engine,
        intensity=f"{intensity:g}",
        seed=seed,
        rows=rows,
    )
    write_text_whole(page, html)
    click.echo(str(page))


@command.command("show")
@click.argument("name", shell_complete=complete_persona)
@options.persona_folders()
@options.as_json()
def show_persona(name: str, folders: tuple[Path, ...], as_json: bool) -> None:
    """Show all about the persona NAME, or the one in the file NAME."""
    from voiceact.acting.persona import load_persona

    persona = load_persona(name, folders)
    if as_json:
        print_json(persona.as_dict())
    else:
        _print_persona(persona)


@command.command("path")
@click.argument("name", shell_complete=complete_persona, required=False)
@options.persona_folders()
def show_path(name: str | None, folders: tuple[Path, ...]) -> None:
    """Print the file of the persona NAME; without NAME, the folders that are searched, first to last."""
    from voiceact.acting.persona import find_persona_path, persona_folders

    for path in [find_persona_path(name, folders)] if name else persona_folders(folders):
        click.echo(path)


@command.command("validate")
@click.argument("files", metavar="FILE…", nargs=-1, required=True, type=options.PATH)
@options.persona_folders()
def validate_files(files: tuple[Path, ...], folders: tuple[Path, ...]) -> None:
    """Check persona files: one line for each, exit status 2 if one of them is not valid."""
    from voiceact.acting.persona import validate_file

    wrong = 0
    for path in files:
        try:
            persona = validate_file(path, folders)
        except VoiceactError as error:
            wrong += 1
            click.echo(str(error), err=True)
        else:
            click.echo(f"{path}: valid, {persona.name}")
    if wrong:
        raise UsageError(f"{wrong} of {len(files)} persona file{'s are' if len(files) > 1 else ' is'} not valid")


def _print_persona(persona: "Persona") -> None:
    voice, manner = persona.voice, persona.manner
    usual = type(voice)()
    # Numbers that are not the default; F0 and the length of the vocal tract always.
    unusual = {
        key: getattr(voice, key)
        for key in voice.__struct_fields__
        if key in ("f0_hz", "tract") or getattr(voice, key) != getattr(usual, key)
    }
    click.echo(f"{persona.name}\n{persona.description}\n")
    print_fields(
        {
            "who": f"{persona.gender}, {persona.age} years" + (f", {persona.profession}" if persona.profession else ""),
            "temperament": ", ".join(persona.temperament),
            "tags": ", ".join(persona.tags),
            "language": persona.language,
            "extends": persona.extends or "",
            "voice": _join_values(unusual),
            "expressiveness": f"{manner.expressiveness:g}",
            "exaggerates": _join_values(manner.exaggerates),
            "masks": _join_values(manner.masks),
            "note": manner.note,
            "lexicon": ", ".join(f"{word}={sound}" for word, sound in persona.lexicon.items()),
            "license": persona.license,
            "consent": f"{persona.consent.who}, {persona.consent.date}" if persona.consent else "",
        }
    )


def _join_values(values: "dict[str, float]") -> str:
    """Write `name value` pairs between commas; a value may be a text too."""
    return ", ".join(
        f"{name} {value:g}" if isinstance(value, (int, float)) else f"{name} {value}" for name, value in values.items()
    )
