"""The embedded engine: what is cut is the whole, what is asked is done, what is not asked is not."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.acting.direction import Direction, direct
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona, Voice
from voiceact.audio.level import loudness_lufs
from voiceact.engines.base import Engine
from voiceact.engines.embedded import melody, pauses, render, source, timing
from voiceact.engines.embedded.settings import BASE_F0_HZ
from voiceact.engines.embedded.settings import combine_moves as combine
from voiceact.engines.embedded.stages import HOP, Stages
from voiceact.engines.embedded.text import make_phrases
from voiceact.engines.registry import load_engine
from voiceact.errors import UsageError

TEXT = "The blue cup stands next to the kettle, and the door is open."
BASE = Persona(name="base", description="the bundled voice", gender="female", age=30)


NEUTRAL_MOVES = Moves()


def speak(moves: Moves = NEUTRAL_MOVES, text: str = TEXT, persona: Persona = BASE, seed: int = 0) -> np.ndarray:
    return load_engine().perform(text, persona, Direction(moves, ""), language="en", seed=seed).samples


def median_f0(samples: np.ndarray) -> float:
    from swift_f0 import SwiftF0

    found = SwiftF0(threads=1).detect(samples, 24000, fmin=55, fmax=600)
    return float(np.median(np.asarray(found.pitch_hz)[np.asarray(found.confidence) > 0.8]))


# The graph


def test_the_three_stages_together_are_the_whole_model() -> None:
    """Oracle: the uncut model in onnxruntime, at the same optimisation level."""
    import onnxruntime

    stages = Stages()
    phrase = make_phrases(TEXT)[0]
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    whole = onnxruntime.InferenceSession(stages.model, options, providers=["CPUExecutionProvider"])
    *expected, f0 = whole.run(None, {"ids": np.asarray([phrase.ids]), "speed": np.ones(1, np.float32)})

    reading = stages.read(phrase.ids)
    contour = stages.contour(reading, np.maximum(np.round(reading.durations), 1).astype(np.int64))
    spectra = stages.spectra(contour)

    np.testing.assert_array_equal(contour.f0, f0[0])
    for found, wanted in zip(
        (spectra.harmonic, spectra.rotation, spectra.noise, spectra.free, spectra.phase), expected, strict=True
    ):
        np.testing.assert_array_equal(found, wanted[0])


def test_the_renderer_is_the_models_own() -> None:
    """Oracle: hibari's synthesis from the same parameters and noise."""
    from hibari import dsp

    stages = Stages()
    reading = stages.read(make_phrases("A short one.")[0].ids)
    contour = stages.contour(reading, np.maximum(np.round(reading.durations), 1).astype(np.int64))
    s = stages.spectra(contour)
    wanted = dsp.synth(s.harmonic, s.rotation, s.noise, s.free, s.phase, contour.f0, np.random.default_rng(7))
    train = source.make_pulses(contour.f0, Moves(), np.zeros(len(contour.f0), np.float32), np.random.default_rng(0))
    found = render.render(s, train, np.random.default_rng(7))
    # Edges differ by padding; hibari accumulates phase in float32 after the fold, this in float64.
    assert np.corrcoef(found[2 * HOP : -2 * HOP], wanted[2 * HOP : -2 * HOP])[0, 1] > 0.9999


