"""Spoken words with their times in a take."""

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
