"""The judge's thresholds after people: the precision that was asked, told honestly, in a file that changes nothing else."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judges import ScriptedJudge, fixed
from tiny_run import write_tiny_run

from voiceact.errors import UsageError
from voiceact.estimators.calibrated import (
    CalibratedEstimator,
    Calibration,
    CategoryCalibration,
    read_calibration,
    write_calibration,
)
from voiceact.estimators.model_file import ModelFileError
from voiceact.estimators.registry import load_estimator
from voiceact.listening.analysis.answer_table import make_answer_table
from voiceact.listening.calibration.calibrate import (
    LEAST_PASSED,
    CalibrationGoal,
    calibrate_judge,
    choose_threshold,
    fit_confirmation_curve,
    lowest_threshold,
    results_digest,
)
from voiceact.listening.calibration.source import recompute_inclusion
from voiceact.listening.loading import open_test
from voiceact.listening.simulation.simulate import make_listeners, make_world, take_test
from voiceact.store.reader import open_run
from voiceact.verify.emotion import check_present

SOUND = np.ones(100, np.float32)


def heard(*, clips: int = 240, judge_noise: float = 0.6, spread: float = 1.8, seed: int = 1, **world):
    made = make_world("presence", clips=clips, judge_noise=judge_noise, spread=spread, contrastive=0.5, seed=seed, **world)
    return made.test, make_answer_table(take_test(made, make_listeners(9, bias=0.2, seed=seed), seed=seed, checks=0), (1, 2))


def moved(**changes) -> CategoryCalibration:
    return msgspec.structs.replace(
        CategoryCalibration(
            threshold=4.0, evidence="category", threshold_before=2.0, evidence_before="dimension", status="moved", why=""
        ),
        **changes,
    )


def calibration(**categories: CategoryCalibration) -> Calibration:
    return Calibration(judge="scripted", judge_revision="r1", test="t", results="", settings={}, categories=categories)


# --- Choosing a threshold

scored = st.lists(st.tuples(st.integers(0, 70), st.booleans()), min_size=LEAST_PASSED, max_size=60)


@given(scored, st.sampled_from([0.6, 0.8, 0.9]))
@settings(max_examples=80, deadline=None)
def test_the_threshold_is_the_lowest_that_reaches_the_precision(values, precision):
    """Against every threshold there could be, one by one."""
    scores, present = np.array([score / 10 for score, _ in values]), np.array([flag for _, flag in values])
    good = [
        cut
        for cut in np.unique(scores)
        if (scores >= cut).sum() >= LEAST_PASSED and present[scores >= cut].mean() >= precision - 1e-9
    ]
    found = lowest_threshold(scores, present, precision)
    if not good:
        assert found is None
        return
    passed = scores >= found
    assert (passed == (scores >= min(good))).all()
    assert found <= min(good)


def test_a_threshold_lies_half_way_to_the_next_lower_score():
    scores = np.concatenate((np.full(10, 5.0), np.full(10, 3.0)))
    assert lowest_threshold(scores, scores > 4, 0.9) == 4.0


def test_the_curve_agrees_with_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    random = np.random.default_rng(2)
    scores = random.normal(3, 1.5, 200)
    present = random.random(200) < 1 / (1 + np.exp(3 - scores))
    place = ((scores - scores.mean()) / scores.std())[:, None]
    expected = LogisticRegression(C=1.0).fit(place, present).predict_proba(place)[:, 1]
    assert fit_confirmation_curve(scores, present) == pytest.approx(expected, abs=1e-3)


def test_a_score_that_falls_where_people_hear_more_has_no_threshold():
    scores = np.linspace(0, 7, 40)
    assert fit_confirmation_curve(scores, scores < 3) is None and choose_threshold(scores, scores < 3, 0.9) is None


# --- A calibration


def test_thresholds_rise_until_people_confirm_what_passes():
    """On 1,500 clips that nobody chose by, people confirm what was asked, within the interval of the held-out figure."""
    test, table = heard(clips=480, evidence="dimension")
    made = calibrate_judge(
        table, test, fixed(dict.fromkeys(("anger", "sadness", "pride"), "dimension")), CalibrationGoal(0.85), name="scripted"
    )
    (fresh, people), truths = heard(clips=1500, seed=77), []
    for name in ("anger", "sadness", "pride"):
        one = made.categories[name]
        figures = one.figures
        assert one.status == "moved"
        assert figures["precision"]["value"] >= 0.85 > figures["precision_before"]["value"]
        truth = _precision(fresh, people, name, one.threshold)
        assert figures["precision_held_out"]["low"] <= truth <= figures["precision_held_out"]["high"]
        truths.append(truth)
        assert one.evidence == "category" and one.evidence_before == "dimension"
        assert figures["threshold"]["low"] <= one.threshold
    assert np.mean(truths) == pytest.approx(0.85, abs=0.05)
    assert made.settings["precision"] == 0.85 and made.test == test.id


def _precision(test, table, category: str, threshold: float) -> float:
    from voiceact.listening.analysis.judge_vs_people import compare_judge

    found = compare_judge(table, test)
    rows = (found.category == found.categories.index(category)) & found.target & (found.judge * 0.7 >= threshold)
    return float((found.present[rows] > 0.5).mean())


def test_what_looks_reached_is_less_on_clips_that_did_not_choose():
    """Over 12 small tests the apparent precision is higher than the held-out one."""
    apparent, out = [], []
    for seed in range(12):
        test, table = heard(clips=90, seed=seed, categories=("anger",))
        one = calibrate_judge(table, test, fixed({"anger": "category"}), CalibrationGoal(0.8), name="scripted").categories[
            "anger"
        ]
        if one.figures.get("precision_held_out", {}).get("value") is not None:
            apparent.append(one.figures["precision"]["value"])
            out.append(one.figures["precision_held_out"]["value"])
    assert len(out) >= 8 and np.mean(apparent) > np.mean(out)


def test_too_few_clips_leave_the_judge_as_it_was():
    test, table = heard(clips=30)
    made = calibrate_judge(table, test, fixed({"anger": "category"}), CalibrationGoal(), name="scripted")
    one = made.categories["anger"]
    assert (one.status, one.threshold, one.evidence) == ("kept", 2.0, "category")
    assert one.why.startswith("too little: 10 clips")


def test_a_judge_that_guesses_loses_its_evidence():
    test, table = heard(clips=600, judge_noise=60.0, categories=("anger",))
    one = calibrate_judge(table, test, fixed({"anger": "category"}), CalibrationGoal(0.9), name="scripted").categories["anger"]
    assert (one.evidence, one.status) == ("none", "moved")
    assert "does not follow what people hear" in one.why


def test_a_category_whose_best_clips_are_not_confirmed_verifies_no_more():
    """People hear it in hardly any clip, though the score follows what they hear."""
    test, table = heard(clips=300, mean=-0.9, judge_noise=1.2, categories=("anger",))
    one = calibrate_judge(table, test, fixed({"anger": "category"}), CalibrationGoal(0.95), name="scripted").categories["anger"]
    assert (one.evidence, one.threshold, one.status) == ("dimension", 2.0, "moved")
    assert "no longer a verification" in one.why


def test_a_judge_that_claims_nothing_is_raised_by_people():
    """Scores without thresholds and without evidence, as an estimator trained on other models' opinions has them."""

    class Unclaiming(ScriptedJudge):
        def __init__(self):
            super().__init__(lambda sound: {"anger": 5.0}, {"anger": "none"})
            self.thresholds = {}

    test, table = heard(categories=("anger",), evidence="none")
    made = calibrate_judge(table, test, Unclaiming(), CalibrationGoal(0.85), name="scripted")
    one = made.categories["anger"]
    assert (one.threshold_before, one.evidence_before, one.evidence) == (None, "none", "category")
    judge = CalibratedEstimator(Unclaiming(), made)
    assert judge.thresholds == {"anger": one.threshold}
    assert check_present(judge, judge.profile(SOUND, 24_000), "anger").outcome == "pass"


