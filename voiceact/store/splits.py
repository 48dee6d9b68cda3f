"""Which split a clip belongs to: a rule, not a list, so that it holds for clips that are yet to be made.

>>> split_of("nurse", "en-0012", {"train": 0.8, "test": 0.2}, by="persona", seed=0) in ("train", "test")
True
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Literal, get_args

import msgspec

from voiceact.errors import UsageError, listed

By = Literal["persona", "line", "both"]
BY: tuple[By, ...] = get_args(By)
"""what no two splits share: a speaker, a line, or the same line by the same speaker"""

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
"""of a split: it becomes the name of folders and files in an export"""
ORDER = ("train", "validation", "test")
"""the splits of a recipe, in the order in which they are drawn"""
TAKEN = ("all",)
"""names that readers give a meaning of their own"""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a run is divided.

    shares: name of the split -> share, adding to 1
    by: see `BY`
    seed: another seed, another draw
    """

    shares: dict[str, float]
    by: By
    seed: int

    def of(self, persona: str, line: str) -> str:
        """The split of a clip."""
        return split_of(persona, line, self.shares, by=self.by, seed=self.seed)

    def divides_as(self, other: "Rule") -> bool:
        """Whether both give every clip the same split: the same shares in another order do not."""
        return self == other and list(self.shares) == list(other.shares)


def recipe_rule(recipe: Mapping[str, Any]) -> Rule:
    """The rule of a recipe as it stands in run.json: its shares, those that are not 0, and its seed."""
    splits = recipe["splits"]
    shares = {name: float(splits[name]) for name in ORDER if splits.get(name, 0) > 0}
    return Rule(shares, splits.get("by", "both"), recipe.get("seed", 0))


def split_of(persona: str, line: str, shares: Mapping[str, float], *, by: By, seed: int) -> str:
    """The split of a clip: a draw from what must not be shared, the same for all clips that share it.

    shares: name of the split -> share, adding to 1; in the order they stand
    by: see `BY`
    """
    shared = {"persona": persona, "line": line, "both": f"{persona}\x00{line}"}[by]
    digest = sha256(f"{seed}\x00{by}\x00{shared}".encode()).digest()
    place, reached = int.from_bytes(digest[:8], "big") / 2**64, 0.0
    for name, share in shares.items():
        reached += share
        if place < reached:
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
        if not NAME.fullmatch(name) or name in TAKEN:
            raise UsageError(f"a split cannot be called {name!r}; expected a word of letters, digits and underscores, such "
                             "as train")
    # Not "any below 0": no comparison with NaN is ever true.
    if not (all(share >= 0 for share in shares.values()) and abs(sum(shares.values()) - 1) <= 1e-6):
        raise UsageError(f"the shares of the splits add to {sum(shares.values()):g}; expected shares of 0 or more "
                         "that add to 1")
