"""The judge, trained here on a made corpus: what it says, what it refuses, and that its bytes repeat."""

import json

import numpy as np
import pytest
import soundfile

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.estimators import load_estimator
from voiceact.estimators.base import EVIDENCE, Estimator
from voiceact.estimators.features import features
from voiceact.estimators.features.signal import UnheardError
from voiceact.estimators.human.classifiers import log_softmax
from voiceact.estimators.human.estimator import load_judge, load_shipped
from voiceact.estimators.human.score_scale import PRESENT, STEPS, lay, log_odds
from voiceact.estimators.human.voice_statistics import learn_voices
from voiceact.estimators.model_file import ModelFileError, card_path, read_model, write_model
from voiceact.judge.training.calibration import _stretched, _threshold
from voiceact.judge.training.fitting import fit_discriminant, fit_ridge

RATE = 16_000
IDS = {category.id for category in categories()}
ACTS = {"anger": ("Anger", 1.5, -4.0, 6.0), "sadness": ("Sadness", 0.85, -14.0, 2.5), "neutral": (None, 1.0, -9.0, 4.0)}


def act(emotion, base_hz, rng, seconds=0.8):
    """A buzz whose F0, tilt and rate depart from the speaker's own as the emotion asks."""
    _, height, tilt_db, rate_hz = ACTS[emotion]
    time = np.arange(int(seconds * RATE)) / RATE
    f0 = base_hz * height * rng.uniform(0.95, 1.05)
    orders = np.arange(1, int(7000 / f0))
    levels = 10 ** ((tilt_db + rng.normal(0, 0.5)) * np.log2(orders) / 20)
    phase = 2 * np.pi * np.cumsum(f0 * (1 + 0.05 * np.sin(2 * np.pi * rate_hz * time))) / RATE
    buzz = (levels[:, None] * np.sin(orders[:, None] * phase)).sum(axis=0)
    buzz = buzz * (1.02 - np.cos(2 * np.pi * rate_hz * time)) + rng.normal(0, 0.01, len(time))
    return (0.1 * buzz / np.abs(buzz).max()).astype(np.float32)


