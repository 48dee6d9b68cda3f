"""The engine qwen: the package's own classes with tiny random weights and a real codec, loaded from published-like folders.

Random weights cannot show that an instruction is obeyed; that it reaches the model's generate is shown.
"""

import json
import shutil
from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest
from gpu import needs_gpu

from voiceact.acting.direction import direct
from voiceact.acting.persona import Consent, load_persona
from voiceact.audio import write
from voiceact.engines.base import BatchLine, unfollowed
from voiceact.engines.neural.qwen.engine import QwenEngine, find_folders, generation_options
from voiceact.engines.neural.qwen.model import LANGUAGE_NAMES, read_kind
from voiceact.engines.registry import describe_engines
from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError

NURSE = load_persona("nurse")
GRANDPA = load_persona("grumpy-lovable-grandpa")


def asked(category="anger", intensity=5.0, persona=NURSE, seed=3):
    return direct(persona, [(category, intensity)], language="en", seed=seed)


# --- Without the package


def folder_of(path, **config):
    path.mkdir(parents=True, exist_ok=True)
    (path / "config.json").write_text(json.dumps({"model_type": "qwen3_tts", **config}), "utf-8")
    return path


def test_a_folder_says_which_kind_it_is(tmp_path):
    assert read_kind(folder_of(tmp_path, tts_model_type="base")) == "base"
    with pytest.raises(UsageError, match="holds a model of the kind 'bert'; expected a Qwen3-TTS of the kind voice_design"):
        read_kind(folder_of(tmp_path, model_type="bert"))
    with pytest.raises(UsageError, match="expected a Qwen3-TTS"):
        read_kind(folder_of(tmp_path, tts_model_type="singing"))
    (tmp_path / "config.json").write_text("{", "utf-8")
    with pytest.raises(UsageError, match="has no config.json that can be read"):
        read_kind(tmp_path)


def test_base_belongs_to_voice_design_unless_it_is_declined(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path / "models"))
    design = folder_of(tmp_path / "design", tts_model_type="voice_design")
    custom = folder_of(tmp_path / "custom", tts_model_type="custom_voice")
    with pytest.raises(UsageError, match="voiceact model fetch qwen3-tts-voice-design"):
        find_folders(None, None)
    with pytest.raises(UsageError, match="voiceact model fetch qwen3-tts-custom-voice"):
        find_folders("qwen3-tts-custom-voice", None)
    with pytest.raises(UsageError, match="voiceact model fetch qwen3-tts-base"):
        find_folders(str(design), None)
    base = folder_of(tmp_path / "models" / "qwen3-tts-base", tts_model_type="base")
    assert find_folders(str(design), None) == [design, base]
    assert find_folders(str(design), "none") == [design]
    assert find_folders(str(custom), None) == [custom]
    assert find_folders("qwen3-tts-base", None) == [base]
    with pytest.raises(UsageError, match="base=.* clones what VoiceDesign designs, and .*custom is none"):
        find_folders(str(custom), str(base))


def test_options_become_the_packages_arguments():
    assert generation_options("0.7", "4") == {"temperature": 0.7, "subtalker_temperature": 0.7, "max_new_tokens": 50}
    assert generation_options(None, None) == {}
    with pytest.raises(UsageError, match="seconds=0 makes no sense"):
        generation_options(None, "0")


def test_it_is_listed_with_what_it_needs_whether_it_is_here_or_not():
    entry = next(entry for entry in describe_engines() if entry["name"] == "qwen")
    assert "0.6B" in entry["steered_by"] and entry["licences"]["weights"] == "Apache-2.0"
    assert entry["state"] in ("here", "voiceact engine install qwen") and set(entry["languages"]) == set(LANGUAGE_NAMES)


def test_without_the_package_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "qwen_tts", None)
    with pytest.raises(MissingExtraError, match=r"\[qwen\]"):
        QwenEngine()


# --- With it


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """The folder of a tiny model of a kind, made once."""
    pytest.importorskip(
        "qwen_tts",
        reason="qwen-tts is not installed (it pins transformers 4.57.3: an environment of its own)",
        exc_type=ImportError,
    )
    import tiny_qwen

    made = {}

    def of(kind, size="1b7"):
        if (kind, size) not in made:
            made[kind, size] = tiny_qwen.save_tiny_qwen(tmp_path_factory.mktemp("qwen") / f"{kind}-{size}", kind, size=size)
        return made[kind, size]

    return of


