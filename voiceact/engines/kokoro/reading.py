"""From a text in another language than English to phrases of phonemes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from voiceact.engines.embedded.text import (
    PRIMARY_STRESS,
    PUNCTUATION,
    VOWELS,
    Phrase,
    Piece,
    check_pronunciation,
    collect_phrases,
    given_phonemes,
    model_phonemes,
)
from voiceact.engines.kokoro.languages import LANGUAGES, SECONDARY_STRESS, Language
from voiceact.engines.kokoro.lexicon import Lexicon
from voiceact.text import Sentence, SpokenWord, speak

MARKS = {"¿": "", "¡": "", "«": "“", "»": "”", "–": "—", ";": ",", ":": ","}
"""marks and those that the model is given for them"""
WHOLE = frozenset(("aujourd'hui",))
"""words with an apostrophe that stand for themselves"""
MOST_DIGITS = 15
"""digits of the longest number that is read as one"""
_TOKEN = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*'?|[^\w\s]")


def make_phrases_in(language: str, text: str, lexicon: Mapping[str, str] | None = None) -> list[Phrase]:
    """Return the phrases of a text, at most `MAX_PHONEMES` phonemes each.

    Args:
        language: key of `LANGUAGES`
        text: as written
        lexicon: word -> pronunciation; between slashes it is phonemes of the model, else a respelling

    Raises:
        UsageError: if a pronunciation holds a character that is no phoneme, or nothing can be spoken
        MissingExtraError: if the language's lexicon is not installed
    """
    for word, value in (lexicon or {}).items():
        check_pronunciation(word, value)
    form, reader = speak(text, language, lexicon), _reader(language)
    reader.look_up(form.sentences)
    return collect_phrases(form, reader.pieces)


@lru_cache
def _reader(language: str) -> "Reader":
    return Reader(LANGUAGES[language])


class Reader:
    """Reads one language, sentence by sentence.

    Args:
        language: how it is read

    Raises:
        MissingExtraError: if its lexicon is not installed
    """

    def __init__(self, language: Language):
        self._language = language
        self._lexicon = Lexicon(language.package, language.part, aligned=language.aligned)
        self._letters = dict(zip("abcdefghijklmnopqrstuvwxyz", language.letters.split(), strict=True))

    def look_up(self, sentences: Iterable[Sentence]) -> None:
        """Look up all words of a text at once; `pieces` of its sentences then needs no scan of the lexicon.

        Args:
            sentences: of the text

        Raises:
            VoiceactError: if a file of the lexicon's package is damaged
        """
        words = (word for sentence in sentences for written in sentence.words for word in self._words(written))
        self._lexicon.spell(part for word in words for part in self._parts(word))

    def pieces(self, sentence: Sentence) -> list[Piece]:
        """Return the phonemes of a sentence, word by word, with its marks."""
        spoken = [list(self._words(word)) for word in sentence.words]
        following = [words[0] if words else "" for words in spoken[1:]] + [""]
        return [
            piece
            for word, words, after in zip(sentence.words, spoken, following, strict=True)
            for piece in self._read(word, words, "" if word.after else after)
        ]

    def _read(self, word: SpokenWord, words: Sequence[str], after: str) -> Iterator[Piece]:
        """Yield the pieces of one written word: marks, what is said for it, marks."""
        for mark in _marks(word.before):
            yield Piece(word, mark, False)
        fixed = _fixed(word)
        sounds = [fixed] if fixed else [self._sound(own, other) for own, other in zip(words, [*words[1:], after], strict=True)]
        for place, sound in enumerate(sounds):
            yield Piece(word, sound, place < len(sounds) - 1 or word.space and not word.after)
        marks = _marks(word.after)
        for place, mark in enumerate(marks):
            yield Piece(word, mark, place == len(marks) - 1 and word.space)
        if word.after and not marks and word.space:
            yield Piece(word, "", True)

    def _words(self, word: SpokenWord) -> Iterator[str]:
        """Yield what is said for a written word as words in small letters; numbers, signs and initialisms are spelt out."""
        spoken = word.given if word.given and given_phonemes(word.given) is None else word.spoken
        for token in _TOKEN.findall(spoken.replace("’", "'")):
            if token.isdigit():
                yield from self._number(token)
            elif token in self._language.signs:
                yield from self._language.signs[token].split()
            elif token.isalpha() and token.isascii() and self._is_spelt(word, token):
                for letter in token.lower():
                    yield from self._letters[letter].split("·")
            elif token[0].isalpha():
                yield token.lower()

    def _number(self, digits: str) -> list[str]:
        from num2words import num2words

        parts = [digits] if len(digits) <= MOST_DIGITS else list(digits)
        return [name for part in parts for name in re.findall(r"\w+", num2words(int(part), lang=self._language.numbers))]

    def _is_spelt(self, word: SpokenWord, token: str) -> bool:
        """Tell whether a token is read letter by letter: initialisms, capitals without a vowel, letters of abbreviations."""
        if not token.isupper():
            return False
        single = len(token) == 1 and word.kind not in ("word", "stutter", "drawn-out", "lexicon")
        return word.kind == "initialism" or single or len(token) > 1 and not re.search("[AEIOUY]", token)

    def _parts(self, word: str) -> list[str]:
        """Cut a word behind its apostrophes: "l'homme" is "l" and "homme"."""
        return [word] if word in WHOLE else [part for part in word.split("'") if part]

    def _sound(self, word: str, after: str) -> str:
        """Return the phonemes of a word before another one, which a consonant may link to it."""
        language = self._language
        *elided, last = self._parts(word)
        before = "".join(self._elided(part) for part in elided)
        own = language.exceptions.get(last) or language.phonemes(last, self._lexicon.spell([last])[last])
        link = language.links.get(last, "") if self._is_open(after) else ""
        # "dix" ends in "s" alone, and in "z" instead before a vowel.
        return before + (own.removesuffix("s") if link == "z" else own) + link

    def _elided(self, part: str) -> str:
        """Return the phonemes of what stands before an apostrophe, which is never stressed."""
        if len(part) == 1 or part in self._language.elided:
            return self._language.elided.get(part, part)
        sound = self._language.phonemes(part, self._lexicon.spell([part])[part])
        return sound.replace(PRIMARY_STRESS, "").replace(SECONDARY_STRESS, "")

    def _is_open(self, word: str) -> bool:
        """Tell whether a word begins with a vowel to which a consonant is linked."""
        language = self._language
        if not word or not language.links or language.closed and language.closed.match(word):
            return False
        first = self._parts(word)[0]
        sound = language.phonemes(first, self._lexicon.spell([first])[first]).lstrip(PRIMARY_STRESS)
        return len(first) == len(word) and sound[:1] in VOWELS


def _fixed(word: SpokenWord) -> str:
    """Return phonemes that are not the lexicon's to choose: the user's, and those of the text; "" if there are none."""
    return given_phonemes(word.given) or "" if word.given else model_phonemes(word.ipa)


def _marks(text: str) -> list[str]:
    """Return the marks of a text that the model knows, each once where it is repeated."""
    marks = [MARKS.get(mark, mark) for mark in text if not mark.isspace()]
    known = [mark for mark in marks if mark and mark in PUNCTUATION]
    return [mark for place, mark in enumerate(known) if place == 0 or mark != known[place - 1]]