def test_a_voice_that_would_be_fetched_is_never_touched(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import hibari.voices

    def refuse(*arguments: object) -> None:
        raise AssertionError("tried to download")

    monkeypatch.setattr(hibari.voices, "download", refuse)
    assert len(speak(text="Hello there.")) > 0
    assert list(own_home.iterdir()) == []


# Text


def test_words_know_their_place_and_contractions_stay_one_word() -> None:
    (phrase,) = make_phrases("I can't pay $5, Mr. Smith!")
    assert [word.text for word in phrase.words] == ["I", "can't", "pay", "$5,", "Mr.", "Smith!"]
    assert all(phrase.words[i].end <= phrase.words[i + 1].start for i in range(5))
    assert phrase.ids[0] == phrase.ids[-1] == 0


def test_sentences_become_phrases_and_long_ones_are_cut() -> None:
    assert len(make_phrases("One. Two? Three!")) == 3
    long = make_phrases("and then the rain came down again, " * 40)
    assert len(long) > 1
    assert max(len(phrase.ids) for phrase in long) < 510
    assert sum(len(phrase.words) for phrase in long) == 7 * 40


def test_a_word_is_said_as_the_lexicon_says() -> None:
    plain, given_phonemes = make_phrases("Nguyen came.")[0], make_phrases("Nguyen came.", {"Nguyen": "/wˈɪn/"})[0]
    respelled = make_phrases("Nguyen came.", {"nguyen": "win"})[0]
    assert "".join(given_phonemes.phonemes).startswith("wˈɪn")
    assert "".join(respelled.phonemes).startswith("wˈɪn")
    assert plain.ids != given_phonemes.ids


@pytest.mark.parametrize(("value", "words"), [("/w1n/", "holds '1', which is no phoneme"), ("  ", "is empty")])
def test_a_wrong_pronunciation_is_told(value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make_phrases("Nguyen came.", {"Nguyen": value})


def test_text_without_a_word_is_told() -> None:
    with pytest.raises(UsageError, match="nothing can be spoken"):
        make_phrases("...")


# Timing


@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=60))
def test_rounding_with_carry_follows_the_sum(durations: list[float]) -> None:
    whole = timing.round_with_carry(np.asarray(durations))
    assert whole.min() >= 1
    # Never behind by more than half a step; ahead only by what the minimum of one step forces.
    forced = sum(max(0.0, 1 - duration) for duration in durations)
    assert -0.5 - 1e-6 <= whole.sum() - sum(durations) <= forced + 0.5 + 1e-6


def test_hesitation_grows_and_keeps_its_places() -> None:
    phrase = make_phrases(TEXT)[0]
    draws = [timing.draw_hesitations(phrase, Moves(hesitation=h / 10), np.random.default_rng(3)) for h in range(11)]
    for less, more in zip(draws, draws[1:], strict=False):
        assert (more >= less).all()
    assert draws[0].sum() == 0
    assert (draws[10] > 0).sum() > len(phrase.words) / 2
    assert draws[10][-1] == 0, "halting after the last word is only silence"


# Pauses


def power_of(levels_db: list[float]) -> np.ndarray:
    return 10 ** (np.asarray(levels_db, float) / 10)


def test_a_pause_is_stretched_in_its_silence_alone() -> None:
    power = power_of([0] * 20 + [-60] * 10 + [0] * 20)
    double = pauses.make_timeline(power, Moves(pause=2.0), [], [])
    half = pauses.make_timeline(power, Moves(pause=0.5), [], [])
    assert len(double.index) == 60 and len(half.index) == 45
    for line in (double, half):
        assert not line.voiced[(line.index >= 20) & (line.index < 30)].any()
        speech = line.index[(line.index < 20) | (line.index >= 30)]
        np.testing.assert_array_equal(speech, [*range(20), *range(30, 50)])


def test_without_moves_every_frame_of_speech_is_shown_once() -> None:
    line = pauses.make_timeline(power_of([-60] * 40 + [0] * 30 + [-60] * 40), Moves(), [], [])
    np.testing.assert_array_equal(line.index, np.arange(40 - 20, 70 + 28))
    assert (line.gain == 1).all()


def test_a_halt_is_silent_and_its_edges_fade() -> None:
    line = pauses.make_timeline(power_of([0] * 40), Moves(), [], [(20, 0.25)])
    assert len(line.index) == 60
    assert (line.gain[20:40] == 0).all() and not line.voiced[20:40].any()
    assert list(line.gain[17:20]) == [0.75, 0.4, 0.1] and list(line.gain[40:43]) == [0.1, 0.4, 0.75]


def test_a_mark_without_silence_gets_one_when_pauses_grow() -> None:
    power = power_of([0] * 40)
    assert len(pauses.make_timeline(power, Moves(pause=1.0), [(18, 20)], []).index) == 40
    assert len(pauses.make_timeline(power, Moves(pause=3.0), [(18, 20)], []).index) > 60


# F0


def contour() -> np.ndarray:
    return np.concatenate([[0] * 5, np.linspace(220, 180, 60), [0] * 5]).astype(np.float32)


def acted(moves: Moves) -> np.ndarray:
    beat = melody.draw_rhythm(contour(), moves, np.random.default_rng(0))
    return melody.act_f0(contour(), moves, beat)[5:65]


def semitones(a: float, b: float) -> float:
    return float(12 * np.log2(a / b))


def test_neutral_moves_leave_f0_alone() -> None:
    np.testing.assert_allclose(acted(Moves()), contour()[5:65], rtol=1e-5)


