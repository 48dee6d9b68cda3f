"""A persona from a recording: what is measured, how near an engine comes, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syllables import RATE, SyllableEngine, speak_syllables

from voiceact import audio
from voiceact.acting.persona import load_persona
from voiceact.cli.main import main
from voiceact.errors import UsageError
from voiceact.estimators.features.voice_measures import envelope_distance, measure_voice
from voiceact.prompting.recorded_person import (
    check_recording,
    fit_voice,
    read_recorded_person,
    usual_tract,
    voices_alike,
)
from voiceact.prompting.writing import write_persona

CONSENT = "Anna Berg agrees that her voice is used for this game"


@settings(max_examples=6, deadline=None)
@given(
    f0_hz=st.floats(90, 280),
    spread=st.floats(3, 9),
    rate=st.floats(3.2, 6.5),
)
def test_f0_range_and_rate_are_those_of_the_voice(f0_hz: float, spread: float, rate: float) -> None:
    found = measure_voice(speak_syllables(16, f0_hz=f0_hz, spread=spread, rate=rate), RATE)
    assert 12 * abs(np.log2(found.f0_hz / f0_hz)) < max(0.5, spread / 10)
    assert found.f0_range == pytest.approx(0.8 * spread, rel=0.3)
    assert found.rate == pytest.approx(rate, rel=0.12)


def test_pauses_tilt_noise_and_envelope_are_told_apart() -> None:
    plain = measure_voice(speak_syllables(), RATE)
    paused = measure_voice(speak_syllables(pause=0.8), RATE)
    assert paused.pause_share == pytest.approx(0.8 / (12 / 5 + 0.8), abs=0.08)
    assert paused.rate == pytest.approx(plain.rate, rel=0.08)
    brighter = measure_voice(speak_syllables(tilt=2.0), RATE)
    assert brighter.tilt - plain.tilt == pytest.approx(2.0, abs=0.6)
    assert measure_voice(speak_syllables(noise=0.5), RATE).noise < plain.noise - 3
    other = measure_voice(speak_syllables(formant=1100), RATE)
    assert envelope_distance(other.envelope, plain.envelope) > 2
    louder = measure_voice(2 * speak_syllables(), RATE)
    assert louder.level - plain.level == pytest.approx(6.02, abs=0.1)
    assert louder.tilt == pytest.approx(plain.tilt, abs=0.01)


def test_a_voice_is_fitted_though_the_engine_has_ways_of_its_own() -> None:
    recording = speak_syllables(24, f0_hz=131, spread=9, rate=5.6, tilt=-1)
    wanted = measure_voice(recording, RATE)
    fit = fit_voice(wanted, recording, RATE, SyllableEngine())
    far = fit.differences()
    assert abs(far["f0_semitones"]) < 0.5
    assert abs(far["rate_percent"]) < 10
    assert abs(far["range_percent"]) < 20
    assert fit.voice.f0_hz == pytest.approx(131 / 1.06, rel=0.04)
    assert 1.0 < fit.voice.tract <= 1.25
    assert "measured:" in fit.notes()[0]


def test_what_lies_beyond_a_persona_is_said() -> None:
    recording = speak_syllables(30, rate=9.0, spread=2)
    notes = fit_voice(measure_voice(recording, RATE), recording, RATE, SyllableEngine()).notes()
    assert "at the limit of what a persona can have: " in notes[-1]
    assert "rate" in notes[-1]


@pytest.mark.parametrize(
    ("f0_hz", "least", "most"), [(60, 1.15, 1.17), (118, 1.149, 1.151), (205, 0.999, 1.001), (380, 0.9, 0.92)]
)
def test_low_voices_have_long_tracts(f0_hz: float, least: float, most: float) -> None:
    assert least <= usual_tract(f0_hz) <= most


# --- What is refused


def music() -> np.ndarray:
    """Eight held notes."""
    time = np.arange(RATE // 2) / RATE
    tones = [
        sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 9)) for hertz in (220, 247, 262, 294, 330, 294, 262, 247)
    ]
    return (0.1 * np.concatenate(tones)).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (speak_syllables(1), r"lasts 0.2 s; expected at least 2 s of speech by one person, better ten"),
        (np.zeros(3 * RATE, np.float32), "the recording cannot be used: the audio is silent"),
        (music(), "does not sound like speech .music, a tone or noise"),
        (np.random.default_rng(0).normal(0, 0.1, 4 * RATE).astype(np.float32), "does not sound like speech"),
        (
            np.concatenate([speak_syllables(4), np.zeros(3 * RATE, np.float32)]),
            r"holds 0\.\d s of speech; expected at least 2 s",
        ),
    ],
)
def test_what_is_no_speech_of_one_person_is_refused(samples: np.ndarray, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_recording(samples, RATE)


def test_two_voices_are_noticed_and_one_is_not() -> None:
    low, high = speak_syllables(10, f0_hz=100, formant=500, pause=0), speak_syllables(10, f0_hz=240, formant=1300, tilt=2)
    gap = np.zeros(RATE // 2, np.float32)
    with pytest.raises(UsageError, match="two voices seem to speak in the recording, or one in very different moods"):
        check_recording(np.concatenate([low, gap, high, gap, low, gap, high]), RATE)
    one = np.concatenate([low, gap, low, gap, low])
    assert (voices_alike(one) or 1.0) > 0.8
    assert check_recording(one, RATE).f0_hz == pytest.approx(100, rel=0.05)
    assert voices_alike(low) is None


def test_nobody_is_recorded_without_consent(tmp_path) -> None:
    path = tmp_path / "anna.wav"
    path.write_bytes(audio.encode(speak_syllables(20), RATE, suffix=".wav"))
    for statement in ("", "yes"):
        with pytest.raises(UsageError, match="used only with their consent; state it, as in --consent 'Anna Berg agrees"):
            read_recorded_person(path, "anna", statement=statement, engine=SyllableEngine())


def test_the_persona_is_whole_without_the_first_recording(tmp_path) -> None:
    path = tmp_path / "anna.wav"
    path.write_bytes(audio.encode(speak_syllables(20, f0_hz=210), RATE, suffix=".wav"))
    made = read_recorded_person(path, "anna", statement=CONSENT, who="Anna Berg", engine=SyllableEngine())
    written = write_persona(made.persona, tmp_path / "cast")
    path.unlink()
    persona = load_persona(written)
    assert persona.consent is not None
    assert (persona.consent.who, persona.consent.statement) == ("Anna Berg", CONSENT)
    assert Path(persona.voice.reference or "").read_bytes()[:4] == b"RIFF"
    assert Path(persona.voice.reference or "").name == "anna-voice.wav"
    assert (persona.gender, persona.voice.f0_hz) == ("female", made.fit.voice.f0_hz)
    described = read_recorded_person(
        Path(persona.voice.reference or ""),
        "anna",
        statement=CONSENT,
        engine=SyllableEngine(),
        description="a shy girl of nine",
    )
    assert (described.persona.age, described.persona.voice.f0_hz) == (9, made.fit.voice.f0_hz)


def persona_new(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["persona", "new", *map(str, arguments)])
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out, printed.err


def test_the_command_writes_a_persona_and_says_how_near_it_is(tmp_path, capsys, monkeypatch) -> None:
    monkeypatch.setattr("voiceact.engines.registry.load_engine", lambda name: SyllableEngine())
    path = tmp_path / "anna.flac"
    path.write_bytes(audio.encode(speak_syllables(20), RATE, suffix=".flac"))
    arguments = ("anna", "--from-voice", path, "--consent", CONSENT, "--out", tmp_path / "cast")
    status, printed, _ = persona_new(*arguments, "--json", capsys=capsys)
    found = json.loads(printed)
    assert (status, found["persona"]["name"]) == (0, "anna")
    assert abs(found["differences"]["f0_semitones"]) < 0.5
    assert (tmp_path / "cast" / "anna-voice.flac").is_file()
    status, printed, _ = persona_new(*arguments, "--overwrite", "--no-reference", capsys=capsys)
    assert status == 0
    assert "semitones" in printed
    assert load_persona(tmp_path / "cast" / "anna.yaml").voice.reference is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing says how the persona sounds; give --describe, or --from-voice with --consent"),
        (("--describe", "an old man", "--consent", CONSENT), "--consent is of the person in a recording"),
        (("--from-voice", "nowhere.wav", "--consent", CONSENT), "nowhere.wav"),
        (("--from-voice", "nowhere.wav"), "used only with their consent"),
    ],
)
def test_what_cannot_be_made_is_one_sentence(tmp_path, capsys, arguments: tuple[str, ...], message: str) -> None:
    status, _, told = persona_new("anna", "--out", tmp_path / "cast", *arguments, capsys=capsys)
    assert (status, told.count("\n")) == (2, 1)
    assert message in told
    assert not (tmp_path / "cast").exists()
