"""The engine coqui: the library's own classes with tiny random weights, and without it what is only reading and choosing.

Random weights cannot show that a feeling is heard; that a style reaches the samples, in the proportion asked, is shown.
"""

import datetime
import json
import pickle
import shutil
import sys
import warnings
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
from gpu import needs_gpu
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.direction import Direction, direct
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Consent, load_persona
from voiceact.engines.base import unfollowed
from voiceact.engines.neural.coqui import loading as coqui_loading
from voiceact.engines.neural.coqui.engine import XTTS_LANGUAGES, CoquiEngine, find_languages, parse_temperature
from voiceact.engines.neural.coqui.weights import CPML, ModelFiles, find_coqui_model
from voiceact.engines.neural.coqui.xtts import STUDIO, Conditioning, CoquiVoice, split_anywhere, studio_speaker
from voiceact.engines.registry import describe_engines
from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError, install_command

NURSE = load_persona("nurse")
PLAIN = Direction(Moves(), "")
CONSENT = Consent(who="Ada", statement="My voice may be used.", date=datetime.date(2024, 5, 31), evidence="letter.pdf")


def asked(category="anger", intensity=6.0, **moves):
    return Direction(Moves(**moves), "", ((category, intensity),))


def recorded(path, persona=NURSE, consent=CONSENT):
    """The persona with a recording."""
    return msgspec.structs.replace(persona, consent=consent, voice=msgspec.structs.replace(persona.voice, reference=str(path)))


def recording(path, seconds=2.0, hertz=180.0, seed=0):
    """Harmonics in a little noise, as much of a voice as a test needs."""
    time = np.arange(round(seconds * 24_000)) / 24_000
    tone = sum(np.sin(2 * np.pi * hertz * number * time) / number for number in range(1, 8))
    sound = 0.1 * tone + 0.01 * np.random.default_rng(seed).standard_normal(len(time))
    soundfile.write(path, sound.astype(np.float32), 24_000)
    return path


# --- Without the library


def test_it_is_listed_whether_it_is_here_or_not():
    entry = next(entry for entry in describe_engines() if entry["name"] == "coqui")
    assert "reference recording" in entry["steered_by"] and "CPML" in entry["licences"]["weights"]
    assert entry["state"] in ("here", install_command("coqui")) and entry["languages"] == list(XTTS_LANGUAGES)
    assert set(entry["options"]) == {
        "model",
        "device",
        "dtype",
        "styles",
        "temperature",
        "speaker",
        "speakers",
        "vocoder",
        "language",
    }


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "TTS", None)
    with pytest.raises(MissingExtraError, match=r"\[coqui\]"):
        CoquiEngine()


def test_a_temperature_is_a_number_above_zero():
    assert parse_temperature(None) is None and parse_temperature("0.3") == 0.3
    with pytest.raises(UsageError, match="temperature=0 draws nothing; expected a number above 0"):
        parse_temperature("0")
    with pytest.raises(UsageError, match="temperature"):
        parse_temperature("warm")


def model_files(folder, **config):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    (folder / "model.pth").write_bytes(b"weights")
    return folder


def test_a_model_is_a_folder_or_a_file_of_weights(tmp_path):
    folder = model_files(tmp_path / "mine")
    assert find_coqui_model(str(folder)) == ModelFiles(folder / "model.pth", folder / "config.json")
    (folder / "epoch-9.pth").write_bytes(b"others")
    assert find_coqui_model(str(folder / "epoch-9.pth")).checkpoint == folder / "epoch-9.pth"
    assert find_coqui_model(str(folder)).output_licence == "unknown"
    with_vocoder = find_coqui_model(str(folder), str(model_files(tmp_path / "vocoder")))
    assert with_vocoder.vocoder.folder == tmp_path / "vocoder"


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("config.json", r"has no config.json; expected config.json and model.pth \(and vocab.json for XTTS\)"),
        ("model.pth", "has no weights; expected one of model.pth, .*or the file itself as model=FILE"),
    ],
)
def test_a_folder_that_lacks_a_file_is_told(tmp_path, missing, words):
    folder = model_files(tmp_path / "mine")
    (folder / missing).unlink()
    with pytest.raises(UsageError, match=words):
        find_coqui_model(str(folder))


