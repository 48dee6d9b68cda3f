"""The coach: what it hears, and that it is never the judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona
from voiceact.audio.words import Word
from voiceact.director.build_coach import assemble, read_manifest, relative_to_neutral
from voiceact.director.coach import (
    FunctionalsCoach,
    burst_odds,
    check_independent,
    class_odds,
    load_coach,
    read_coach,
    split_sounds,
    weights_of,
)
from voiceact.engines.registry import load_engine
from voiceact.errors import UnknownNameError, UsageError
from voiceact.estimators.model_file import ModelFileError, card_path
from voiceact.estimators.registry import load_estimator

RATE = 24_000
TEXT = "The kettle stands on the second shelf."


@pytest.fixture(scope="module")
def spoken():
    persona = load_persona("museum-guide")

    def speak(*mix):
        take = load_engine().perform(TEXT, persona, direct(persona, mix), language="en", seed=0)
        return take.samples, take.sample_rate

    return speak


def test_the_shipped_coach_hears_fear_in_fear_and_sadness_in_sadness(spoken):
    coach, twin = load_coach(), spoken()
    afraid = coach.listen(*spoken(("fear", 7)), twin, text=TEXT)
    sad = coach.listen(*spoken(("sadness", 7)), twin, text=TEXT)
    assert afraid.log_ratios["fear"] > sad.log_ratios["fear"]
    assert sad.log_ratios["sadness"] > afraid.log_ratios["sadness"]
    assert afraid.evidence["fear"] == "category"
    assert afraid.log_ratios["distress"] > sad.log_ratios["distress"]  # by arousal and valence alone
    assert afraid.evidence["distress"] == "dimension"


def test_the_neutral_reading_itself_has_no_strength(spoken):
    twin = spoken()
    report = load_coach().listen(*twin, twin, text=TEXT)
    # The middle of neutral is nought in every functional, so no class is above or below neutral but by its own bias.
    assert all(strength < 0.5 for strength in report.strengths.values())
    assert max(report.distances.values()) < 1


def test_each_take_is_heard_beside_its_own_neutral_reading_however_many_there_are():
    rng = np.random.default_rng(5)
    take, *twins = (rng.normal(0, 0.1, RATE).astype(np.float32) * np.hanning(RATE).astype(np.float32) for _ in range(21))
    coach = load_coach()
    first = [coach.listen(take, RATE, (twin, RATE), text=TEXT) for twin in twins]
    again = [coach.listen(take, RATE, (twin.copy(), RATE), text=TEXT) for twin in twins]
    assert first == again and len({report.log_ratios["fear"] for report in first}) == len(twins)
    assert coach.listen(take, RATE, (twins[0], RATE), text=TEXT) == first[0]


def test_stronger_is_heard_as_stronger(spoken):
    coach, twin = load_coach(), spoken()
    strengths = [coach.listen(*spoken(("fear", level)), twin, text=TEXT).strengths["fear"] for level in (2, 4.5, 7)]
    assert strengths == sorted(strengths)


def test_words_and_bursts_are_heard_apart_by_the_times_that_the_engine_told():
    samples = np.concatenate([np.random.default_rng(0).normal(0, 0.1, RATE), np.zeros(RATE // 2), np.ones(RATE) * 0.01])
    noise = np.random.default_rng(1).normal(0, 0.1, RATE)
    samples[-RATE:] = noise
    words = [Word("Fine.", 0.05, 0.95), Word("[sighs]", 1.5, 2.5)]
    speech, burst = split_sounds(samples.astype(np.float32), RATE, "Fine. [sighs]", words)
    assert abs(len(speech) / RATE - 1) < 0.2 and abs(len(burst) / RATE - 1) < 0.2
    assert split_sounds(samples, RATE, "Fine.", words[:1])[1] is None
    assert split_sounds(samples, RATE, "[sighs]", ())[0] is None


def test_a_burst_alone_is_heard(spoken):
    from voiceact.bursts.kinds import get_kind
    from voiceact.bursts.render import perform_burst

    def hear(kind):
        return load_coach().listen(perform_burst(get_kind(kind), load_persona("nurse"), rate=RATE), RATE, spoken(), text="[…]")

    chuckle, hum = hear("chuckle"), hear("resonant_hum")
    assert chuckle.evidence["amusement"] == "burst"
    assert chuckle.log_ratios["amusement"] > hum.log_ratios["amusement"]
    assert hum.log_ratios["contemplation"] > chuckle.log_ratios["contemplation"]


def test_odds_are_those_of_the_probabilities():
    scores = np.log(np.array([[0.2, 0.3, 0.5]])) + 3.0
    assert np.allclose(np.exp(class_odds(scores)), [[0.25, 3 / 7, 1.0]])
    logs = np.log(np.array([[0.2, 0.3, 0.5]]))
    assert np.allclose(np.exp(burst_odds(logs, [[0, 1], [2]])), [[1.0, 1.0]])


# Independence


def test_a_coach_that_is_the_judge_is_refused_in_one_sentence():
    with pytest.raises(
        UsageError, match=r"the coach 'human' is the judge 'human' .* expected another coach, such as 'functionals'"
    ):
        check_independent(load_coach("human"), load_estimator("human"))


def test_a_coach_that_listens_with_the_judges_ears_is_refused(monkeypatch):
    judge = load_estimator("human")
    coach = load_coach("human")
    monkeypatch.setattr(coach, "revision", "another")
    monkeypatch.setattr(coach, "digests", frozenset({judge.card["ears_sha256"]}))
    with pytest.raises(UsageError, match="shares weights with the judge"):
        check_independent(coach, judge)


def test_a_coach_among_several_judges_is_refused():
    from voiceact.estimators.ensemble.ensemble import Ensemble

    judge = load_estimator("human")
    assert weights_of(judge) <= weights_of(Ensemble("all", [judge]))
    with pytest.raises(UsageError, match="weights with the judge"):
        check_independent(load_coach("human"), Ensemble("all", [judge, judge]))


def test_the_shipped_coach_is_independent_and_the_record_says_so():
    record = check_independent(load_coach(), load_estimator())
    assert record.shared_with_judge == []
    assert (record.name, record.hears) == ("functionals", "functionals")


# Files


def test_an_unknown_coach_is_named():
    with pytest.raises(UnknownNameError, match="functionalz"):
        load_coach("functionalz")


@pytest.fixture
def shipped(tmp_path) -> Path:
    from importlib.resources import files

    for name in ("coach.npz", "coach.card.json"):
        (tmp_path / name).write_bytes((files("voiceact.director") / "data" / name).read_bytes())
    return tmp_path / "coach.npz"


def test_a_coach_of_ones_own_is_read_from_its_file(shipped):
    assert load_coach(str(shipped)).revision == load_coach().revision


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "voiceact-coach/0"}, "not the card of a coach"),
        ({"weights_sha256": "0" * 64}, "not the file its card describes"),
        ({"features": 0}, "functionals of revision 0"),
        ({"classes": None}, "cannot be read as a coach"),
    ],
)
def test_a_damaged_coach_is_refused_with_its_file(shipped, change, said):
    card = json.loads(card_path(shipped).read_text())
    card_path(shipped).write_text(json.dumps(card | change))
    with pytest.raises(ModelFileError, match=said) as caught:
        read_coach(shipped, "mine")
    assert str(shipped.parent) in str(caught.value)


def test_a_coach_with_arrays_that_do_not_fit_is_refused(shipped):
    from hashlib import sha256

    from voiceact.estimators.model_file import pack

    with np.load(shipped) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["speech.scale"] = arrays["speech.scale"][:5]
    shipped.write_bytes(pack(arrays))
    card = json.loads(card_path(shipped).read_text())
    card_path(shipped).write_text(json.dumps(card | {"weights_sha256": sha256(shipped.read_bytes()).hexdigest()}))
    with pytest.raises(ModelFileError, match="cannot be read as a coach"):
        read_coach(shipped, "mine")


# Training


def test_functionals_are_relative_to_the_same_sentence_where_the_speaker_read_it_neutrally():
    rows = [
        {"speaker": "a", "emotion": "neutral", "text": "one"},
        {"speaker": "a", "emotion": "neutral", "text": "two"},
        {"speaker": "a", "emotion": "anger", "text": "one"},
        {"speaker": "a", "emotion": "boredom", "text": "three"},
        {"speaker": "b", "emotion": "anger", "text": "one"},
    ]
    features = np.array([[1.0], [3.0], [10.0], [10.0], [10.0]])
    relative, names, speakers = relative_to_neutral(rows, features)
    assert relative[:, 0].tolist() == [-2.0, 2.0, 9.0, 8.0]
    assert names.tolist() == ["neutral", "neutral", "anger", "emotional_numbness"]
    assert set(speakers) == {"a"}  # b has no neutral reading


def test_a_coach_learns_what_tells_two_classes_apart_and_its_file_is_read_again(tmp_path):
    rng = np.random.default_rng(0)
    size = 162
    centre = {"neutral": np.zeros(size), "anger": np.eye(size)[0] * 4, "sadness": np.eye(size)[1] * 4}
    rows = [
        {"speaker": str(speaker), "emotion": name, "text": str(text)}
        for speaker in range(6)
        for name in centre
        for text in range(8)
    ]
    features = np.array([centre[row["emotion"]] + rng.normal(0, 1, size) for row in rows])
    bursts = [
        {"speaker": str(speaker), "emotion": label, "emonet": meant}
        for speaker in range(12)
        for label, meant in (("Anger", "Anger"), ("Relief", "Relief"))
        for _ in range(4)
    ]
    sounds = np.array([rng.normal(0, 1, size) + 3 * (row["emotion"] == "Relief") * np.eye(size)[2] for row in bursts])
    data, card = assemble(rows, features, bursts, sounds)
    path = tmp_path / "coach.npz"
    path.write_bytes(data)
    card_path(path).write_text(json.dumps(card))
    coach = read_coach(path, "mine")
    assert isinstance(coach, FunctionalsCoach)
    scores, distances = coach.class_scores(np.stack([centre["anger"], centre["sadness"], centre["neutral"]]))
    ratios = coach.speech_ratios(scores)  # columns in the order of the taxonomy: sadness, anger
    assert card["classes"] == ["sadness", "anger", "neutral"]
    assert ratios[0, 1] > 0 > ratios[0, 0] and ratios[1, 0] > 0 > ratios[1, 1]
    assert distances[0, 1] < distances[0, 0]
    assert card["contributors_left_out"]["auc"]["relief"] > 0.8
    assert data == assemble(rows, features, bursts, sounds)[0]


def test_a_corpus_without_manifest_or_speaker_is_named(tmp_path):
    with pytest.raises(UsageError, match="expected a corpus with a manifest"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.jsonl").write_text('{"speaker": "03", "path": "a.ogg"}\n')
    with pytest.raises(UsageError, match="speaker '99' is not in"):
        read_manifest(tmp_path, ["99"])
