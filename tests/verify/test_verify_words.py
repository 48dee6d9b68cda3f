"""Words and sounds as they are compared."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.verify.phone_alignment import aligned_costs, compare, sounds_of, worst_stretch
from voiceact.verify.text_normalization import align, error_rate, longest_run, normalised

WORDS = st.lists(st.sampled_from(["a", "b", "c", "ab", "light", "house", "lighthouse"]), max_size=8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t — stop!", "dont stop"),
        ("Room 101, 3.5 % of 1,204", "room 101 3 point 5 percent of 1204"),
        ("The colour of the grey centre", "the color of the gray center"),
        ("Mr. Brown realised he'd travelled", "mister brown realized hed traveled"),
        ("I practise what they practised", "i practice what they practiced"),
        ("e-mail, Grüß Gott", "e mail grüß gott"),
        ("…", ""),
    ],
)
def test_spelling_is_evened_out(text: str, words: str) -> None:
    assert normalised(text) == words.split()


@pytest.mark.parametrize(
    "british, american",
    [
        ("flavoured", "flavored"),
        ("organise", "organize"),
        ("analysed", "analyzed"),
        ("theatre", "theater"),
        ("defence", "defense"),
        ("dialogue", "dialog"),
        ("traveller", "traveler"),
        ("favourite", "favorite"),
    ],
)
def test_british_and_american_are_one(british: str, american: str) -> None:
    assert normalised(british) == normalised(american)


@pytest.mark.parametrize("word", ["would", "could", "should", "might", "must"])
def test_have_may_be_written_short(word: str) -> None:
    assert normalised(f"I {word}'ve gone.") == normalised(f"I {word} have gone.") == ["i", word, "have", "gone"]


@pytest.mark.parametrize(
    ("language", "readings"),
    [
        ("en", ["1984", "nineteen eighty-four", "nineteen eighty four", "one thousand nine hundred and eighty four"]),
        ("en", ["911", "nine one one", "nine hundred eleven", "nine hundred and eleven"]),
        ("de", ["97", "siebenundneunzig", "sieben und neunzig"]),
        ("es", ["31", "treinta y uno", "treinta y un", "treinta y una"]),
        ("fr", ["91", "quatre-vingt-onze", "quatre vingt onze"]),
    ],
)
def test_every_reading_of_a_number_is_one(language: str, readings: list[str]) -> None:
    assert {tuple(normalised(reading, language)) for reading in readings} == {tuple(normalised(readings[0], language))}


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("en", "nineteen eighty-four", "nineteen eighty-five"),
        ("de", "siebenundneunzig", "neunundsiebzig"),
        ("es", "treinta y uno", "treinta"),
        ("fr", "quatre-vingt-onze", "quatre-vingt-dix"),
    ],
)
def test_another_value_is_another_word(language: str, right: str, wrong: str) -> None:
    assert normalised(right, language) != normalised(wrong, language)


def kinds(said: str, heard: str) -> list[str]:
    return [step.kind for step in align(said.split(), heard.split())]


def test_steps_of_an_alignment() -> None:
    assert kinds("the cup is blue", "the cap is very blue") == ["same", "substitution", "same", "insertion", "same"]
    assert kinds("the cup is blue", "the blue") == ["same", "deletion", "deletion", "same"]
    assert kinds("light house", "lighthouse") == ["same"]
    assert kinds("lighthouse keeper", "light house keeper") == ["same", "same"]


def test_figures_of_an_alignment() -> None:
    steps = align("one two three four".split(), "one five six four seven".split())
    assert error_rate(steps) == 3 / 4
    assert longest_run(steps) == 2
    assert (error_rate([]), longest_run([])) == (0, 0)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_alignments_hold_both_sides_and_agree_with_an_independent_count(said: list[str], heard: list[str]) -> None:
    steps = align(said, heard)
    assert " ".join(step.said for step in steps).split() == said
    assert " ".join(step.heard for step in steps).split() == heard
    jiwer = pytest.importorskip("jiwer")
    if said and "".join(said) != "".join(heard) and not {"ab", "lighthouse"} & {*said, *heard}:
        assert error_rate(steps) == pytest.approx(jiwer.wer(" ".join(said), " ".join(heard)))


# Sounds


def test_sounds_are_those_of_the_dictionary() -> None:
    assert sounds_of("The cat's") == ["DH", "AH", "K", "AE", "T", "S"]
    assert sounds_of("zxqyvw") == ["?"] * 4
    assert sounds_of("Grüß", "de") == ["G", "R", "Ü", "S", "S"]


def test_what_one_sound_for_another_costs() -> None:
    assert aligned_costs(["K", "AH", "P"], ["K", "AE", "P"]) == [0, 0.5, 0]
    assert aligned_costs(["K"], ["P"]) == pytest.approx([0.7])
    assert aligned_costs(["K", "AE"], ["K"]) == [0, 1]
    assert aligned_costs([], ["K", "AE"]) == [1, 1]
    assert aligned_costs(["?"], ["AE"]) == [0]


def test_a_stretch_adds_up_only_neighbouring_errors() -> None:
    assert worst_stretch([1, 1, 0, 0, 0, 0, 1]) == pytest.approx(1.3)
    assert worst_stretch([1, 0, 1]) == pytest.approx(0.95)
    assert worst_stretch([]) == 0


def test_misheard_words_weigh_less_than_wrong_ones() -> None:
    said = "The blue cup stands next to the kettle on the second shelf."
    misheard = compare(said, "the blue cap stands next to the cattle on a second shelf")
    dropped = compare(said, "the blue cup stands next to the kettle")
    swapped = compare(said, "the blue cup stands green tables kettle on the second shelf")
    added = compare(said, "laughs softly the blue cup stands next to the kettle on the second shelf")
    assert misheard.worst_stretch < 1
    assert min(dropped.worst_stretch, swapped.worst_stretch, added.worst_stretch) > 3
    assert misheard.error_rate < 0.1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from(["K", "P", "AE", "IY"]), max_size=9), st.lists(st.sampled_from(["K", "P", "AE", "IY"]), max_size=9)
)
def test_alignment_of_sounds_is_the_cheapest(said: list[str], heard: list[str]) -> None:
    assert sum(aligned_costs(said, heard)) == pytest.approx(cheapest(said, heard), abs=1e-4)


def cheapest(said: list[str], heard: list[str]) -> float:
    """The textbook recursion."""
    table = np.zeros((len(said) + 1, len(heard) + 1))
    for i in range(len(said) + 1):
        for j in range(len(heard) + 1):
            options = [table[i - 1, j] + 1] * (i > 0) + [table[i, j - 1] + 1] * (j > 0)
            if i and j:
                vowels = (said[i - 1] in ("AE", "IY")) + (heard[j - 1] in ("AE", "IY"))
                price = 0 if said[i - 1] == heard[j - 1] else {2: 0.5, 0: 0.7, 1: 1}[vowels]
                options.append(table[i - 1, j - 1] + price)
            table[i, j] = min(options, default=0)
    return float(table[-1, -1])
