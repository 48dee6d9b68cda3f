"""Effort, attack, stress, glide, fade and waver: each does what people do, and nothing at neutral."""

import numpy as np
import pytest

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio import resample
from voiceact.engines.embedded import melody, source, syllables, timbre
from voiceact.engines.embedded.stages import HOP, SAMPLE_RATE
from voiceact.engines.embedded.text import Phrase, PhraseWord
from voiceact.engines.registry import load_engine
from voiceact.estimators.features.low_level_descriptors import extract_descriptors

TEXT = "The blue cup stands next to the kettle, and the door is open."
BASE = Persona(name="base", description="the bundled voice", gender="female", age=30)


def speak(moves: Moves) -> np.ndarray:
    return load_engine().perform(TEXT, BASE, Direction(moves, ""), language="en", seed=0).samples


def band_db(samples: np.ndarray, low: float, high: float, *, voiced: bool) -> float:
    """Level of a band beside that of the whole, over frames with or without voice."""
    tracks = extract_descriptors(resample(samples, SAMPLE_RATE, 16000))
    frames = tracks.voiced if voiced else tracks.active & ~tracks.voiced & (tracks.level > -30)
    hertz = np.fft.rfftfreq(1024, 1 / 16000)
    power = tracks.power[frames]
    inside = power[:, (hertz >= low) & (hertz < high)].sum()
    return float(10 * np.log10(inside / power[:, hertz > 80].sum()))


# Effort


def test_effort_lifts_one_to_three_kilohertz_and_lowers_the_bottom() -> None:
    plain, raised = speak(Moves()), speak(Moves(effort=1.0))
    change = {
        edges: band_db(raised, *edges, voiced=True) - band_db(plain, *edges, voiced=True)
        for edges in ((100, 400), (1000, 3000), (5000, 7600))
    }
    assert change[1000, 3000] > 4
    assert change[100, 400] < -2
    # The top rises less than the middle, as in people; tilt would raise it most.
    assert change[5000, 7600] < change[1000, 3000] - 2


def test_effort_leaves_sounds_without_voice_their_colour() -> None:
    edges = (3000.0, 7600.0)
    plain, raised, tilted = (speak(moves) for moves in (Moves(), Moves(effort=1.0), Moves(tilt=4.0)))
    before = band_db(plain, *edges, voiced=False)
    assert abs(band_db(raised, *edges, voiced=False) - before) < abs(band_db(tilted, *edges, voiced=False) - before) + 1.0


def test_the_curve_of_effort_is_read_between_its_points() -> None:
    np.testing.assert_allclose(timbre.effort_db(np.array(timbre.EFFORT_HZ)), timbre.EFFORT_DB, atol=1e-5)
    assert timbre.effort_db(np.array([0.0]))[0] == timbre.EFFORT_DB[0]
    assert timbre.effort_db(np.array([12000.0]))[0] == timbre.EFFORT_DB[-1]


# Syllables


def phrase() -> Phrase:
    """ "open tea": a stressed and an unstressed vowel, then a stressed one behind a stop."""
    phonemes = ("", "ˈ", "O", "p", "ᵊ", "n", " ", "t", "ˈ", "i", "")
    words = (PhraseWord("open", 1, 6), PhraseWord("tea", 7, 10))
    return Phrase(tuple(range(len(phonemes))), phonemes, words)


def test_stress_lengthens_stressed_vowels_and_shortens_the_others() -> None:
    factors = syllables.length_factors(phrase(), Moves(stress=1.0))
    assert factors[2] == factors[9] == 1 + syllables.STRESSED_LENGTH
    assert factors[4] == 1 + syllables.UNSTRESSED_LENGTH
    assert factors[3] == factors[7] == 1


def test_attack_lengthens_obstruents_alone() -> None:
    factors = syllables.length_factors(phrase(), Moves(attack=0.5))
    assert factors[3] == factors[7] == 1 + 0.5 * syllables.OBSTRUENT_LENGTH
    assert factors[5] == factors[2] == 1


def test_neutral_moves_change_no_length() -> None:
    assert (syllables.length_factors(phrase(), Moves()) == 1).all()


def test_stressed_vowels_are_higher_and_louder_than_the_others() -> None:
    whole = np.full(len(phrase().phonemes), 8)
    weight = syllables.syllable_weights(phrase(), whole)
    assert len(weight) == 2 * whole.sum() and weight.max() == pytest.approx(1) and weight.min() == pytest.approx(-1)
    f0 = np.full(len(weight), 200, np.float32)
    acted = syllables.raise_stressed(f0, weight, Moves(stress=1.0))
    apart = 12 * np.log2(acted.max() / acted.min())
    assert apart == pytest.approx(syllables.STRESSED_SEMITONES, abs=1e-3)
    gain = syllables.level_db(f0, np.ones(len(weight)), weight, Moves(stress=1.0))
    assert gain.max() - gain.min() == pytest.approx(syllables.STRESSED_DB)


