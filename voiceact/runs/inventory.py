"""What is present of a run: complete shards, damaged ones, takes in the journals of unfinished ones, and counts of all."""

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from voiceact.errors import VoiceactError
from voiceact.runs.work_unit import COUNTED_COLUMNS
from voiceact.runs.workspace import Workspace
from voiceact.store.index import Count, Footer, count_rows, index_name, shard_number
from voiceact.store.journal import read_journal_rows
from voiceact.store.sidecar import IndexFile, read_footers
from voiceact.vocabulary import LEVELS

ABSENT = -1
"""size of a file that does not exist"""
CoverageField = tuple[str, float]
"""category and intensity: a field of the coverage map"""


@dataclass
class TakeCounts:
    """Sums over the takes of a run, which do not grow with it.

    Attributes:
        levels: verdict -> takes
        takes_of, included_of: takes, and included takes, of each field of the coverage map
        seconds, included_seconds: of audio, of all takes and of those included
    """

    levels: Counter[str] = field(default_factory=Counter)
    takes_of: Counter[CoverageField] = field(default_factory=Counter)
    included_of: Counter[CoverageField] = field(default_factory=Counter)
    seconds: float = 0.0
    included_seconds: float = 0.0

    @property
    def takes(self) -> int:
        """Takes, failed ones too."""
        return self.levels.total()

    @property
    def included(self) -> int:
        """Takes that the recipe's verification accepts."""
        return self.included_of.total()

    @property
    def pass_rate(self) -> float | None:
        """Share of takes that are included; None while there are none."""
        return self.included / self.takes if self.takes else None

    def add(self, counts: Iterable[Count]) -> None:
        """Add the counts of more takes."""
        for count in counts:
            # A large run has millions of these, and `Counter.update` is slow for three words.
            for level, takes in count.levels.items():
                self.levels[level] += takes
            key = (count.category, count.intensity)
            self.takes_of[key] += sum(count.levels.values())
            self.included_of[key] += count.included
            self.seconds += count.seconds
            self.included_seconds += count.included_seconds

    def copy(self) -> "TakeCounts":
        """Return another object with the same sums."""
        return TakeCounts(
            self.levels.copy(), self.takes_of.copy(), self.included_of.copy(), self.seconds, self.included_seconds
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return {
            "takes": self.takes,
            "levels": dict(self.levels),
            "included": self.included,
            "pass_rate": self.pass_rate,
            "hours": round(self.seconds / 3600, 6),
            "included_hours": round(self.included_seconds / 3600, 6),
            "coverage": [
                {
                    "category": category,
                    "intensity": intensity,
                    "takes": takes,
                    "included": self.included_of[category, intensity],
                }
                for (category, intensity), takes in sorted(self.takes_of.items())
            ],
        }


@dataclass
class Inventory:
    """What is present of some shards.

    Attributes:
        whole: shards that are complete
        damaged: shard -> what is wrong with it; it is to be made again
        journals: shards that are not complete -> takes in their journals
        counts: over complete shards and journals
    """

    whole: set[int] = field(default_factory=set)
    damaged: dict[int, str] = field(default_factory=dict)
    journals: dict[int, int] = field(default_factory=dict)
    counts: TakeCounts = field(default_factory=TakeCounts)


def take_inventory(workspace: Workspace, shards: Iterable[int]) -> Inventory:
    """Look at some shards: one listing of each folder, the sidecar of each index, and the journals.

    A tar counts as undamaged when it has as many bytes as its index states; only an audit compares digests. Memory is
    eight bytes for each file's size and the numbers of the shards.

    Args:
        workspace: of the run
        shards: their numbers
    """
    inventory, wanted = Inventory(), shards if isinstance(shards, range) else sorted(set(shards))
    sizes = FileSizes(workspace, max(wanted, default=-1) + 1)

    # Complete and damaged shards.
    indexed = ((shard, sizes.of(index_name(shard))) for shard in wanted)
    indexes = (IndexFile(shard, size) for shard, size in indexed if size is not None)
    for shard, footer in read_footers(workspace.store, indexes):
        if isinstance(footer, VoiceactError):
            inventory.damaged[shard] = str(footer).partition(";")[0]
        elif fault := _find_fault(footer, workspace.plan, sizes):
            inventory.damaged[shard] = fault
        else:
            inventory.whole.add(shard)
            inventory.counts.add(footer.counts)

    # Takes of unfinished shards.
    names = (path.name.removeprefix("shard-") for path in workspace.work_folder.glob("shard-*"))
    begun = {int(name) for name in names if name.isdecimal()}
    for shard in sorted(begun):
        if shard not in wanted or shard in inventory.whole:
            continue
        for path in sorted(workspace.shard_folder(shard).glob("*.journal")):
            rows = [{name: row[name] for name in COUNTED_COLUMNS} for row in read_journal_rows(path, workspace.plan)]
            if rows:
                inventory.journals[shard] = inventory.journals.get(shard, 0) + len(rows)
                inventory.counts.add(count_rows(rows))
    return inventory


class FileSizes:
    """Bytes of the indexes and tars of the first `shards` shards, from one listing of each folder."""

    def __init__(self, workspace: Workspace, shards: int):
        self._sizes = {folder: array("q", [ABSENT]) * shards for folder in ("index", *LEVELS)}
        for folder, sizes in self._sizes.items():
            for name, size in workspace.store.iter_sizes(folder):
                if (number := shard_number(name)) is not None and number < shards:
                    sizes[number] = size

    def of(self, name: str) -> int | None:
        """Return the bytes of a file by its name in the run; None if it does not exist."""
        number, sizes = shard_number(name), self._sizes.get(name.partition("/")[0], ())
        return sizes[number] if number is not None and number < len(sizes) and sizes[number] != ABSENT else None


def _find_fault(footer: Footer, plan: str, sizes: FileSizes) -> str:
    """Return the first thing that is wrong with a shard; empty if nothing is."""
    if footer.plan != plan:
        return f"{index_name(footer.shard)} belongs to another plan"
    for tar in footer.tars:
        size = sizes.of(tar.name)
        if size is None:
            return f"{tar.name} is missing"
        if size != tar.bytes:
            return f"{tar.name} has {size:,} bytes instead of {tar.bytes:,}"
    return ""
