"""The report of an audit: what was checked, what was not, and the faults."""

from dataclasses import dataclass, field

from voiceact.dataset.audit.issues import Faults


@dataclass
class AuditReport:
    """What an audit checked and what it saw.

    Attributes:
        folder: URL of the run
        name: name of the run
        shards: shards of the plan
        there: shards that have an index
        takes: takes in them
        clips: clips in their tars
        seconds: audio in seconds
        checked: what was checked -> how many of it
        unchecked: what was not checked -> the reason
        faults: what is wrong
    """

    folder: str
    name: str
    shards: int
    there: int = 0
    takes: int = 0
    clips: int = 0
    seconds: float = 0.0
    checked: dict[str, int] = field(default_factory=dict)
    unchecked: dict[str, str] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    @property
    def finished(self) -> bool:
        """Whether every shard of the plan is there."""
        return self.there == self.shards

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults.counts
