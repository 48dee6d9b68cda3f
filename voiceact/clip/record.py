"""The unit that is kept: audio, and the record of how it was made, side by side.

`OUT.wav` and `OUT.json`. The audio is written first and the record last, each under a temporary name
that is then renamed: where there is a record there is a whole clip. docs/clip.md explains every field.
"""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import msgspec
import numpy as np

from voiceact import audio
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import sha256_file, write_together, write_whole

if TYPE_CHECKING:
    from voiceact.acting.direction import Direction
    from voiceact.acting.persona import Persona
    from voiceact.audio.words import Word
    from voiceact.engines.base import Engine, Take

SCHEMA_VERSION = 1

Intensity = Annotated[float, msgspec.Meta(ge=0, le=7)]


class DirectionRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the actor was asked."""

    moves: dict[str, float]
    instruction: str


class EngineRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What spoke."""

    name: str
    version: str
    model_sha256: str
    license: dict[str, str]
    """of code, weights and output"""


class AudioRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was written; `path` and `sha256` are null until then."""

    path: str | None
    """relative to the record"""
    sha256: str | None
    """of the file's bytes"""
    sample_rate: int
    duration: float
    """seconds"""
    peak: float
    """true peak, linear, 1.0 is full scale"""
    lufs: float | None
    """integrated loudness; null if silent"""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a clip was made and what was found of it: everything but the samples."""

    schema_version: int
    id: str
    text: str
    language: str
    persona: str
    requested: dict[str, Any]
    """what the user asked, as typed"""
    category: str | None
    """the strongest category of the mix; null if none was asked"""
    intensity: Intensity
    mix: dict[str, Intensity]
    """category id to intensity"""
    direction: DirectionRecord
    engine: EngineRecord
    seed: int
    audio: AudioRecord
    created: str | None
    """UTC, ISO 8601; null in a run, whose bytes are those of its plan: run.json says when it was made"""
    replay: dict[str, Any]
    """what else is needed to make the same bytes again"""
    verdict: dict[str, Any] | None = None
    """the latest judgement; null until judged"""
    verdicts: list[dict[str, Any]] = []
    """earlier judgements, oldest first"""


@dataclass(frozen=True)
class Clip:
    """A take with its record; `samples` (float32 [n]) and `words` are there when it was just made."""

    record: Record
    samples: audio.Samples | None = None
    words: "tuple[Word, ...]" = ()
    folder: Path | None = None
    """where its record lies, once saved or loaded"""

    @property
    def audio_path(self) -> Path | None:
        """Where its audio lies, once saved or loaded."""
        if self.folder is None or self.record.audio.path is None:
            return None
        return self.folder / self.record.audio.path

    def save(self, path: str | os.PathLike[str]) -> Self:
        """Write the audio to `path` (.wav, .flac or .ogg) and the record beside it; the saved clip.

        Raises:
            UsageError: unknown suffix, or a folder that cannot be written
            VoiceactError: if the clip has no samples, or the disk is full
        """
        path = Path(path)
        if self.samples is None:
            raise VoiceactError(f"clip {self.record.id} has no samples to write to {path}; read them first")
        data = audio.encode(self.samples, self.record.audio.sample_rate, suffix=path.suffix, metadata=provenance(self.record))
        written = msgspec.structs.replace(self.record.audio, path=path.name, sha256=hashlib.sha256(data).hexdigest())
        record = msgspec.structs.replace(self.record, audio=written)
        write_together([(path, data), (record_path(path), encode_record(record))])
        return replace(self, record=record, folder=path.parent)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The clip of that record, or of that audio file with its record beside it, samples unread.

        Raises:
            UsageError: naming file and cause if there is no record or it is not valid
        """
        path = Path(path)
        where = path if path.suffix.lower() == ".json" else record_path(path)
        return cls(load_record(where), folder=where.parent)

    def read(self, *, check: bool = True) -> Self:
        """The same clip with its samples read from its file.

        check: refuse audio that is not what the record describes

        Raises:
            UsageError: if the audio is missing, damaged or (with check) changed
        """
        path = self.audio_path
        if path is None:
            raise UsageError(f"the record of clip {self.record.id} names no audio file")
        samples, _ = audio.read(path)
        if check and sha256_file(path) != self.record.audio.sha256:
            raise UsageError(
                f"{path}: is not the audio its record describes (SHA-256 differs); make it again with: voiceact replay"
            )
        return replace(self, samples=samples)

    def judged(self, verdict: Mapping[str, Any]) -> Self:
        """The same clip with this verdict; an earlier one moves, untouched, to the end of `verdicts`."""
        return replace(self, record=with_verdict(self.record, verdict))


# Records


