"""The record of a clip: made, written, read, and refused where it is not one."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile

from voiceact import audio
from voiceact.acting.moves import Moves
from voiceact.clip import record as clip
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import sha256_file


@dataclass(frozen=True)
class Somebody:
    name: str = "nurse"
    age: int = 34


@dataclass(frozen=True)
class Asked:
    moves: Moves = field(default_factory=Moves)
    instruction: str = "Quietly, with worry."


LICENCES = SimpleNamespace(code="Apache-2.0", weights="Apache-2.0", output="CC0-1.0")
ENGINE = SimpleNamespace(name="tone", version="1", model_sha256="00", spec="", capabilities=SimpleNamespace(licences=LICENCES))
RECORD_KEYS = [
    "schema_version",
    "id",
    "text",
    "language",
    "persona",
    "requested",
    "category",
    "intensity",
    "mix",
    "direction",
    "engine",
    "seed",
    "audio",
    "created",
    "replay",
    "verdict",
    "verdicts",
]


def sound(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, 12000).astype(np.float32)


def record(**changes: Any) -> Record:
    given: dict[str, Any] = {
        "text": "How are you?",
        "language": "en",
        "persona": Somebody(),
        "requested": {"persona": "nurse", "emotions": ["Concern"], "intensity": 5, "text": None},
        "category": "distress",
        "intensity": 5,
        "mix": {"distress": 5},
        "direction": Asked(),
        "engine": ENGINE,
        "take": SimpleNamespace(samples=sound(), sample_rate=24000, seed=7),
        "created": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    }
    return clip.make_record(**(given | changes))


def saved(folder: Path, name: str = "a.wav", **changes: Any) -> Clip:
    return Clip(record(**changes), sound()).save(folder / name)


def test_the_record_has_exactly_these_keys(tmp_path: Path) -> None:
    saved(tmp_path)
    document = json.loads((tmp_path / "a.json").read_text())
    assert list(document) == RECORD_KEYS
    assert list(document["direction"]) == ["moves", "instruction"]
    assert list(document["engine"]) == ["name", "version", "model_sha256", "license"]
    assert list(document["audio"]) == ["path", "sha256", "sample_rate", "duration", "peak", "lufs"]
    assert document["created"] == "2026-01-02T03:04:05Z"
    assert document["verdict"] is None
    assert document["replay"]["persona"] == {"name": "nurse", "age": 34}


def test_saved_and_loaded_are_the_same(tmp_path: Path) -> None:
    kept = saved(tmp_path)
    for path in ("a.wav", "a.json"):
        loaded = Clip.load(tmp_path / path)
        assert loaded.record == kept.record
        assert loaded.samples is None
        assert np.array_equal(loaded.read().samples, audio.read(tmp_path / "a.wav")[0])


def test_the_audio_is_described_as_it_is(tmp_path: Path) -> None:
    described = saved(tmp_path).record.audio
    assert described.path == "a.wav"
    assert described.sha256 == sha256_file(tmp_path / "a.wav")
    assert (described.sample_rate, described.duration) == (24000, 0.5)
    samples, rate = audio.read(tmp_path / "a.wav")
    assert described.peak == pytest.approx(audio.true_peak(samples, rate), abs=1e-4)
    assert described.lufs == pytest.approx(audio.loudness_lufs(samples, rate), abs=0.02)


def test_silence_has_no_loudness() -> None:
    quiet = SimpleNamespace(samples=np.zeros(24000, np.float32), sample_rate=24000, seed=0)
    assert record(take=quiet).audio.lufs is None


def test_the_file_says_what_it_is_and_nothing_of_the_feeling(tmp_path: Path) -> None:
    saved(tmp_path, "felt.wav")
    saved(tmp_path, "neutral.wav", category=None, intensity=0, mix={}, requested={}, created=None)
    assert (tmp_path / "felt.wav").read_bytes() == (tmp_path / "neutral.wav").read_bytes()
    with soundfile.SoundFile(tmp_path / "felt.wav") as file:
        assert file.title == "nurse (synthetic voice)"
        assert "Synthetic speech" in file.comment
        assert "no recording of a person" in file.comment
        assert file.copyright == "CC0-1.0"


def test_ids_are_equal_for_clips_made_alike_and_only_for_those() -> None:
    base = record()
    assert len(base.id) == 16
    assert base.id == record(created=None, requested={"text": "typed otherwise"}).id
    other = SimpleNamespace(samples=sound(), sample_rate=24000, seed=8)
    different = [
        record(text="How is he?"),
        record(take=other),
        record(persona=Somebody(age=35)),
        record(direction=Asked(moves=Moves(rate=1.1))),
        record(replay={"gain": 2}),
    ]
    assert len({base.id, *(one.id for one in different)}) == 6
    assert record(clip_id="scene1/line2").id == "scene1/line2"


def test_a_set_date_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert record(created=None).created == "1970-01-01T00:00:00Z"


def test_an_earlier_verdict_is_added_to_and_never_rewritten(tmp_path: Path) -> None:
    first, second, third = {"outcome": "verified"}, {"outcome": "rejected"}, {"outcome": "undecided"}
    judged = saved(tmp_path).judged(first).judged(second).judged(third)
    assert judged.record.verdict == third
    assert judged.record.verdicts == [first, second]


def test_changed_audio_is_noticed(tmp_path: Path) -> None:
    kept = saved(tmp_path)
    audio.write(tmp_path / "a.wav", sound(1), 24000)
    with pytest.raises(UsageError, match=r"a.wav: is not the audio its record describes .*voiceact replay"):
        kept.read()
    assert kept.read(check=False).samples is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema_version": 9}, "has schema version 9; this voiceact reads version 1"),
        ({"schema_version": None}, "is not the record of a clip"),
        ({"intensity": 8}, r"is not a valid record: Expected `float` <= 7.0 - at `\$.intensity`"),
        ({"seed": "seven"}, r"is not a valid record: Expected `int`, got `str` - at `\$.seed`"),
        ({"mood": "glum"}, "is not a valid record: Object contains unknown field `mood`"),
    ],
)
def test_invalid_records_are_named_with_their_cause(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    saved(tmp_path)
    path = tmp_path / "a.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(UsageError, match=words) as raised:
        Clip.load(path)
    assert str(path) in str(raised.value)


def test_what_is_no_record_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{ half")
    with pytest.raises(UsageError, match="a.json: is not JSON"):
        Clip.load(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(UsageError, match="is not the record of a clip"):
        Clip.load(tmp_path / "a.json")
    with pytest.raises(UsageError, match=r"b.json: no such record"):
        Clip.load(tmp_path / "b.wav")


def test_nothing_is_written_without_samples(tmp_path: Path) -> None:
    with pytest.raises(VoiceactError, match="has no samples to write"):
        Clip(record()).save(tmp_path / "a.wav")
    with pytest.raises(UsageError, match="expected one of .wav"):
        Clip(record(), sound()).save(tmp_path / "a.mp3")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_keeps_the_clip_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    really = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if ".json" in self.name:
            raise OSError(28, "No space left on device")
        return really(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(VoiceactError, match="the disk is full"):
        Clip(record(text="Other."), sound(1)).save(tmp_path / "a.wav")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_published_schema_is_the_one_in_use() -> None:
    published = files("voiceact.clip").joinpath("clip.schema.json").read_bytes()
    # Stale? Write it again: python -m voiceact.clip.record > voiceact/clip/clip.schema.json
    assert json.loads(published) == clip.json_schema()


def test_the_schema_describes_what_is_written() -> None:
    definition = clip.json_schema()["$defs"]["Record"]
    assert list(definition["properties"]) == RECORD_KEYS
    assert definition["additionalProperties"] is False
    assert msgspec.to_builtins(record()).keys() == definition["properties"].keys()
