"""Check one clip: compare its record with its row and with itself, and its audio with both."""

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from voiceact.clip.record import RecipeOrigin, Record, decode_record, describe_audio, identity
from voiceact.dataset.audit.issues import Faults
from voiceact.errors import UsageError, count_noun
from voiceact.recipe.schema import Recipe
from voiceact.store.columns import STORE_COLUMNS, Row, make_row, stored
from voiceact.verify.base import Check, join

if TYPE_CHECKING:
    from voiceact.audio import Samples

DURATION_TOLERANCE = 1e-6
"""seconds; a record rounds to this"""
PEAK_TOLERANCE = 2e-5
"""of full scale; a record rounds to 1e-5, and 32-bit arithmetic in another order moves the last place"""
LOUDNESS_TOLERANCE = 0.1
"""LU, what EBU Tech 3341 grants a meter; a record rounds to 0.01"""

BESIDE_RECORD = (*STORE_COLUMNS, "id", "split", "included")
"""columns that are not the record's to know"""


@dataclass(frozen=True)
class DecodedAudio:
    """Decoded audio, mono.

    Attributes:
        samples: [n], -1 to 1
        rate: sampling rate in Hz
    """

    samples: "Samples"
    rate: int


@dataclass
class ClipAudit:
    """Checks clips one after another.

    Attributes:
        name: name of the run
        recipe: its recipe
        faults: faults are added here
        records: records checked
        rows: rows compared with their record
        sounds: audio files checked
        twins: neutral twins checked
    """

    name: str
    recipe: Recipe
    faults: Faults
    records: int = 0
    rows: int = 0
    sounds: int = 0
    twins: int = 0

    # Record

    def record(self, data: bytes, row: Row, tar: str) -> Record | None:
        """Decode and check a record; None if it is not one."""
        self.records += 1
        key = row["id"]
        try:
            record = decode_record(data, key)
        except UsageError as error:
            self.faults.add("record", tar, str(error).removeprefix(f"{key}: "), key)
            return None
        for sentence in self._record_faults(record, key):
            self.faults.add("record", tar, sentence, key)
        self._compare(record, row, tar)
        return record

    def _record_faults(self, record: Record, key: str) -> list[str]:
        faults = []
        if record.id != identity(record):
            faults.append(f"its id is {record.id}, and what it describes has {identity(record)}: it was changed")
        if record.created is not None:
            faults.append("says when it was made; in a run that stands in run.json")
        if record.audio.path != f"{key}.{self.recipe.store.format}":
            faults.append(f"names the audio {record.audio.path}")
        return faults + _origin_faults(record, self.name) + self._verdict_faults(record)

    def _verdict_faults(self, record: Record) -> list[str]:
        """List what in a verdict does not follow from its checks, its evidence and the recipe."""
        verdict = record.verdict
        if verdict is None:
            return ["has no verdict"]
        faults = []
        checks = [Check(check.name, check.outcome, check.sentence, check.reason) for check in verdict.checks]
        level = join(checks, list(verdict.evidence.values()))
        # Older runs reject what seems too weak or too strong; that claims less, and stands.
        as_before = "rejected" if level == "undecided" and any(check.outcome == "fail" for check in checks) else level
        if verdict.level not in (level, as_before):
            faults.append(f"its verdict is {verdict.level}; its checks and its evidence come to {level}")
        reasons = [f"{check.name}:{check.reason}" for check in verdict.checks if check.outcome == "fail"]
        if verdict.reasons != reasons:
            faults.append(f"its reasons are {verdict.reasons}; its checks give {reasons}")
        if verdict.mix != record.mix:
            faults.append(f"its verdict is of {verdict.mix}; {record.mix} was asked")
        missing = [name for name in self.recipe.verify.checks if name not in {check.name for check in verdict.checks}]
        if missing:
            faults.append(f"its verdict lacks the check {missing[0]!r}, which the recipe asks for")
        return faults

    def _compare(self, record: Record, row: Row, tar: str) -> None:
        """Compare the row with the one made of the record, column by column."""
        try:
            expected = make_row(record, record.replay.persona, key=row["id"], split=row["split"], included=row["included"])
        except ValueError as error:
            self.faults.add("record", tar, f"no row can be made of it: {error}", row["id"])
            return
        self.rows += 1
        for column in (column for column in expected if column not in BESIDE_RECORD):
            stated, value = row[column], expected[column]
            # A NaN is equal to nothing, and is told.
            if stated != stored(column, value):
                self.faults.add("row", tar, f"its row says {column} {stated!r}; its record {value!r}", row["id"])

    # Audio

    def sound(self, data: bytes, record: Record, row: Row, tar: str) -> DecodedAudio | None:
        """Decode the audio and compare it with the record; None if it cannot be decoded."""
        self.sounds += 1
        key, sha256 = row["id"], hashlib.sha256(data).hexdigest()
        if sha256 != record.audio.sha256:
            digest = (record.audio.sha256 or "none")[:12]
            self.faults.add("sound", tar, f"its SHA-256 is {sha256[:12]}…; its record says {digest}…", key)
        sound = self._decoded(data, "audio", key, tar)
        if sound is not None:
            self._measure(sound, record, key, tar)
        return sound

    def twin(self, data: bytes, record: Record, row: Row, tar: str) -> DecodedAudio | None:
        """Decode the neutral twin; None if it cannot be decoded."""
        self.twins += 1
        sound = self._decoded(data, "twin", row["id"], tar)
        if sound is not None and sound.rate != record.audio.sample_rate:
            self.faults.add("measure", tar, f"its twin has {sound.rate} Hz, the clip {record.audio.sample_rate} Hz", row["id"])
        return sound

    def _decoded(self, data: bytes, what: str, key: str, tar: str) -> DecodedAudio | None:
        try:
            return decode(data, self.recipe.store.format)
        except ValueError as error:
            self.faults.add("sound", tar, f"its {what} {error}", key)
            return None

    def _measure(self, sound: DecodedAudio, record: Record, key: str, tar: str) -> None:
        heard, stated = describe_audio(sound.samples, sound.rate), record.audio
        for what, measured, expected, tolerance in (
            ("sampling rate (Hz)", heard.sample_rate, stated.sample_rate, 0),
            ("duration (s)", heard.duration, stated.duration, DURATION_TOLERANCE),
            ("true peak", heard.peak, stated.peak, PEAK_TOLERANCE),
            ("loudness (LUFS)", heard.lufs, stated.lufs, LOUDNESS_TOLERANCE),
        ):
            if not _near(measured, expected, tolerance):
                self.faults.add("measure", tar, f"its {what} is {measured}; its record says {expected}", key)


