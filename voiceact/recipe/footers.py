"""The footers of many shards, in their order, with memory for a few: what every sum over a run is made of."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from voiceact.errors import VoiceactError
from voiceact.recipe.index import Footer, index_name, read_footer
from voiceact.recipe.store import Store

READERS = 32
"""requests at once where the store is not a local folder: there a footer is a wait of some ten milliseconds, and hardly
any work; in a folder it is all work, and Python does one thing at a time"""


def read_footers(store: Store, shards: Iterable[int]) -> Iterator[tuple[int, Footer | VoiceactError]]:
    """Each shard with what its index says of it, or with what is wrong with that index."""
    if store.folder is not None:
        yield from ((shard, _read(store, shard)) for shard in shards)
        return
    waiting: deque[tuple[int, Future[Footer | VoiceactError]]] = deque()
    with ThreadPoolExecutor(READERS) as pool:
        for shard in shards:
            waiting.append((shard, pool.submit(_read, store, shard)))
            if len(waiting) > READERS:
                first, footer = waiting.popleft()
                yield first, footer.result()
        yield from ((shard, footer.result()) for shard, footer in waiting)


def _read(store: Store, shard: int) -> Footer | VoiceactError:
    name = index_name(shard)
    try:
        with store.open(name) as file:
            return read_footer(file, name)
    except VoiceactError as error:
        return error
