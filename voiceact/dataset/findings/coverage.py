"""How many takes there are of what, and what became of them: sums of what each shard says of itself."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from voiceact.store.index import Count, Footer

Key = TypeVar("Key", bound=object)


@dataclass
class Takes:
    """What became of some takes.

    levels: verdict -> takes; seconds, included_seconds: of audio
    """

    levels: Counter[str] = field(default_factory=Counter)
    included: int = 0
    seconds: float = 0.0
    included_seconds: float = 0.0

    @property
    def number(self) -> int:
        """All of them, failed ones too."""
        return self.levels.total()

    def add(self, other: "Takes | Count") -> None:
        """Count these as well."""
        for level, takes in other.levels.items():
            self.levels[level] += takes
        self.included += other.included
        self.seconds += other.seconds
        self.included_seconds += other.included_seconds


class Place(NamedTuple):
    """One place on the coverage map."""

    language: str
    category: str
    intensity: float
    persona: str


class Coverage:
    """Tallies by language, category, intensity and persona.

    shards, bytes: finished shards, and the bytes of their tars
    """

    def __init__(self, footers: Iterable[Footer] = ()):
        self.places: dict[Place, Takes] = {}
        self.shards = self.bytes = 0
        for footer in footers:
            self.shards += 1
            self.bytes += sum(tar.bytes for tar in footer.tars)
            self._add(footer.counts)

    def _add(self, counts: Iterable[Count]) -> None:
        for count in counts:
            place = Place(count.language, count.category, round(count.intensity, 4), count.persona)
            found = self.places.get(place)
            if found is None:
                found = self.places[place] = Takes()
            found.add(count)

    def by(self, key: Callable[[Place], Key]) -> dict[Key, Takes]:
        """Summed over all that `key` does not tell apart."""
        found: dict[Key, Takes] = {}
        for place, made in self.places.items():
            found.setdefault(key(place), Takes()).add(made)
        return found

    def total(self) -> Takes:
        """All of it."""
        whole = Takes()
        for made in self.places.values():
            whole.add(made)
        return whole
