"""The engine moss: what the model is asked for, and that its code runs only where the user allows it."""

import warnings
from datetime import date
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from tiny_moss import save_tiny_moss

from voiceact.acting.direction import direct
from voiceact.acting.persona import Consent, load_persona
from voiceact.audio import write
from voiceact.engines.neural.moss import MOSS_RATE, MossEngine, MossModel, count_tokens, mix_to_mono
from voiceact.engines.registry import describe_engines
from voiceact.errors import UsageError, VoiceactError

NURSE = load_persona("nurse")
CONSENT = Consent(who="A. Speaker", statement="may be used", date=date(2024, 5, 31), evidence="letter")


class Ids(int):
    """A batch of input ids, as far as the engine touches it."""

    def to(self, device):
        return self


class Processor:
    """Records the messages it is asked for, and gives each token 80 ms of sound in two channels."""

    def __init__(self):
        self.messages, self.encoded = [], []

    def build_user_message(self, **message):
        self.messages.append(message)
        return message

    def encode_audios_from_path(self, paths, n_vq):
        self.encoded.append((paths, n_vq))
        return ["codes"]

    def __call__(self, conversations, mode):
        assert mode == "generation"
        return {"input_ids": Ids(conversations[0][0]["tokens"]), "attention_mask": Ids(1)}

    def decode(self, output):
        return [SimpleNamespace(audio_codes_list=output)]


class Model:
    """Answers with a constant; `sounds` are what it gives back."""

    def __init__(self):
        self.calls, self.sounds = [], None

    def generate(self, **arguments):
        self.calls.append(arguments)
        constant = np.stack([np.full(int(arguments["input_ids"]) * 3840, value, np.float32) for value in (0.2, 0.4)])
        return [constant] if self.sounds is None else self.sounds


@pytest.fixture
def engine(tmp_path, monkeypatch):
    pytest.importorskip("torch", reason="torch is not installed (voiceact[transformers])")
    pytest.importorskip("transformers", reason="transformers is not installed (voiceact[transformers])")
    for name in ("model", "codec"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}")
    model = MossModel(Model(), Processor())
    return MossEngine(model=str(tmp_path / "model"), codec=str(tmp_path / "codec"), loaded=model)


def messages(engine):
    return engine.moss.processor.messages


def test_length_follows_the_words_and_the_rate_asked_for():
    assert count_tokens("one two three four", 1.0) == 24 and count_tokens("one two three four", 2.0) == 12
    assert count_tokens("oh", 40.0) == 1


def test_channels_become_one():
    assert mix_to_mono(np.array([[0.0, 1.0], [1.0, 1.0]])).tolist() == [0.5, 1.0]
    assert mix_to_mono([0.5]).tolist() == [0.5] and mix_to_mono(np.float64(0.5)).shape == (1,)


def test_it_is_listed_as_not_run():
    entry = next(entry for entry in describe_engines() if entry["name"] == "moss")
    assert "not run" in entry["steered_by"] and entry["licences"]["weights"].startswith("Apache-2.0")


def test_a_persona_without_a_recording_is_described_in_words(engine):
    direction = direct(NURSE, [("relief", 6.0)], language="en", seed=3)
    with pytest.warns(UserWarning, match="'nurse' has no recording, so each line may be another person's"):
        take = engine.perform("Sit [shrugs] down, please.", NURSE, direction, language="en", seed=3)
    told = messages(engine)[0]
    assert told["text"] == "Sit down, please." and told["language"] == "English" and "reference" not in told
    assert told["instruction"].startswith("The voice of a ") and told["instruction"].endswith("(sighing)")
    assert direction.instruction in told["instruction"] and told["tokens"] == round(18 / direction.moves.rate)
    # The second message is the calibration, which asks for no feeling.
    assert "(sighing)" not in messages(engine)[1]["instruction"]
    call = engine.moss.model.calls[0]
    assert call["max_new_tokens"] == round(2.2 * told["tokens"]) + 300 and call["do_sample"]
    assert call["audio_temperature"] == 0.8 and call["audio_top_k"] == 25
    assert take.sample_rate == MOSS_RATE and take.seed == 3


