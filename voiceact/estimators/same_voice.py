"""Whether two clips are of one voice, by the ears' own distance: what is left where no speaker encoder is installed.

    similarity = voice_similarity(take, [neutral])   # each (samples, rate); below LEAST_SIMILARITY: another voice

The ears were taught to write speech down, not to know speakers, so they tell few strangers; but those they tell they tell
without taking a shout of the same voice for a stranger's. The projection was learned on human speech and bursts
(`voiceact/judge/build_same_voice.py`); docs/judge.md has its rates.
"""

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Sound
from voiceact.estimators.ears import load_ears
from voiceact.estimators.features.signal import prepare

FARTHEST = 6.0
"""spreads from the mean beyond which a single channel counts no more"""


def voice_similarity(take: Sound, reference: Sequence[Sound]) -> float:
    """Compare the voice of a take with that of neutral clips.

    Args:
        take: samples, float32 [n], and rate in Hz
        reference: clips of one voice, at least one

    Returns:
        Cosine between the two voices, -1 to 1.

    Raises:
        UnheardError: a clip of which nothing can be said
    """
    voices = embed_voices([take, *reference])
    return cosine(voices[0], voices[1:].mean(axis=0))


def embed_voices(sounds: Sequence[Sound]) -> NDArray[np.float32]:
    """Place the voice of each clip among the directions in which voices differ, [clips, directions].

    Args:
        sounds: samples, float32 [n], and rate in Hz

    Raises:
        UnheardError: a clip of which nothing can be said
    """
    return project_voices(np.stack([load_ears().describe(prepare(*sound)) for sound in sounds]))


def cosine(first: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the cosine between two vectors [n]; 0 where one has no length."""
    return float(first @ other / max(float(np.linalg.norm(first) * np.linalg.norm(other)), 1e-12))


def project_voices(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Project descriptions of the ears [clips, width] to the directions in which voices differ, [clips, directions]."""
    stored = load_projection()
    scaled = np.clip((rows - stored["mean"]) / stored["spread"], -FARTHEST, FARTHEST)
    return np.asarray(scaled @ stored["projection"] - stored["centre"], np.float32)


def least_similarity() -> float:
    """Look up the similarity that 99 of 100 clips of one voice reach."""
    return float(load_projection()["least"])


@lru_cache(maxsize=1)
def load_projection() -> dict[str, NDArray[np.float32]]:
    """Load the projection that comes with voiceact: mean and spread [width], projection [width, directions], centre, least."""
    with as_file(files("voiceact.estimators") / "data" / "same_voice.npz") as path, np.load(path) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}
