"""Word timings as captions."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voiceact.audio.captions import LINE_CHARACTERS, captions, srt, vtt, words_json, write_captions
from voiceact.audio.words import Word
from voiceact.errors import UsageError


def spoken(text: str, each: float = 0.3, gap: float = 0.1) -> list[Word]:
    """Words 0.3 s long with 0.1 s between."""
    return [
        Word(word, round(index * (each + gap), 3), round(index * (each + gap) + each, 3))
        for index, word in enumerate(text.split())
    ]


def test_srt() -> None:
    assert srt(spoken("Sit down. It is late!")) == (
        "1\n00:00:00,000 --> 00:00:00,700\nSit down.\n\n2\n00:00:00,800 --> 00:00:01,900\nIt is late!\n"
    )


def test_vtt_escapes_what_would_be_markup() -> None:
    assert vtt(spoken("Salt & <pepper>.")) == ("WEBVTT\n\n00:00:00.000 --> 00:00:01.100\nSalt &amp; &lt;pepper&gt;.\n")


def test_words_json() -> None:
    assert json.loads(words_json([Word("Grüß", 0.01234, 0.5)])) == [{"text": "Grüß", "start": 0.012, "end": 0.5}]


def test_clock_runs_over_an_hour() -> None:
    assert srt([Word("Late.", 3661.0015, 3661.9996)]).splitlines()[1] == "01:01:01,002 --> 01:01:02,000"


def test_nothing_spoken() -> None:
    assert captions([]) == []
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"


def test_long_sentences_break_at_a_clause() -> None:
    text = "I left the window open all through the night, because the air in here was so heavy, and nobody came."
    first, second = captions(spoken(text, each=0.1, gap=0.05))
    assert first.text.replace("\n", " ") == "I left the window open all through the night,"
    assert second.text.replace("\n", " ") == "because the air in here was so heavy, and nobody came."


def test_two_lines_are_balanced_at_a_comma() -> None:
    (caption,) = captions(spoken("When the rain finally stopped, we walked back to the old house.", each=0.2))
    assert caption.text == "When the rain finally stopped,\nwe walked back to the old house."


def test_a_long_silence_ends_a_caption() -> None:
    words = [Word("Wait", 0.0, 0.4), Word("here", 1.5, 1.9)]
    assert [caption.text for caption in captions(words)] == ["Wait", "here"]


def test_marks_that_are_words_of_their_own_stay_with_their_word() -> None:
    words = [
        Word("Well", 0, 0.3),
        Word(",", 0.3, 0.3),
        Word("no", 0.4, 0.6),
        Word(".", 0.6, 0.6),
        Word("Go", 0.8, 1.0),
        Word("!", 1.0, 1.0),
    ]
    assert [caption.text for caption in captions(words)] == ["Well, no.", "Go!"]


def test_a_closing_quotation_mark_does_not_hide_the_end_of_a_sentence() -> None:
    assert [caption.text for caption in captions(spoken("“Go.” He left."))] == ["“Go.”", "He left."]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("No. 7 is mine at 3:30 p.m. on May 3. Dr. Lee left.", ["No. 7 is mine at 3:30 p.m. on May 3.", "Dr. Lee left."]),
        ("“No. It was Mrs. Vega.” Anna left.", ["“No.", "It was Mrs. Vega.”", "Anna left."]),
        ("He came at 5 p.m. Anna left.", ["He came at 5 p.m.", "Anna left."]),
        ("Well... then.", ["Well...", "then."]),
        ("Frag Hr. Klein, z.B. morgen.", ["Frag Hr. Klein, z.B. morgen."]),
    ],
)
def test_an_abbreviation_ends_no_caption(text: str, sentences: list[str]) -> None:
    words = [Word(part, 0.4 * number, 0.4 * number + 0.3) for number, part in enumerate(text.split())]
    assert [caption.text.replace("\n", " ") for caption in captions(words)] == sentences


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.from_regex(r"[a-z]{1,14}[,.;!]?", fullmatch=True), min_size=1, max_size=60),
    st.floats(0.05, 0.8),
    st.floats(0.0, 1.2),
)
def test_no_word_is_lost_and_every_limit_is_kept(text: list[str], each: float, gap: float) -> None:
    words = spoken(" ".join(text), each, gap)
    found = captions(words)
    assert " ".join(caption.text.replace("\n", " ") for caption in found).split() == text
    for caption in found:
        lines = caption.text.split("\n")
        assert len(lines) <= 2
        assert all(len(line) <= LINE_CHARACTERS for line in lines)
        assert caption.end - caption.start <= 7.0
    assert all(one.end <= two.start + 1e-9 for one, two in zip(found, found[1:], strict=False))


def test_files_by_suffix(tmp_path: Path) -> None:
    for suffix in (".srt", ".vtt", ".json"):
        write_captions(tmp_path / f"line{suffix}", spoken("Sit, down."))
        assert "Sit," in (tmp_path / f"line{suffix}").read_text(encoding="utf-8")
    assert (tmp_path / "line.vtt").read_text(encoding="utf-8").startswith("WEBVTT")
    with pytest.raises(UsageError, match=r"cannot write subtitles as '.ass'; expected one of .srt, .vtt, .json"):
        write_captions(tmp_path / "line.ass", spoken("Sit down."))


@pytest.mark.parametrize(("gap", "count"), [(1.0, 2), (0.999, 1)])
def test_a_silence_of_one_second_is_long_enough_to_end_a_caption(gap: float, count: int) -> None:
    assert len(captions([Word("Wait", 0.0, 0.5), Word("here", 0.5 + gap, 2.0)])) == count


def test_a_clause_that_ends_in_the_first_half_is_no_place_to_cut() -> None:
    text = "Well, I left the window open all through the night because the air in here was so heavy and nobody came."
    first, _ = captions(spoken(text, each=0.1, gap=0.05))
    assert len(first.text) > 60


def test_a_break_after_a_clause_is_worth_uneven_lines() -> None:
    (caption,) = captions(spoken("We walked up to the house, opened the heavy front doors at once.", each=0.1, gap=0.05))
    assert caption.text == "We walked up to the house,\nopened the heavy front doors at once."
