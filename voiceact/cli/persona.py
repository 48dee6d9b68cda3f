"""voiceact persona: who can speak, and whether a persona file is valid."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from voiceact.cli import options
from voiceact.errors import UsageError, VoiceactError

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """For the shell: the names that begin so."""
    from voiceact.acting.persona import persona_names

    return [name for name in persona_names(ctx.params.get("folders") or ()) if name.startswith(incomplete)]


@click.group("persona")
def command() -> None:
    """The characters that can speak: list them, show one, find its file, check a file of your own."""


@command.command("list")
@click.option("--tag", "tags", multiple=True, metavar="T",
              help="Only those that carry this tag (repeatable: all of them).")
@options.persona_folders()
@options.as_json()
def list_personas(tags: tuple[str, ...], folders: tuple[Path, ...], as_json: bool) -> None:
    """Show all personas, or those that carry every tag given: --tag child --tag school."""
    from voiceact.acting.persona import cast

    found = cast(*tags, folders=folders)
    if as_json:
        click.echo(json.dumps([persona.as_dict() for persona in found], ensure_ascii=False, indent=2))
    elif found:
        _print_list(found)
    else:
        click.echo(f"no persona carries all of: {', '.join(tags)}", err=True)


@command.command("show")
@click.argument("name", shell_complete=_complete)
@options.persona_folders()
@options.as_json()
def show_persona(name: str, folders: tuple[Path, ...], as_json: bool) -> None:
    """Show all about the persona NAME, or the one in the file NAME."""
    from voiceact.acting.persona import load_persona

    persona = load_persona(name, folders)
    if as_json:
        click.echo(json.dumps(persona.as_dict(), ensure_ascii=False, indent=2))
    else:
        _print_persona(persona)


@command.command("path")
@click.argument("name", shell_complete=_complete, required=False)
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


def _print_list(found: "list[Persona]") -> None:
    """A table in a terminal; elsewhere one line a persona, columns set apart by tabs."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    rows = [(persona.name, str(persona.age), persona.gender, f"{persona.voice.f0_hz:g}", persona.description)
            for persona in found]
    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        click.echo("\n".join("\t".join(row) for row in rows))
        return
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("persona", no_wrap=True)
    for heading in ("age", "gender", "F0", "who"):
        table.add_column(heading, justify="right" if heading in ("age", "F0") else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def _print_persona(persona: "Persona") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for heading, text in _rows(persona).items():
        if text:
            table.add_row(heading, text)
    console = Console(markup=False, highlight=False)
    console.print(f"{persona.name}\n{persona.description}\n", soft_wrap=True)
    console.print(table)


def _rows(persona: "Persona") -> dict[str, str]:
    """What is shown, by heading; numbers that are as usual are left out."""
    manner = persona.manner
    return {
        "who": f"{persona.gender}, {persona.age} years" + (f", {persona.profession}" if persona.profession else ""),
        "temperament": ", ".join(persona.temperament),
        "tags": ", ".join(persona.tags),
        "language": persona.language,
        "extends": persona.extends or "",
        "voice": _numbers(_unusual(persona.voice)),
        "expressiveness": f"{manner.expressiveness:g}",
        "exaggerates": _numbers(manner.exaggerates),
        "masks": _numbers(manner.masks),
        "note": manner.note,
        "lexicon": ", ".join(f"{word}={said}" for word, said in persona.lexicon.items()),
        "license": persona.license,
        "consent": f"{persona.consent.who}, {persona.consent.date}" if persona.consent else "",
    }


def _unusual(voice: Any) -> dict[str, float]:
    """The voice's numbers that are not the default; F0 and tract always."""
    default = type(voice)()
    return {key: getattr(voice, key) for key in voice.__struct_fields__
            if key in ("f0_hz", "tract") or getattr(voice, key) != getattr(default, key)}


def _numbers(values: "dict[str, float]") -> str:
    return ", ".join(f"{name} {value:g}" if isinstance(value, (int, float)) else f"{name} {value}"
                     for name, value in values.items())