def make_record(
    *,
    text: str,
    language: str,
    persona: "Persona",
    requested: Mapping[str, Any],
    category: str | None,
    intensity: float,
    mix: Mapping[str, float],
    direction: "Direction",
    engine: "Engine",
    take: "Take",
    replay: Mapping[str, Any] | None = None,
    clip_id: str | None = None,
    created: datetime | None = None,
) -> Record:
    """The record of a take that was just made (its audio not yet written).

    requested: what the user asked, as typed; `voiceact replay` does not read it
    replay: settings beyond the other fields that the engine needs to speak the same bytes again;
        the persona itself and the version of voiceact are added
    clip_id: default is drawn from everything that decides the sound, so equal clips have equal ids
    created: default is now, or SOURCE_DATE_EPOCH where that is set
    """
    from voiceact import __version__

    kept = {"voiceact": __version__, "persona": msgspec.to_builtins(persona), **(replay or {})}
    if engine.spec:
        kept["engine"] = engine.spec
    record = Record(
        schema_version=SCHEMA_VERSION,
        id=clip_id or "",
        text=text,
        language=language,
        persona=persona.name,
        requested=dict(requested),
        category=category,
        intensity=float(intensity),
        mix={name: float(value) for name, value in mix.items()},
        direction=_direction_record(direction),
        engine=_engine_record(engine),
        seed=take.seed,
        audio=describe(take.samples, take.sample_rate),
        created=_timestamp(created),
        replay=kept,
    )
    return record if clip_id else msgspec.structs.replace(record, id=identity(record))


def identity(record: Record) -> str:
    """Sixteen hexadecimal digits that are the same for, and only for, clips made in the same way."""
    made = msgspec.to_builtins(record)
    # The version of voiceact is part of how, but an upgrade alone must not rename every clip; nor must another
    # device or another folder that holds the same model: the model's hash stands in for the engine's options.
    how = {name: made[name] for name in ("text", "language", "direction", "engine", "seed")}
    how["replay"] = {name: value for name, value in made["replay"].items() if name not in ("voiceact", "engine")}
    return hashlib.sha256(msgspec.json.encode(how, order="sorted")).hexdigest()[:16]


def engine_spec(record: Record) -> str:
    """The engine of a record as `load_engine` takes it, with its options."""
    return str(record.replay.get("engine", record.engine.name))


def describe(samples: audio.Samples, rate: int) -> AudioRecord:
    """Duration, peak and loudness of samples not yet written."""
    lufs = audio.loudness_lufs(samples, rate)
    return AudioRecord(
        path=None,
        sha256=None,
        sample_rate=rate,
        duration=round(len(samples) / rate, 6),
        peak=round(audio.true_peak(samples, rate), 5),
        lufs=round(lufs, 2) if np.isfinite(lufs) else None,
    )


def provenance(record: Record) -> dict[str, str]:
    """Tags for the audio file: what it is, and that nobody was recorded.

    They say nothing of category, intensity or time, so that intensity 0 of anything and the neutral
    twin are the same file.
    """
    version = record.replay.get("voiceact", "")
    return {
        "title": f"{record.persona} (synthetic voice)",
        "comment": f"Synthetic speech made with voiceact {version} and engine {record.engine.name} "
        f"{record.engine.version}; no recording of a person",
        "software": f"voiceact {version}",
        "license": record.engine.license.get("output", "unknown"),
    }


def with_verdict(record: Record, verdict: Mapping[str, Any]) -> Record:
    """A record with this verdict as its own; the one it had is kept in `verdicts`."""
    earlier = record.verdicts if record.verdict is None else [*record.verdicts, record.verdict]
    return msgspec.structs.replace(record, verdict=dict(verdict), verdicts=earlier)


def record_path(path: str | os.PathLike[str]) -> Path:
    """Where the record of an audio file lies: the same name with .json."""
    return Path(path).with_suffix(".json")


def save_record(record: Record, path: str | os.PathLike[str]) -> None:
    """Write a record as indented JSON, whole or not at all."""
    write_whole(path, encode_record(record))


def encode_record(record: Record) -> bytes:
    """A record as indented JSON in UTF-8, its fields in the order of the schema."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def load_record(path: str | os.PathLike[str]) -> Record:
    """The record in a file.

    Raises:
        UsageError: naming file and cause if it is missing, not JSON, of another schema version, or
            lacks or adds a field
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"{path}: no such record; expected the .json that was written beside the audio")
    data = path.read_bytes()
    _check_version(path, data)
    try:
        return msgspec.json.decode(data, type=Record)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: is not a valid record: {error}") from error


def _check_version(path: Path, data: bytes) -> None:
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON ({error})") from error
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version is None:
        raise UsageError(f"{path}: is not the record of a clip (it has no schema_version)")
    if version != SCHEMA_VERSION:
        raise UsageError(
            f"{path}: has schema version {version}; this voiceact reads version {SCHEMA_VERSION}; "
            "install the voiceact that wrote it, or a newer one"
        )


def json_schema() -> dict[str, Any]:
    """The JSON schema of a record, as published in voiceact/clip/clip.schema.json."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Record)}


def _direction_record(direction: "Direction") -> DirectionRecord:
    return DirectionRecord(moves=msgspec.to_builtins(direction.moves), instruction=direction.instruction)


def _engine_record(engine: "Engine") -> EngineRecord:
    licences = engine.capabilities.licences
    return EngineRecord(
        name=engine.name,
        version=engine.version,
        model_sha256=engine.model_sha256,
        license={"code": licences.code, "weights": licences.weights, "output": licences.output},
    )


def _timestamp(moment: datetime | None) -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")  # reproducible-builds.org
    if moment is None:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode())
