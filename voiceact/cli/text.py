"""`voiceact text`: what is said for what is written."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from voiceact.cli import options


@click.command()
@click.argument("line", required=False)
@options.language()
@click.option(
    "--say",
    "said",
    multiple=True,
    metavar="WORD=SOUND",
    help="How a word is pronounced: 'Nguyen=win' or 'Nguyen=/wˈɪn/' (repeatable).",
)
@options.strict()
@options.as_json()
def command(line: str | None, language: str, said: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Show what is said for LINE, and how the embedded engine pronounces it.

    Without LINE, or with '-', every line of standard input is one; with --json each gives one JSON document on a line.

    \b
    voiceact text "Dr. Lee paid $5 on May 3."
    voiceact text "Um 8:30 Uhr" --language de --json
    """
    lexicon = options.parse_lexicon(said)
    several = line is None or line == "-"
    for text in _lines() if line is None or line == "-" else [line]:
        _show(text, language, lexicon, strict=strict, as_json=as_json, indent=None if several else 2)


def _lines() -> Iterable[str]:
    """Lines of standard input, one at a time."""
    for raw in sys.stdin.buffer:
        try:
            yield raw.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError as error:
            from voiceact.errors import UsageError

            raise UsageError(
                f"standard input is not UTF-8 (byte {error.start + 1} of a line); save the text as UTF-8"
            ) from None


def _show(text: str, language: str, lexicon: dict[str, str], *, strict: bool, as_json: bool, indent: int | None) -> None:
    from voiceact.text import speak
    from voiceact.text.cleaning import check_letters

    check_letters(text, language.partition("-")[0].lower())
    form = speak(text, language, lexicon, strict=strict)
    phonemes = _phonemes(form, language)
    if as_json:
        document: dict[str, Any] = form.as_dict()
        document = {
            **{key: document[key] for key in ("written", "language", "spoken", "words")},
            "phonemes": phonemes,
            "tags": document["tags"],
            "notes": document["notes"],
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=indent))
        return
    click.echo(form.spoken)
    if phonemes:
        click.echo(f"  /{phonemes}/")
    for note in form.notes:
        click.echo(f"  {note}", err=True)


def _phonemes(form: Any, language: str) -> str:
    """Phonemes of the embedded engine; "" in a language it does not speak."""
    if language.partition("-")[0].lower() != "en":
        return ""
    from voiceact.engines.embedded.text import phonemes

    return phonemes(form)
