"""The headphone check: three tones, one of them quieter; whoever hears loudspeakers takes another one for the quietest.

After Woods, Siegel, Traer and McDermott, "Headphone screening to facilitate web-based auditory experiments" (Attention,
Perception & Psychophysics 79, 2017): 200 Hz, one second a tone with ramps of 100 ms, half a second between; one tone is 6 dB
quieter, and one of the others has its two channels in antiphase. Loudspeakers in a room cancel that one, headphones do not.
Six trials, each place twice the quietest; five right answers pass.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

TRIALS = 6
PASS = 5
"""right answers that pass"""
TRIES = 2
"""how often a listener may take the check"""
TONES = 3

FREQUENCY_HZ = 200.0
TONE_SECONDS, RAMP_SECONDS, GAP_SECONDS = 1.0, 0.1, 0.5
QUIETER_DB = -6.0
PEAK_DB = -12.0
"""of the louder tones, below full scale"""
RATE = 24000
"""Hz"""


@dataclass(frozen=True, slots=True)
class HeadphoneTrial:
    """One trial of the headphone check.

    Attributes:
        quietest: place of the tone that is quieter, 1 to 3: the right answer
        antiphase: place of the tone whose channels are in antiphase, another one
    """

    quietest: int
    antiphase: int


def make_trials(seed: int) -> tuple[HeadphoneTrial, ...]:
    """Make the six trials of a listener: each place is twice the quietest, in an order drawn from the seed."""
    random = Random(f"headphones {seed}")
    # All six ordered pairs of different places, once each.
    trials = [HeadphoneTrial(quiet, anti) for quiet in range(1, TONES + 1) for anti in range(1, TONES + 1) if quiet != anti]
    random.shuffle(trials)
    return tuple(trials)


def render_trial(trial: HeadphoneTrial) -> NDArray[np.float32]:
    """Render the sound of a trial: float32 [n, 2], left and right, at RATE."""
    silence = np.zeros((round(GAP_SECONDS * RATE), 2), np.float32)
    parts: list[NDArray[np.float32]] = []
    for place in range(1, TONES + 1):
        left = _tone(PEAK_DB + (QUIETER_DB if place == trial.quietest else 0.0))
        parts += [np.stack([left, -left if place == trial.antiphase else left], axis=1), silence]
    return np.concatenate(parts[:-1])


def encode_trial(trial: HeadphoneTrial) -> bytes:
    """Encode the sound of a trial as a stereo WAV file, 16 bits."""
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.rint(render_trial(trial) * 32767).astype(np.int16), RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def count_right(trials: Sequence[HeadphoneTrial], answers: Sequence[int]) -> int:
    """Count the right answers (places, 1 to 3), trial by trial."""
    return sum(trial.quietest == answer for trial, answer in zip(trials, answers, strict=False))


def passes_check(trials: Sequence[HeadphoneTrial], answers: Sequence[int]) -> bool:
    """Return whether a listener who gave these answers wears headphones: five of six right.

    Guessing gets that far in 13 of 729 cases (1.8 %).
    """
    return count_right(trials, answers) >= PASS


def _tone(peak_db: float) -> NDArray[np.float32]:
    time = np.arange(round(TONE_SECONDS * RATE)) / RATE
    ramp = np.minimum(1.0, np.minimum(time, TONE_SECONDS - time) / RAMP_SECONDS)
    shape = np.sin(np.pi / 2 * ramp) ** 2
    return np.asarray(10 ** (peak_db / 20) * shape * np.sin(2 * np.pi * FREQUENCY_HZ * time), np.float32)
