"""Directions within a line: what tags mean, and renderings joined between words."""

import numpy as np
import pytest

from voiceact.acting.direction import Direction, direct
from voiceact.acting.persona import load_persona
from voiceact.audio.captions import srt
from voiceact.audio.words import Word, words_spoken
from voiceact.engines.base import Take
from voiceact.errors import UsageError
from voiceact.prompting.inline import write_out_phrases
from voiceact.synthesis.inline import (
    Cue,
    cues_for,
    cues_within,
    perform_cues,
    read_cues,
    remove_bursts,
    write_out_ssml,
)
from voiceact.synthesis.request import SynthesisRequest, resolve_request
from voiceact.text import speak

RATE = 8000


def cue(text: str) -> Cue:
    [found] = read_cues(text).cues
    return found


def test_a_tag_that_resets_within_an_element_ends_it_there() -> None:
    text = '<prosody rate="slow">one [normal] two</prosody> three'
    [slow] = read_cues(text).cues
    assert (slow.stage.changes, slow.start, slow.end) == ({"rate": 0.82}, 0, text.index("[normal]"))


@pytest.mark.parametrize(
    ("text", "mix"),
    [
        ("[Embarrassment:5] a", (("embarrassment", 5.0),)),
        ("[embarrassed] a", (("embarrassment", 5.0),)),
        ("[Pride:3 + Sadness:5] a", (("pride", 3.0), ("sadness", 5.0))),
        ("[neutral] a", ()),
        ('<mstts:express-as style="sad" styledegree="2">a</mstts:express-as>', (("sadness", 7.0),)),
        ('<mstts:express-as style="Embarrassment">a</mstts:express-as>', (("embarrassment", 5.0),)),
    ],
)
def test_a_tag_names_a_mix(text: str, mix: tuple[tuple[str, float], ...]) -> None:
    assert cue(text).mix == mix


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("[whisper] a", {"whisper": 1.0}),
        ('<prosody rate="slow">a</prosody>', {"rate": 0.82}),
        ('<prosody rate="+10%" pitch="+2st">a</prosody>', {"rate": 1.1, "pitch": 2.0}),
        ('<prosody rate="80%" volume="-6dB">a</prosody>', {"rate": 0.8, "energy": -6.0}),
        ('<prosody pitch="+100%">a</prosody>', {"pitch": 9.5}),
    ],
)
def test_a_tag_changes_moves(text: str, changes: dict[str, float]) -> None:
    assert cue(text).stage.changes == pytest.approx(changes)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("a [pause 500ms] b", 0.5),
        ("a [pause 1.5s] b", 1.5),
        ("a [pause] b", 0.5),
        ("a [pause 300] b", 0.3),
        ("a {w=0.25} b", 0.25),
        ('a <break time="700ms"/> b', 0.7),
        ('a <break strength="strong"/> b', 0.75),
    ],
)
def test_a_tag_is_a_pause(text: str, seconds: float) -> None:
    assert cue(text).pause == pytest.approx(seconds)


def test_a_direction_holds_until_it_is_closed() -> None:
    text = "one [whisper] two [/whisper] three [Anger:5] four [normal] five"
    whisper, anger = read_cues(text).cues
    assert text[whisper.start : whisper.end] == "[whisper] two "
    assert text[anger.start : anger.end] == "[Anger:5] four "


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('<prosody rate="slow">a', r"never closes; write </prosody>"),
        ("<emphasis>a", r"never closes; write </emphasis>"),
        ('<say-as interpret-as="digits">12', r"never closes; write </say-as>"),
        ("a [pause 60s] b", "longer than 10 s"),
        ("[Anger:9] a", "outside the scale"),
        ('<prosody rate="warp">a</prosody>', "is not understood; expected a word"),
        ('<break time="soon"/>a', "expected such as '500ms'"),
        ('<mstts:express-as style="zorb">a</mstts:express-as>', "style 'zorb'"),
        ('<mstts:express-as style="sad" styledegree="9">a</mstts:express-as>', "from 0.01 to 2"),
    ],
)
def test_bad_tags_are_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_cues(write_out_ssml(text))


