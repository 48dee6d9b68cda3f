"""Who is asked what: balanced over the items, blind, in an order of its own for each listener, and the same at every replay.

Everything that was handed out, answered or not, is a `Draw`. From the draws of all listeners a `Ledger` knows what is still
needed; what it hands out depends on the test, the draws and the time it is told, and on nothing else.

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
from voiceact.listening.model import ASKED, Item, Kind
from voiceact.runtime.seeds import draw_integer


@dataclass(frozen=True, slots=True)
class Draw:
    """An item that was handed to a listener.

    listener, item: ids
    position: in the listener's order, from 1
    stage: round of the item in which the listener is asked, from 1
    seed: of the listener's order
    at: seconds (any clock that does not go back) at which it was handed out; of an answered one, at which it was answered
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
    """What stands at each position of a listener's block: None for what the test asks, or gold, repeat or attention.

    Each is spread evenly with a random shift. A test with fewer items than a block has a shorter one, without a place that
    no item could fill. A repeat that has nothing to repeat yet when its turn comes is left out for a question.
    """
    settings, special = test.settings, _shares(test)
    available = Counter(item.kind for item in test.file.items)
    asked = len(test.asked)
    length = min(settings.per_listener, math.ceil(asked / max(0.05, 1 - sum(special.values()))))

    def counts(length: int) -> dict[Kind, int]:
        return {kind: min(round(length * share), available[kind]) for kind, share in special.items()}

    while length > 0 and length - sum(counts(length).values()) > asked:
        length -= 1
    slots: list[Kind | None] = [None] * length
    for kind, count in counts(length).items():
        _spread(slots, kind, count, seed, first=settings.gap + 1 if kind == "repeat" else 1)
    return slots


def sides(test: ListeningTest, item: Item, seed: int) -> tuple[str, ...]:
    """The clips of an item in the order in which a listener of that seed meets them."""
    # An attention check says which side to choose, so its sides stay.
    if not test.protocol.swaps or item.kind == "attention":
        return item.clips
    turned = _hash(seed, item.repeats or item.id, "side") % 2 == 1
    # A repeat shows the other order: who always takes the first is found out.
    return item.clips[::-1] if turned != (item.repeats is not None) else item.clips


