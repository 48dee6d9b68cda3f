"""The picture of a take against its twin: what is measured for it, and that it is drawn."""

import sys
from pathlib import Path

import numpy as np
import pytest

from voiceact.audio.plot import FLOOR_DB, contours, hertz, mel, mel_spectrogram, plot_take
from voiceact.audio.words import Word
from voiceact.engines.base import Take
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError

RATE = 24000


def buzz(hz: float, seconds: float = 0.8, amplitude: float = 0.2) -> np.ndarray:
    """Twenty harmonics of a voice-like source."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (amplitude * sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 21))).astype(np.float32)


def take(samples: np.ndarray, words: tuple[Word, ...] = ()) -> Take:
    return Take(samples, RATE, seed=0, words=words)


def test_f0_is_found_where_there_is_voice() -> None:
    found = contours(np.concatenate([buzz(200), np.zeros(RATE // 2, np.float32)]), RATE)
    voiced = found.f0_times < 0.7
    assert np.nanmedian(found.f0_hz[voiced]) == pytest.approx(200, rel=0.01)
    assert np.isnan(found.f0_hz[found.f0_times > 0.9]).all()


def test_level_is_in_decibels_of_full_scale() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    found = contours(tone, RATE)
    assert found.level_db[5:-5] == pytest.approx(-3.01, abs=0.05)
    assert len(found.level_db) == 100


def test_a_tone_stands_in_its_own_mel_band() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)
    decibels, edges = mel_spectrogram(tone, RATE)
    assert decibels.shape == (96, 100)
    loudest = decibels[:, 50].argmax()
    assert edges[loudest] <= 1000 <= edges[loudest + 1]
    assert decibels.max() == 0
    assert decibels.min() >= FLOOR_DB


def test_mel_and_hertz_are_inverse() -> None:
    assert mel(1000) == pytest.approx(1000, abs=0.1)  # by definition of the scale
    assert hertz(mel([50.0, 440.0, 8000.0])) == pytest.approx([50, 440, 8000])


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_pictures_are_drawn_and_alike_each_time(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    spoken = take(buzz(220), (Word("Costs", 0, 0.3), Word("$5", 0.3, 0.5), Word("or", 0.35, 0.4), Word("$6", 0.4, 0.8)))
    for name in ("one", "two"):
        plot_take(spoken, take(buzz(200)), tmp_path / f"{name}{suffix}", title="A title with $5 and $6 in it")
    data = (tmp_path / f"one{suffix}").read_bytes()
    assert data[:5] in (b"\x89PNG\r", b"<?xml", b"%PDF-")
    assert data == (tmp_path / f"two{suffix}").read_bytes()


def test_without_twin_and_without_sound(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_take(take(buzz(200, 0.05)), None, tmp_path / "short.png")
    plot_take(take(np.zeros(2400, np.float32)), take(buzz(200)), tmp_path / "silent.png")
    assert (tmp_path / "short.png").stat().st_size > 1000
    assert (tmp_path / "silent.png").stat().st_size > 1000


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot draw a picture as '.gif'; expected one of .png, .svg, .pdf"):
        plot_take(take(buzz(200)), None, tmp_path / "a.gif")
    with pytest.raises(UsageError, match="does not exist; create it first"):
        plot_take(take(buzz(200)), None, tmp_path / "nowhere" / "a.png")


def test_without_matplotlib_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install .*\[plot\]"):
        plot_take(take(buzz(200)), None, tmp_path / "a.png")
