"""Define the record of a clip: how it was made and how it was judged, everything but the samples.

Schema version 2. Records of version 1 are read as well and become version 2 when they are written again.
"""

import hashlib
import math
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Self

import msgspec

from voiceact import audio
from voiceact.acting.bursts import Place
from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.clip.director import DirectorRecord
from voiceact.clip.verdict import VerdictRecord
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import write_whole
from voiceact.runtime.clock import utc_now, utc_text
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.untrusted_text import clean_text

SCHEMA_VERSION = 2
MAX_RECORD_BYTES = 16 * 2**20
LONGEST_RECORDED_SECONDS = 100 * 3600.0
"""of the audio of a record: a long book, of which more is written than is ever read (`audio.LONGEST_SECONDS`)"""
LONGEST_NAME = 1000
"""characters of an id, a path or another name in a record"""

Intensity = Annotated[float, msgspec.Meta(ge=0, le=7)]


class DirectionRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The direction the clip was performed with."""

    moves: dict[str, float]
    instruction: str
    bursts: list[tuple[Place, str]] = []
    """place ("open" or "close") and kind of the bursts that the direction added to the line; absent where it added none"""
    variants: dict[str, str] = {}
    """category id to the variant in which it was acted, where one was named or drawn; absent where none was"""

    @classmethod
    def of(cls, direction: Direction) -> Self:
        """Return what a record says of a direction."""
        return cls(direction.moves.as_recorded(), direction.instruction, list(direction.bursts), dict(direction.variants))


class EngineRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The engine that spoke."""

    name: str
    version: str
    model_sha256: str
    license: dict[str, str]
    """of code, weights and output"""


class AudioRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The audio file; `path` and `sha256` are null until then."""

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


class Requested(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The request as the user typed it; replay does not read it."""

    persona: str
    emotions: list[str] = []
    intensity: float | str | None = None
    text: str | None = None
    """null where a line was picked from the scripts"""
    direction: str = ""


class LineOrigin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="from", tag="lines"):
    """A take of a row of a table (`voiceact lines`)."""

    line: str
    """id of the row"""
    take: int
    """from 1"""


class RecipeOrigin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="from", tag="recipe"):
    """A take of a recipe run."""

    recipe: str
    """name of the recipe"""
    cell: int
    """number of the cell in the plan, from 0"""
    take: int
    """number of the take in its cell, from 1"""
    line: str
    """id of the line"""
    line_license: str | None
    """of the line; null where the recipe states none"""
    script: str
    """kind of line: evocative or neutral"""


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The data that replay needs beside the other fields to make the same bytes again."""

    voiceact: str
    """version that made the clip"""
    persona: Persona
    engine: str = ""
    """the engine with its options, as `load_engine` takes it; absent for an engine without options"""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a clip was made and judged: everything but the samples."""

    schema_version: int
    id: str
    text: str
    language: str
    persona: str
    requested: Requested
    """what the user asked, as typed"""
    origin: LineOrigin | RecipeOrigin | None
    """the table row or recipe cell it was made for; null for a clip of its own"""
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
    replay: Replay
    """what else is needed to make the same bytes again"""
    verdict: VerdictRecord | None = None
    """the latest judgement; null until judged"""
    verdicts: list[VerdictRecord] = []
    """earlier judgements, oldest first"""
    director: DirectorRecord | msgspec.UnsetType = msgspec.UNSET
    """the takes that a coach heard before this one was chosen; absent where nobody directed"""

    def directed(self) -> Direction:
        """Return the direction the clip was performed with."""
        mix = tuple((category, intensity) for category, intensity in self.mix.items() if intensity > 0)
        direction = self.direction
        return Direction(
            Moves(**direction.moves), direction.instruction, mix, tuple(direction.variants.items()), tuple(direction.bursts)
        )


def identity(record: Record) -> str:
    """Return sixteen hexadecimal digits that are the same for, and only for, clips made in the same way."""
    fields = msgspec.to_builtins(record)
    # The version of voiceact is part of how, but an upgrade alone must not rename every clip; nor must another
    # device or another folder that holds the same model: the model's hash stands in for the engine's options.
    how = {name: fields[name] for name in ("text", "language", "direction", "engine", "seed")}
    how["replay"] = {"persona": fields["replay"]["persona"]}
    return hashlib.sha256(msgspec.json.encode(how, order="sorted")).hexdigest()[:16]


def engine_spec(record: Record) -> str:
    """Return the engine of a record as `load_engine` takes it, with its options.

    A record may be from anywhere: before it is loaded, see `voiceact.runtime.untrusted_settings.check_stated_setting`.
    """
    return record.replay.engine or record.engine.name


def describe_audio(samples: audio.Samples, rate: int) -> AudioRecord:
    """Measure duration, peak and loudness of samples ([n] float32) not yet written."""
    return audio_record(rate, len(samples) / rate, audio.true_peak(samples, rate), audio.loudness_lufs(samples, rate))


def audio_record(
    rate: int, seconds: float, peak: float, lufs: float, *, path: str | None = None, sha256: str | None = None
) -> AudioRecord:
    """Return what a record says of audio, rounded; a loudness of silence (-inf) is null."""
    return AudioRecord(
        path=path,
        sha256=sha256,
        sample_rate=rate,
        duration=round(seconds, 6),
        peak=round(peak, 5),
        lufs=round(lufs, 2) if math.isfinite(lufs) else None,
    )


