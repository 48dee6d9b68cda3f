"""Functionals of made sounds whose F0, level, rate and tilt are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.estimators.features.features import extract_features, feature_names
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, extract_descriptors
from voiceact.estimators.features.signal import SAMPLE_RATE, UnheardError, prepare
from voiceact.estimators.features.timing import find_syllables
from voiceact.judge.training.augmentation import draw, perform

RATE = SAMPLE_RATE


def voice(f0_hz=150.0, seconds=1.5, tilt_db=-9.0, syllable_hz=4.0, rate=RATE):
    """A buzz of harmonics falling by `tilt_db` an octave, its level moving like syllables."""
    time = np.arange(int(seconds * rate)) / rate
    orders = np.arange(1, int(min(rate, RATE) * 0.45 / f0_hz))
    levels = 10 ** (tilt_db * np.log2(orders) / 20)
    buzz = (levels[:, None] * np.sin(2 * np.pi * f0_hz * orders[:, None] * time)).sum(axis=0)
    return (0.05 * buzz * (1.02 - np.cos(2 * np.pi * syllable_hz * time))).astype(np.float32)


def named(samples, rate=RATE):
    return dict(zip(feature_names(), extract_features(samples, rate), strict=True))


def test_every_functional_has_one_name():
    assert len(feature_names()) == len(set(feature_names())) == len(extract_features(voice(), RATE))


@pytest.mark.parametrize("f0_hz", [80.0, 150.0, 300.0, 600.0])
def test_f0_is_that_of_the_buzz(f0_hz):
    assert named(voice(f0_hz))["f0_p50"] == pytest.approx(12 * np.log2(f0_hz / 27.5), abs=0.2)


def test_noise_is_not_given_an_f0():
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    assert extract_descriptors(prepare(noise, RATE)).voiced.mean() < 0.1


@settings(max_examples=10, deadline=None)
@given(st.floats(0.01, 4.0))
def test_level_of_the_recording_changes_nothing(gain):
    found, wanted = extract_features(voice() * np.float32(gain), RATE), extract_features(voice(), RATE)
    np.testing.assert_allclose(found, wanted, rtol=5e-2, atol=5e-2)
    # A frame that lies on a threshold may fall to its other side by rounding, and move a quantile by a step.
    assert (np.abs(found - wanted) > 2e-2 + 1e-2 * np.abs(wanted)).sum() <= 2


def test_a_flatter_spectrum_has_a_higher_alpha_ratio():
    assert named(voice(tilt_db=-4))["alpha_mean"] > named(voice(tilt_db=-12))["alpha_mean"] + 5


def test_syllables_are_counted():
    assert named(voice(syllable_hz=5.0, seconds=3))["syllable_rate"] == pytest.approx(5.0, abs=0.5)
    level = np.array([-30, -10, 0, -10, -20, -10, 0, -10, -30], np.float32)
    assert list(find_syllables(level, np.ones(9, bool))) == [2, 6]


def test_sample_rate_is_forgotten():
    high, low = named(voice(rate=48_000), 48_000), named(voice())
    for name in ("f0_p50", "syllable_rate", "level_std", "cepstrum1_mean"):
        assert high[name] == pytest.approx(low[name], abs=0.5)


def test_channels_are_averaged():
    found = extract_features(np.stack([voice()] * 8, axis=1), RATE)
    np.testing.assert_allclose(found, extract_features(voice(), RATE), rtol=1e-4, atol=1e-3)


def test_frames_lie_sixteen_milliseconds_apart():
    tracks = extract_descriptors(prepare(voice(seconds=2.0), RATE))
    assert len(tracks.f0) == len(tracks.mel) == len(tracks.hnr) == int(2.0 * FRAME_RATE)


@pytest.mark.parametrize(
    ("samples", "rate", "words"),
    [
        (np.zeros(0, np.float32), RATE, "empty"),
        (np.zeros(RATE, np.float32), RATE, "silent"),
        (np.ones(RATE, np.float32), RATE, "silent"),
        (voice(seconds=0.02), RATE, "0.020 s"),
        (np.full(RATE, np.nan, np.float32), RATE, "not numbers"),
        (np.zeros(130 * 8000, np.float32), 8000, "130 s"),
        (voice(), 100, "100 Hz"),
        (np.zeros((2, 2, 2), np.float32), RATE, "3 dimensions"),
    ],
)
def test_what_cannot_be_heard_is_refused(samples, rate, words):
    with pytest.raises(UnheardError, match=words):
        extract_features(samples, rate)


@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_odd_sample_rates_are_heard(rate):
    assert np.isfinite(extract_features(voice(rate=rate), rate)).mean() > 0.95


def test_a_chain_stretches_and_keeps_its_seed():
    chain = draw(np.random.default_rng(3))
    one = perform(voice(), chain, np.random.default_rng(1))
    np.testing.assert_array_equal(one, perform(voice(), chain, np.random.default_rng(1)))
    assert len(one) == pytest.approx(len(voice()) * chain.stretch, abs=2)
    assert np.isfinite(one).all() and one.std() > 0
