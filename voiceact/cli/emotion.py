"""`voiceact emotion`: the 40 categories, and which of them a word means."""

import click

from voiceact.cli import options
from voiceact.cli.output import print_fields, print_json, print_table


@click.group("emotion")
def command() -> None:
    """List the 40 emotion categories of EmoNet, or look up which of them a word or a phrase means."""


@command.command("list")
@click.option("--group", metavar="G", help='Only this display group; its first words do ("negative high").')
@options.as_json()
def list_emotions(group: str | None, as_json: bool) -> None:
    """Show the categories with valence, arousal and display group (--json: ids and keywords too)."""
    from voiceact.acting import taxonomy

    categories = taxonomy.groups()[taxonomy.group(group)] if group is not None else taxonomy.categories()
    if as_json:
        print_json([category.record() for category in categories])
        return
    print_table(
        ("#", "category", "valence", "arousal", "group"),
        [(category.number, category.name, category.valence, category.arousal, category.group) for category in categories],
        unbroken={"#", "valence", "arousal"},
    )


@command.command("show")
@click.argument("name")
@options.as_json()
def show_emotion(name: str, as_json: bool) -> None:
    """Show which category NAME is taken to mean, and all about that category.

    NAME may be an id, a name, a keyword or another form of one of these: distress, "Jealousy & Envy", worried.
    """
    from voiceact.acting.script import languages, load_lines
    from voiceact.acting.taxonomy import contrast, resolve
    from voiceact.acting.variants import variants

    resolution = resolve(name)
    category = resolution.category
    acted = [variant.name for variant in variants(category.id)]
    lines = {code: sum(line.category == category.name for line in load_lines(code)) for code in languages()}
    if as_json:
        print_json(
            {
                "word": resolution.word,
                "via": resolution.via,
                "matched": resolution.matched,
                "category": category.record(),
                "others": [other.id for other in resolution.others],
                "contrast": contrast(category).id,
                "lines": lines,
                "acted": acted,
            }
        )
        return
    click.echo(f"{resolution}.\n\n{category.name}")
    print_fields(
        {
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
            "acted as": ", ".join(acted) if len(acted) > 1 else "",
            "script lines": ", ".join(f"{code} {count}" for code, count in lines.items()),
        }
    )


@command.command("resolve")
@click.argument("phrase")
@click.option("--intensity", metavar="N", help="Intensity where no degree word moves it, from 0 to 7.  [default: 5]")
@options.as_json()
def resolve_phrase(phrase: str, intensity: str | None, as_json: bool) -> None:
    """Show which feelings PHRASE is read as, how strong, and by which of its words.

    \b
    voiceact emotion resolve "barely holding back tears, but proud"
    voiceact emotion resolve "not angry at all, only slightly disappointed" --json
    """
    from voiceact.acting.intensity import DEFAULT_INTENSITY, word
    from voiceact.prompting.feeling import read_feeling

    reading = read_feeling(phrase, DEFAULT_INTENSITY if intensity is None else intensity)
    if as_json:
        print_json(reading.as_dict())
        return
    print_table(
        ("words", "category", "intensity", "why"),
        [
            (
                sign.words,
                sign.category.name,
                "denied" if sign.denied else f"{sign.intensity:g}, {word(sign.intensity)}",
                f"{sign.resolution.via} of {sign.resolution.matched!r}"
                if sign.resolution.via in ("form", "synonym", "misspelling")
                else sign.resolution.via,
            )
            for sign in reading.signs
        ],
        unbroken={"intensity"},
    )
    if reading.mix.is_neutral:
        click.echo("nothing else is felt: read neutrally")
    if reading.unread:
        click.echo(f"not understood: {', '.join(reading.unread)}")