def test_the_answers_are_part_of_what_a_calibration_says():
    test, table = heard(clips=30)
    assert results_digest(table) == results_digest(table.take(np.arange(len(table))[::-1]))
    assert results_digest(table) != results_digest(table.take(np.arange(len(table) - 1)))


def test_bad_wishes_and_tests_without_scores_are_refused():
    test, table = heard(clips=30)
    with pytest.raises(UsageError, match="precision of 1.2 is not one"):
        calibrate_judge(table, test, fixed({"anger": "category"}), CalibrationGoal(1.2), name="scripted")
    bare = msgspec.structs.replace(test.file, clips=tuple(msgspec.structs.replace(one, scores={}) for one in test.file.clips))
    with pytest.raises(UsageError, match="knows no scores of a judge"):
        calibrate_judge(table, open_test(bare), fixed({"anger": "category"}), CalibrationGoal(), name="scripted")
    source = msgspec.structs.replace(test.file.source, judge={"name": "human", "revision": "old"})
    other = open_test(msgspec.structs.replace(test.file, source=source))
    with pytest.raises(UsageError, match="revision old, and this is revision r1"):
        calibrate_judge(table, other, fixed({"anger": "category"}), CalibrationGoal(), name="scripted")


# --- The file as a judge


def test_a_test_that_nobody_took_is_no_calibration():
    test, *_ = heard(clips=20)
    with pytest.raises(UsageError, match="has no answer to calibrate by"):
        calibrate_judge(make_answer_table([], test.protocol.positive), test, fixed(), CalibrationGoal(), name="human")