@pytest.mark.parametrize("tag", ["[zorb]", "[coughs]", "[yawns]", "[clears throat]", "{i}", "<audio src='x'/>"])
def test_unknown_tags_and_wordless_sounds_are_named_and_never_spoken(tag: str) -> None:
    assert read_cues(f"Hello {tag} there.").cues == ()
    request = resolve_request(SynthesisRequest(persona="nurse", text=f"Hello {tag} there."))
    assert any(tag in note for note in request.notes)


def test_understood_tags_are_not_named() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", text="Hello [whisper] there [pause 1s] you.", strict=True))
    assert request.notes == ()
    assert [cue.pause for cue in request.neutral().cues] == [1.0]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('a <emphasis level="strong">very big</emphasis> dog', "a *very* *big* dog"),
        ('the <say-as interpret-as="characters">fbi</say-as>', "the F B I"),
        ('call <say-as interpret-as="digits">112</say-as>', "call 1 1 2"),
        ('the <say-as interpret-as="ordinal">3</say-as>', "the 3rd"),
        ('<sub alias="Saint">St</sub> Mary', "Saint Mary"),
        ("2 < 3 & 4", "2 < 3 & 4"),
    ],
)
def test_ssml_of_words_is_written_out(text: str, written: str) -> None:
    assert write_out_ssml(text) == written


def test_plain_words_in_a_tag_become_categories() -> None:
    text, notes = write_out_phrases("[trying not to cry] I am [whisper] fine [some thing].")
    assert text == "[Sadness:5] I am [whisper] fine [some thing]."
    assert len(notes) == 1


# --- How it is spoken


def tone(direction: Direction, text: str) -> Take:
    """A word every quarter second, a continuous tone whose frequency follows the move `pitch`."""
    words = list(speak(text, "en").words)
    time = np.arange(len(words) * RATE // 4) / RATE
    samples = (0.5 * np.sin(2 * np.pi * (200 + 20 * direction.moves.pitch) * time)).astype(np.float32)
    return Take(samples, RATE, 0, tuple(Word(word.written, 0.25 * n, 0.25 * (n + 1)) for n, word in enumerate(words)))


def spoken(text: str, *, timed: bool = True) -> Take:
    persona = load_persona("nurse")

    def perform(part: str, direction: Direction) -> Take:
        take = tone(direction, part)
        return take if timed else Take(take.samples, RATE, 0)

    return perform_cues(text, read_cues(text).cues, direct(persona, ()), persona, perform)


def frequency(take: Take, start: float, end: float) -> float:
    part = take.samples[round(start * RATE) : round(end * RATE)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 15))
    return float(np.argmax(spectrum) * RATE / (1 << 15))


def test_each_word_has_the_direction_that_stands_before_it() -> None:
    take = spoken("one two [high] three four [/high] five six")
    pitches = [frequency(take, word.start + 0.06, word.end - 0.06) for word in take.words]
    assert pitches == pytest.approx([200, 200, 260, 260, 200, 200], abs=8)


def test_a_change_in_mid_line_has_no_seam() -> None:
    take = spoken("one two [high] three four")
    # The steepest step of a tone of 260 Hz, and the level of a tone that goes on.
    assert np.abs(np.diff(take.samples)).max() <= 0.5 * 2 * np.pi * 260 / RATE * 1.02
    level = np.sqrt(np.convolve(take.samples**2, np.ones(200) / 200, mode="valid"))
    assert level[400:-400].min() > 0.8 * np.median(level)