def test_a_model_that_is_not_there_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("VOICEACT_MODELS", str(tmp_path))
    with pytest.raises(UsageError, match=r"does not exist; expected a folder with config.json .*or a name such as tts_models/"):
        find_coqui_model(str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="voiceact model fetch xtts-v2"):
        find_coqui_model(None)
    with pytest.raises(
        UsageError, match="'tts_models/multilingual/multi-dataset/bark' is not spoken by this engine; engine 'transformers'"
    ):
        find_coqui_model("tts_models/multilingual/multi-dataset/bark")


def test_the_weights_own_licence_is_kept_and_never_agreed_to(tmp_path, monkeypatch):
    folder = model_files(tmp_path / "xtts")
    (folder / "LICENSE.txt").write_text("# Coqui Public Model License 1.0.0\n", "utf-8")
    found = find_coqui_model(str(folder))
    assert found.licences == found.output_licence == CPML
    entry = weights.get("xtts-v2")
    assert "CPML" in entry.license and entry.consent
    with pytest.raises(UsageError, match="--accept-license"):
        weights.fetch("xtts-v2")


@given(st.lists(st.sampled_from(["MIT", "Apache-2.0", CPML, "unknown", "CC-BY-4.0"]), min_size=2, max_size=2))
def test_what_is_spoken_is_free_only_if_all_that_speaks_is(both):
    nowhere = Path("config.json")
    found = ModelFiles(nowhere, nowhere, both[0], vocoder=ModelFiles(nowhere, nowhere, both[1]))
    free = {*both} <= {"MIT", "Apache-2.0"}
    assert (found.output_licence == "no restriction by the model's licence") == free
    assert free or all(one in found.output_licence for one in both)


def test_another_file_of_weights_has_another_fingerprint(tmp_path):
    folder = model_files(tmp_path / "mine")
    before = find_coqui_model(str(folder)).fingerprint()
    assert find_coqui_model(str(shutil.copytree(folder, tmp_path / "copy"))).fingerprint() == before
    (folder / "config.json").write_text('{"model": "vits"}', "utf-8")
    assert find_coqui_model(str(folder)).fingerprint() != before
    vocoder = model_files(tmp_path / "vocoder")
    assert find_coqui_model(str(folder), str(vocoder)).fingerprint() != find_coqui_model(str(folder)).fingerprint()


def test_a_model_that_does_not_say_what_it_speaks_has_to_be_told():
    found = ModelFiles(Path("m/model.pth"), Path("m/config.json"))
    assert find_languages({"languages": ["en", "de", "en"]}, found, None) == ["en", "de"]
    assert find_languages({"datasets": [{"language": "fr"}]}, found, "de") == ["fr"]
    assert find_languages({}, found, "de") == ["de"] and find_languages({"phoneme_language": "en-us"}, found, None) == ["en-us"]
    with pytest.raises(UsageError, match="does not say which language the model speaks; add the option language=CODE"):
        find_languages({}, found, None)


def test_a_persona_without_a_recording_has_one_voice_of_the_model_for_ever():
    every = [*STUDIO["female"], *STUDIO["male"]]
    names = {load_persona(name).name: studio_speaker(load_persona(name), every) for name in ("nurse", "farmer", "news-anchor")}
    assert names == {name: studio_speaker(load_persona(name), every[::-1]) for name in names}
    assert studio_speaker(NURSE, every) in STUDIO["female"] and studio_speaker(NURSE, ["p225"]) is None
    assert len({*every}) == len(every) == 57


@given(st.text(min_size=1, max_size=40), st.integers(1, 9))
def test_a_text_that_is_cut_loses_nothing(text, most):
    parts = split_anywhere(text, most)
    assert "".join(parts) == text and all(len(part) <= most for part in parts)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            pickle.UnpicklingError("Weights only load failed.\nUnsupported global: GLOBAL os.system"),
            r"holds more than weights \(Unsupported global",
        ),
        (pickle.UnpicklingError("invalid load key"), "damaged or cut short; fetch it again"),
        (RuntimeError("PytorchStreamReader failed reading zip archive"), "damaged or cut short"),
        (EOFError("Ran out of input"), "damaged or cut short"),
        (
            RuntimeError("Error(s) in loading state_dict for Xtts:\n size mismatch for gpt.x"),
            r"weights of another model .*\(size mismatch for gpt.x\)",
        ),
        (FileNotFoundError(2, "no", "speakers.pth"), r"needs a file that is not beside it \(speakers.pth\)"),
        (KeyError("model"), r"is no file of weights that coqui-tts wrote \(KeyError: 'model'\)"),
    ],
)
def test_every_way_in_which_a_file_can_be_wrong_has_its_sentence(error, words):
    with pytest.raises(UsageError, match=f"m/model.pth: .*{words}"), coqui_loading.opening_weights(Path("m/model.pth")):
        raise error


