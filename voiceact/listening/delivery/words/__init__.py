"""Load the texts of the interface, a JSON file a language with the same keys; the 40 categories in plain words among them."""

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
def interface_languages() -> tuple[str, ...]:
    """Return the languages of the interface, ISO 639-1, English first."""
    names = sorted(path.name.removesuffix(".json") for path in files(__package__).iterdir() if path.name.endswith(".json"))
    return (FALLBACK, *(name for name in names if name != FALLBACK))


def load_words(language: str, protocol: "Protocol | None" = None) -> dict[str, str]:
    """Load the texts of a language.

    Args:
        language: one of `interface_languages()`
        protocol: adds the texts that it brings itself, in English where it lacks the language

    Returns:
        key -> text with places in braces ("{category}"); a line that begins with "- " is an item of a list.

    Raises:
        UsageError: if the language is none of `languages()`
    """
    check_languages([language])
    own = protocol.words if protocol else {}
    shipped: dict[str, str] = json.loads((files(__package__) / f"{language}.json").read_text("utf-8"))
    return {**shipped, **own.get(FALLBACK, {}), **own.get(language, {})}


def check_languages(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names, each once, if they are languages of the interface.

    Raises:
        UsageError: if there is none, or one is unknown
    """
    unknown = [name for name in names if name not in interface_languages()]
    if unknown or not names:
        known = ", ".join(interface_languages())
        raise UsageError(f"no interface in {listed(map(repr, unknown)) or 'no language'}; expected one or more of {known}")
    return tuple(dict.fromkeys(names))
