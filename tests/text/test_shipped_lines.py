"""Every line that comes with voiceact is read without a guess."""

from collections.abc import Iterator

import pytest

from voiceact.acting.script import languages, load_lines
from voiceact.text import speak


@pytest.fixture
def guesses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What the reader had to ask its network for."""
    from voiceact.engines.embedded import text as reader

    found: list[str] = []
    reader._reader.cache_clear()
    # The reader asks its network where no lexicon, and no word made of known ones, has an answer.
    monkeypatch.setattr("hibari.g2p.oov.OOV.__call__", lambda network, word: found.append(word) or "ə")
    yield found
    reader._reader.cache_clear()


def test_no_shipped_english_line_holds_a_word_the_reader_must_guess(guesses: list[str]) -> None:
    from voiceact.engines.embedded.text import phonemes

    for line in load_lines("en"):
        assert phonemes(speak(line.text))
        assert guesses == [], line.id
    phonemes(speak("A grblfx came."))
    assert guesses == ["grblfx"]


@pytest.mark.parametrize("language", languages())
def test_no_shipped_line_holds_anything_that_is_left_out(language: str) -> None:
    for line in load_lines(language):
        form = speak(line.text, language)
        assert (form.notes, form.tags) == ((), ()), line.id
        assert [word.written for word in form.words if not word.spoken] == []


@pytest.mark.parametrize("identity", ["en-embarrassment-01", "en-pride-03", "en-shame-04"])
def test_no_is_no(identity: str) -> None:
    line = next(line for line in load_lines("en") if line.id == identity)
    said = speak(line.text).spoken
    assert "number" not in said and "no." in said
