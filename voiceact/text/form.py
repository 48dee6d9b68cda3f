"""The spoken form of a written text: words with their place in it, sentences, pauses, tags and notes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Pause = Literal["sentence", "paragraph"]
"""what stands behind a sentence: the next sentence, or an empty line"""


@dataclass(slots=True)
class SpokenWord:
    """A written word or value, and how it is said.

    Attributes:
        written: as the writer wrote it
        start: where it begins in the written text, in characters
        end: where it ends
        spoken: the words that are said, separated by spaces
        kind: class of the token ("word", "cardinal", "year", "money", …; docs/text.md lists them)
        before: marks in front of it that shape the melody (opening quotes and brackets)
        after: marks behind it
        space: whether a space follows
        ipa: pronunciation in IPA where spelling does not give it, else ""
        given: pronunciation from the user's lexicon, as the user wrote it, else ""
        emphasis: 0 for none, 1 for capitals or asterisks
        held: how many letters more than usual were written, 0 for none
        stutter: how often the onset is repeated before the word
        broken: whether speech breaks off behind it
        hesitates: whether the speaker falters behind it
        readings: other accepted ways to say it
    """

    written: str
    start: int
    end: int
    spoken: str
    kind: str = "word"
    before: str = ""
    after: str = ""
    space: bool = True
    ipa: str = ""
    given: str = ""
    emphasis: float = 0.0
    held: int = 0
    stutter: int = 0
    broken: bool = False
    hesitates: bool = False
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words that are said in one breath, what follows them, and whether an incredulous "?!" ends them."""

    words: tuple[SpokenWord, ...]
    pause: Pause = "sentence"
    rising: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """A piece of markup, which is never spoken.

    Attributes:
        text: as written, with its brackets
        name: what stands inside, trimmed
        start: where it begins in the written text
        end: where it ends
        kind: "square", "brace", "round", "asterisk" or "angle"
    """

    text: str
    name: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class SpokenForm:
    """What is said for a written text.

    Attributes:
        written: the text as it was given
        language: code of the language whose rules were used
        sentences: in order; none if nothing can be spoken
        tags: markup that was left out
        notes: one sentence for each thing the writer should know
    """

    written: str
    language: str
    sentences: tuple[Sentence, ...]
    tags: tuple[Tag, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def words(self) -> Iterator[SpokenWord]:
        """All words in order."""
        for sentence in self.sentences:
            yield from sentence.words

    @property
    def spoken(self) -> str:
        """The whole text as it is said, with the marks that shape its melody."""
        return "\n\n".join(paragraph for paragraph in self._paragraphs())

    def _paragraphs(self) -> Iterator[str]:
        lines: list[str] = []
        for sentence in self.sentences:
            lines.append(spoken_text(sentence.words))
            if sentence.pause == "paragraph":
                yield " ".join(lines)
                lines = []
        if lines:
            yield " ".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form: written, language, spoken, words, tags, notes."""
        words = [{"written": word.written, "spoken": word.spoken, "start": word.start, "end": word.end} for word in self.words]
        return {
            "written": self.written,
            "language": self.language,
            "spoken": self.spoken,
            "words": words,
            "tags": [tag.text for tag in self.tags],
            "notes": list(self.notes),
        }


def spoken_text(words: tuple[SpokenWord, ...]) -> str:
    """Words with their marks as one string."""
    text = "".join(word.before + word.spoken + word.after + (" " if word.space else "") for word in words)
    return text.strip()
