"""What a judge is told of a voice before it judges: three reference regimes, always reported side by side."""

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from voiceact.judge.corpus.manifest import Recording

NEUTRAL_REFERENCE = "neutral_reference"
SPEAKER_STATISTICS = "speaker_statistics"
NO_REFERENCE = "no_reference"
REGIMES = (NEUTRAL_REFERENCE, SPEAKER_STATISTICS, NO_REFERENCE)

TITLES = {NEUTRAL_REFERENCE: "neutral reference", SPEAKER_STATISTICS: "speaker statistics",
          NO_REFERENCE: "no reference"}
MOST_NEUTRAL = 5


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
