"""Pronunciations of words by the data packages of gruut (MIT): a lexicon, and a model that spells out what it lacks.

The package gruut itself pins jsonlines 1.2 and cannot be installed beside voiceact, so its data are read here: a lexicon in
SQLite that aligns the letters of each word with phonemes, and a conditional random field of python-crfsuite trained on it.
"""

import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from voiceact.errors import VoiceactError
from voiceact.runtime.extras import MissingExtraError, install_command

EXTRA = "kokoro-languages"
SILENT = "_"
"""phoneme of letters without one"""
REACH = 3
"""letters to either side that the model sees"""
LEXICON, MODEL = "lexicon.db", "g2p/model.crf"
MOST_WORDS = 500
"""words looked up by one query"""

Spelling = tuple[tuple[str, str], ...]
"""pairs of letters and their phonemes, as gruut writes them: separated by "|"; `SILENT` for none"""


class Lexicon:
    """One lexicon of a data package, with its model; both are opened at their first use.

    Args:
        package: module of the data package, such as gruut_lang_es
        part: folder of the lexicon within it, "" for its own
        aligned: whether each letter's phonemes are wanted; else a known word is one pair, which has fewer errors

    Raises:
        MissingExtraError: if the package is not installed
    """

    def __init__(self, package: str, part: str = "", *, aligned: bool = False):
        folder = package_folder(package)
        if folder is None:
            raise MissingExtraError(f"package {package!r}", EXTRA)
        self._folder, self._aligned = folder / part, aligned
        self._known: dict[str, Spelling] = {}
        self._tagger: Any = None

    def spell(self, words: Iterable[str]) -> dict[str, Spelling]:
        """Return letters with their phonemes for each word, in small letters; a word that is not in the lexicon is guessed.

        The lexicon has no index, so all words of a text are looked up together.

        Raises:
            VoiceactError: if a file of the package is damaged
        """
        unique = list(dict.fromkeys(words))
        unknown = [word for word in unique if word not in self._known]
        for start in range(0, len(unknown), MOST_WORDS):
            self._look_up(unknown[start : start + MOST_WORDS])
        for word in unknown:
            if word not in self._known:
                self._known[word] = self._guess(word)
        return {word: self._known[word] for word in unique}

    def _look_up(self, words: list[str]) -> None:
        path = self._folder / LEXICON
        table, column = ("g2p_alignments", "alignment") if self._aligned else ("word_phonemes", "phonemes")
        query = f"SELECT word, {column} FROM {table} WHERE word IN ({','.join('?' * len(words))}) ORDER BY id"
        try:
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
            try:
                rows = connection.execute(query, words).fetchall()
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise VoiceactError(f"{path}: is no lexicon of gruut, or damaged ({error}); {install_command(EXTRA)}") from error
        # The first of several pronunciations is the common one.
        for word, pronunciation in rows:
            pairs = (
                [part.partition("}") for part in pronunciation.split()]
                if self._aligned
                else [(word, "}", "|".join(pronunciation.split()))]
            )
            self._known.setdefault(word, tuple((letters.replace("|", ""), phonemes) for letters, _, phonemes in pairs))

    def _guess(self, word: str) -> Spelling:
        if self._tagger is None:
            self._tagger = _open_model(self._folder / MODEL)
        tags = self._tagger.tag(letter_features(word))
        return tuple((letter, b64decode(tag).decode()) for letter, tag in zip(word, tags, strict=True))


def package_folder(package: str) -> Path | None:
    """Return the folder of a data package without importing it; None if it, or python-crfsuite, is not installed."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places and find_spec("pycrfsuite") else None


def letter_features(word: str) -> list[list[str]]:
    """Return the features of each letter by which gruut's models were trained: itself, its neighbours, and the word's ends.

    Letters are written in base 64, as in the models.
    """
    letters = [b64encode(letter.encode()).decode() for letter in word]
    features = []
    for place, letter in enumerate(letters):
        own = ["bias", f"grapheme:{letter}"]
        own += ["begin"] * (place == 0) + ["end"] * (place == len(letters) - 1)
        for distance in range(1, REACH + 1):
            if place >= distance:
                own.append(f"grapheme-{distance}:{letters[place - distance]}")
            if place + distance < len(letters):
                own.append(f"grapheme+{distance}:{letters[place + distance]}")
        features.append(own)
    return features


def _open_model(path: Path) -> Any:
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    try:
        tagger.open(str(path))
    except (OSError, ValueError) as error:
        raise VoiceactError(f"{path}: is no model of python-crfsuite, or damaged; {install_command(EXTRA)}") from error
    return tagger