def _origin_faults(record: Record, name: str) -> list[str]:
    """List what is wrong with the origin of a record and with what was asked of it.

    Args:
        record: the record of the clip
        name: name of the run's recipe
    """
    origin = record.origin
    if not isinstance(origin, RecipeOrigin):
        return ["does not say which take of a recipe it is"]
    faults = []
    if origin.recipe != name:
        faults.append(f"is of the recipe {origin.recipe!r}; the run is of {name!r}")
    if record.requested.persona != record.persona:
        faults.append(f"asks for persona {record.requested.persona!r} and describes {record.persona!r}")
    if record.category is None or record.mix != {record.category: record.intensity}:
        faults.append(f"mixes {record.mix}; a take of a recipe has one category, {record.category} at {record.intensity:g}")
    elif record.requested.emotions != [f"{record.category}:{record.intensity:g}"]:
        faults.append(f"asks for {record.requested.emotions} and describes {record.category}:{record.intensity:g}")
    return faults


def decode(data: bytes, suffix: str) -> DecodedAudio:
    """Decode the bytes of an audio file.

    Args:
        data: the file
        suffix: its format, flac or wav

    Raises:
        ValueError: if it is not whole or of another format; the message is a clause that says what is wrong
    """
    import soundfile

    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            frames, kind = file.frames, (file.format.lower(), file.subtype, file.channels)
            samples, rate = file.read(dtype="float32"), file.samplerate
    except soundfile.LibsndfileError as error:
        raise ValueError(f"cannot be decoded ({error.error_string.rstrip('.')})") from error
    if kind != (suffix, "PCM_16", 1):
        raise ValueError(f"is {kind[0]}, {kind[1]}, with {kind[2]} channels; expected {suffix}, PCM_16, 1 channel")
    if not len(samples) or len(samples) != frames:
        raise ValueError(f"holds {count_noun(len(samples), 'sample')}, and promises {frames}")
    return DecodedAudio(np.asarray(samples), rate)


def _near(value: float | None, expected: float | None, tolerance: float) -> bool:
    if value is None or expected is None:
        return value is expected
    # The hair: both are rounded decimals, whose difference is not exactly one.
    return abs(value - expected) <= tolerance * (1 + 1e-6) + 1e-12
