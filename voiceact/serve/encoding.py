"""Speech in the formats of the API, as a whole file or piece by piece while it is spoken."""

import io
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from voiceact import audio
from voiceact.audio import Samples
from voiceact.audio.io import ogg_with_serial
from voiceact.runtime.extras import MissingExtraError

Format = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]
MEDIA_TYPES: Mapping[str, str] = {
    "mp3": "audio/mpeg",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}
PCM_RATE = 24_000
"""Hz of the format pcm: clients of the API take it for granted"""
OPUS_RATES = (8000, 12_000, 16_000, 24_000, 48_000)
MP3_RATES = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
MP3_COMPRESSION = 0.63
"""of libsndfile, from 0 (160 kbit/s up to 24 kHz) to 1 (8 kbit/s): 64 kbit/s at 24 kHz"""
UNKNOWN_LENGTH = 0xFFFFFFFF
"""stands in the header of a WAV file that is sent before its length is known"""
_MP3_KBITS = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
"""bit rates of a layer III frame of MPEG 2 and 2.5, by index (ISO/IEC 13818-3, 2.4.2.3)"""
_MP3_KBITS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
"""of MPEG 1 (ISO/IEC 11172-3, 2.4.2.3)"""
_MP3_RATES_1 = (44_100, 48_000, 32_000)


def rate_for(format: Format, rate: int) -> int:
    """Return the sample rate in Hz at which a format holds speech of a rate."""
    if format == "pcm":
        return PCM_RATE
    known = {"opus": OPUS_RATES, "mp3": MP3_RATES}.get(format, (rate,))
    return rate if rate in known else next((other for other in known if other > rate), known[-1])


def encode_whole(samples: Samples, rate: int, format: Format, metadata: Mapping[str, str]) -> bytes:
    """Return a complete file, whose header states its length where the format has one.

    Args:
        samples: float32 [n]
        rate: in Hz
        format: of the file
        metadata: tags, as `voiceact.audio.write` takes them; wav and flac carry them

    Raises:
        MissingExtraError: for aac, if the library that writes it is not installed
    """
    if format in ("wav", "flac"):
        return audio.encode(samples, rate, suffix=f".{format}", metadata=metadata)
    if format == "mp3":
        # Complete, the file begins with a frame that states its length.
        return _SoundfileEncoder("mp3", rate).encode_all(samples)
    encoder = make_encoder(format, rate)
    return encoder.write(samples) + encoder.finish()


class StreamEncoder(ABC):
    """Turns samples into bytes of a format, piece by piece."""

    @abstractmethod
    def write(self, samples: Samples) -> bytes:
        """Take samples, float32 [n], and return the bytes that are complete; an encoder may hold some back."""

    def finish(self) -> bytes:
        """Return the bytes that were held back; nothing can be written afterwards."""
        return b""


def make_encoder(format: Format, rate: int) -> StreamEncoder:
    """Return an encoder of a stream.

    Args:
        format: of the stream
        rate: of the samples, in Hz; pcm, mp3 and opus are resampled where they do not have it

    Raises:
        MissingExtraError: for aac, if the library that writes it is not installed
    """
    if format in ("pcm", "wav"):
        return _PcmEncoder(rate, header=format == "wav")
    return _AacEncoder(rate) if format == "aac" else _SoundfileEncoder(format, rate)


class _PcmEncoder(StreamEncoder):
    """16 bits, little-endian; as WAV with a header that leaves the length open."""

    def __init__(self, rate: int, *, header: bool):
        self._from, self._to = rate, rate if header else rate_for("pcm", rate)
        self._head = _wav_header(rate) if header else b""

    def write(self, samples: Samples) -> bytes:
        head, self._head = self._head, b""
        return head + audio.to_pcm16(_resampled(samples, self._from, self._to)).astype("<i2").tobytes()


def _wav_header(rate: int) -> bytes:
    """Return the header of a mono WAV file of 16 bits whose length is not known."""
    form = b"fmt " + b"".join(
        number.to_bytes(size, "little") for number, size in ((16, 4), (1, 2), (1, 2), (rate, 4), (2 * rate, 4), (2, 2), (16, 2))
    )
    unknown = UNKNOWN_LENGTH.to_bytes(4, "little")
    return b"RIFF" + unknown + b"WAVE" + form + b"data" + unknown


