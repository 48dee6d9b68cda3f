"""The formats of the speech server, read back by libsndfile and PyAV, which wrote none of their headers for us."""

# ruff: noqa: E402
import io
import struct

import numpy as np
import pytest

soundfile = pytest.importorskip("soundfile", minversion="0.13")

from voiceact.errors import UsageError
from voiceact.serve.encoding import (
    MEDIA_TYPES,
    UNKNOWN_LENGTH,
    encode_whole,
    make_encoder,
    mp3_frame_size,
    rate_for,
)

RATE = 24_000
TONE = (0.3 * np.sin(2 * np.pi * 220 * np.arange(3 * RATE) / RATE)).astype(np.float32)


def decode(data: bytes, name: str) -> tuple[np.ndarray, int]:
    """Decode with PyAV, which reads streams whose length is not stated."""
    av = pytest.importorskip("av")
    with av.open(io.BytesIO(data), format={"opus": "ogg", "pcm": "s16le"}.get(name, name)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
        rate = container.streams.audio[0].rate
    scale = 32768 if frames[0].dtype == np.int16 else 1
    return np.concatenate([frame.reshape(-1) for frame in frames]) / scale, rate


def streamed(name: str, rate: int = RATE, samples: np.ndarray = TONE) -> bytes:
    encoder = make_encoder(name, rate)
    pieces = [encoder.write(samples[start : start + rate // 2]) for start in range(0, len(samples), rate // 2)]
    return b"".join([*pieces, encoder.finish()])


def pitch(samples: np.ndarray, rate: int) -> float:
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return float(np.argmax(np.abs(np.fft.rfft(middle * np.hanning(len(middle)))))) * rate / len(middle)


@pytest.mark.parametrize("name", ["mp3", "opus", "aac", "flac", "wav"])
@pytest.mark.parametrize("make", [streamed, lambda name: encode_whole(TONE, RATE, name, {})], ids=["stream", "whole"])
def test_a_decoder_hears_what_was_written(name: str, make) -> None:
    samples, rate = decode(make(name), name)
    assert abs(len(samples) / rate - 3) < 0.15, "an encoder pads, and loses nothing"
    assert abs(pitch(samples, rate) - 220) < 2


def test_pcm_is_the_samples_and_nothing_else() -> None:
    assert streamed("pcm") == np.clip(np.rint(TONE.astype(np.float64) * 32768), -32768, 32767).astype("<i2").tobytes()


def test_pcm_has_the_rate_that_clients_take_for_granted() -> None:
    low = TONE[::2]
    assert rate_for("pcm", 12_000) == 24_000
    assert abs(len(encode_whole(low, 12_000, "pcm", {})) / 2 - len(TONE)) <= 4


def test_a_whole_wav_states_its_length_and_a_stream_leaves_it_open() -> None:
    whole, stream = encode_whole(TONE, RATE, "wav", {}), streamed("wav")
    assert struct.unpack("<I", whole[4:8])[0] == len(whole) - 8
    assert struct.unpack("<I", stream[4:8])[0] == UNKNOWN_LENGTH
    assert struct.unpack("<I", stream[40:44])[0] == UNKNOWN_LENGTH
    assert stream[44:] == streamed("pcm")


def test_a_wav_header_is_the_one_that_libsndfile_writes_but_for_the_length() -> None:
    buffer = io.BytesIO()
    soundfile.write(buffer, TONE, RATE, format="WAV", subtype="PCM_16")
    theirs, ours = buffer.getvalue()[:44], streamed("wav")[:44]
    assert theirs[8:40] == ours[8:40] and theirs[:4] == ours[:4]


def test_a_stream_of_mp3_holds_no_frame_that_states_a_length() -> None:
    stream = streamed("mp3")
    assert b"Info" not in stream[:400] and b"Xing" not in stream[:400]
    # Frame after frame to the end, all of one bit rate.
    place, sizes = 0, []
    while place + 4 <= len(stream):
        size = mp3_frame_size(stream[place:])
        assert size, f"no frame at byte {place}"
        sizes.append(size)
        place += size
    assert max(sizes) - min(sizes) <= 1 and abs(len(stream) * 8 / 3 / 1000 - 64) < 6


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ("fffb9064", 417),  # MPEG 1, 128 kbit/s, 44.1 kHz: the best known of all
        ("fff384c4", 192),  # MPEG 2, 64 kbit/s, 24 kHz
        ("fff386c4", 193),  # the same, padded
        ("00000000", 0),
        ("ffff", 0),
    ],
)
def test_the_size_of_an_mp3_frame(head: str, size: int) -> None:
    assert mp3_frame_size(bytes.fromhex(head)) == size


@pytest.mark.parametrize("name", ["opus", "mp3"])
def test_a_rate_that_a_format_lacks_is_resampled(name: str) -> None:
    rate = 20_000
    tone = (0.3 * np.sin(2 * np.pi * 220 * np.arange(2 * rate) / rate)).astype(np.float32)
    samples, decoded = decode(streamed(name, rate, tone), name)
    assert abs(len(samples) / decoded - 2) < 0.15 and abs(pitch(samples, decoded) - 220) < 2


def test_the_same_samples_are_the_same_bytes() -> None:
    assert streamed("opus") == streamed("opus")


def test_every_format_has_a_media_type() -> None:
    assert all(media_type.startswith("audio/") for media_type in MEDIA_TYPES.values()) and len(MEDIA_TYPES) == 6


def test_samples_that_are_not_finite_are_refused() -> None:
    with pytest.raises((UsageError, Exception), match="not finite"):
        encode_whole(np.array([np.nan] * 10, np.float32), RATE, "wav", {})
