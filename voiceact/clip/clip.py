"""Hold a take with its record, in memory and on disk: `OUT.wav` and `OUT.json` side by side.

The audio is written first and the record last, each under a temporary name that is then renamed: where there is a record
there is a whole clip. docs/clip.md explains every field.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import msgspec

from voiceact import audio
from voiceact.audio.words import Word
from voiceact.clip.record import Record, encode_record, load_record, provenance, record_path, with_verdict
from voiceact.clip.verdict import VerdictRecord
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import sha256_file, write_together
from voiceact.runtime.untrusted_paths import resolve_inside


@dataclass(frozen=True)
class Clip:
    """A take with its record; loaded ones have no samples until `read`.

    Attributes:
        record: how it was made and judged
        samples: float32 [n]; None until read
        words: with their times, of a take that was just performed
        folder: where its record lies, once saved or loaded
    """

    record: Record
    samples: audio.Samples | None = None
    words: tuple[Word, ...] = ()
    folder: Path | None = None

    @property
    def audio_path(self) -> Path | None:
        """Where its audio lies, once saved or loaded; raises UntrustedPathError if the record names a file elsewhere."""
        if self.folder is None or self.record.audio.path is None:
            return None
        # Records may be from anywhere: a path leads nowhere but into the record's own folder.
        return resolve_inside(self.folder, self.record.audio.path, source=f"the record of clip {self.record.id}: audio.path")

    def save(self, path: str | os.PathLike[str]) -> Self:
        """Write the audio to `path` (.wav, .flac or .ogg) and the record beside it; return the saved clip.

        Raises:
            UsageError: unknown suffix, or a folder that cannot be written
            VoiceactError: if the clip has no samples, or the disk is full
        """
        path = Path(path)
        if self.samples is None:
            raise VoiceactError(f"clip {self.record.id} has no samples to write to {path}; read them first")
        data = audio.encode(self.samples, self.record.audio.sample_rate, suffix=path.suffix, metadata=provenance(self.record))
        described = msgspec.structs.replace(self.record.audio, path=path.name, sha256=hashlib.sha256(data).hexdigest())
        record = msgspec.structs.replace(self.record, audio=described)
        write_together([(path, data), (record_path(path), encode_record(record))])
        return replace(self, record=record, folder=path.parent)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Load the clip of a record, or of an audio file with its record beside it, samples unread.

        Raises:
            UsageError: naming file and cause if there is no record or it is not valid
        """
        path = Path(path)
        where = path if path.suffix.lower() == ".json" else record_path(path)
        return cls(load_record(where), folder=where.parent)

    def read(self, *, check: bool = True) -> Self:
        """Return the same clip with its samples read from its file.

        Args:
            check: whether to refuse audio that is not what the record describes

        Raises:
            UsageError: if the audio is missing, damaged or (with check) changed
        """
        path = self.audio_path
        if path is None:
            raise UsageError(f"the record of clip {self.record.id} names no audio file")
        samples, rate = audio.read(path)
        if rate != self.record.audio.sample_rate:
            raise UsageError(
                f"{path}: has a sample rate of {rate:,} Hz and its record says "
                f"{self.record.audio.sample_rate:,}; expected the audio that the record describes"
            )
        if check and sha256_file(path) != self.record.audio.sha256:
            raise UsageError(
                f"{path}: is not the audio its record describes (SHA-256 differs); make it again with: voiceact replay"
            )
        return replace(self, samples=samples)

    def judged(self, verdict: VerdictRecord) -> Self:
        """Return the same clip with this verdict; an earlier one moves, untouched, to the end of `verdicts`."""
        return replace(self, record=with_verdict(self.record, verdict))
