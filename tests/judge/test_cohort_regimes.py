"""The judge beside a cohort, and human parity: what `judge evaluate` writes, and what it refuses in a sentence."""

import json
import os
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.estimators import load_estimator, model_file
from voiceact.estimators.base import people_heard, verdict_mode
from voiceact.estimators.human.estimator import load_judge, people_path
from voiceact.estimators.likelihood import BOUND
from voiceact.estimators.model_file import ModelFileError
from voiceact.judge.corpus.manifest import Manifest, Recording
from voiceact.judge.evaluation import judging
from voiceact.judge.evaluation.people import write_people
from voiceact.judge.evaluation.report import evaluate

CLASSES = ("Anger", "Sadness", None)


@pytest.fixture(scope="module")
def judge():
    return load_estimator("human")


@pytest.fixture
def described(judge, monkeypatch):
    """Corpora whose clips are never read: each has a made-up description."""
    width = judge.ears.width

    def describe(self, recording):
        rng = np.random.default_rng(crc32(recording.path.encode()))
        space = judge._spaces["speech"]
        return (space.centre + space.scale * rng.normal(0, 1, width)).astype(np.float32)

    monkeypatch.setattr(judging.Listener, "_describe", describe)


def corpus(folder, classes=CLASSES, speakers=4, takes=6):
    folder.mkdir()
    lines = []
    for speaker in range(speakers):
        for place in classes:
            for take in range(takes):
                path = f"{speaker}-{place}-{take}.wav"
                (folder / path).write_bytes(b"")
                line = {"path": path, "speaker": str(speaker), "emotion": place or "neutral", "language": "xy"}
                line |= {"text": f"line {take % 2}"}
                lines.append(line | ({"emonet": place} if place else {}))
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


def test_each_regime_is_reported_with_and_without_the_cohort(judge, described, tmp_path) -> None:
    report = evaluate(judge, {"made": corpus(tmp_path / "made")}, draws=20)
    regimes = ("same_line", "other_line", "neutral_reference", "speaker_statistics", "no_reference")
    assert list(report["corpora"]["made"]) == [key for regime in regimes for key in (regime, regime + "+cohort")]
    for result in report["corpora"]["made"].values():
        assert result["uar"]["value"] is not None
        assert {"cllr", "least_cllr", "denied"} <= set(result["categories"][0])
    assert report["judge"]["bound"] == BOUND
    assert set(report["people"]["neutral+cohort"]) == {"anger", "sadness"}
    assert report["people"]["none"]["anger"]["corpora"] == ["made"] and report["people"]["none"]["anger"]["n"] == 24
    # Beside one twin people are those of the regime in which each clip has a neutral reading of its own line.
    same = {one["category"]: one["recall"] for one in report["corpora"]["made"]["same_line"]["categories"]}
    assert report["people"]["twin"]["anger"]["value"] == same["anger"]["value"]


def test_a_corpus_of_one_feeling_has_no_cohort_and_says_so(judge, described, tmp_path) -> None:
    report = evaluate(judge, {"made": corpus(tmp_path / "made", classes=("Anger",), takes=12)}, draws=20)
    result = report["corpora"]["made"]
    assert result["no_reference"]["clips"] == 48
    assert result["no_reference+cohort"]["why"].startswith("the cohort 'made' holds 1 feelings (anger); expected at least 3")
    assert result["neutral_reference+cohort"]["why"] == "the corpus holds no neutral clips to serve as references"
    assert result["no_reference"]["uar"]["why"] == "the corpus holds fewer than two classes"


