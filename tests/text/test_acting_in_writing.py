"""What the writer marked in the words is heard in the embedded voice: each measured on the audio."""

import numpy as np
import pytest

from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.engines.base import Take
from voiceact.engines.registry import load_engine

BASE = Persona(name="base", description="the bundled voice", gender="female", age=30)
RATE = 24000


def take(text: str) -> Take:
    return load_engine().perform(text, BASE, Direction(Moves(), ""), language="en", seed=0)


def word(of: Take, text: str) -> np.ndarray:
    """Samples of the word that begins with `text`."""
    found = next(word for word in of.words if word.text.lower().startswith(text))
    return of.samples[int(found.start * RATE) : int(found.end * RATE)]


def level_db(samples: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(samples**2) + 1e-12))


def fading_seconds(samples: np.ndarray) -> float:
    """From the last 5 ms within 8 dB of the loudest to the last within 45 dB."""
    frames = 10 * np.log10((samples[: len(samples) // 120 * 120].reshape(-1, 120) ** 2).mean(1) + 1e-12)
    return float(np.flatnonzero(frames > frames.max() - 45)[-1] - np.flatnonzero(frames > frames.max() - 8)[-1]) * 0.005


def pitch(of: Take, text: str) -> np.ndarray:
    """F0 in Hz of the voiced frames of the word that begins with `text`."""
    from swift_f0 import SwiftF0

    found = SwiftF0(threads=1).detect(of.samples, RATE, fmin=55, fmax=600)
    spoken = next(word for word in of.words if word.text.lower().startswith(text))
    seconds = np.arange(len(found.pitch_hz)) * (len(of.samples) / RATE / len(found.pitch_hz))
    inside = (seconds >= spoken.start) & (seconds <= spoken.end)
    return np.asarray(found.pitch_hz)[inside & (np.asarray(found.confidence) > 0.6)]


@pytest.mark.parametrize(
    ("plain", "marked", "stressed"),
    [
        ("I said never again.", "I said NEVER again.", "never"),
        ("That is my brother over there.", "That is *my* brother over there.", "my"),
        ("We need more water today.", "We need MORE water today.", "more"),
    ],
)
def test_a_stressed_word_is_louder_higher_and_longer(plain: str, marked: str, stressed: str) -> None:
    without, with_stress = take(plain), take(marked)
    before, after = word(without, stressed), word(with_stress, stressed)
    others = level_db(with_stress.samples) - level_db(without.samples)
    assert level_db(after) - level_db(before) > max(1.0, others)
    assert len(after) > 1.1 * len(before)
    assert 12 * np.log2(np.median(pitch(with_stress, stressed)) / np.median(pitch(without, stressed))) > 1


@pytest.mark.parametrize(
    ("plain", "held"),
    [("No!", "Noooo!"), ("Stop!", "Stoooop!"), ("Please wait.", "Pleeeease wait."), ("So good.", "Sooooo good.")],
)
def test_a_held_vowel_holds(plain: str, held: str) -> None:
    first, second = take(plain).words[0], take(held).words[0]
    assert second.end - second.start > 1.3 * (first.end - first.start)


def test_more_letters_hold_longer() -> None:
    lengths = [found.end - found.start for found in (take(text).words[0] for text in ("No!", "Nooo!", "Noooooo!"))]
    assert lengths[0] < lengths[1] < lengths[2]


@pytest.mark.parametrize(
    ("plain", "stuttered"),
    [("What is that?", "W-what is that?"), ("Please stay here.", "P-please stay here."), ("But why?", "B-b-but why?")],
)
def test_a_stutter_repeats_the_onset(plain: str, stuttered: str) -> None:
    first, second = take(plain).words[0], take(stuttered).words[0]
    assert second.text == stuttered.split()[0]
    repeats = stuttered.split()[0].count("-")
    assert (second.end - second.start) - (first.end - first.start) > 0.06 * repeats


def test_an_ellipsis_hesitates() -> None:
    plain, halting = take("I thought you left."), take("I thought... you left.")
    gaps = [found.words[2].start - found.words[1].end for found in (plain, halting)]
    assert gaps[1] > gaps[0] + 0.25
    middle = halting.words[1].end + 0.12
    silence = halting.samples[int(middle * RATE) : int((middle + 0.12) * RATE)]
    assert level_db(silence) < level_db(word(halting, "thought")) - 30


@pytest.mark.parametrize(
    ("whole", "broken", "last"), [("I thought you.", "I thought you—", "you"), ("Don't you.", "Don't you—", "you")]
)
def test_a_dash_breaks_off(whole: str, broken: str, last: str) -> None:
    """Sound ends sooner after it was loud, silence follows at once, and F0 stays up where a full stop lets it fall."""
    fallen, cut = take(whole), take(broken)
    ends = [found.words[-1].end for found in (fallen, cut)]
    assert fading_seconds(cut.samples) < 0.75 * fading_seconds(fallen.samples)
    assert np.abs(cut.samples[int(ends[1] * RATE) + 10 :]).max(initial=0) == 0
    assert np.median(pitch(cut, last)[-4:]) > np.median(pitch(fallen, last)[-4:])


def test_an_incredulous_question_rises() -> None:
    asked, shocked = take("You did what?"), take("You did what?!")
    ends = [pitch(found, "what")[-5:].mean() for found in (asked, shocked)]
    assert 12 * np.log2(ends[1] / ends[0]) > 1.5


def test_an_empty_line_is_heard_as_a_longer_pause() -> None:
    joined, parted = take("Chapter one. The lamp went out."), take("Chapter one.\n\nThe lamp went out.")
    gap = [found.words[2].start - found.words[1].end for found in (joined, parted)]
    assert gap[1] > gap[0] + 0.5


@pytest.mark.parametrize("text", ["A", "I", "Oh!", "A.", "Eh?"])
def test_the_time_of_a_single_short_word_is_when_it_is_heard(text: str) -> None:
    found = take(text)
    (only,) = found.words
    frames = np.sqrt((found.samples[: len(found.samples) // 240 * 240].reshape(-1, 240) ** 2).mean(1))
    loud = np.flatnonzero(frames > frames.max() * 0.1) / 100
    assert only.end - only.start > 0.1
    assert only.start < loud[0] + 0.12 and only.end > loud[-1] - 0.1


@pytest.mark.parametrize("sound", ["Shh", "Grr", "Brr", "Mmmmm", "Psst"])
def test_an_interjection_is_one_short_sound(sound: str) -> None:
    """Its letters would take well over a second."""
    (only,) = take(f"{sound}!").words
    assert 0.05 < only.end - only.start < 0.9


def test_long_unknown_words_keep_their_end() -> None:
    from voiceact.engines.embedded.text import make_phrases

    long = "Donaudampfschifffahrtsgesellschaftskapitän"
    phonemes = ["".join(make_phrases(text)[0].phonemes) for text in (long, long[:-7])]
    assert len(phonemes[0]) > len(phonemes[1]) + 3
    assert len(phonemes[0]) > len(long) * 0.7
