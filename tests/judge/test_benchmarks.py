"""Benchmarks of the field: made files in their layouts, and people's answers beside a judge's."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from voiceact.acting.taxonomy import categories
from voiceact.cli.benchmark_tables import print_questions
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile
from voiceact.judge.corpus import Recording, import_corpus, read_manifest
from voiceact.judge.corpus.emonet_voice_bench import read_label
from voiceact.judge.corpus.importing import NO_FILE
from voiceact.judge.corpus.questions import Question
from voiceact.judge.evaluation import evaluate, write_report
from voiceact.judge.evaluation.judged import Judged
from voiceact.judge.evaluation.questions import FIGURES, call_each_present, published_spearman, question_figures
from voiceact.judge.training.provenance import corpus_cards

IDS = [category.id for category in categories()]
RATE = 8000


def tone(path: Path, hertz: float = 400.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.4 * np.sin(2 * np.pi * hertz / RATE * np.arange(RATE // 2)), RATE)
    return path


# emolia-bench

COLUMNS = (
    "file_name,queried_emotion,task_type,source_emotion,majority_present,strongly_present_votes,weakly_present_votes,"
    "not_present_votes,intended_present,benchmark_bucket,n_raters"
)


def row(stem: str, asked: str, task: str = "affirmative", votes: tuple[int, int, int] = (2, 1, 0), **more: str) -> str:
    """A row of the table: votes are (strongly, weakly, not)."""
    strong, weak, absent = votes
    cells = {
        "file_name": f"{stem}.mp3",
        "queried_emotion": asked,
        "task_type": task,
        "source_emotion": "Anger",
        "majority_present": str(int(2 * (strong + weak) > sum(votes))),
        "strongly_present_votes": str(strong),
        "weakly_present_votes": str(weak),
        "not_present_votes": str(absent),
        "intended_present": str(int(task == "affirmative")),
        "benchmark_bucket": "unanimous_present",
        "n_raters": str(sum(votes)),
    } | more
    return ",".join(cells[name] for name in COLUMNS.split(","))


def emolia(folder: Path, rows: Iterable[str], *, older: bool = False) -> Path:
    """A table of questions in today's layout, or the older one's."""
    path = folder / "analysis_outputs" / ("" if older else "emolia-emo") / "benchmark_labels.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([COLUMNS, *rows]) + "\n", "utf-8")
    return folder


STEM, OTHER = "EN_B00006_S00525_W000012", "DE_5KUCyAJrv9g_W000081_emotion_reference"
DATA = "dataset/emolia-emo/data"


def imported(name: str, folder: Path) -> dict[str, Recording]:
    import_corpus(name, folder, folder / "manifest.jsonl")
    return {recording.path: recording for recording in read_manifest(folder).recordings}


@pytest.mark.parametrize("older", [False, True])
def test_emolia_bench_in_both_layouts(tmp_path: Path, older: bool) -> None:
    start = "dataset" if older else DATA
    tone(tmp_path / start / "Anger_best" / f"{STEM}.mp3")
    tone(tmp_path / start / "Jealousy___Envy_best" / f"{OTHER}.mp3")
    rows = [
        row(STEM, "Anger"),
        row(STEM, "Jealousy___Envy", "contrastive_1", (0, 1, 2)),
        row(OTHER, "Intoxication_Altered_States_of_Consciousness", "penultimate", (0, 0, 3)),
    ]
    clips = imported("emolia-bench", emolia(tmp_path, rows, older=older))
    angry = clips[f"{start}/Anger_best/{STEM}.mp3"]
    assert (angry.speaker, angry.language, angry.emotion, angry.emonet) == ("EN_B00006_S00525", "en", "preselected", None)
    assert [(one.category, one.task, one.ratings, one.preselected) for one in angry.questions] == [
        ("Anger", "affirmative", (1, 2, 2), True),
        ("Jealousy & Envy", "contrastive_1", (0, 0, 1), False),
    ]
    other = clips[f"{start}/Jealousy___Envy_best/{OTHER}.mp3"]
    assert (other.speaker, other.language) == ("DE_5KUCyAJrv9g", "de")
    assert other.questions[0].category == "Intoxication/Altered States of Consciousness"


def test_the_subset_of_dimensions_and_clips_without_questions_are_left_out(tmp_path: Path) -> None:
    tone(tmp_path / DATA / "Anger_best" / f"{STEM}.mp3")
    tone(tmp_path / DATA / "Anger_best" / "EN_x_W000001.mp3")
    tone(tmp_path / DATA / "elsewhere.mp3")
    tone(tmp_path / "dataset/emolia-dim/data/TEMP/5/positive/sample_00.mp3")
    dimensions = tmp_path / "analysis_outputs/emolia-dim/benchmark_labels.csv"
    dimensions.parent.mkdir(parents=True)
    dimensions.write_text("file_name,dimension\nsample_00.mp3,TEMP\n")
    emolia(tmp_path, [row(STEM, "Anger"), row("lost", "Fear")])
    card = import_corpus("emolia-bench", tmp_path, tmp_path / "manifest.jsonl")
    assert (card.clips, not card.commercial) == (1, True)
    assert {reason: files.count for reason, files in card.skipped.items()} == {
        "belongs to emolia-dim, whose questions are not about emotions": 1,
        "no question about it in benchmark_labels.csv": 1,
        "file name does not follow the corpus's scheme": 1,
        NO_FILE: 1,
    }


@pytest.mark.parametrize(
    "rows, words",
    [
        ([], "holds no question; fetch it again"),
        ([row(STEM, "Angre")], "line 2: unknown category 'Angre'"),
        ([row(STEM, "Anger"), row(STEM, "Fear", "opposite")], "line 3: task_type is 'opposite'; expected affirmative, con"),
        ([row(STEM, "Anger", n_raters="2")], "line 2: the votes are 3 and n_raters is 2"),
        ([row(STEM, "Anger", votes=(0, 0, 0))], "line 2: the votes are 0 and n_raters is 0"),
        ([row(STEM, "Anger", weakly_present_votes="-1")], "line 2: weakly_present_votes is '-1'; expected how many listeners"),
        ([row(STEM, "Anger", majority_present="0")], "majority_present is '0', but 3 of 3 listeners heard Anger; the table is"),
        ([row(STEM, "Anger", majority_present="maybe")], "majority_present is 'maybe'"),
    ],
)
def test_a_broken_table_is_answered_in_one_sentence(tmp_path: Path, rows: list[str], words: str) -> None:
    tone(tmp_path / DATA / "Anger_best" / f"{STEM}.mp3")
    with pytest.raises(UsageError, match=words) as caught:
        import_corpus("emolia-bench", emolia(tmp_path, rows), tmp_path / "manifest.jsonl")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "manifest.jsonl").exists()


def test_a_table_that_is_missing_or_lacks_a_column(tmp_path: Path) -> None:
    tone(tmp_path / DATA / "Anger_best" / f"{STEM}.mp3")
    with pytest.raises(UsageError, match=r"holds no analysis_outputs/emolia-emo/benchmark_labels\.csv; it comes with"):
        import_corpus("emolia-bench", tmp_path, tmp_path / "manifest.jsonl")
    emolia(tmp_path, []).joinpath("analysis_outputs/emolia-emo/benchmark_labels.csv").write_text("file_name\nx.mp3\n")
    with pytest.raises(UsageError, match="lacks the column 'queried_emotion'"):
        import_corpus("emolia-bench", tmp_path, tmp_path / "manifest.jsonl")


def test_no_audio_in_the_layout(tmp_path: Path) -> None:
    tone(tmp_path / "audio" / f"{STEM}.mp3")
    with pytest.raises(UsageError, match=r"holds no clip of emolia-bench .*1 file name does not follow the corpus's scheme"):
        import_corpus("emolia-bench", emolia(tmp_path, [row(STEM, "Anger")]), tmp_path / "manifest.jsonl")


# EmoNet-Voice Bench

SHAME = "[{'human-1': {'Shame': 1}}, {'human-4': {'Shame': 2}}, {'human-2': {'Shame': 0}}]"
IMPATIENCE = "[{'human-1': {'Impatience%20and%20Irritability': 0}}, {'human-4': {'Impatience%20and%20Irritability': 1}}]"


def wav_bytes() -> bytes:
    file = io.BytesIO()
    soundfile.write(file, 0.3 * np.sin(np.arange(4000) * 0.2), RATE, format="WAV")
    return file.getvalue()


def shard(folder: Path, rows: list[dict[str, Any]]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "data" / "train-00000-of-00001.parquet")
    return folder


def audio(name: str) -> dict[str, Any]:
    return {"bytes": wav_bytes(), "path": name}


def test_emonet_voice_bench_is_unpacked_once_and_read(tmp_path: Path) -> None:
    rows = [
        {"audioId": audio("0a1b2c3d_x.wav"), "label": SHAME},
        {"audioId": audio("../../etc/4d5e6f70 y.wav"), "label": IMPATIENCE},
        {"audioId": audio("ffffffff_z.wav"), "label": "[{'human-1': {'Arousal': 2}}]"},
    ]
    clips = imported("emonet-voice-bench", shard(tmp_path, rows))
    assert sorted(path.rpartition("-")[0] for path in clips) == ["clips/0a1b2c3d_x", "clips/4d5e6f70_y"]
    shame = next(clip for path, clip in clips.items() if "0a1b2c3d" in path)
    assert (shame.speaker, shame.kind, shame.emotion, shame.emonet) == ("0a1b2c3d", "synthetic", "prompted", None)
    assert [(one.category, one.ratings, one.preselected) for one in shame.questions] == [("Shame", (0, 1, 2), True)]
    impatience = next(clip for path, clip in clips.items() if "4d5e6f70" in path)
    assert impatience.questions[0].category == "Impatience and Irritability"
    assert impatience.questions[0].present is None and not impatience.questions[0].unanimous
    # What was unpacked is enough from then on.
    (tmp_path / "data" / "train-00000-of-00001.parquet").unlink()
    assert imported("emonet-voice-bench", tmp_path) == clips
    assert not list(tmp_path.parent.rglob("etc"))


def test_no_judge_is_trained_on_synthetic_clips(tmp_path: Path) -> None:
    imported("emonet-voice-bench", shard(tmp_path, [{"audioId": audio("0a1b2c3d_x.wav"), "label": SHAME}]))
    with pytest.raises(UsageError, match="which no human spoke"):
        corpus_cards({"bench": read_manifest(tmp_path)}, commercial_only=False)


@pytest.mark.parametrize(
    "rows, words",
    [
        ([{"sound": "x", "label": SHAME}], "lacks the column 'audioId' or 'audio'; it has sound, label"),
        ([{"audio": {"bytes": b"x", "path": "x"}}], "lacks the column label"),
        ([{"audio": {"bytes": b"", "path": "x"}, "label": SHAME}], "row 1: holds no audio"),
    ],
)
def test_parquet_of_another_form(tmp_path: Path, rows: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        import_corpus("emonet-voice-bench", shard(tmp_path, rows), tmp_path / "manifest.jsonl")
    assert not (tmp_path / "metadata.csv").exists() and not (tmp_path / "manifest.jsonl").exists()


def test_a_cut_parquet_file(tmp_path: Path) -> None:
    path = shard(tmp_path, [{"audioId": audio("x.wav"), "label": SHAME}]) / "data" / "train-00000-of-00001.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UsageError, match=r"parquet: cannot be read as Parquet .*; fetch it again"):
        import_corpus("emonet-voice-bench", tmp_path, tmp_path / "manifest.jsonl")


@pytest.mark.parametrize(
    "label, words",
    [
        ("", "cannot be read; expected one entry a rater"),
        ("__import__('os').getcwd()", "cannot be read"),
        ("[" * 5000, "cannot be read"),
        ("{'human-1': 1}", "is of another form"),
        ("[{'human-1': 1}]", "is of another form"),
        ("[]", "asks about 0 categories"),
        ("[{'a': {'Shame': 1}}, {'b': {'Fear': 1}}]", "asks about 2 categories"),
        ("[{'a': {'Shame': 3}}]", "a rater answered 3; expected 0, 1 or 2"),
        ("[{'a': {'Shame': True}}]", "a rater answered True"),
        ("[{'a': {'Shaame': 1}}]", "unknown category 'Shaame'"),
    ],
)
def test_a_label_of_another_form(label: str, words: str) -> None:
    with pytest.raises(UsageError, match="row 7: .*" + words):
        read_label("row 7", label)


@given(st.text())
def test_whatever_a_label_holds_the_answer_is_a_sentence(label: str) -> None:
    with pytest.raises(UsageError, match="row 1: "):
        read_label("row 1", label)


def test_a_folder_of_sounds_with_its_table_needs_no_parquet(tmp_path: Path) -> None:
    tone(tmp_path / "clips" / "0a1b2c3d_x.mp3")
    with (tmp_path / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file_name", "label"), ("clips/0a1b2c3d_x.mp3", SHAME)])
    assert imported("emonet-voice-bench", tmp_path)["clips/0a1b2c3d_x.mp3"].questions[0].ratings == (0, 1, 2)


def test_neither_parquet_nor_a_table(tmp_path: Path) -> None:
    tone(tmp_path / "x.mp3")
    with pytest.raises(UsageError, match=r"holds no metadata\.csv; put the Parquet files of the data set there"):
        import_corpus("emonet-voice-bench", tmp_path, tmp_path / "manifest.jsonl")


def test_a_manifest_with_ratings_out_of_range(tmp_path: Path) -> None:
    line = {"path": "a.wav", "speaker": "1", "emotion": "x", "questions": [{"category": "Fear", "ratings": [3]}]}
    (tmp_path / "manifest.jsonl").write_text(json.dumps(line))
    with pytest.raises(UsageError, match="line 1: the ratings of a question are not all 0, 1 or 2"):
        read_manifest(tmp_path)


# Figures


def judged(clips: list[tuple[str, list[Question], Mapping[str, float]]], thresholds: Mapping[str, float]) -> Judged:
    """What a judge said: (speaker, questions, category id -> score) a clip."""
    recordings = tuple(
        Recording(path=f"{number}.wav", speaker=speaker, emotion="preselected", questions=tuple(questions))
        for number, (speaker, questions, _) in enumerate(clips)
    )
    scores = np.array([[told.get(name, np.nan) for name in IDS] for _, _, told in clips], np.float64)
    nothing = np.full(len(clips), np.nan)
    return Judged(recordings, scores, nothing, nothing, (), np.zeros((len(clips), 0)), thresholds)


def asked(category: str, ratings: tuple[int, ...], task: str = "affirmative") -> Question:
    return Question(category=category, ratings=ratings, task=task, preselected=task == "affirmative")


FOUR = judged(
    [
        ("a", [asked("Anger", (2, 2, 1))], {"anger": 6.0}),
        ("a", [asked("Anger", (0, 1, 2))], {"anger": 1.0}),
        ("b", [asked("Anger", (0, 0, 1), "contrastive_1")], {"anger": 3.0}),
        ("b", [asked("Anger", (0, 0, 0), "contrastive_1")], {"anger": 0.5}),
        ("b", [asked("Anger", (0, 1), "contrastive_1")], {"anger": 5.0}),
        ("c", [asked("Fear", (0, 1, 1))], {"anger": 5.0}),
    ],
    {"anger": 2.0},
)


def test_balanced_accuracy_by_hand() -> None:
    found = question_figures(FOUR, draws=50, seed=0)
    assert found is not None
    anger = found["categories"]["anger"]
    # Of two that people hear one is called present, of two that they do not one is; the tie takes no part.
    assert (anger["questions"], anger["judged"], anger["undecided"]) == (5, 5, 1)
    assert anger["balanced_accuracy"]["value"] == 0.5 and anger["balanced_accuracy"]["n"] == 4
    assert anger["heard_by_people"] == 0.5
    # 6 and 1 against 3 and .5: three of four pairs in order.
    assert anger["auc"]["value"] == 0.75
    fear = found["categories"]["fear"]
    assert fear["balanced_accuracy"]["value"] is None and "no threshold" in fear["balanced_accuracy"]["why"]
    assert fear["spearman"]["value"] is None and fear["judged"] == 0


def test_rank_correlation_takes_the_mean_answer_by_hand() -> None:
    found = question_figures(FOUR, draws=50, seed=0)
    assert found is not None
    # Mean answers 5/3, 1, 1/3, 0, 1/2 beside scores 6, 1, 3, .5, 5: ranks 5 4 2 1 3 and 5 2 3 1 4.
    assert found["categories"]["anger"]["spearman"]["value"] == pytest.approx(1 - 6 * (0 + 4 + 1 + 0 + 1) / (5 * 24))


def test_people_are_held_against_the_majority_of_the_others() -> None:
    """As the benchmark does: unanimous three are right three times, the odd one out is wrong once, the rest is a tie."""
    found = question_figures(FOUR, draws=50, seed=0)
    assert found is not None
    people = found["categories"]["anger"]["people_balanced_accuracy"]
    # (2,2,1): 3 right of 3 "there". (0,1,2): the 0 against two who hear it: wrong. So 3 of 4.
    # (0,0,0): 3 right of 3. (0,0,1): the 1 against two who do not hear it: wrong. So 3 of 4.
    assert people["value"] == 0.75 and people["n"] == 8
    tasks = found["tasks"]
    assert set(tasks) == {"affirmative", "contrastive_1"}
    assert "people heard it in all" in tasks["affirmative"]["people_balanced_accuracy"]["why"]


def test_the_published_figures_of_people_follow_from_the_published_agreement() -> None:
    """7,984 questions of three, 32.7 % unanimous: 13,208 comparisons of which 59.3 % agree (LAION's summary.json)."""
    unanimous = round(0.3271543086172345 * 7984)
    comparisons = 3 * unanimous + (7984 - unanimous)
    assert comparisons == pytest.approx(13208, abs=2)
    assert 3 * unanimous / comparisons == pytest.approx(0.593, abs=0.001)


@given(st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=5), min_size=1, max_size=8), st.integers(0, 1))
def test_people_by_an_independent_count(ratings: list[list[int]], yes: int) -> None:
    clips = [("s", [asked("Anger", tuple(sorted(one)))], {"anger": 7.0 * yes}) for one in ratings]
    found = question_figures(judged(clips, {"anger": 2.0}), draws=20, seed=0)
    assert found is not None
    pairs = [
        (sum(other > 0 for other in rest) * 2 > len(rest), one[place] > 0)
        for one in ratings
        if len(one) >= 3
        for place in range(len(one))
        for rest in [one[:place] + one[place + 1 :]]
        if sum(other > 0 for other in rest) * 2 != len(rest)
    ]
    value = found["all"]["people_balanced_accuracy"]["value"]
    if len({others for others, _ in pairs}) < 2:
        assert value is None
    else:
        shares = [np.mean([own == others for others, own in pairs if others is kind]) for kind in (True, False)]
        assert value == pytest.approx(np.mean(shares))
    judge = found["all"]["balanced_accuracy"]["value"]
    # One who says the same of every clip is at chance wherever there are both kinds.
    assert judge is None or judge == 0.5