def test_what_is_no_fault_of_the_file_goes_on():
    with pytest.raises(RuntimeError, match="CUDA error"), coqui_loading.opening_weights(Path("model.pth")):
        raise RuntimeError("CUDA error: an illegal address")


# --- With it


@pytest.fixture(scope="module")
def library():
    """The module that makes tiny models."""
    pytest.importorskip("torch", reason="torch is not installed (voiceact[coqui])")
    pytest.importorskip("TTS", reason="coqui-tts is not installed (voiceact[coqui])", exc_type=ImportError)
    import tiny_coqui

    return tiny_coqui


@pytest.fixture(scope="module")
def xtts(library, tmp_path_factory):
    """A folder with an XTTS that has two voices of its own."""
    folder = library.save_tiny_xtts(tmp_path_factory.mktemp("models") / "xtts")
    library.save_studio_speakers(folder, "Alma María", "Luis Moray")
    return folder


@pytest.fixture(scope="module")
def vits(library, tmp_path_factory):
    return library.save_tiny_vits(tmp_path_factory.mktemp("models") / "vits")


@pytest.fixture(scope="module")
def studio(tmp_path_factory):
    """Recordings of a persona and of a feeling, and the bank that holds the latter."""
    folder = tmp_path_factory.mktemp("studio")
    recording(folder / "own.wav")
    recording(folder / "furious.wav", hertz=320, seed=1)
    bank = [{"path": "furious.wav", "category": "anger", "intensity": 6}]
    (folder / "styles.json").write_text(json.dumps(bank), "utf-8")
    return folder


@pytest.fixture(scope="module")
def speaking(xtts, studio):
    """XTTS with a bank of styles; loaded once."""
    return CoquiEngine(model=str(xtts), device="cpu", styles=str(studio / "styles.json"))


@pytest.fixture(scope="module")
def reading(vits):
    """VITS with two voices."""
    return CoquiEngine(model=str(vits), device="cpu", speaker="anna")


def act(engine, text="Sit down, please.", persona=NURSE, direction=PLAIN, language="en", seed=3):
    return engine.perform(text, persona, direction, language=language, seed=seed)


def spied(monkeypatch, thing, name):
    """What a method is called with, while it does its work."""
    told, real = [], getattr(thing, name)

    def told_too(*given, **named):
        told.append((given, named))
        return real(*given, **named)

    monkeypatch.setattr(thing, name, told_too)
    return told


def test_a_line_is_spoken_by_the_real_classes_and_the_seed_decides_it(speaking, reading, studio):
    for engine, persona, rate in ((speaking, recorded(studio / "own.wav"), 24_000), (reading, NURSE, 22_050)):
        take, again, other = (act(engine, persona=persona, seed=seed) for seed in (3, 3, 4))
        assert take.sample_rate == rate == engine.capabilities.sample_rate and take.seed == 3
        assert take.samples.dtype == np.float32 and take.samples.ndim == 1 and len(take.samples) > 2000
        assert np.isfinite(take.samples).all() and 0 < np.abs(take.samples).max() <= 1
        assert np.array_equal(take.samples, again.samples) and not np.array_equal(take.samples, other.samples)


def test_what_it_can_do_is_what_the_model_can(speaking, reading, xtts):
    able, plain = speaking.capabilities, reading.capabilities
    assert able.moves == plain.moves == {"rate", "energy"} and able.deterministic
    assert able.reference and not plain.reference and not (able.instruction or able.emotion_vector or plain.instruction)
    assert able.languages == ("en", "de", "zh") and plain.languages == ("en",)
    assert able.licences.weights == "unknown" and able.licences.code == "MPL-2.0"


