"""The scanner every language shares: rules are tried where a token begins, and what they say is kept with its place.

A rule is a pattern and a function from its match to what is said. The first rule that answers wins; a rule answers None
where its pattern fits and its meaning does not. Rules know the text around them by the `Scan`.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from voiceact.text.form import SpokenWord


@dataclass(slots=True)
class Spoken:
    """What a rule says of a token.

    Attributes:
        spoken: words, separated by spaces; "" is silence
        end: where the token ends, if not where the match does
        stop: whether the token took a full stop in that may end the sentence as well ("Jr.")
        ipa, emphasis, held, stutter, readings: as in `SpokenWord`
        kind: class of the token, if another than the rule's
        joined: whether it forms a compound with the word behind it ("100-car")
        title: whether a name follows, so that its full stop never ends a sentence
    """

    spoken: str
    end: int | None = None
    stop: bool = False
    ipa: str = ""
    emphasis: float = 0.0
    held: int = 0
    stutter: int = 0
    readings: tuple[str, ...] = ()
    kind: str = ""
    title: bool = False
    joined: bool = False


@dataclass(slots=True)
class Scan:
    """The text that is scanned, with its markup blanked, and the words that were found so far in it."""

    text: str
    words: list[SpokenWord] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def before(self, at: int) -> str:
        """The character in front of a place, a space at the beginning."""
        return self.text[at - 1] if at else " "

    def after(self, at: int) -> str:
        """The character at a place, a space at the end."""
        return self.text[at] if at < len(self.text) else " "

    def next_word(self, at: int) -> str:
        """The next word at or behind a place, "" where a mark or nothing comes first."""
        match = _NEXT.match(self.text, at)
        return match[1] if match else ""

    def last_word(self) -> str:
        """The word written last, "" after a mark that ends a clause."""
        if not self.words or self.words[-1].after.strip("\"'”’"):
            return ""
        return self.words[-1].written


_NEXT = re.compile(r"[ \t\n\"'“”‘’*_]*([^\W\d_]+(?:['’][^\W\d_]+)*)")

Speaker = Callable[["re.Match[str]", Scan], "Spoken | str | None"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A class of tokens, its pattern, and how a match is said."""

    kind: str
    pattern: "re.Pattern[str]"
    say: Speaker


def rule(kind: str, pattern: str, say: Speaker, flags: int = 0) -> Rule:
    """Compile a rule; white space in the pattern counts."""
    return Rule(kind, re.compile(pattern, flags), say)


def alternatives(words: Iterable[str]) -> str:
    """A pattern that matches any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


ROMAN = r"(?=[MDCLXVI])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})"
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def roman_value(numeral: str) -> int:
    """Value of a Roman numeral.

    >>> roman_value("XIV")
    14
    """
    values = [_ROMAN_VALUES[char] for char in numeral.upper()]
    return sum(-value if value < following else value for value, following in zip(values, [*values[1:], 0], strict=True))
