"""How often several judges said the same of a take: counted over the index, told in one paragraph."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from voiceact.acting.taxonomy import get
from voiceact.dataset.findings.formatting import counted, per_cent

MOST_NAMED = 5
UNANIMOUS = 1 - 1e-6


@dataclass
class Divided:
    """Takes on which two judges or more had a vote.

    voted: category id -> such takes; divided: those of them on which not all said the same
    """

    voted: Counter[str] = field(default_factory=Counter)
    divided: Counter[str] = field(default_factory=Counter)

    def add(self, categories: Iterable[str], agreements: Iterable[float | None]) -> None:
        """Count takes: the category asked, and the share of the judges who said what came out (None: fewer than two voted)."""
        for category, agreement in zip(categories, agreements, strict=True):
            if agreement is not None:
                self.voted[category] += 1
                self.divided[category] += agreement < UNANIMOUS

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Category id -> voted, divided."""
        return {name: {"voted": count, "divided": self.divided[name]} for name, count in sorted(self.voted.items())}

    def sentence(self, judge: str) -> str:
        """For people; empty where a single judge was asked, or no two had a vote on any take."""
        voted, divided = self.voted.total(), self.divided.total()
        if not voted:
            return ""
        ranked = sorted((name for name in self.voted if self.divided[name]),
                        key=lambda name: (-self.divided[name] / self.voted[name], name))
        named = ", ".join(f"{get(name).name} ({counted(self.divided[name])} of {counted(self.voted[name])})"
                          for name in ranked[:MOST_NAMED])
        return (f"Several judges were asked: {judge}. On {counted(voted)} takes two or more had a vote; on {counted(divided)} "
                f"of them ({per_cent(divided / voted)}) they did not agree{f', most of all on {named}' if named else ''}. Who "
                "had nothing to stand on abstained.")
