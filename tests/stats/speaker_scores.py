"""Scores of 120 clips of ten speakers, of which some have what is looked for."""

import numpy as np

RANDOM = np.random.default_rng(7)
SPEAKERS = [name for name in "abcdefghij" for _ in range(12)]
PRESENT = RANDOM.random(120) < 0.4
SCORES = np.round(RANDOM.normal(size=120) + PRESENT, 1)  # rounded, so that there are ties
