"""Mouth shapes: the published set, no gap and no overlap, and shapes where the sound is."""

import json
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact import synth
from voiceact.audio.visemes import REST, VISEMES, list_visemes, visemes_json
from voiceact.audio.words import Phone, Word

PUBLISHED = {
    "PP": "pbm",
    "FF": "fv",
    "TH": "θð",
    "DD": "td",
    "kk": "kɡ",
    "CH": "ʃ",
    "SS": "sz",
    "nn": "nl",
    "RR": "ɹ",
    "aa": "ɑ",
    "E": "e",
    "ih": "ɪ",
    "oh": "o",
    "ou": "u",
}
"""the rows of Meta's "Viseme Reference", typed from it (its r is IPA's ɹ)"""


def say(*phones: tuple[str, float, float]) -> Word:
    return Word("word", phones[0][1], phones[-1][2], tuple(Phone(*phone) for phone in phones))


def shapes(*words: Word) -> list[tuple[str, float, float]]:
    return [(row["viseme"], row["start"], row["end"]) for row in list_visemes(words)]


@pytest.mark.parametrize(("viseme", "sound"), [(name, sound) for name, sounds in PUBLISHED.items() for sound in sounds])
def test_a_sound_has_its_published_shape(viseme: str, sound: str) -> None:
    assert shapes(say((sound, 0.0, 0.1))) == [(viseme, 0.0, 0.1)]


def test_every_phoneme_of_the_model_has_a_shape() -> None:
    letters = json.loads((files("hibari") / "assets" / "vocab.json").read_text("utf-8"))
    # Letters of the alphabet that no reader writes, and those of the throat, which take the shape of the next sound.
    rest = set("hɦʔSTgʲʰᵝˈˌː") | {char for char in letters if not char.isalpha()} - {" "}
    assert [char for char in letters if char not in rest and char.isalpha() and not shapes(say((char, 0, 1)))] == []
    assert len({sound for sounds in VISEMES.values() for sound in sounds}) == sum(map(len, VISEMES.values())), "each in one row"


def test_diphthongs_move_affricates_do_not_and_the_throat_takes_the_next_shape() -> None:
    assert shapes(say(("I", 0.0, 0.2))) == [("aa", 0.0, 0.1), ("ih", 0.1, 0.2)]
    assert shapes(say(("ʧ", 0.0, 0.1), ("ʤ", 0.1, 0.2))) == [("CH", 0.0, 0.2)]
    assert shapes(say(("h", 0.0, 0.1), ("u", 0.1, 0.3))) == [("ou", 0.0, 0.3)]


def test_the_mouth_rests_in_a_pause_and_not_in_a_short_gap() -> None:
    words = say(("m", 0.2, 0.3), ("ɑ", 0.3, 0.5)), say(("m", 0.53, 0.6)), say(("ɑ", 1.0, 1.2))
    assert shapes(*words) == [
        (REST, 0.0, 0.2),
        ("PP", 0.2, 0.3),
        ("aa", 0.3, 0.53),
        ("PP", 0.53, 0.6),
        (REST, 0.6, 1.0),
        ("aa", 1.0, 1.2),
    ]
    assert list_visemes([words[2]], start=0.9)[0] == {"viseme": REST, "start": 0.9, "end": 1.0}


def test_words_without_sounds_move_no_mouth() -> None:
    assert list_visemes([Word("mute", 0.0, 1.0)]) == []
    assert visemes_json([]) == "[]\n"


@given(st.lists(st.tuples(st.sampled_from("pfθtkʃsnɹɑeɪouhIOʧ"), st.integers(0, 30), st.integers(1, 30)), min_size=1))
def test_shapes_follow_one_another_without_gap(spans: list[tuple[str, int, int]]) -> None:
    place, phones = 0.0, []
    for symbol, gap, length in spans:
        phones.append((symbol, place + gap / 100, place + (gap + length) / 100))
        place = phones[-1][2]
    rows = json.loads(visemes_json([say(*phones)]))
    assert all(one["end"] == other["start"] for one, other in zip(rows, rows[1:], strict=False))
    assert all(row["start"] < row["end"] for row in rows) and {row["viseme"] for row in rows} <= set(VISEMES)
    assert not rows or rows[0]["start"] == 0.0


def test_hissing_shapes_stand_where_the_take_hisses() -> None:
    """Oracle: the sound itself, in which s and sh have their power above 4 kHz, and vowels below."""
    clip = synth(persona="nurse", text="She sees six seas. [sighs] Fishes shall pass us, Sasha.")
    rows = list_visemes(clip.words)
    samples, rate = clip.samples, clip.record.audio.sample_rate

    def share_above(row: dict[str, float]) -> float:
        part = samples[round(row["start"] * rate) : round(row["end"] * rate)]
        power = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** 2
        return float(power[np.fft.rfftfreq(len(part), 1 / rate) > 4000].sum() / power.sum())

    hissing = [share_above(row) for row in rows if row["viseme"] in ("SS", "CH")]
    vowels = [share_above(row) for row in rows if row["viseme"] in ("aa", "E", "ih", "oh", "ou")]
    assert len(hissing) >= 8 and len(vowels) >= 8
    assert np.median(hissing) > 0.5 > 5 * np.median(vowels)

    # The burst opens the mouth for as long as it lasts.
    [sigh] = [word for word in clip.words if word.text == "[sighs]"]
    assert ("aa", round(sigh.start, 3), round(sigh.end, 3)) in [(row["viseme"], row["start"], row["end"]) for row in rows]
    phones = [phone for word in clip.words for phone in word.phones]
    assert all(one.start < one.end <= other.start + 1e-6 for one, other in zip(phones, phones[1:], strict=False))


def test_times_move_and_stretch_with_the_word() -> None:
    word = say(("m", 0.2, 0.3), ("ɑ", 0.3, 0.5))
    assert word.shifted(1.0).phones[1] == ("ɑ", 1.3, 1.5)
    assert word.at_speed(2.0).phones == (("m", 0.1, 0.15), ("ɑ", 0.15, 0.25))
    assert word.between(0.25, 0.6) == Word("word", 0.25, 0.6) and word.between(0.25, 0.6).phones == word.phones


def test_sounds_that_overlap_follow_one_another() -> None:
    assert shapes(say(("m", 0.0, 0.2)), say(("ɑ", 0.1, 0.15)), say(("s", 0.15, 0.3))) == [("PP", 0.0, 0.2), ("SS", 0.2, 0.3)]