def test_human_parity_is_written_for_its_model_alone(judge, described, tmp_path) -> None:
    report = evaluate(judge, {"made": corpus(tmp_path / "made")}, draws=20)
    write_people(report, judge.card, tmp_path / "people.json")
    document = json.loads((tmp_path / "people.json").read_bytes())
    assert document["weights_sha256"] == judge.card["weights_sha256"]
    assert document["corpora"]["made"]["speakers"] == 4 and document["regimes"] == report["people"]
    with pytest.raises(UsageError, match="is no model file"):
        write_people(report, {}, tmp_path / "other.json")
    with pytest.raises(UsageError, match="never met"):
        write_people({**report, "people": {}}, judge.card, tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()


def test_the_shipped_judge_has_people_beside_its_thresholds(judge) -> None:
    assert judge.people["weights_sha256"] == judge.card["weights_sha256"]
    for regime in ("none", "twin", "neutral", "statistics"):
        for mode in (regime, regime + "+cohort"):
            for figure in judge.people["regimes"][mode].values():
                assert 0 <= figure["low"] <= figure["value"] <= figure["high"] <= 1
    trained = {corpus["name"] for corpus in judge.card["corpora"]}
    assert not trained & set(judge.people["corpora"])


def test_a_verdict_stands_beside_people_of_one_twin_and_an_older_file_of_people_is_read_on(judge) -> None:
    regimes = judge.people["regimes"]
    assert verdict_mode("neutral", False) == "twin" and verdict_mode("none", True) == "none+cohort"
    assert people_heard(judge, "anger") == {**regimes["twin"]["anger"], "mode": "twin"}
    assert people_heard(judge, "anger", "twin+cohort") == {**regimes["twin+cohort"]["anger"], "mode": "twin+cohort"}
    assert people_heard(judge, "disgust") is None and people_heard(None, "anger") is None

    class Older:
        people = {"regimes": {mode: figures for mode, figures in regimes.items() if not mode.startswith("twin")}}

    assert people_heard(Older(), "anger") == {**regimes["neutral"]["anger"], "mode": "neutral"}
    assert people_heard(Older(), "anger", "twin+cohort") == {**regimes["neutral+cohort"]["anger"], "mode": "neutral+cohort"}


def test_people_of_another_model_are_not_taken(judge, tmp_path) -> None:
    from importlib.resources import as_file, files

    with as_file(files("voiceact.estimators.human") / "model") as shipped:
        for name in ("human.npz", "human.card.json"):
            (tmp_path / name).write_bytes((shipped / name).read_bytes())
    people_path(tmp_path / "human.npz").write_text(json.dumps({"weights_sha256": "0" * 64, "regimes": {"none": {}}}))
    assert load_judge(tmp_path / "human.npz").people == {}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("{", r"does not say how often people are heard \(Expecting"),
        ("[" * 100_000, "does not say how often people are heard"),
        ("[1]", "is of format None; this voiceact reads 'voiceact-people/1'"),
        ('{"weights_sha256": "%s", "format": "voiceact-people/0"}', "is of format 'voiceact-people/0'"),
        ('{"weights_sha256": "%s", "format": "voiceact-people/1"}', "lacks 'regimes'"),
    ],
)
def test_people_that_cannot_be_read_are_refused(judge, tmp_path, written, why) -> None:
    from importlib.resources import as_file, files

    with as_file(files("voiceact.estimators.human") / "model") as shipped:
        for name in ("human.npz", "human.card.json"):
            (tmp_path / name).write_bytes((shipped / name).read_bytes())
    people_path(tmp_path / "human.npz").write_text(written.replace("%s", judge.card["weights_sha256"]))
    with pytest.raises(ModelFileError, match=rf"human\.people\.json: {why}"):
        load_judge(tmp_path / "human.npz")


def test_people_larger_than_a_judge_may_be_are_not_read(tmp_path, monkeypatch) -> None:
    from importlib.resources import as_file, files

    with as_file(files("voiceact.estimators.human") / "model") as shipped:
        for name in ("human.npz", "human.card.json"):
            (tmp_path / name).write_bytes((shipped / name).read_bytes())
    people_path(tmp_path / "human.npz").touch()
    monkeypatch.setattr(model_file, "MAX_MODEL_BYTES", 32 * 2**20)
    os.truncate(people_path(tmp_path / "human.npz"), 32 * 2**20 + 1)
    with pytest.raises(ModelFileError, match=r"human\.people\.json is larger than 32 MiB"):
        load_judge(tmp_path / "human.npz")


# The cohort of a judge


def profiles(judge, count=30, seed=0):
    rng = np.random.default_rng(seed)
    space = judge._spaces["speech"]
    rows = space.centre + space.scale * rng.normal(0, 1, (count, judge.ears.width))
    return [judge.profile_description(row.astype(np.float32)) for row in rows]


