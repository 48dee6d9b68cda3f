"""`splits.json`: a rule that divides a run in another way than its recipe; a rule alone, never a list of clips.

The shards and their indexes stay what the plan made them. Whoever reads the run through `voiceact.store.reader`
sees the splits of this rule.
"""

import msgspec

from voiceact.errors import UsageError
from voiceact.store.filesystem import Store
from voiceact.store.splits import Rule, check_shares

NAME = "splits.json"
FORMAT = "voiceact-splits/1"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    rule: Rule


def read_rule(store: Store) -> Rule | None:
    """The rule of a run's own; None if it goes by its recipe.

    Raises:
        UsageError: if the file cannot be read, or holds no division
    """
    if not store.exists(NAME):
        return None
    where = f"{store.url}/{NAME}"
    try:
        found = msgspec.json.decode(store.read(NAME), type=_File)
        check_shares(found.rule.shares, by=found.rule.by)
    except (msgspec.DecodeError, RecursionError, UsageError) as error:
        raise UsageError(f"{where}: is no rule of splits ({error}); make it anew with: voiceact dataset split") from error
    if found.format != FORMAT:
        raise UsageError(f"{where}: has format {found.format!r}; this voiceact reads {FORMAT!r}")
    return found.rule


def write_rule(store: Store, rule: Rule) -> None:
    """Write the rule, whole or not at all."""
    store.write(NAME, msgspec.json.format(msgspec.json.encode(_File(FORMAT, rule)), indent=2) + b"\n")


def remove_rule(store: Store) -> None:
    """Go by the recipe again."""
    store.remove(NAME)
