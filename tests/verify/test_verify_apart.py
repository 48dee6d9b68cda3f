"""Words and bursts of a take apart, and a reference of another voice: made profiles, tones, and the embedded voice."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from voiceact import synth
from voiceact.acting.taxonomy import categories
from voiceact.audio import write
from voiceact.audio.words import Word
from voiceact.errors import VoiceactError
from voiceact.estimators import burst_spans
from voiceact.estimators.base import Profile, adapt_estimator
from voiceact.estimators.burst_spans import Span, cut_spans, find_spans, smooth_over_active
from voiceact.estimators.calibrated import CalibratedEstimator, Calibration
from voiceact.estimators.ensemble.ensemble import Ensemble
from voiceact.estimators.same_voice import voice_similarity
from voiceact.verify.apart import listen_apart, merge_profiles, tell_kinds
from voiceact.verify.emotion import check_emotion
from voiceact.verify.reference_voice import OtherVoiceError, refuse_other_voice
from voiceact.verify.verdict import judge_clip

RATE = 16_000
IDS = [category.id for category in categories()]


def tone(seconds: float, hertz: float = 220.0) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), np.float32)


# Spans


def test_what_is_heard_outside_the_words_is_a_burst() -> None:
    sound = np.concatenate([tone(1.0), silence(0.5), tone(0.6, 330), silence(0.3)])
    spans = find_spans(sound, RATE, words=[Word("one", 0.0, 0.5), Word("two", 0.5, 1.0)])
    assert [span.kind for span in spans] == ["speech", "burst"]
    assert (spans[0].start, spans[0].end) == pytest.approx((0.0, 1.0), abs=0.06)
    assert (spans[1].start, spans[1].end) == pytest.approx((1.5, 2.1), abs=0.06)


def test_what_rings_on_after_a_word_is_no_burst() -> None:
    sound = np.concatenate([tone(1.2), silence(0.5)])
    assert [span.kind for span in find_spans(sound, RATE, words=[Word("one", 0.0, 1.0)])] == ["speech"]


def test_a_click_far_from_the_words_is_no_burst() -> None:
    sound = np.concatenate([tone(1.0), silence(0.5), tone(0.1, 900), silence(0.4)])
    assert [span.kind for span in find_spans(sound, RATE, words=[Word("one", 0.0, 1.0)])] == ["speech", "speech"]


def test_speech_of_the_embedded_voice_holds_no_burst_with_and_without_its_word_timings() -> None:
    clip = synth(persona="nurse", emotion="anger", text="Sit down, I'll get the doctor.")
    assert clip.samples is not None
    rate = clip.record.audio.sample_rate
    for words in (clip.words, ()):
        assert {span.kind for span in find_spans(clip.samples, rate, words=words)} == {"speech"}


def detector(burst: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put answers of one frame each (20 ms) in the place of the ears'."""
    monkeypatch.setattr(burst_spans, "_by_ears", lambda audio: (burst == 2, burst > 0))