def test_only_the_first_piece_of_a_long_line_opens_with_the_sound(engine):
    text = " ".join(["This is a sentence of seven short words."] * 12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pieces = engine.pieces(line(text, NURSE, [("relief", 6.0)]))
    assert len(pieces) > 1 and [piece.instruction.endswith("(sighing)") for piece in pieces].count(True) == 1


def test_a_sound_that_the_line_names_is_asked_for_in_place_of_the_category_s(engine):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        piece = engine.pieces(line("Sit [yawns] down.", NURSE, [("relief", 6.0)]))[0]
    assert piece.text == "Sit down." and piece.instruction.endswith("(yawning)")
    assert "(sighing)" not in piece.instruction and "yawn" in engine.capabilities.sounds


def line(text, persona, mix, language="en"):
    from voiceact.engines.base import BatchLine

    return BatchLine(text, persona, direct(persona, mix, language=language, seed=3), language, 3)


def test_a_recorded_voice_is_cloned_and_a_plain_reading_has_no_instruction(engine, tmp_path):
    write(tmp_path / "voice.wav", np.full(48_000, 0.1, np.float32), 24_000)
    voice = msgspec.structs.replace(NURSE.voice, reference=str(tmp_path / "voice.wav"))
    cloned = msgspec.structs.replace(NURSE, voice=voice, consent=CONSENT)
    plain, acted = (engine.pieces(line("Sit down.", cloned, mix))[0] for mix in ([], [("anger", 5.0)]))
    assert plain.reference == acted.reference == ["codes"] and plain.instruction == ""
    assert acted.instruction and "The voice of" not in acted.instruction
    assert len(engine.moss.processor.encoded) == 1 and engine.moss.processor.encoded[0][1] == 12
    with pytest.raises(UsageError, match="consent is missing"):
        engine.pieces(line("Sit down.", msgspec.structs.replace(cloned, consent=None), []))


def test_a_cast_is_drawn_once_and_stays(engine, tmp_path):
    folder = tmp_path / "cast"
    for _ in range(2):
        made = MossEngine(
            model=str(tmp_path / "model"),
            codec=str(tmp_path / "codec"),
            cast=str(folder),
            loaded=MossModel(Model(), Processor()),
        )
        assert made.pieces(line("Sit down.", NURSE, []))[0].reference == ["codes"]
        drawn = len(made.moss.model.calls)
    assert drawn == 0 and (folder / "nurse.wav").is_file() and "kettle" in (folder / "nurse.txt").read_text()


def test_no_sound_is_an_error_and_no_empty_take(engine):
    engine.moss.model.sounds = []
    with warnings.catch_warnings(), pytest.raises(VoiceactError, match="MOSS gave no sound for 'Sit down.'"):
        warnings.simplefilter("ignore")
        engine.perform("Sit down.", NURSE, direct(NURSE, []), language="en", seed=3)


def test_other_languages_are_refused(engine):
    with pytest.raises(UsageError, match="fr"):
        engine.pieces(line("Assieds-toi.", NURSE, [], language="fr"))


def test_remote_code_is_the_user_s_choice_and_then_runs(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed (voiceact[transformers])")
    pytest.importorskip("transformers", reason="transformers is not installed (voiceact[transformers])")
    folder = save_tiny_moss(tmp_path / "moss")
    options = {"model": str(folder), "codec": str(folder), "device": "cpu"}
    with pytest.raises(UsageError, match="runs Python code that lies beside the weights .*allow it with remote_code=yes"):
        MossEngine(**options)
    with pytest.raises(UsageError, match="remote_code='perhaps' is not known; expected yes or no"):
        MossEngine(**options, remote_code="perhaps")
    engine = MossEngine(**options, remote_code="yes")
    assert engine.moss.processor.codec_path == str(folder)
    direction = direct(NURSE, [("anger", 5.0)], language="de", seed=3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        takes = [engine.perform("Setz dich hin.", NURSE, direction, language="de", seed=seed) for seed in (3, 3, 4)]
    assert takes[0].samples.tobytes() == takes[1].samples.tobytes() != takes[2].samples.tobytes()
    assert takes[0].duration == pytest.approx(count_tokens("Setz dich hin.", direction.moves.rate) * 0.08, abs=0.01)


def test_a_folder_that_holds_no_model_is_said(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed (voiceact[transformers])")
    pytest.importorskip("transformers", reason="transformers is not installed (voiceact[transformers])")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="empty: cannot be loaded"):
        MossEngine(model=str(tmp_path / "empty"), codec=str(tmp_path / "empty"), device="cpu", remote_code="yes")
