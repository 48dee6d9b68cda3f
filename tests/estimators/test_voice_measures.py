"""Measures of a voice: known of a synthetic buzz, and the same in annotations and in statements about clips."""

import math

import numpy as np
import pytest

from voiceact.annotate.listening import measure_attributes
from voiceact.dataset.instruct.attributes import measure
from voiceact.estimators.features.low_level_descriptors import extract_descriptors, semitones_to_hertz
from voiceact.estimators.features.signal import prepare
from voiceact.estimators.features.voice_measures import measure_utterance, measure_voice, median_hnr

RATE = 16_000


def buzz(hertz: float, seconds: float = 1.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return (sum(np.sin(2 * np.pi * hertz * n * time) / n for n in range(1, 20)) * 0.1).astype(np.float32)


def test_semitones_count_from_a0() -> None:
    assert semitones_to_hertz(48.0) == pytest.approx(440.0)
    assert semitones_to_hertz(np.array([0.0, 12.0])) == pytest.approx([27.5, 55.0])


@pytest.mark.parametrize("hertz", [100.0, 150.0, 220.0])
def test_the_f0_of_a_buzz_is_what_it_was_made_with_by_every_measure(hertz: float) -> None:
    samples = np.concatenate([buzz(hertz), np.zeros(RATE // 2, np.float32), buzz(hertz)])
    tracks = extract_descriptors(prepare(samples, RATE))
    utterance, voice = measure_utterance(tracks), measure_voice(samples, RATE)
    assert utterance["f0_hz"] == pytest.approx(hertz, rel=0.02) and voice.f0_hz == pytest.approx(hertz, rel=0.02)
    # Half a second of two and a half is silent: a part of the clip's time, none of the speaker's.
    assert utterance["pauses"] == pytest.approx(0.2, abs=0.03) and voice.pause_share == pytest.approx(0.2, abs=0.03)
    assert voice.seconds == pytest.approx(2.0, abs=0.1)
    row, stated = measure_attributes(tracks, samples, RATE), measure(samples, RATE)
    assert row["f0_hz"] == pytest.approx(stated["f0_median"], rel=1e-5) == pytest.approx(utterance["f0_hz"], rel=1e-5)
    assert stated["pause_share"] == pytest.approx(100 * utterance["pauses"])
    assert stated["harmonicity"] == pytest.approx(median_hnr(tracks))


def test_what_cannot_be_measured_is_nan_null_or_absent() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    tracks = extract_descriptors(prepare(noise, RATE))
    assert not tracks.voiced.any() and math.isnan(measure_utterance(tracks)["f0_hz"]) and math.isnan(median_hnr(tracks))
    assert measure_attributes(tracks, noise, RATE)["f0_hz"] is None
    assert "f0_median" not in measure(noise, RATE)
