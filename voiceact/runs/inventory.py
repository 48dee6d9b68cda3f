"""What there is of a run: which shards are whole, which are damaged, and what unfinished ones hold in their journals."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from voiceact.errors import VoiceactError
from voiceact.runs.take_counts import Tally
from voiceact.runs.work_unit import COUNTED
from voiceact.runs.workspace import Site
from voiceact.store.footers import read_footers
from voiceact.store.index import Footer, count_rows, index_name, shard_number
from voiceact.store.journal import journal_rows
from voiceact.verify.base import LEVELS

NONE = -1
"""of a file that is not there"""


@dataclass
class Survey:
    """What there is.

    whole: shards that are complete
    damaged: shard -> what is wrong with it; it is to be made again
    journals: shards that are not complete -> takes in their journals
    tally: sums over whole shards and journals
    """

    whole: set[int] = field(default_factory=set)
    damaged: dict[int, str] = field(default_factory=dict)
    journals: dict[int, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)


def survey(site: Site, shards: Iterable[int]) -> Survey:
    """Look at these shards: one listing of each folder, the footer of each index, and the journals.

    Whether the bytes of a tar are those of its digest is the audit's to find; here they are to be as many. Memory is
    that of the bytes of each file's size and of the numbers of the shards.
    """
    found, wanted = Survey(), shards if isinstance(shards, range) else sorted(set(shards))
    sizes = Sizes(site, max(wanted, default=-1) + 1)
    indexed = (shard for shard in wanted if sizes.of(index_name(shard)) is not None)
    for shard, footer in read_footers(site.store, indexed):
        _look(site, shard, footer, sizes, found)
    for shard in sorted(_begun(site)):
        if shard in wanted and shard not in found.whole:
            _journals(site, shard, found)
    return found


class Sizes:
    """Bytes of the indexes and tars of the first so many shards, eight bytes for each that can be."""

    def __init__(self, site: Site, most: int):
        self._of = {folder: array("q", [NONE]) * most for folder in ("index", *LEVELS)}
        for folder, sizes in self._of.items():
            for name, size in site.store.listed(folder):
                if (number := shard_number(name)) is not None and number < most:
                    sizes[number] = size

    def of(self, name: str) -> int | None:
        """Of a file by its name in the run; None if it is not there."""
        number, sizes = shard_number(name), self._of.get(name.partition("/")[0], ())
        return sizes[number] if number is not None and number < len(sizes) and sizes[number] != NONE else None


def _look(site: Site, shard: int, footer: Footer | VoiceactError, sizes: Sizes, found: Survey) -> None:
    """Take a shard with an index for whole or for damaged."""
    if isinstance(footer, VoiceactError):
        found.damaged[shard] = str(footer).partition(";")[0]
    elif wrong := next(_wrong(footer, site.plan, sizes), None):
        found.damaged[shard] = wrong
    else:
        found.whole.add(shard)
        found.tally.add(footer.counts)


def _wrong(footer: Footer, plan: str, sizes: Sizes) -> Iterator[str]:
    if footer.plan != plan:
        yield f"{index_name(footer.shard)} belongs to another plan"
    for tar in footer.tars:
        size = sizes.of(tar.name)
        if size is None:
            yield f"{tar.name} is missing"
        elif size != tar.bytes:
            yield f"{tar.name} has {size:,} bytes instead of {tar.bytes:,}"


def _begun(site: Site) -> set[int]:
    """Shards that have a folder of journals."""
    names = (path.name.removeprefix("shard-") for path in site.work.glob("shard-*"))
    return {int(name) for name in names if name.isdecimal()}


def _journals(site: Site, shard: int, found: Survey) -> None:
    for path in sorted(site.shard_folder(shard).glob("*.journal")):
        rows: list[dict[str, Any]] = [{name: row[name] for name in COUNTED} for row in journal_rows(path, site.plan)]
        if rows:
            found.journals[shard] = found.journals.get(shard, 0) + len(rows)
            found.tally.add(count_rows(rows))
