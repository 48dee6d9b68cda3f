"""What became of the takes of a run so far: sums that do not grow with it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from voiceact.store.index import Count

Place = tuple[str, float]
"""category and intensity: a field of the coverage map"""


@dataclass
class Tally:
    """Sums over takes.

    levels: verdict -> takes
    made, kept: takes, and included takes, of each field of the coverage map
    seconds, kept_seconds: of audio, of all takes and of those included
    """

    levels: Counter[str] = field(default_factory=Counter)
    made: Counter[Place] = field(default_factory=Counter)
    kept: Counter[Place] = field(default_factory=Counter)
    seconds: float = 0.0
    kept_seconds: float = 0.0

    @property
    def takes(self) -> int:
        """Takes, failed ones too."""
        return self.levels.total()

    @property
    def included(self) -> int:
        """Takes that the recipe's verification took."""
        return self.kept.total()

    @property
    def pass_rate(self) -> float | None:
        """Share of takes that are included; None while there are none."""
        return self.included / self.takes if self.takes else None

    def add(self, counts: Iterable[Count]) -> None:
        """Count more takes."""
        for count in counts:
            # A large run has millions of these, and `Counter.update` is slow for three words.
            for level, takes in count.levels.items():
                self.levels[level] += takes
            place = (count.category, count.intensity)
            self.made[place] += sum(count.levels.values())
            self.kept[place] += count.included
            self.seconds += count.seconds
            self.kept_seconds += count.included_seconds

    def copy(self) -> "Tally":
        """Another with the same sums."""
        return Tally(self.levels.copy(), self.made.copy(), self.kept.copy(), self.seconds, self.kept_seconds)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {"takes": self.takes, "levels": dict(self.levels), "included": self.included, "pass_rate": self.pass_rate,
                "hours": round(self.seconds / 3600, 6), "included_hours": round(self.kept_seconds / 3600, 6),
                "coverage": [{"category": category, "intensity": intensity, "takes": takes,
                              "included": self.kept[category, intensity]}
                             for (category, intensity), takes in sorted(self.made.items())]}
