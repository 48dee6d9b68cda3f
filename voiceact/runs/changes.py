"""Differences between the inputs that a run was begun with and the current ones."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from voiceact.errors import UsageError
from voiceact.recipe.fingerprint import IGNORED_KEYS
from voiceact.recipe.plan import Plan
from voiceact.store.filesystem import Store
from voiceact.store.run_file import RunFile


def plan_mismatch_error(store: Store, run: RunFile, plan: Plan) -> UsageError:
    """Return the error of resuming a run with another plan, with the differences in it."""
    differences = "\n".join(list_changes(run, plan))
    return UsageError(
        f"{store.url}: was begun with something else than it would go on with:\n{differences}\n"
        "go on with what it was begun with, choose another --out, or begin a new folder beside it with --fork"
    )


def list_changes(run: RunFile, plan: Plan) -> Iterator[str]:
    """Yield a line for each part of the fingerprint that differs; for the recipe, its keys as a unified diff."""
    for part in dict.fromkeys((*run.fingerprint, *plan.fingerprint)):
        before, after = run.fingerprint.get(part, "nothing"), plan.fingerprint.get(part, "nothing")
        if before == after:
            continue
        if part == "recipe":
            old, new = (
                [line for key, value in recipe.items() if key not in IGNORED_KEYS for line in _flatten(value, key)]
                for recipe in (run.recipe, plan.recipe.as_dict())
            )
            diff = difflib.unified_diff(old, new, "recipe of the folder", "recipe given", n=0, lineterm="")
            yield from (line for line in diff if not line.startswith("@@"))
        else:
            # Digests are shown by their first digits.
            yield f"{part}: " + " -> ".join(text[:12] if len(text) == 64 else text for text in (before, after))


def _flatten(value: Any, name: str) -> Iterator[str]:
    """Yield a line for each value of nested mappings, such as `store.shard: 1000`."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _flatten(entry, f"{name}.{key}")
    else:
        yield f"{name}: {msgspec.json.encode(value).decode()}"
