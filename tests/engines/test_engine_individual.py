"""Formants and resonances of a voice: where each lands in the spectrum, and that a voice without them is left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.acting.direction import direct
from voiceact.acting.persona import Persona, Voice
from voiceact.engines.embedded.individual import RESONANCE_HZ, shape_voice
from voiceact.engines.embedded.stages import BIN_HZ, Spectra
from voiceact.engines.registry import load_engine

HERTZ = np.arange(601) * BIN_HZ
DB = 20 / np.log(10)


def spectra_of(level: np.ndarray) -> Spectra:
    """Two equal frames of a spectrum in nepers, in every branch with a magnitude."""
    frames = np.repeat(level[:, None].astype(np.float32), 2, axis=1)
    return Spectra(frames.copy(), np.zeros_like(frames), frames.copy(), frames.copy(), np.zeros_like(frames))


def peak_hz(spectra: Spectra) -> float:
    return float(HERTZ[np.argmax(spectra.harmonic[:, 0])])


def test_a_voice_without_either_changes_nothing() -> None:
    level = np.random.default_rng(0).normal(size=601)
    spectra = spectra_of(level)
    shape_voice(spectra, Voice(), tract=1.1)
    np.testing.assert_array_equal(spectra.harmonic, spectra_of(level).harmonic)


@pytest.mark.parametrize(("at", "formants", "moved"), [
    (500, (1.1, 1.0, 1.0), 550), (1700, (1.0, 0.9, 1.0), 1530), (2900, (1.0, 1.0, 1.1), 3190), (9000, (1.1, 0.9, 1.1), 9000),
])  # fmt: skip
def test_each_multiplier_moves_its_formant_alone(at: float, formants: tuple[float, float, float], moved: float) -> None:
    spectra = spectra_of(-(((HERTZ - at) / 300) ** 2))
    shape_voice(spectra, Voice(formants=formants), tract=1.0)
    assert peak_hz(spectra) == pytest.approx(moved, abs=2 * BIN_HZ)
    np.testing.assert_array_equal(spectra.noise, spectra.harmonic)
    assert not spectra.phase.any() and not spectra.rotation.any(), "phases stay as they are"


@pytest.mark.parametrize("tract", [1.0, 1.2])
def test_gains_apply_at_the_frequencies_that_are_heard(tract: float) -> None:
    gains = (3.0, -2.0, 4.0, -4.0, 1.0, -1.0)
    spectra = spectra_of(np.zeros(601))
    shape_voice(spectra, Voice(resonance=gains), tract=tract)
    heard = np.interp(np.array(RESONANCE_HZ) * tract, HERTZ, spectra.free[:, 0]) * DB
    np.testing.assert_allclose(heard, gains, atol=0.2)


@given(st.tuples(*[st.floats(0.85, 1.15)] * 3), st.tuples(*[st.floats(-8, 8)] * 6), st.floats(0.75, 1.25))
@settings(max_examples=50, deadline=None)
def test_any_voice_leaves_a_finite_spectrum_between_the_lowest_and_the_highest(
    formants: tuple[float, float, float], resonance: tuple[float, ...], tract: float
) -> None:
    level = np.random.default_rng(1).normal(size=601)
    spectra = spectra_of(level)
    shape_voice(spectra, Voice(formants=formants, resonance=resonance), tract=tract)  # type: ignore[arg-type]
    most = 8 / DB + 1e-3
    assert spectra.harmonic.min() >= level.min() - most and spectra.harmonic.max() <= level.max() + most


def test_the_engine_speaks_with_them_at_the_same_loudness_and_pace() -> None:
    bare = Persona(name="bare", description="the bundled voice", gender="female", age=30)
    other = Persona(
        name="other", description="another", gender="female", age=30,
        voice=Voice(formants=(0.94, 1.06, 0.97), resonance=(-3, 0, 4, -3, 2, 0)),
    )  # fmt: skip
    engine = load_engine()
    text = "The blue cup stands next to the kettle."
    first, second = (engine.perform(text, one, direct(one, ()), seed=0) for one in (bare, other))
    assert len(first.samples) == len(second.samples) and first.words == second.words
    # From 700 to 1,400 Hz it gains, from 1,400 to 2,800 Hz it loses, as its numbers say.
    power = [np.abs(np.fft.rfft(take.samples)) ** 2 for take in (first, second)]
    hertz = np.fft.rfftfreq(len(first.samples), 1 / first.sample_rate)
    bands = [(hertz >= 700) & (hertz < 1400), (hertz >= 1400) & (hertz < 2800)]
    low, high = (10 * np.log10(power[1][band].sum() / power[0][band].sum()) for band in bands)
    assert low - high > 3
