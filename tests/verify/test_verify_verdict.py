"""Checks joined to a verdict, and verdicts added to records."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from builders import build_record, build_take
from hypothesis import given
from hypothesis import strategies as st
from judges import IDS, ScriptedJudge, fixed

from voiceact import audio
from voiceact.clip.clip import Clip
from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime.atomic_files import sha256_file
from voiceact.verify import CHECKS, Tally, judge_clip, judge_file, verify
from voiceact.verify.backends.base import Backends
from voiceact.verify.base import Check, Verdict, join
from voiceact.verify.verdict import Question, answer
from voiceact.vocabulary import LEVELS

RATE = 24000
TEXT = "Forty letters or so are in this sentence."
CHEAP = ("quality", "emotion")


def speechlike(seed: int = 0) -> np.ndarray:
    time = np.arange(3 * RATE) / RATE
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None) * (time > 0.1) * (time < 2.9)
    return (np.random.default_rng(seed).normal(0, 0.08, len(time)) * syllables).astype(np.float32)


# Joining


def check(name: str, outcome: str) -> Check:
    return Check(name, outcome, "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("emotion", "evidence", "level"),
    [
        ("pass", ["category"], "verified"),
        ("pass", ["burst"], "consistent"),
        ("pass", ["dimension"], "consistent"),
        ("pass", ["category", "dimension"], "consistent"),
        ("pass", ["category", "none"], "undecided"),
        ("not judged", ["none"], "undecided"),
        ("not judged", [], "undecided"),
        ("fail", ["category"], "rejected"),
    ],
)
def test_levels(emotion: str, evidence: list[str], level: str) -> None:
    assert join([check("quality", "pass"), check("emotion", emotion)], evidence) == level


def test_other_checks_reject_but_their_absence_takes_nothing_away() -> None:
    emotion = check("emotion", "pass")
    assert join([emotion, check("transcript", "fail")], ["category"]) == "rejected"
    assert join([emotion, check("transcript", "not judged")], ["category"]) == "verified"
    assert join([check("quality", "pass")], []) == "undecided"


@given(
    st.lists(st.tuples(st.sampled_from(["emotion", "quality"]), st.sampled_from(["pass", "fail", "not judged"]))),
    st.lists(st.sampled_from(["category", "burst", "dimension", "none"])),
)
def test_only_category_evidence_verifies_and_any_failure_rejects(made: list[tuple[str, str]], evidence: list[str]) -> None:
    level = join([check(*one) for one in made], evidence)
    assert level in LEVELS
    assert (level == "rejected") == any(outcome == "fail" for _, outcome in made)
    if level == "verified":
        assert set(evidence) == {"category"}
        assert ("emotion", "not judged") not in made


# Verifying


def test_a_take_is_asked_every_check_in_order_of_cost() -> None:
    found = verify(
        speechlike(),
        RATE,
        text=TEXT,
        category="Distress",
        intensity=5,
        twin=(speechlike(1), RATE),
        checks=CHEAP,
        estimator=fixed(distress=4, contentment=0),
    )
    assert [one.name for one in found.checks] == ["quality", "emotion", "contrast", "intensity"]
    assert (found.level, found.reasons) == ("verified", ())
    assert found.evidence == {"distress": "category"}
    assert found.judge == {"name": "scripted", "revision": "r1"}
    assert found.reference == "twin"
    assert found.included()
    assert not Verdict("consistent", ()).included()
    assert Verdict("consistent", ()).included(("verified", "consistent"))


def test_reasons_name_check_and_code() -> None:
    found = verify(
        speechlike() * 20,
        RATE,
        text=TEXT,
        category="distress",
        checks=CHEAP,
        estimator=fixed(distress=1, contentment=5),
    )
    assert found.level == "rejected"
    assert found.reasons == ("emotion:absent", "contrast:contrast_present", "intensity:too_weak")
    broken = np.full(RATE, np.nan, np.float32)
    found = verify(broken, RATE, text="No sound.", category="distress", estimator=fixed(distress=4))
    assert found.reasons == ("quality:not_finite",)
    assert [one.outcome for one in found.checks] == ["fail", *["not judged"] * 4]


def test_the_verdict_is_json_and_keeps_every_score() -> None:
    found = verify(
        speechlike(),
        RATE,
        text="",
        mix={"Pride": 3, "Sadness": 5},
        checks=("emotion",),
        estimator=fixed(pride=3.123456, sadness=4, fear=0),
    )
    document = json.loads(json.dumps(msgspec.to_builtins(found.to_record()), allow_nan=False))
    assert list(document) == ["level", "reasons", "mix", "evidence", "judge", "reference", "checks", "profile"]
    assert document["mix"] == {"pride": 3, "sadness": 5}
    assert document["profile"]["scores"].keys() == set(IDS)
    assert document["profile"]["scores"]["pride"] == 3.1235
    assert document["checks"][0].keys() == {"name", "outcome", "reason", "figure", "threshold", "sentence", "details"}


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(0, np.float32),
        np.zeros(RATE, np.float32),
        np.full(480, 0.1, np.float32),
        np.full(RATE, np.inf, np.float32),
        np.ones(RATE, np.float32),
    ],
    ids=["empty", "silent", "20 ms", "infinite", "constant"],
)
def test_whatever_is_no_speech_is_rejected_with_a_reason(sound: np.ndarray) -> None:
    found = verify(
        sound,
        RATE,
        text=TEXT,
        category="distress",
        twin=(speechlike(), RATE),
        estimator=fixed(distress=4),
    )
    assert found.level == "rejected"
    assert found.checks[0].outcome == "fail"
    json.dumps(msgspec.to_builtins(found.to_record()), allow_nan=False)


def test_unknown_checks_and_categories_are_named() -> None:
    with pytest.raises(UnknownNameError, match="unknown check 'transcrpt'; did you mean 'transcript'"):
        verify(speechlike(), RATE, text="", checks=("transcrpt",))
    with pytest.raises(UnknownNameError, match="unknown category 'Distres'"):
        verify(speechlike(), RATE, text="", category="Distres", checks=("quality",))
    assert CHECKS == ("quality", "emotion", "naturalness", "identity", "transcript")


class Counting:
    """A rater, encoder and recognizer that notes what it is asked; the voice is another one, all else is well."""

    revision, options, reaches_out = "c1", {}, False
    figure, highest, least, drop, whispers, paces = "FINE", 5.0, 0.5, None, True, (1.0,)

    def __init__(self, name: str, asked: list[str]):
        self.name, self._asked = name, asked

    def rate(self, sounds):
        self._asked.append(self.name)
        return [4.0 for _ in sounds]

    def embed(self, sounds):
        self._asked.append(self.name)
        return np.eye(2)[: len(sounds)]

    def speaks(self, language: str) -> bool:
        return True

    def hear(self, samples, rate, *, language: str) -> str:
        self._asked.append(self.name)
        return TEXT


def test_a_frugal_answer_spends_nothing_on_what_is_rejected() -> None:
    made: list[str] = []
    backends = Backends(*(Counting(name, made) for name in ("transcript", "identity", "naturalness")))  # type: ignore[arg-type]
    question = Question(speechlike(), RATE, TEXT, {"distress": 5.0}, twin=(speechlike(1), RATE), backends=backends)
    heard, unheard = fixed(distress=4, contentment=0), fixed(distress=1, contentment=0)
    found = answer(question, estimator=unheard, frugal=True)
    assert (made, found.level) == ([], "rejected")
    assert [(one.outcome, one.reason) for one in found.checks[-3:]] == [("not judged", "not_reached")] * 3
    assert found.checks[-1].sentence == "not made: the take had failed emotion already"
    assert "transcript:not_reached" not in found.reasons
    assert found.profile is not None  # what was heard of a reject is worth keeping
    found = answer(question, estimator=heard, frugal=True)
    assert made == ["naturalness", "identity"]
    assert [one.reason for one in found.checks[-2:]] == ["other_voice", "not_reached"]
    answer(question, estimator=unheard)
    assert made == ["naturalness", "identity", "naturalness", "identity", "transcript"]


def test_a_neutral_take_is_undecided() -> None:
    found = verify(speechlike(), RATE, text="", checks=CHEAP, estimator=fixed(distress=4))
    assert found.level == "undecided"


# Records


def made(text: str = TEXT, category: str = "distress", seed: int = 0) -> Clip:
    take = build_take(speechlike(seed), RATE, seed)
    return Clip(build_record(text=text, mix={category: 5.0}, seed=seed, take=take), take.samples)


def test_a_clip_is_asked_what_its_record_says(tmp_path: Path) -> None:
    found = judge_clip(made(), made(seed=1), checks=CHEAP, estimator=fixed(distress=4, contentment=0))
    assert (found.level, dict(found.mix)) == ("verified", {"distress": 5})
    with pytest.raises(UsageError, match="has no samples to judge"):
        judge_clip(Clip(made().record))


def test_judging_again_adds_and_never_rewrites(tmp_path: Path) -> None:
    made().save(tmp_path / "a.wav")
    before = sha256_file(tmp_path / "a.wav")
    _, first = judge_file(tmp_path / "a.json", checks=CHEAP, estimator=fixed(distress=4, contentment=0))
    _, second = judge_file(
        tmp_path / "a.wav", checks=CHEAP, estimator=fixed(distress=1, contentment=0), twin=lambda record: made(seed=1)
    )
    record = Clip.load(tmp_path / "a.json").record
    assert record.verdict == second.to_record()
    assert record.verdicts == [first.to_record()]
    assert [record.verdicts[0].level, record.verdict.level] == ["verified", "rejected"]
    assert [record.verdicts[0].reference, record.verdict.reference] == ["none", "twin"]
    assert sha256_file(tmp_path / "a.wav") == before


def test_changed_audio_is_not_judged(tmp_path: Path) -> None:
    made().save(tmp_path / "a.wav")
    audio.write(tmp_path / "a.wav", speechlike(5), RATE)
    with pytest.raises(UsageError, match="is not the audio its record describes"):
        judge_file(tmp_path / "a.wav", checks=("quality",))


def test_a_tally_counts_levels_and_judges_twins_by_other_twins() -> None:
    judge = ScriptedJudge(lambda sound: {"anger": 5.0}, {"anger": "category", "distress": "category"})
    tally = Tally(judge)
    assert tally.pass_rate() is None
    for number, category in enumerate(["anger", "distress", "anger", "distress"]):
        clip, plain = made(f"Line {number} is so long.", category, number), made(f"Line {number} is so long.", seed=9)
        tally.add(clip, judge_clip(clip, plain, checks=CHEAP, estimator=judge), plain)
    found = tally.pass_rate()
    assert found is not None
    assert found.passed.value == 0.5
    assert found.twins.n == 3  # the first twin has no other to be compared with
    assert tally.levels == {"verified": 2, "rejected": 2}


def test_every_name_of_the_room_is_there() -> None:
    import voiceact.verify as room

    assert {name for name in room.__all__ if getattr(room, name) is None} == set()
