"""Options that several verbs share, so that they read the same everywhere."""

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from voiceact.errors import UsageError
from voiceact.runtime.untrusted_paths import read_regular_file

Decorator = Callable[[Any], Any]

MOST_SAID = 4000
"""characters of an error, which may list twenty faults"""


def say(sentence: str) -> None:
    """Print an error or note on standard error, without what would steer a terminal: it may quote a foreign file."""
    from voiceact.runtime.untrusted_text import clean_text

    lines = sentence[:MOST_SAID].split("\n")
    click.echo(
        "voiceact: " + "\n".join(line[: len(line) - len(line.lstrip(" "))] + clean_text(line, MOST_SAID) for line in lines),
        err=True,
    )


class Number(click.FloatRange):
    """A number that is one: nan lies in every range, as it is neither below nor above anything."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """As click; neither nan nor infinity."""
        found: float = super().convert(value, param, ctx)
        if not math.isfinite(found):
            self.fail(f"{value!r} is no finite number.", param, ctx)
        return found


class _Path(click.Path):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if "\0" in os.fsdecode(value):
            self.fail(f"{ascii(os.fsdecode(value))} holds a NUL character, which no file name has.", param, ctx)
        if not os.fspath(value):
            # It would be the working folder: as in --out "$FOLDER" where FOLDER is not set.
            self.fail("the name is empty; name a file or folder, or '.' for this one.", param, ctx)
        return super().convert(value, param, ctx)


SEED = click.IntRange(0, 2**32 - 1)
"""a seed, as every generator of random numbers takes it"""

PATH = _Path(path_type=Path)
"""a file or folder"""


def persona_folders() -> Decorator:
    """--personas DIR, repeatable."""
    return click.option(
        "--personas",
        "folders",
        multiple=True,
        metavar="DIR",
        type=PATH,
        help="Look personas up in this folder first (repeatable).",
    )


def as_json() -> Decorator:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def engine() -> Decorator:
    """--engine NAME."""
    return click.option(
        "--engine", default="embedded", show_default=True, metavar="NAME", help="Who speaks ('voiceact engines list')."
    )


def replaying_engine() -> Decorator:
    """--engine SPEC, of verbs that speak from records."""
    return click.option(
        "--engine",
        metavar="SPEC",
        help="Who speaks again, where a record's own engine reaches for a server "
        "or files: openai-compatible:url=…  [default: the record's]",
    )


def allow() -> Decorator:
    """--allow SETTING, repeatable."""
    return click.option(
        "--allow",
        "allowed",
        multiple=True,
        metavar="SETTING",
        help="A recording, engine, judge or check that "
        "a file from elsewhere names and that reaches out, as it stands there (repeatable).",
    )


def strict() -> Decorator:
    """--strict."""
    return click.option("--strict", is_flag=True, help="Refuse markup that is not understood instead of leaving it out.")


def language() -> Decorator:
    """--language CODE."""
    return click.option("--language", default="en", show_default=True, metavar="CODE", help="Language of the text.")


def pronunciations(pairs: tuple[str, ...]) -> dict[str, str]:
    """`WORD=PRONUNCIATION` pairs of --say as a lexicon."""
    found = {}
    for pair in pairs:
        word, equals, value = pair.partition("=")
        if not (equals and word.strip() and value.strip()):
            raise UsageError(f"--say {pair!r} lacks a part; expected 'Nguyen=win' or 'Nguyen=/wˈɪn/'")
        found[word.strip()] = value.strip()
    return found


def _standard_input() -> str:
    try:
        return sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError("standard input is not UTF-8; expected plain text in UTF-8") from error


def text_of(text: str | None, file: Path | None) -> str | None:
    """What is said: --text, --text-file, or standard input for '-'; None if nothing was given."""
    if text is not None and file is not None:
        raise UsageError("--text and --text-file were both given; name one of them")
    if text == "-" or (file is not None and str(file) == "-"):
        return _standard_input()
    if file is None:
        return text
    try:
        return read_regular_file(file).decode("utf-8")
    except OSError as error:
        raise UsageError(f"text file {str(file)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"text file {str(file)!r} is not UTF-8; save it as UTF-8 text") from error
