"""The report on a judge, over corpora of tones whose pitch tells what is performed and whose level how strongly.

Four judges stand for what a report must tell apart: one that says yes to everything, one that says no to
everything, one that guesses, and one that knows.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError, VoiceactError
from voiceact.judge.corpus import Recording, read_manifest
from voiceact.judge.evaluation import evaluate, write_report
from voiceact.judge.evaluation.calibration import calibration_error, reliability
from voiceact.judge.evaluation.judged import Judged
from voiceact.judge.evaluation.judging import choose, corpus_classes, judge_corpus
from voiceact.judge.evaluation.present import TABLE_11, WORDS, call_present, column_of, present_rule
from voiceact.judge.evaluation.regimes import (
    NEUTRAL_REFERENCE,
    NO_REFERENCE,
    OTHER_LINE,
    REGIMES,
    SAME_LINE,
    SPEAKER_STATISTICS,
    neutral_references,
    one_reading,
)
from voiceact.judge.evaluation.report import FIGURES, check_report_folder, describe

RATE = 8000
IDS = [category.id for category in categories()]

PITCH = {"anger": 400, "sadness": 800, "happiness": 1200, "boredom": 1600, "neutral": 2000}
EMONET = {"anger": "Anger", "sadness": "Sadness", "happiness": "Elation", "boredom": "Emotional Numbness"}
CATEGORY = {"anger": "anger", "sadness": "sadness", "happiness": "elation", "boredom": "emotional_numbness"}
TAGS = {"anger": (0.9, -0.9), "sadness": (-0.8, -0.8), "happiness": (0.8, 0.9), "boredom": (-0.9, -0.2), "neutral": (-0.7, 0.0)}


# Corpora of tones


def tone(emotion: str, strong: bool) -> np.ndarray:
    return (0.8 if strong else 0.4) * np.sin(2 * np.pi * PITCH[emotion] / RATE * np.arange(RATE // 5))


def corpus(folder: Path, *, speakers: int = 6, takes: int = 4, emotions: Iterable[str] = tuple(PITCH), **more: Any) -> Path:
    """Every speaker performs every emotion `takes` times, every second time strongly."""
    lines = []
    for speaker in range(speakers):
        for emotion in emotions:
            for take in range(takes):
                path = f"{speaker}_{emotion}_{take}.wav"
                folder.mkdir(exist_ok=True)
                soundfile.write(folder / path, tone(emotion, bool(take % 2)), RATE)
                line = {
                    "path": path,
                    "speaker": f"s{speaker}",
                    "emotion": emotion,
                    "take": take,
                    "emonet": EMONET.get(emotion),
                } | more
                if emotion != "neutral":
                    line["intensity"] = "strong" if take % 2 else "normal"
                lines.append(line)
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


# Judges


@dataclass(frozen=True)
class Profile:
    scores: dict[str, float | None]
    arousal: float | None
    valence: float | None
    evidence: dict[str, str] = field(default_factory=dict)
    classes: dict[str, float] = field(default_factory=dict)
    log_ratios: dict[str, float] = field(default_factory=dict)
    cohort: str = ""


class ToneJudge:
    """Hears the pitch and level of a tone; subclasses decide what to make of it."""

    name, revision = "tones", "1"
    thresholds = dict.fromkeys(IDS, 2.0)

    def __init__(self) -> None:
        self.references: list[tuple[str, int]] = []
        self.told: list[Any] = []

    def reference(self, clips: Iterable[tuple[np.ndarray, int]], *, kind: str) -> Any:
        self.references.append((kind, len(list(clips))))
        return kind

    def profile(self, samples: np.ndarray, sample_rate: int, *, reference: Any = None) -> Profile:
        self.told.append(reference)
        spectrum = np.abs(np.fft.rfft(samples))
        pitch = np.fft.rfftfreq(len(samples), 1 / sample_rate)[spectrum.argmax()]
        emotion = min(PITCH, key=lambda name: abs(PITCH[name] - pitch))
        return self.say(emotion, float(np.abs(samples).max()))

    def say(self, emotion: str, level: float) -> Profile:
        raise NotImplementedError


class Oracle(ToneJudge):
    name = "oracle"

    def say(self, emotion: str, level: float) -> Profile:
        scores = dict.fromkeys(IDS, 0.0)
        if emotion in CATEGORY:
            scores[CATEGORY[emotion]] = 7 * level
        return Profile(scores, *TAGS[emotion], evidence=dict.fromkeys(IDS, "category"))


class Yes(ToneJudge):
    name = "yes"

    def say(self, emotion: str, level: float) -> Profile:
        return Profile(dict.fromkeys(IDS, 7.0), 1.0, 1.0)


class No(ToneJudge):
    name = "no"

    def say(self, emotion: str, level: float) -> Profile:
        return Profile(dict.fromkeys(IDS, 0.0), 0.0, 0.0)


class Guess(ToneJudge):
    name = "guess"

    def __init__(self) -> None:
        super().__init__()
        self.random = np.random.default_rng(11)

    def say(self, emotion: str, level: float) -> Profile:
        scores = self.random.uniform(0, 7, len(IDS)).tolist()
        return Profile(dict(zip(IDS, scores, strict=True)), *self.random.normal(size=2).tolist())


def report_on(judge: ToneJudge, folder: Path, **options: Any) -> dict[str, Any]:
    return evaluate(judge, {"tones": folder}, draws=100, **options)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(tmp_path_factory.mktemp("tones") / "corpus")


# What the four judges get


@pytest.mark.parametrize("regime", [NEUTRAL_REFERENCE, SPEAKER_STATISTICS, NO_REFERENCE])
def test_a_judge_that_knows_is_confirmed(tones, regime):
    found = report_on(Oracle(), tones)["corpora"]["tones"][regime]
    for key in ("arousal_auc", "valence_auc", "intensity_auc", "uar", "true_accept"):
        assert found[key]["value"] == pytest.approx(1), key
    assert found["false_accept_neutral"]["value"] == found["false_accept_contrastive"]["value"] == 0
    # Neutral has no category of its own: the rule sees it in concentration or doubt, where there is nothing.
    assert found["present_rule_hit_rate"]["value"] == pytest.approx(16 / 18 if regime == NEUTRAL_REFERENCE else 4 / 5)
    assert found["null"]["p"] < 0.01 + 1 / 101 and found["findings"] == []


def test_a_judge_that_always_says_yes_is_exposed(tones):
    found = report_on(Yes(), tones)["corpora"]["tones"][NO_REFERENCE]
    assert found["true_accept"]["value"] == 1
    assert found["false_accept_neutral"]["value"] == found["false_accept_contrastive"]["value"] == 1
    assert found["arousal_auc"]["value"] == found["intensity_auc"]["value"] == 0.5
    assert found["uar"]["value"] == pytest.approx(1 / 5)
    assert found["null"]["p"] == 1 and found["null"]["mean"] == 1
    said = " ".join(found["findings"])
    assert "no better than requests dealt out at random: 100% confirmed, 100% at random" in said
    assert "no better than chance (20%)" in said
    assert "It calls 100% of neutral clips emotional; at most 5%" in said
    assert "It calls 100% of clips of other categories the category asked for; at most 15%" in said


def test_a_judge_that_always_says_no_is_exposed(tones):
    found = report_on(No(), tones)["corpora"]["tones"][NO_REFERENCE]
    assert found["true_accept"]["value"] == found["false_accept_neutral"]["value"] == 0
    assert found["confusion"]["classes"][-1] == "neutral"
    assert all(row[-1] == sum(row) for row in found["confusion"]["counts"])
    said = " ".join(found["findings"])
    assert "It confirms nothing" in said and "no better than chance" in said and "p = 1.00" in said


def test_a_judge_that_guesses_is_exposed(tones):
    found = report_on(Guess(), tones)["corpora"]["tones"][NO_REFERENCE]
    for key in ("arousal_auc", "valence_auc", "intensity_auc"):
        assert found[key]["low"] < 0.5 < found[key]["high"]
    assert found["uar"]["low"] < 1 / 5 < found["uar"]["high"]
    assert found["null"]["p"] > 0.05
    assert found["true_accept"]["low"] < found["false_accept_contrastive"]["value"] < found["true_accept"]["high"]
    assert len(found["findings"]) == 4


def test_the_present_rule_praises_a_guess_and_its_hidden_false_accepts_say_so(tones):
    """What the rule hides: a guess hits as many own labels as other ones."""
    found = report_on(Guess(), tones)["corpora"]["tones"][NO_REFERENCE]
    hit, false = found["present_rule_hit_rate"], found["present_rule_false_accept"]
    assert hit["value"] > 0.5
    assert false["low"] < hit["value"] and hit["low"] < false["value"]


# The shape of the report


def test_every_figure_of_every_regime_is_an_object_with_a_reason_where_a_part_is_null(tones):
    found = report_on(Oracle(), tones)
    assert set(found["corpora"]) == {"tones"} and tuple(found["corpora"]["tones"]) == REGIMES
    for regime in found["corpora"]["tones"].values():
        assert {"clips", "speakers", "uar_classes", *FIGURES} <= set(regime)
        for key in FIGURES:
            assert {"value", "low", "high", "n"} <= set(regime[key])
            assert None not in regime[key].values() or regime[key]["why"]
    assert found["corpora"]["tones"][NO_REFERENCE]["uar_classes"] == 5


def test_the_required_keys_are_there():
    required = {
        "arousal_auc",
        "valence_auc",
        "intensity_auc",
        "arousal_rho",
        "valence_rho",
        "uar",
        "present_rule_hit_rate",
        "present_rule_false_accept",
        "false_accept_neutral",
        "false_accept_contrastive",
        "true_accept",
    }
    assert required <= set(FIGURES)


def test_the_same_seed_gives_the_same_report(tones):
    assert report_on(Oracle(), tones, seed=4) == report_on(Oracle(), tones, seed=4)


def test_a_corpus_the_judge_was_trained_on_is_named_as_such(tones):
    trained = Oracle()
    trained.card = {"corpora": [{"name": "elsewhere", "manifest_sha256": read_manifest(tones).sha256}]}
    report = report_on(trained, tones)
    assert report["sources"]["tones"]["trained_on"] is True
    assert all(
        found["findings"][0].startswith("The judge was trained on this corpus") for found in report["corpora"]["tones"].values()
    )
    trained.card = {"corpora": [{"name": "Tones", "manifest_sha256": "another import of it"}]}
    assert report_on(trained, tones)["sources"]["tones"]["trained_on"] is True
    trained.card = {"corpora": [{"name": "other", "manifest_sha256": "00"}]}
    assert report_on(trained, tones)["sources"]["tones"]["trained_on"] is False
    assert report_on(Oracle(), tones)["sources"]["tones"]["trained_on"] is None


# Regimes


def test_neutral_references_are_at_most_five_and_are_not_scored(tmp_path):
    judge = Oracle()
    folder = corpus(tmp_path / "c", speakers=2, takes=20)
    found = report_on(judge, folder)["corpora"]["tones"]
    assert found[NEUTRAL_REFERENCE]["references"] == {"s0": 5, "s1": 5}
    assert found[NEUTRAL_REFERENCE]["clips"] == 2 * 5 * 20 - 10
    assert found[SPEAKER_STATISTICS]["clips"] == found[NO_REFERENCE]["clips"] == 200
    assert judge.references == [("speaker", 100), ("speaker", 100), ("neutral", 5), ("neutral", 5)]
    assert judge.told == [None] * 200 + ["speaker"] * 200 + ["neutral"] * 190


def test_half_of_few_neutral_clips_stay_to_be_judged():
    recordings = [Recording(path=str(i), speaker="a", emotion="neutral") for i in range(4)]
    assert len(neutral_references(recordings)["a"]) == 2
    assert len(neutral_references(recordings[:1])["a"]) == 1


def test_the_choice_of_references_does_not_depend_on_who_else_is_in_the_corpus():
    def of(*names: str) -> list[Recording]:
        return [Recording(path=f"{name}{i}", speaker=name, emotion="neutral") for name in names for i in range(30)]

    together = neutral_references(of("a", "b"), seed=2)
    assert neutral_references(of("b"), seed=2)["b"] == [row - 30 for row in together["b"]]
    assert neutral_references(of("b"), seed=2) != neutral_references(of("b"), seed=3)


def lines(folder: Path, *, speakers: int = 2, takes: int = 2, numbered: bool = False) -> Path:
    """A corpus in which every speaker says two lines in every emotion, `takes` times each."""
    folder = corpus(folder, speakers=speakers, takes=2 * takes)
    manifest = [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines()]
    for line in manifest:
        line["sentence" if numbered else "text"] = f"line {line['take'] % 2}"
    (folder / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in manifest))
    return folder


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("regime", [SAME_LINE, OTHER_LINE])
def test_one_neutral_reading_is_of_the_same_or_of_another_line_and_never_the_clip_itself(tmp_path, regime, numbered):
    recordings = read_manifest(lines(tmp_path / "c", numbered=numbered)).recordings
    chosen = one_reading(recordings, regime)
    assert set(chosen) == set(range(len(recordings)))
    for row, other in chosen.items():
        clip, reading = recordings[row], recordings[other]
        assert reading.neutral and reading.speaker == clip.speaker and other != row
        same = (reading.text, reading.sentence) == (clip.text, clip.sentence)
        assert same == (regime == SAME_LINE)
    assert one_reading(recordings, regime, seed=5) != chosen == one_reading(recordings, regime)
    unheard = {recordings[other].path for other in chosen.values()}
    assert not unheard & {recordings[row].path for row in one_reading(recordings, regime, unheard=unheard).values()}


def test_each_clip_is_judged_beside_its_own_single_reading(tmp_path):
    judge = Oracle()
    found = report_on(judge, lines(tmp_path / "c"))["corpora"]["tones"]
    for regime in (SAME_LINE, OTHER_LINE):
        assert found[regime]["clips"] == 40 and found[regime]["references"] == {"s0": 1, "s1": 1}
        assert found[regime]["uar"]["value"] == 1 and found[regime]["false_accept_neutral"]["n"] > 0
    # Once a reading, and not once a clip: each speaker has four neutral ones.
    assert judge.references.count(("neutral", 1)) <= 2 * 2 * 4


def test_a_line_with_one_neutral_reading_leaves_that_reading_unjudged(tmp_path):
    found = report_on(Oracle(), lines(tmp_path / "c", takes=1))["corpora"]["tones"]
    assert found[SAME_LINE]["clips"] == 16 and found[SAME_LINE]["not_judged"]["count"] == 4
    assert found[SAME_LINE]["not_judged"]["first"][0]["why"] == "no other neutral clip of this voice speaks this line"
    assert found[OTHER_LINE]["clips"] == 20


def test_a_corpus_that_names_no_lines_says_so(tones):
    found = report_on(Oracle(), tones)["corpora"]["tones"]
    for regime in (SAME_LINE, OTHER_LINE):
        assert "by the sentence or text that its manifest states" in found[regime]["why"]


def test_a_corpus_without_neutral_clips_has_no_neutral_regime_and_says_why(tmp_path):
    folder = corpus(tmp_path / "c", emotions=("anger", "sadness"))
    found = report_on(Oracle(), folder)["corpora"]["tones"]
    assert found[NEUTRAL_REFERENCE]["value"] is None
    assert "no neutral clips" in found[NEUTRAL_REFERENCE]["why"]
    assert all(found[NEUTRAL_REFERENCE][key]["value"] is None for key in FIGURES)
    assert found[NO_REFERENCE]["uar"]["value"] == 1
    assert found[NO_REFERENCE]["false_accept_neutral"]["why"] == "no neutral clip to ask about"


def test_a_voice_without_neutral_clips_is_listed_as_not_judged(tmp_path):
    folder = corpus(tmp_path / "c", speakers=3)
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    kept = [line for line in lines if '"speaker": "s2"' not in line or "neutral" not in line]
    (folder / "manifest.jsonl").write_text("\n".join(kept))
    found = report_on(Oracle(), folder)["corpora"]["tones"][NEUTRAL_REFERENCE]
    assert found["speakers"] == 2 and found["not_judged"]["count"] == 16
    assert found["not_judged"]["first"][0]["why"] == "no neutral clip of this voice"


def test_one_speaker_gives_figures_without_intervals(tmp_path):
    found = report_on(Oracle(), corpus(tmp_path / "c", speakers=1))["corpora"]["tones"][NO_REFERENCE]
    for key in ("uar", "arousal_auc", "true_accept"):
        assert found[key]["value"] is not None and found[key]["low"] is None and "one speaker" in found[key]["why"]


# Questions


def judged_of(scores: dict[str, list[float]], recordings: list[Recording], **more: Any) -> Judged:
    table = np.full((len(recordings), 40), np.nan)
    for name, column in scores.items():
        table[:, IDS.index(name)] = column
    nothing = np.full(len(recordings), np.nan)
    given = {
        "arousal": nothing,
        "valence": nothing,
        "classes": corpus_classes(recordings),
        "class_scores": np.zeros((len(recordings), len(corpus_classes(recordings)))),
        "thresholds": dict.fromkeys(IDS, 3.0),
    } | more
    return Judged(tuple(recordings), table, **given)


def clip(number: int, emotion: str, emonet: str | None = None, **more: Any) -> Recording:
    return Recording(path=str(number), speaker=f"s{number % 3}", emotion=emotion, emonet=emonet, **more)


def test_a_category_the_corpus_calls_possible_is_no_false_accept():
    """Fear that may be heard as distress: saying distress is neither right nor wrong."""
    fear = [clip(i, "fear", "Fear", emonet_secondary=("Distress",)) for i in range(6)]
    distress = [clip(i, "distress", "Distress") for i in range(6, 12)]
    found = describe(judged_of({"fear": [7] * 6 + [0] * 6, "distress": [7] * 12}, fear + distress), draws=50)
    assert found["false_accept_contrastive"]["value"] == 0 and found["false_accept_contrastive"]["n"] == 6
    assert {row["category"]: row["auc"]["value"] for row in found["categories"]} == {"fear": 1, "distress": None}


def test_clips_without_a_place_in_emonet_are_counted_and_asked_nothing():
    recordings = [*(clip(i, "anger", "Anger") for i in range(6)), *(clip(i, "assertive") for i in range(6, 9))]
    found = describe(judged_of({"anger": [7] * 9}, recordings), draws=50)
    assert found["no_class"] == 3 and found["clips"] == 9
    assert found["true_accept"]["n"] == 6 and found["false_accept_contrastive"]["value"] is None


def test_a_category_the_judge_gives_no_score_is_not_counted_as_a_no():
    recordings = [clip(i, "anger", "Anger") for i in range(6)]
    recordings += [clip(i, "hope", "Hope/Enthusiasm/Optimism") for i in range(6, 12)]
    found = describe(judged_of({"anger": [7] * 6 + [0] * 6}, recordings), draws=50)
    assert (found["true_accept"]["value"], found["true_accept"]["n"]) == (1, 6)
    hope = next(row for row in found["categories"] if row["category"].startswith("hope"))
    assert hope["auc"]["why"] == "the judge gives this category no score"
    assert hope["recall"]["why"] == "the judge answers for none of these categories"


def test_arousal_counts_neutral_among_the_low_and_leaves_out_the_middle():
    """Disgust is tagged medium-high: it takes part only in the broad figure."""
    recordings = [clip(0, "anger", "Anger"), clip(1, "neutral"), clip(2, "sadness", "Sadness"), clip(3, "disgust", "Disgust")]
    found = describe(judged_of({}, recordings, arousal=np.array([0.9, 0.1, 0.2, -1.0])), draws=50)
    assert (found["arousal_auc"]["value"], found["arousal_auc"]["n"]) == (1, 3)
    assert (found["arousal_auc_broad"]["value"], found["arousal_auc_broad"]["n"]) == (0.5, 4)


def test_ratings_are_correlated_where_the_corpus_has_them():
    recordings = [clip(i, "anger", "Anger", arousal=float(i)) for i in range(9)]
    found = describe(judged_of({}, recordings, arousal=np.arange(9.0) ** 3), draws=50)
    assert found["arousal_rho"]["value"] == pytest.approx(1)
    assert found["valence_rho"]["why"] == "the corpus has no ratings of valence"


def test_intensity_compares_one_speakers_performances_of_one_category_only():
    """Speaker s1 lives two points above s0: across speakers the order would be lost."""
    recordings = [
        Recording(path=f"{s}{i}", speaker=s, emotion="anger", emonet="Anger", intensity=strength)
        for s in ("s0", "s1")
        for i, strength in enumerate(("normal", "strong"))
    ]
    found = describe(judged_of({"anger": [1, 2, 4, 5]}, recordings), draws=50)
    assert (found["intensity_auc"]["value"], found["intensity_auc_arousal"]["value"]) == (1, None)


def test_a_corpus_without_intensities_says_so():
    found = describe(judged_of({}, [clip(i, "anger", "Anger") for i in range(4)]), draws=50)
    assert found["intensity_auc"]["why"] == "the corpus does not say what was performed strongly and what normally"


def test_a_judge_of_presence_alone_answers_neutral_where_nothing_reaches_its_threshold():
    classes, judge = ("anger", "elation", "neutral"), Oracle()
    judge.thresholds = {"anger": 3.0, "elation": 2.0}
    quiet = choose(judge, Profile({"anger": 2.9, "elation": 1.0}, 0, 0), classes)
    assert max(quiet, key=quiet.__getitem__) == "neutral"
    loud = choose(judge, Profile({"anger": 3.5, "elation": 3.0}, 0, 0), classes)
    assert max(loud, key=loud.__getitem__) == "elation"


def test_a_judge_of_classes_chooses_among_those_of_the_corpus():
    """Fear is likeliest, but not in this corpus; pride is in the corpus, but the judge does not know it."""
    logs = {"fear": np.log(0.6), "anger": np.log(0.3), "neutral": np.log(0.1)}
    chosen = choose(Oracle(), Profile({}, 0, 0, classes=logs), ("pride", "anger", "neutral"))
    assert chosen == pytest.approx({"anger": 0.75, "neutral": 0.25})


def test_a_judge_that_says_itself_how_it_chooses_is_asked():
    class Chooser(Oracle):
        def class_scores(self, profile, classes):
            return {name: float(name == "anger") for name in classes}

    assert choose(Chooser(), Profile({"elation": 7.0}, 0, 0), ("elation", "anger")) == {"elation": 0, "anger": 1}


def test_a_judge_that_boasts_of_one_class_is_shown_to_boast(tones):
    class Boaster(Oracle):
        def say(self, emotion: str, level: float) -> Profile:
            return replace(super().say(emotion, level), classes={"anger": np.log(0.6), "neutral": np.log(0.4)})

    found = report_on(Boaster(), tones)["corpora"]["tones"][NO_REFERENCE]
    assert found["uar"]["value"] == pytest.approx(1 / 5)
    assert found["class_reliability"]["bins"][0]["share"] == pytest.approx(1 / 5)
    assert found["class_reliability"]["calibration_error"] == pytest.approx(0.4)


def test_score_reliability_counts_what_was_performed_among_clips_of_a_score():
    recordings = [*(clip(i, "anger", "Anger") for i in range(4)), *(clip(i, "neutral") for i in range(4, 8))]
    found = describe(judged_of({"anger": [6.6, 6.6, 6.6, 1.1, 1.1, 1.1, 1.1, 6.6]}, recordings), draws=50)
    bins = [(one["start"], one["share"], one["n"]) for one in found["score_reliability"]]
    assert bins == [(1, 0.25, 4), (6.5, 0.75, 4)]


# Calibration


def test_reliability_of_a_calibrated_judge_lies_on_the_diagonal():
    random = np.random.default_rng(4)
    confidence = random.random(20_000)
    bins = reliability(confidence, random.random(20_000) < confidence, edges=np.linspace(0, 1, 11))
    assert len(bins) == 10 and sum(one.n for one in bins) == 20_000
    assert all(one.low - 0.01 <= one.confidence <= one.high + 0.01 for one in bins)
    assert calibration_error(bins) < 0.02


def test_reliability_of_a_boaster_shows_the_distance():
    bins = reliability(np.full(100, 0.95), np.arange(100) < 30, edges=np.linspace(0, 1, 11))
    assert calibration_error(bins) == pytest.approx(0.65)


# The field's rule


def test_the_published_map_is_whole():
    assert set(TABLE_11) == {category.name for category in categories()}
    emodb, ravdess = ({pair[column] for pair in TABLE_11.values()} - {""} for column in (0, 1))
    assert emodb == {"anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness"}
    assert ravdess == {"angry", "calm", "disgust", "fearful", "happy", "neutral", "sad", "surprised"}
    assert {pair[0] for pair in WORDS.values()} - {""} == emodb
    assert {pair[1] for pair in WORDS.values()} - {""} == ravdess


def test_the_map_follows_the_corpus():
    assert column_of((clip(0, "boredom"),)) == 0 and column_of((clip(0, "calm"),)) == 1


def test_the_rule_calls_present_what_has_more_than_one_and_a_half_times_its_share():
    scores = np.full((2, 40), 1.0)
    scores[0, IDS.index("anger")] = scores[0, IDS.index("fear")] = 4.0
    labels, called, fine = call_present(scores, 0)
    assert fine == 37
    assert {label for label, yes in zip(labels, called[0], strict=True) if yes} == {"anger", "fear"}
    assert not called[1].any()


def test_the_rules_hits_and_what_it_hides_by_hand():
    """Two clips of anger, both called anger and fear: both hit, and half of the two other labels is called."""
    recordings = [clip(0, "anger", "Anger"), clip(1, "anger", "Anger"), clip(2, "fear", "Fear"), clip(3, "sadness", "Sadness")]
    scores = {"anger": [7, 7, 0, 0], "fear": [7, 7, 7, 0], "sadness": [0] * 4, "disgust": [0] * 4}
    found = present_rule(judged_of(scores, recordings), draws=50, seed=0)
    assert found.hit_rate.value == 3 / 4  # sadness is missed
    assert found.false_accept.value == 2 / 8  # fear in both clips of anger, of four clips with two other labels each
    assert found.labels["fearful"][1].value == 2 / 3


def test_labels_no_scored_category_maps_to_are_named_and_not_counted_as_missed():
    recordings = [clip(0, "anger", "Anger"), clip(1, "anger", "Anger"), clip(2, "happy", "Elation")]
    found = present_rule(judged_of({"anger": [7, 7, 0], "fear": [0] * 3}, recordings), draws=50, seed=0)
    assert (found.hit_rate.value, found.hit_rate.n, found.not_asked) == (1, 2, ("happy",))


def test_a_corpus_whose_words_the_map_does_not_know(tmp_path):
    found = describe(judged_of({}, [clip(i, "Adoration", "Infatuation") for i in range(4)]), draws=50)
    assert found["present_rule_hit_rate"]["why"] == "the published map knows none of the corpus's emotions"


# Bad input


def test_missing_audio_is_told_before_anything_is_judged(tmp_path):
    folder, judge = corpus(tmp_path / "c", speakers=2), Oracle()
    (folder / "1_anger_0.wav").unlink()
    with pytest.raises(UsageError, match=r"1 of 40 files of its manifest missing, the first is 1_anger_0\.wav"):
        report_on(judge, folder)
    assert judge.told == []


def test_no_manifest(tmp_path):
    with pytest.raises(UsageError, match=r"manifest\.jsonl: no such file"):
        report_on(Oracle(), tmp_path)


def test_a_clip_that_cannot_be_judged_is_listed_and_the_others_are_judged(tmp_path):
    folder = corpus(tmp_path / "c", speakers=2)
    (folder / "0_anger_0.wav").write_bytes(b"RIFF no sound")
    found = report_on(Oracle(), folder)["corpora"]["tones"]
    assert found[NO_REFERENCE]["clips"] == 39
    listed = found[NO_REFERENCE]["not_judged"]
    assert listed["count"] == 1 and listed["first"][0]["path"] == "0_anger_0.wav"
    assert "cannot be read as audio" in listed["first"][0]["why"]
    assert found[SPEAKER_STATISTICS]["references"] == {"s0": 19, "s1": 20}


def test_a_judge_that_hears_nothing_leaves_every_figure_null_with_its_words(tmp_path):
    class Deaf(Oracle):
        def profile(self, samples, sample_rate, *, reference=None):
            raise VoiceactError("too quiet to say anything")

    found = report_on(Deaf(), corpus(tmp_path / "c", speakers=2))["corpora"]["tones"][NO_REFERENCE]
    assert "too quiet to say anything" in found["why"] and found["uar"]["value"] is None


def test_no_corpus_at_all():
    with pytest.raises(UsageError, match="give at least one as --corpus NAME DIR"):
        evaluate(Oracle(), {})


def test_every_clip_is_told_to_the_progress(tmp_path):
    steps = []
    report_on(Oracle(), corpus(tmp_path / "c", speakers=2), progress=lambda *step: steps.append(step))
    assert steps[0] == ("tones, no_reference", 1, 40) and steps[-1] == ("tones, neutral_reference", 40, 40)
    assert len(steps) == 120


# Files


def test_the_report_is_written_as_json_and_as_one_page_that_needs_nothing_else(tones, tmp_path):
    report = evaluate(Oracle(), {"one <b>": tones, "two": tones}, draws=50)
    folder = write_report(report, tmp_path / "deep" / "report")
    assert json.loads((folder / "report.json").read_text()) == report
    page = (folder / "report.html").read_text()
    assert "<h2>one &lt;b&gt;</h2>" in page and "one <b>" not in page
    assert not re.search(r"(?:src|href)\s*=|@import|url\(", page)
    assert "70.6%" in page and "0.5 is chance" in page
    assert "nan" not in page.lower().replace("nanum", "")
    assert [path.name for path in sorted(folder.iterdir())] == ["report.html", "report.json"]


def test_every_picture_is_well_formed(tones):
    from voiceact.judge.evaluation.page import page

    pictures = re.findall(r"<svg.*?</svg>", page(evaluate(Guess(), {"tones": tones}, draws=50)), re.DOTALL)
    assert len(pictures) >= 12
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.attrib["aria-label"]
        width = float(root.attrib["width"])
        places = [float(node.attrib["cx"]) for node in root.iter() if "cx" in node.attrib]
        assert all(0 <= place <= width for place in places)


def test_a_report_where_a_regime_is_null_is_drawn_too(tmp_path):
    folder = corpus(tmp_path / "c", emotions=("anger", "sadness"), speakers=1)
    page = (write_report(report_on(No(), folder), tmp_path / "r") / "report.html").read_text()
    assert "the corpus holds no neutral clips to serve as references" in page


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "report").write_text("")
    with pytest.raises(UsageError, match="is a file; expected a folder for the report"):
        check_report_folder(tmp_path / "report")
    with pytest.raises(UsageError, match="report is not a folder"):
        check_report_folder(tmp_path / "report" / "inside")


def test_a_run_that_fails_leaves_no_folder(monkeypatch, tmp_path):
    result = run(monkeypatch, "--corpus", "none", str(tmp_path), "--out", str(tmp_path / "r"))
    assert isinstance(result.exception, UsageError) and not (tmp_path / "r").exists()


def test_reading_back_a_judged_corpus(tones):
    judged = judge_corpus(Oracle(), read_manifest(tones), NO_REFERENCE)
    assert judged.scores.shape == (120, 40)
    assert judged.classes == ("elation", "sadness", "anger", "emotional_numbness", "neutral")
    assert [recording.path for recording in judged.recordings] == [one.path for one in read_manifest(tones).recordings]


# The command


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str):
    import voiceact.estimators
    from voiceact.cli.judge import evaluate as command

    monkeypatch.setattr(voiceact.estimators, "load_estimator", lambda name: Oracle(), raising=False)
    return CliRunner().invoke(command, [*arguments, "--draws", "50"])


def test_evaluate_judge_prints_figures_and_writes_the_report(monkeypatch, tones, tmp_path):
    result = run(monkeypatch, "--corpus", "tones", str(tones), "--out", str(tmp_path / "r"))
    assert result.exit_code == 0, result.output
    assert "uar" in result.output and "1.000" in result.output and "written:" in result.output
    assert json.loads((tmp_path / "r/report.json").read_text())["judge"]["estimator"] == "oracle"


def test_evaluate_judge_json_is_the_report(monkeypatch, tones, tmp_path):
    result = run(monkeypatch, "--corpus", "tones", str(tones), "--out", str(tmp_path / "r"), "--json")
    assert json.loads(result.stdout) == json.loads((tmp_path / "r/report.json").read_text())


def test_two_corpora_of_one_name_are_refused(monkeypatch, tones, tmp_path):
    result = run(monkeypatch, "--corpus", "a", str(tones), "--corpus", "a", str(tones), "--out", str(tmp_path / "r"))
    assert "two corpora have the same name" in str(result.exception)
    assert not (tmp_path / "r").exists()


def test_the_page_explains_every_figure_and_regime():
    page = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")
    for key in (*FIGURES, *REGIMES, "clips", "speakers", "uar_classes", "findings", "not_judged", "no_class"):
        assert f"`{key}`" in page, key
