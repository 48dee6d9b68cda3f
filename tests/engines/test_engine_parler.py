"""The engine parler: the package's own classes with tiny random weights, and without it the pure part: a description.

Random weights cannot show that a description is obeyed; that it reaches the model's generate is shown.
"""

import shutil
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from gpu import needs_gpu
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.controls import RECORDED, describe_speech, load_controls, scale_word
from voiceact.acting.direction import Direction, direct
from voiceact.acting.moves import Moves
from voiceact.acting.persona import list_personas, load_persona
from voiceact.acting.taxonomy import categories
from voiceact.engines.base import BatchLine, unfollowed
from voiceact.engines.neural.parler import ParlerEngine
from voiceact.engines.registry import describe_engines
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError

NURSE = load_persona("nurse")


def asked(category="anger", intensity=5.0, persona=NURSE, seed=3):
    return direct(persona, [(category, intensity)], language="en", seed=seed)


# --- Without the package


@given(st.sampled_from(["rate", "pitch", "range"]), st.floats(-30, 30), st.floats(-30, 30))
def test_more_never_has_a_word_of_less(scale, one, other):
    words = list(load_controls()["descriptions"][scale])
    low, high = sorted((one, other))
    assert words.index(scale_word(scale, low)) <= words.index(scale_word(scale, high))


def test_a_description_says_who_how_fast_how_high_and_how_lively():
    plain = replace(NURSE_PLAIN, mix=())
    assert describe_speech(NURSE, plain, "Talia") == (
        f"Talia speaks at a moderate speed, with a moderately pitched voice that is slightly expressive. {RECORDED}"
    )
    fast = Direction(Moves(rate=1.4, pitch=8, range=1.6, whisper=0.8), "", (("anger", 7.0),))
    assert describe_speech(NURSE, fast) == (
        "A 34-year-old woman speaks in a furious tone, very fast, with a very high-pitched voice that is very expressive and "
        f"animated, whispering. {RECORDED}"
    )


NURSE_PLAIN = Direction(Moves(), "")


@pytest.mark.parametrize("category", [category.id for category in categories()])
def test_a_description_holds_no_tags_and_its_word_grows_with_intensity(category):
    persona = next(persona for persona in list_personas() if persona.plays(category))
    told = [describe_speech(persona, asked(category, level, persona)) for level in (0.0, 1.0, 4.0, 7.0)]
    words = load_controls()["styles"]["elevenlabs"][category]
    assert " tone," not in told[0] and all(word in text for word, text in zip(words, told[1:], strict=True))
    assert not any(set("[]<>()") & set(text) for text in told)


def test_it_is_listed_whether_it_is_here_or_not():
    entry = next(entry for entry in describe_engines() if entry["name"] == "parler")
    assert entry["steered_by"] == "a description in words, level" and "CC-BY-NC-4.0" in entry["licences"]["weights"]
    assert entry["state"] in ("here", "voiceact engine install parler")


def test_without_the_package_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "parler_tts", None)
    with pytest.raises(MissingExtraError, match=r"\[parler\]"):
        ParlerEngine()


# --- With it


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip(
        "parler_tts",
        reason="parler-tts is not installed (it pins transformers 4.46.1: an environment of its own)",
        exc_type=ImportError,
    )
    import tiny_parler

    return tiny_parler.save_tiny_parler(tmp_path_factory.mktemp("parler") / "tiny")


