"""Samples in and out of files, and how loud they are."""

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact import audio
from voiceact.errors import UsageError, VoiceactError


def tone(hz: float, seconds: float, rate: int, amplitude: float = 1.0, phase: float = 0.0) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hz * time + phase)).astype(np.float32)


def noise(seconds: float, rate: int, amplitude: float = 0.1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, amplitude, round(seconds * rate)).astype(np.float32)


# Reading and writing

@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_16_bits_survive_exactly(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    audio.write(path, np.array([0, 1, -1, 32767, -32768, 12345], np.float32) / 32768, 24000)
    samples, rate = audio.read(path)
    assert rate == 24000
    assert samples.dtype == np.float32
    assert (samples * 32768).tolist() == [0, 1, -1, 32767, -32768, 12345]


def test_samples_are_rounded_to_nearest_and_clipped() -> None:
    given_steps = np.array([0.4, 0.6, -0.4, -0.6, 40000, -40000], np.float32) / 32768
    assert audio.to_pcm16(given_steps).tolist() == [0, 1, 0, -1, 32767, -32768]


def test_ogg_keeps_length_and_sound(tmp_path: Path) -> None:
    path, sound = tmp_path / "clip.ogg", tone(440, 1.0, 24000, 0.5)
    audio.write(path, sound, 24000)
    samples, rate = audio.read(path)
    assert (len(samples), rate) == (24000, 24000)
    assert np.corrcoef(samples, sound)[0, 1] > 0.99


@pytest.mark.parametrize("suffix", audio.FORMATS)
def test_same_sound_gives_same_bytes(suffix: str) -> None:
    tags = {"title": "nurse", "license": "CC0-1.0"}
    first, second = (audio.encode(noise(0.5, 24000), 24000, suffix=suffix, metadata=tags) for _ in range(2))
    assert first == second
    assert first != audio.encode(noise(0.5, 24000, seed=1), 24000, suffix=suffix, metadata=tags)


def test_ogg_checksum_is_the_one_libsndfile_writes() -> None:
    data = audio.encode(noise(0.5, 24000), 24000, suffix=".ogg")
    first_page = bytearray(data[:58])  # 27 bytes of header, one segment length, 30 bytes of Vorbis header
    written = struct.unpack_from("<I", first_page, 22)[0]
    struct.pack_into("<I", first_page, 22, 0)
    assert checksum_bit_by_bit(bytes(first_page)) == written == audio.ogg_checksum(bytes(first_page))


def checksum_bit_by_bit(page: bytes) -> int:
    """RFC 3533: polynomial 0x04C11DB7, no inversion."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
            register &= 0xFFFFFFFF
    return register


def test_tags_are_in_the_file(tmp_path: Path) -> None:
    tags = {"title": "nurse", "comment": "synthetic speech", "license": "CC0-1.0"}
    for suffix in audio.FORMATS:
        audio.write(tmp_path / f"clip{suffix}", noise(0.2, 24000), 24000, metadata=tags)
        with soundfile.SoundFile(tmp_path / f"clip{suffix}") as file:
            licence = file.copyright if suffix == ".wav" else file.license
            assert (file.title, file.comment, licence) == ("nurse", "synthetic speech", "CC0-1.0")


def test_unknown_tag_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown audio tag 'mood'; expected one of title"):
        audio.encode(noise(0.1, 24000), 24000, metadata={"mood": "glum"})


def test_channels_are_averaged(tmp_path: Path) -> None:
    eight = np.zeros((100, 8), np.float32)
    eight[:, 0] = 0.8
    soundfile.write(tmp_path / "eight.wav", eight, 48000, subtype="FLOAT")
    samples, rate = audio.read(tmp_path / "eight.wav")
    assert rate == 48000
    assert samples == pytest.approx(np.full(100, 0.1))


@pytest.mark.parametrize("suffix", [".mp3", ".wave", ""])
def test_unknown_suffix_lists_the_known(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UsageError, match=r"expected one of .wav, .flac, .ogg"):
        audio.write(tmp_path / f"clip{suffix}", noise(0.1, 24000), 24000)
    assert not list(tmp_path.iterdir())


def test_samples_that_are_not_finite_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(VoiceactError, match="not finite"):
        audio.write(tmp_path / "clip.wav", np.array([0, np.nan], np.float32), 24000)
    assert not list(tmp_path.iterdir())


def test_missing_folder_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot write clip.wav: folder .*nowhere does not exist; create it"):
        audio.write(tmp_path / "nowhere" / "clip.wav", noise(0.1, 24000), 24000)


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_locked_folder_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UsageError, match="may not be written"):
        audio.write(tmp_path / "clip.wav", noise(0.1, 24000), 24000)


def test_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(VoiceactError, match="the disk is full"):
        audio.write(tmp_path / "clip.wav", noise(0.1, 24000), 24000)
    assert not list(tmp_path.iterdir())


def test_interrupted_writing_keeps_the_file_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "clip.wav"
    audio.write(path, noise(0.1, 24000), 24000)
    before = path.read_bytes()

    def interrupted(source: object, target: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        audio.write(path, noise(0.2, 24000, seed=1), 24000)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def damaged(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.wav"
    if kind == "missing":
        return path
    if kind == "folder":
        path.mkdir()
    elif kind == "nan":
        soundfile.write(path, np.array([0, np.nan], np.float32), 24000, subtype="FLOAT")
    elif kind == "headed":
        soundfile.write(path, np.zeros(0, np.float32), 24000)
    else:
        path.write_bytes({"empty": b"", "text": b"not a sound at all, only words" * 9}[kind])
    return path


@pytest.mark.parametrize(("kind", "words"), [
    ("missing", "no such file"), ("folder", "is a folder"), ("empty", r"is empty \(0 bytes\)"),
    ("text", "cannot be read as audio"), ("nan", "not finite"), ("headed", "holds no samples"),
])
def test_unreadable_files_are_named_with_their_cause(tmp_path: Path, kind: str, words: str) -> None:
    path = damaged(tmp_path, kind)
    with pytest.raises(UsageError, match=words) as raised:
        audio.read(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("suffix", audio.FORMATS)
def test_truncated_files_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"clip{suffix}"
    audio.write(path, noise(2.0, 24000), 24000)
    data = path.read_bytes()
    path.write_bytes(data[:len(data) // 2])
    with pytest.raises(UsageError, match="is truncated|cannot be read"):
        audio.read(path)


def test_too_long_a_file_is_refused_unread(tmp_path: Path) -> None:
    audio.write(tmp_path / "clip.wav", noise(2.0, 8000), 8000)
    with pytest.raises(UsageError, match="lasts 2 s; expected at most 1 s"):
        audio.read(tmp_path / "clip.wav", longest_seconds=1)
    assert audio.duration_seconds(tmp_path / "clip.wav") == 2.0


def test_resampling_keeps_duration_and_pitch() -> None:
    up = audio.resample(tone(440, 1.0, 24000, 0.5), 24000, 48000)
    assert len(up) == 48000
    assert np.abs(up[4000:-4000] - tone(440, 1.0, 48000, 0.5)[4000:-4000]).max() < 1e-4


# Loudness

@pytest.mark.parametrize("rate", [8000, 16000, 24000, 44100, 48000, 96000])
def test_a_full_scale_tone_of_997_hz_is_minus_3_lufs(rate: int) -> None:
    # BS.1770-4: 0 dB FS at 997 Hz in one channel reads -3.01 LKFS.
    assert audio.loudness_lufs(tone(997, 2.0, rate), rate) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("rate", [8000, 22050, 24000, 48000])
@pytest.mark.parametrize("shape", ["steady", "growing", "with pauses", "after DC"])
def test_loudness_agrees_with_an_independent_meter(rate: int, shape: str) -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm")
    # Below 3 kHz, so that resampling to the meter's rate takes nothing away.
    sound = audio.resample(noise(5.0, 6000), 6000, rate)
    time = np.arange(len(sound)) / rate
    if shape == "growing":
        sound = sound * np.linspace(0, 1, len(sound), dtype=np.float32)
    elif shape == "with pauses":
        sound = sound * np.where(np.sin(2 * np.pi * time) > 0, 1, 1e-4).astype(np.float32)
    elif shape == "after DC":
        sound = sound + np.float32(0.2)
    # At 48 kHz, where the standard's own filters are defined.
    oracle = pyloudnorm.Meter(48000).integrated_loudness(audio.resample(sound, rate, 48000).astype(np.float64))
    assert audio.loudness_lufs(sound, rate) == pytest.approx(oracle, abs=0.1)


def test_a_long_sound_is_as_loud_as_its_parts() -> None:
    # Longer than one segment of the filter: the seams must not be heard.
    sound = noise(5.0, 8000)
    assert audio.loudness_lufs(np.tile(sound, 14), 8000) == pytest.approx(audio.loudness_lufs(sound, 8000), abs=0.02)


def test_short_and_silent_sounds() -> None:
    assert audio.loudness_lufs(tone(997, 0.2, 24000), 24000) == pytest.approx(-3.01, abs=0.3)
    assert audio.loudness_lufs(np.zeros(24000, np.float32), 24000) == -np.inf
    assert audio.loudness_lufs(np.zeros(100, np.float32), 24000) == -np.inf
    assert audio.loudness_lufs(np.zeros(0, np.float32), 24000) == -np.inf


@settings(max_examples=20, deadline=None)
@given(st.floats(-40, 0))
def test_gain_moves_loudness_by_itself(gain_db: float) -> None:
    sound = noise(1.0, 16000)
    moved = audio.loudness_lufs((sound * 10 ** (gain_db / 20)).astype(np.float32), 16000)
    assert moved == pytest.approx(audio.loudness_lufs(sound, 16000) + gain_db, abs=1e-3)


# Peak

def test_true_peak_lies_between_samples() -> None:
    # At a quarter of the rate and 45° every sample is at 0.707 of the wave's peak.
    sound = tone(6000, 0.5, 24000, phase=np.pi / 4) * np.hanning(12000).astype(np.float32)
    assert np.abs(sound).max() == pytest.approx(0.707, abs=1e-3)
    assert audio.true_peak(sound, 24000) == pytest.approx(1.0, abs=0.01)
    assert audio.true_peak(np.zeros(0, np.float32), 24000) == 0


def test_below_the_ceiling_nothing_is_touched() -> None:
    sound = tone(440, 0.5, 24000, 0.8)
    assert audio.limit_true_peak(sound, 24000) is sound


@settings(max_examples=25, deadline=None)
@given(st.floats(1, 30), st.integers(0, 5), st.floats(-6, 0))
def test_the_limiter_holds_its_ceiling(gain: float, seed: int, ceiling_db: float) -> None:
    limited = audio.limit_true_peak(noise(0.3, 24000, 0.3, seed) * np.float32(gain), 24000, ceiling_db)
    assert audio.true_peak(limited, 24000) <= 10 ** (ceiling_db / 20) * (1 + 1e-5)
    assert limited.dtype == np.float32


def test_the_limiter_acts_only_near_peaks() -> None:
    sound = tone(200, 1.0, 24000, 0.5)
    sound[12000:12024] *= 3
    limited = audio.limit_true_peak(sound, 24000)
    away = np.abs(np.arange(24000) - 12012) > 24000 * 0.015
    assert np.array_equal(limited[away], sound[away])
    assert audio.true_peak(limited, 24000) <= 10 ** (-1 / 20)


def test_a_ceiling_above_full_scale_is_refused() -> None:
    with pytest.raises(UsageError, match="above full scale"):
        audio.limit_true_peak(noise(0.1, 24000), 24000, ceiling_db=3)
