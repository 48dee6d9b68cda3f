"""voiceact emotion: the 40 categories, and which of them a word means."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from voiceact.acting.taxonomy import Category, Resolution


@click.group("emotion")
def command() -> None:
    """The 40 emotion categories of EmoNet: list them, or look up what a word means."""


@command.command("list")
@click.option("--group", metavar="G", help='Only this display group; its first words do ("negative high").')
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a table.")
def list_emotions(group: str | None, as_json: bool) -> None:
    """Show the categories with valence, arousal and display group (--json: ids and keywords too)."""
    from voiceact.acting import taxonomy

    found = taxonomy.groups()[taxonomy.group(group)] if group is not None else taxonomy.categories()
    if as_json:
        click.echo(json.dumps([category.record() for category in found], ensure_ascii=False, indent=2))
    else:
        _print_table(found)


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of text.")
def show_emotion(name: str, as_json: bool) -> None:
    """Show what NAME is taken to mean, and all about that category.

    NAME may be an id, a name, a keyword or another form of one: distress, "Jealousy & Envy", worried.
    """
    from voiceact.acting.taxonomy import resolve

    resolution = resolve(name)
    lines = _count_lines(resolution.category)
    if as_json:
        click.echo(json.dumps(_document(resolution, lines), ensure_ascii=False, indent=2))
    else:
        _print_resolution(resolution, lines)


def _print_table(found: "tuple[Category, ...]") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table("#", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("category", overflow="fold", min_width=24)
    for name in ("valence", "arousal", "group"):
        table.add_column(name)
    for category in found:
        table.add_row(str(category.number), category.name, category.valence, category.arousal, category.group)
    Console().print(table)


def _count_lines(category: "Category") -> dict[str, int]:
    """How many script lines each language has for the category."""
    from voiceact.acting.script import languages, load_lines

    return {code: sum(line.category == category.name for line in load_lines(code)) for code in languages()}


def _document(resolution: "Resolution", lines: dict[str, int]) -> dict[str, object]:
    from voiceact.acting.taxonomy import contrast

    return {
        "word": resolution.word,
        "via": resolution.via,
        "matched": resolution.matched,
        "category": resolution.category.record(),
        "others": [other.id for other in resolution.others],
        "contrast": contrast(resolution.category).id,
        "lines": lines,
    }


def _print_resolution(resolution: "Resolution", lines: dict[str, int]) -> None:
    from rich.console import Console
    from rich.table import Table

    from voiceact.acting.taxonomy import contrast

    category = resolution.category
    rows = {
        "id": category.id,
        "number": str(category.number),
        "group": category.group,
        "valence": f"{category.valence} ({category.valence_value:+g})",
        "arousal": f"{category.arousal} ({category.arousal_value:+g})",
        "keywords": ", ".join(category.keywords),
        "only in EmoNet-Face": ", ".join(category.face_added),
        "not in EmoNet-Face": ", ".join(category.face_dropped),
        "also accepted": ", ".join(category.variants),
        "contrast": contrast(category).name,
        "script lines": ", ".join(f"{code} {count}" for code, count in lines.items()),
    }
    table = Table(title=category.name, title_justify="left", show_header=False, box=None)
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    console = Console(markup=False, highlight=False)
    console.print(f"{resolution}.\n", soft_wrap=True)
    console.print(table)