def test_what_is_drawn_elsewhere_is_left_as_it_was(speaking, studio):
    import torch

    torch.manual_seed(7)
    expected = torch.rand(2)
    torch.manual_seed(7)
    act(speaking, persona=recorded(studio / "own.wav"))
    assert torch.equal(torch.rand(2), expected)
    torch.manual_seed(7)
    for _ in speaking.stream("Sit.", recorded(studio / "own.wav"), PLAIN):
        pass
    assert torch.equal(torch.rand(2), expected)


def test_weights_and_what_else_decides_the_sound_make_the_fingerprint(speaking, xtts, studio):
    plain = CoquiEngine(model=str(xtts), device="cpu")
    warm = CoquiEngine(model=str(xtts), device="cpu", temperature="0.3")
    assert len({speaking.model_sha256, plain.model_sha256, warm.model_sha256}) == 3
    assert plain.model_sha256 == find_coqui_model(str(xtts)).fingerprint()


# --- Recordings, consent, voices


def test_a_recording_needs_consent_whether_the_model_takes_it_or_not(speaking, reading, studio):
    for engine in (speaking, reading):
        with pytest.raises(
            UsageError, match="persona 'nurse': voice.reference .*consent is missing; expected consent with who"
        ):
            act(engine, persona=recorded(studio / "own.wav", consent=None))
    assert "the persona's reference recording" in unfollowed(reading, recorded(studio / "own.wav"), PLAIN)
    assert unfollowed(speaking, recorded(studio / "own.wav"), PLAIN) == []


def test_a_recording_is_heard_once_and_anew_when_it_changes(speaking, tmp_path, monkeypatch):
    heard = spied(monkeypatch, speaking.model, "compute_conditioning")
    persona = recorded(recording(tmp_path / "voice.wav"))
    one, _ = act(speaking, persona=persona), act(speaking, persona=persona)
    assert len(heard) == 1
    recording(tmp_path / "voice.wav", seconds=2.5, hertz=120, seed=5)
    assert not np.array_equal(act(speaking, persona=persona).samples, one.samples) and len(heard) == 2


def test_a_recording_that_cannot_serve_is_told(speaking, tmp_path):
    with pytest.raises(UsageError, match="is 0.50 s long; XTTS needs 1 s or more of a voice, better six"):
        act(speaking, persona=recorded(recording(tmp_path / "short.wav", seconds=0.5)))
    with pytest.raises(UsageError, match=r"gone\.wav"):
        act(speaking, persona=recorded(tmp_path / "gone.wav"))
    (tmp_path / "none.wav").write_text("no sound", "utf-8")
    with pytest.raises(UsageError, match=r"none\.wav"):
        act(speaking, persona=recorded(tmp_path / "none.wav"))


def test_without_a_recording_a_voice_of_the_model_speaks(speaking, reading, xtts, library, tmp_path):
    assert speaking.voice(NURSE, None) == CoquiVoice(speaker="Alma María")
    assert speaking.voice(load_persona("farmer"), None).speaker in ("Alma María", "Luis Moray")
    assert len(act(speaking).samples) > 2000
    bare = CoquiEngine(model=str(library.save_tiny_xtts(tmp_path / "bare")), device="cpu")
    with pytest.raises(UsageError, match="persona 'nurse' has no recording, and the model has no voices of its own; give the"):
        act(bare)


def test_a_model_with_voices_is_told_which(vits, reading, tmp_path):
    (tmp_path / "cast.json").write_text('{"nurse": "bob"}', "utf-8")
    cast = CoquiEngine(model=str(vits), device="cpu", speakers=str(tmp_path / "cast.json"))
    assert not np.array_equal(act(cast).samples, act(reading).samples)
    with pytest.raises(
        UsageError, match=r"persona 'farmer' has no voice among the 2 of the model \(.*anna.*bob.*\); give speaker=NAME"
    ):
        act(cast, persona=load_persona("farmer"))
    with pytest.raises(UnknownNameError, match=r"(?s)'ann'.*anna"):
        act(CoquiEngine(model=str(vits), device="cpu", speaker="ann"))


