"""Read and write audio files: the only module that deals with sample formats.

All other modules hold audio as float32 [n], mono, full scale 1.0, with its sample rate in Hz.
"""

import io
import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from voiceact.audio.level import limit_true_peak, loudness_lufs, resample, true_peak
from voiceact.errors import UsageError, VoiceactError, listed
from voiceact.runtime.atomic_files import check_folder, write_whole

__all__ = [
    "FORMATS",
    "Samples",
    "Sound",
    "check_writable",
    "duration_seconds",
    "encode",
    "limit_true_peak",
    "loudness_lufs",
    "read",
    "resample",
    "to_pcm16",
    "true_peak",
    "write",
]

Samples = NDArray[np.float32]
Sound = tuple[Samples, int]
"""samples [n] and their rate in Hz"""

FORMATS: dict[str, tuple[str, str]] = {
    ".wav": ("WAV", "PCM_16"),
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
}
"""suffix -> container and coding of libsndfile for files that are written"""

TAGS = ("title", "copyright", "software", "artist", "comment", "date", "album", "license", "tracknumber", "genre")
"""names of the string tags that a file can hold"""

READ_BLOCK = 1 << 18

LONGEST_OGG_PAGE = 27 + 255 + 255 * 255
"""bytes"""

LOWEST_RATE, HIGHEST_RATE = 4000, 384_000
"""accepted sample rates in Hz; telephones have 8,000, studios at most 384,000"""
LONGEST_SECONDS = 4 * 3600.0
"""longest file that is read"""
MOST_CHANNELS = 64

LOUDEST = 2.0**31
"""largest sample that is read: integers of 32 bits that were stored as if they were fractions"""


# --- Reading


def read(path: str | os.PathLike[str], *, longest_seconds: float | None = None) -> tuple[Samples, int]:
    """Read any file that libsndfile reads; channels are averaged.

    Args:
        path: of the file
        longest_seconds: refuse longer files before their samples are loaded; None is LONGEST_SECONDS

    Returns:
        Samples, float32 [n], and sample rate in Hz.

    Raises:
        UsageError: naming file and cause if it is missing, empty, truncated, not audio, holds
            numbers that are not finite or beyond any full scale, or is too long
    """
    import soundfile

    path = Path(path)
    _check_readable(path)
    try:
        with soundfile.SoundFile(path) as file:
            check_rate(file.samplerate, str(path))
            if file.channels > MOST_CHANNELS:
                raise UsageError(f"{path}: has {file.channels} channels; expected at most {MOST_CHANNELS}")
            longest, rate, expected = longest_seconds or LONGEST_SECONDS, file.samplerate, file.frames
            if expected > longest * rate:
                raise UsageError(f"{path}: lasts {expected / rate:.0f} s; expected at most {longest:g} s; cut it first")
            # Average by blocks, so that eight channels of a long file are never in memory at once.
            blocks = [block.mean(axis=1) for block in file.blocks(READ_BLOCK, dtype="float32", always_2d=True)]
            samples: Samples = np.concatenate(blocks) if blocks else np.zeros(0, np.float32)
    except soundfile.LibsndfileError as error:
        raise UsageError(f"{path}: cannot be read as audio ({error.error_string.rstrip('.')})") from error
    if not len(samples):
        raise UsageError(f"{path}: holds no samples")
    if len(samples) < expected or _is_truncated(path):
        raise UsageError(f"{path}: is truncated; its header promises more audio than the file holds")
    if not np.isfinite(samples).all():
        raise UsageError(f"{path}: holds samples that are not finite (NaN or infinite)")
    if max(samples.max(), -samples.min()) > LOUDEST:
        raise UsageError(f"{path}: holds samples of {np.abs(samples).max():.0e}; full scale is 1, so this is no sound")
    return samples, rate


def duration_seconds(path: str | os.PathLike[str]) -> float:
    """Return the length of a file in seconds, from its header.

    Raises:
        UsageError: as `read` does
    """
    import soundfile

    path = Path(path)
    _check_readable(path)
    try:
        header = soundfile.info(path)
        check_rate(header.samplerate, str(path))
        return float(header.duration)
    except soundfile.LibsndfileError as error:
        raise UsageError(f"{path}: cannot be read as audio ({error.error_string.rstrip('.')})") from error


def check_rate(rate: float, source: str) -> int:
    """Check a sample rate before any work (filters for an absurd one never finish) and return it.

    Args:
        rate: in Hz, from a header or a record
        source: file or server that states it, for the message

    Raises:
        UsageError: if it is no whole number from LOWEST_RATE to HIGHEST_RATE
    """
    if not (isinstance(rate, int) and LOWEST_RATE <= rate <= HIGHEST_RATE):
        raise UsageError(f"{source}: has a sample rate of {rate:,} Hz; expected {LOWEST_RATE:,} to {HIGHEST_RATE:,}")
    return rate


def _check_readable(path: Path) -> None:
    if "\0" in str(path):
        raise UsageError(f"{ascii(str(path))} holds a NUL character; expected a file name")
    if not path.exists():
        raise UsageError(f"{path}: no such file")
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; expected an audio file")
    if not path.is_file():
        # Reading a pipe might never end.
        raise UsageError(f"{path}: is a pipe or a device; expected an audio file")
    if not os.access(path, os.R_OK):
        raise UsageError(f"{path}: may not be read; permission denied")
    if path.stat().st_size == 0:
        raise UsageError(f"{path}: is empty (0 bytes)")


def _is_truncated(path: Path) -> bool:
    """Whether a WAV or OGG file ends before its content does; libsndfile reads the rest of such a file without an error."""
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":
            return _is_wav_truncated(file, path.stat().st_size)
        if head[:4] == b"OggS":
            return _is_ogg_truncated(file, path.stat().st_size)
    return False


