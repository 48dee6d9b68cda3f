"""The straight line: what is asked is resolved once, performed, recorded, and can be performed again."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from voiceact import synth
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.clip.clip import Clip
from voiceact.engines.base import Capabilities, Engine, Licences, Take
from voiceact.engines.registry import load_engine
from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.synthesis.replay import replay_clip
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, recall_request, resolve_request
from voiceact.synthesis.synthesize import perform, replay

TEXT = "A short one."


def resolve(**asked: Any) -> ResolvedRequest:
    return resolve_request(SynthesisRequest(**{"persona": "nurse", "text": TEXT, **asked}))


class Flat(Engine):
    """An engine that follows nothing but the rate, and speaks a second of its seed."""

    name, version, model_sha256 = "flat", "1", "0" * 64
    capabilities = Capabilities(
        moves=frozenset({"rate"}),
        languages=("en", "de"),
        sample_rate=8000,
        deterministic=True,
        licences=Licences("MIT", "MIT", "none"),
    )

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str, seed: int) -> Take:
        return Take(np.full(8000, seed / 100, np.float32), 8000, seed)


def test_a_nurse_is_concerned() -> None:
    clip = synth(persona="nurse", emotion="Concern")
    record = clip.record
    assert (record.category, record.intensity, record.persona) == ("distress", 5.0, "nurse")
    assert record.requested.emotions == ["Concern"]
    assert clip.samples is not None and 2 < record.audio.duration < 12
    assert record.text and record.direction.instruction


def test_several_emotions_with_their_own_intensities() -> None:
    record = synth(persona="opera-diva", emotion=["Pride:3", "Sadness:5"], text=TEXT).record
    assert record.mix == {"pride": 3.0, "sadness": 5.0}
    assert (record.category, record.intensity) == ("sadness", 5.0)


def test_without_a_text_the_line_fits_and_the_seed_picks_it() -> None:
    texts = [resolve(emotions="Anger", text=None, seed=seed).text for seed in range(8)]
    assert len(set(texts)) > 2
    assert texts == [resolve(emotions="Anger", text=None, seed=seed).text for seed in range(8)]


def test_the_twin_is_the_same_line_read_neutrally() -> None:
    request = resolve(emotions="Anger", seed=7)
    plain = request.neutral()
    assert (plain.text, plain.seed, plain.persona) == (request.text, request.seed, request.persona)
    zero = resolve(emotions="Joy:0", seed=7)
    assert perform(plain).samples.tobytes() == perform(zero).samples.tobytes()  # type: ignore[union-attr]


def test_files_of_the_twin_and_of_intensity_zero_are_equal_to_the_byte(tmp_path: Path) -> None:
    request = resolve(emotions="Fear:0", seed=2)
    perform(request).save(tmp_path / "zero.wav")
    perform(request.neutral()).save(tmp_path / "twin.wav")
    assert (tmp_path / "zero.wav").read_bytes() == (tmp_path / "twin.wav").read_bytes()


def test_a_saved_clip_is_replayed_to_the_byte(tmp_path: Path) -> None:
    synth(
        persona="shy-teenager", emotion="Embarrassment", text=TEXT, seed=3, direction="whispering", lexicon={"short": "shoort"}
    ).save(tmp_path / "clip.flac")
    found = replay_clip(tmp_path / "clip.json", tmp_path / "again.flac")
    assert found.identical and found.faithful
    assert (tmp_path / "again.flac").read_bytes() == (tmp_path / "clip.flac").read_bytes()


def test_a_replay_that_differs_says_how_far(tmp_path: Path) -> None:
    synth(persona="nurse", emotion="Anger", text=TEXT).save(tmp_path / "clip.wav")
    record = json.loads((tmp_path / "clip.json").read_text())
    record["direction"]["moves"]["energy"] += 6
    (tmp_path / "clip.json").write_text(json.dumps(record))
    found = replay_clip(tmp_path / "clip.json")
    assert not found.identical and not found.faithful
    assert found.sentence.startswith("different:") and "dB" in found.sentence


def test_a_record_of_another_model_is_not_replayed_silently(tmp_path: Path) -> None:
    clip = synth(persona="nurse", text=TEXT)
    other = msgspec.structs.replace(clip.record.engine, model_sha256="f" * 64)
    with pytest.raises(UsageError, match="whose model is not the one installed here"):
        recall_request(msgspec.structs.replace(clip.record, engine=other))


def test_a_replay_needs_no_persona_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: mine\ndescription: me\ngender: male\nage: 40\nvoice: {f0_hz: 120, tract: 1.1}\n")
    clip = synth(persona=str(mine), text=TEXT).save(tmp_path / "a.wav")
    mine.unlink()
    assert replay(Clip.load(tmp_path / "a.json").record).samples.tobytes() == clip.samples.tobytes()  # type: ignore[union-attr]


def test_what_an_engine_cannot_follow_is_said_before_it_speaks() -> None:
    request = resolve(emotions="Anger", engine=Flat(), direction="to the dog")
    assert "engine 'flat' cannot follow move 'pitch'; it is ignored" in request.notes
    assert "engine 'flat' cannot follow the words 'to the dog' of the direction; it is ignored" in request.notes
    assert not any("'rate'" in note for note in request.notes)
    assert resolve(emotions="Anger").notes == ()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"persona": "nurze"}, "unknown persona 'nurze'; did you mean 'nurse'"),
        ({"emotions": "Concrn"}, "Concrn"),
        ({"engine": "embeded"}, "unknown engine 'embeded'; did you mean 'embedded'"),
        ({"language": "fr"}, "engine 'embedded' does not speak 'fr'; it speaks: en"),
        ({"emotions": "Anger:8"}, "8"),
        ({"intensity": "very", "emotions": "Anger"}, "very"),
        ({"seed": -1}, "seed is -1; expected a whole number from 0"),
        ({"text": "  "}, "empty"),
        ({"text": "a" * 100_001}, "characters"),
        ({"text": "🎉🎉"}, "nothing is left to speak of the text: dropped what cannot be spoken: 🎉"),
        ({"text": "<speak></speak>"}, "nothing but markup"),
        ({"text": "你好"}, "你好"),
        ({"text": "a\x07b"}, "U\\+0007"),
    ],
)
def test_bad_input_is_one_clear_sentence(asked: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        resolve(**asked)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2


def test_an_unknown_name_lists_what_there_is() -> None:
    error = UnknownNameError("thing", "zzzz", ["b", "a"], "look there")
    assert str(error) == "unknown thing 'zzzz'; known: a, b; look there"
    assert str(UnknownNameError("thing", "zzzz", [])) == "unknown thing 'zzzz'; no thing is defined"
    assert install_command("plot") in str(MissingExtraError("drawing", "plot"))


def test_loudness_is_the_personas_and_not_the_clips() -> None:
    persona = "nurse"
    shout = synth(persona=persona, emotion="Anger:7", text="Get out of this room at once, all of you.")
    quiet = synth(persona=persona, emotion="Sadness:7", text="Get out of this room at once, all of you.")
    assert shout.record.audio.lufs - quiet.record.audio.lufs > 6  # type: ignore[operator]
    assert shout.record.audio.peak < 10 ** (-0.9 / 20)


def test_the_engine_is_loaded_once() -> None:
    assert load_engine() is load_engine()