def test_a_model_with_one_voice_is_not_told(library, tmp_path):
    lone = CoquiEngine(model=str(library.save_tiny_vits(tmp_path / "lone", ("anna",))), device="cpu")
    assert len(act(lone).samples) > 1000 and lone.voice(NURSE, None) == CoquiVoice()


# --- Style recordings


def test_the_own_latents_move_towards_the_style_and_the_speaker_stays(speaking, studio):
    import torch

    own = speaking.model.conditioning(CoquiVoice(studio / "own.wav"))
    style = speaking.model.recording_conditioning(studio / "furious.wav")
    assert isinstance(own, Conditioning) and not torch.equal(own.latents, style.latents)
    distances = []
    for share in (0.0, 0.25, 0.5, 1.0):
        mixed = speaking.model.conditioning(CoquiVoice(studio / "own.wav", style=(studio / "furious.wav", share)))
        assert torch.equal(mixed.speaker, own.speaker)
        distances.append(float((mixed.latents - own.latents).norm()))
    whole = float((style.latents - own.latents).norm())
    assert distances == pytest.approx([0, whole / 4, whole / 2, whole], rel=1e-4, abs=1e-6)


def test_more_of_a_feeling_is_more_of_its_clip(speaking, studio, monkeypatch):
    persona = msgspec.structs.replace(recorded(studio / "own.wav"), manner=type(NURSE.manner)())
    shares = [speaking.style(persona, asked(intensity=level))[1] for level in (1.0, 3.0, 6.0, 7.0)]
    assert shares == pytest.approx([1 / 6, 1 / 2, 1, 1])
    takes = [act(speaking, persona=persona, direction=direction) for direction in (PLAIN, asked(intensity=2.0), asked())]
    assert not any(np.array_equal(one.samples, other.samples) for one, other in zip(takes, takes[1:], strict=False))
    assert speaking.unheard(persona, asked()) == []


def test_both_halves_of_a_voice_are_live(speaking, studio):
    """Under one seed another's latents change the sound, and so does another's embedding."""
    from voiceact.runtime.torch_support import seeded

    own, other = (speaking.model.recording_conditioning(studio / name) for name in ("own.wav", "furious.wav"))
    model, sounds = speaking.model, []
    for heard in (own, Conditioning(other.latents, own.speaker), Conditioning(own.latents, other.speaker)):
        with pytest.MonkeyPatch.context() as patch, seeded(3, speaking.device, "coqui"):
            patch.setattr(model, "conditioning", lambda voice, heard=heard: heard)
            sounds.append(model.speak("sit down.", "en", CoquiVoice(), 1.0))
    assert not np.array_equal(sounds[0], sounds[1]) and not np.array_equal(sounds[0], sounds[2])