@pytest.fixture
def engine(folder, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def of(**options):
        made = ParlerEngine(model=str(folder), **({"device": "cpu", "seconds": "0.3", "speaker": "Talia"} | options))
        made.heard = []
        real = made.parler.model.generate
        monkeypatch.setattr(made.parler.model, "generate", lambda **told: made.heard.append(told) or real(**told))
        return made

    return of


def act(engine, text="Sit down.", persona=NURSE, seed=3, **mix):
    return engine.perform(text, persona, asked(persona=persona, **mix), language="en", seed=seed)


def test_a_line_is_spoken_by_the_real_classes_and_the_seed_decides_it(engine):
    made = engine()
    take, again, other = (act(made, seed=seed) for seed in (3, 3, 4))
    assert take.sample_rate == 44_100 and take.samples.dtype == np.float32 and len(take.samples) > 4000
    assert np.isfinite(take.samples).all() and 0 < np.abs(take.samples).max() <= 1
    assert np.array_equal(take.samples, again.samples) and not np.array_equal(take.samples, other.samples)
    assert made.capabilities.instruction and unfollowed(made, NURSE, asked()) == []


def test_it_runs_on_a_gpu_where_there_is_one(engine):
    needs_gpu()
    made = engine(device="cuda")
    take = act(made)
    assert not made.capabilities.deterministic and len(take.samples) > 0 and np.isfinite(take.samples).all()


def test_what_the_package_says_to_those_who_write_models_is_not_heard(engine, caplog, capfd):
    act(engine())
    assert "overwritten" not in caplog.text and "attention_mask" not in caplog.text and capfd.readouterr() == ("", "")


def test_the_description_and_the_text_reach_the_model_each_in_its_place(engine):
    made = engine()
    act(made, text="Sit [laughs] down.")
    told = made.heard[0]
    assert "".join(made.parler.description_tokenizer.batch_decode(told["input_ids"][0])) == describe_speech(
        NURSE, asked(), "Talia"
    ).replace("-year-", "-year-")
    assert "".join(made.parler.tokenizer.batch_decode(told["prompt_input_ids"][0])) == "Sit down."
    assert told["attention_mask"].shape == told["input_ids"].shape


def test_a_long_text_is_one_batch_and_lines_together_have_each_their_own(engine):
    made = engine()
    made.gains["nurse"] = 1.0
    act(made, text="This is a sentence of some length, as good as any. " * 8)
    assert [len(told["input_ids"]) for told in made.heard] == [2]
    lines = [BatchLine("One.", NURSE, asked(), seed=1), BatchLine("Two, and more.", NURSE, asked("sadness"), seed=2)]
    takes = made.perform_batch(lines)
    assert len(takes) == 2 and not np.array_equal(takes[0].samples, takes[1].samples)
    # On a CPU they are the takes that each line has alone.
    for line, take in zip(lines, takes, strict=True):
        alone = made.perform(line.text, NURSE, line.direction, seed=line.seed)
        assert np.array_equal(take.samples, alone.samples) and take.seed == line.seed
    assert len(list(made.stream("This is a sentence of some length, as good as any. " * 8, NURSE, asked()))) == 2


def test_lines_are_not_joined_because_the_model_reads_a_padded_text_otherwise(engine):
    made = engine()
    pieces = [made.pieces(BatchLine(text, NURSE, asked()))[0] for text in ("Sit down now, please, and tell me.", "Go.")]
    together, alone = (
        made.speak(pieces, [5, 3]),
        [made.speak([piece], [seed])[0] for piece, seed in zip(pieces, [5, 3], strict=True)],
    )
    # The longest text has no padding, and draws what it draws alone.
    assert together[0].shape == alone[0].shape and np.allclose(together[0], alone[0], atol=1e-3 * np.abs(alone[0]).max())
    assert not made.joins_lines


def test_a_persona_without_a_name_is_said_to_be_many(engine):
    made = engine(speaker=None)
    with pytest.warns(UserWarning, match="no name that the model knows, so each line may be another person's"):
        assert made.voice_name(NURSE) is None


def test_what_it_cannot_do_is_refused(engine, folder, tmp_path):
    made = engine()
    with pytest.raises(UsageError, match="does not speak 'de'; it speaks: en"):
        made.perform("Setz dich.", NURSE, asked(), language="de")
    with pytest.raises(UsageError, match="has nothing to say"):
        act(made, text="[laughs]")
    cloned = msgspec.structs.replace(NURSE, voice=msgspec.structs.replace(NURSE.voice, reference="a.wav"))
    with pytest.raises(UsageError, match="has a recording, and Parler-TTS imitates none"):
        act(made, persona=cloned)
    assert "the persona's reference recording" in unfollowed(made, cloned, asked())


def test_bad_weights_are_told(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path / "models"))
    with pytest.raises(UsageError, match="voiceact model fetch parler-tts-mini-expresso"):
        ParlerEngine()
    copy = shutil.copytree(folder, tmp_path / "copy")
    whole = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="damaged or cut short"):
        ParlerEngine(model=str(copy), device="cpu")
    import safetensors.torch as files

    files.save_file({"stranger": __import__("torch").zeros(2)}, str(copy / "model.safetensors"), {"format": "pt"})
    with pytest.raises(UsageError, match="lack [0-9]+ of what its config.json describes"):
        ParlerEngine(model=str(copy), device="cpu")
    (copy / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    with pytest.raises(UsageError, match="a model of the kind 'bert'; expected parler_tts"):
        ParlerEngine(model=str(copy), device="cpu")
