"""What a judge is told of a voice before it judges: five reference regimes, always reported side by side.

A judge that can centre its scores on a cohort is reported under each regime with and without: "neutral_reference" and
"neutral_reference+cohort", the cohort being the clips of the corpus itself, without their labels.
"""

from collections.abc import Container, Sequence
from zlib import crc32

import numpy as np

from voiceact.estimators.base import COHORT, TWIN
from voiceact.estimators.estimating import MOST_NEUTRAL
from voiceact.judge.corpus.manifest import Recording

SAME_LINE = "same_line"
OTHER_LINE = "other_line"
NEUTRAL_REFERENCE = "neutral_reference"
SPEAKER_STATISTICS = "speaker_statistics"
NO_REFERENCE = "no_reference"
REGIMES = (SAME_LINE, OTHER_LINE, NEUTRAL_REFERENCE, SPEAKER_STATISTICS, NO_REFERENCE)
ONE_READING = (SAME_LINE, OTHER_LINE)
"""regimes in which each clip is heard beside one neutral reading, of its own line or of another"""

TITLES = {
    SAME_LINE: "one neutral reading, same line",
    OTHER_LINE: "one neutral reading, other line",
    NEUTRAL_REFERENCE: "neutral reference",
    SPEAKER_STATISTICS: "speaker statistics",
    NO_REFERENCE: "no reference",
}
TITLES |= {regime + COHORT: f"{title}, cohort" for regime, title in TITLES.items()}

REFERENCE_MODES: dict[str, str] = {
    NO_REFERENCE: "none", SAME_LINE: TWIN, NEUTRAL_REFERENCE: "neutral", SPEAKER_STATISTICS: "statistics",
}  # fmt: skip
"""regime of a report -> mode of human parity (`voiceact.estimators.base.people_heard`), where it is written"""


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


def line_of(recording: Recording) -> str | None:
    """Return the line that a clip speaks: its sentence's name where the corpus numbers them, or else its text."""
    return recording.sentence or recording.text


def one_reading(recordings: Sequence[Recording], regime: str, *, seed: int = 0, unheard: Container[str] = ()) -> dict[int, int]:
    """Row of a clip -> row of the one neutral clip of its voice that is its reference.

    The reading is of the same line (SAME_LINE) or of another one (OTHER_LINE), never the clip itself, and drawn by the seed
    and the path of the clip. Clips without such a reading, or of which nobody says what line they speak, are left out.

    Args:
        recordings: of a corpus
        regime: one of ONE_READING
        seed: of the choice
        unheard: paths of clips that cannot serve
    """
    neutral: dict[str, list[int]] = {}
    for row, recording in enumerate(recordings):
        if recording.neutral and line_of(recording) is not None and recording.path not in unheard:
            neutral.setdefault(recording.speaker, []).append(row)
    chosen: dict[int, int] = {}
    for row, recording in enumerate(recordings):
        line = line_of(recording)
        readings = [
            other
            for other in neutral.get(recording.speaker, ())
            if other != row and (line_of(recordings[other]) == line) == (regime == SAME_LINE)
        ]
        if line is not None and readings:
            random = np.random.default_rng([seed, crc32(recording.path.encode())])
            chosen[row] = readings[int(random.integers(len(readings)))]
    return chosen