def test_a_feeling_without_a_clip_is_told_once_and_declared(speaking, xtts, studio):
    persona = recorded(studio / "own.wav")
    assert speaking.unheard(persona, asked("sadness")) == [
        "category 'sadness' but by energy and rate (the bank of styles has only anger)"
    ]
    mixed = Direction(Moves(), "", (("anger", 5.0), ("sadness", 2.0)))
    assert speaking.unheard(persona, mixed) == ["category 'sadness' beside the stronger 'anger'"]
    with pytest.warns(UserWarning, match="engine 'coqui': category 'sadness' but by energy and rate"):
        act(speaking, persona=persona, direction=asked("sadness"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        act(speaking, persona=persona, direction=asked("sadness"))
    bare = CoquiEngine(model=str(xtts), device="cpu")
    assert unfollowed(bare, persona, asked()) == ["category 'anger' but by energy and rate (no bank of styles is given)"]


def test_moves_it_cannot_make_are_declared(speaking, studio):
    persona = recorded(studio / "own.wav")
    told = unfollowed(speaking, persona, Direction(Moves(pitch=3.0, rate=1.2, whisper=0.5, energy=2.0), ""))
    assert told == ["move 'pitch'", "move 'whisper'"]
    assert unfollowed(speaking, persona, PLAIN) == []


# --- What is followed


def test_rate_and_temperature_reach_the_model(xtts, studio, monkeypatch):
    engine = CoquiEngine(model=str(xtts), device="cpu", temperature="0.3")
    told = spied(monkeypatch, engine.model.model, "inference")
    persona = msgspec.structs.replace(
        recorded(studio / "own.wav"), voice=msgspec.structs.replace(recorded(studio / "own.wav").voice, rate=1.1)
    )
    engine.gains[persona.name] = 1.0
    act(engine, persona=persona, direction=Direction(Moves(rate=1.2), ""))
    assert told[0][1]["speed"] == pytest.approx(1.32) and told[0][1]["temperature"] == 0.3


@pytest.mark.parametrize("name", ["speaking", "reading"])
def test_faster_is_shorter_and_louder_is_louder(name, request, studio, monkeypatch):
    engine = request.getfixturevalue(name)
    monkeypatch.setitem(engine.gains, "nurse", 0.01)  # random weights are loud: far from the limiter
    persona = recorded(studio / "own.wav")
    slow, fast = (len(act(engine, persona=persona, direction=Direction(Moves(rate=rate), "")).samples) for rate in (0.8, 1.4))
    assert fast < slow
    plain, soft = (act(engine, persona=persona, direction=Direction(Moves(energy=level), "")).samples for level in (0.0, -6.0))
    assert soft == pytest.approx(plain * 10 ** (-6 / 20), rel=1e-4, abs=1e-6)


def test_a_rate_is_not_kept_from_one_line_to_the_next(reading):
    before = act(reading)
    act(reading, direction=Direction(Moves(rate=1.4), ""))
    assert np.array_equal(act(reading).samples, before.samples)


def test_a_long_text_is_spoken_in_pieces_and_none_is_lost(speaking, studio, monkeypatch):
    told = spied(monkeypatch, speaking.model.model, "inference")
    text = "The cup is on the shelf, and it is blue. " * 14
    take = act(speaking, text=text, persona=recorded(studio / "own.wav"))
    pieces = [given[0] for given, _ in told if "kettle" not in given[0]]
    assert len(pieces) >= 3 and all(len(piece) <= 250 for piece in pieces)
    assert " ".join(pieces).split() == text.split() and len(take.samples) > 2 * 0.12 * 24_000


def test_numbers_and_words_without_end_stay_within_what_the_model_takes(speaking):
    for text in ("9" * 240, "a" * 900, "999,999,999 " * 20):
        pieces = speaking.model.pieces(text, "en")
        lengths = [len(speaking.model.model.tokenizer.encode(piece.lower(), "en")) for piece in pieces]
        assert "".join("".join(pieces).split()) == "".join(text.split())
        assert max(lengths) < speaking.model.model.args.gpt_max_text_tokens


def test_tags_are_never_spoken(speaking, studio, monkeypatch):
    told = spied(monkeypatch, speaking.model.model, "inference")
    act(speaking, text="Sit [laughs] <b>down</b>.", persona=recorded(studio / "own.wav"))
    assert told[-1][0][0] == "Sit down ." or told[0][0][0] == "Sit down ."


# --- Streams


def test_a_stream_comes_in_chunks_and_the_seed_decides_it(speaking, studio):
    persona = recorded(studio / "own.wav")
    chunks = list(speaking.stream("Sit down, please.", persona, PLAIN, seed=3, tokens=8))
    assert len(chunks) >= 2 and all(chunk.dtype == np.float32 and np.abs(chunk).max() <= 1 for chunk in chunks)
    stream = speaking.stream("Sit down, please.", persona, PLAIN, seed=3, tokens=8)
    again = [next(stream)]
    act(speaking, persona=persona, seed=9)  # what is spoken in between changes nothing
    again += stream
    assert np.array_equal(np.concatenate(chunks), np.concatenate(again))
    other = np.concatenate(list(speaking.stream("Sit down, please.", persona, PLAIN, seed=4, tokens=8)))
    assert not np.array_equal(np.concatenate(chunks), other)


def test_other_models_stream_a_piece_at_a_time(reading):
    text = "The cup is on the shelf, and it is blue. " * 14
    chunks = list(reading.stream(text, NURSE, PLAIN, seed=3))
    assert len([chunk for chunk in chunks if chunk.any()]) >= 3


def test_a_stream_says_what_is_wrong_before_its_first_chunk(speaking):
    with pytest.raises(UsageError, match="does not speak 'fi'"):
        speaking.stream("Istu alas.", NURSE, PLAIN, language="fi")


# --- Languages


def test_a_language_is_spoken_or_refused(speaking, studio, monkeypatch):
    persona = recorded(studio / "own.wav")
    told = spied(monkeypatch, speaking.model.model, "inference")
    act(speaking, text="Setz dich.", persona=persona, language="de")
    assert told[-1][0][1] == "de"
    with pytest.raises(UsageError, match="engine 'coqui' does not speak 'fr'; it speaks: en, de, zh"):
        act(speaking, persona=persona, language="fr")
    with pytest.raises(UsageError, match=r"text '\[sighs\]' has nothing to say; expected words"):
        act(speaking, text="[sighs]", persona=persona)


def test_a_language_that_needs_another_part_of_the_library_says_which(speaking, monkeypatch):
    monkeypatch.setitem(sys.modules, "pypinyin", None)
    with pytest.raises(UsageError, match=r"language 'zh' needs another part of the library .*pip install 'coqui-tts\[zh\]'"):
        act(speaking, text="坐下。", language="zh")


def test_a_language_that_nobody_states_is_the_users_to_say(library, tmp_path):
    folder = library.save_tiny_vits(tmp_path / "mute", ("anna",), phoneme_language="")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"languages": []}), "utf-8")
    with pytest.raises(UsageError, match="add the option language=CODE"):
        CoquiEngine(model=str(folder), device="cpu")
    assert CoquiEngine(model=str(folder), device="cpu", language="de").capabilities.languages == ("de",)


