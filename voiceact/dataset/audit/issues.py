"""Collect the faults of an audit by kind: each kind with its remedy, the first few of each and a count of all."""

from dataclasses import dataclass, field

MOST_SHOWN = 20
"""faults of a kind that are kept; all are counted"""

ANEW = "take away that shard's files in index/, then: voiceact recipe resume {folder} (it is made again, byte for byte)"
RESUME = "voiceact recipe resume {folder}"
OTHERS = "keep it elsewhere; a reader that takes every file below the folder would read it as part of the run"

KINDS: dict[str, tuple[str, str]] = {
    "unfinished": ("shards that are not there", f"finish the run: {RESUME}"),
    "run": ("what the run says of itself as a whole", "put back the file as the run wrote it, or make the run anew"),
    "index": ("indexes that cannot be trusted", ANEW),
    "missing": ("tar files that are gone", f"make them again: {RESUME}"),
    "changed": ("tar files that are not those that were written", ANEW),
    "damaged": ("tar files that cannot be read to their end", ANEW),
    "stray": ("files that belong to no shard", OTHERS),
    "member": ("members that have no place in a shard", ANEW),
    "clip": ("clips that are missing, double, or in the wrong place", ANEW),
    "sound": ("audio that cannot be decoded or is not what was written", ANEW),
    "measure": ("audio that is not as its record describes it", ANEW),
    "record": ("records that are not valid, or disagree with themselves", ANEW),
    "row": ("rows that disagree with their record", ANEW),
    "text": ("texts that cannot have been said in that time", "listen to the clip, and leave it out if the text is not said"),
    "order": ("takes that are double, missing or out of the plan's order", ANEW),
    "stop": ("cells with too many or too few takes for the stop rule", ANEW),
    "level": ("clips that lie with another verdict than theirs", ANEW),
    "included": ("clips included or left out against the recipe's rule", ANEW),
    "split": ("clips in another split than the rule gives", ANEW),
    "plan": ("takes that are not what the plan asks", ANEW),
    "made": ("clips by another engine, judge or persona than run.json names", ANEW),
    "verdict": (
        "verdicts that are not given again",
        "judge them anew: export, then voiceact verify; if the machine or its numpy is another one, see docs/audit.md",
    ),
}
"""kind -> what it is called, and what to do about it"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: one of `KINDS`
        shard: the file that it was seen in
        clip: id of the clip; None if the fault is of the shard as a whole
        sentence: what is wrong
    """

    kind: str
    shard: str
    clip: str | None
    sentence: str

    @property
    def line(self) -> str:
        """Place and sentence, in one line."""
        return f"{self.shard}: {f'{self.clip}: ' if self.clip else ''}{self.sentence}"


@dataclass
class Faults:
    """Faults by kind; the memory does not grow with their number.

    Attributes:
        counts: kind -> number of faults
        first: kind -> the first of them
    """

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, list[Fault]] = field(default_factory=dict)

    def add(self, kind: str, shard: str, sentence: str, clip: str | None = None) -> None:
        """Add a fault of one of `KINDS`."""
        assert kind in KINDS, kind
        self.counts[kind] = self.counts.get(kind, 0) + 1
        examples = self.first.setdefault(kind, [])
        if len(examples) < MOST_SHOWN:
            examples.append(Fault(kind, shard, clip, sentence))

    def __len__(self) -> int:
        return sum(self.counts.values())

    def kinds(self) -> list[str]:
        """Return the kinds of which there are faults, in the order of `KINDS`."""
        return [kind for kind in KINDS if kind in self.counts]


def remedy(kind: str, folder: str) -> str:
    """Return what to do about a kind of fault."""
    return KINDS[kind][1].format(folder=folder)
