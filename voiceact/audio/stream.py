"""Audio written and measured piece by piece, in memory that does not grow with its length.

with AudioWriter("book.flac", 24_000) as writer:
    for samples in pieces:
        writer.write(samples)
    writer.finish()
print(writer.measured.seconds, writer.measured.lufs)
"""

import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from voiceact.audio.io import Samples, check_rate, container_of, container_tags, renew_ogg_serial, to_pcm16
from voiceact.audio.level import StepEnergies, gated_loudness, true_peak
from voiceact.errors import VoiceactError
from voiceact.runtime.atomic_files import check_folder, part_path, phrase_write_error, remove_part

BLOCK = 1 << 16
"""samples that are encoded, or read, at once"""
MOST_WAV_BYTES = 2**32 - 2**16
"""the length of a WAV file is a number of 32 bits"""
OVERLAP_SECONDS = 0.02
"""of a piece that is looked at again with the next one, so that no peak between them is missed"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a sound while it was written.

    Attributes:
        seconds: duration
        peak: true peak, linear, 1.0 is full scale
        lufs: integrated loudness; -inf for silence
    """

    seconds: float
    peak: float
    lufs: float


class Meter:
    """Measures duration, true peak and loudness of a sound that comes in pieces.

    Args:
        rate: in Hz
    """

    def __init__(self, rate: int):
        self._rate, self._length, self._peak = rate, 0, 0.0
        self._steps = StepEnergies(rate)
        self._last = np.zeros(0, np.float32)

    def add(self, samples: Samples) -> None:
        """Take in the next samples, float32 [n]."""
        self._length += len(samples)
        self._steps.add(samples)
        joined = np.concatenate([self._last, samples])
        self._peak = max(self._peak, true_peak(joined, self._rate))
        self._last = joined[-round(OVERLAP_SECONDS * self._rate) :]

    def result(self) -> Measured:
        """Return what was measured of all samples so far."""
        return Measured(self._length / self._rate, self._peak, gated_loudness(self._steps.finished()))


class AudioWriter:
    """Writes mono audio as WAV or FLAC (16 bits) or OGG Vorbis, by suffix, under a temporary name until it is published.

    The bytes depend on the samples alone, not on how they are cut into pieces; of WAV and FLAC they are those of
    `voiceact.audio.encode`. Used as a context manager; a file that was not published when the block ends, for whatever reason,
    is taken away.

    Args:
        path: file to write
        rate: in Hz
        metadata: tags, as `voiceact.audio.write` takes them

    Attributes:
        path: as given
        sha256: of the file's bytes; empty until `finish`
        measured: duration, peak and loudness; None until `finish`

    Raises:
        UsageError: unknown suffix or tag, or a folder that cannot be written
    """

    def __init__(self, path: str | os.PathLike[str], rate: int, *, metadata: Mapping[str, str] | None = None):
        import soundfile

        self.path = Path(path)
        self.sha256, self.measured = "", None
        self._container, self._coding = container_of(self.path.suffix)
        check_rate(rate, "what is to be written")
        check_folder(self.path)
        tags = container_tags(metadata or {}, self._container)
        self._meter, self._pcm_crc, self._bytes = Meter(rate), 0, 0
        self._waiting = np.zeros(0, np.float32)
        self._part = part_path(self.path)
        try:
            self._file = soundfile.SoundFile(self._part, "w", rate, 1, self._coding, format=self._container)
        except soundfile.LibsndfileError as error:
            raise VoiceactError(f"cannot write {self.path}: {error.error_string.rstrip('.')}") from error
        for name, value in tags.items():
            setattr(self._file, name, value)

    measured: Measured | None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        remove_part(self._part)

    def write(self, samples: Samples) -> None:
        """Append samples, float32 [n]; those beyond full scale are clipped.

        Raises:
            VoiceactError: samples that are not finite, a full disk, or a WAV file that would exceed 4 GiB
        """
        if not np.isfinite(samples).all():
            raise VoiceactError("samples are not finite (NaN or infinite) and cannot be written")
        self._bytes += 2 * len(samples)
        if self._container == "WAV" and self._bytes > MOST_WAV_BYTES:
            raise VoiceactError(f"cannot write {self.path}: a WAV file holds at most 4 GiB; name a .flac or .ogg file")
        self._meter.add(samples)
        self._waiting = np.concatenate([self._waiting, np.asarray(samples, np.float32)])
        whole = len(self._waiting) // BLOCK * BLOCK
        self._encode(self._waiting[:whole])
        self._waiting = self._waiting[whole:].copy()

    def _encode(self, samples: Samples) -> None:
        """Hand samples to the encoder, block by block: the bytes of Vorbis depend on how much it is given at once."""
        import soundfile

        rounded: NDArray[np.int16] = to_pcm16(samples)
        self._pcm_crc = zlib.crc32(rounded.tobytes(), self._pcm_crc)
        coded = samples if self._coding == "VORBIS" else rounded
        try:
            for start in range(0, len(coded), BLOCK):
                self._file.write(coded[start : start + BLOCK])
        except soundfile.LibsndfileError as error:
            raise VoiceactError(
                f"cannot write {self.path}: {error.error_string.rstrip('.')}; nothing was left half-written"
            ) from error

    def finish(self) -> Measured:
        """Complete the file under its temporary name and return what was measured.

        Raises:
            VoiceactError: if there are no samples, or the disk is full
        """
        measured = self._meter.result()
        if not measured.seconds:
            raise VoiceactError("there are no samples to write")
        self._encode(self._waiting)
        try:
            self._file.close()
            if self._container == "OGG":
                # libsndfile draws a random serial number for every OGG stream.
                with self._part.open("r+b") as file:
                    renew_ogg_serial(file, self._pcm_crc)
            with self._part.open("rb") as file:
                self.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise phrase_write_error(self.path, error) from error
        self.measured = measured
        return measured

    def publish(self) -> None:
        """Give the finished file its name, in place of an older one.

        Raises:
            VoiceactError: if it was not finished, or cannot be renamed
        """
        if self.measured is None:
            raise VoiceactError(f"{self.path} was not finished, so it cannot be published")
        try:
            os.replace(self._part, self.path)
        except OSError as error:
            raise phrase_write_error(self.path, error) from error


def read_blocks(path: str | os.PathLike[str]) -> Iterator[Samples]:
    """Yield the samples of a mono audio file, float32 [at most `BLOCK`] each.

    Raises:
        VoiceactError: if the file is not there or cannot be read
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            yield from file.blocks(BLOCK, dtype="float32")
    except soundfile.LibsndfileError as error:
        raise VoiceactError(f"{path} cannot be read: {error.error_string.rstrip('.')}; make it again") from error
