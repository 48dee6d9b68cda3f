"""What a run was begun with, and what it would go on with, where that is not the same."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from voiceact.errors import UsageError
from voiceact.recipe.fingerprint import SAID
from voiceact.recipe.plan import Plan
from voiceact.store.filesystem import Store
from voiceact.store.run_file import RunFile


def changed(store: Store, known: RunFile, plan: Plan) -> UsageError:
    """The error of going on with another plan, the difference in it."""
    told = "\n".join(changes(known, plan))
    return UsageError(f"{store.url}: was begun with something else than it would go on with:\n{told}\n"
                      "go on with what it was begun with, choose another --out, or begin a new folder beside it with --fork")


def changes(known: RunFile, plan: Plan) -> Iterator[str]:
    """One line a part that differs; of the recipe, and of the personas, the keys in a unified diff."""
    for part in dict.fromkeys((*known.fingerprint, *plan.fingerprint)):
        before, after = known.fingerprint.get(part, "nothing"), plan.fingerprint.get(part, "nothing")
        if before == after:
            continue
        if part == "recipe":
            yield from _unified(_told(known.recipe), _told(plan.recipe.as_dict()))
        else:
            yield f"{part}: {_short(before)} -> {_short(after)}"


def _told(recipe: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in recipe.items() if key not in SAID}


def _unified(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    found = difflib.unified_diff(list(_lines(before)), list(_lines(after)), "recipe of the folder", "recipe given", n=0,
                                 lineterm="")
    yield from (line for line in found if not line.startswith("@@"))


def _lines(value: Any, name: str = "") -> Iterator[str]:
    """`store.shard: 1000`: a line for each value."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _lines(entry, f"{name}.{key}" if name else key)
    else:
        yield f"{name}: {msgspec.json.encode(value).decode()}"


def _short(text: str) -> str:
    """Digests by their first digits, as they are told apart by eye."""
    return text[:12] if len(text) == 64 else text