def made_corpus(folder, *, kind="speech", seed=0):
    """Five speakers, three clips of each act."""
    rng, lines = np.random.default_rng(seed), []
    folder.mkdir()
    for speaker, base_hz in enumerate((100.0, 130.0, 170.0, 200.0, 240.0)):
        for emotion, place in ACTS.items():
            for take in range(3):
                path = f"{speaker}-{emotion}-{take}.wav"
                soundfile.write(folder / path, act(emotion, base_hz, rng), RATE)
                line = {"path": path, "speaker": str(speaker), "emotion": emotion, "language": "de", "kind": kind}
                lines.append(line | ({"emonet": place[0]} if place[0] else {}))
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    pytest.importorskip("lightgbm")
    from voiceact.judge.training import folds
    from voiceact.judge.training import train as training

    folder = tmp_path_factory.mktemp("judge")
    corpora = [made_corpus(folder / "emodb"), made_corpus(folder / "sighs", kind="burst", seed=1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "SPEECH_PASSES", 1)
        patch.setattr(folds, "SPEECH_ROUNDS", 10)
        patch.setattr(folds, "BURST_ROUNDS", 3)
        card = training.train_judge(corpora, folder / "model.npz", seed=7)
        again = training.train_judge(corpora, folder / "again.npz", seed=7)
    return folder, card, again


@pytest.fixture(scope="module")
def judge(trained):
    return load_judge(trained[0] / "model.npz")


# Training

def test_the_same_data_and_seed_give_the_same_bytes(trained):
    folder, _, _ = trained
    assert (folder / "model.npz").read_bytes() == (folder / "again.npz").read_bytes()
    assert card_path(folder / "model.npz").read_bytes() == card_path(folder / "again.npz").read_bytes()


def test_the_card_says_what_it_was_made_of(trained):
    _, card, _ = trained
    assert card["seed"] == 7
    assert [one["name"] for one in card["corpora"]] == ["emodb", "sighs"]
    assert card["corpora"][0]["licence"] and len(card["corpora"][0]["manifest_sha256"]) == 64
    assert not card["commercial"]  # nobody has said on what terms "sighs" may be used


def test_commercial_only_refuses_a_corpus_without_a_licence(trained, tmp_path):
    from voiceact.judge.training.train import train_judge

    with pytest.raises(UsageError, match="'sighs'.*commercial"):
        train_judge([trained[0] / "sighs"], tmp_path / "model.npz", commercial_only=True)


def test_synthetic_voices_are_refused(tmp_path):
    from voiceact.judge.training.train import train_judge

    with pytest.raises(UsageError, match="no human spoke"):
        train_judge([made_corpus(tmp_path / "takes", kind="synthetic")], tmp_path / "model.npz")


def test_too_little_material_is_refused(tmp_path):
    from voiceact.judge.training.train import train_judge

    folder = made_corpus(tmp_path / "few")
    lines = (folder / "manifest.jsonl").read_text().splitlines(keepends=True)
    (folder / "manifest.jsonl").write_text("".join(line for line in lines if "neutral" in line))
    with pytest.raises(UsageError, match="at least three people"):
        train_judge([folder], tmp_path / "model.npz")


def test_a_judge_without_bursts_claims_no_burst_evidence(tmp_path, monkeypatch):
    pytest.importorskip("lightgbm")
    from voiceact.judge.training import folds
    from voiceact.judge.training import train as training

    monkeypatch.setattr(training, "SPEECH_PASSES", 0)
    monkeypatch.setattr(folds, "SPEECH_ROUNDS", 5)
    card = training.train_judge([made_corpus(tmp_path / "emodb")], tmp_path / "model.npz")
    assert card["burst_labels"] == [] and card["regimes"]["none"]["burst_uar"]["value"] is None
    judge = load_judge(tmp_path / "model.npz")
    assert "burst" not in judge.evidence().values()
    assert judge.profile(act("anger", 150.0, np.random.default_rng(5)), RATE).evidence["anger"] == "category"


# What it says

def test_it_keeps_the_protocol_and_the_scale(judge):
    profile = judge.profile(act("anger", 150.0, np.random.default_rng(5)), RATE)
    assert isinstance(judge, Estimator)
    assert set(profile.scores) == set(profile.evidence) == IDS
    assert all(score is None or 0 <= score <= 7 for score in profile.scores.values())
    assert set(profile.evidence.values()) <= set(EVIDENCE)
    assert {one for one, score in profile.scores.items() if score is None} == set(profile.reasons)
    assert -1 <= profile.arousal <= 1


@pytest.mark.parametrize("kind", [None, "neutral", "speaker"])
def test_it_hears_an_unknown_voice(judge, kind):
    rng = np.random.default_rng(9)
    known = {"neutral": [("neutral", 4)], "speaker": [(one, 5) for one in ACTS]}.get(kind, [])
    clips = [(act(emotion, 150.0, rng), RATE) for emotion, count in known for _ in range(count)]
    reference = judge.reference(clips, kind=kind) if clips else None
    heard = {one: judge.profile(act(one, 150.0, rng), RATE, reference=reference) for one in ACTS}
    assert heard["anger"].arousal > heard["neutral"].arousal > heard["sadness"].arousal
    assert heard["anger"].scores["anger"] >= PRESENT > heard["neutral"].scores["anger"]
    for one, profile in heard.items():
        chosen = judge.class_scores(profile, ["anger", "sadness", "neutral"])
        assert max(chosen, key=chosen.get) == one
        assert sum(chosen.values()) == pytest.approx(1)


def test_the_level_of_a_recording_does_not_change_the_verdict(judge):
    clip = act("anger", 150.0, np.random.default_rng(5))
    loud, quiet = judge.profile(clip * 3, RATE), judge.profile(clip * 0.05, RATE)
    assert loud.scores["anger"] == pytest.approx(quiet.scores["anger"], abs=0.2)


def test_thresholds_keep_their_false_accept_rates():
    rng = np.random.default_rng(0)
    raw = rng.normal(0, 1, 4000)
    neutral, others = np.arange(4000) < 2000, np.arange(4000) >= 2000
    least = _threshold(raw, neutral, others)
    assert (raw[neutral] >= least).mean() <= 0.05
    assert (raw[others] >= least).mean() <= 0.15


def test_a_reference_of_another_judge_is_refused(judge, trained):
    from dataclasses import replace

    reference = judge.reference([(act("neutral", 150.0, np.random.default_rng(1)), RATE)])
    foreign = replace(reference, revision="other")
    with pytest.raises(UsageError, match="made by judge"):
        judge.profile(act("anger", 150.0, np.random.default_rng(1)), RATE, reference=foreign)


def test_references_need_enough_clips_of_a_known_kind(judge):
    clip = (act("neutral", 150.0, np.random.default_rng(1)), RATE)
    with pytest.raises(UsageError, match="at least 12"):
        judge.reference([clip], kind="speaker")
    with pytest.raises(UsageError, match="at least 1"):
        judge.reference([], kind="neutral")
    with pytest.raises(UsageError, match="'loud' is not known"):
        judge.reference([clip], kind="loud")
    with pytest.raises(UnheardError, match="silent"):
        judge.reference([(np.zeros(RATE, np.float32), RATE)])


# On disk

def test_a_flipped_byte_is_noticed(trained, tmp_path):
    folder, _, _ = trained
    data = bytearray((folder / "model.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "model.npz").write_bytes(data)
    (tmp_path / "model.card.json").write_bytes(card_path(folder / "model.npz").read_bytes())
    with pytest.raises(ModelFileError, match="model.npz.*SHA-256 differs"):
        load_judge(tmp_path / "model.npz")


def test_another_version_is_named(trained, tmp_path):
    arrays, card = read_model(trained[0] / "model.npz")
    old = {key: value for key, value in card.items() if key not in ("format", "weights_sha256")}
    write_model(tmp_path / "a.npz", arrays, old | {"feature_revision": features.REVISION + 1})
    with pytest.raises(ModelFileError, match="revision"):
        load_judge(tmp_path / "a.npz")
    (tmp_path / "a.card.json").write_text(json.dumps(card | {"format": "voiceact-judge/99"}))
    with pytest.raises(ModelFileError, match="voiceact-judge/99"):
        load_judge(tmp_path / "a.npz")
    (tmp_path / "a.card.json").write_text("{")
    with pytest.raises(ModelFileError, match="not the card"):
        load_judge(tmp_path / "a.npz")
    with pytest.raises(ModelFileError, match="cannot be read"):
        load_judge(tmp_path / "none.npz")


def test_a_model_that_lacks_a_part_is_refused(trained, tmp_path):
    arrays, card = read_model(trained[0] / "model.npz")
    arrays.pop("none.scales")
    write_model(tmp_path / "a.npz", arrays, {k: v for k, v in card.items() if k not in ("format", "weights_sha256")})
    with pytest.raises(ModelFileError, match="lacks 'none.scales'"):
        load_judge(tmp_path / "a.npz")


# The shipped judge

def test_the_shipped_judge_was_trained_on_human_speech_alone():
    card = load_shipped().card
    assert card["synthetic_data"] == []
    assert card["corpora"] and all(one["human"] for one in card["corpora"])
    assert all(one["licence"] != "not stated" and one["commercial"] for one in card["corpora"])


def test_the_shipped_judge_keeps_its_promised_false_accept_rates():
    judge = load_estimator("human")
    for regime, rates in judge.false_accepts.items():
        for one in rates:
            assert rates[one]["false_accept_neutral"]["value"] <= 0.05, (regime, one)
            assert rates[one]["false_accept_others"]["value"] <= 0.15, (regime, one)


def test_evidence_of_the_shipped_judge_is_what_its_figures_earn():
    judge = load_shipped()
    for regime, figures in judge.card["regimes"].items():
        for one, level in judge.evidence(regime).items():
            if level in ("category", "burst"):
                key = {"category": "speech_auc", "burst": "burst_auc"}[level]
                assert figures["categories"][one][key]["low"] > 0.6


# Mathematics

def test_scales_rise_and_end_at_seven():
    scale = _stretched(np.random.default_rng(0).normal(0, 1, 500), 1.0, np.array([0.5, 1.5, 2.0, 9.0]))
    assert (np.diff(scale) > 0).all()
    scores = lay(np.array([[-99.0], [scale[1]], [99.0]]), scale[None])
    assert scores[:, 0] == pytest.approx([0.0, STEPS[1], 7.0])
    assert np.isnan(lay(np.array([[np.nan]]), scale[None])).all()


def test_log_odds_of_a_half_is_zero():
    assert log_odds(np.log(np.array([0.5]))) == pytest.approx(0)
    assert np.exp(log_softmax(np.array([[1.0, 1.0, 1.0]]))) == pytest.approx(1 / 3)


def test_the_discriminant_finds_the_bayes_boundary():
    rng = np.random.default_rng(0)
    classes = np.repeat([0, 1], 2000)
    rows = rng.normal(0, 1, (4000, 2)) + np.array([[-1, 0], [1, 0]])[classes]
    found = fit_discriminant(rows, classes, 2, np.ones(4000)).outputs(np.array([[-0.2, 3.0], [0.2, -3.0]]))
    assert list(found.argmax(axis=1)) == [0, 1]


def test_ridge_finds_a_line():
    rows = np.random.default_rng(0).normal(0, 1, (500, 3))
    fitted = fit_ridge(rows, rows[:, :1] * 2 + 1, np.ones(500))
    assert fitted.bias[0] == pytest.approx(1, abs=0.05)
    assert fitted.weights[0, 0] == pytest.approx(2 / 1.1, abs=0.1)  # shrunken by the penalty of 0.1


def test_trees_in_numpy_answer_as_lightgbm_does():
    lightgbm = pytest.importorskip("lightgbm")
    from voiceact.judge.training.fitting import _as_arrays

    rng = np.random.default_rng(0)
    rows = rng.normal(0, 1, (300, 4)).astype(np.float32)
    classes = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 0.5)
    booster = lightgbm.train({"objective": "multiclass", "num_class": 3, "num_threads": 1, "verbosity": -1},
                             lightgbm.Dataset(rows, classes), num_boost_round=10)
    trees = _as_arrays([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]], 3)
    np.testing.assert_allclose(trees.outputs(rows), booster.predict(rows, raw_score=True), atol=1e-5)


def test_a_voice_of_few_clips_leans_on_the_average_voice():
    rows = np.random.default_rng(0).normal(0, 2, (400, 3))
    voices = learn_voices(rows, np.repeat(["a", "b"], 200))
    _, spread = voices.statistics(np.zeros((1, 3)))
    assert spread == pytest.approx(voices.own_spread * np.sqrt(8 / 9), rel=1e-3)
