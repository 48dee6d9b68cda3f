"""The engine chatterbox-vc: another engine acts, a stand-in for the package's converter gives the voice."""

from datetime import date

import msgspec
import numpy as np
import pytest
import soundfile

from voiceact.acting.direction import direct
from voiceact.acting.persona import Consent, load_persona
from voiceact.audio import loudness_lufs, write
from voiceact.engines.base import unfollowed
from voiceact.engines.neural.chatterbox.conversion import ConversionEngine
from voiceact.engines.registry import describe_engines, load_engine
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError

NURSE = load_persona("nurse")
TEXT = "Sit down, please, and tell me."


class Converter:
    """Plays what it is given at half the level and a tenth longer, and remembers which files it got."""

    sr = 24_000

    def __init__(self, answer=None):
        self.calls, self.answer = [], answer

    def generate(self, spoken, target_voice_path):
        samples, rate = soundfile.read(spoken, dtype="float32")
        voice, _ = soundfile.read(target_voice_path, dtype="float32")
        self.calls.append((len(samples) / rate, len(voice)))
        if self.answer is not None:
            return self.answer
        return (
            0.5 * np.interp(np.linspace(0, len(samples) - 1, round(1.1 * len(samples))), np.arange(len(samples)), samples)[None]
        )


@pytest.fixture
def cloned(tmp_path):
    write(tmp_path / "voice.wav", np.full(48_000, 0.1, np.float32), 24_000)
    voice = msgspec.structs.replace(NURSE.voice, reference=str(tmp_path / "voice.wav"))
    papers = Consent(who="A. Speaker", statement="may be used", date=date(2024, 5, 31), evidence="letter")
    return msgspec.structs.replace(NURSE, voice=voice, consent=papers)


@pytest.fixture
def engine(tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "s3gen.safetensors").write_bytes(b"x")
    return ConversionEngine(model=str(tmp_path / "weights"), loaded=Converter())


def test_the_acting_engine_s_take_is_converted_at_its_level_and_with_its_words(engine, cloned):
    direction = direct(NURSE, [("sadness", 5.0)], language="en", seed=3)
    acted = load_engine("embedded").perform(TEXT, NURSE, direction, language="en", seed=3)
    take = engine.perform(TEXT, cloned, direction, language="en", seed=3)
    assert engine.converter.calls == [(pytest.approx(acted.duration), 48_000)]
    assert take.sample_rate == 24_000 and take.seed == 3 and take.duration == pytest.approx(1.1 * acted.duration, rel=1e-3)
    assert loudness_lufs(take.samples, 24_000) == pytest.approx(loudness_lufs(acted.samples, 24_000), abs=0.3)
    assert [word.text for word in take.words] == TEXT.split()
    assert [word.end for word in take.words] == pytest.approx([1.1 * word.end for word in acted.words], rel=1e-3)


def test_a_whisper_stays_quiet(engine, cloned):
    loud, soft = (
        loudness_lufs(engine.perform(TEXT, cloned, direct(NURSE, [(category, 7.0)]), seed=3).samples, 24_000)
        for category in ("anger", "sadness")
    )
    assert soft < loud - 3


def test_the_voice_is_the_recording_s_and_only_with_consent(engine, cloned):
    with pytest.raises(UsageError, match="'nurse' has no recording to whose voice it could be converted"):
        engine.perform(TEXT, NURSE, direct(NURSE, []), seed=3)
    with pytest.raises(UsageError, match="consent is missing"):
        engine.perform(TEXT, msgspec.structs.replace(cloned, consent=None), direct(NURSE, []), seed=3)
    assert engine.converter.calls == []


def test_only_moves_of_timing_and_level_are_promised(engine, cloned):
    assert {"rate", "pause", "energy"} <= engine.capabilities.moves <= load_engine("embedded").capabilities.moves
    missing = unfollowed(engine, cloned, direct(NURSE, [("sadness", 5.0)]))
    assert "move 'breath'" in missing and "move 'rate'" not in missing
    assert "the persona's reference recording" not in missing


def test_its_digest_and_licences_name_both_engines(engine, tmp_path):
    assert engine.model_sha256 != load_engine("embedded").model_sha256
    assert "MIT AND" in engine.capabilities.licences.code and "watermark" in engine.capabilities.licences.output
    other = tmp_path / "other"
    other.mkdir()
    (other / "s3gen.safetensors").write_bytes(b"y")
    assert ConversionEngine(model=str(other), loaded=Converter()).model_sha256 != engine.model_sha256


@pytest.mark.parametrize("answer", [np.zeros((1, 0), np.float32), np.full((1, 100), np.nan, np.float32)])
def test_no_sound_is_an_error(tmp_path, cloned, answer):
    (tmp_path / "weights").mkdir()
    engine = ConversionEngine(model=str(tmp_path / "weights"), loaded=Converter(answer))
    with pytest.raises(VoiceactError, match="the converter gave back no sound"):
        engine.perform(TEXT, cloned, direct(NURSE, []), seed=3)


def test_an_engine_behind_itself_and_a_missing_package_are_refused(monkeypatch):
    import sys

    with pytest.raises(UsageError, match="is this engine itself"):
        ConversionEngine(behind="chatterbox-vc:behind=embedded")
    monkeypatch.setitem(sys.modules, "chatterbox", None)
    with pytest.raises(MissingExtraError, match=r"\[chatterbox\]"):
        ConversionEngine()


def test_it_is_listed_as_not_run():
    entry = next(entry for entry in describe_engines() if entry["name"] == "chatterbox-vc")
    assert "not run" in entry["steered_by"]