def test_attack_makes_sounds_without_voice_louder_and_leaves_silence() -> None:
    f0 = np.array([0, 0, 0, 200, 200, 200, 0, 0, 0, 0], np.float32)
    power = np.array([1e-9] * 3 + [1.0] * 3 + [0.1] * 4)
    gain = syllables.level_db(f0, power, np.zeros(10), Moves(attack=1.0))
    assert gain[:2].tolist() == [0, 0] and gain[4] == 0
    assert gain[8] == pytest.approx(syllables.OBSTRUENT_DB)


def test_a_word_that_begins_with_a_vowel_has_an_onset_and_one_behind_a_stop_has_none() -> None:
    whole = np.full(len(phrase().phonemes), 8)
    frames = 2 * int(whole.sum())
    found = syllables.find_onsets(phrase(), whole, np.full(frames, 200, np.float32), np.ones(frames))
    assert len(found) == 1 and found[0] <= 2 * (8 * 2 + 1)


def test_a_strike_shuts_the_voice_before_an_onset_and_nowhere_else() -> None:
    samples = np.ones(40 * HOP, np.float32)
    struck = syllables.strike(samples, [20], 1.0)
    assert struck[: 15 * HOP].tolist() == samples[: 15 * HOP].tolist()
    assert struck[30 * HOP :].tolist() == samples[30 * HOP :].tolist()
    assert struck.min() < 0.06 and struck.max() == pytest.approx(10 ** (syllables.STRIKE_DB / 20), rel=0.01)
    # No step between two samples: a click would be one.
    assert np.abs(np.diff(struck)).max() < 0.05
    assert syllables.strike(samples, [20], 0.0) is samples


# F0, level and cycles


def test_glide_moves_f0_within_syllables_and_not_its_slow_line() -> None:
    seconds = np.arange(400) * 0.0125
    slow, fast = 4 * np.sin(2 * np.pi * 0.2 * seconds), np.sin(2 * np.pi * 5 * seconds)
    f0 = (200 * 2 ** ((slow + fast) / 12)).astype(np.float32)
    beat = melody.draw_rhythm(f0, Moves(), np.random.default_rng(0))

    def sizes(moves: Moves) -> tuple[float, float]:
        semitones = 12 * np.log2(melody.act_f0(f0, moves, beat) / 200)[40:-40]
        kernel = np.hanning(35) / np.hanning(35).sum()
        line = np.convolve(semitones, kernel, mode="same")
        return float(line[40:-40].std()), float((semitones - line)[40:-40].std())

    plain, gliding = sizes(Moves()), sizes(Moves(glide=2.0))
    assert gliding[1] == pytest.approx(2 * plain[1], rel=0.2)
    assert gliding[0] == pytest.approx(plain[0], rel=0.1)


def test_fade_takes_level_from_the_end() -> None:
    def end_db(samples: np.ndarray) -> float:
        loud = np.flatnonzero(np.abs(samples) > 0.02 * np.abs(samples).max())
        spoken = samples[loud[0] : loud[-1]]
        last = spoken[-round(0.25 * SAMPLE_RATE) :]
        return float(10 * np.log10((last**2).mean() / (spoken**2).mean()))

    assert end_db(speak(Moves(fade=-8.0))) < end_db(speak(Moves())) - 3
    assert end_db(speak(Moves(fade=5.0))) > end_db(speak(Moves())) + 1


def test_a_waver_makes_cycles_uneven_only_where_it_is() -> None:
    f0 = np.full(160, 200, np.float32)
    still, part = np.zeros(160, np.float32), np.r_[np.zeros(80), np.ones(80)]
    rng = np.random.default_rng
    plain = source.make_pulses(f0, Moves(), still, rng(1))
    wavering = source.make_pulses(f0, Moves(waver=1.0), still, rng(1), waver=part)
    np.testing.assert_allclose(wavering[: 70 * HOP], plain[: 70 * HOP], atol=0.05 * np.abs(plain).max())
    assert np.abs(wavering[100 * HOP :] - plain[100 * HOP :]).max() > 0.3 * np.abs(plain).max()
    np.testing.assert_array_equal(source.make_pulses(f0, Moves(), still, rng(1), waver=part), plain)


def test_the_rhythm_of_older_moves_is_drawn_as_before() -> None:
    # A replay of a record needs the same tremor: what is drawn later must not redraw it.
    f0 = np.full(80, 200, np.float32)
    rng = np.random.default_rng(3)
    phase = np.random.default_rng(3).uniform(0, 2 * np.pi, size=3)
    beat = melody.draw_rhythm(f0, Moves(), rng)
    wander = 0.6 * np.sin(2 * np.pi * 0.7 * beat.seconds + phase[1])
    np.testing.assert_array_equal(beat.tremor, np.sin(2 * np.pi * 5.5 * beat.seconds + wander + phase[0]))
    assert beat.waver.min() >= 0 and beat.waver.max() <= 1


@pytest.mark.parametrize("name, value", [("effort", -0.8), ("attack", 1.0), ("stress", 1.0), ("glide", 2.5), ("fade", -12.0)])
def test_a_strong_move_alone_is_sound_without_a_click(name: str, value: float) -> None:
    samples = speak(Moves(**{name: value}))
    assert np.isfinite(samples).all() and 0.05 < np.abs(samples).max() <= 1
    assert np.abs(np.diff(samples)).max() < 1.2 * np.abs(samples).max()
