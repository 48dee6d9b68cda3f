"""Spoken words and where they lie in a take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word as it was written, with its punctuation.

    Attributes:
        text: the word
        start, end: seconds from the start of the take
    """

    text: str
    start: float
    end: float
