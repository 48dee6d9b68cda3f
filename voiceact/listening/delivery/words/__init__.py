"""The texts that listeners read, a JSON file a language, the same keys in each; and the 40 categories in words of everyday."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from voiceact.errors import UsageError, listed

if TYPE_CHECKING:
    from voiceact.listening.protocols.base import Protocol

FALLBACK = "en"


@cache
def languages() -> tuple[str, ...]:
    """Languages of the interface, ISO 639-1, English first."""
    found = sorted(path.name.removesuffix(".json") for path in files(__package__).iterdir() if path.name.endswith(".json"))
    return (FALLBACK, *(name for name in found if name != FALLBACK))


def load_words(language: str, protocol: "Protocol | None" = None) -> dict[str, str]:
    """key -> text with places in braces ("{category}"); a line that begins with "- " is an item of a list.

    protocol: adds the words that it brings itself, in English where it lacks the language

    Raises:
        UsageError: if the language is none of `languages()`
    """
    check_languages([language])
    own = protocol.words if protocol else {}
    return {**_shipped(language), **own.get(FALLBACK, {}), **own.get(language, {})}


def check_languages(names: Sequence[str]) -> tuple[str, ...]:
    """The names, if they are languages of the interface.

    Raises:
        UsageError: if there is none, or one is unknown
    """
    unknown = [name for name in names if name not in languages()]
    if unknown or not names:
        raise UsageError(f"no interface in {listed(map(repr, unknown)) or 'no language'}; expected one or more of "
                         f"{', '.join(languages())}")
    return tuple(dict.fromkeys(names))


@cache
def _shipped(language: str) -> dict[str, str]:
    words: dict[str, str] = json.loads((files(__package__) / f"{language}.json").read_text("utf-8"))
    return words
