"""Options that several verbs share, so that they read the same everywhere."""

import math
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from voiceact.errors import UsageError

Decorator = Callable[[Any], Any]


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
        if not os.fspath(value):
            # It would be the working folder: as in --out "$FOLDER" where FOLDER is not set.
            self.fail("the name is empty; name a file or folder, or '.' for this one.", param, ctx)
        return super().convert(value, param, ctx)


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
        return file.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"text file {str(file)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"text file {str(file)!r} is not UTF-8; save it as UTF-8 text") from error
