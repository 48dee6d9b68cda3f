"""What a judge is told of a voice before it judges: three reference regimes, always reported side by side.

A judge that can centre its scores on a cohort is reported under each regime with and without: "neutral_reference" and
"neutral_reference+cohort", the cohort being the clips of the corpus itself, without their labels.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from voiceact.judge.corpus.manifest import Recording
from voiceact.vocabulary import ReferenceMode

NEUTRAL_REFERENCE = "neutral_reference"
SPEAKER_STATISTICS = "speaker_statistics"
NO_REFERENCE = "no_reference"
REGIMES = (NEUTRAL_REFERENCE, SPEAKER_STATISTICS, NO_REFERENCE)

TITLES = {NEUTRAL_REFERENCE: "neutral reference", SPEAKER_STATISTICS: "speaker statistics", NO_REFERENCE: "no reference"}
COHORT = "+cohort"
TITLES |= {regime + COHORT: f"{title}, cohort" for regime, title in TITLES.items()}
MOST_NEUTRAL = 5

REFERENCE_MODES: dict[str, ReferenceMode] = {
    NO_REFERENCE: "none", NEUTRAL_REFERENCE: "neutral", SPEAKER_STATISTICS: "statistics",
}  # fmt: skip
"""regime of a report -> mode of a profile"""


def neutral_references(recordings: Sequence[Recording], *, seed: int = 0) -> dict[str, list[int]]:
    """Speaker -> rows of the neutral clips that are given to the judge and therefore not scored.

    At most five, drawn by the seed, and no more than half of the voice's neutral clips where it has several, so
    that false accepts on neutral speech can still be counted. Speakers without a neutral clip are left out.
    """
    neutral: dict[str, list[int]] = {}
    for row, recording in enumerate(recordings):
        if recording.neutral:
            neutral.setdefault(recording.speaker, []).append(row)
    return {speaker: _drawn(speaker, rows, seed) for speaker, rows in neutral.items()}


def _drawn(speaker: str, rows: list[int], seed: int) -> list[int]:
    count = max(1, min(MOST_NEUTRAL, len(rows) // 2))
    # A seed of its own for each speaker: another speaker in the corpus changes nothing for this one.
    random = np.random.default_rng([seed, crc32(speaker.encode())])
    return sorted(int(row) for row in random.choice(rows, count, replace=False))
