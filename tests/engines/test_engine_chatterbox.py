"""The engine chatterbox: the package's own classes with random weights, and without it the pure part: a direction's knobs."""

import shutil
from datetime import date

import msgspec
import numpy as np
import pytest
from gpu import needs_gpu
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.controls import add_markers, load_controls
from voiceact.acting.direction import direct
from voiceact.acting.persona import Consent, load_persona
from voiceact.acting.taxonomy import categories
from voiceact.audio import write
from voiceact.engines.base import BatchLine, unfollowed
from voiceact.engines.neural.chatterbox.engine import MOST_CHARACTERS, ChatterboxEngine, generate_arguments
from voiceact.engines.neural.chatterbox.model import VARIANT_FILES, find_variant, languages_of, offline
from voiceact.engines.neural.common import split_text
from voiceact.engines.registry import describe_engines
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError

NURSE = load_persona("nurse")


def asked(category="anger", intensity=5.0, persona=NURSE, seed=3):
    return direct(persona, [(category, intensity)], language="en", seed=seed)


@given(
    st.sampled_from([category.id for category in categories()]),
    st.floats(0, 7),
    st.floats(0, 7),
    st.sampled_from(["english", "multilingual"]),
)
def test_exaggeration_never_falls_and_guidance_never_rises_as_intensity_grows(category, one, other, variant):
    weak, strong = (generate_arguments(variant, NURSE, asked(category, level), "en") for level in sorted((one, other)))
    assert 0.5 <= weak["exaggeration"] <= strong["exaggeration"] <= 1.1
    assert 0.5 >= weak["cfg_weight"] >= strong["cfg_weight"] >= 0.3


def test_nothing_asked_is_what_the_package_calls_neutral():
    assert generate_arguments("english", NURSE, asked(intensity=0.0), "en") == {"exaggeration": 0.5, "cfg_weight": 0.5}


def test_turbo_is_told_no_knob_it_would_ignore_and_has_sounds_instead():
    assert generate_arguments("turbo", NURSE, asked(intensity=7.0), "en") == {}
    assert add_markers("chatterbox-turbo", "Well.", [("amusement", 5)]) == "[laugh] Well."
    assert set(load_controls()["tags"]["chatterbox-turbo"].values()) == {"[laugh]", "[chuckle]"}


def test_a_voice_that_speaks_another_language_is_not_guided():
    cloned = msgspec.structs.replace(NURSE, voice=msgspec.structs.replace(NURSE.voice, reference="a.wav"))
    assert generate_arguments("multilingual", cloned, asked(), "de")["cfg_weight"] == 0.0
    assert generate_arguments("multilingual", cloned, asked(), "en")["cfg_weight"] > 0.0
    assert generate_arguments("multilingual", NURSE, asked(), "de") == generate_arguments(
        "multilingual", NURSE, asked(), "en"
    ) | {"language_id": "de"}


def test_a_folder_tells_which_variant_it_is(tmp_path):
    with pytest.raises(UsageError, match="holds no Chatterbox; expected one of t3_cfg.safetensors"):
        find_variant(tmp_path, None)
    (tmp_path / "t3_turbo_v1.safetensors").touch()
    with pytest.raises(
        UsageError, match="lacks ve.safetensors, s3gen_meanflow.safetensors, tokenizer_config.json of the variant turbo"
    ):
        find_variant(tmp_path, None)
    for name in (*VARIANT_FILES["turbo"], *VARIANT_FILES["english"]):
        (tmp_path / name).touch()
    assert find_variant(tmp_path, None) == "english" and find_variant(tmp_path, "turbo") == "turbo"
    with pytest.raises(UsageError, match="variant='tiny' is not known"):
        find_variant(tmp_path, "tiny")


def test_it_is_listed_with_its_watermark_whether_it_is_here_or_not():
    entry = next(entry for entry in describe_engines() if entry["name"] == "chatterbox")
    assert "exaggeration" in entry["steered_by"] and "watermark" in entry["licences"]["output"]
    assert entry["state"] in ("here", "voiceact engine install chatterbox") and "dtype" not in entry["options"]


def test_without_the_package_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "chatterbox", None)
    monkeypatch.setitem(sys.modules, "chatterbox.tts", None)
    with pytest.raises(MissingExtraError, match=r"\[chatterbox\]"):
        ChatterboxEngine()


# --- With the package


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip(
        "chatterbox",
        reason="chatterbox-tts is not installed (it pins torch 2.6: an environment of its own)",
        exc_type=ImportError,
    )
    import tiny_chatterbox

    return tiny_chatterbox.save_tiny_chatterbox(tmp_path_factory.mktemp("chatterbox"))


