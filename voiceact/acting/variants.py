"""Variants: the several ways in which a category is acted, hot and cold anger.

>>> from voiceact.acting.variants import variants
>>> [variant.name for variant in variants("anger")]
['hot', 'cold']

The first is how the category is acted where none is named. A user names one by a word that means it ("panic", "cold
anger"), or by `--variant`; `any` draws one by the seed of the take. They are in `data/directions.json`, each with its moves
and their sources, and docs/direction.md prints them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from voiceact.acting import taxonomy
from voiceact.acting.data_file import directions
from voiceact.errors import UnknownNameError

ANY = "any"
"""in place of a variant's name: one is drawn by the seed"""
PLAIN = "plain"
"""name of the only variant of a category that is acted in one way"""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which a category is acted.

    Attributes:
        category: id of the category
        name: one word ("cold"), unique within the category
        words: how the feeling is named to an actor, two or three words
        asked: words of a user that mean this variant ("dread", "cold anger")
        note: what an actor imagines
        moves: move -> value at intensity 7 in a persona of strength 1, those that are not neutral
        sources: move -> where it comes from
    """

    category: str
    name: str
    words: tuple[str, ...]
    asked: tuple[str, ...]
    note: str
    moves: Mapping[str, float]
    sources: Mapping[str, str]


@cache
def variants(category: str) -> tuple[Variant, ...]:
    """List the variants of a category, at least one; the first is its usual reading.

    Raises:
        UnknownNameError: for a category that is none of the 40
    """
    name = taxonomy.get(category).id
    row = directions()["categories"][name]
    usual = row | {"name": row.get("reading", PLAIN)}
    return tuple(
        Variant(
            name,
            entry["name"],
            tuple(entry["words"]),
            tuple(entry.get("asked", ())),
            entry["note"],
            {move: float(value) for move, (value, _) in entry["moves"].items()},
            {move: source for move, (_, source) in entry["moves"].items()},
        )
        for entry in (usual, *row.get("variants", ()))
    )


def find_variant(category: str, name: str) -> Variant:
    """Return the variant of a category that has this name.

    Raises:
        UnknownNameError: for a category that is none of the 40, and for a name that none of its variants has
    """
    known = {variant.name: variant for variant in variants(category)}
    folded = name.strip().casefold()
    if folded not in known:
        raise UnknownNameError(f"variant of {taxonomy.get(category).name}", name, known, f"or {ANY!r}, drawn by the seed")
    return known[folded]


def draw_variant(category: str, seed: int) -> Variant:
    """Draw a variant of a category by the seed of a take; seed 0 is the usual reading."""
    choice = variants(category)
    if seed == 0:
        return choice[0]
    import hashlib

    digest = hashlib.shake_256(f"voiceact variant {taxonomy.get(category).id} {seed}".encode()).digest(4)
    return choice[int.from_bytes(digest) % len(choice)]


def variant_meant(category: str, phrase: str) -> str | None:
    """Return the name of the variant that words of a phrase mean ("in cold anger" means cold), or None."""
    spoken = " ".join(re.findall(r"[^\W_]+", phrase.casefold()))
    for variant in variants(category):
        if any(f" {wording} " in f" {spoken} " for wording in variant.asked):
            return variant.name
    return None
