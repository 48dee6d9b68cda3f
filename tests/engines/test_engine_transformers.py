"""The engine transformers: the library's own classes with tiny random weights, loaded from a folder as published ones are.

What random weights cannot show is not claimed here: that a sound is heard as a laugh, or a scene obeyed.
"""

import json
import sys
from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pytest
from gpu import needs_gpu

from voiceact.acting.controls import list_markers, load_controls
from voiceact.acting.direction import direct
from voiceact.acting.persona import Consent, Voice, load_persona
from voiceact.acting.stage_directions import Stage
from voiceact.audio import write
from voiceact.engines.base import BatchLine, unfollowed
from voiceact.engines.neural.reference import Cast, VoiceRecording, read_recording, voice_seed
from voiceact.engines.registry import load_engine
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError
from voiceact.synthesis.request import ignored

torch = pytest.importorskip("torch", reason="needs torch: pip install 'voiceact[transformers]'")
library = pytest.importorskip("transformers", minversion="5.0", reason="needs transformers 5")

import tiny_transformers as tiny  # noqa: E402

from voiceact.engines.neural.transformers.engine import FAMILIES, TransformersEngine  # noqa: E402
from voiceact.engines.neural.transformers.families import Piece  # noqa: E402

NURSE = load_persona("nurse")
SPEAKERS = {"vits": "1", "bark": "v2/en_speaker_9"}
REAL = tuple(SPEAKERS) + ("dia", "csm", "pocket", "vibevoice", "higgs")


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """The folder of a tiny model, made once."""
    made = {}

    def of(name):
        if name == "higgs":
            pytest.importorskip("torchaudio", reason="the codec of Higgs Audio needs torchaudio, which is not installed")
        if name == "vibevoice":
            pytest.importorskip("diffusers", reason="VibeVoice needs diffusers, which is not installed")
        if name not in made:
            made[name] = getattr(tiny, f"save_tiny_{name}")(tmp_path_factory.mktemp("models") / name)
        return made[name]

    return of


