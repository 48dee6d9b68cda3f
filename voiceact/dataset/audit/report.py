"""The report of an audit: what was checked, what was not, and the faults."""

from dataclasses import dataclass, field

from voiceact.dataset.audit.issues import Faults


@dataclass
class AuditReport:
    """What an audit checked and what it saw.

    Attributes:
        folder: URL of the run.
        name: Name of the run.
        shards: Shards of the plan.
        there: Shards that have an index.
        takes: Takes in them.
        clips: Clips in their tars.
        seconds: Audio in seconds.
        checked: What was checked -> how many of it.
        unchecked: What was not checked -> the reason.
        faults: What is wrong.
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
