"""Is the sound whole? Each kind of damage is found, and named first of all."""

from collections.abc import Callable

import numpy as np
import pytest

from voiceact.audio import resample
from voiceact.verify.quality import Sound, check_quality

RATE = 24000
TEXT = "A sentence of some forty letters, well said."


def speechlike(seconds: float = 3.0, seed: int = 0) -> np.ndarray:
    """Noise in syllables of a quarter of a second, silence at both ends."""
    count = round(seconds * RATE)
    time = np.arange(count) / RATE
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None) * (time > 0.1) * (time < seconds - 0.1)
    sound = np.random.default_rng(seed).normal(0, 0.08, count) * syllables
    return sound.astype(np.float32)


def test_a_whole_sound_passes() -> None:
    found = check_quality(speechlike(), RATE, text=TEXT, twin=(speechlike(seed=1), RATE))
    assert (found.outcome, found.reason) == ("pass", "")
    assert found.sentence.startswith("whole: ")
    assert found.details["clipped_share"] == 0


DAMAGE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "not_finite": lambda sound: np.where(np.arange(len(sound)) == 5, np.nan, sound),
    "too_short": lambda sound: sound[:2000],
    "silent": lambda sound: sound * 1e-4,
    "clipped": lambda sound: np.clip(sound * 12, -0.9, 0.9),
    "gap": lambda sound: np.concatenate([sound, np.zeros(4 * RATE), sound]),
    "cut_start": lambda sound: sound[RATE // 2 + 1500:],
    "cut_end": lambda sound: sound[:RATE * 2 + 1500],
    "dc": lambda sound: sound + 0.05,
    "narrow": lambda sound: resample(resample(sound.astype(np.float32), RATE, 7000), 7000, RATE),
}


@pytest.mark.parametrize("reason", DAMAGE)
def test_damage_is_found(reason: str) -> None:
    found = check_quality(DAMAGE[reason](speechlike()).astype(np.float32), RATE, text="" if reason == "gap" else TEXT)
    assert (found.outcome, found.reason) == ("fail", reason)
    assert found.figure is not None
    assert found.threshold is not None


@pytest.mark.parametrize(("seconds", "words"), [
    (0.6, "letters a second do not fit the text"), (60.0, "letters a second do not fit the text"),
])
def test_a_length_that_does_not_fit_the_text(seconds: float, words: str) -> None:
    found = check_quality(speechlike(seconds), RATE, text=TEXT)
    assert found.reason == "duration"
    assert words in found.sentence


def test_a_length_that_does_not_fit_the_twin() -> None:
    found = check_quality(speechlike(9.0), RATE, twin=(speechlike(1.5), RATE))
    assert found.reason == "duration"
    assert "times as long as the neutral twin" in found.sentence


def test_a_pause_a_whisper_and_a_fade_are_no_damage() -> None:
    paused = np.concatenate([speechlike(), np.zeros(2 * RATE, np.float32), speechlike()])
    quiet = speechlike() * np.float32(0.03)
    low_tone = (0.8 * np.sin(2 * np.pi * 80 * np.arange(3 * RATE) / RATE) * np.hanning(3 * RATE)).astype(np.float32)
    assert check_quality(paused, RATE, text=TEXT * 2).outcome == "pass"
    assert check_quality(quiet, RATE, text=TEXT).outcome == "pass"
    assert Sound(low_tone, RATE).clipped_share == 0


def test_the_band_ends_where_it_was_cut() -> None:
    cut = resample(resample(speechlike(), RATE, 12000), 12000, RATE)
    assert Sound(cut, RATE).band_hz == pytest.approx(6000, rel=0.06)
    assert Sound(speechlike(), RATE).band_hz == pytest.approx(12000, rel=0.01)