@pytest.fixture
def engine(models, monkeypatch):
    """An engine with a tiny model, for half a second a piece; nothing may be fetched."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    def of(name, **options):
        told = {"speaker": SPEAKERS[name]} if name in SPEAKERS else {}
        return TransformersEngine(model=str(models(name)), **({"device": "cpu", "seconds": "0.5"} | told | options))

    return of


@pytest.fixture
def cloned(tmp_path):
    """The nurse with a recording, its words beside it."""
    write(tmp_path / "voice.wav", (0.1 * np.sin(np.arange(36_000) / 20)).astype(np.float32), 24_000)
    (tmp_path / "voice.txt").write_text("good morning to you\n", "utf-8")
    voice = msgspec.structs.replace(NURSE.voice, reference=str(tmp_path / "voice.wav"))
    papers = Consent(who="A. Speaker", statement="may be used", date=date(2024, 5, 31), evidence="letter")
    return msgspec.structs.replace(NURSE, name="cloned-nurse", voice=voice, consent=papers)


def asked(category="amusement", intensity=5.0, persona=NURSE, seed=3):
    return direct(persona, [(category, intensity)], language="en", seed=seed)


def act(engine, text="Sit down now.", persona=NURSE, seed=3, **mix):
    return engine.perform(text, persona, asked(persona=persona, **mix), language="en", seed=seed)


def persona_for(name, cloned):
    return cloned if name == "pocket" else NURSE


@pytest.mark.parametrize("name", REAL)
def test_it_runs_on_a_gpu_where_there_is_one(engine, cloned, name):
    needs_gpu()
    made = engine(name, device="cuda")
    take = act(made, persona=persona_for(name, cloned))
    assert not made.capabilities.deterministic and len(take.samples) > 0 and np.isfinite(take.samples).all()


def test_the_library_knows_every_family_by_the_same_name_and_class():
    from transformers.models.auto.modeling_auto import MODEL_FOR_TEXT_TO_WAVEFORM_MAPPING_NAMES as known

    for name, traits in FAMILIES.items():
        expected = known.get(name) or {"dia": "DiaForConditionalGeneration"}[name]
        assert traits.make.model_class == expected
        assert hasattr(library, expected)


@pytest.mark.parametrize("name", REAL)
def test_a_line_is_spoken_by_the_real_classes_and_the_seed_decides_it(engine, cloned, name):
    made, persona = engine(name), persona_for(name, cloned)
    take, again, other = (act(made, persona=persona, seed=seed) for seed in (3, 3, 4))
    assert take.samples.dtype == np.float32 and take.samples.ndim == 1 and len(take.samples) > 0.1 * take.sample_rate
    assert np.isfinite(take.samples).all() and 0 < np.abs(take.samples).max() <= 1
    assert take.sample_rate == made.capabilities.sample_rate and take.seed == 3
    assert np.array_equal(take.samples, again.samples)
    assert not np.array_equal(take.samples, other.samples)
    assert made.capabilities.deterministic


@pytest.mark.parametrize("name", REAL)
def test_a_batch_gives_each_line_its_own_sound_and_nothing_is_drawn_from_the_callers_seed(engine, cloned, name):
    made, persona = engine(name), persona_for(name, cloned)
    state = torch.get_rng_state()
    texts = ("Sit down now.", "Go.")
    takes = made.perform_batch([BatchLine(text, persona, asked(persona=persona), seed=seed) for seed, text in enumerate(texts)])
    assert not np.array_equal(takes[0].samples, takes[1].samples)
    # On a CPU they are the takes that each line has alone.
    for seed, (text, take) in enumerate(zip(texts, takes, strict=True)):
        assert np.array_equal(take.samples, act(made, text, persona, seed).samples) and take.seed == seed
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize("name", ["csm", "dia", "higgs"])
def test_a_line_in_company_draws_what_it_draws_alone(engine, name):
    """Up to rounding, which is another in a batch: the model draws tokens, and each line has its own seed."""
    made = engine(name)
    texts = ("Sit down now, please, and tell me.", "Go.", "Sit down now, please, and tell me.")
    pieces = [piece for text in texts for piece in made.pieces(BatchLine(text, NURSE, asked()))]
    together = made.speak(pieces, [5, 3, 9])
    alone = [made.speak([piece], [seed])[0] for piece, seed in zip(pieces, [5, 3, 9], strict=True)]
    for first, second in zip(together, alone, strict=True):
        assert first.shape == second.shape and np.allclose(first, second, atol=1e-3 * np.abs(second).max())
    assert made.joins_lines and not np.array_equal(alone[0], alone[2])


@pytest.mark.parametrize("name", ["vits", "bark", "pocket", "vibevoice"])
def test_a_family_that_draws_noise_or_in_several_passes_is_given_one_line_at_a_time(engine, name):
    assert not engine(name).joins_lines


@pytest.mark.parametrize("name", ["bark", "dia"])
def test_a_sound_reaches_the_model_as_its_own_tag_and_a_family_without_tags_gets_none(engine, name):
    made = engine(name)
    tags = load_controls()["tags"][name]

    def text(words, level):
        return made.pieces(BatchLine(words, NURSE, asked(intensity=level)))[0].text

    assert text("Well sit <b>down</b>.", 0.0) == "Well sit down."
    assert text("Well sit <b>down</b>.", 5.0) == f"{tags['laugh']} Well sit down."
    assert text("Well sit <b>down</b>.", 3.0) == " ".join(filter(None, [tags.get("chuckle"), "Well sit down."]))
    # A sound that the line names stands in its place, and no other is added.
    for level in (0.0, 5.0):
        assert text("Well [sighs], sit <b>down</b>.", level) == f"Well {tags['sigh']}, sit down."
    assert made.capabilities.sounds == set(tags)
    assert made.unheard(NURSE, asked(intensity=5.0)) == [f"category 'amusement' but by the sound {tags['laugh']}"]


@pytest.mark.parametrize("name", ["vits", "csm", "vibevoice"])
def test_a_family_without_tags_never_sees_one_and_says_what_it_cannot_be_told(engine, name):
    made = engine(name)
    for category in ("amusement", "sadness", "fear"):
        for level in (1.0, 4.0, 7.0):
            text = made.pieces(BatchLine("Sit [sighs] down (laughs).", NURSE, asked(category, level)))[0].text
            assert text == "Sit down ."
    assert made.unheard(NURSE, asked())[0].startswith("category 'amusement' but by energy")
    assert made.unheard(NURSE, direct(NURSE, [], language="en")) == []
    assert "move 'pitch'" in unfollowed(made, NURSE, asked("fear", 6.0))
    told = ignored(made, NURSE, asked("fear", 6.0), Stage())
    assert "engine 'transformers' cannot follow move 'pitch'; it is ignored" in told
    assert any(sentence.startswith("engine 'transformers' cannot follow category 'fear' but by energy") for sentence in told)


def test_the_tag_reaches_the_call_of_the_library(engine, monkeypatch):
    made = engine("bark")
    act(made, seed=1)
    seen = []
    real = made.family.processor.tokenizer
    monkeypatch.setattr(made.family.processor, "tokenizer", lambda text, **told: seen.append(text) or real(text, **told))
    act(made, seed=1)
    assert seen == [["[laughs] Sit down now."]]


def test_the_rate_of_vits_is_followed_and_of_the_others_not_promised(engine):
    made = engine("vits")
    moves = asked("distress", 0.0).moves
    slow, fast = (
        made.perform("Sit down now please.", NURSE, replace(asked(intensity=0.0), moves=replace(moves, rate=rate)), seed=2)
        for rate in (0.7, 1.4)
    )
    # Half as long, but for each letter's length being rounded up to a frame.
    assert 0.45 < fast.duration / slow.duration < 0.7
    assert "rate" in made.capabilities.moves and "rate" not in engine("csm").capabilities.moves


def test_energy_is_a_gain_of_the_personas_own_level(engine):
    made = engine("vits")
    plain = asked(intensity=0.0)
    loud = replace(plain, moves=replace(plain.moves, energy=-6.0))
    one, other = (made.perform("Sit down.", NURSE, direction, seed=2).samples for direction in (plain, loud))
    assert np.abs(other).max() == pytest.approx(np.abs(one).max() * 10 ** (-6 / 20), rel=1e-3)


def test_the_scene_of_higgs_says_who_speaks_and_how(engine):
    made = engine("higgs")
    piece = made.pieces(BatchLine("Sit down.", NURSE, asked("fear", 6.0)))[0]
    turns = made.family.conversation(piece)
    scene = next(turn for turn in turns if turn["role"] == "scene")["content"][0]["text"]
    assert "34-year-old woman" in scene and "fear" in scene
    assert [turn["role"] for turn in turns] == ["system", "scene", "user", "assistant", "user"]
    assert made.capabilities.instruction and made.unheard(NURSE, asked()) == []
    assert unfollowed(made, NURSE, asked("fear", 6.0)) == []


# --- Voices


@pytest.mark.parametrize("name", ["dia", "csm", "pocket", "vibevoice", "higgs"])
def test_another_recording_is_another_voice(engine, cloned, name, tmp_path):
    made = engine(name)
    drawn = np.random.default_rng(1).normal(0, 0.1, 36_000).astype(np.float32)
    write(tmp_path / "other.wav", drawn, 24_000)
    (tmp_path / "other.txt").write_text("good morning to you", "utf-8")
    other = msgspec.structs.replace(
        cloned, name="other", voice=msgspec.structs.replace(cloned.voice, reference=str(tmp_path / "other.wav"))
    )
    first, second = ([made.pieces(BatchLine("Sit down.", who, asked(persona=who)))[0]] for who in (cloned, other))
    assert not np.array_equal(made.speak(first, [1])[0], made.speak(second, [1])[0])
    assert made.capabilities.reference and "the persona's reference recording" not in unfollowed(
        made, cloned, asked(persona=cloned)
    )


def test_a_persona_without_a_recording_is_given_one_voice_for_ever(engine, tmp_path):
    made = engine("csm", cast=str(tmp_path / "cast"), seconds="1.5")
    act(made)
    kept = read_recording(tmp_path / "cast" / "nurse.wav", with_words=True)
    assert kept.words.startswith("The kettle stands") and kept.rate == 24_000
    again = engine("csm", seconds="1.5").cast.recording(NURSE)
    assert np.array_equal(again.samples, kept.samples)
    assert voice_seed(NURSE) != voice_seed(load_persona("grumpy-lovable-grandpa"))


def test_a_kept_voice_is_used_instead_of_a_new_one(tmp_path):
    drawn = []

    def draw(persona, seed):
        drawn.append(seed)
        return VoiceRecording(np.full(48_000, 0.1, np.float32), 24_000, "words")

    assert Cast(draw, tmp_path).recording(NURSE).words == Cast(draw, tmp_path).recording(NURSE).words == "words"
    assert drawn == [voice_seed(NURSE)]


def test_a_recording_without_consent_is_refused(engine, cloned):
    with pytest.raises(UsageError, match="consent is missing"):
        act(engine("csm"), persona=msgspec.structs.replace(cloned, consent=None))


def test_the_words_of_a_recording_stand_beside_it(engine, cloned, tmp_path):
    (tmp_path / "voice.txt").unlink()
    with pytest.raises(UsageError, match="write its words into voice.txt beside it"):
        act(engine("csm"), persona=cloned)
    act(engine("vibevoice"), persona=cloned)


def test_a_recording_that_is_too_short_is_refused(engine, cloned, tmp_path):
    write(tmp_path / "voice.wav", np.zeros(2400, np.float32), 24_000)
    with pytest.raises(UsageError, match=r"is 0.10 s long; a voice needs 1 s or more"):
        act(engine("csm"), persona=cloned)


def test_pocket_has_no_voice_of_its_own(engine):
    with pytest.raises(UsageError, match="persona 'nurse' has no recording, and this model has no voice of its own"):
        act(engine("pocket"))


def test_each_persona_has_one_of_the_models_voices_or_it_is_told_which_there_are(engine, tmp_path):
    (tmp_path / "speakers.json").write_text(json.dumps({"nurse": "v2/en_speaker_0"}), "utf-8")
    made = engine("bark", speakers=str(tmp_path / "speakers.json"))
    assert made.model_voice(NURSE, "en") == "v2/en_speaker_0"
    with pytest.raises(UsageError, match=r"no voice among the 2 of the model \(v2/en_speaker_0, v2/en_speaker_9\)"):
        act(engine("bark", speaker=None))
    with pytest.raises(UnknownNameError, match="v2/en_speaker_5"):
        act(engine("bark", speaker="v2/en_speaker_5"))


def test_the_voice_of_the_model_is_heard(engine):
    one, other = (act(engine("vits", speaker=number)).samples for number in ("0", "2"))
    assert len(one) != len(other) or not np.array_equal(one, other)


# --- Long text, streams, memory


def test_a_long_text_is_one_batch_of_pieces_and_all_of_it_is_spoken(engine, monkeypatch):
    made = engine("vits", batch="2")
    seen = []
    speak = made.family.speak
    monkeypatch.setattr(made.family, "speak", lambda pieces: seen.append([piece.text for piece in pieces]) or speak(pieces))
    text = " ".join(
        f"This is sentence number {word} of a long text that goes on and on for a while."
        for word in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
    made.gains["nurse"] = 1.0
    act(made, text=text)
    assert [len(batch) for batch in seen] == [2, 1] or [len(batch) for batch in seen] == [2, 2]
    assert " ".join(piece for batch in seen for piece in batch) == text
    assert all(len(piece) <= 250 for batch in seen for piece in batch)


def test_a_stream_gives_the_first_piece_before_the_last(engine):
    made = engine("vits")
    text = "This is a sentence of some length, as good as any. " * 8
    chunks = made.stream(text, NURSE, asked(), language="en", seed=2)
    first = next(chunks)
    assert first.dtype == np.float32 and len(first) and len(list(chunks)) >= 1


def test_a_batch_that_does_not_fit_is_halved_and_that_is_said(engine, monkeypatch):
    made = engine("vits", batch="4")
    sizes = []
    speak = made.family.speak

    def small(pieces):
        sizes.append(len(pieces))
        if len(pieces) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return speak(pieces)

    monkeypatch.setattr(made.family, "speak", small)
    made.gains["nurse"] = 1.0
    pieces = [made.pieces(BatchLine(text, NURSE, asked()))[0] for text in ("One.", "Two.", "Three.", "Four.")]
    with pytest.warns(UserWarning, match="memory was full: going on with"):
        sounds = made.speak(pieces, range(4))
    assert sizes == [4, 2, 1, 1, 1, 1] and len(sounds) == 4


def test_a_line_that_does_not_fit_alone_is_an_error(engine, monkeypatch):
    made = engine("vits")
    made.gains["nurse"] = 1.0
    monkeypatch.setattr(made.family, "speak", lambda pieces: (_ for _ in ()).throw(torch.OutOfMemoryError("out of memory")))
    with pytest.raises(VoiceactError, match="one line alone does not fit"):
        act(made)


# --- Bad input


def test_another_language_is_refused(engine):
    with pytest.raises(UsageError, match="does not speak 'de'; it speaks: en"):
        engine("vits").perform("Setz dich.", NURSE, asked(), language="de")


def test_nothing_to_say_is_refused(engine):
    for text in ("", " ... ", "[laughs]"):
        with pytest.raises(UsageError, match="has nothing to say"):
            act(engine("vits"), text=text)
    with pytest.raises(UsageError, match="has no sound for"):
        act(engine("vits"), text="123")


def test_missing_weights_name_the_command_that_fetches_them(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    with pytest.raises(UsageError, match="voiceact model fetch bark-small"):
        TransformersEngine()
    with pytest.raises(UsageError, match="voiceact model fetch dia-1.6b"):
        TransformersEngine(model="dia-1.6b")
    with pytest.raises(UsageError, match="do not exist; expected a folder"):
        TransformersEngine(model=str(tmp_path / "nowhere"))


def test_fetched_weights_are_found_by_name_with_their_licence(models, tmp_path, monkeypatch):
    import shutil

    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    shutil.copytree(models("dia"), tmp_path / "dia-1.6b")
    shutil.move(tmp_path / "dia-1.6b" / "codec", tmp_path / "elsewhere")
    weights.lock_folder(tmp_path / "dia-1.6b", "dia-1.6b", "0" * 40)
    with pytest.raises(UsageError, match="voiceact model fetch dac-44khz"):
        TransformersEngine(model="dia-1.6b", device="cpu")
    shutil.move(tmp_path / "elsewhere", tmp_path / "dac-44khz")
    made = TransformersEngine(model="dia-1.6b", device="cpu")
    assert made.capabilities.licences.weights == "Apache-2.0"
    assert made.capabilities.licences.output == "no restriction by the model's licence"
    assert TransformersEngine(model=str(models("vits")), device="cpu").capabilities.licences.output == "unknown"


def copied(models, name, target):
    import shutil

    shutil.copytree(models(name), target)
    return target


def test_a_model_that_does_not_speak_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    with pytest.raises(UsageError, match="a model of the kind 'bert'; engine 'transformers' speaks with: bark, csm"):
        TransformersEngine(model=str(tmp_path))
    (tmp_path / "config.json").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match="names no model_type"):
        TransformersEngine(model=str(tmp_path))
    (tmp_path / "config.json").unlink()
    with pytest.raises(UsageError, match="has no config.json"):
        TransformersEngine(model=str(tmp_path))


def test_weights_that_are_cut_short_are_told(models, tmp_path):
    folder = copied(models, "vits", tmp_path / "cut")
    whole = (folder / "model.safetensors").read_bytes()
    for length in (4, len(whole) // 2):
        (folder / "model.safetensors").write_bytes(whole[:length])
        with pytest.raises(UsageError, match="damaged or cut short; fetch it again"):
            TransformersEngine(model=str(folder), device="cpu")


def test_weights_of_another_architecture_are_not_filled_up_with_noise(models, tmp_path):
    import shutil

    folder = copied(models, "vits", tmp_path / "mixed")
    shutil.copyfile(models("csm") / "model.safetensors", folder / "model.safetensors")
    with pytest.raises(UsageError, match="lack [0-9]+ of what its config.json describes"):
        TransformersEngine(model=str(folder), device="cpu")
    config = json.loads((models("vits") / "config.json").read_text("utf-8"))
    shutil.copyfile(models("vits") / "model.safetensors", folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 32}), "utf-8")
    with pytest.raises(UsageError, match="of another model than its config.json describes"):
        TransformersEngine(model=str(folder), device="cpu")


def test_a_file_that_would_run_code_is_refused(models, tmp_path):
    folder = copied(models, "vits", tmp_path / "pickle")
    (folder / "model.safetensors").unlink()
    torch.save({"weight": Stranger()}, folder / "pytorch_model.bin")
    with pytest.raises(UsageError, match="holds more than weights and would run code"):
        TransformersEngine(model=str(folder), device="cpu")


class Stranger:
    """What no file of weights holds."""


def test_a_gpu_that_is_not_there_is_told(models):
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="this machine has 0 GPUs that torch can use; take device=cpu"):
            TransformersEngine(model=str(models("vits")), device="cuda:0")
    with pytest.raises(UsageError, match="dtype 'int8' is not known"):
        TransformersEngine(model=str(models("vits")), device="cpu", dtype="int8")
    with pytest.raises(UsageError, match="temperature=0 makes no sense"):
        TransformersEngine(model=str(models("vits")), device="cpu", temperature="0")


def test_a_library_that_is_too_old_is_told_before_it_is_asked(monkeypatch):
    monkeypatch.setattr(sys.modules["transformers"], "__version__", "4.57.3")
    with pytest.raises(MissingExtraError, match=r"needs a newer part than transformers 4.57.3; .*\[transformers\]"):
        TransformersEngine()


def test_without_the_library_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"\[transformers\]"):
        TransformersEngine()


@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_a_dtype_is_followed(engine, dtype):
    assert np.isfinite(act(engine("csm", dtype=dtype)).samples).all()


def test_the_registry_finds_it_and_other_settings_are_another_model(models):
    made = load_engine(f"transformers:model={models('vits')},device=cpu,speaker=1")
    assert isinstance(made, TransformersEngine)
    other = load_engine(f"transformers:model={models('vits')},device=cpu,speaker=2")
    assert made.model_sha256 != other.model_sha256
    assert list_markers("bark") >= {"[laughs]"}
    assert Piece("a", "en").rate == 1.0 and Voice().reference is None