def _is_wav_truncated(file: io.BufferedReader, file_size: int) -> bool:
    position = 12
    while position + 8 <= file_size:
        file.seek(position)
        name, size = struct.unpack("<4sI", file.read(8))
        if name == b"data":
            # Streamed WAVs are written before their length is known.
            return size not in (0, 0xFFFFFFFF, 0x7FFFFFFF) and position + 8 + size > file_size
        position += 8 + size + size % 2
    return False


def _is_ogg_truncated(file: io.BufferedReader, file_size: int) -> bool:
    file.seek(max(0, file_size - 65536))
    tail = file.read()
    last = tail.rfind(b"OggS\x00")
    end_of_stream = 4
    return last < 0 or last + 6 > len(tail) or not tail[last + 5] & end_of_stream


# --- Writing


def write(path: str | os.PathLike[str], samples: Samples, rate: int, *, metadata: Mapping[str, str] | None = None) -> None:
    """Write mono audio as WAV or FLAC (16 bits, rounded to nearest) or OGG Vorbis, by suffix.

    The same samples, rate and metadata give the same bytes (OGG: with the same libsndfile).
    The file appears whole or not at all. Samples beyond full scale are clipped: limit first
    (`limit_true_peak`). WAV has no tag for `license`; it is stored there as `copyright`.

    Raises:
        UsageError: unknown suffix or tag, or a folder that cannot be written
        VoiceactError: samples that are not finite, or a full disk
    """
    path = Path(path)
    check_writable(path)
    write_whole(path, encode(samples, rate, suffix=path.suffix, metadata=metadata))


def check_writable(path: str | os.PathLike[str]) -> None:
    """Check that audio can be written to `path`, before work is spent on it.

    Raises:
        UsageError: if it cannot
    """
    path = Path(path)
    container_of(path.suffix)
    check_folder(path)


def encode(samples: Samples, rate: int, *, suffix: str = ".wav", metadata: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of the file that `write` writes; arguments and errors as there."""
    import soundfile

    container, coding = container_of(suffix)
    check_rate(rate, "what is to be written")
    if not len(samples):
        raise VoiceactError("there are no samples to write")
    if not np.isfinite(samples).all():
        raise VoiceactError("samples are not finite (NaN or infinite) and cannot be written")
    buffer = io.BytesIO()
    with soundfile.SoundFile(buffer, "w", rate, 1, coding, format=container) as file:
        for name, value in container_tags(metadata or {}, container).items():
            setattr(file, name, value)
        file.write(np.asarray(samples, np.float32) if coding == "VORBIS" else to_pcm16(samples))
    data = buffer.getvalue()
    # libsndfile draws a random serial number for every OGG stream.
    return ogg_with_serial(data, zlib.crc32(to_pcm16(samples).tobytes())) if container == "OGG" else data


def to_pcm16(samples: Samples) -> NDArray[np.int16]:
    """Convert samples to 16-bit integers, rounded to nearest even and clipped; the inverse of reading a PCM16 file."""
    return np.clip(np.rint(np.asarray(samples, np.float64) * 32768), -32768, 32767).astype(np.int16)


def round_to_pcm16(samples: Samples) -> Samples:
    """Round samples, float32 [n], to the 16 bits in which clips are stored."""
    return (to_pcm16(samples).astype(np.float32) / 32768).astype(np.float32)


def container_of(suffix: str) -> tuple[str, str]:
    """Return libsndfile's container and coding for a file suffix; raises UsageError for an unknown one."""
    if suffix.lower() not in FORMATS:
        raise UsageError(f"cannot write audio as {suffix or 'a file without suffix'!r}; expected one of {listed(FORMATS)}")
    return FORMATS[suffix.lower()]


def container_tags(metadata: Mapping[str, str], container: str) -> dict[str, str]:
    """Return the tags that a container carries; raises UsageError for an unknown one."""
    unknown = [name for name in metadata if name not in TAGS]
    if unknown:
        raise UsageError(f"unknown audio tag {unknown[0]!r}; expected one of {', '.join(TAGS)}")
    tags = dict(metadata)
    if container == "WAV" and "license" in tags:
        tags.setdefault("copyright", tags.pop("license"))
    return tags


def ogg_with_serial(data: bytes, serial: int) -> bytes:
    """Return an OGG file with the serial number of its stream replaced (see `renew_ogg_serial`)."""
    file = io.BytesIO(data)
    renew_ogg_serial(file, serial)
    return file.getvalue()


def renew_ogg_serial(file: BinaryIO, serial: int) -> None:
    """Replace the serial number of an OGG stream in place and renew the checksum of every page, one page in memory at a time.

    Page layout: RFC 3533, section 6.

    Args:
        file: an OGG file opened for reading and writing
        serial: new serial number, 32 bits
    """
    position = 0
    while True:
        file.seek(position)
        page = bytearray(file.read(LONGEST_OGG_PAGE))
        if not page:
            return
        segments = page[26]
        size = 27 + segments + sum(page[27 : 27 + segments])
        del page[size:]
        struct.pack_into("<I", page, 14, serial)
        struct.pack_into("<I", page, 22, 0)
        struct.pack_into("<I", page, 22, ogg_checksum(bytes(page)))
        file.seek(position)
        file.write(page)
        position += size


_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def ogg_checksum(page: bytes) -> int:
    """Compute the CRC of an OGG page: polynomial 0x04C11DB7, start and final value 0, most significant bit first.

    zlib computes the same polynomial mirrored and inverted, some hundred times faster than a loop.
    """
    mirrored = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
