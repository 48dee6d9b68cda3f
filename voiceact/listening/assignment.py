"""Assign items to listeners: balanced over the items, blind, in an order of its own for each, and the same at every replay.

Everything that was handed out, answered or not, is a `Draw`. From the draws of all listeners a `Ledger` knows what is still
needed; what it hands out depends on the test, the draws and the given time alone.

>>> from voiceact.listening.assignment import Ledger, listener_seed
>>> ledger = Ledger(test)  # doctest: +SKIP
>>> draws = ledger.assign("listener-1", seed=listener_seed(test, "listener-1"), now=0.0)  # doctest: +SKIP
"""

import hashlib
import hmac
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from voiceact.errors import UsageError
from voiceact.listening.loading import ListeningTest
from voiceact.listening.model import ASKED, Kind, ListeningItem
from voiceact.runtime.seeds import draw_integer


@dataclass(frozen=True, slots=True)
class Draw:
    """An item that was handed to a listener.

    Attributes:
        listener: id
        item: id
        position: in the listener's order, from 1
        stage: round of the item in which the listener is asked, from 1
        seed: of the listener's order
        at: seconds (of any monotonic clock) at which it was handed out; of an answered one, at which it was answered
        value: the answer (of an item that asks for many categories, that of its own category); None while there is none
    """

    listener: str
    item: str
    position: int
    stage: int
    seed: int
    at: float
    value: float | None = None


