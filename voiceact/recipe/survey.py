"""What there is of a run: which shards are whole, which are damaged, and what unfinished ones hold in their journals."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from voiceact.errors import VoiceactError
from voiceact.recipe.index import Footer, count_rows, index_name, read_footer
from voiceact.recipe.journal import journal_rows
from voiceact.recipe.site import Site
from voiceact.recipe.stint import COUNTED
from voiceact.recipe.tally import Tally
from voiceact.verify.base import LEVELS


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

    Whether the bytes of a tar are those of its digest is the audit's to find; here they are to be as many.
    """
    found, wanted = Survey(), shards if isinstance(shards, range) else set(shards)
    indexes, tars = site.store.sizes("index"), _tars(site)
    for shard in wanted:
        if index_name(shard) in indexes:
            _look(site, shard, tars, found)
        if shard not in found.whole:
            _journals(site, shard, found)
    return found


def _tars(site: Site) -> dict[str, int]:
    return {name: size for level in LEVELS for name, size in site.store.sizes(level).items()}


def _look(site: Site, shard: int, tars: dict[str, int], found: Survey) -> None:
    """Take a shard with an index for whole or for damaged."""
    try:
        with site.store.open(index_name(shard)) as file:
            footer = read_footer(file, index_name(shard))
    except VoiceactError as error:
        found.damaged[shard] = str(error).partition(";")[0]
        return
    if wrong := next(_wrong(footer, site.plan, tars), None):
        found.damaged[shard] = wrong
        return
    found.whole.add(shard)
    found.tally.add(footer.counts)


def _wrong(footer: Footer, plan: str, tars: dict[str, int]) -> Iterator[str]:
    if footer.plan != plan:
        yield f"{index_name(footer.shard)} belongs to another plan"
    for tar in footer.tars:
        if tar.name not in tars:
            yield f"{tar.name} is missing"
        elif tars[tar.name] != tar.bytes:
            yield f"{tar.name} has {tars[tar.name]:,} bytes instead of {tar.bytes:,}"


def _journals(site: Site, shard: int, found: Survey) -> None:
    for path in sorted(site.shard_folder(shard).glob("*.journal")):
        rows: list[dict[str, Any]] = [{name: row[name] for name in COUNTED} for row in journal_rows(path, site.plan)]
        if rows:
            found.journals[shard] = found.journals.get(shard, 0) + len(rows)
            found.tally.add(count_rows(rows))
