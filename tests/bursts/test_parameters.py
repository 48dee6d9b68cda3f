"""Analysis of bursts and their rendering, against signals whose F0, envelope and noise are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from voiceact.acting.persona import Voice
from voiceact.bursts.library import Burst, pack, unpack
from voiceact.bursts.parameters import BANDS, NOISE_EDGES_HZ, BurstParameters, analyse, band_centres_hz, power_spectra
from voiceact.bursts.render import estimate_tract, make_spectra, render_burst
from voiceact.engines.embedded.stages import HOP, SAMPLE_RATE

FRAMES = 60


def harmonics(hertz: float, frames: int = FRAMES) -> NDArray[np.float64]:
    time = np.arange(frames * HOP) / SAMPLE_RATE
    orders = np.arange(1, int(10000 / hertz))[:, None]
    summed: NDArray[np.float64] = 0.01 * np.sin(2 * np.pi * orders * hertz * time).sum(0)
    return summed


def steady(f0: float, noise: float, peak_hz: float = 1000.0) -> BurstParameters:
    envelope = np.maximum(-12 * np.abs(np.log2((band_centres_hz() + 1) / peak_hz)), -80)
    return BurstParameters(
        np.full(FRAMES, f0, np.float32),
        np.tile(envelope, (FRAMES, 1)).astype(np.float32),
        np.full((FRAMES, len(NOISE_EDGES_HZ) - 1), noise, np.float32),
    )


def burst(part: BurstParameters, own: float = 200.0) -> Burst:
    return Burst(part, {"kind": "growl", "contributor_f0_hz": own})


def dominant_hz(samples: NDArray[np.floating], low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 17))
    hertz = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)
    inside = (hertz >= low) & (hertz <= high)
    return float(hertz[inside][spectrum[inside].argmax()])


def test_harmonics_are_tone_and_noise_is_noise() -> None:
    tone = analyse(harmonics(220), np.full(FRAMES, 220.0))
    hiss = analyse(np.random.default_rng(1).standard_normal(FRAMES * HOP), np.full(FRAMES, 220.0))
    assert np.median(tone.noise[5:-5, :6]) < 0.05
    assert np.median(hiss.noise[5:-5]) > 0.7


def test_the_envelope_of_a_high_voice_has_no_harmonics() -> None:
    # Between 600 Hz and 3 kHz the tone is flat, whatever its F0.
    part = analyse(harmonics(500), np.full(FRAMES, 500.0))
    inside = (band_centres_hz() > 600) & (band_centres_hz() < 3000)
    assert np.ptp(part.envelope[5:-5, inside].mean(0)) < 3


def test_a_gliding_tone_is_no_noise() -> None:
    f0 = np.linspace(180, 320, FRAMES)
    turns = np.cumsum(np.interp(np.arange(FRAMES * HOP) / HOP, np.arange(FRAMES), f0)) / SAMPLE_RATE
    samples = sum((np.sin(2 * np.pi * k * turns) for k in range(1, 25)), np.zeros(FRAMES * HOP))
    assert np.median(analyse(samples, f0).noise[5:-5, :5]) < 0.1


def test_unvoiced_frames_are_noise_alone() -> None:
    part = analyse(np.random.default_rng(1).standard_normal(FRAMES * HOP), np.zeros(FRAMES))
    assert (part.noise == 1).all() and not part.f0.any()


def test_background_is_subtracted() -> None:
    rng = np.random.default_rng(2)
    samples = 0.01 * rng.standard_normal(FRAMES * HOP)
    samples[20 * HOP : 40 * HOP] += harmonics(200, 20) * 10
    background = power_spectra(samples)[:15].mean(0) * 1.5
    raw, clean = (analyse(samples, np.zeros(FRAMES), floor) for floor in (None, background))
    assert clean.envelope[:15].mean() < raw.envelope[:15].mean() - 8
    assert clean.envelope[25:35, 5:20].mean() == pytest.approx(raw.envelope[25:35, 5:20].mean(), abs=0.5)


def test_silence_and_a_contour_of_other_frames_are_refused() -> None:
    with pytest.raises(ValueError, match="silent"):
        analyse(np.zeros(FRAMES * HOP), np.zeros(FRAMES))
    with pytest.raises(ValueError, match="F0 has 3 frames and the samples 60"):
        analyse(harmonics(200), np.zeros(3))


@pytest.mark.parametrize("own", [120.0, 200.0])
def test_f0_is_the_persona_s(own: float) -> None:
    samples = render_burst(burst(steady(own * 1.5, 0.0), own), Voice(f0_hz=150.0), np.random.default_rng(0))
    assert dominant_hz(samples, 130, 330) == pytest.approx(225, rel=0.02)


def test_a_longer_tract_lowers_the_formant() -> None:
    part = steady(0.0, 1.0, peak_hz=2000)

    def centre(tract: float) -> float:
        air = make_spectra(part, tract=tract).noise[:, 30]
        return float(air.argmax() * 20)

    assert centre(1.0) / centre(1.25) == pytest.approx(1.25, rel=0.1)


def test_a_rendering_has_the_envelope_it_was_analysed_to() -> None:
    part = steady(0.0, 1.0)
    samples = render_burst(burst(part, 205.0), Voice(tract=1.0), np.random.default_rng(0))
    again = analyse(samples, np.zeros(FRAMES))
    heard = 10 * np.log10((10 ** (again.envelope[5:-5] / 10)).mean(0))
    error = (heard - part.envelope[0])[4:40]
    assert np.std(error) < 1.5


def test_tone_and_noise_keep_their_balance() -> None:
    # Half the power is noise: rendered, the two are again within 1.5 dB of each other.
    part = steady(200.0, 0.5)
    spectra = make_spectra(part)
    assert float(np.diff([spectra.noise[50, 9], spectra.harmonic[50, 9]])[0]) == pytest.approx(
        0.5 * np.log(200 / 30) - 0.5 * np.log(2), abs=0.05
    )


def test_the_tract_of_a_contributor_follows_from_f0() -> None:
    assert estimate_tract(90) == pytest.approx(1.15) and estimate_tract(300) == pytest.approx(1.0)
    assert 1.0 < estimate_tract(150) < 1.15


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**20))
@settings(max_examples=20, deadline=None)
def test_what_is_packed_comes_out_again(first: int, second: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bursts = [
        BurstParameters(
            rng.uniform(60, 900, frames).astype(np.float32),
            rng.uniform(-90, 0, (frames, BANDS)).astype(np.float32),
            rng.uniform(0, 1, (frames, len(NOISE_EDGES_HZ) - 1)).astype(np.float32),
        )
        for frames in (first, second)
    ]
    for given_, stored in zip(bursts, unpack(pack(bursts)), strict=True):
        assert stored.f0 == pytest.approx(given_.f0, rel=1e-3)
        assert np.abs(stored.envelope - given_.envelope).max() <= 0.251
        assert np.abs(stored.noise - given_.noise).max() <= 0.002


def test_parameters_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit F0 of 2 frames"):
        BurstParameters(np.zeros(2, np.float32), np.zeros((3, BANDS), np.float32), np.zeros((2, 8), np.float32))
