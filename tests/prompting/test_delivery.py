"""A delivery from a recording becomes a direction: moves, a mix, and marks within the line."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from syllables import RATE, speak_syllables

from voiceact.acting.direction import direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.moves import LIMITS
from voiceact.acting.persona import load_persona
from voiceact.acting.stage_directions import parse_stage
from voiceact.audio.words import Word
from voiceact.cli.main import main
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile
from voiceact.estimators.features.voice_measures import measure_voice
from voiceact.prompting.delivery import Delivery, estimate_mix, mark_prosody, mark_words, measured_moves, read_delivery
from voiceact.synthesis.request import with_stage

PLAIN = measure_voice(speak_syllables(), RATE)


def test_moves_are_what_changed() -> None:
    acted = replace(
        PLAIN, f0_hz=2 * PLAIN.f0_hz, rate=1.2 * PLAIN.rate, tilt=PLAIN.tilt + 1, level=PLAIN.level + 3, noise=PLAIN.noise - 2
    )
    assert measured_moves(acted, PLAIN) == pytest.approx(
        {"rate": 1.2, "range": 1, "dynamics": 1, "tilt": 1, "breath": 0.24, "pitch": LIMITS["pitch"][1], "energy": 3}
    )
    # Of an unknown speaker nobody knows the usual height and level.
    assert {*measured_moves(acted, PLAIN)} - {*measured_moves(acted, None)} == {"pitch", "energy"}


@example(pitch=0.0, rate=1.375, span=1.0, anger=0.0, sadness=4.0)
@given(
    pitch=st.floats(-6, 6),
    rate=st.floats(0.7, 1.4),
    span=st.floats(0.5, 1.8),
    anger=st.floats(0, 6),
    sadness=st.floats(0, 6),
)
def test_what_was_measured_is_what_the_persona_is_asked_for(pitch, rate, span, anger, sadness) -> None:
    persona, mix = load_persona("nurse"), EmotionMix.of({"anger": anger, "sadness": sadness})
    delivery = Delivery({"pitch": pitch, "rate": rate, "range": span}, mix, "", ())
    directed = with_stage(direct(persona, mix.pairs()), parse_stage(delivery.direction(persona)))
    own = direct(persona, mix.pairs()).moves
    assert directed.moves.pitch == pytest.approx(pitch, abs=0.06)
    # One direction changes a rate by no more than the limits of a rate: against a slow mix the fastest is not reached.
    slowest, fastest = (limit * own.rate for limit in LIMITS["rate"])
    assert directed.moves.rate == pytest.approx(min(max(rate, slowest), fastest), rel=0.02)
    assert directed.moves.range == pytest.approx(span, rel=0.02)
    # What is not measured stays the mix's own.
    assert directed.moves.tremor == own.tremor


def profile(ratios: dict[str, float], scores: dict[str, float]) -> Profile:
    return Profile(scores, 0.0, 0.0, 0.0, dict.fromkeys(scores, "category"), "x", "1", "neutral", log_ratios=ratios)


def test_the_judge_s_two_surest_categories_are_the_mix() -> None:
    ratios = {"anger": 1.0, "fear": 0.5, "sadness": 0.4, "elation": -1.0}
    assert estimate_mix(profile(ratios, dict.fromkeys(ratios, 4.26))).as_dict() == {"anger": 4.3, "fear": 4.3}
    assert estimate_mix(profile({"anger": 0.1}, {"anger": 3.0})).is_neutral
    assert estimate_mix(profile({"anger": 3.0}, {"anger": 0.2})).as_dict() == {"anger": 1.0}


def test_a_persona_is_not_asked_for_what_it_is_not_cast_for() -> None:
    delivery = Delivery({}, EmotionMix.of({"sexual_lust": 4, "anger": 3}), "", ())
    assert delivery.mix_for(load_persona("big-brother")).as_dict() == {"anger": 3}


def timed(text: str, *gaps: float) -> list[Word]:
    """Words of .2 s, one after another, with these silences behind them."""
    words, place = [], 0.0
    for word, gap in zip(text.split(), [*gaps, *[0.0] * 99], strict=False):
        words.append(Word(word.strip(".,?"), place, place + 0.2))
        place += 0.2 + gap
    return words


def test_pauses_and_stress_are_written_into_the_line() -> None:
    text = "You came back, then, did you?"
    words = timed(text, 0, 0.31, 0.5)
    sound = np.concatenate([speak_syllables(1, f0_hz=140), np.zeros(8000, np.float32)])
    quiet = (np.tile(0.05 * speak_syllables(1, f0_hz=140), 12), RATE)
    # At a comma the engine pauses by itself.
    assert mark_words(text, quiet, words) == "You came [pause 310ms] back, then, did you?"
    loud = quiet[0].copy()
    start = round(words[3].start * RATE)
    loud[start : start + 3200] = speak_syllables(1, f0_hz=280)[:3200]
    assert mark_words(text, (loud, RATE), words) == "You came [pause 310ms] back, *then*, did you?"
    assert len(sound) and mark_words("[whisper] You came.", quiet, timed("You came.")) == "[whisper] You came."


def held(heights: list[float], seconds: list[float]) -> tuple[tuple[np.ndarray, int], list[Word]]:
    """A recording of words, each on one F0 in Hz and so long, and when they are said."""
    pieces, words, place = [], [], 0.0
    for number, (hertz, length) in enumerate(zip(heights, seconds, strict=True)):
        pieces.append(np.resize(speak_syllables(2, f0_hz=hertz)[:3200], round(length * RATE)))
        words.append(Word(f"w{number}", place, place + length))
        place += length
    return (np.concatenate(pieces), RATE), words


def test_each_word_s_own_melody_and_length_are_written_into_the_line() -> None:
    text = "w0 w1 w2 w3 w4"
    plain = held([150] * 5, [0.3] * 5)
    assert mark_prosody(text, *plain, plain, span=1.0) == text
    # All words a fifth higher is the line's own pitch; the fourth another fourth above that, the last twice as long.
    acted = held([225, 225, 225, 300, 225], [0.3, 0.3, 0.3, 0.3, 0.6])
    marked = mark_prosody(text, *acted, plain, span=1.0)
    assert re.fullmatch(
        r'<prosody rate="115%">w0 w1 w2</prosody> <prosody pitch="\+(4.5|6)st" rate="115%">w3</prosody> '
        r'<prosody rate="70%">w4</prosody>',
        marked,
    ), marked
    assert mark_prosody("[whisper] w0 w1", *plain, plain, span=1.0) == "[whisper] w0 w1"


def test_the_melody_that_a_wider_range_brings_is_not_written_twice() -> None:
    text = "w0 w1 w2 w3 w4"
    plain = held([150 * 2 ** (step / 12) for step in (0, 2, 4, -2, -4)], [0.3] * 5)
    acted = held([150 * 2 ** (step / 12) for step in (0, 4, 8, -4, -8)], [0.3] * 5)
    assert mark_prosody(text, *acted, plain, span=2.0) == text
    assert 'pitch="+4.5st"' in mark_prosody(text, *acted, plain, span=1.0)


def test_a_marked_line_is_spoken_as_it_is_marked() -> None:
    from voiceact.synthesis.synthesize import synth

    text = "The window is near the yellow lamp on the table."
    higher = synth(persona="nurse", text=text.replace("yellow", '<prosody pitch="+4.5st" rate="70%">yellow</prosody>'))
    flat = synth(persona="nurse", text=text)
    found = read_delivery((higher.samples, 24_000), (flat.samples, 24_000), text=text)
    own = re.search(r'<prosody pitch="\+(\d\.?\d?)st" rate="\d\d%">yellow', found.text)
    assert own and 3 <= float(own[1]) <= 6, found.text
    assert "each word's melody and length taken over" in found.notes[-1]


def test_words_of_a_line_are_found_where_they_are_said() -> None:
    from voiceact.engines.registry import load_engine
    from voiceact.verify.word_alignment import align_words

    text = "The blue cup is next to it."
    nurse = load_persona("nurse")
    take = load_engine("embedded").perform(text, nurse, direct(nurse, ()), language="en", seed=0)
    found = align_words(take.samples, take.sample_rate, text)
    assert [word.text for word in found] == ["the", "blue", "cup", "is", "next", "to", "it"]
    assert max(abs(ours.start - theirs.start) for ours, theirs in zip(found, take.words, strict=True)) < 0.16
    with pytest.raises(UsageError, match="is not what is said in the recording"):
        align_words(take.samples, take.sample_rate, "Nobody ever came back from the northern islands.")
    with pytest.raises(UsageError, match="zzyxgloop is in no dictionary"):
        align_words(take.samples, take.sample_rate, "A zzyxgloop.")


@pytest.mark.parametrize(
    ("clip", "neutral", "message"),
    [
        (np.zeros(RATE, np.float32), None, "the recording whose delivery is asked for: the audio is silent"),
        (speak_syllables(1)[:1600], None, "the recording whose delivery is asked for: the audio lasts 0.100 s"),
        (speak_syllables(), np.zeros(RATE, np.float32), "the neutral recording: the audio is silent"),
        (np.tile(speak_syllables(), 16), None, "the recording lasts 38 s; expected one line of at most 30 s"),
    ],
)
def test_a_recording_without_a_delivery_is_refused(clip, neutral, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_delivery((clip, RATE), None if neutral is None else (neutral, RATE))


def test_a_delivery_says_what_it_took_and_what_not() -> None:
    clip, plain = (speak_syllables(14, f0_hz=260, rate=6), RATE), (speak_syllables(14), RATE)
    found = read_delivery(clip, plain, text="Zzyxgloop came.")
    assert found.moves["pitch"] == pytest.approx(12 * np.log2(1.3), abs=0.6)
    assert found.moves["rate"] == pytest.approx(1.2, rel=0.12)
    assert found.text == "Zzyxgloop came."
    assert "pauses and stress are not taken over: zzyxgloop is in no dictionary" in found.notes[-1]
    assert "beside a usual adult's speech" in read_delivery(clip).notes[0]


def test_a_neutral_recording_alone_is_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        main(["synth", "--persona", "nurse", "--text", "Hello.", "--like-neutral", "plain.wav"])
    assert "name the delivery with --like" in capsys.readouterr().err