def test_each_f0_move_does_what_it_says() -> None:
    plain = acted(Moves())
    assert semitones(np.median(acted(Moves(pitch=3.0))), np.median(plain)) == pytest.approx(3, abs=0.01)
    wide = acted(Moves(range=2.0))
    assert semitones(wide[0], wide[-1]) == pytest.approx(2 * semitones(plain[0], plain[-1]), rel=0.01)
    sloped = acted(Moves(slope=4.0))
    assert semitones(sloped[-1], plain[-1]) == pytest.approx(2, abs=0.05)
    assert semitones(sloped[0], plain[0]) == pytest.approx(-2, abs=0.05)
    assert semitones(acted(Moves(final=-5.0))[-1], plain[-1]) == pytest.approx(-5, abs=0.1)
    longer = acted(Moves(tract=1.1))
    np.testing.assert_allclose(longer, plain * 1.1, rtol=1e-4)


def test_unvoiced_frames_stay_unvoiced_whatever_is_asked() -> None:
    moves = Moves(pitch=9.0, tremor=1.0, laugh=1.0, sob=1.0)
    beat = melody.draw_rhythm(contour(), moves, np.random.default_rng(0))
    found = melody.act_f0(contour(), moves, beat)
    np.testing.assert_array_equal(found == 0, contour() == 0)


@given(st.floats(-30, 2000))
def test_f0_is_bent_into_what_can_be_rendered(hertz: float) -> None:
    bent = float(melody.limit_f0(np.asarray([hertz]))[0])
    assert melody.FLOOR_HZ <= bent <= melody.CEILING_HZ
    if melody.FLOOR_HZ <= hertz <= melody.KNEE_HZ:
        assert bent == hertz


def test_pulses_are_the_sum_of_their_harmonics() -> None:
    """Oracle: the cosines, added one by one."""
    turns = np.linspace(0.0, 3.0, 200, endpoint=False) + 0.001
    found = source.band_limited(turns, np.full(200, 1000.0))
    wanted = sum(np.cos(2 * np.pi * h * turns) for h in range(1, 12))
    np.testing.assert_allclose(found, wanted, atol=2e-3)  # single precision near the pulses


def test_roughness_makes_cycles_uneven_and_creak_halves_every_second() -> None:
    f0 = np.full(40, 200, np.float32)
    still = np.zeros(40, np.float32)
    even = source.make_pulses(f0, Moves(), still, np.random.default_rng(0))[1200:-1200]
    rough = source.make_pulses(f0, Moves(rough=1.0), still, np.random.default_rng(0))[1200:-1200]
    creaky = source.make_pulses(f0, Moves(), still + 1, np.random.default_rng(0))[1200:-1200]

    def peaks(train: np.ndarray) -> np.ndarray:
        return np.asarray([train[i : i + 120].max() for i in range(0, len(train) - 120, 120)])

    assert np.std(peaks(rough)) > 3 * np.std(peaks(even))
    assert np.median(np.sort(peaks(creaky))[:20]) < 0.6 * np.median(peaks(even))


# Settings


def test_neutral_moves_of_the_base_voice_are_neutral() -> None:
    assert combine(Voice(f0_hz=BASE_F0_HZ), Moves()) == Moves()


@given(st.floats(0, 1), st.floats(0, 1))
def test_shares_combine_below_one(a: float, b: float) -> None:
    both = combine(Voice(breath=a), Moves(breath=b)).breath
    assert max(a, b) - 1e-9 <= both <= 1


# The whole


def test_it_is_an_engine_and_says_what_it_can() -> None:
    engine = load_engine()
    assert isinstance(engine, Engine)
    assert engine.capabilities.deterministic and engine.capabilities.languages == ("en",)
    assert len(engine.model_sha256) == 64


def test_the_same_call_gives_the_same_samples_and_another_seed_others() -> None:
    assert speak(seed=4).tobytes() == speak(seed=4).tobytes()
    assert speak(seed=4).tobytes() != speak(seed=5).tobytes()


def test_a_take_is_audible_finite_and_below_the_ceiling() -> None:
    samples = speak(Moves(energy=9.0, shout=1.0))
    assert np.isfinite(samples).all()
    assert 0.1 < np.abs(samples).max() <= 10 ** (-1 / 20) + 1e-3


def test_loudness_is_set_once_a_persona() -> None:
    quiet = Persona(name="quiet", description="quiet", gender="female", age=30, voice=Voice(loudness=-28.0))
    loud = Persona(name="loud", description="loud", gender="female", age=30, voice=Voice(loudness=-22.0))
    assert loudness_lufs(speak(persona=loud), 24000) - loudness_lufs(speak(persona=quiet), 24000) == pytest.approx(6, abs=0.3)
    whispered = speak(Moves(whisper=1.0), persona=loud)
    assert loudness_lufs(whispered, 24000) < loudness_lufs(speak(persona=loud), 24000) - 5


