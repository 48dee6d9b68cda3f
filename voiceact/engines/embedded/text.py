"""From text to phrases: sentences, words and the phoneme ids the model reads."""

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from voiceact.errors import UsageError

# The model was trained on at most 510 phonemes; long sentences are cut at clauses well before.
MAX_PHONEMES = 400
MAX_TOKEN_CHARACTERS = 100
"""between two spaces; what is longer is no word, and takes the reader a time that grows with its square"""
MAX_NUMBER_DIGITS = 18
"""of a number read as one; a longer one is read digit by digit, as people do"""
MAX_PRONUNCIATION_CHARACTERS = 200
MAX_SENTENCE_CHARACTERS = 2000
"""read at once: the reader's time grows with the square of a sentence's length"""

PRIMARY_STRESS = "ˈ"
VOWELS = frozenset("AIOQWYaeiouyæɐɑɒɔəɚɛɜɪɨɯɤʊʌøœᵊᵻ")
_OPENING = frozenset("([{“‘«¿¡")
PUNCTUATION = frozenset(';:,.!?—…"()“”')


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word of a phrase: its text as written, with its marks, and its slice of the phrase's phoneme ids."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the model sees at once.

    ids: phoneme ids with the model's 0 pads around
    phonemes: one character an id, "" for the pads
    words: in order, with positions in `ids`
    """

    ids: tuple[int, ...]
    phonemes: tuple[str, ...]
    words: tuple[Spoken, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token of the grapheme-to-phoneme step with what follows it."""

    text: str
    phonemes: str
    space: bool


@lru_cache
def _reader(british: bool = False) -> Any:
    """hibari's English grapheme-to-phoneme reader, American or British (loads its lexicons once)."""
    from hibari.g2p import G2P

    return G2P(british=british)


@lru_cache
def vocabulary() -> dict[str, int]:
    """Phoneme character -> id."""
    import json
    from importlib.resources import files

    found: dict[str, int] = json.loads((files("hibari") / "assets" / "vocab.json").read_text("utf-8"))
    return found


def phrases(text: str, lexicon: Mapping[str, str] | None = None, *, british: bool = False) -> list[Phrase]:
    """The phrases of a text, at most `MAX_PHONEMES` phonemes each.

    Args:
        text: plain text
        lexicon: word -> pronunciation; between slashes it is phonemes (/wˈɪn/), else a respelling ("win")
        british: read as in Britain; else as in America
    Raises:
        UsageError: if a pronunciation holds a character that is no phoneme, or nothing can be spoken
    """
    from hibari.g2p.normalize import normalize
    from hibari.tts import Hibari

    # Every pronunciation is checked, and those of words that occur are worked out.
    said: dict[str, str] = {}
    folded = normalize(text).casefold()
    for word, value in (lexicon or {}).items():
        check_pronunciation(word, value)
        if word.casefold() in folded:
            said[word.casefold()] = pronunciation(word, value, british=british)
    text = _shorten_tokens(text)
    found: list[Phrase] = []
    for sentence in Hibari.split_sentences(text):
        parts = [sentence] if len(sentence) <= MAX_SENTENCE_CHARACTERS else textwrap.wrap(sentence, MAX_SENTENCE_CHARACTERS)
        for part in parts:
            found += [_phrase(pieces) for pieces in _clauses(_pieces(part, said, british))]
    spoken = [phrase for phrase in found if phrase.words]
    if not spoken:
        raise UsageError(f"nothing can be spoken in {text[:40]!r}; expected words")
    return spoken


def check_pronunciation(word: str, value: str) -> None:
    """Raise UsageError unless a lexicon entry is a respelling, or phonemes of the model's alphabet between slashes."""
    value = value.strip()
    if not value:
        raise UsageError(f"the pronunciation of {word!r} is empty; expected a respelling or /phonemes/")
    if len(value) > MAX_PRONUNCIATION_CHARACTERS:
        raise UsageError(
            f"the pronunciation of {word[:40]!r} has {len(value):,} characters; expected at most {MAX_PRONUNCIATION_CHARACTERS}"
        )
    unknown = [char for char in value[1:-1] if char not in vocabulary()] if _is_phonemes(value) else []
    if unknown:
        raise UsageError(
            f"the pronunciation of {word!r} holds {unknown[0]!r}, which is no phoneme; "
            "docs/engine-embedded.md lists the alphabet"
        )


