"""Options that several commands share, so that they read the same everywhere."""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from voiceact.errors import UsageError

Decorator = Callable[[Any], Any]


class Number(click.FloatRange):
    """Float range that rejects NaN and infinity."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Convert as click does, and fail for NaN, which is neither below nor above any limit, and for infinity."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no finite number.", param, ctx)
        return number


class _Path(click.Path):
    """Path that rejects an empty name and NUL characters."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if "\0" in os.fsdecode(value):
            self.fail(f"{ascii(os.fsdecode(value))} holds a NUL character, which no file name has.", param, ctx)
        if not os.fspath(value):
            # It would be the working folder: as in --out "$FOLDER" where FOLDER is not set.
            self.fail("the name is empty; name a file or folder, or '.' for this one.", param, ctx)
        return super().convert(value, param, ctx)


SEED = click.IntRange(0, 2**32 - 1)
"""a seed that every generator of random numbers takes"""

PATH = _Path(path_type=Path)
"""a file or folder"""


def persona_folders() -> Decorator:
    """Add --personas DIR, repeatable, as the parameter `folders`."""
    return click.option(
        "--personas",
        "folders",
        multiple=True,
        metavar="DIR",
        type=PATH,
        help="Look personas up in this folder first (repeatable).",
    )


def host() -> Decorator:
    """Add --host ADDRESS, of a server."""
    return click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        metavar="ADDRESS",
        help="Address that the server listens on; 0.0.0.0 is every network.",
    )


def port(default: int) -> Decorator:
    """Add --port, of a server."""
    return click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=default,
        show_default=True,
        help="Port that the server listens on; 0 takes a free one.",
    )


def as_json() -> Decorator:
    """Add --json as the parameter `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


def engine() -> Decorator:
    """Add --engine NAME."""
    return click.option(
        "--engine", default="embedded", show_default=True, metavar="NAME", help="Engine that speaks ('voiceact engine list')."
    )


def replaying_engine() -> Decorator:
    """Add --engine SPEC, for commands that speak from records."""
    return click.option(
        "--engine",
        metavar="SPEC",
        help="Engine that speaks again, where a record's own engine reaches for a server "
        "or files: openai-compatible:url=…  [default: the record's]",
    )


def allow() -> Decorator:
    """Add --allow SETTING, repeatable, as the parameter `allowed`."""
    return click.option(
        "--allow",
        "allowed",
        multiple=True,
        metavar="SETTING",
        help="Allow a recording, engine, judge or check that a file from elsewhere names and that reaches for files or "
        "servers; write it as it stands there (repeatable).",
    )


def strict() -> Decorator:
    """Add --strict, of a command that reads text."""
    return click.option("--strict", is_flag=True, help="Refuse markup that is not understood instead of leaving it out.")


def strict_speech() -> Decorator:
    """Add --strict, of a command that speaks."""
    return click.option(
        "--strict",
        is_flag=True,
        help="Refuse markup that is not understood instead of leaving it out, and emotions that were never heard from the "
        "engine instead of telling so.",
    )


def language() -> Decorator:
    """Add --language CODE."""
    return click.option("--language", default="en", show_default=True, metavar="CODE", help="Language of the text.")


def parse_lexicon(pairs: tuple[str, ...]) -> dict[str, str]:
    """Turn the `WORD=SOUND` pairs of --say into a lexicon."""
    lexicon = {}
    for pair in pairs:
        word, equals, sound = pair.partition("=")
        if not (equals and word.strip() and sound.strip()):
            raise UsageError(f"--say {pair!r} lacks a part; expected 'Nguyen=win' or 'Nguyen=/wˈɪn/'")
        lexicon[word.strip()] = sound.strip()
    return lexicon
