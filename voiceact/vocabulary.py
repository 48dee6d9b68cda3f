"""Every word that records, tables, recipes and reports share: evidence, levels, outcomes, checks, modes, kinds of sound.

Importing this module loads nothing else, so the command line and the recipe schema can use it without numpy.
"""

from typing import Literal

Evidence = Literal["category", "burst", "dimension", "none"]
EVIDENCE: dict[Evidence, str] = {
    "category": "told from all others in the speech of unseen people",
    "burst": "told from all others only in unseen people's wordless bursts",
    "dimension": "lies where the arousal or valence heard lies; not told from its neighbours",
    "none": "nothing stands behind it",
}
"""What stands behind a score, from the strongest to the weakest."""
EVIDENCE_ORDER: tuple[Evidence, ...] = tuple(EVIDENCE)

Level = Literal["verified", "consistent", "undecided", "rejected"]
LEVELS: tuple[Level, ...] = ("verified", "consistent", "undecided", "rejected")
"""Levels of a verdict, from the strongest to the weakest."""
INCLUDED: tuple[Level, ...] = ("verified",)
"""Levels that enter a data set unless the user says otherwise."""
FAILED = "failed"
"""What a table has instead of a level for a take that could not be spoken: it has no audio, and `reasons` says why."""

Outcome = Literal["pass", "fail", "not judged"]
"""Outcome of one check."""
CHECKS = ("quality", "emotion", "naturalness", "identity", "transcript")
"""Names of the checks, the cheapest first."""
EXPENSIVE_CHECKS = ("naturalness", "identity", "transcript")
"""Checks that cost more than the judge; a frugal verdict skips them once another check has failed."""
EMOTION_CHECK = "emotion"
"""Name of the checks whose outcome and evidence decide how strong a verdict can be."""
INTENSITY_CHECK = "intensity"
"""Name of the checks of how strongly a category is performed; one that fails leaves a verdict undecided."""
NOT_REACHED = "not_reached"
"""Reason of a check that a frugal verdict skipped."""

ReferenceMode = Literal["none", "neutral", "statistics"]
"""What a judge knows of a voice: nothing, neutral clips, or statistics over clips of any kind."""
SoundKind = Literal["speech", "burst"]
"""What is heard in a clip or a stretch of one: spoken words, or a wordless burst."""
CohortSource = Literal["none", "pilot", "panel"]
"""Beside which takes a run's judge centres its scores: none, some of the run's own, or readings over all categories."""
Strategy = Literal["auto", "best-of", "ladder", "retry", "search"]
"""What the director tries next (`voiceact.director.strategies`)."""
VotingRule = Literal["all", "majority", "weighted"]
"""How several judges come to one answer."""
