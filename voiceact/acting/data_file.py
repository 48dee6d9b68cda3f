"""The table of directions, read once: `data/directions.json`."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def directions() -> dict[str, Any]:
    """Return the whole table: categories with words, moves and variants; steps; contrasts."""
    text = (files("voiceact.acting") / "data" / "directions.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data
