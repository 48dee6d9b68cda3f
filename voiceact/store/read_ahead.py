"""Reading many small files of a store: one after another from a folder, several at a time over a network."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from voiceact.store.filesystem import Store

Name = TypeVar("Name")
Content = TypeVar("Content")

READERS = 32
"""requests at once where the store is not a local folder: there a small file is a wait of some ten milliseconds and hardly any
work; in a folder it is all work, and Python does one thing at a time"""


def read_ahead(store: Store, read: Callable[[Name], Content], names: Iterable[Name]) -> Iterator[Content]:
    """Yield what `read` returns for each name, in the order given and with memory for a few.

    Args:
        store: that `read` reads from
        read: reads one file; called in threads where the store is not a local folder
        names: of the files
    """
    if store.folder is not None:
        yield from map(read, names)
        return
    waiting: deque[Future[Content]] = deque()
    with ThreadPoolExecutor(READERS) as pool:
        for name in names:
            waiting.append(pool.submit(read, name))
            if len(waiting) > READERS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