def test_a_calibrated_judge_has_new_thresholds_and_evidence_and_scores_as_before():
    judge = fixed({"anger": "dimension", "sadness": "category"}, anger=3.0, sadness=3.0)
    made = calibration(anger=moved(), sadness=moved(evidence="none"))
    calibrated = CalibratedEstimator(judge, made)
    profile = calibrated.profile(SOUND, 24_000)
    assert profile.scores == judge.profile(SOUND, 24_000).scores
    assert (profile.evidence["anger"], profile.evidence["sadness"]) == ("category", "none")
    assert profile.revision == calibrated.revision == f"r1+{made.revision}"
    assert check_present(judge, judge.profile(SOUND, 24_000), "anger").outcome == "pass"
    assert check_present(calibrated, profile, "anger").outcome == "fail"
    found = check_present(calibrated, profile, "sadness")
    assert found.outcome == "not judged" and "people do not hear" in found.sentence


def test_what_was_kept_stays_and_a_category_without_a_score_is_not_raised():
    judge = fixed({"anger": "category"}, anger=3.0)
    made = calibration(anger=moved(status="kept", threshold=6.0), pride=moved())
    calibrated = CalibratedEstimator(judge, made)
    assert calibrated.thresholds["anger"] == 2.0
    assert calibrated.profile(SOUND, 24_000).evidence["pride"] == "none"


def test_a_file_is_a_judge(tmp_path):
    """By name wherever a judge is named; references and forced choice are the judge's own."""
    human = load_estimator("human")
    path = tmp_path / "human-calibrated.json"
    made = msgspec.structs.replace(calibration(anger=moved(threshold=5.5)), judge="human", judge_revision=human.revision)
    write_calibration(made, path)
    judge = load_estimator(str(path))
    assert isinstance(judge, CalibratedEstimator)
    assert (judge.name, judge.revision) == ("human", f"{human.revision}+{made.revision}")
    assert judge.thresholds["anger"] == 5.5 and judge.thresholds["sadness"] == human.thresholds["sadness"]
    assert "anger" in human.false_accepts["none"] and "anger" not in judge.false_accepts["none"]
    assert "sadness" in judge.false_accepts["none"] and judge.card is human.card
    assert judge.evidence("neutral")["anger"] == "category"
    assert judge.kinds == human.kinds
    assert "anger" in human.people["regimes"]["none"] and "anger" not in judge.people["regimes"]["none"]
    assert judge.people["regimes"]["none"]["sadness"] == human.people["regimes"]["none"]["sadness"]


def test_a_file_for_another_revision_of_the_judge_is_refused(tmp_path):
    write_calibration(msgspec.structs.replace(calibration(), judge="human"), tmp_path / "old.json")
    with pytest.raises(ModelFileError, match="was made for judge human of revision r1"):
        load_estimator(str(tmp_path / "old.json"))


@pytest.mark.parametrize(
    ("text", "words"), [("{", "is no calibration"), ('{"format": "x"}', "is no calibration"), (None, "cannot be read")]
)
def test_what_is_no_calibration_is_refused(tmp_path, text, words):
    path = tmp_path / "wrong.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ModelFileError, match=words):
        read_calibration(path)


def test_a_calibration_is_never_written_over_anything(tmp_path):
    path = tmp_path / "one.json"
    write_calibration(calibration(), path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="never written over anything"):
        write_calibration(calibration(anger=moved()), path)
    assert path.read_bytes() == before
    with pytest.raises(UsageError, match=r"is a \.json file"):
        write_calibration(calibration(), tmp_path / "one.txt")


# --- A run before and after


def test_what_a_run_would_have_kept(tmp_path):
    """The small run: three personas, intensities 3 and 5 as the judge heard them, the second take of each rejected."""
    run = open_run(write_tiny_run(tmp_path / "run"))
    made = calibration(anger=moved(threshold=4.0, evidence_before="category"), distress=moved(threshold=2.0))
    found = recompute_inclusion(run, made)
    takes = found["takes"]
    assert takes == 36 and found["included"]["before"] == 12
    # Of anger the takes at 3 are rejected now; distress has category evidence now, so its takes are verified and enter.
    assert found["categories"]["anger"] == {"takes": 12, "before": 6, "after": 3}
    assert found["categories"]["distress"] == {"takes": 12, "before": 0, "after": 6}
    assert found["categories"]["sadness"] == {"takes": 12, "before": 6, "after": 6}
    assert found["levels"]["after"] == {"verified": 15, "rejected": 21}
    assert Path(run.store.url).name == "run"


def test_a_lowered_category_leaves_its_takes_undecided(tmp_path):
    run = open_run(write_tiny_run(tmp_path / "run"))
    found = recompute_inclusion(run, calibration(anger=moved(evidence="none")))
    assert found["categories"]["anger"]["after"] == 0
    assert found["levels"]["after"]["undecided"] == 12
