"""Turn a spoken form into phrases: the words of a sentence and the phoneme ids that the model reads."""

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from voiceact.errors import UsageError, count_noun
from voiceact.text import Sentence, SpokenForm, SpokenWord, speak
from voiceact.text.form import Pause

# The model was trained on at most 510 phonemes; long sentences are cut at clauses well before.
MAX_PHONEMES = 400
MAX_PRONUNCIATION_CHARACTERS = 200
MAX_SENTENCE_WORDS = 300
"""words read together: the reader's time grows with the square of a sentence's length"""
MAX_TOKEN_CHARACTERS = 100
"""between two spaces; what is longer is no word, and takes the reader a time that grows with its square"""


SHORTEST_COMPOUND_PART = 4
"""letters of the shortest word that a compound is made of"""
PRIMARY_STRESS = "ˈ"
VOWELS = frozenset("AIOQWYaeiouyæɐɑɒɔəɚɛɜɪɨɯɤʊʌøœᵊᵻ")
PUNCTUATION = frozenset(';:,.!?—…"()“”')
_IPA = (
    ("tʃ", "ʧ"),
    ("dʒ", "ʤ"),
    ("eɪ", "A"),
    ("aɪ", "I"),
    ("oʊ", "O"),
    ("əʊ", "Q"),
    ("ɔɪ", "Y"),
    ("aʊ", "W"),
    ("ɚ", "əɹ"),
    ("ɝ", "ɜɹ"),
    ("g", "ɡ"),
)
"""IPA and the letters of the model's alphabet that stand for it"""
_LETTERS = re.compile(r"[A-Z]{2,}s?")
_WORD_KINDS = frozenset(("word", "stutter", "drawn-out", "lexicon"))
"""kinds in which a single capital is a word, such as "I"; in all others it is a letter"""
_NOTHING: dict[str, float] = {}
_NOT_LETTERS = re.compile(r"[^\w '-]")
_MARKS = re.compile(r"([^\w\s])\1{3,}")
_LONG = re.compile(rf"(\S{{{MAX_TOKEN_CHARACTERS}}})(?=\S)")
_SPACED = r"\1 "
_LONG_PIECE = re.compile(r"[^aeiouyäöü]*[aeiouyäöü]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PhraseWord:
    """A word of a phrase.

    Attributes:
        text: as written, with its marks
        start: first position in the phrase's ids
        end: position after the last
        emphasis: 0 for none, 1 for capitals or asterisks
        held: letters that were written too many, each of which holds the word's vowel longer
        hesitates: whether the speaker falters behind it
        broken: whether the speaker breaks off behind it
    """

    text: str
    start: int
    end: int
    emphasis: float = 0.0
    held: int = 0
    hesitates: bool = False
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Phonemes that the model is given at once.

    Attributes:
        ids: phoneme ids with the model's 0 pads around
        phonemes: one character an id, "" for the pads
        words: in order, with positions in `ids`
        pause: kind of pause that follows the phrase
        rising: whether an incredulous "?!" ends it
    """

    ids: tuple[int, ...]
    phonemes: tuple[str, ...]
    words: tuple[PhraseWord, ...]
    pause: Pause = "sentence"
    rising: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """Phonemes of a word or of the marks around it, whose word it is, and whether a space follows."""

    word: SpokenWord
    phonemes: str
    space: bool


@lru_cache
def _reader(british: bool = False) -> Any:
    """Return hibari's English grapheme-to-phoneme reader, American or British; its lexicons are loaded once."""
    from hibari.g2p import G2P

    reader = G2P(british=british)
    network = reader.oov

    def guess(word: str) -> str:
        """Read a word that is in no lexicon: from words that are, else by the network, which sees so many letters at once."""
        built = _built(word, reader.lexicon.golds)
        return built or "".join(network(part) or "" for part in _parts(word, network.maxlen))

    reader._oov = guess
    reader.tagger.predict = _predictor(reader.tagger)
    return reader


def _predictor(tagger: Any) -> Callable[[Sequence[str]], str]:
    """Return a `predict` that chooses as the tagger's own, but among the tags with a score rather than all: twice as fast."""
    weights, every = tagger.weights, tagger.predict

    def predict(features: Sequence[str]) -> str:
        scores: dict[str, float] = {}
        score_of, weights_of = scores.get, weights.get
        for feature in features:
            for tag, weight in weights_of(feature, _NOTHING).items():
                scores[tag] = score_of(tag, 0) + weight
        highest = max(scores.values(), default=0)
        # A tag without a score counts 0, so that it wins where every score is below.
        return max(tag for tag, score in scores.items() if score == highest) if highest > 0 else every(features)

    return predict


def _built(word: str, known: Any) -> str:
    """Return the phonemes of a word that consists of known ones: "copied", "would've", "grandchildren"; "" of others."""

    def plain(part: str) -> str:
        entry = known.get(part)
        phonemes: str = entry.get("DEFAULT", "") if isinstance(entry, dict) else entry or ""
        return phonemes

    low = word.lower().replace("’", "'")
    if low.endswith("'ve") and plain(low[:-3]):
        return plain(low[:-3]) + "əv"
    if low.endswith("ied") and plain(low[:-3] + "y"):
        return plain(low[:-3] + "y") + "d"
    for place in range(SHORTEST_COMPOUND_PART, len(low) - SHORTEST_COMPOUND_PART + 1):
        first, second = plain(low[:place]), plain(low[place:])
        if first and second:
            return first + second.replace(PRIMARY_STRESS, "ˌ")
    return ""


def _parts(word: str, longest: int) -> list[str]:
    """Cut a word before consonants into parts that the network can read whole."""
    if len(word) <= longest:
        return [word]
    parts = [""]
    for piece in _LONG_PIECE.findall(word) + [_LONG_PIECE.sub("", word)]:
        if parts[-1] and len(parts[-1]) + len(piece) > longest - 4:
            parts.append("")
        parts[-1] += piece
    return [part[place : place + longest] for part in parts for place in range(0, len(part), longest)]


@lru_cache
def load_phoneme_ids() -> dict[str, int]:
    """Return phoneme character -> id."""
    ids: dict[str, int] = json.loads((files("hibari") / "assets" / "vocab.json").read_text("utf-8"))
    return ids


def make_phrases(text: str | SpokenForm, lexicon: Mapping[str, str] | None = None, *, british: bool = False) -> list[Phrase]:
    """Return the phrases of a text, at most `MAX_PHONEMES` phonemes each.

    Args:
        text: as written, or its spoken form
        lexicon: word -> pronunciation; between slashes it is phonemes (/wˈɪn/), else a respelling ("win")
        british: read as in Britain; else as in America

    Raises:
        UsageError: if a pronunciation holds a character that is no phoneme, or nothing can be spoken
    """
    for word, value in (lexicon or {}).items():
        check_pronunciation(word, value)
    form = speak(text, "en", lexicon) if isinstance(text, str) else text
    return collect_phrases(form, lambda sentence: _pieces(sentence, british))


def collect_phrases(form: SpokenForm, read: Callable[[Sentence], list[Piece]]) -> list[Phrase]:
    """Return the phrases of a spoken form, at most `MAX_PHONEMES` phonemes each.

    Args:
        form: of any language
        read: returns the phonemes of a sentence, word by word, in the model's alphabet

    Raises:
        UsageError: if nothing can be spoken
    """
    phrases: list[Phrase] = []
    for sentence in form.sentences:
        clauses = [phrase for phrase in map(_phrase, _clauses(read(sentence))) if phrase.words]
        if clauses:
            clauses[-1] = replace(clauses[-1], pause=sentence.pause, rising=sentence.rising)
        elif phrases and sentence.pause == "paragraph":
            phrases[-1] = replace(phrases[-1], pause=sentence.pause)
        phrases += clauses
    if not phrases:
        raise UsageError(f"nothing can be spoken in {form.written[:40]!r}; expected words")
    return phrases


def phonemes(form: SpokenForm, *, british: bool = False) -> str:
    """Return the phonemes of a spoken form, sentences separated by spaces; "" where nothing is spoken."""
    read = [_phrase(clause) for sentence in form.sentences for clause in _clauses(_pieces(sentence, british))]
    return " ".join("".join(phrase.phonemes) for phrase in read)


def check_pronunciation(word: str, value: str) -> None:
    """Raise UsageError unless a lexicon entry is a respelling, or phonemes of the model's alphabet between slashes."""
    value = value.strip()
    if not value:
        raise UsageError(f"the pronunciation of {word!r} is empty; expected a respelling or /phonemes/")
    if len(value) > MAX_PRONUNCIATION_CHARACTERS:
        raise UsageError(
            f"the pronunciation of {word[:40]!r} has {count_noun(len(value), 'character')}; expected "
            f"at most {MAX_PRONUNCIATION_CHARACTERS}"
        )
    phonemes = given_phonemes(value)
    unknown = [char for char in phonemes or "" if char not in load_phoneme_ids()]
    if unknown:
        raise UsageError(
            f"the pronunciation of {word!r} holds {unknown[0]!r}, which is no phoneme; "
            "docs/engine-embedded.md lists the alphabet"
        )
    if phonemes is not None and not any(char.isalpha() for char in phonemes):
        raise UsageError(f"the pronunciation of {word!r} has no sound; expected phonemes between slashes, or a respelling")


def pronunciation(word: str, value: str, *, british: bool = False) -> str:
    """Return the phonemes of a lexicon entry, checked against the model's alphabet (see `check_pronunciation`)."""
    check_pronunciation(word, value)
    phonemes = given_phonemes(value)
    if phonemes is not None:
        return phonemes
    respelled: str = _reader(british)(value.strip(), normalize_text=False)
    return respelled


def given_phonemes(value: str) -> str | None:
    """Return the phonemes that a lexicon entry holds between slashes; None of a respelling.

    >>> given_phonemes(" /wˈɪn/ "), given_phonemes("win")
    ('wˈɪn', None)
    """
    value = value.strip()
    return value[1:-1] if len(value) > 2 and value[0] == value[-1] == "/" else None


def _pieces(sentence: Sentence, british: bool) -> list[Piece]:
    """Return the phonemes of a sentence, word by word; the reader sees it whole, up to `MAX_SENTENCE_WORDS`."""
    starts = range(0, len(sentence.words), MAX_SENTENCE_WORDS)
    parts = (sentence.words[start : start + MAX_SENTENCE_WORDS] for start in starts)
    return [piece for words in parts for piece in _read_words(words, british)]


def _read_words(words: Sequence[SpokenWord], british: bool) -> list[Piece]:
    """Return the phonemes of words that are read together; the reader never meets a number or a sign."""
    reader = _reader(british)
    plain, starts = _plain(words)
    tokens = reader._tokens(plain)
    # What the spoken form decides is put in before the reader decides the rest.
    spoken: set[int] = set()
    for token, number in zip(tokens, _owners(tokens, starts), strict=True):
        word = words[number]
        if not any(char.isalnum() for char in token.text):
            continue
        fixed = _fixed(word, token.text, reader, british)
        if fixed is None:
            continue
        whole = bool(word.given or word.ipa)
        token.phonemes, token.rating = "" if whole and number in spoken else fixed, 5
        spoken.add(number)
    read = reader.phonemize_tokens(tokens)
    return [
        Piece(words[number], token.phonemes or "", bool(token.whitespace))
        for token, number in zip(read, _owners(read, starts), strict=True)
    ]


def _plain(words: Sequence[SpokenWord]) -> tuple[str, list[int]]:
    """Return the sentence as the reader is given it, and where in it each word begins."""
    text, starts = "", []
    for word in words:
        starts.append(len(text))
        # The sound of a lexicon's entry is given: of "C#" the reader need only see that a word stands there.
        spoken = (_NOT_LETTERS.sub("", word.spoken) or "word") if word.given else word.spoken
        # A run of marks is as long as three; what is longer than any word is read in parts.
        token = _MARKS.sub(r"\1\1\1", f"{word.before}{_LONG.sub(_SPACED, spoken)}{word.after}")
        text += " ".join(token.split()) + (" " if word.space else "")
    return text.rstrip(), starts


def _owners(tokens: Sequence[Any], starts: Sequence[int]) -> Iterator[int]:
    """Yield, for each token, the number of the word in which it begins."""
    place = 0
    for token in tokens:
        yield max(bisect_right(starts, place) - 1, 0)
        place += len(token.text) + len(token.whitespace)


def _fixed(word: SpokenWord, text: str, reader: Any, british: bool) -> str | None:
    """Return the phonemes of a token that the lexicon, the spoken form or its letters decide; None where the reader does."""
    if word.given:
        return pronunciation(word.written, word.given, british=british)
    if word.ipa:
        return model_phonemes(word.ipa)
    if _LETTERS.fullmatch(text) or len(text) == 1 and text.isupper() and word.kind not in _WORD_KINDS:
        spelt: str | None = reader.lexicon.get_NNP(text)[0]
        return spelt
    return None


def model_phonemes(ipa: str) -> str:
    """Return IPA in the letters of the model's alphabet.

    >>> model_phonemes("ɹˈɛkɚdz"), model_phonemes("lˈaɪv")
    ('ɹˈɛkəɹdz', 'lˈIv')
    """
    for sound, letter in _IPA:
        ipa = ipa.replace(sound, letter)
    return ipa


def _clauses(pieces: list[Piece]) -> list[list[Piece]]:
    """Return the pieces of one sentence, cut after punctuation (or anywhere, if there is none) when too long."""
    lists: list[list[Piece]] = [[]]
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


def _phrase(pieces: list[Piece]) -> Phrase:
    """Join pieces as in the model's training, with the place of each word."""
    known = load_phoneme_ids()
    ids, characters = [0], [""]
    words: list[PhraseWord] = []
    last: SpokenWord | None = None
    for piece in pieces:
        start = len(ids)
        word = piece.word
        spoken = [char for char in piece.phonemes if char in known]
        sounds = any(char not in PUNCTUATION and char != " " for char in spoken)
        if sounds and word is not last and word.stutter:
            spoken = [char for char in _onset(piece.phonemes) * word.stutter if char in known] + spoken
        ids += [known[char] for char in spoken]
        characters += spoken
        if sounds and word is last:
            words[-1] = replace(words[-1], end=len(ids))
        elif sounds:
            words.append(
                PhraseWord(
                    f"{word.before}{word.written}{word.after}",
                    start,
                    len(ids),
                    word.emphasis,
                    word.held,
                    word.hesitates,
                    word.broken,
                )
            )
            last = word
        if piece.space:
            ids.append(known[" "])
            characters.append(" ")
    if characters[-1] == " ":
        ids.pop()
        characters.pop()
    return Phrase((*ids, 0), (*characters, ""), tuple(words))


def _onset(phonemes: str) -> str:
    """Return what a stutter repeats: the consonants before the first vowel with a weak vowel, or the first vowel alone."""
    bare = phonemes.replace(PRIMARY_STRESS, "").replace("ˌ", "")
    first = next((place for place, char in enumerate(bare) if char in VOWELS), len(bare))
    return f"{bare[:first]}ə " if first else f"{bare[:1]} "