@pytest.fixture
def engine(models, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def of(kind, base=None, size="1b7", **options):
        return QwenEngine(
            model=str(models(kind, size)),
            base=str(models("base")) if base == "base" else base,
            **({"device": "cpu", "seconds": "0.6"} | options),
        )

    return of


@pytest.fixture
def cloned(tmp_path):
    write(tmp_path / "voice.wav", (0.1 * np.sin(np.arange(36_000) / 20)).astype(np.float32), 24_000)
    (tmp_path / "voice.txt").write_text("good morning to you\n", "utf-8")
    voice = msgspec.structs.replace(NURSE.voice, reference=str(tmp_path / "voice.wav"))
    papers = Consent(who="A. Speaker", statement="may be used", date=date(2024, 5, 31), evidence="letter")
    return msgspec.structs.replace(NURSE, name="cloned-nurse", voice=voice, consent=papers)


def act(engine, text="Sit down now.", persona=NURSE, seed=3, **mix):
    return engine.perform(text, persona, asked(persona=persona, **mix), language="en", seed=seed)


def heard_by(model, monkeypatch):
    """What the real generate of a model is given, as texts."""
    seen = []
    inner = model.package_model.model
    real, tokens = inner.generate, model.package_model.processor.tokenizer

    def spy(**told):
        seen.append(
            {
                "instruct": [None if ids is None else tokens.decode(ids[0]) for ids in told.get("instruct_ids") or []],
                "ref": [None if ids is None else tokens.decode(ids[0]) for ids in told.get("ref_ids") or []],
                "text": [tokens.decode(ids[0]) for ids in told["input_ids"]],
                "clone": told.get("voice_clone_prompt"),
                "speakers": told.get("speakers"),
                "languages": told["languages"],
            }
        )
        return real(**told)

    monkeypatch.setattr(inner, "generate", spy)
    return seen


@pytest.mark.parametrize(
    ("kind", "base", "options"),
    [("voice_design", "base", {}), ("voice_design", "none", {}), ("custom_voice", None, {"speaker": "Vivian"})],
)
@pytest.mark.filterwarnings("ignore:.*without Base")
def test_a_line_is_spoken_by_the_real_classes_and_the_seed_decides_it(engine, kind, base, options):
    made = engine(kind, base, **options)
    take, again, other = (act(made, seed=seed) for seed in (3, 3, 4))
    assert take.sample_rate == 24_000 and take.samples.dtype == np.float32 and len(take.samples) > 2400
    assert np.isfinite(take.samples).all() and 0 < np.abs(take.samples).max() <= 1
    assert np.array_equal(take.samples, again.samples) and not np.array_equal(take.samples, other.samples)
    assert made.capabilities.instruction and made.capabilities.reference == (base == "base")
    assert made.capabilities.languages == ("zh", "en")


def test_it_runs_on_a_gpu_where_there_is_one(engine):
    needs_gpu()
    made = engine("voice_design", "base", device="cuda")
    take = act(made)
    assert not made.capabilities.deterministic and len(take.samples) > 0 and np.isfinite(take.samples).all()


@pytest.mark.filterwarnings("ignore:.*without Base")
def test_voice_and_acting_reach_voice_design_as_words(engine, monkeypatch):
    made = engine("voice_design", "none")
    made.gains["nurse"] = 1.0
    seen = heard_by(made.models["voice_design"], monkeypatch)
    act(made, text="Sit [laughs] down.", intensity=6.0)
    told = seen[0]["instruct"][0]
    assert "34-year-old woman" in told and asked(intensity=6.0).instruction in told
    assert "Sit down." in seen[0]["text"][0] and "laughs" not in seen[0]["text"][0]
    assert seen[0]["languages"] == ["english"]


def test_without_base_it_is_said_that_a_persona_is_many(engine):
    with pytest.warns(UserWarning, match="every line is designed anew, so a persona is not one person"):
        engine("voice_design", "none")


def test_a_designed_persona_keeps_its_voice_and_only_the_way_of_speaking_changes(engine, monkeypatch):
    made = engine("voice_design", "base")
    act(made)
    seen = heard_by(made.models["base"], monkeypatch)
    designs = heard_by(made.models["voice_design"], monkeypatch)
    for category, intensity in (("anger", 5.0), ("sadness", 6.0), ("anger", 0.0)):
        act(made, category=category, intensity=intensity)
    assert all((told["clone"]["ref_spk_embedding"][0] == seen[0]["clone"]["ref_spk_embedding"][0]).all() for told in seen)
    base = made.models["base"]
    acted = {
        category: made.style_recording(NURSE, asked(category, level)) for category, level in (("anger", 5.0), ("sadness", 6.0))
    }
    assert seen[0]["clone"]["ref_code"][0] is base.recording_prompt(acted["anger"]).ref_code
    assert seen[1]["clone"]["ref_code"][0] is base.recording_prompt(acted["sadness"]).ref_code
    assert seen[2]["clone"]["ref_code"][0] is base.recording_prompt(made.cast.recording(NURSE)).ref_code
    assert made.style_recording(NURSE, asked("anger", 0.0)) is None
    # Anger was designed before, sadness is new, and what nothing is asked of takes the persona's own.
    assert len(designs) == 1 and asked("sadness", 6.0).instruction in designs[0]["instruct"][0]
    assert made.unheard(NURSE, asked()) == []


def test_another_persona_is_another_voice_and_the_same_one_is_the_same_for_ever(engine, tmp_path):
    made = engine("voice_design", "base", cast=str(tmp_path / "cast"))
    first = made.cast.recording(NURSE).samples
    assert not np.array_equal(first, made.cast.recording(GRANDPA).samples)
    assert np.array_equal(first, engine("voice_design", "base").cast.recording(NURSE).samples)
    assert sorted(path.name for path in (tmp_path / "cast").iterdir()) == [
        f"{name}.{end}" for name in ("grumpy-lovable-grandpa", "nurse") for end in ("txt", "wav")
    ]


def test_a_recording_is_cloned_with_its_words_and_without_them_by_the_embedding_alone(engine, cloned, monkeypatch, tmp_path):
    made = engine("base")
    seen = heard_by(made.models["base"], monkeypatch)
    act(made, persona=cloned)
    assert seen[-1]["clone"]["icl_mode"] == [True] and seen[-1]["clone"]["ref_code"][0] is not None
    (tmp_path / "voice.txt").unlink()
    act(engine("base"), persona=cloned)
    again = engine("base")
    seen = heard_by(again.models["base"], monkeypatch)
    act(again, persona=cloned)
    assert seen[-1]["clone"]["x_vector_only_mode"] == [True]
    assert made.unheard(cloned, asked())[0].startswith("category 'anger' but by energy")
    assert "move 'pitch'" in unfollowed(made, cloned, asked(persona=cloned))


def test_a_style_clip_gives_the_way_of_speaking_and_the_voice_stays(engine, cloned, monkeypatch, tmp_path):
    write(tmp_path / "fury.wav", np.random.default_rng(1).normal(0, 0.1, 36_000).astype(np.float32), 24_000)
    (tmp_path / "fury.txt").write_text("get out of here", "utf-8")
    (tmp_path / "styles.json").write_text('[{"path": "fury.wav", "category": "anger", "intensity": 6}]', "utf-8")
    made = engine("base", styles=str(tmp_path / "styles.json"))
    seen = heard_by(made.models["base"], monkeypatch)
    act(made, persona=cloned, intensity=0.0)
    act(made, persona=cloned, intensity=6.0)
    plain, angry = seen[-2], seen[-1]
    assert (plain["clone"]["ref_spk_embedding"][0] == angry["clone"]["ref_spk_embedding"][0]).all()
    assert "good morning to you" in plain["ref"][0] and "get out of here" in angry["ref"][0]
    assert plain["clone"]["ref_code"][0] is not angry["clone"]["ref_code"][0]
    assert made.unheard(cloned, asked()) == []


def test_the_instruction_reaches_a_large_custom_voice_and_a_small_one_says_that_it_drops_it(engine, monkeypatch):
    made = engine("custom_voice", speaker="ryan")
    seen = heard_by(made.models["custom_voice"], monkeypatch)
    act(made)
    assert asked().instruction in seen[0]["instruct"][0] and seen[0]["speakers"] == ["ryan"]
    with pytest.warns(UserWarning, match=r"size 0b6\) drops every instruction; the 1.7B model follows them"):
        small = engine("custom_voice", size="0b6", speaker="ryan")
    seen = heard_by(small.models["custom_voice"], monkeypatch)
    act(small)
    assert seen[0]["instruct"] in ([None], [])
    assert not small.capabilities.instruction and "move 'pitch'" in unfollowed(small, NURSE, asked())
    assert small.unheard(NURSE, asked()) == ["category 'anger' but by energy (this model takes no instruction)"]


@pytest.mark.parametrize("size", ["0b6", "1b7", "b6", "4b"])
def test_whether_it_drops_them_is_decided_as_the_package_decides_it(models, size):
    import inspect

    from qwen_tts import Qwen3TTSModel

    from voiceact.engines.neural.qwen.model import DROPPING

    assert f'tts_model_size in "{DROPPING}"' in inspect.getsource(Qwen3TTSModel.generate_custom_voice)
    assert (size in DROPPING) == (size in ("0b6", "b6"))


def test_a_long_text_is_one_batch_and_lines_together_have_each_their_own(engine, monkeypatch):
    made = engine("custom_voice", speaker="ryan")
    act(made)
    seen = heard_by(made.models["custom_voice"], monkeypatch)
    act(made, text="This is a sentence of some length, as good as any other. " * 10)
    assert [len(told["text"]) for told in seen] == [2]
    lines = [BatchLine("One.", NURSE, asked(), seed=1), BatchLine("Two, and more.", NURSE, asked("sadness"), seed=2)]
    takes = made.perform_batch(lines)
    assert len(takes) == 2 and not np.array_equal(takes[0].samples, takes[1].samples)
    # On a CPU they are the takes that each line has alone.
    for line, take in zip(lines, takes, strict=True):
        alone = made.perform(line.text, NURSE, line.direction, seed=line.seed)
        assert np.array_equal(take.samples, alone.samples) and take.seed == line.seed
    assert len(list(made.stream("This is a sentence of some length. " * 20, NURSE, asked()))) == 2


def test_a_line_in_company_draws_what_it_draws_alone(engine):
    """Up to rounding, which is another in a batch: the model draws tokens, and each line has its own seed."""
    made = engine("custom_voice", speaker="ryan")
    texts = ("Sit down now, please, and tell me.", "Go.", "Sit down now, please, and tell me.")
    pieces = [piece for text in texts for piece in made.pieces(BatchLine(text, NURSE, asked()))]
    together = made.speak(pieces, [5, 3, 9])
    alone = [made.speak([piece], [seed])[0] for piece, seed in zip(pieces, [5, 3, 9], strict=True)]
    for first, second in zip(together, alone, strict=True):
        assert first.shape == second.shape and np.allclose(first, second, atol=1e-3 * np.abs(second).max())
    assert made.joins_lines and not np.array_equal(alone[0], alone[2])


def test_voices_have_names(engine, tmp_path):
    with pytest.raises(UsageError, match=r"no voice among the 2 of the model \(ryan, vivian\)"):
        act(engine("custom_voice"))
    with pytest.raises(UnknownNameError, match="nobody"):
        act(engine("custom_voice", speaker="nobody"))
    with pytest.raises(UsageError, match="are voices of CustomVoice"):
        engine("voice_design", "base", speaker="ryan")
    with pytest.raises(UsageError, match="is followed by Base only"):
        (tmp_path / "s.json").write_text("[]", "utf-8")
        engine("custom_voice", styles=str(styles_of(tmp_path)))


def styles_of(folder):
    write(folder / "a.wav", np.zeros(36_000, np.float32), 24_000)
    (folder / "s.json").write_text('[{"path": "a.wav", "category": "anger", "intensity": 6}]', "utf-8")
    return folder / "s.json"


@pytest.mark.filterwarnings("ignore:.*without Base")
def test_whose_voice_is_missing_is_told(engine, cloned):
    with pytest.raises(UsageError, match="has no recording, and Base has no voice of its own"):
        act(engine("base"))
    with pytest.raises(UsageError, match="VoiceDesign clones none; give Base"):
        act(engine("voice_design", "none"), persona=cloned)
    with pytest.raises(UsageError, match="consent is missing"):
        act(engine("base"), persona=msgspec.structs.replace(cloned, consent=None))


def test_bad_weights_are_told(models, tmp_path):
    folder = shutil.copytree(models("base"), tmp_path / "base")
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UsageError, match="damaged or cut short"):
        QwenEngine(model=str(folder), device="cpu")
    shutil.copyfile(folder / "speech_tokenizer" / "model.safetensors", folder / "model.safetensors")
    with pytest.raises(UsageError, match="lack [0-9]+ of what its config.json describes"):
        QwenEngine(model=str(folder), device="cpu")
    shutil.rmtree(folder / "speech_tokenizer")
    with pytest.raises(UsageError, match="has no speech_tokenizer"):
        QwenEngine(model=str(folder), device="cpu")


def test_another_language_nothing_to_say_and_a_gpu_that_is_not_there(engine, models):
    made = engine("custom_voice", speaker="ryan")
    with pytest.raises(UsageError, match="does not speak 'de'; it speaks: zh, en"):
        made.perform("Setz dich.", NURSE, asked(), language="de")
    with pytest.raises(UsageError, match="has nothing to say"):
        act(made, text="[sighs] …")
    import torch

    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="this machine has 0 GPUs"):
            QwenEngine(model=str(models("base")), device="cuda")


def test_fetched_weights_have_their_licence(models, tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    for kind, name in (("voice_design", "qwen3-tts-voice-design"), ("base", "qwen3-tts-base")):
        shutil.copytree(models(kind), tmp_path / name)
        weights.lock_folder(tmp_path / name, name, "0" * 40)
    made = QwenEngine(device="cpu")
    assert made.capabilities.licences.weights == "Apache-2.0"
    moves = asked().moves
    quiet = replace(asked(), moves=replace(moves, energy=moves.energy - 6))
    assert made.capabilities.moves == {"energy"} and quiet.moves.energy == moves.energy - 6