@pytest.fixture(scope="module")
def engine(folder):
    """One for all tests: it takes seconds to load."""
    import tiny_chatterbox

    made = ChatterboxEngine(model=str(folder), device="cpu")
    made.told = tiny_chatterbox.hurry(made.model)
    made.gains |= {"cloned-nurse": 1.0, "other": 1.0}
    return made


@pytest.fixture
def cloned(tmp_path):
    write(tmp_path / "voice.wav", (0.1 * np.sin(np.arange(48_000) / 20)).astype(np.float32), 24_000)
    voice = msgspec.structs.replace(NURSE.voice, reference=str(tmp_path / "voice.wav"))
    papers = Consent(who="A. Speaker", statement="may be used", date=date(2024, 5, 31), evidence="letter")
    return msgspec.structs.replace(NURSE, name="cloned-nurse", voice=voice, consent=papers)


def act(engine, persona, text="Sit down.", seed=3, **mix):
    return engine.perform(text, persona, asked(persona=persona, **mix), language="en", seed=seed)


def test_a_line_is_spoken_by_the_real_classes_and_its_seed_and_knobs_decide_it(engine, cloned):
    take, again, other = (act(engine, cloned, seed=seed) for seed in (3, 3, 4))
    assert take.sample_rate == 24_000 and take.samples.dtype == np.float32 and len(take.samples) > 2400
    assert np.isfinite(take.samples).all() and 0 < np.abs(take.samples).max() <= 1
    assert np.array_equal(take.samples, again.samples) and not np.array_equal(take.samples, other.samples)
    knobs = generate_arguments("english", cloned, asked(persona=cloned), "en")
    assert float(engine.told[-1]["t3_cond"].emotion_adv) == pytest.approx(knobs["exaggeration"])
    assert engine.told[-1]["cfg_weight"] == pytest.approx(knobs["cfg_weight"])
    assert engine.told[-1]["temperature"] == 0.8


def test_it_runs_on_a_gpu_where_there_is_one(folder, cloned):
    needs_gpu()
    import tiny_chatterbox

    made = ChatterboxEngine(model=str(folder), device="cuda")
    tiny_chatterbox.hurry(made.model)
    take = act(made, cloned)
    assert not made.capabilities.deterministic and len(take.samples) > 0 and np.isfinite(take.samples).all()


def test_the_tag_of_a_text_reaches_nobody_and_what_is_not_followed_is_said(engine, cloned):
    act(engine, cloned, text="Sit [laughs] down.", intensity=7.0)
    assert engine.told[-1]["text_tokens"][0][1:-1].tolist() == engine.model.tokenizer.text_to_tokens("Sit down.")[0].tolist()
    assert engine.unheard(cloned, asked()) == ["category 'anger' but by how much of it (one knob for all feelings)"]
    assert "move 'pitch'" in unfollowed(engine, cloned, asked())
    assert engine.capabilities.reference and not engine.capabilities.instruction
    assert engine.capabilities.licences.output.endswith("Perth watermark")


def test_every_take_goes_through_the_watermarker(engine, cloned, monkeypatch):
    marked = []
    real = engine.model.watermarker.apply_watermark
    monkeypatch.setattr(
        engine.model.watermarker, "apply_watermark", lambda *args, **told: marked.append(real(*args, **told)) or marked[-1]
    )
    take = act(engine, cloned)
    assert len(marked) == 1 and len(marked[0]) == len(take.samples)


def test_each_persona_keeps_its_own_voice_after_another_has_spoken(engine, cloned, tmp_path):
    write(tmp_path / "other.wav", np.random.default_rng(1).normal(0, 0.1, 48_000).astype(np.float32), 24_000)
    other = msgspec.structs.replace(
        cloned, name="other", voice=msgspec.structs.replace(cloned.voice, reference=str(tmp_path / "other.wav"))
    )
    voices = []
    for persona in (cloned, other, cloned):
        act(engine, persona)
        voices.append(engine.told[-1]["t3_cond"].speaker_emb)
    assert (voices[0] == voices[2]).all() and (voices[0] != voices[1]).any()