def test_the_present_rule_calls_what_stands_out() -> None:
    scores = np.full((2, 40), np.nan)
    scores[:, :4] = [[7, 0, 0, 0], [2, 2, 2, 2]]
    called = call_each_present(scores)
    assert called[0].tolist() == [True] + [False] * 39
    assert not called[1].any()
    assert not call_each_present(np.full((3, 40), np.nan)).any()


def test_a_corpus_without_questions_has_no_such_figures() -> None:
    assert question_figures(judged([("a", [], {"anger": 1.0})], {"anger": 2.0}), draws=20, seed=0) is None


def test_published_correlations_belong_to_their_benchmark() -> None:
    assert published_spearman("emonet-voice-bench", "embarrassment") == pytest.approx(0.678)
    assert published_spearman("emolia-bench", "embarrassment") is None
    assert published_spearman(None, "embarrassment") is None


# The report and what is printed


@dataclass
class Ear:
    """Hears anger in high tones and nothing else."""

    name: str = "ear"
    revision: str = "1"
    thresholds: Mapping[str, float] = field(default_factory=lambda: {"anger": 2.0})

    def profile(self, samples: np.ndarray, sample_rate: int, *, reference: Any = None) -> Profile:
        hertz = np.abs(np.fft.rfft(samples)).argmax() * sample_rate / len(samples)
        scores = dict.fromkeys(IDS) | {"anger": 6.0 if hertz > 600 else 0.5, "fear": 1.0}
        evidence = dict.fromkeys(IDS, "none") | {"anger": "category"}
        return Profile(scores, None, None, None, evidence, self.name, self.revision, "none")  # type: ignore[arg-type]

    def reference(self, clips: Any, *, kind: str = "neutral") -> Any:
        raise UsageError("it knows no voices")


