"""Spoken words with their times in a take."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word in its written form, with its punctuation.

    Attributes:
        text: the word
        start: seconds from the start of the take
        end: seconds from the start of the take
    """

    text: str
    start: float
    end: float


def words_spoken(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the timings of words alone, without those of bursts, whose text is the tag ("[sighs]")."""
    return tuple(word for word in words if not word.text.startswith("["))