@pytest.mark.parametrize(
    "frames, expected",
    [
        # 0 silence, 1 speech, 2 burst; times in frames of 20 ms
        ([1] * 50 + [0] * 20 + [2] * 30, [("speech", 0, 50), ("burst", 70, 100)]),
        ([1] * 50 + [2] * 30, [("speech", 0, 50), ("burst", 50, 80)]),
        ([1] * 30 + [2] * 5 + [1] * 30, [("speech", 0, 65)]),
        ([2] * 30 + [1] * 3 + [2] * 30, [("burst", 0, 63)]),
        ([2] * 30 + [0] * 5 + [2] * 30, [("burst", 0, 65)]),
        ([1] * 50 + [0] * 20 + [2] * 5, [("speech", 0, 50), ("speech", 70, 75)]),
        ([0] * 50, []),
    ],
)
def test_short_runs_belong_to_what_they_touch(
    frames: list[int], expected: list[tuple[str, int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    detector(np.array(frames), monkeypatch)
    spans = find_spans(tone(2.0), RATE)
    assert [(span.kind, round(span.start * 50), round(span.end * 50)) for span in spans] == expected


@given(st.lists(st.integers(0, 2), min_size=1, max_size=120))
def test_spans_are_in_order_and_never_overlap(frames: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        detector(np.array(frames), patch)
        spans = find_spans(tone(1.0), RATE)
    for before, after in zip(spans, spans[1:], strict=False):
        assert before.start < before.end <= after.start < after.end
    assert all(span.end - span.start >= burst_spans.LEAST_BURST_SECONDS - 1e-9 for span in spans if span.kind == "burst")


def test_scores_are_averaged_over_what_is_heard() -> None:
    scores, active = np.array([1.0, 100.0, 3.0]), np.array([True, False, True])
    assert smooth_over_active(scores, active).tolist() == [2.0, 2.0, 2.0]


def test_the_stretches_of_a_kind_are_joined() -> None:
    spans = [Span("speech", 0.0, 0.5), Span("burst", 0.5, 0.75), Span("speech", 1.0, 1.25)]
    sound = np.arange(8, dtype=np.float32)
    assert cut_spans(sound, 4, spans, "speech").tolist() == [0, 1, 4]
    assert cut_spans(sound, 4, spans, "burst").tolist() == [2]
    assert cut_spans(sound, 4, [], "burst").tolist() == []


# Two profiles


def profile(scores: Mapping[str, float | None], evidence: Mapping[str, str], **more: Any) -> Profile:
    return Profile(
        dict.fromkeys(IDS) | dict(scores),
        None,
        None,
        None,
        dict.fromkeys(IDS, "none") | dict(evidence),  # type: ignore[arg-type]
        "judge",
        "1",
        "none",
        **more,
    )


LEAST = {"anger": 2.0, "relief": 2.0, "fear": 2.0}


@pytest.mark.parametrize(
    "said, heard, kind",
    [
        # category evidence in speech, burst evidence in bursts: the one that hears it counts
        ((1.0, "category"), (5.0, "burst"), "burst"),
        ((5.0, "category"), (1.0, "burst"), "speech"),
        ((5.0, "category"), (6.0, "burst"), "speech"),
        ((1.0, "category"), (1.5, "burst"), "speech"),
        # a place in arousal and valence is weaker than a burst
        ((5.0, "dimension"), (5.0, "burst"), "burst"),
        # a judge of bursts is no judge of speech
        ((6.0, "burst"), (1.0, "burst"), "burst"),
        ((None, "none"), (3.0, "burst"), "burst"),
        # evidence that was earned in speech does not count in a burst
        ((1.0, "category"), (6.0, "category"), "speech"),
        ((1.0, "category"), (None, "none"), "speech"),
    ],
)
def test_the_verdict_on_a_category_rests_on_either(said: Any, heard: Any, kind: str) -> None:
    merged, kinds = merge_profiles(
        profile({"anger": said[0]}, {"anger": said[1]}), profile({"anger": heard[0]}, {"anger": heard[1]}), LEAST
    )
    assert kinds["anger"] == kind
    assert (merged.scores["anger"], merged.evidence["anger"]) == (heard if kind == "burst" else said)


@dataclass
class Ear:
    """Hears by the pitch: anger in speech below 300 Hz, relief in bursts above."""

    name: str = "ear"
    revision: str = "1"
    thresholds: Mapping[str, float] = field(default_factory=lambda: LEAST)
    told: list[tuple[float, float]] = field(default_factory=list)

    def profile(self, samples: np.ndarray, sample_rate: int, *, reference: Any = None) -> Profile:
        if len(samples) < 0.2 * sample_rate:
            raise VoiceactError("too short")
        hertz = float(np.abs(np.fft.rfft(samples)).argmax() * sample_rate / len(samples))
        self.told.append((round(len(samples) / sample_rate, 1), round(hertz)))
        high = hertz > 300
        return profile(
            {"anger": 0.5 if high else 6.0, "relief": 6.0 if high else 0.5}, {"anger": "category", "relief": "burst"}
        )

    def reference(self, clips: Any, *, kind: str = "neutral") -> Any:
        return None


WORDS = [Word("one", 0.0, 1.0)]
BOTH = np.concatenate([tone(1.0), silence(0.5), tone(0.6, 800), silence(0.3)])


def test_each_sound_is_judged_by_itself_and_the_check_says_on_which_it_rests() -> None:
    judge = Ear()
    apart = listen_apart(judge, BOTH, RATE, None, text="one", words=WORDS)  # type: ignore[arg-type]
    assert [pitch for _, pitch in judge.told] == pytest.approx([220, 800], abs=5)
    assert isinstance(apart.profile, Profile)
    assert (apart.profile.scores["anger"], apart.profile.scores["relief"]) == (6.0, 6.0)
    checks = tell_kinds(check_emotion(judge, apart.profile, {"relief": 5.0, "anger": 4.0}), apart)  # type: ignore[arg-type]
    told = {check.details["category"]: check for check in checks if check.name == "emotion"}
    assert {name: check.details["kind"] for name, check in told.items()} == {"relief": "burst", "anger": "speech"}
    assert "judged on its wordless bursts" in told["relief"].sentence
    assert told["relief"].details["spans"] == [pytest.approx([1.5, 2.1], abs=0.06)]
    assert "burst" not in told["anger"].sentence


def test_words_alone_are_judged_whole() -> None:
    judge = Ear()
    apart = listen_apart(judge, np.concatenate([tone(1.0), silence(0.5)]), RATE, None, text="one", words=WORDS)  # type: ignore[arg-type]
    assert judge.told == [(1.5, 220)] and set(apart.kinds.values()) == {"speech"}


def test_a_take_without_words_is_a_burst() -> None:
    judge = Ear()
    apart = listen_apart(judge, BOTH, RATE, None, text="…")  # type: ignore[arg-type]
    assert len(judge.told) == 1 and set(apart.kinds.values()) == {"burst"} and not apart.spans


@pytest.mark.parametrize("text", ["[laughs]", "*sighs*", "(laughing)", "[laughs] … [sighs]"])
def test_letters_of_a_tag_are_no_words(text: str) -> None:
    judge = Ear()
    tags = [Word("[laughs]", 0.0, 2.1)]
    apart = listen_apart(judge, BOTH, RATE, None, text=text, words=tags)  # type: ignore[arg-type]
    assert len(judge.told) == 1 and set(apart.kinds.values()) == {"burst"} and not apart.spans


def test_a_burst_under_its_tag_is_not_timed_as_a_word() -> None:
    words = [*WORDS, Word("[sighs]", 1.5, 2.1)]
    judge, alone = Ear(), Ear()
    apart = listen_apart(judge, BOTH, RATE, None, text="one [sighs]", words=words)  # type: ignore[arg-type]
    assert [span.kind for span in apart.spans] == ["speech", "burst"]
    assert apart == listen_apart(alone, BOTH, RATE, None, text="one", words=WORDS)  # type: ignore[arg-type]
    assert judge.told == alone.told


def test_a_clip_is_judged_without_the_times_of_its_bursts() -> None:
    clip = replace(synth(persona="nurse", emotion="relief", text="one [sighs]"), samples=BOTH)
    clip = replace(
        clip,
        record=msgspec.structs.replace(clip.record, audio=msgspec.structs.replace(clip.record.audio, sample_rate=RATE)),
        words=(*WORDS, Word("[sighs]", 1.5, 2.1)),
    )
    [told] = [
        check
        for check in judge_clip(clip, checks=["emotion"], estimator=Ear()).checks  # type: ignore[arg-type]
        if check.name == "emotion" and check.details["category"] == "relief"
    ]
    assert (told.outcome, told.details["kind"]) == ("pass", "burst")
    assert told.details["spans"] == [pytest.approx([1.5, 2.1], abs=0.06)]


def test_the_neutral_reading_is_heard_once_for_words_and_bursts() -> None:
    class Referring(Ear):
        clips: list[int] = []

        def reference(self, clips: Any, *, kind: str = "neutral") -> Any:
            self.clips.append(len(list(clips)))

    judge = Referring()
    apart = listen_apart(judge, BOTH, RATE, (tone(1.0), RATE), text="one", words=WORDS)  # type: ignore[arg-type]
    assert judge.clips == [1] and len(judge.told) == 2 and len(apart.spans) == 2


def test_a_neutral_reading_of_which_nothing_can_be_said_is_the_reason() -> None:
    class Deaf(Ear):
        def reference(self, clips: Any, *, kind: str = "neutral") -> Any:
            raise VoiceactError("the twin is silent")

    apart = listen_apart(Deaf(), BOTH, RATE, (tone(1.0), RATE), text="one", words=WORDS)  # type: ignore[arg-type]
    assert apart.profile == "the twin is silent" and not apart.kinds and len(apart.spans) == 2


def test_what_is_no_sound_is_told_as_before() -> None:
    apart = listen_apart(Ear(), silence(0.1), RATE, None, text="one")  # type: ignore[arg-type]
    assert apart.profile == "too short" and not apart.kinds


def test_a_judge_that_knows_kinds_is_told_the_kind() -> None:
    class Kinds(Ear):
        kinds = ("speech", "burst")
        asked: list[str] = []

        def profile(self, samples: Any, sample_rate: int, *, reference: Any = None, kind: str = "speech") -> Profile:
            self.asked.append(kind)
            return super().profile(samples, sample_rate)

    judge = Kinds()
    listen_apart(judge, BOTH, RATE, None, text="one", words=WORDS)  # type: ignore[arg-type]
    assert judge.asked == ["speech", "burst"]


class Told(Ear):
    """An ear that keeps the kinds it was told."""

    kinds = ("speech", "burst")

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def profile(self, samples: Any, sample_rate: int, *, reference: Any = None, kind: str = "speech") -> Profile:
        self.asked.append(kind)
        return super().profile(samples, sample_rate)


NOTHING_MOVED = Calibration(judge="ear", judge_revision="1", test="t", results="0", settings={}, categories={})


@pytest.mark.parametrize(
    "wrapped",
    [adapt_estimator, lambda ear: CalibratedEstimator(ear, NOTHING_MOVED), lambda ear: Ensemble("all", [ear, Ear()])],
    ids=["adapted", "calibrated", "ensemble"],
)
def test_a_judge_within_another_is_told_the_kind(wrapped: Any) -> None:
    ear = Told()
    judge = wrapped(ear)
    assert set(judge.kinds) == {"speech", "burst"}
    apart = listen_apart(judge, BOTH, RATE, None, text="one", words=WORDS)
    assert ear.asked == ["speech", "burst"] and isinstance(apart.profile, Profile)
    ear.asked.clear()
    judge.profile(tone(1.0), RATE)
    assert ear.asked == ["speech"]


@pytest.mark.parametrize("wrapped", [adapt_estimator, lambda ear: CalibratedEstimator(ear, NOTHING_MOVED)])
def test_a_judge_that_states_no_kinds_knows_speech_alone(wrapped: Any) -> None:
    judge = wrapped(Ear())
    assert judge.kinds == ("speech",)
    assert isinstance(listen_apart(judge, BOTH, RATE, None, text="…").profile, Profile)


# A reference of another voice


@dataclass
class Encoder:
    """Knows a voice by its pitch."""

    name: str = "by pitch"
    revision: str = "1"
    least: float | None = 0.5

    def embed(self, sounds: Any) -> np.ndarray:
        angles = [np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples) / 1000 for samples, rate in sounds]
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_another_voice_is_refused_in_one_sentence() -> None:
    with pytest.raises(OtherVoiceError, match=r"of another voice: its similarity .* \(by pitch\), and clips of one voice"):
        refuse_other_voice(tone(1.0, 200), RATE, [(tone(1.0, 2000), RATE)], encoder=Encoder())
    refuse_other_voice(tone(1.0, 200), RATE, [(tone(1.0, 300), RATE), (tone(1.0, 250), RATE)], encoder=Encoder())


def test_who_cannot_know_a_voice_refuses_none() -> None:
    refuse_other_voice(tone(1.0, 200), RATE, [], encoder=Encoder())
    refuse_other_voice(tone(1.0, 200), RATE, [(tone(1.0, 2000), RATE)], encoder=Encoder(least=None))
    refuse_other_voice(silence(1.0), RATE, [(tone(1.0), RATE)])


def test_a_clip_is_nearest_to_itself_for_the_ears() -> None:
    spoken = synth(persona="nurse", emotion=(), text="The train leaves at nine.")
    other = synth(persona="grumpy-lovable-grandpa", emotion=(), text="Nobody has read the paper.")
    assert spoken.samples is not None and other.samples is not None
    rate = spoken.record.audio.sample_rate
    take, stranger = (spoken.samples, rate), (other.samples, other.record.audio.sample_rate)
    assert voice_similarity(take, [take]) == pytest.approx(1.0, abs=1e-5)
    assert voice_similarity(take, [stranger]) == pytest.approx(voice_similarity(stranger, [take]), abs=1e-5)
    assert voice_similarity(take, [stranger]) < voice_similarity(take, [take, stranger]) < 1.0


def test_estimate_refuses_a_reference_of_another_voice(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from voiceact.cli.estimate import command
    from voiceact.verify import reference_voice

    write(tmp_path / "take.wav", tone(1.0, 200), RATE)
    write(tmp_path / "neutral.wav", tone(1.0, 200), RATE)
    write(tmp_path / "other.wav", tone(1.0, 200), RATE)
    heard: list[int] = []
    monkeypatch.setattr(reference_voice.ge2e, "weights_path", lambda: None)
    monkeypatch.setattr(reference_voice, "cosine", lambda one, other: 0.1)
    embed = reference_voice.embed_voices
    monkeypatch.setattr(reference_voice, "embed_voices", lambda sounds: heard.append(len(sounds)) or embed(sounds))
    files = [str(tmp_path / "take.wav"), str(tmp_path / "other.wav")]
    result = CliRunner().invoke(command, [*files, "--reference", str(tmp_path / "neutral.wav")])
    assert result.exit_code == 1
    for file in ("take", "other"):
        assert f"{file}.wav: the reference is of another voice: its similarity to the clip is 0.10 (" in result.output
    assert len(heard) == 3, "each clip once, and the reference once for both"
