"""The inputs of every format: the clips one after another, and a description of the export as a whole.

A format is a function `write(folder, samples, release)` that reads the samples once, in the order in which they
come, and leaves whole files in an empty folder.
"""

import hashlib
import io
import re
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from voiceact.dataset.licensing.commercial import Use
from voiceact.errors import VoiceactError
from voiceact.store.columns import COLUMNS, STORE_COLUMNS, Row
from voiceact.store.splits import SPLIT_NAME

if TYPE_CHECKING:
    from voiceact.clip.record import Record

EXPORT_COLUMNS = tuple(name for name in COLUMNS if name not in STORE_COLUMNS)
"""of an export, in the order of the table"""
CLIPS_A_FILE = 1000
"""most clips in one tar or Parquet file"""

SUFFIXES = ("flac", "wav")
MP3 = "mp3"
MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Hz, of MPEG 1, 2 and 2.5 layer III"""
Paths = Literal["relative", "absolute"]

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,89}")
_FLOATS = tuple(name for name in EXPORT_COLUMNS if COLUMNS[name].type == "float32")


@dataclass(frozen=True)
class Sample:
    """A clip to be exported.

    Attributes:
        row: columns of an export
        data: bytes of its audio file, which `row["file_name"]` names and `row["sha256"]` describes
        record: for a format that needs it
        twin: bytes of the neutral reading, in the kind of file in which the run keeps it; None if it was not kept
    """

    row: Row
    data: bytes
    record: "Record | None" = None
    twin: bytes | None = None

    @property
    def id(self) -> str:
        """Its id: a plain file name, without dots."""
        return str(self.row["id"])

    @property
    def split(self) -> str:
        """Its split."""
        return str(self.row["split"])

    @property
    def suffix(self) -> str:
        """flac, wav or mp3."""
        return str(self.row["file_name"]).rpartition(".")[2]

    @cached_property
    def frames(self) -> int:
        """Samples a channel, as the audio file itself says."""
        import soundfile

        return int(soundfile.info(io.BytesIO(self.data)).frames)

    @property
    def json(self) -> bytes:
        """The row as one line of JSON, without a line feed."""
        return msgspec.json.encode(self.row)

    def placed(self, file_name: str) -> "Sample":
        """Return the same clip under another file name."""
        return replace(self, row={**self.row, "file_name": file_name})

    def encoded(self, suffix: str) -> "Sample":
        """Return the same samples (16 bits) in another kind of file; itself if it is of that kind. MP3 loses some of them."""
        if suffix == self.suffix:
            return self
        from voiceact import audio
        from voiceact.store.sound import decode_audio

        samples, rate = decode_audio(self.data, f"clip {self.id}")
        data = _encode_mp3(self, samples, rate) if suffix == MP3 else audio.encode(samples, rate, suffix=f".{suffix}")
        row = {**self.row, "file_name": f"{self.id}.{suffix}", "sha256": hashlib.sha256(data).hexdigest()}
        return replace(self, row=row, data=data)


def _encode_mp3(sample: Sample, samples: Any, rate: int) -> bytes:
    import soundfile

    if rate not in MP3_RATES:
        raise VoiceactError(
            f"clip {sample.id} has {rate} Hz, which MP3 does not hold; expected one of {', '.join(map(str, MP3_RATES))}: "
            "export it as wav"
        )
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="MP3", subtype="MPEG_LAYER_III")
    return file.getvalue()


def make_sample(row: Row, data: bytes) -> Sample:
    """Make the clip of a row of a run.

    Raises:
        VoiceactError: if its id would not stay in the folder, or it is of another kind than flac and wav
    """
    check_id(row["id"])
    if not SPLIT_NAME.fullmatch(row["split"] or ""):
        raise VoiceactError(
            f"clip {row['id']} is of split {row['split']!r}, which cannot name a file; expected a word of "
            "letters, digits and underscores"
        )
    kept = {name: row[name] for name in EXPORT_COLUMNS} | {name: _shortest(row[name]) for name in _FLOATS}
    suffix = str(row["file_name"]).rpartition(".")[2]
    if suffix not in SUFFIXES:
        raise VoiceactError(f"clip {row['id']} is kept as {row['file_name']!r}; expected flac or wav")
    return Sample({**kept, "file_name": f"{row['id']}.{suffix}", "reasons": kept["reasons"] or []}, data)


def check_id(name: str) -> None:
    """Raise VoiceactError unless an id can name files in any folder and members of any tar."""
    if not _ID.fullmatch(name or ""):
        raise VoiceactError(
            f"clip id {name!r} cannot name a file: it might leave the folder, or be read as several names; "
            "expected up to 90 ASCII letters, digits, - and _"
        )


def _shortest(value: float | None) -> float | None:
    """Round a float32 to the fewest digits that restore it: 0.1 and not 0.10000000149011612."""
    if value is None:
        return None
    near = float(f"{value:.7g}")
    return near if struct.pack("<f", near) == struct.pack("<f", value) else float(f"{value:.9g}")


@dataclass(frozen=True)
class Release:
    """Description of an export as a whole, known before its first clip.

    Attributes:
        name: name of the run
        description: description of the run
        folder: final folder, absolute; the export is written elsewhere and moved there
        splits: split -> clips
        languages: languages of the clips
        personas: name -> license, gender, age, description
        engine: engine, as in run.json
        judge: judge, as in run.json
        licence: licence of the clips, in words
        use: whether it is known that they may be used commercially
        voiceact: version that made the run
        plan: digest of the plan
        rate: sampling rate in Hz, if all clips have the same
        suffix: suffix of the audio files, flac or wav; None as each clip is kept
        paths: paths of audio in lists, relative or absolute; None as the format's own loader finds them
    """

    name: str
    description: str
    folder: Path
    splits: Mapping[str, int]
    languages: tuple[str, ...]
    personas: Mapping[str, Mapping[str, Any]]
    engine: Mapping[str, Any]
    judge: Mapping[str, Any]
    licence: str
    use: Use
    voiceact: str
    plan: str
    rate: int | None = None
    suffix: str | None = None
    paths: Paths | None = None


Writer = Callable[[Path, Iterable[Sample], Release], None]
"""writes the samples into an empty folder"""
