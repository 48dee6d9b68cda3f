"""The judge, trained here on a made corpus: what it says, what it refuses, and that its bytes repeat."""

import json

import numpy as np
import pytest
import soundfile

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.estimators import load_estimator
from voiceact.estimators.base import Estimator
from voiceact.estimators.features.signal import UnheardError
from voiceact.estimators.human.classifiers import log_softmax
from voiceact.estimators.human.estimator import load_judge, load_shipped
from voiceact.estimators.human.score_scale import HIGHEST, PERFORMED, PRESENT, against_cohort, lay, log_odds
from voiceact.estimators.human.voice_space import learn_space
from voiceact.estimators.likelihood import BOUND
from voiceact.estimators.model_file import ModelFileError, card_path, read_model, write_model
from voiceact.judge.training.fitting import fit_discriminant, fit_ridge
from voiceact.vocabulary import EVIDENCE

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
    from voiceact.judge.training import train as training

    folder = tmp_path_factory.mktemp("judge")
    corpora = [made_corpus(folder / "emodb"), made_corpus(folder / "sighs", kind="burst", seed=1)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "SPEECH_PASSES", 1)
        patch.setattr(training, "BURST_TAKES", 3)
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
    from voiceact.judge.training import train as training

    monkeypatch.setattr(training, "SPEECH_PASSES", 1)
    card = training.train_judge([made_corpus(tmp_path / "emodb")], tmp_path / "model.npz")
    assert card["burst_labels"] == [] and card["regimes"]["none"]["burst_uar"]["value"] is None
    judge = load_judge(tmp_path / "model.npz")
    assert "burst" not in judge.evidence().values()
    assert judge.profile(act("anger", 150.0, np.random.default_rng(5)), RATE).evidence["anger"] == "category"


def test_only_so_many_takes_of_a_label_are_heard(tmp_path):
    from voiceact.judge.corpus.manifest import read_manifest
    from voiceact.judge.training.material import listen

    corpus = read_manifest(made_corpus(tmp_path / "sighs", kind="burst"))
    material, unheard = listen({"sighs": corpus}, burst=True, passes=0, seed=0, most_takes=1)
    assert len(material.rows) == 5 * len(ACTS) and not unheard


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
    write_model(tmp_path / "a.npz", arrays, old | {"ears_sha256": "0" * 64})
    with pytest.raises(ModelFileError, match="trained with other ears"):
        load_judge(tmp_path / "a.npz")
    (tmp_path / "a.card.json").write_text(json.dumps(card | {"format": "voiceact-judge/99"}))
    with pytest.raises(ModelFileError, match="voiceact-judge/99"):
        load_judge(tmp_path / "a.npz")
    (tmp_path / "a.card.json").write_text(json.dumps(card | {"format": "voiceact-judge/1"}))
    with pytest.raises(
        ModelFileError, match="'voiceact-judge/1'; this voiceact reads 'voiceact-judge/2': train the judge again"
    ):
        load_judge(tmp_path / "a.npz")
    (tmp_path / "a.card.json").write_text("{")
    with pytest.raises(ModelFileError, match="not the card"):
        load_judge(tmp_path / "a.npz")
    with pytest.raises(ModelFileError, match="cannot be read"):
        load_judge(tmp_path / "none.npz")


def test_a_model_that_lacks_a_part_is_refused(trained, tmp_path):
    arrays, card = read_model(trained[0] / "model.npz")
    arrays.pop("none.scales.ratios")
    write_model(tmp_path / "a.npz", arrays, {k: v for k, v in card.items() if k not in ("format", "weights_sha256")})
    with pytest.raises(ModelFileError, match="lacks 'none.scales.ratios'"):
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


def test_a_score_follows_the_ratio_below_the_bound_and_the_strength_above_it():
    bound = np.log(BOUND)
    marks = np.array([[-1.0, 3.0, 9.0]])
    ratios = np.array([[-9.0], [0.0], [bound - 1e-6], [bound], [9.0], [9.0], [np.nan]])
    strength = np.array([[0.0], [0.0], [9.0], [-1.0], [3.0], [99.0], [0.0]])
    scores = lay(ratios, strength, marks)[:, 0]
    assert scores[0] == 0 and 0 < scores[1] < scores[2] < PRESENT
    assert scores[3:6] == pytest.approx([PRESENT, PERFORMED, HIGHEST])
    assert np.isnan(scores[6])


def test_a_cohort_of_log_odds_takes_a_shift_of_level_away():
    rng = np.random.default_rng(0)
    speech = log_softmax(rng.normal(0, 2, (50, 3)))
    odds = log_odds(speech)
    usual = against_cohort(speech, odds.mean(axis=0), odds.std(axis=0))
    shifted = log_softmax(odds + np.array([3.0, 0.0, -1.0]))
    level = log_odds(shifted)
    again = against_cohort(shifted, level.mean(axis=0), level.std(axis=0))
    assert (again.argmax(axis=1) == usual.argmax(axis=1)).mean() > 0.9
    assert (shifted.argmax(axis=1) == usual.argmax(axis=1)).mean() < 0.8


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


def test_a_space_holds_what_voices_do_and_not_who_they_are():
    rng = np.random.default_rng(0)
    voices = np.repeat(["a", "b", "c", "d"], 100)
    # The voices differ along the first axis, their clips along the second.
    rows = rng.normal(0, 0.1, (400, 5)) + np.repeat([0.0, 50.0, -50.0, 20.0], 100)[:, None] * np.eye(5)[0]
    rows[:, 1] += rng.normal(0, 5, 400)
    rows[:, 2] += rows[:, 1]
    space = learn_space(rows, voices, 1)
    direction = np.abs(space.components[:, 0].astype(float))
    assert direction[0] < 0.2 and direction[1] > 0.6 and direction[2] > 0.6


def test_a_voice_of_few_clips_leans_on_the_average_voice():
    rows = np.random.default_rng(0).normal(0, 2, (400, 3))
    space = learn_space(rows, np.repeat(["a", "b"], 200), 3)
    _, spread = space.statistics(np.zeros((1, 3)))
    assert spread == pytest.approx(space.spread * np.sqrt(8 / 9), rel=1e-3)


def test_one_neutral_clip_counts_half_and_many_count_whole():
    rows = np.random.default_rng(0).normal(0, 1, (100, 3))
    space = learn_space(rows, np.repeat(["a", "b"], 50), 3)
    point, neutral = np.full((1, 3), 5.0), np.full(3, 4.0)
    once = space.relative_to_neutral(point, neutral, 1) * space.spread
    often = space.relative_to_neutral(point, neutral, 10_000) * space.spread
    assert once == pytest.approx(point - space.mean - 0.5 * (neutral - space.mean))
    assert often == pytest.approx(point - neutral, abs=1e-2)