def test_what_the_model_has_no_sound_for_is_told(reading):
    with pytest.raises(UsageError, match="the model has no sound for '坐下'"):
        act(reading, text="坐下")


def test_letters_that_a_model_leaves_out_are_told_once(vits):
    made = CoquiEngine(model=str(vits), device="cpu", speaker="anna")
    with pytest.warns(UserWarning, match="the model has no sound for ł ż, and leaves it out"):
        act(made, text="A złoty, and żurek.")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        act(made, text="A złoty, and żurek.")


# --- Options


@pytest.mark.parametrize(("option", "value"), [("temperature", "0.5"), ("dtype", "bfloat16"), ("styles", "styles.json")])
def test_what_only_xtts_follows_is_refused_elsewhere(vits, studio, option, value):
    given = str(studio / value) if option == "styles" else value
    with pytest.raises(UsageError, match=f"option {option}=.* is followed by XTTS only, and the model is none; leave it out"):
        CoquiEngine(model=str(vits), device="cpu", speaker="anna", **{option: given})


def test_options_that_are_none_are_told(xtts, tmp_path):
    for told, words in (
        ({"device": "tpu"}, "device 'tpu' is not known"),
        ({"dtype": "int8"}, "dtype 'int8' is not known"),
        ({"device": "cuda:77"}, "device 'cuda:77' is not here"),
        ({"temperature": "hot"}, "temperature"),
        ({"styles": str(tmp_path / "no.json")}, "styles=.* cannot be read"),
        ({"speakers": str(tmp_path / "no.json")}, "speakers"),
    ):
        with pytest.raises(UsageError, match=words):
            CoquiEngine(model=str(xtts), **{"device": "cpu"} | told)


def test_half_precision_is_used_where_it_is_asked_for(xtts, studio):
    half = CoquiEngine(model=str(xtts), device="cpu", dtype="bfloat16")
    take = act(half, persona=recorded(studio / "own.wav"))
    assert take.samples.dtype == np.float32 and np.isfinite(take.samples).all()


def test_it_runs_on_a_gpu_where_there_is_one(xtts, vits, studio):
    needs_gpu()
    for made in (CoquiEngine(model=str(xtts), device="cuda"), CoquiEngine(model=str(vits), device="cuda", speaker="anna")):
        assert not made.capabilities.deterministic and len(act(made, persona=recorded(studio / "own.wav")).samples) > 2000


# --- Weights


def damaged(folder, target, work):
    copy = shutil.copytree(folder, target)
    work(copy)
    return copy


