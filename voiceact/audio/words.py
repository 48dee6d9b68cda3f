"""Spoken words with their times in a take, and the sounds within them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self


class Phone(NamedTuple):
    """A sound of a word.

    Attributes:
        symbol: its letter in IPA, or one of the letters that stand for two ("A" in "day", docs/engine-embedded.md)
        start: seconds from the start of the take
        end: seconds from the start of the take
    """

    symbol: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word in its written form, with its punctuation.

    Attributes:
        text: the word
        start: seconds from the start of the take
        end: seconds from the start of the take
        phones: its sounds in order, where the engine knows them; of a burst, whether the mouth is open ("ɑ") or closed ("m").
            The first may begin before `start`. Words with the same text and times are equal
    """

    text: str
    start: float
    end: float
    phones: tuple[Phone, ...] = field(default=(), compare=False)

    def shifted(self, seconds: float) -> Self:
        """Return the word and its sounds later by some seconds."""
        phones = tuple(Phone(phone.symbol, phone.start + seconds, phone.end + seconds) for phone in self.phones)
        return type(self)(self.text, self.start + seconds, self.end + seconds, phones)

    def at_speed(self, speed: float) -> Self:
        """Return the word and its sounds in the same take at a speed."""
        phones = tuple(Phone(phone.symbol, phone.start / speed, phone.end / speed) for phone in self.phones)
        return type(self)(self.text, self.start / speed, self.end / speed, phones)

    def between(self, start: float, end: float) -> Self:
        """Return the word with two other times, in seconds; its sounds stay where they are."""
        return type(self)(self.text, start, end, self.phones)


def words_spoken(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the timings of words alone, without those of bursts, whose text is the tag ("[sighs]")."""
    return tuple(word for word in words if not word.text.startswith("["))