@pytest.fixture
def bench(tmp_path: Path) -> Path:
    rows = []
    for number in range(12):
        stem = f"EN_source{number}_W000001"
        angry = number % 2 == 0
        tone(tmp_path / DATA / "Anger_best" / f"{stem}.mp3", 900 if angry else 300)
        rows.append(row(stem, "Anger", "affirmative" if angry else "ultimate", (3, 0, 0) if angry else (0, 0, 3)))
    import_corpus("emolia-bench", emolia(tmp_path, rows), tmp_path / "manifest.jsonl")
    return tmp_path


def test_the_report_holds_people_judge_and_others(bench: Path, tmp_path: Path) -> None:
    other = Ear("other", thresholds={})
    report = evaluate(Ear(), {"bench": bench}, draws=20, beside=[other])
    told = report["corpora"]["bench"]["no_reference"]["questions"]
    assert told["all"]["balanced_accuracy"]["value"] == 1.0 and told["all"]["people_balanced_accuracy"]["value"] == 1.0
    assert told["all"]["questions"] == 12 and set(told["all"]) >= set(FIGURES)
    assert report["corpora"]["bench"]["neutral_reference"]["questions"] is None
    beside = report["beside"]["bench"]["other"]
    assert beside["questions"]["all"]["balanced_accuracy"]["value"] is None
    assert beside["questions"]["all"]["spearman"]["value"] == pytest.approx(1.0)
    assert report["published_questions"]["emolia-bench"]["people_balanced_accuracy"] == 0.572
    page = (write_report(report, tmp_path / "report") / "report.html").read_text()
    assert "What people were asked" in page and "other, rank correlation" in page and "ultimate" in page
    assert json.loads((tmp_path / "report" / "report.json").read_text())["beside"]["bench"]["other"]["revision"] == "1"


def test_what_people_were_asked_is_printed_beside_what_was_published(bench: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = evaluate(Ear(), {"bench": bench}, draws=20)
    capsys.readouterr()
    print_questions(report, "bench")
    shown = capsys.readouterr().out
    assert "what people were asked" in shown and "ultimate" in shown and "anger" in shown
    assert "people against the majority of the others 0.572" in shown and "kappa 0.09" in shown.replace("\n", " ")


def test_the_command_says_that_no_peer_stands_beside(bench: Path) -> None:
    from voiceact.cli.judge import command

    out = str(bench / "report")
    result = CliRunner().invoke(command, ["evaluate", "--corpus", "bench", str(bench), "--out", out, "--draws", "20"])
    assert result.exit_code == 0, result.output
    assert "empathic-insight is not asked beside the judge" in result.output
    assert "what people were asked" in result.output
