"""The headphone check: what loudspeakers do to its tones, and who passes."""

import io
from collections import Counter
from itertools import product

import numpy as np
import pytest
import soundfile

from voiceact.listening.delivery.headphones import (
    RATE,
    TRIALS,
    HeadphoneTrial,
    count_right,
    encode_trial,
    make_trials,
    passes_check,
    render_trial,
)


def tones(sound: np.ndarray) -> list[np.ndarray]:
    """The three tones, one second each with half a second between."""
    step = round(1.5 * RATE)
    return [sound[n * step : n * step + RATE] for n in range(3)]


def level(sound: np.ndarray) -> float:
    return 10 * np.log10(np.mean(sound**2) + 1e-12)


def test_on_headphones_the_quieter_tone_is_the_quietest_in_each_ear() -> None:
    for trial in make_trials(1):
        sound = render_trial(trial)
        for ear in (0, 1):
            levels = [level(tone[:, ear]) for tone in tones(sound)]
            assert int(np.argmin(levels)) + 1 == trial.quietest
            assert sorted(levels)[1] - min(levels) == pytest.approx(6.0, abs=0.01)


def test_in_a_room_the_tone_in_antiphase_vanishes() -> None:
    """Two loudspeakers add up in the air: the right answer is no longer the quietest."""
    for trial in make_trials(1):
        levels = [level(tone.sum(axis=1)) for tone in tones(render_trial(trial))]
        assert int(np.argmin(levels)) + 1 == trial.antiphase != trial.quietest


def test_each_place_is_twice_the_quietest_in_an_order_of_the_seed() -> None:
    assert Counter(trial.quietest for trial in make_trials(7)) == {1: 2, 2: 2, 3: 2}
    assert make_trials(7) == make_trials(7)
    assert len({make_trials(seed) for seed in range(20)}) > 10


def test_the_file_is_stereo_and_neither_silent_nor_clipped() -> None:
    sound, rate = soundfile.read(io.BytesIO(encode_trial(HeadphoneTrial(1, 2))))
    assert rate == RATE and sound.shape == (4 * RATE, 2)
    assert 0.2 < np.abs(sound).max() < 0.3


def test_five_of_six_pass_and_guessing_seldom_does() -> None:
    trials = make_trials(3)
    right = [trial.quietest for trial in trials]
    assert passes_check(trials, right) and count_right(trials, right) == TRIALS
    assert passes_check(trials, [right[0] % 3 + 1, *right[1:]])
    assert not passes_check(trials, [right[0] % 3 + 1, right[1] % 3 + 1, *right[2:]])
    assert not passes_check(trials, right[:4]), "what was not answered is not right"
    assert sum(passes_check(trials, guess) for guess in product((1, 2, 3), repeat=6)) == 13
