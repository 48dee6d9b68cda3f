"""Audio written piece by piece is the audio written at once; what was not published is not there."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from voiceact import audio
from voiceact.audio.stream import AudioWriter, Meter
from voiceact.errors import UsageError, VoiceactError

RATE = 24_000


def pieces(seconds: float = 75.0) -> list[np.ndarray]:
    """Noise whose level changes, cut at places that fit no block, with a silent piece."""
    draw = np.random.default_rng(5)
    whole = (draw.standard_normal(round(seconds * RATE)) * np.linspace(0.01, 0.3, round(seconds * RATE))).astype(np.float32)
    cuts = np.sort(draw.integers(0, len(whole), 40))
    return [*np.split(whole, cuts), np.zeros(1234, np.float32)]


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
def test_the_bytes_are_those_of_writing_at_once(tmp_path: Path, suffix: str) -> None:
    path, parts = tmp_path / f"long{suffix}", pieces()
    tags = {"title": "a title", "license": "CC0-1.0"}
    with AudioWriter(path, RATE, metadata=tags) as writer:
        for part in parts:
            writer.write(part)
        writer.finish()
        assert not path.exists()
        writer.publish()
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    at_once = tmp_path / f"at_once{suffix}"
    with AudioWriter(at_once, RATE, metadata=tags) as writer:
        writer.write(np.concatenate(parts))
        writer.finish()
        writer.publish()
    assert at_once.read_bytes() == path.read_bytes() and hashlib.sha256(path.read_bytes()).hexdigest() == writer.sha256
    whole = audio.encode(np.concatenate(parts), RATE, suffix=suffix, metadata=tags)
    if suffix == ".ogg":
        # The bytes of Vorbis depend on how much the encoder is given at once; the sound and its length do not.
        (tmp_path / "whole.ogg").write_bytes(whole)
        samples, expected = audio.read(path)[0], audio.read(tmp_path / "whole.ogg")[0]
        assert len(samples) == len(expected) and np.abs(samples - expected).max() < 0.1
    else:
        assert path.read_bytes() == whole


@pytest.mark.parametrize("rate", [8000, 22_050, 24_000, 44_100])
def test_a_meter_measures_what_is_measured_at_once(rate: int) -> None:
    parts = pieces(65.0)
    meter = Meter(rate)
    for part in parts:
        meter.add(part)
    whole = np.concatenate(parts)
    measured = meter.result()
    assert measured.seconds == len(whole) / rate
    assert measured.lufs == pytest.approx(audio.loudness_lufs(whole, rate), abs=0.001)
    assert measured.peak == pytest.approx(audio.true_peak(whole, rate), rel=0.001)


def test_a_meter_of_silence_and_of_nothing() -> None:
    meter = Meter(RATE)
    assert meter.result().seconds == 0
    meter.add(np.zeros(RATE, np.float32))
    assert meter.result().lufs == -np.inf and meter.result().peak == 0


def test_what_is_broken_off_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "book.wav"
    path.write_bytes(b"older")
    with pytest.raises(KeyboardInterrupt), AudioWriter(path, RATE) as writer:
        writer.write(np.ones(RATE, np.float32) / 4)
        raise KeyboardInterrupt
    assert path.read_bytes() == b"older" and len(list(tmp_path.iterdir())) == 1


def test_samples_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceactError, match="not finite"), AudioWriter(tmp_path / "a.wav", RATE) as writer:
        writer.write(np.array([0.1, np.nan], np.float32))
    assert not list(tmp_path.iterdir())


def test_a_sound_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VoiceactError, match="no samples to write"), AudioWriter(tmp_path / "a.flac", RATE) as writer:
        writer.finish()
    assert not list(tmp_path.iterdir())


def test_what_is_not_finished_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(VoiceactError, match="not finished"), AudioWriter(tmp_path / "a.ogg", RATE) as writer:
        writer.write(np.zeros(10, np.float32))
        writer.publish()
    assert not list(tmp_path.iterdir())


def test_a_name_without_a_known_suffix_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write audio as '.mp3'; expected one of .wav, .flac"):
        AudioWriter(tmp_path / "a.mp3", RATE)
    with pytest.raises(UsageError, match="does not exist; create it first"):
        AudioWriter(tmp_path / "none" / "a.wav", RATE)


def test_a_wav_file_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voiceact.audio.stream.MOST_WAV_BYTES", 1000)
    with (
        pytest.raises(VoiceactError, match="at most 4 GiB; name a .flac or .ogg"),
        AudioWriter(tmp_path / "a.wav", RATE) as wav,
    ):
        wav.write(np.zeros(501, np.float32))
    with AudioWriter(tmp_path / "a.flac", RATE) as flac:
        flac.write(np.zeros(501, np.float32))
        flac.finish()
        flac.publish()
    assert [file.name for file in tmp_path.iterdir()] == ["a.flac"]
