"""The footers of many shards, in their order, with memory for a few: what every sum over a run is made of."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import IO

import msgspec

from voiceact.errors import VoiceactError
from voiceact.store.filesystem import Store
from voiceact.store.index import FORMAT, Footer, index_name, read_footer

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
            return peek_footer(file) or read_footer(file, name)
    except VoiceactError as error:
        return error


# --- Only what is wanted of a footer
#
# Parquet's footer is a structure in Thrift's compact encoding: first what is said of each of some 80 columns, then pairs
# of key and text. To decode all of it takes five times as long as to find one pair by its bytes and decode that.

_MAGIC = b"PAR1"
_TAIL = 8
"""bytes at the end of the file: the length of the footer, and the magic"""
_TEXT = b"\x18"
"""what stands before a text that is the next field of a structure: its length and its bytes follow"""
_FORMAT_PAIR = _TEXT + b"\x06format" + _TEXT + bytes([len(FORMAT)]) + FORMAT.encode()
_SHARD_KEY = _TEXT + b"\x05shard" + _TEXT


def peek_footer(file: IO[bytes]) -> Footer | None:
    """What an index says of its shard; None where that cannot be said for sure without decoding all of it."""
    size = file.seek(0, 2)
    data = _read_tail(file, size, _TAIL)
    length = int.from_bytes(data[:4], "little")
    if data[4:] != _MAGIC or length + _TAIL > size:
        return None
    data = _read_tail(file, size, length + _TAIL)
    # A text of somebody's own might hold the same bytes.
    if data.count(_FORMAT_PAIR) != 1 or data.count(_SHARD_KEY) != 1:
        return None
    try:
        return msgspec.json.decode(_text(data, data.index(_SHARD_KEY) + len(_SHARD_KEY)), type=Footer)
    except (msgspec.DecodeError, RecursionError):
        return None


def _read_tail(file: IO[bytes], size: int, length: int) -> bytes:
    file.seek(max(0, size - length))
    return file.read(length)


def _text(data: bytes, at: int) -> memoryview:
    """The text whose length begins there: seven bits a byte, the lowest first."""
    length = shift = 0
    while data[at] >= 0x80:
        length |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    length |= data[at] << shift
    return memoryview(data)[at + 1:at + 1 + length]
