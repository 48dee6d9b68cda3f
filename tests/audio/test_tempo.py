"""Speed without a change of pitch, on tones and on noise, whose measures are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.audio.tempo import change_tempo
from voiceact.errors import UsageError

RATE = 16_000
SECONDS = np.arange(RATE) / RATE
# A voice-like tone: five harmonics of 120 Hz, swelling and fading five times a second.
TONE = (
    sum(np.sin(2 * np.pi * 120 * k * SECONDS) / k for k in range(1, 6)) * (0.15 + 0.1 * np.sin(10 * np.pi * SECONDS))
).astype(np.float32)


@given(st.floats(0.25, 4.0))
def test_the_length_is_the_quotient(factor: float) -> None:
    assert abs(len(change_tempo(TONE, RATE, factor)) - len(TONE) / factor) <= 0.03 * RATE


@pytest.mark.parametrize("factor", [0.25, 0.5, 0.8, 1.3, 2.0, 4.0])
def test_the_pitch_stays(factor: float) -> None:
    faster = change_tempo(TONE, RATE, factor)
    spectrum = np.abs(np.fft.rfft(faster * np.hanning(len(faster)), 1 << 18))
    near = spectrum[: round(180 / RATE * (1 << 18))]
    assert abs(np.argmax(near) * RATE / (1 << 18) - 120) < 3


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_the_level_stays(factor: float) -> None:
    faster = change_tempo(TONE, RATE, factor)
    assert np.std(faster) == pytest.approx(np.std(TONE), rel=0.1)
    assert np.abs(faster).max() <= np.abs(TONE).max() * 1.05


def test_a_speed_of_one_changes_nothing() -> None:
    assert change_tempo(TONE, RATE, 1.0) is TONE


def test_what_is_shorter_than_a_window_is_left_alone() -> None:
    assert len(change_tempo(TONE[:100], RATE, 2.0)) == 100


def test_silence_stays_silent() -> None:
    assert not change_tempo(np.zeros(RATE, np.float32), RATE, 1.7).any()


@pytest.mark.parametrize("factor", [0.2, 4.1, float("nan"), float("inf"), -1])
def test_a_speed_off_the_scale_is_refused(factor: float) -> None:
    with pytest.raises(UsageError, match=r"speed is .*; expected 0.25 to 4"):
        change_tempo(TONE, RATE, factor)