def listener_seed(test: ListeningTest, listener: str, secret: bytes = b"") -> int:
    """Return the seed of a listener's order.

    Args:
        test: what is asked
        listener: id, which the listener knows
        secret: of the server or bundle, which nobody else knows; empty for a simulation

    Returns:
        63 bits with a secret, so that nobody finds the seed by trying all against what they were shown; else 32 bits.
    """
    if not secret:
        return _hash(test.id, listener) >> 32
    digest = hmac.digest(secret, f"order\x1f{test.id}\x1f{listener}".encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big") >> 1


def schedule(test: ListeningTest, seed: int) -> list[Kind | None]:
    """Plan the positions of a listener's block.

    Checks are spread evenly with a random shift. A test with fewer items than a block has a shorter one, without a place
    that no item could fill. A repeat that has nothing to repeat yet when its turn comes is replaced by a question.

    Args:
        test: what is asked
        seed: of the listener's order

    Returns:
        None at each position for what the test asks; or gold, repeat or attention.
    """
    # Shares of the kinds of check that the test has.
    settings = test.settings
    shares: dict[Kind, float] = {"attention": settings.attention, "gold": settings.gold, "repeat": settings.repeats}
    available = Counter(item.kind for item in test.file.items)
    shares = {kind: share for kind, share in shares.items() if available[kind] and share > 0}

    # Shorten the block until its questions are no more than the test has.
    questions = len(test.asked)
    length = min(settings.per_listener, math.ceil(questions / max(0.05, 1 - sum(shares.values()))))

    def counts(length: int) -> dict[Kind, int]:
        return {kind: min(round(length * share), available[kind]) for kind, share in shares.items()}

    while length > 0 and length - sum(counts(length).values()) > questions:
        length -= 1

    # Put each kind into free positions, one in each of as many equal stretches.
    slots: list[Kind | None] = [None] * length
    for kind, count in counts(length).items():
        first = settings.gap if kind == "repeat" else 0
        free = [index for index, slot in enumerate(slots) if slot is None and index >= first]
        count = min(count, len(free))
        for number in range(count):
            begin, end = number * len(free) // count, (number + 1) * len(free) // count
            slots[free[begin + _hash(seed, kind, number) % (end - begin)]] = kind
    return slots


def sides(test: ListeningTest, item: ListeningItem, seed: int) -> tuple[str, ...]:
    """Return the clips of an item in the order in which they are shown to a listener of that seed."""
    # An attention check says which side to choose, so its sides stay.
    if not test.protocol.swaps or item.kind == "attention":
        return item.clips
    turned = _hash(seed, item.repeats or item.id, "side") % 2 == 1
    # A repeat shows the other order: always taking the first shows in the repeats.
    return item.clips[::-1] if turned != (item.repeats is not None) else item.clips


class Ledger:
    """What was handed out to whom, and what is still needed.

    Args:
        test: what is asked
        draws: those there are, for instance of a database
    """

    def __init__(self, test: ListeningTest, draws: Iterable[Draw] = ()):
        self.test = test
        self._of_item: dict[str, dict[str, Draw]] = {item: {} for item in test.items}
        self._of_listener: dict[str, dict[str, Draw]] = {}
        self._seen: dict[str, float] = {}
        for draw in sorted(draws, key=lambda draw: draw.at):
            self.put(draw)

    # --- What there is

    def put(self, draw: Draw) -> None:
        """Enter a draw, or its answer in place of the draw.

        Raises:
            UsageError: if the test has no such item
        """
        self.test.item(draw.item)
        # Answers stand in the order in which they came.
        self._of_item[draw.item].pop(draw.listener, None)
        self._of_item[draw.item][draw.listener] = draw
        self._of_listener.setdefault(draw.listener, {})[draw.item] = draw
        self.seen(draw.listener, draw.at)

    def answer(self, listener: str, item: str, value: float, *, now: float) -> Draw:
        """Enter an answer and return its draw. An item that is answered already keeps its first answer.

        Raises:
            UsageError: if the item was not handed to that listener
        """
        draw = self._of_listener.get(listener, {}).get(item)
        if draw is None:
            raise UsageError(f"item {item!r} was not given to this listener; reload the page to go on where you were")
        if draw.value is None:
            draw = replace(draw, value=value, at=now)
            self.put(draw)
        return draw

    def seen(self, listener: str, now: float) -> None:
        """Note a sign of a listener: what they hold stays theirs from then on for the time that the test allows."""
        self._seen[listener] = max(now, self._seen.get(listener, now))

    def forget(self, listener: str) -> None:
        """Drop all draws and answers of a listener (who wants to be deleted)."""
        for item in self._of_listener.pop(listener, {}):
            del self._of_item[item][listener]
        self._seen.pop(listener, None)

    def draws(self, listener: str) -> list[Draw]:
        """Return all draws of a listener, in their order."""
        return sorted(self._of_listener.get(listener, {}).values(), key=lambda draw: draw.position)

    def pending(self, listener: str) -> list[Draw]:
        """Return the draws that a listener has not answered, in their order."""
        return [draw for draw in self.draws(listener) if draw.value is None]

    # --- What is needed

    def values(self, item: ListeningItem) -> list[float]:
        """Return the answers to an item, in the order they came."""
        return [draw.value for draw in self._of_item[item.id].values() if draw.value is not None]

    def held(self, item: ListeningItem, now: float) -> int:
        """Count the listeners who were given an item, have not answered it and were seen not too long ago."""
        return sum(
            draw.value is None and self._seen[draw.listener] + self.test.settings.stale_seconds >= now
            for draw in self._of_item[item.id].values()
        )

    def lacking(self, item: ListeningItem) -> int:
        """Count the answers that an item lacks, as far as is known now."""
        values = self.values(item)
        wanted = self.test.protocol.raters_wanted(item.kind, values, self.test.settings.raters)
        return max(0, wanted - len(values))

    def needed(self, item: ListeningItem, now: float) -> int:
        """Count the raters who could be given an item now."""
        return max(0, self.lacking(item) - self.held(item, now))

    def missing(self) -> int:
        """Count the answers that the test lacks, as far as is known now."""
        return sum(self.lacking(item) for item in self.test.asked)

    def may_get_more(self, listener: str, *, seed: int) -> bool:
        """Return whether a listener who has nothing to answer now could still be handed a question later.

        Not where their block has no question left, or every item they were not given has its raters. Nor where they were
        handed a whole block at once and have answered it: nobody is kept waiting for what others may leave.
        """
        own = self._of_listener.get(listener, {})
        if own and self.test.protocol.chunk is None:
            return False
        if None not in schedule(self.test, seed)[len(own) :]:
            return False
        return any(item.id not in own and self.lacking(item) for item in self.test.asked)

    # --- Handing out

    def assign(self, listener: str, *, seed: int, now: float, whole: bool = False) -> list[Draw]:
        """Return what the listener is to answer next, in order: what they still hold, or new draws (already entered).

        Args:
            listener: id
            seed: of the listener's order
            now: seconds, of the clock of the draws
            whole: whether to hand out all of the block, whatever the protocol's chunk (a bundle cannot ask again)

        Returns:
            The draws; empty if they have answered their block, or nothing is needed that they have not answered. Where
            others are still at work (`missing` above 0) there may be more later.
        """
        self.seen(listener, now)
        if held := self.pending(listener):
            return held
        plan, start = schedule(self.test, seed), len(self._of_listener.get(listener, {}))
        most = None if whole else self.test.protocol.chunk
        slots = plan[start:][:most]

        # As many as will be asked: one more, dropped for a check at the end, might be the item that needs a rater most.
        questions = iter(self._questions(listener, seed, now, slots.count(None)))
        draws: list[Draw] = []
        for position, kind in enumerate(slots, start + 1):
            item = self._special(listener, seed, kind, position) if kind else None
            item = item or next(questions, None) or next(iter(self._questions(listener, seed, now, 1)), None)
            if item is None:
                break
            values = self.values(item) if item.kind in ASKED else []
            stage = self.test.protocol.stage(item.kind, values, self.test.settings.raters)
            draws.append(Draw(listener, item.id, position, stage, seed, now))
            self.put(draws[-1])

        # Hand out no checks alone: a listener who is asked nothing of the test is done.
        if not any(self.test.items[draw.item].kind in ASKED for draw in draws):
            for draw in draws:
                del self._of_item[draw.item][listener], self._of_listener[listener][draw.item]
            return []
        return draws

    def _questions(self, listener: str, seed: int, now: float, most: int) -> list[ListeningItem]:
        """Return the items a listener is given next, of all rounds in proportion to what they need, in the listener's order."""
        own = self._of_listener.get(listener, {})
        rounds: dict[int, list[ListeningItem]] = {}
        need: dict[int, int] = {}
        for item in self.test.asked:
            open_seats = 0 if item.id in own else self.needed(item, now)
            if open_seats:
                stage = self.test.protocol.stage(item.kind, self.values(item), self.test.settings.raters)
                rounds.setdefault(stage, []).append(item)
                need[stage] = need.get(stage, 0) + open_seats
        chosen: list[ListeningItem] = []
        for stage, quota in _in_proportion(need, {stage: len(items) for stage, items in rounds.items()}, most).items():
            # Fewest raters first, then by the listener's seed.
            chosen += sorted(
                rounds[stage],
                key=lambda item: (len(self.values(item)) + self.held(item, now), _hash(seed, item.id, "tie")),
            )[:quota]
        return self._apart(sorted(chosen, key=lambda item: _hash(seed, item.id, "order")))

    @staticmethod
    def _apart(items: list[ListeningItem]) -> list[ListeningItem]:
        """Reorder items so that two about the same clip do not follow one another, where possible."""
        left, ordered = list(items), list[ListeningItem]()
        while left:
            before = set(ordered[-1].clips) if ordered else set()
            ordered.append(left.pop(next((i for i, item in enumerate(left) if not before & set(item.clips)), 0)))
        return ordered

    def _special(self, listener: str, seed: int, kind: Kind, position: int) -> ListeningItem | None:
        """Return the gold, attention or repeat item for a position: the one fewest listeners had; None if none is left."""
        own = self._of_listener.get(listener, {})
        if kind == "repeat":
            early = (item for item, draw in own.items() if position - draw.position > self.test.settings.gap)
            items = [self.test.repeats[item] for item in early if item in self.test.repeats]
        else:
            items = self.test.of_kind(kind)
        free = [item for item in items if item.id not in own]
        return min(free, key=lambda item: (len(self._of_item[item.id]), _hash(seed, item.id, "tie")), default=None)


def assign(
    test: ListeningTest, draws: Iterable[Draw], listener: str, *, seed: int | None = None, now: float = 0.0
) -> list[Draw]:
    """Return what a listener is to answer next, given all that was handed out so far (see `Ledger.assign`).

    Args:
        test: what is asked
        draws: of all listeners
        listener: id
        seed: of the listener's order; None takes `listener_seed`
        now: seconds, of the clock of the draws
    """
    seed = listener_seed(test, listener) if seed is None else seed
    return Ledger(test, draws).assign(listener, seed=seed, now=now)


def next_item(
    test: ListeningTest, draws: Iterable[Draw], listener: str, *, seed: int | None = None, now: float = 0.0
) -> Draw | None:
    """Return the first draw of `assign`; None if there is nothing for this listener now."""
    return next(iter(assign(test, draws, listener, seed=seed, now=now)), None)


# --- Arithmetic


def _in_proportion(need: dict[int, int], available: dict[int, int], most: int) -> dict[int, int]:
    """Return how many items of each round to take, by need; where a round has too few the others give more."""
    quotas = dict.fromkeys(need, 0)
    for _ in range(min(most, sum(available.values()))):
        short = [stage for stage in need if quotas[stage] < available[stage]]
        chosen = max(short, key=lambda stage: (need[stage] / (quotas[stage] + 1), stage))
        quotas[chosen] += 1
    return quotas


def _hash(*parts: object) -> int:
    return draw_integer(*parts, separator="\x1f")