def test_a_pause_is_as_long_as_it_is_written_and_silent() -> None:
    plain, paused = spoken("one two three four"), spoken("one two [pause 300ms] three four")
    assert len(paused.samples) == pytest.approx(len(plain.samples) + 0.3 * RATE, abs=0.05 * RATE)
    gap = paused.samples[round((paused.words[1].end + 0.06) * RATE) : round((paused.words[2].start - 0.06) * RATE)]
    assert len(gap) > 0.1 * RATE
    assert not gap.any()


@pytest.mark.parametrize("timed", [True, False])
def test_silence_before_the_first_word_and_behind_the_last_is_heard(timed: bool) -> None:
    plain = spoken("one two", timed=timed)
    take = spoken("[pause 300ms] one two {w=0.5}", timed=timed)
    assert len(take.samples) == len(plain.samples) + round(0.8 * RATE)
    assert not take.samples[: round(0.3 * RATE)].any()
    assert not take.samples[-round(0.5 * RATE) :].any()
    assert [word.start for word in take.words] == pytest.approx([word.start + 0.3 for word in plain.words])


@pytest.mark.parametrize(("text", "parts"), [("one two [high] three", 2), ("one [sighs] two", 2), ("[sighs] one two", 1)])
def test_an_engine_known_to_time_no_words_speaks_nothing_for_naught(text: str, parts: int) -> None:
    asked = []

    def perform(part: str, direction: Direction) -> Take:
        asked.append(part)
        return Take(tone(direction, part).samples, RATE, 0)

    persona = load_persona("nurse")
    known = perform_cues(text, read_cues(text).cues, direct(persona, ()), persona, perform, word_times=False)
    assert len(asked) == parts
    # What is heard is what is heard where that had to be found out.
    found_out = perform_cues(text, read_cues(text).cues, direct(persona, ()), persona, perform)
    np.testing.assert_array_equal(known.samples, found_out.samples)


def test_words_stay_in_order_and_within_the_take() -> None:
    take = spoken("one [high] two [pause 200ms] three [normal] four {w=0.1} five")
    times = [time for word in take.words for time in (word.start, word.end)]
    assert times == sorted(times)
    assert times[-1] <= take.duration
    assert [word.text for word in take.words] == ["one", "two", "three", "four", "five"]


def test_an_engine_without_word_timings_speaks_the_parts_in_turn() -> None:
    take = spoken("one two [high] three four", timed=False)
    assert take.words == ()
    assert frequency(take, 0.1, 0.4) == pytest.approx(200, abs=8)
    assert frequency(take, 0.6, 0.9) == pytest.approx(260, abs=8)


def test_a_record_brings_its_directions_back() -> None:
    from voiceact.synthesis.kernel import record_take
    from voiceact.synthesis.request import recall_request

    request = resolve_request(SynthesisRequest(persona="nurse", text="Hello [whisper] there {w=0.2} <emphasis>you</emphasis>."))
    take = tone(request.direction, request.text)
    record = record_take(request, take, created="2024-01-01T00:00:00Z")
    assert record.text == "Hello [whisper] there {w=0.2} *you*."
    assert recall_request(record).cues == request.cues
    assert len(request.cues) == 2


@pytest.mark.parametrize(
    ("text", "laion"),
    [
        ("[sighs] Fine.", "Relief Sigh"),
        ("Fine. *gasps*", "Surprised Gasp"),
        ("No (she laughs nervously) no", "Nervous Giggle"),
        ("[burst: shriek] a", "Shriek"),
    ],
)
def test_a_tag_asks_for_a_burst(text: str, laion: str) -> None:
    found = cue(text)
    assert found.burst is not None and found.burst.laion == laion
    assert text[found.start :].startswith(found.written)


