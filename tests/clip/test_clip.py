"""The record of a clip: made, written, read, and refused where it is not one."""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import soundfile
from builders import build_record, build_request, build_take

from voiceact import audio
from voiceact.acting.moves import Moves
from voiceact.acting.persona import load_persona
from voiceact.clip import record as clip
from voiceact.clip.clip import Clip
from voiceact.clip.record import LineOrigin, RecipeOrigin, Requested, decode_record, encode_record
from voiceact.clip.verdict import VerdictRecord
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import sha256_file

RECORD_KEYS = [
    "schema_version",
    "id",
    "text",
    "language",
    "persona",
    "requested",
    "origin",
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


def sound(seed: int = 7) -> np.ndarray:
    return build_take(seed=seed).samples


def saved(folder: Path, name: str = "a.wav", **changes: Any) -> Clip:
    return Clip(build_record(**changes), sound()).save(folder / name)


def test_the_record_has_exactly_these_keys(tmp_path: Path) -> None:
    saved(tmp_path)
    document = json.loads((tmp_path / "a.json").read_text())
    assert list(document) == RECORD_KEYS
    assert list(document["direction"]) == ["moves", "instruction"]
    assert list(document["engine"]) == ["name", "version", "model_sha256", "license"]
    assert list(document["audio"]) == ["path", "sha256", "sample_rate", "duration", "peak", "lufs"]
    assert document["created"] == "2026-01-02T03:04:05Z"
    assert document["verdict"] is None
    assert document["origin"] is None
    assert document["replay"]["persona"] == json.loads(json.dumps(load_persona("nurse").as_dict()))


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
    assert build_record(take=build_take(np.zeros(24000, np.float32))).audio.lufs is None


def test_the_file_says_what_it_is_and_nothing_of_the_feeling(tmp_path: Path) -> None:
    saved(tmp_path, "felt.wav")
    saved(tmp_path, "neutral.wav", mix={}, requested=Requested(persona="nurse"), created=None)
    assert (tmp_path / "felt.wav").read_bytes() == (tmp_path / "neutral.wav").read_bytes()
    with soundfile.SoundFile(tmp_path / "felt.wav") as file:
        assert file.title == "nurse (synthetic voice)"
        assert "Synthetic speech" in file.comment
        assert "no recording of a person" in file.comment
        assert file.copyright == "CC0-1.0"


def test_ids_are_equal_for_clips_made_alike_and_only_for_those() -> None:
    base = build_record()
    assert len(base.id) == 16
    assert base.id == build_record(created=None, requested=Requested(persona="nurse", text="typed otherwise")).id
    assert base.id == build_record(origin=LineOrigin("a", 1)).id
    direction = build_request().direction
    different = [
        build_record(text="How is he?"),
        build_record(seed=8),
        build_record(language="de"),
        build_record(persona=msgspec.structs.replace(load_persona("nurse"), age=35)),
        build_record(direction=replace(direction, moves=Moves(rate=1.1))),
        build_record(direction=replace(direction, instruction="Quietly.")),
    ]
    assert len({base.id, *(one.id for one in different)}) == 7


def test_a_set_date_is_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert clip.timestamp() == "1970-01-01T00:00:00Z"


def verdict(level: str) -> VerdictRecord:
    return VerdictRecord(level, [], {"distress": 5.0}, {"distress": "category"}, None, "none", [], None)  # type: ignore[arg-type]


def test_an_earlier_verdict_is_added_to_and_never_rewritten(tmp_path: Path) -> None:
    first, second, third = verdict("verified"), verdict("rejected"), verdict("undecided")
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
        ({"schema_version": 9}, "has schema version 9; this voiceact reads versions 1 and 2; install"),
        ({"schema_version": None}, "is not the record of a clip"),
        ({"intensity": 8}, r"is not a valid record: Expected `float` <= 7.0 - at `\$.intensity`"),
        ({"seed": "seven"}, r"is not a valid record: Expected `int`, got `str` - at `\$.seed`"),
        (
            {"verdict": {"outcome": "verified"}},
            r"is not a valid record: Object contains unknown field `outcome` - at `\$.verdict`",
        ),
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
        Clip(build_record()).save(tmp_path / "a.wav")
    with pytest.raises(UsageError, match="expected one of .wav"):
        Clip(build_record(), sound()).save(tmp_path / "a.mp3")
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
        Clip(build_record(text="Other."), sound(1)).save(tmp_path / "a.wav")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_published_schema_is_the_one_in_use() -> None:
    published = files("voiceact.clip").joinpath("clip.schema.json").read_bytes()
    # Stale? Write it again: python -m voiceact.clip.record > voiceact/clip/clip.schema.json
    assert json.loads(published) == json.loads(msgspec.json.encode(clip.record_schema()))


def test_the_schema_describes_what_is_written() -> None:
    definition = clip.record_schema()["$defs"]["Record"]
    assert list(definition["properties"]) == [*RECORD_KEYS, "director"]  # which stands in the record of a directed take alone
    assert definition["additionalProperties"] is False
    assert list(msgspec.to_builtins(build_record())) == RECORD_KEYS


RECORDS = Path(__file__).parents[1] / "records"
VERSION_1 = {
    "version-1.json": (None, ["Anger:6"], None),
    "version-1-lines.json": (LineOrigin("scene/b", 1), ["Sadness"], "5"),
    "version-1-recipe.json": (RecipeOrigin("tiny", 3, 1, "en-0003", "Apache-2.0", "neutral"), [], None),
}


@pytest.mark.parametrize("name", VERSION_1)
def test_records_of_version_1_are_read_and_written_as_version_2(name: str) -> None:
    """The files were written by voiceact 0.1.0, one of each origin."""
    document = json.loads((RECORDS / name).read_text())
    assert document["schema_version"] == 1
    record = clip.load_record(RECORDS / name)
    assert (record.origin, record.requested.emotions, record.requested.intensity) == VERSION_1[name]
    written = json.loads(encode_record(record))
    assert written["schema_version"] == 2
    moved = ("schema_version", "requested", "origin")
    assert {key: value for key, value in written.items() if key not in moved} == {
        key: value for key, value in document.items() if key not in moved
    }
    assert decode_record(encode_record(record), "again") == record
    assert clip.identity(record) == record.id


def test_the_neutral_twin_of_version_1_is_read() -> None:
    document = json.loads((RECORDS / "version-1.json").read_text())
    document["requested"] |= {"emotions": [], "twin": True}
    assert decode_record(json.dumps(document).encode(), "a.json").requested.emotions == []


@pytest.mark.parametrize("requested", [None, [], "x", {}, {"recipe": "tiny"}, {"line": 3, "persona": "nurse"}])
def test_a_record_of_version_1_with_another_request_is_refused(requested: Any) -> None:
    document = json.loads((RECORDS / "version-1.json").read_text()) | {"requested": requested}
    with pytest.raises(UsageError, match=r"^a\.json: is not a valid record: "):
        decode_record(json.dumps(document).encode(), "a.json")