class Ledger:
    """What was handed out to whom, and what is still needed.

    draws: those there are, for instance as a database kept them
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
        """Enter an answer; the draw it answers. An item that is answered already keeps its first answer.

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
        """All that a listener was given, in their order."""
        return sorted(self._of_listener.get(listener, {}).values(), key=lambda draw: draw.position)

    def pending(self, listener: str) -> list[Draw]:
        """What a listener has still to answer, in their order."""
        return [draw for draw in self.draws(listener) if draw.value is None]

    # --- What is needed

    def values(self, item: Item) -> list[float]:
        """The answers to an item, in the order they came."""
        return [draw.value for draw in self._of_item[item.id].values() if draw.value is not None]

    def held(self, item: Item, now: float) -> int:
        """Listeners who were given an item, have not answered it and were seen not too long ago."""
        return sum(
            draw.value is None and self._seen[draw.listener] + self.test.settings.stale_seconds >= now
            for draw in self._of_item[item.id].values()
        )

    def lacking(self, item: Item) -> int:
        """Answers that an item lacks, as far as can be told now."""
        values = self.values(item)
        wanted = self.test.protocol.raters_wanted(item.kind, values, self.test.settings.raters)
        return max(0, wanted - len(values))

    def needed(self, item: Item, now: float) -> int:
        """Raters who could be given an item now."""
        return max(0, self.lacking(item) - self.held(item, now))

    def missing(self) -> int:
        """Answers that the test lacks, as far as can be told now."""
        return sum(self.lacking(item) for item in self.test.asked)

    def may_get_more(self, listener: str, *, seed: int) -> bool:
        """Whether a listener who has nothing to answer now could still be handed a question later.

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
        """What the listener is to answer next, in order: what they still hold, or new draws (already entered).

        Empty if they have answered their block, or nothing is needed that they have not answered; where others are still at
        work (`missing` above 0) there may be more later.

        whole: hand out all of the block, however the protocol goes about it (a bundle cannot ask again)
        """
        self.seen(listener, now)
        if held := self.pending(listener):
            return held
        plan, start = schedule(self.test, seed), len(self._of_listener.get(listener, {}))
        most = None if whole else self.test.protocol.chunk
        return self._fresh(listener, seed, now, plan[start:][:most], start)

    def _fresh(self, listener: str, seed: int, now: float, slots: list[Kind | None], start: int) -> list[Draw]:
        # As many as will be asked: one more, dropped for a check at the end, might be the item that needs a rater most.
        questions = iter(self._questions(listener, seed, now, slots.count(None)))
        made: list[Draw] = []
        for position, kind in enumerate(slots, start + 1):
            item = self._special(listener, seed, kind, position) if kind else None
            item = item or next(questions, None) or next(iter(self._questions(listener, seed, now, 1)), None)
            if item is None:
                break
            values = self.values(item) if item.kind in ASKED else []
            stage = self.test.protocol.stage(item.kind, values, self.test.settings.raters)
            made.append(Draw(listener, item.id, position, stage, seed, now))
            self.put(made[-1])
        return self._without_idle_end(listener, made)

    def _without_idle_end(self, listener: str, made: list[Draw]) -> list[Draw]:
        """Nobody is kept for checks alone: a draw that asks nothing of the test is not handed out."""
        if any(self.test.items[draw.item].kind in ASKED for draw in made):
            return made
        for draw in made:
            del self._of_item[draw.item][listener], self._of_listener[listener][draw.item]
        return []

    def _questions(self, listener: str, seed: int, now: float, most: int) -> list[Item]:
        """The items a listener is given next, of all rounds in proportion to what they need, in the listener's order."""
        own = self._of_listener.get(listener, {})
        rounds: dict[int, list[Item]] = {}
        need: dict[int, int] = {}
        for item in self.test.asked:
            open_seats = 0 if item.id in own else self.needed(item, now)
            if open_seats:
                stage = self.test.protocol.stage(item.kind, self.values(item), self.test.settings.raters)
                rounds.setdefault(stage, []).append(item)
                need[stage] = need.get(stage, 0) + open_seats
        chosen: list[Item] = []
        for stage, quota in _in_proportion(need, {stage: len(items) for stage, items in rounds.items()}, most).items():
            chosen += sorted(rounds[stage], key=lambda item: self._rank(item, seed, now))[:quota]
        return self._apart(sorted(chosen, key=lambda item: _hash(seed, item.id, "order")))

    def _rank(self, item: Item, seed: int, now: float) -> tuple[int, int]:
        """Fewest raters first, then as the listener's seed has it."""
        return len(self.values(item)) + self.held(item, now), _hash(seed, item.id, "tie")

    @staticmethod
    def _apart(items: list[Item]) -> list[Item]:
        """The same items, two about the same clip not one after the other where that can be."""
        left, ordered = list(items), list[Item]()
        while left:
            before = set(ordered[-1].clips) if ordered else set()
            ordered.append(left.pop(next((i for i, item in enumerate(left) if not before & set(item.clips)), 0)))
        return ordered

    def _special(self, listener: str, seed: int, kind: Kind, position: int) -> Item | None:
        """The gold, attention or repeat item for a position: the one fewest listeners had; None if none is left."""
        own = self._of_listener.get(listener, {})
        found = self._repeatable(own, position) if kind == "repeat" else self.test.of_kind(kind)
        free = [item for item in found if item.id not in own]
        return min(free, key=lambda item: (len(self._of_item[item.id]), _hash(seed, item.id, "tie")), default=None)

    def _repeatable(self, own: dict[str, Draw], position: int) -> list[Item]:
        return [
            self.test.repeats[item]
            for item, draw in own.items()
            if item in self.test.repeats and position - draw.position > self.test.settings.gap
        ]


def assign(
    test: ListeningTest, draws: Iterable[Draw], listener: str, *, seed: int | None = None, now: float = 0.0
) -> list[Draw]:
    """What a listener is to answer next, given all that was handed out so far (see `Ledger.assign`).

    seed: of the listener's order; None takes `listener_seed`
    """
    seed = listener_seed(test, listener) if seed is None else seed
    return Ledger(test, draws).assign(listener, seed=seed, now=now)


def next_item(
    test: ListeningTest, draws: Iterable[Draw], listener: str, *, seed: int | None = None, now: float = 0.0
) -> Draw | None:
    """The first of `assign`; None if there is nothing for this listener now."""
    return next(iter(assign(test, draws, listener, seed=seed, now=now)), None)


# --- Arithmetic


def _shares(test: ListeningTest) -> dict[Kind, float]:
    wanted: dict[Kind, float] = {
        "attention": test.settings.attention,
        "gold": test.settings.gold,
        "repeat": test.settings.repeats,
    }
    there = {item.kind for item in test.file.items}
    return {kind: share for kind, share in wanted.items() if kind in there and share > 0}


def _spread(slots: list[Kind | None], kind: Kind, count: int, seed: int, *, first: int) -> None:
    """Put `count` of a kind into free slots from position `first` on, one in each of as many equal stretches."""
    free = [at for at, slot in enumerate(slots) if slot is None and at + 1 >= first]
    count = min(count, len(free))
    for number in range(count):
        begin, end = number * len(free) // count, (number + 1) * len(free) // count
        slots[free[begin + _hash(seed, kind, number) % (end - begin)]] = kind


def _in_proportion(need: dict[int, int], available: dict[int, int], most: int) -> dict[int, int]:
    """How many items of each round to take, by need; where a round has too few the others give more."""
    quotas = dict.fromkeys(need, 0)
    for _ in range(min(most, sum(available.values()))):
        short = [stage for stage in need if quotas[stage] < available[stage]]
        chosen = max(short, key=lambda stage: (need[stage] / (quotas[stage] + 1), stage))
        quotas[chosen] += 1
    return quotas


def _hash(*parts: object) -> int:
    return draw_integer(*parts, separator="\x1f")