def test_a_style_clip_gives_the_way_of_speaking_and_the_voice_stays(engine, cloned, tmp_path, monkeypatch):
    from voiceact.engines.neural.styles import read_styles

    write(tmp_path / "fury.wav", np.random.default_rng(2).normal(0, 0.1, 48_000).astype(np.float32), 24_000)
    (tmp_path / "styles.json").write_text('[{"path": "fury.wav", "category": "anger", "intensity": 6}]', "utf-8")
    monkeypatch.setattr(engine, "bank", read_styles(tmp_path / "styles.json"))
    own, style = engine.persona_conditionals(cloned), engine.recording_conditionals(tmp_path / "fury.wav")
    mixed = engine.conditionals(cloned, asked(intensity=6.0))
    assert mixed.t3.cond_prompt_speech_tokens is style.t3.cond_prompt_speech_tokens
    assert mixed.t3.speaker_emb is own.t3.speaker_emb and mixed.gen is own.gen
    assert engine.persona_conditionals(cloned).t3.cond_prompt_speech_tokens is not style.t3.cond_prompt_speech_tokens
    assert engine.unheard(cloned, asked()) == []


def test_a_persona_without_a_recording_is_told_what_there_is(engine, folder, cloned):
    with pytest.raises(UsageError, match="has no recording, and Chatterbox imitates one"):
        act(engine, NURSE)
    with pytest.raises(UsageError, match="consent is missing"):
        act(engine, msgspec.structs.replace(cloned, consent=None))
    with pytest.raises(UsageError, match="has no conds.pt"):
        ChatterboxEngine(model=str(folder), device="cpu", voice="built-in")
    with pytest.raises(UsageError, match="voice='alba' is not known"):
        ChatterboxEngine(model=str(folder), voice="alba")


def test_another_language_and_nothing_to_say_are_refused(engine, cloned):
    with pytest.raises(UsageError, match="does not speak 'de'; it speaks: en"):
        engine.perform("Setz dich.", cloned, asked(), language="de")
    with pytest.raises(UsageError, match="has nothing to say"):
        act(engine, cloned, text="[laughs]")


def test_a_long_text_is_cut_where_the_model_is_still_steady(engine, cloned):
    pieces = engine.pieces(BatchLine("This is a sentence of some length, as good as any. " * 12, cloned, asked()))
    assert len(pieces) == 3 and all(len(piece.text) <= MOST_CHARACTERS for piece in pieces)
    assert split_text("a b", 280) == ["a b"]


def test_bad_weights_are_told(folder, tmp_path):
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)

    def instead(name, data):
        (tmp_path / name).unlink()
        (tmp_path / name).write_bytes(data)

    whole = (folder / "ve.safetensors").read_bytes()
    instead("ve.safetensors", whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="damaged or cut short"):
        ChatterboxEngine(model=str(tmp_path), device="cpu")
    instead("ve.safetensors", whole)
    (tmp_path / "t3_cfg.safetensors").unlink()
    shutil.copyfile(folder / "ve.safetensors", tmp_path / "t3_cfg.safetensors")
    with pytest.raises(UsageError, match="of another model"):
        ChatterboxEngine(model=str(tmp_path), device="cpu")
    (tmp_path / "t3_cfg.safetensors").unlink()
    (tmp_path / "t3_cfg.safetensors").symlink_to(folder / "t3_cfg.safetensors")
    instead("s3gen.safetensors", whole)
    with pytest.raises(UsageError, match=r"lack [0-9]+ of what its config.json describes"):
        ChatterboxEngine(model=str(tmp_path), device="cpu")


def test_a_file_that_would_run_code_is_refused(folder, tmp_path):
    import torch

    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    torch.save({"t3": Stranger()}, tmp_path / "conds.pt")
    with pytest.raises(UsageError, match="holds more than weights and would run code"):
        ChatterboxEngine(model=str(tmp_path), device="cpu")


class Stranger:
    """What no file of weights holds."""


def test_chinese_is_spoken_only_where_its_table_is_and_nothing_is_fetched_for_it(folder):
    from types import SimpleNamespace

    import huggingface_hub
    from chatterbox.models.tokenizers.tokenizer import MTLTokenizer

    before = huggingface_hub.constants.HF_HUB_OFFLINE
    with offline():
        assert huggingface_hub.constants.HF_HUB_OFFLINE is True
        tokenizer = MTLTokenizer(str(folder / "tokenizer.json"))
    after = huggingface_hub.constants.HF_HUB_OFFLINE
    assert after == before
    spoken = languages_of(SimpleNamespace(tokenizer=tokenizer), "multilingual")
    assert "zh" not in spoken and "de" in spoken and len(spoken) == 22
    assert languages_of(None, "english") == ("en",)


def test_missing_weights_name_the_command_that_fetches_them(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    with pytest.raises(UsageError, match="voiceact model fetch chatterbox"):
        ChatterboxEngine()
