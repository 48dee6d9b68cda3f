"""Make the items of a test from drafts: opaque ids, attention checks, repeats."""

import hashlib
from collections.abc import Iterable, Sequence
from random import Random

from voiceact.listening.model import ASKED, Kind, ListeningItem
from voiceact.listening.protocols.base import Protocol
from voiceact.listening.protocols.material import Draft

ID_DIGITS = 12


def opaque(*parts: object) -> str:
    """Return an id that is the same for the same parts and does not show them.

    It is no secret: who guesses the parts computes it. So it stays in the test's folder; browsers see aliases
    (`voiceact.listening.delivery.listener_view`).
    """
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()[:ID_DIGITS]


def make_items(drafts: Iterable[Draft], *, salt: str, repeats: bool) -> tuple[ListeningItem, ...]:
    """Make the items of the drafts, and a repeat of each that the test is about; sorted by id, so that order tells nothing.

    Args:
        drafts: of all kinds
        salt: what makes the ids those of this test
        repeats: whether to add repeats
    """
    items: dict[str, ListeningItem] = {}
    for draft in drafts:
        kind: Kind = draft.kind  # type: ignore[assignment]
        name = opaque(salt, kind, *draft.clips, draft.category, draft.expected if kind == "attention" else "")
        items[name] = ListeningItem(name, draft.clips, draft.category, kind, draft.asked, draft.expected)
    again = [
        ListeningItem(opaque(salt, "repeat", item.id), item.clips, item.category, "repeat", item.asked, item.expected, item.id)
        for item in items.values()
        if repeats and item.kind in ASKED
    ]
    return tuple(sorted([*items.values(), *again], key=lambda item: item.id))


def attention_drafts(protocol: Protocol, drafts: Sequence[Draft], *, count: int, random: Random) -> list[Draft]:
    """Draft checks that tell the listener which answer to give; each answer in turn, on questions that occur in the test."""
    targets = [draft for draft in drafts if draft.kind == "target"]
    chosen = random.sample(targets, min(count, len(targets)))
    values = list(protocol.values)
    random.shuffle(values)
    return [
        Draft(
            draft.clips,
            random.choice(draft.asked) if protocol.many else draft.category,
            "attention",
            draft.asked,
            (values[place % len(values)],),
        )
        for place, draft in enumerate(chosen)
    ]


def count_kinds(items: Iterable[ListeningItem]) -> dict[Kind, int]:
    """Count the items of each kind that occurs."""
    counts: dict[Kind, int] = {}
    for item in items:
        counts[item.kind] = counts.get(item.kind, 0) + 1
    return counts
