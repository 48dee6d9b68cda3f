"""The writer's own text on the engine's clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voiceact.audio.captions import timed_text
from voiceact.audio.words import Word


def spoken(text: str) -> tuple[Word, ...]:
    """Words of one second each, with no silence between."""
    return tuple(Word(word, n, n + 1) for n, word in enumerate(text.split()))


@pytest.mark.parametrize(
    ("text", "said", "expected"),
    [
        ("Sit down.", "Sit down", [("Sit", 0, 1), ("down.", 1, 2)]),
        ("“Is it?” she said", "is it she said", [("“Is", 0, 1), ("it?”", 1, 2), ("she", 2, 3), ("said", 3, 4)]),
        ("At 3:15, no", "At three fifteen no", [("At", 0, 1), ("3:15,", 1, 3), ("no", 3, 4)]),
        ("Mr. Fox", "mister Fox", [("Mr.", 0, 1), ("Fox", 1, 2)]),
        ("re-do—now", "re-do now", [("re-do—now", 0, 2)]),
        ("Well — no", "Well no", [("Well —", 0, 1), ("no", 1, 2)]),
        ("… Well", "Well", [("… Well", 0, 1)]),
        ("ab cde", "x", [("ab", 0, 3 / 7), ("cde", 3 / 7, 1)]),
        ("Well", "", []),
        ("", "Well", []),
    ],
)
def test_text_keeps_its_spelling_and_takes_the_time(text, said, expected) -> None:
    found = [(word.text, pytest.approx(word.start), pytest.approx(word.end)) for word in timed_text(text, spoken(said))]
    assert found == expected


@given(
    st.lists(st.sampled_from(["the", "The,", "5", "—", "a-b", "end."]), max_size=12),
    st.lists(st.sampled_from(["the", "five", "a", "b", "end"]), min_size=1, max_size=12),
)
def test_words_are_in_order_and_none_of_the_text_is_lost(text, said) -> None:
    found = timed_text(" ".join(text), spoken(" ".join(said)))
    if found:
        assert " ".join(word.text for word in found) == " ".join(text)
    assert all(word.start <= word.end for word in found)
    assert all(first.end <= second.start + 1e-9 for first, second in zip(found, found[1:], strict=False))