@pytest.mark.parametrize(("text", "place"), [("[laughs] one two", 0), ("one [laughs] two", 1), ("one two [laughs]", 2)])
@pytest.mark.parametrize("timed", [True, False])
def test_a_burst_stands_where_it_is_written(text: str, place: int, timed: bool) -> None:
    plain, take = spoken("one two", timed=timed), spoken(text, timed=timed)
    assert len(take.samples) > len(plain.samples) + 0.2 * RATE
    assert [word.text for word in take.words] == (["one", "two"][:place] + ["[laughs]"] + ["one", "two"][place:]) * timed
    if timed:
        times = [time for word in take.words for time in (word.start, word.end)]
        assert times == sorted(times) and times[-1] <= take.duration
        assert [word.text for word in words_spoken(take.words)] == ["one", "two"]
        said = [word for word in take.words if word.text != "[laughs]"]
        assert [frequency(take, word.start + 0.04, word.end - 0.04) for word in said] == pytest.approx([200, 200], abs=8)
        burst = take.words[place]
        assert np.abs(take.samples[round(burst.start * RATE) : round(burst.end * RATE)]).max() > 0.01


def test_words_are_silent_beside_a_burst() -> None:
    take = spoken("one [gasps] two")
    one, gasp, two = take.words
    for start, end in ((one.end + 0.04, gasp.start), (gasp.end, two.start - 0.04)):
        assert not take.samples[round(start * RATE) + 1 : round(end * RATE) - 1].any()
    assert gasp.start - one.end == pytest.approx(0.12, abs=0.05)


def test_a_burst_alone_is_a_line() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", text="*gasps*"))
    take = spoken("*gasps*")
    assert request.text == "*gasps*" and request.neutral().cues == request.cues
    assert [word.text for word in take.words] == ["[gasps]"] and take.duration == pytest.approx(take.words[0].end, abs=1e-3)


def test_a_neutral_twin_has_the_words_without_their_bursts() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", text="[sighs] Fine [pause] then."))
    assert [found.burst for found in request.neutral().cues] == [None]
    assert sum(found.burst is not None for found in request.cues) == 1


def test_a_burst_belongs_to_one_passage() -> None:
    cues = read_cues("one [laughs] two").cues
    assert cues_within(cues, 8, 16) == () and len(cues_within(cues, 0, 8)) == 1


def test_forty_bursts_in_a_line_are_refused() -> None:
    with pytest.raises(UsageError, match="asks for 40 vocal bursts; expected at most 8"):
        read_cues("[laughs] " * 40 + "a")


def test_an_unknown_burst_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="unknown vocal burst 'guffow'; did you mean"):
        read_cues("[burst: guffow] a")


def test_bursts_are_left_out() -> None:
    assert remove_bursts("[sighs] Fine, *laughs* [whisper] then.") == "Fine, [whisper] then."
    assert write_out_phrases("[sighs] Fine.", bursts=False) == ("Fine.", ())
    assert remove_bursts("[whisper] Fine.") == "[whisper] Fine."
    with pytest.raises(UsageError, match="nothing is left to speak of '\\[sighs\\]'"):
        remove_bursts("[sighs]")


def test_a_performed_burst_is_told_with_its_origin() -> None:
    request = resolve_request(SynthesisRequest(persona="nurse", text="[sighs] Fine. [coughs]"))
    assert "not spoken: [coughs]" in request.notes
    assert any("[sighs] is performed as a vocal burst" in note and "EmoGator (Apache-2.0" in note for note in request.notes)


def test_an_engine_with_another_voice_keeps_its_tags() -> None:
    reading, notes = cues_for(read_cues("[sighs] Fine [pause] then."), {"pitch", "rate"})
    assert [found.burst for found in reading.cues] == [None] and len(reading.understood) == 1 and notes == ()


def test_an_engine_with_sounds_of_its_own_performs_those_that_it_has() -> None:
    reading, notes = cues_for(read_cues("[sighs] Fine *growls* then."), {"rate"}, {"sigh", "laugh"})
    assert reading.cues == () and [tag.name for tag in reading.understood] == ["sighs"]
    assert notes == ("[sighs] is performed by the engine, as a sound of its own",)


def test_captions_name_a_burst() -> None:
    assert "[laughs] one two" in srt(spoken("[laughs] one two").words)
