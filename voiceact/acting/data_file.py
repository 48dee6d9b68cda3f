"""The tables of acting (`data/*.json`), each read once."""

import hashlib
import json
from functools import cache
from typing import Any


@cache
def read_table(name: str) -> dict[str, Any]:
    """Return the table of that name: directions, taxonomy or bursts."""
    from importlib.resources import files

    table: dict[str, Any] = json.loads((files("voiceact.acting") / "data" / f"{name}.json").read_text(encoding="utf-8"))
    return table


def directions() -> dict[str, Any]:
    """Return the table of directions: categories with words, moves and variants; steps; contrasts."""
    return read_table("directions")


@cache
def directions_digest() -> str:
    """Return twelve digits that are the same for the same table of directions."""
    from importlib.resources import files

    return hashlib.sha256((files("voiceact.acting") / "data" / "directions.json").read_bytes()).hexdigest()[:12]