def test_a_man_and_a_child_sound_of_their_age() -> None:
    man = Persona(name="man", description="man", gender="male", age=40, voice=Voice(f0_hz=110, tract=1.17))
    child = Persona(name="child", description="child", gender="female", age=7, voice=Voice(f0_hz=280, tract=0.82))
    base = median_f0(speak())  # of this sentence; the persona's own median is over many
    assert median_f0(speak(persona=man)) / base == pytest.approx(110 / BASE_F0_HZ, rel=0.05)
    assert median_f0(speak(persona=child)) / base == pytest.approx(280 / BASE_F0_HZ, rel=0.05)


def test_rate_is_exact_to_a_few_percent() -> None:
    plain, fast = len(speak()), len(speak(Moves(rate=1.3)))
    assert plain / fast == pytest.approx(1.3, rel=0.08)  # margins at both ends do not shrink


def test_word_timings_cover_the_take_in_order() -> None:
    take = load_engine().perform(
        TEXT + " And that is all.", BASE, Direction(Moves(pause=2.0, rate=0.9), ""), language="en", seed=1
    )
    assert [word.text for word in take.words][:3] == ["The", "blue", "cup"]
    assert len(take.words) == 17
    times = [time for word in take.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[0] > 0 and times[-1] <= take.duration


def test_phrases_are_joined_without_a_click() -> None:
    samples = speak(text="One. Two. Three.")
    silent = np.flatnonzero(samples == 0)
    edges = [i for i in range(1, len(samples) - 1) if samples[i] != 0 and 0 in (samples[i - 1], samples[i + 1])]
    assert len(silent) > 2 * 0.07 * 24000, "two gaps"
    assert np.abs(samples[edges]).max() < 1e-3


@settings(max_examples=8, deadline=None)
@given(
    st.sampled_from(["anger", "sadness", "elation", "fear", "intoxication_altered_states_of_consciousness"]), st.integers(0, 50)
)
def test_intensity_zero_is_the_neutral_twin(category: str, seed: int) -> None:
    engine = load_engine()
    twin = engine.perform("A short one.", BASE, direct(BASE, (), seed=seed), language="en", seed=seed)
    zero = engine.perform("A short one.", BASE, direct(BASE, [(category, 0.0)], seed=seed), language="en", seed=seed)
    assert twin.samples.tobytes() == zero.samples.tobytes()


# --- Texts and pronunciations from anywhere


@pytest.mark.parametrize(
    "text",
    ["1" * 2000, "1," * 700 + "1", f"{'7' * 40}.{'3' * 40}", "$" + "9" * 60, "[" * 600, "ab" * 400, "9" * 60 + "th", "1" * 18],
)
def test_absurd_numbers_and_words_are_read_and_quickly(text: str) -> None:
    try:
        found = make_phrases(f"Count {text} now.")
    except UsageError:
        return
    assert found[0].words[0].text.startswith("Count") and all(len(phrase.ids) < 510 for phrase in found)


def test_a_long_number_is_read_digit_by_digit_and_a_short_one_as_one() -> None:
    assert "".join(make_phrases("1" * 19)[0].phonemes).count("w") == 19  # "one" begins with w
    assert "".join(make_phrases("1" * 19)[0].phonemes) == "".join(make_phrases(" ".join("1" * 19))[0].phonemes)
    assert "".join(make_phrases("1,234")[0].phonemes) != "".join(make_phrases("1 2 3 4")[0].phonemes)


def test_a_pronunciation_is_a_word_and_is_checked_whether_it_occurs_or_not() -> None:
    with pytest.raises(UsageError, match="the pronunciation of 'sit' has 5,000 characters; expected at most 200"):
        make_phrases("Stand up.", {"sit": "a" * 5000})
    with pytest.raises(UsageError, match="the pronunciation of 'sit' holds '7', which is no phoneme"):
        make_phrases("Stand up.", {"sit": "/7/"})
    many = {f"word{number}": "x" for number in range(20_000)}
    assert make_phrases("Stand up.", many) == make_phrases("Stand up.")
    assert (
        make_phrases("I don\u2019t.", {"don't": "/dˈOnt/"})[0].phonemes
        == make_phrases("I don't.", {"don't": "/dˈOnt/"})[0].phonemes
    )
    assert make_phrases("I don't.", {"don't": "/bˈi/"}) != make_phrases("I don't.")