class _SoundfileEncoder(StreamEncoder):
    """MP3, Opus in OGG, and FLAC, by libsndfile."""

    CODINGS: Mapping[str, tuple[str, str]] = {
        "mp3": ("MP3", "MPEG_LAYER_III"),
        "opus": ("OGG", "OPUS"),
        "flac": ("FLAC", "PCM_16"),
    }

    def __init__(self, format: Format, rate: int):
        import soundfile

        container, coding = self.CODINGS[format]
        self._format, self._from, self._to = format, rate, rate_for(format, rate)
        self._buffer, self._sent = io.BytesIO(), 0
        self._serial: int | None = None
        # A constant bit rate, so that players know from any frame how long the rest is.
        constant = {"compression_level": MP3_COMPRESSION, "bitrate_mode": "CONSTANT"} if format == "mp3" else {}
        self._file = soundfile.SoundFile(self._buffer, "w", self._to, 1, coding, format=container, **constant)

    def encode_all(self, samples: Samples) -> bytes:
        """Return the complete file, of which the library may rewrite the beginning when it is closed."""
        self._file.write(_resampled(samples, self._from, self._to))
        self._file.close()
        return self._buffer.getvalue()

    def write(self, samples: Samples) -> bytes:
        if self._serial is None:
            self._serial = zlib.crc32(audio.to_pcm16(samples).tobytes())
        self._file.write(_resampled(samples, self._from, self._to))
        return self._new_bytes()

    def finish(self) -> bytes:
        # The library may rewrite the beginning now, which has been sent: a stream keeps the one that leaves the length open.
        self._file.close()
        return self._new_bytes()

    def _new_bytes(self) -> bytes:
        self._buffer.seek(self._sent)
        new = self._buffer.read()
        if self._format == "mp3" and not self._sent and new:
            # The first frame holds no sound, but a length that is not known yet and would end the playing.
            new = new[mp3_frame_size(new) :]
        self._sent = self._buffer.tell()
        # libsndfile draws a random serial number for every OGG stream; it writes whole pages.
        return ogg_with_serial(new, self._serial or 0) if self._format == "opus" else new


def mp3_frame_size(data: bytes) -> int:
    """Return the bytes of the MPEG layer III frame at the beginning of `data`; 0 where none begins there."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return 0
    version, kbits, rate, padding = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3, data[2] >> 1 & 1
    if version == 1 or kbits == 15 or rate == 3:
        return 0
    hertz = _MP3_RATES_1[rate] // {3: 1, 2: 2, 0: 4}[version]
    bits = (_MP3_KBITS_1 if version == 3 else _MP3_KBITS)[kbits] * 1000
    return (144 if version == 3 else 72) * bits // hertz + padding


class _AacEncoder(StreamEncoder):
    """AAC in ADTS frames, by PyAV."""

    def __init__(self, rate: int):
        try:
            import av
        except ModuleNotFoundError as error:
            raise MissingExtraError("the format aac", "aac") from error
        self._rate, self._buffer, self._sent, self._placed = rate, io.BytesIO(), 0, 0
        self._container: Any = av.open(self._buffer, "w", format="adts")
        self._stream: Any = self._container.add_stream("aac", rate=rate, layout="mono")
        self._frame: Any = av.AudioFrame

    def write(self, samples: Samples) -> bytes:
        if len(samples):
            frame = self._frame.from_ndarray(np.ascontiguousarray(samples[np.newaxis]), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = self._rate, self._placed
            self._placed += len(samples)
            self._container.mux(self._stream.encode(frame))
        return self._new_bytes()

    def finish(self) -> bytes:
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._new_bytes()

    def _new_bytes(self) -> bytes:
        data = self._buffer.getvalue()[self._sent :]
        self._sent += len(data)
        return data


def _resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    return samples if rate == wanted else audio.resample(samples, rate, wanted)
