"""Takes by language, category, intensity and persona, summed over the counts in each shard's footer."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from voiceact.store.index import Count, Footer

Key = TypeVar("Key", bound=object)


@dataclass
class Takes:
    """What became of a number of takes.

    Attributes:
        levels: verdict -> takes
        included: takes that are included
        seconds: audio of all takes, in seconds
        included_seconds: audio of the included takes, in seconds
    """

    levels: Counter[str] = field(default_factory=Counter)
    included: int = 0
    seconds: float = 0.0
    included_seconds: float = 0.0

    @property
    def number(self) -> int:
        """All takes, failed ones too."""
        return self.levels.total()

    def add(self, other: "Takes | Count") -> None:
        """Add other takes to these."""
        for level, takes in other.levels.items():
            self.levels[level] += takes
        self.included += other.included
        self.seconds += other.seconds
        self.included_seconds += other.included_seconds

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return {
            "takes": self.number,
            "included": self.included,
            "levels": dict(self.levels),
            "seconds": round(self.seconds, 3),
            "included_seconds": round(self.included_seconds, 3),
        }


class Place(NamedTuple):
    """A combination of language, category, intensity and persona."""

    language: str
    category: str
    intensity: float
    persona: str


class Coverage:
    """Takes by language, category, intensity and persona.

    Attributes:
        places: place -> takes
        shards: finished shards
        bytes: bytes of their tars
    """

    def __init__(self, footers: Iterable[Footer] = ()):
        """Sum the footers of the finished shards."""
        self.places: dict[Place, Takes] = {}
        self.shards = self.bytes = 0
        for footer in footers:
            self.shards += 1
            self.bytes += sum(tar.bytes for tar in footer.tars)
            for count in footer.counts:
                place = Place(count.language, count.category, round(count.intensity, 4), count.persona)
                self.places.setdefault(place, Takes()).add(count)

    def by(self, key: Callable[[Place], Key]) -> dict[Key, Takes]:
        """Sum the takes of the places that have the same key."""
        sums: dict[Key, Takes] = {}
        for place, takes in self.places.items():
            sums.setdefault(key(place), Takes()).add(takes)
        return sums

    def total(self) -> Takes:
        """Sum all takes."""
        total = Takes()
        for takes in self.places.values():
            total.add(takes)
        return total