def test_a_clip_is_heard_beside_its_cohort(judge) -> None:
    heard = profiles(judge)
    cohort = judge.cohort(heard, asked=["anger", "fear", "neutral"] * 10, source="pilot")
    beside = judge.in_cohort(heard[0], cohort)
    assert beside.cohort == "pilot (30 clips)" and heard[0].cohort == ""
    assert set(beside.log_ratios) == set(heard[0].log_ratios)
    plan = judge.evidence("none")
    for category in categories():
        if plan[category.id] == "burst":
            assert beside.scores[category.id] == heard[0].scores[category.id]
    told = judge.with_cohort(cohort)
    assert (told.name, told.revision, told.thresholds) == (judge.name, judge.revision, judge.thresholds)


def test_a_cohort_takes_a_common_shift_away(judge) -> None:
    heard = profiles(judge)
    asked = ["anger", "fear", "neutral"] * 10
    # As if the room made everything sound sadder.
    shifted = [replace(one, classes=shift(one.classes, "sadness", 2.0)) for one in heard]
    plain = [judge.in_cohort(one, judge.cohort(heard, asked=asked)).log_ratios["anger"] for one in heard]
    moved = [judge.in_cohort(one, judge.cohort(shifted, asked=asked)).log_ratios["anger"] for one in shifted]
    apart = [one.log_ratios["sadness"] for one in heard]
    assert np.corrcoef(plain, moved)[0, 1] > 0.95
    assert np.isfinite(apart).all()


def shift(classes, name, by):
    values = {one: value + (by if one == name else 0.0) for one, value in classes.items()}
    total = np.logaddexp.reduce(list(values.values()))
    return {one: float(value - total) for one, value in values.items()}


def test_a_wordless_burst_is_judged_without_the_cohort(judge, monkeypatch) -> None:
    heard = profiles(judge)
    told = judge.with_cohort(judge.cohort(heard, asked=["anger", "fear", "neutral"] * 10, source="pilot"))
    monkeypatch.setattr(type(judge), "describe", lambda self, samples, rate: np.asarray(samples, np.float32))
    description = judge._spaces["speech"].centre.astype(np.float32)
    assert told.profile(description, 16_000).cohort == "pilot (30 clips)"
    burst = told.profile(description, 16_000, kind="burst")
    assert burst.cohort == "" and burst == judge.profile(description, 16_000, kind="burst")
    assert told.kinds == judge.kinds == ("speech", "burst")


def test_cohorts_that_cannot_be_are_refused(judge) -> None:
    heard = profiles(judge)
    with pytest.raises(UsageError, match="30 of the 30 clips of the cohort are heard as anger; expected several feelings"):
        judge.cohort([replace(one, classes=shift(one.classes, "anger", 99.0)) for one in heard])
    with pytest.raises(UsageError, match="has 5 clips; expected at least 24"):
        judge.cohort(heard[:5], asked=["anger", "fear", "neutral", "neutral", "fear"])
    with pytest.raises(UsageError, match="heard with reference neutral and none; judge them all alike"):
        judge.cohort([*heard, replace(heard[0], reference="neutral")])
    with pytest.raises(UsageError, match="profiles of another judge"):
        judge.cohort([replace(one, revision="other") for one in heard])
    cohort = judge.cohort(heard, asked=["anger", "fear", "neutral"] * 10)
    with pytest.raises(UsageError, match="make the cohort again"):
        judge.in_cohort(replace(heard[0], reference="neutral"), cohort)
    with pytest.raises(UsageError, match="has 0 clips; expected at least 24"):
        judge.cohort([], asked=[])


def test_wordless_bursts_are_no_cohort(judge, tmp_path) -> None:
    recording = Recording(path="a.wav", speaker="1", emotion="Relief", emonet="Relief", language="xx", kind="burst")
    listener = judging.Listener(judge, Manifest(tmp_path, (recording,), "0" * 64))
    hearing = judging.Hearing({0: profiles(judge, 1)[0]}, {}, {})
    with pytest.raises(UsageError, match="wordless bursts; a cohort is of speech"):
        judging.hear_in_cohort(listener, hearing, "sighs")


def test_score_and_ratio_always_say_the_same(judge) -> None:
    for kind in ("speech", "burst"):
        rng = np.random.default_rng(3)
        space = judge._spaces["speech"]
        for _ in range(40):
            row = (space.centre + space.scale * rng.normal(0, 3, judge.ears.width)).astype(np.float32)
            profile = judge.profile_description(row, kind=kind)
            for name, ratio in profile.log_ratios.items():
                assert (profile.scores[name] >= judge.thresholds.get(name, 2.0)) == (ratio >= np.log(BOUND) - 1e-9)
