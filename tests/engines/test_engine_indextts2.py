"""The engine indextts2: what infer would be told. The package is on no index; where it is not, its call is not tested."""

from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.controls import StyleClip, biased_vector, emotion_vector, load_controls
from voiceact.acting.direction import direct
from voiceact.acting.persona import Consent, load_persona
from voiceact.acting.taxonomy import categories
from voiceact.audio import write
from voiceact.engines.neural.indextts2 import IndexTTS2Engine, check_control, find_release, infer_arguments
from voiceact.engines.registry import describe_engines
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError

NURSE = load_persona("nurse")
category = st.sampled_from([category.id for category in categories()])


def asked(category="anger", intensity=5.0, persona=NURSE):
    return direct(persona, [(category, intensity)], language="en", seed=3)


@given(category, st.floats(0, 7), st.floats(0, 7))
def test_the_eight_numbers_never_fall_as_intensity_grows_and_stay_within_what_the_model_bears(name, one, other):
    weak, strong = (biased_vector(emotion_vector([(name, level)])) for level in sorted((one, other)))
    assert len(strong) == 8 and sum(strong) <= 0.8 + 1e-9
    assert all(low <= high + 1e-9 for low, high in zip(weak, strong, strict=True))


def test_they_are_in_the_order_and_weighed_as_the_model_has_them():
    order = ["happy", "angry", "sad", "afraid", "disgusted", "melancholic", "surprised", "calm"]
    assert list(load_controls()["vector_weights"]) == list(load_controls()["vector_order"]) == order
    assert biased_vector(emotion_vector([("astonishment_surprise", 7)])) == pytest.approx([0, 0, 0, 0, 0, 0, 0.6875, 0])
    assert biased_vector(emotion_vector([("anger", 7)])) == pytest.approx([0, 0.8, 0, 0, 0, 0, 0, 0])


def test_nothing_asked_is_nothing_told_and_not_calm():
    for control in ("vector", "reference", "text"):
        assert infer_arguments(control, NURSE, asked(intensity=0.0), None) == {}
    assert biased_vector(emotion_vector([])) == [0.0] * 8


def test_each_control_tells_only_its_own_infer_arguments():
    direction = asked()
    told = infer_arguments("vector", NURSE, direction, None)
    assert list(told) == ["emo_vector"] and told["emo_vector"][1] > 0.2
    clip = (StyleClip(Path("fury.wav"), "anger", 6), 5 / 6)
    assert infer_arguments("reference", NURSE, direction, clip) == {"emo_audio_prompt": "fury.wav", "emo_alpha": 5 / 6}
    assert infer_arguments("reference", NURSE, direction, None) == {}
    assert infer_arguments("text", NURSE, direction, None) == {"use_emo_text": True, "emo_text": direction.instruction}


def test_a_persona_that_shows_more_is_asked_for_more():
    loud = msgspec.structs.replace(NURSE, manner=msgspec.structs.replace(NURSE.manner, expressiveness=1.6))
    plain = msgspec.structs.replace(NURSE, manner=msgspec.structs.replace(NURSE.manner, expressiveness=0.5))
    told = [infer_arguments("vector", persona, asked(intensity=3.0), None)["emo_vector"][1] for persona in (plain, loud)]
    assert told[0] < told[1]


def test_options_that_make_no_sense_are_refused(tmp_path):
    with pytest.raises(UsageError, match="control='mood' is not known; expected vector, reference, text"):
        check_control("mood", None)
    for control, styles in (("reference", None), ("vector", "styles.json")):
        with pytest.raises(UsageError, match="go together"):
            check_control(control, styles)
    with pytest.raises(UsageError, match="has no config.yaml"):
        find_release(tmp_path, None)
    (tmp_path / "IndexTTS-2.5").mkdir()
    for folder in (tmp_path, tmp_path / "IndexTTS-2.5"):
        (folder / "config.yaml").touch()
    assert find_release(tmp_path, None) == "2" and find_release(tmp_path / "IndexTTS-2.5", None) == "2.5"
    assert find_release(tmp_path, "2.5") == "2.5"
    with pytest.raises(UsageError, match="release='3' is not known; expected 2 or 2.5"):
        find_release(tmp_path, "3")


def test_it_is_listed_with_its_licence_and_how_to_install_it():
    entry = next(entry for entry in describe_engines() if entry["name"] == "indextts2")
    assert "not run" in entry["steered_by"] and "bilibili" in entry["licences"]["output"]
    assert entry["installed"] or entry["state"] == (
        "voiceact engine install indextts2 --package git+https://github.com/index-tts/index-tts"
    )


def test_without_the_package_the_extra_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "indextts", None)
    with pytest.raises(MissingExtraError, match=r"\[indextts2\]"):
        IndexTTS2Engine()


def test_the_packages_infer_takes_what_it_is_told():
    pytest.importorskip(
        "indextts", reason="indextts is not installed: it is on no index, and wants Python 3.10 or 3.11 and torch 2.8"
    )
    import inspect

    from indextts.infer_v2 import IndexTTS2

    known = inspect.signature(IndexTTS2.infer).parameters
    assert {
        "spk_audio_prompt",
        "text",
        "output_path",
        "emo_vector",
        "emo_audio_prompt",
        "emo_alpha",
        "use_emo_text",
        "emo_text",
    } <= set(known)


def test_a_persona_needs_a_recording_and_consent(tmp_path):
    write(tmp_path / "voice.wav", np.zeros(48_000, np.float32), 24_000)
    voice = msgspec.structs.replace(NURSE.voice, reference=str(tmp_path / "voice.wav"))
    papers = Consent(who="A. Speaker", statement="may be used", date=date(2024, 5, 31), evidence="letter")
    cloned = msgspec.structs.replace(NURSE, voice=voice, consent=papers)
    calls = []

    class Package:
        """Stands for the package's model, which was not available."""

        def infer(self, **arguments):
            calls.append(arguments)
            return 22_050, np.full((11_025, 1), 3277, np.int16)

    folder = tmp_path / "IndexTTS-2.5"
    folder.mkdir()
    (folder / "config.yaml").touch()
    made = IndexTTS2Engine(model=str(folder), loaded=Package())
    take = made.perform("Sit [laughs] down.", cloned, asked(), language="en", seed=3)
    assert take.sample_rate == 22_050 and len(take.samples) == 11_025 and take.seed == 3
    told = calls[0]
    assert told["text"] == "Sit down." and told["lang"] == "EN" and told["output_path"] is None
    assert told["spk_audio_prompt"] == str(tmp_path / "voice.wav") and len(told["emo_vector"]) == 8
    # The second call is the calibration, which asks for no category.
    assert calls[1]["text"].startswith("The kettle") and "emo_vector" not in calls[1] and len(calls) == 2
    assert not made.capabilities.deterministic and made.capabilities.emotion_vector
    with pytest.raises(UsageError, match="has no recording, and IndexTTS-2 has no voice of its own"):
        made.perform("Sit down.", NURSE, asked(), language="en", seed=3)
    with pytest.raises(UsageError, match="consent is missing"):
        made.perform("Sit down.", msgspec.structs.replace(cloned, consent=None), asked(), language="en", seed=3)