def provenance(record: Record) -> dict[str, str]:
    """Return the tags of the audio file: what it is, and that nobody was recorded.

    They state no category, intensity or time, so that intensity 0 of anything and the neutral twin are the same file.
    """
    version = record.replay.voiceact
    return {
        "title": f"{record.persona} (synthetic voice)",
        "comment": f"Synthetic speech made with voiceact {version} and engine {record.engine.name} "
        f"{record.engine.version}; no recording of a person",
        "software": f"voiceact {version}",
        "license": record.engine.license.get("output", "unknown"),
    }


def with_verdict(record: Record, verdict: VerdictRecord) -> Record:
    """Return the record with this verdict as its own; the one it had moves to the end of `verdicts`."""
    earlier = record.verdicts if record.verdict is None else [*record.verdicts, record.verdict]
    return msgspec.structs.replace(record, verdict=verdict, verdicts=earlier)


def timestamp() -> str:
    """Return the time now, or SOURCE_DATE_EPOCH (reproducible-builds.org) where that is set, as UTC in ISO 8601."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return utc_text(datetime.fromtimestamp(int(epoch), UTC)) if epoch else utc_now()


# --- Files


def record_path(path: str | os.PathLike[str]) -> Path:
    """Return where the record of an audio file lies: the same name with .json."""
    return Path(path).with_suffix(".json")


def save_record(record: Record, path: str | os.PathLike[str]) -> None:
    """Write a record as indented JSON, whole or not at all."""
    write_whole(path, encode_record(record))


def encode_record(record: Record) -> bytes:
    """Encode a record as indented JSON in UTF-8, its fields in the order of the schema."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def load_record(path: str | os.PathLike[str]) -> Record:
    """Read the record in a file.

    Raises:
        UsageError: naming file and cause if it is missing, not JSON, of an unknown schema version, lacks or adds a field, or
            holds names or a sample rate that no clip of voiceact has
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise UsageError(f"{path}: no such record; expected the .json that was written beside the audio")
        data = read_regular_file(path, max_bytes=MAX_RECORD_BYTES)
    except ValueError as error:  # a NUL in the name; UsageError is one too
        raise UsageError(str(error) if isinstance(error, UsageError) else f"{ascii(str(path))} is no name of a file") from None
    return decode_record(data, str(path))


def decode_record(data: bytes, source: str) -> Record:
    """Decode a record of this schema version or of version 1; it may be from anywhere.

    Args:
        data: JSON
        source: file that holds it, for messages

    Raises:
        UsageError: naming source and cause if it is not JSON, of an unknown schema version, lacks or adds a field, or holds
            names or a sample rate that no clip of voiceact has
    """
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{source}: is not JSON ({error})") from error
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version is None:
        raise UsageError(f"{source}: is not the record of a clip (it has no schema_version)")
    if version == 1:
        document = _upgrade_from_1(document)
    elif version != SCHEMA_VERSION:
        raise UsageError(
            f"{source}: has schema version {clean_text(version, 20)}; this voiceact reads versions 1 and {SCHEMA_VERSION}; "
            "install the voiceact that wrote it, or a newer one"
        )
    try:
        record = msgspec.convert(document, Record)
    except (msgspec.ValidationError, RecursionError) as error:
        raise UsageError(f"{source}: is not a valid record: {clean_text(error)}") from None
    _check_names(record, source)
    audio.check_rate(record.audio.sample_rate, f"{source}: audio")
    if not 0 <= record.audio.duration <= LONGEST_RECORDED_SECONDS:
        raise UsageError(
            f"{source}: its audio lasts {record.audio.duration:g} s; expected at most {LONGEST_RECORDED_SECONDS:g}"
        )
    return record


def _check_names(record: Record, source: str) -> None:
    """Refuse names that could not be printed or would fill pages: they go into messages, file names and tables."""
    named = {
        "id": record.id,
        "language": record.language,
        "persona": record.persona,
        "category": record.category,
        "engine.name": record.engine.name,
        "engine.version": record.engine.version,
        "audio.path": record.audio.path,
        "created": record.created,
        **{f"engine.license.{key[:20]!a}": text for key, text in record.engine.license.items()},
        **{f"mix {key[:20]!a}": key for key in record.mix},
    }
    for field, text in named.items():
        if text is not None and not (len(text) <= LONGEST_NAME and text.isprintable()):
            raise UsageError(f"{source}: {field} is no name; expected at most {LONGEST_NAME} printable characters")


def _upgrade_from_1(document: dict[str, Any]) -> dict[str, Any]:
    """Bring the document of a version 1 record into version 2: the origin of a clip stood among what was requested."""
    requested = document.get("requested")
    if not isinstance(requested, dict):
        return document | {"schema_version": SCHEMA_VERSION, "origin": None}
    origin: dict[str, Any] | None = None
    if "recipe" in requested:
        origin = {"from": "recipe", "line_license": None}
        origin |= {name: requested[name] for name in RecipeOrigin.__struct_fields__ if name in requested}
    elif "line" in requested:
        origin = {"from": "lines"} | {name: requested[name] for name in LineOrigin.__struct_fields__ if name in requested}
    typed = {name: requested[name] for name in Requested.__struct_fields__ if name in requested}
    if "recipe" in requested:
        typed.pop("intensity", None)  # stood there as a number beside "emotions", which states it too
    return document | {"schema_version": SCHEMA_VERSION, "requested": typed, "origin": origin}


def record_schema() -> dict[str, Any]:
    """Return the JSON schema of a record, as published in voiceact/clip/clip.schema.json."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Record)}


if __name__ == "__main__":
    print(msgspec.json.format(msgspec.json.encode(record_schema()), indent=2).decode())