def pronunciation(word: str, value: str, *, british: bool = False) -> str:
    """Return the phonemes of a lexicon entry, checked against the model's alphabet (see `check_pronunciation`)."""
    check_pronunciation(word, value)
    value = value.strip()
    if _is_phonemes(value):
        return value[1:-1]
    respelled: str = _reader(british)(value)
    return respelled


def _is_phonemes(value: str) -> bool:
    return len(value) > 2 and value[0] == value[-1] == "/"


def _shorten_tokens(text: str) -> str:
    """Return the text with long numbers digit by digit, few of a mark in a row, and a space within what is no word."""
    text = re.sub(r"([^\w\s])\1{3,}", r"\1\1\1", text)
    text = re.sub(
        r"\d[\d,.]*\d",
        lambda number: " ".join(digits) if len(digits := re.findall(r"\d", number[0])) > MAX_NUMBER_DIGITS else number[0],
        text,
    )
    return re.sub(rf"(\S{{{MAX_TOKEN_CHARACTERS}}})(?=\S)", r"\1 ", text)


def _pieces(sentence: str, said: Mapping[str, str], british: bool) -> list[_Piece]:
    """Tokens of a sentence with phonemes; words of the lexicon as it says."""
    from hibari.g2p.normalize import normalize

    plain = normalize(sentence)
    if said:
        words = "|".join(re.escape(word) for word in sorted(said, key=len, reverse=True))
        plain = re.sub(rf"\b(?:{words})\b", lambda m: f"[{m[0]}](/{said[m[0].casefold()]}/)", plain, flags=re.I)
    reader = _reader(british)
    tokens = reader.phonemize_tokens(reader.tokenize(plain))
    return [_Piece(token.text, token.phonemes or "", bool(token.whitespace)) for token in tokens]


def _clauses(pieces: list[_Piece]) -> list[list[_Piece]]:
    """The pieces of one sentence, cut after punctuation (or anywhere, if there is none) when too long."""
    lists: list[list[_Piece]] = [[]]
    length = last_mark = 0
    for piece in pieces:
        length += len(piece.phonemes) + piece.space
        lists[-1].append(piece)
        if piece.phonemes in PUNCTUATION:
            last_mark = len(lists[-1])
        if length > MAX_PHONEMES:
            cut = last_mark or len(lists[-1]) - 1 or 1
            rest = lists[-1][cut:]
            del lists[-1][cut:]
            lists.append(rest)
            length, last_mark = sum(len(p.phonemes) + p.space for p in rest), 0
    return [pieces for pieces in lists if pieces]


def _phrase(pieces: list[_Piece]) -> Phrase:
    """Join pieces as the model was trained to see them, keeping where each word is."""
    known = vocabulary()
    ids, phonemes = [0], [""]
    words: list[Spoken] = []
    glued, silent = False, ""
    for piece in pieces:
        start = len(ids)
        for char in piece.phonemes:
            if char in known:
                ids.append(known[char])
                phonemes.append(char)
        if any(char not in PUNCTUATION for char in phonemes[start:]):
            # "can" + "'t" are one word to a reader: no space stood between them.
            if glued and words:
                words[-1] = Spoken(words[-1].text + piece.text, words[-1].start, len(ids))
            else:
                words.append(Spoken(silent + piece.text, start, len(ids)))
            glued, silent = not piece.space, ""
        else:
            # "$" is written before the word it belongs to, "." behind it: neither has a time of its own.
            if words and (piece.phonemes or piece.space) and not silent and piece.text not in _OPENING:
                words[-1] = Spoken(words[-1].text + piece.text, words[-1].start, words[-1].end)
            else:
                silent += piece.text
            glued = glued and not piece.space and not piece.phonemes
        if piece.space:
            ids.append(known[" "])
            phonemes.append(" ")
    if phonemes[-1] == " ":
        ids.pop()
        phonemes.pop()
    return Phrase((*ids, 0), (*phonemes, ""), tuple(words))
