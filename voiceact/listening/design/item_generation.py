"""From drafts to the items of a test: opaque ids, attention checks, repeats."""

import hashlib
from collections.abc import Iterable, Sequence
from random import Random

from voiceact.listening.model import ASKED, Item, Kind
from voiceact.listening.protocols.base import Draft, Protocol

ID_DIGITS = 12


def opaque(*parts: object) -> str:
    """An id that says nothing of what it is made from, and is the same for the same parts."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:ID_DIGITS]


def make_items(drafts: Iterable[Draft], *, salt: str, repeats: bool) -> tuple[Item, ...]:
    """The items of the drafts, and a repeat of each that the test is about; sorted by id, so that their order is blind too.

    salt: what makes the ids those of this test
    """
    made = {item.id: item for draft in drafts for item in [_item(draft, salt)]}
    again = [Item(opaque(salt, "repeat", item.id), item.clips, item.category, "repeat", item.asked, item.expected, item.id)
             for item in made.values() if repeats and item.kind in ASKED]
    return tuple(sorted([*made.values(), *again], key=lambda item: item.id))


def attention_drafts(protocol: Protocol, drafts: Sequence[Draft], *, count: int, random: Random) -> list[Draft]:
    """Checks that tell the listener which answer to give; each answer in turn, on questions as they occur in the test."""
    targets = [draft for draft in drafts if draft.kind == "target"]
    chosen = random.sample(targets, min(count, len(targets)))
    values = list(protocol.values)
    random.shuffle(values)
    return [Draft(draft.clips, random.choice(draft.asked) if protocol.many else draft.category, "attention", draft.asked,
                  (values[place % len(values)],)) for place, draft in enumerate(chosen)]


def count_kinds(items: Iterable[Item]) -> dict[Kind, int]:
    """Items of each kind that occurs."""
    found: dict[Kind, int] = {}
    for item in items:
        found[item.kind] = found.get(item.kind, 0) + 1
    return found


def _item(draft: Draft, salt: str) -> Item:
    kind: Kind = draft.kind  # type: ignore[assignment]
    name = opaque(salt, kind, *draft.clips, draft.category, draft.expected if kind == "attention" else "")
    return Item(name, draft.clips, draft.category, kind, draft.asked, draft.expected)
