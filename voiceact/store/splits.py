"""Which split a clip belongs to: a rule, not a list, so that it holds for clips that are yet to be made.

A run follows the rule of its recipe, unless `splits.json` holds another one. That file is a rule alone: the shards and
their indexes stay what the plan made them, and `voiceact.store.reader` shows the splits of the rule in force.

>>> split_of("nurse", "en-0012", {"train": 0.8, "test": 0.2}, by="persona", seed=0) in ("train", "test")
True
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from voiceact.errors import UsageError, listed
from voiceact.runtime.seeds import draw_fraction
from voiceact.store.filesystem import Store

By = Literal["persona", "line", "both"]
BY: tuple[By, ...] = get_args(By)
"""what no two splits share: a speaker, a line, or the same line by the same speaker"""

SPLIT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""of a split: it becomes the name of folders and files in an export"""
ORDER = ("train", "validation", "test")
"""the splits of a recipe, in the order in which they are drawn"""
RESERVED = ("all",)
"""names that readers of data sets give a meaning of their own"""
SPLITS_FILE = "splits.json"
SPLITS_FORMAT = "voiceact-splits/1"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a run is divided.

    Attributes:
        shares: name of the split -> share, adding to 1
        by: one of `BY`
        seed: another seed gives another draw
    """

    shares: dict[str, float]
    by: By
    seed: int

    def of(self, persona: str, line: str) -> str:
        """Return the split of a clip."""
        return split_of(persona, line, self.shares, by=self.by, seed=self.seed)

    def divides_as(self, other: "Rule") -> bool:
        """Return whether both give every clip the same split: the same shares in another order do not."""
        return self == other and list(self.shares) == list(other.shares)


def recipe_rule(recipe: Mapping[str, Any]) -> Rule:
    """Return the rule of a recipe as it stands in run.json: its shares above 0, and its seed."""
    splits = recipe["splits"]
    shares = {name: float(splits[name]) for name in ORDER if splits.get(name, 0) > 0}
    return Rule(shares, splits.get("by", "both"), recipe.get("seed", 0))


def split_of(persona: str, line: str, shares: Mapping[str, float], *, by: By, seed: int) -> str:
    """Draw the split of a clip from what must not be shared, the same for all clips that share it.

    Args:
        persona: name of the persona
        line: id of the line
        shares: name of the split -> share, adding to 1; in the order they stand
        by: one of `BY`
        seed: of the draw
    """
    shared = {"persona": persona, "line": line, "both": f"{persona}\x00{line}"}[by]
    place, cumulative = draw_fraction(seed, by, shared, separator="\x00"), 0.0
    for name, share in shares.items():
        cumulative += share
        if place < cumulative:
            return name
    # Shares such as 0.7 + 0.2 + 0.1 add to a hair less than 1.
    return [name for name, share in shares.items() if share > 0][-1]


def check_shares(shares: Mapping[str, float], *, by: str) -> None:
    """Raise UsageError unless the shares are a division of the whole, under names fit for files, and `by` is known."""
    if by not in BY:
        raise UsageError(f"splits cannot be made by {by!r}; expected one of {listed(BY)}")
    if not shares:
        raise UsageError("no split is named; expected names with shares, such as train: 0.9, test: 0.1")
    for name in shares:
        if not SPLIT_NAME.fullmatch(name) or name in RESERVED:
            raise UsageError(
                f"a split cannot be called {name!r}; expected a word of letters, digits and underscores, such as train"
            )
    # Not "any below 0": no comparison with NaN is ever true.
    if not (all(share >= 0 for share in shares.values()) and abs(sum(shares.values()) - 1) <= 1e-6):
        raise UsageError(
            f"the shares of the splits add to {sum(shares.values()):g}; expected shares of 0 or more that add to 1"
        )


# --- splits.json


class _SplitsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    rule: Rule


def read_rule(store: Store) -> Rule | None:
    """Read the run's own rule; None if the recipe's applies.

    Raises:
        UsageError: if the file cannot be read, or holds no division
    """
    if not store.exists(SPLITS_FILE):
        return None
    where = f"{store.url}/{SPLITS_FILE}"
    try:
        document = msgspec.json.decode(store.read(SPLITS_FILE), type=_SplitsFile)
        check_shares(document.rule.shares, by=document.rule.by)
    except (msgspec.DecodeError, RecursionError, UsageError) as error:
        raise UsageError(f"{where}: is no rule of splits ({error}); make it anew with: voiceact dataset split") from error
    if document.format != SPLITS_FORMAT:
        raise UsageError(f"{where}: has format {document.format!r}; this voiceact reads {SPLITS_FORMAT!r}")
    return document.rule


def write_rule(store: Store, rule: Rule) -> None:
    """Write splits.json, whole or not at all."""
    store.write(SPLITS_FILE, msgspec.json.format(msgspec.json.encode(_SplitsFile(SPLITS_FORMAT, rule)), indent=2) + b"\n")


def remove_rule(store: Store) -> None:
    """Delete splits.json, so that the recipe's rule applies again."""
    store.remove(SPLITS_FILE)