def test_weights_that_are_not_whole_or_not_its_own_are_told(xtts, vits, tmp_path):
    def halved(copy):
        whole = (copy / "model.pth").read_bytes()
        (copy / "model.pth").write_bytes(whole[: len(whole) // 2])

    for number, folder in enumerate((xtts, vits)):
        with pytest.raises(UsageError, match="model.pth: is damaged or cut short; fetch it again"):
            CoquiEngine(model=str(damaged(folder, tmp_path / f"half-{number}", halved)), device="cpu")
        other = vits if folder is xtts else xtts
        strange = damaged(
            folder, tmp_path / f"strange-{number}", lambda copy, other=other: shutil.copy(other / "model.pth", copy)
        )
        with pytest.raises(UsageError, match="model.pth: holds the weights of another model than its config.json describes"):
            CoquiEngine(model=str(strange), device="cpu")
    no_words = damaged(xtts, tmp_path / "no-words", lambda copy: (copy / "vocab.json").unlink())
    with pytest.raises(UsageError, match="has no vocab.json; XTTS needs config.json, model.pth and vocab.json"):
        CoquiEngine(model=str(no_words), device="cpu")


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("name", ["xtts", "vits"])
def test_a_file_that_would_run_code_is_refused_and_runs_none(name, request, tmp_path):
    folder = request.getfixturevalue(name)
    import torch

    proof = tmp_path / "it ran"
    armed = damaged(folder, tmp_path / "armed", lambda copy: torch.save({"model": {}, "more": Bomb(proof)}, copy / "model.pth"))
    with pytest.raises(UsageError, match="holds more than weights .*would run code when it is opened, so it is refused"):
        CoquiEngine(model=str(armed), device="cpu")
    assert not proof.exists()


@pytest.mark.parametrize("config", ["{", "{}", '{"model": "no-such-model"}', "[]"])
def test_a_configuration_that_is_none_is_told(xtts, tmp_path, config):
    broken = damaged(xtts, tmp_path / "broken", lambda copy: (copy / "config.json").write_text(config, "utf-8"))
    with pytest.raises(UsageError, match="config.json: is no configuration that coqui-tts knows"):
        CoquiEngine(model=str(broken), device="cpu")


def test_loading_leaves_the_folder_as_it_was(library, tmp_path):
    folder = library.save_tiny_xtts(tmp_path / "xtts")
    before = weights.fingerprint(folder)
    CoquiEngine(model=str(folder), device="cpu")
    assert weights.fingerprint(folder) == before


def test_a_name_of_the_librarys_list_is_found_where_the_library_put_it(vits, library, monkeypatch):
    from TTS.utils.manage import ModelManager

    name = "tts_models/en/vctk/vits"
    with pytest.raises(UsageError, match=rf"the weights '{name}' \(Apache-2.0\) are not here; .*tts --model_name {name}"):
        find_coqui_model(name)
    home = Path(ModelManager(progress_bar=False).output_prefix)
    shutil.copytree(vits, home / name.replace("/", "--"))
    found = find_coqui_model(name)
    assert found.licences == "Apache-2.0" and found.language == "en"
    made = CoquiEngine(model=name, device="cpu", speaker="bob")
    assert made.capabilities.licences.output == "no restriction by the model's licence"
    with pytest.raises(UnknownNameError, match="vits"):
        find_coqui_model("tts_models/en/vctk/vitz")
    with pytest.raises(UsageError, match=r"CPML \(non-commercial\).*fetch them with the library itself, which asks"):
        find_coqui_model("tts_models/multilingual/multi-dataset/xtts_v2")


def test_a_full_memory_is_told(speaking, studio, monkeypatch):
    def full(*given, **named):
        raise RuntimeError("CUDA out of memory. Tried to allocate")

    monkeypatch.setattr(speaking.model.model, "inference", full)
    speaking.gains["nurse"] = 1.0
    with pytest.raises(VoiceactError, match="one line alone does not fit into this device's memory"):
        act(speaking, persona=recorded(studio / "own.wav"))
    with pytest.raises(
        VoiceactError, match="the model does not fit into the memory of cpu; take device=cpu, or a smaller model"
    ):
        speaking.load_within_memory(full)


def test_a_direction_of_voiceact_is_acted_as_any_other(speaking, studio):
    persona = recorded(studio / "own.wav")
    direction = direct(persona, [("anger", 5.0)], language="en", seed=3)
    assert direction.moves.rate != 1.0 and len(act(speaking, persona=persona, direction=direction).samples) > 2000
