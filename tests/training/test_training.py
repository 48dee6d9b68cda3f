"""Heads without torch: their material, who is left out, what is written, and that synthetic speech makes no judge."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from tiny_run import write_tiny_run

from voiceact.errors import UsageError
from voiceact.estimators import load_estimator, model_file
from voiceact.estimators.base import AdaptedEstimator, Estimator
from voiceact.estimators.ears import load_ears
from voiceact.estimators.ensemble.ensemble import Ensemble
from voiceact.estimators.model_file import ModelFileError
from voiceact.estimators.synthetic import refuse_synthetic_judge, synthetic_data_of
from voiceact.estimators.trained import CARD, MODEL, TrainedHeads
from voiceact.training import train as training
from voiceact.training.heads import LAYERS, SIZES, balance, rescale, run_head, split_heads
from voiceact.training.layout import head_file, make_onnx
from voiceact.training.material import CATEGORIES, collect, read_source
from voiceact.training.measure import mean_rank_correlation, measure, split_speakers
from voiceact.training.train import choose_heads, fit_scale, shuffle_targets, train_estimator
from voiceact.verify.verdict import verify

RATE = 16_000


class Loudness:
    """An encoder that hears two numbers."""

    name, frames = "loudness@1", 1
    heard = 0

    def describe(self, samples: np.ndarray) -> np.ndarray:
        self.heard += 1
        return np.array([samples.std(), np.abs(samples).max()], np.float32)


def sound(path: Path, seconds: float = 0.5, level: float = 0.1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, level * np.sin(np.arange(int(seconds * RATE)) * 0.05), RATE)
    return path


def random_state(width: int, seed: int = 0) -> dict[str, np.ndarray]:
    """A head of the published shape with random tensors."""
    random, state, size = np.random.default_rng(seed), {}, width
    for layer, outputs in zip(LAYERS, SIZES, strict=True):
        state[f"{layer}.weight"] = random.normal(0, size**-0.5, (outputs, size)).astype(np.float32)
        state[f"{layer}.bias"] = random.normal(0, 0.1, outputs).astype(np.float32)
        size = outputs
    return state


CARD_FACTS = {
    "encoder": f"ears@{load_ears().revision}",
    "synthetic_data": ["my-run"],
    "sources": [{"name": "my-run", "kind": "run", "human": False, "licence": "MIT"}],
}


def write_folder(folder: Path, **changes: object) -> Path:
    """A folder of heads of Anger and Fear as training leaves it, without the files of torch."""
    import hashlib

    facts = CARD_FACTS | changes
    model = make_onnx({"anger": random_state(load_ears().width, 1), "fear": random_state(load_ears().width, 2)}, facts)
    folder.mkdir()
    (folder / MODEL).write_bytes(model)
    card = {"format": "voiceact-heads/1", **facts, "heads": ["anger", "fear"], "sha256": hashlib.sha256(model).hexdigest()}
    (folder / CARD).write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("heads") / "mine")


@pytest.fixture
def clip() -> np.ndarray:
    time = np.arange(RATE) / RATE
    return (0.2 * np.sin(2 * np.pi * 140 * time) * (1 + np.sin(2 * np.pi * 3 * time))).astype(np.float32)


# --- Material


def test_a_run_teaches_what_was_asked_and_nothing_of_all_else(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run")
    material = collect([tmp_path / "run"], Loudness())
    assert material.features.shape == (12, 2) and material.targets.shape == (12, 40)
    assert set(material.targets.max(axis=1)) == {3.0, 5.0} and ((material.targets > 0).sum(axis=1) == 1).all()
    assert {CATEGORIES[column] for column in material.targets.argmax(axis=1)} == {"anger", "sadness"}
    assert set(material.speakers) == {"tiny/nurse", "tiny/grumpy-lovable-grandpa", "tiny/curious-first-grader"}
    assert material.synthetic == ("tiny",) and material.sources[0].licence == "MIT" and not material.unheard


def test_a_run_teaches_what_was_judged(tmp_path: Path) -> None:
    write_tiny_run(tmp_path / "run")
    targets = collect([tmp_path / "run"], Loudness(), target="judged").targets
    known = {CATEGORIES[column] for column in np.flatnonzero(np.isfinite(targets).any(axis=0))}
    assert known == {"anger", "sadness", "distress"}


def test_a_table_of_scores(tmp_path: Path) -> None:
    sound(tmp_path / "a" / "größe 1.wav"), sound(tmp_path / "b.wav", level=0.2)
    rows = [
        {"path": "a/größe 1.wav", "speaker": "ann", "anger": "3.5", "score_fear": ""},
        {"path": str(tmp_path / "b.wav"), "speaker": "ben", "anger": "0", "score_fear": "7"},
    ]
    with (tmp_path / "t.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    material = collect([tmp_path / "t.csv"], Loudness())
    anger, fear = (material.targets[:, CATEGORIES.index(name)] for name in ("anger", "fear"))
    assert anger.tolist() == [3.5, 0] and np.isnan(fear[0]) and fear[1] == 7 and material.speakers == ("ann", "ben")
    assert material.features[1, 1] == pytest.approx(2 * material.features[0, 1], rel=0.02)


def test_a_table_of_categories_in_words(tmp_path: Path) -> None:
    for name in "abc":
        sound(tmp_path / f"{name}.wav")
    rows = [("a.wav", "furious", "strong"), ("b.wav", "Fear", None), ("c.wav", "neutral", None)]
    lines = [json.dumps({"audio": path, "persona": "x", "emotion": word, "intensity": at}) for path, word, at in rows]
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n\n")
    targets = collect([tmp_path / "t.jsonl"], Loudness()).targets
    assert [(CATEGORIES[row.argmax()], row.max()) for row in targets[:2]] == [("anger", 5.0), ("fear", 5.0)]
    assert (targets[2] == 0).all()


def test_an_annotation_teaches_what_has_evidence_span_by_span(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    sound(tmp_path / "long.wav", seconds=4)
    rows = [
        {"path": "long.wav", "cluster": "0", "start": 0.0, "end": 1.0, "score_anger": 2.0, "evidence_anger": "category"},
        {"path": "long.wav", "cluster": "1", "start": 1.0, "end": 1.5, "score_anger": 1.0, "evidence_anger": "none"},
        {"path": "long.wav", "cluster": "1", "start": 2.0, "end": 4.0, "score_anger": 6.0, "evidence_anger": "dimension"},
    ]
    rows = [{**row, "error": None} for row in rows] + [dict.fromkeys(rows[0]) | {"path": "bad.wav", "error": "is cut short"}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "t.parquet")
    source, clips = read_source(tmp_path / "t.parquet", "asked")
    assert [(clip.speaker, dict(clip.scores)) for clip in clips] == [("0", {"anger": 2.0}), ("1", {"anger": 6.0})]
    assert [len(clip.read()[0]) for clip in clips] == [RATE, 2 * RATE] and not source.human


def test_a_corpus_of_people_is_human_and_one_of_machines_is_not(tmp_path: Path) -> None:
    for kind in ("speech", "synthetic"):
        sound(tmp_path / kind / "a.wav")
        row = {"path": "a.wav", "speaker": "ann", "emotion": "rage", "emonet": "Anger", "intensity": "strong", "kind": kind}
        (tmp_path / kind / "manifest.jsonl").write_text(json.dumps(row) + "\n")
        material = collect([tmp_path / kind], Loudness())
        assert material.synthetic == (() if kind == "speech" else (material.sources[0].name,))
        assert material.targets[0, CATEGORIES.index("anger")] == 6.0


def test_a_clip_that_cannot_be_heard_is_told_and_the_others_stay(tmp_path: Path) -> None:
    sound(tmp_path / "good.wav"), (tmp_path / "bad.wav").write_bytes(b"RIFF")
    sound(tmp_path / "still.wav", level=0.0)
    lines = [json.dumps({"path": f"{name}.wav", "speaker": "a", "anger": 1}) for name in ("good", "bad", "still", "gone")]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    material = collect([tmp_path / "t.jsonl"], Loudness())
    assert len(material.speakers) == 1 and sorted(material.unheard) == ["bad.wav", "gone.wav", "still.wav"]
    assert "silent" in material.unheard["still.wav"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"speaker": "a", "anger": 1}', "row 1: names no file; expected a column path"),
        ('{"path": "a.wav", "anger": 1}', "row 1: names no speaker; expected a column speaker"),
        ('{"path": "a.wav", "speaker": "a", "anger": 8}', "row 1, anger: 8 is no score; expected a number from 0 to 7"),
        ('{"path": "a.wav", "speaker": "a", "anger": "much"}', "'much' is no score"),
        ('{"path": "../a.wav", "speaker": "a", "anger": 1}', "leads outside its folder"),
        ('{"path": "a.wav", "speaker": "a"}', "has no clip with a known score"),
        ("nothing", "row 1: is not JSON"),
        ("[1]", "row 1: is no object"),
        ("", "has no clip with a known score"),
    ],
)
def test_a_bad_table_is_refused_in_a_sentence(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "t.jsonl").write_text(content)
    with pytest.raises(UsageError, match=words):
        collect([tmp_path / "t.jsonl"], Loudness())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("path,speaker,anger,start,end\na.wav,a,1,x,0.3\n", "row 1, start: 'x' is no place in a file; expected seconds"),
        ("path,speaker,anger,start,end\na.wav,a,1,,nan\n", "row 1, end: 'nan' is no place in a file"),
        ("path,speaker,anger,start,end\na.wav,a,1,-1,2\n", "row 1, start: '-1' is no place in a file"),
        (f'path,speaker,anger\n"{"a" * 2_000_000}",a,1\n', "cannot be read as a table"),
    ],
)
def test_a_bad_csv_is_refused_in_a_sentence(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(UsageError, match=words):
        collect([tmp_path / "t.csv"], Loudness())


def test_a_row_of_csv_without_a_span_is_the_whole_file(tmp_path: Path) -> None:
    sound(tmp_path / "a.wav")
    (tmp_path / "t.csv").write_text("path,speaker,anger,start,end\na.wav,a,1,,\na.wav,a,2,0.1,0.4\n")
    _, clips = read_source(tmp_path / "t.csv", "asked")
    assert [len(clip.read()[0]) for clip in clips] == [RATE // 2, int(0.4 * RATE) - int(0.1 * RATE)]


@pytest.mark.parametrize("name", ["t.parquet", "none", "t.wav"])
def test_what_is_no_source_is_refused(tmp_path: Path, name: str) -> None:
    if name != "none":
        (tmp_path / name).write_bytes(b"x" * 100)
    with pytest.raises(UsageError, match="is no source of clips|is no Parquet file"):
        read_source(tmp_path / name, "asked")


@pytest.mark.parametrize("damage", ["heard.npz", "heard.json", "a bound on judges"])
def test_what_was_heard_is_heard_again_only_where_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    table, listener = tmp_path / "t.jsonl", Loudness()
    rows = [{"path": f"{number}.wav", "speaker": number % 6, "anger": number // 6} for number in range(24)]
    for row in rows:
        sound(tmp_path / row["path"])
    table.write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setattr(training, "load_encoder_named", lambda name, device: listener)

    def stop(sentence: str) -> None:
        if sentence.startswith("training"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_estimator([table], tmp_path / "heads", say=stop)
    if damage.startswith("heard"):
        path = tmp_path / ".heads.training" / damage
        path.write_bytes(path.read_bytes()[:-40])
    else:
        # The features of many clips are larger than any judge may be.
        monkeypatch.setattr(model_file, "MAX_MODEL_BYTES", 100)
    with pytest.raises(KeyboardInterrupt):
        train_estimator([table], tmp_path / "heads", say=stop)
    assert listener.heard == (48 if damage.startswith("heard") else 24)


# --- Who is left out, and what is measured


@given(st.lists(st.sampled_from("abcdefgh"), min_size=8, max_size=60), st.integers(0, 5))
def test_no_speaker_is_on_two_sides(speakers: list[str], seed: int) -> None:
    if len(set(speakers)) < 4:
        with pytest.raises(UsageError, match="expected at least 4"):
            split_speakers(speakers, seed)
        return
    validation, test = split_speakers(speakers, seed)
    sides = [{who for who, one in zip(speakers, part, strict=True) if one} for part in (validation, test, ~validation & ~test)]
    assert all(sides) and sum(map(len, sides)) == len(set(speakers))
    again = split_speakers(speakers, seed)
    assert (again[0] == validation).all() and (again[1] == test).all()


def test_the_mean_rank_correlation_is_the_mean_of_scipys() -> None:
    from scipy.stats import spearmanr

    random = np.random.default_rng(3)
    targets = random.integers(0, 3, (40, 4)).astype(np.float32)
    found = (targets + random.normal(0, 1.5, targets.shape)).astype(np.float32)
    targets[5:9, 2] = np.nan
    speakers = [f"s{number % 8}" for number in range(40)]
    each = [spearmanr(found[known, n], targets[known, n])[0] for n in range(4) for known in [np.isfinite(targets[:, n])]]
    figure = mean_rank_correlation(found, targets, speakers, draws=200)
    assert figure.value == pytest.approx(np.mean(each)) and figure.low < figure.value < figure.high


def test_the_mean_predictor_stands_beside_the_heads() -> None:
    targets = np.array([[0.0], [4.0], [0.0], [4.0]], np.float32)
    measured = measure(("anger",), targets + np.float32(0.5), targets, list("abcd"), np.array([2.0], np.float32), draws=50)
    assert (measured["rms_error"], measured["rms_error_of_the_mean"]) == (0.5, 2.0)
    assert measured["heads"]["anger"]["value"] == pytest.approx(1.0)


def test_only_categories_with_both_sides_get_a_head() -> None:
    targets = np.full((8, 40), np.nan, np.float32)
    targets[:, 0] = [1, 1, 1, 0, 0, 0, 4, 4]
    targets[:, 1] = 2.0
    targets[:, 2] = [0, 0, 0, 0, 0, 0, 3, 3]
    fitted = np.array([True] * 6 + [False] * 2)
    names, columns = choose_heads(targets, fitted)
    assert names == (CATEGORIES[0],) and columns.tolist() == [0]
    with pytest.raises(UsageError, match="no category has 3 clips"):
        choose_heads(targets[:, ::-1], ~fitted)


def test_both_sides_of_a_head_weigh_the_same_and_the_unknown_nothing() -> None:
    targets = np.array([[0], [0], [0], [2], [np.nan], [1]], np.float32)
    weights = balance(targets, np.array([True] * 5 + [False]))[:, 0]
    assert weights[:3].sum() == pytest.approx(weights[3]) and weights[4] == 0 and weights[5] == weights[3]


def test_shuffled_targets_are_the_same_rows_elsewhere() -> None:
    targets = np.arange(20, dtype=np.float32).reshape(10, 2)
    shuffled = shuffle_targets(targets, 0)
    assert sorted(map(tuple, shuffled)) == sorted(map(tuple, targets)) and (shuffled != targets).any()


@given(st.floats(0.2, 3), st.floats(-2, 2))
def test_a_scale_is_found_again(slope: float, offset: float) -> None:
    found = np.linspace(0, 4, 30, dtype=np.float32)
    fitted = fit_scale(found, (slope * found + offset).astype(np.float32))
    assert fitted == pytest.approx((slope, offset), abs=1e-3)


def test_a_scale_never_turns_the_ranks_around() -> None:
    found = np.linspace(0, 4, 30, dtype=np.float32)
    assert fit_scale(found, 4 - found)[0] == 0.1


# --- The layout


def test_the_scaling_of_features_is_taken_into_the_head() -> None:
    random = np.random.default_rng(0)
    features = random.normal(3, 2, (7, 5)).astype(np.float32)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    state = random_state(5)
    weights = {f"weight{n}": state[f"{layer}.weight"][None] for n, layer in enumerate(LAYERS)}
    weights |= {f"bias{n}": state[f"{layer}.bias"][None] for n, layer in enumerate(LAYERS)}
    (raw,) = split_heads(weights, mean, spread)
    np.testing.assert_allclose(run_head(raw, features), run_head(state, (features - mean) / spread), atol=1e-5)
    np.testing.assert_allclose(run_head(rescale(raw, 2.0, -1.0), features), 2 * run_head(raw, features) - 1, atol=1e-5)


def test_the_onnx_model_gives_what_the_heads_give() -> None:
    import onnxruntime

    states = {"anger": random_state(6, 1), "fear": random_state(6, 2), "awe": random_state(6, 3)}
    session = onnxruntime.InferenceSession(make_onnx(states, CARD_FACTS))
    features = np.random.default_rng(0).normal(0, 1, (5, 6)).astype(np.float32)
    scores = session.run(["scores"], {"features": features})[0]
    wanted = np.stack([run_head(state, features) for state in states.values()], axis=1)
    np.testing.assert_allclose(scores, wanted, atol=1e-5)


def test_heads_are_named_as_the_published_ones() -> None:
    assert head_file("jealousy_envy") == "model_Jealousy_&_Envy_best.pth"


# --- The estimator


def test_trained_heads_score_what_they_were_trained_on(folder: Path, clip: np.ndarray) -> None:
    estimator = load_estimator(f"trained:model={folder}")
    profile = estimator.profile(clip, RATE)
    features = load_ears().describe(clip - clip.mean())
    wanted = {
        name: float(run_head(random_state(load_ears().width, seed), features[None])[0])
        for name, seed in (("anger", 1), ("fear", 2))
    }
    for name, score in wanted.items():
        assert profile.scores[name] == pytest.approx(min(max(score, 0), 4) * 7 / 4, abs=1e-3)
    assert sum(score is not None for score in profile.scores.values()) == 2
    assert profile.reasons["awe"] == "the heads were not trained on this category" and set(profile.evidence.values()) == {
        "none"
    }


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda where: (where / CARD).unlink(), "holds no trained heads"),
        (lambda where: (where / CARD).write_text("{"), "is not the card of heads"),
        (lambda where: (where / CARD).write_text("{}"), "is not a card of format voiceact-heads/1"),
        (lambda where: (where / MODEL).write_bytes(b"x"), "is not the model that its card describes"),
        (lambda where: (where / MODEL).unlink(), "cannot be read"),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path: Path, damage, words: str) -> None:
    where = write_folder(tmp_path / "heads")
    damage(where)
    with pytest.raises(ModelFileError, match=words):
        TrainedHeads(str(where))


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        ("ears@000000000000", "other ears than these; train them again"),
        ("bude@1", "take empathic-insight:model=.*encoder=FOLDER"),
    ],
)
def test_heads_on_another_encoder_are_refused(tmp_path: Path, encoder: str, words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        TrainedHeads(str(write_folder(tmp_path / "heads", encoder=encoder)))


def test_without_a_folder_it_says_which(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="trained:model=FOLDER"):
        load_estimator("trained")


# --- Never a judge


def test_what_synthetic_speech_taught_is_no_judge(folder: Path, clip: np.ndarray) -> None:
    with pytest.raises(UsageError, match=r"'trained' was trained on synthetic speech \(my-run\) and can be no judge"):
        verify(clip, RATE, text="Well.", category="anger", checks=["emotion"], estimator=f"trained:model={folder}")


def test_nor_is_it_among_several_or_under_another_name(folder: Path) -> None:
    heads = TrainedHeads(str(folder))
    for hidden in (Ensemble("all", [load_estimator("human"), heads]), AdaptedEstimator(heads), Beside(heads)):
        assert synthetic_data_of(hidden) == ("my-run",)
        with pytest.raises(UsageError, match="can be no judge"):
            refuse_synthetic_judge(hidden)
    refuse_synthetic_judge(load_estimator("human"))


class Beside(Estimator):
    """An estimator laid over another, as calibrated ones are."""

    name, revision, thresholds = "beside", "1", {}

    def __init__(self, judge: Estimator):
        self.judge = judge

    def profile(self, samples, sample_rate, *, reference=None):
        return self.judge.profile(samples, sample_rate, reference=reference)

    def reference(self, clips, *, kind="neutral"):
        return self.judge.reference(clips, kind=kind)


def test_a_card_with_other_words_does_not_hide_it(tmp_path: Path) -> None:
    where = write_folder(tmp_path / "heads")
    card = json.loads((where / CARD).read_text())
    (where / CARD).write_text(json.dumps(card | {"synthetic_data": []}))
    assert synthetic_data_of(TrainedHeads(str(where))) == ("my-run",)


def test_a_recipe_with_such_a_judge_is_refused_before_anything_is_spoken(folder: Path, tmp_path: Path) -> None:
    from voiceact.cli.recipe.run import run

    recipe = {
        "name": "barred",
        "description": "With a judge that is none.",
        "categories": ["Anger"],
        "personas": ["nurse"],
        "intensities": [5],
        "verify": {"judge": f"trained:model={folder}"},
    }
    (tmp_path / "r.yaml").write_text(json.dumps(recipe))
    result = CliRunner().invoke(run, [str(tmp_path / "r.yaml"), "--out", str(tmp_path / "run")])
    message = result.output + str(result.exception or "")
    assert result.exit_code and "can be no judge" in message and not (tmp_path / "run").exists()


def test_without_torch_training_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from voiceact.runtime.extras import MissingExtraError
    from voiceact.training.heads import Settings, train_heads

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"training needs an optional part.*train"):
        train_heads(
            np.zeros((4, 2), np.float32), np.zeros((4, 1), np.float32), np.zeros(4, bool), ("anger",), replace(Settings())
        )


def test_the_folder_of_an_annotation_is_a_source(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    for number, name in enumerate("abc"):
        sound(tmp_path / f"{name}.wav")
        row = {"path": str(tmp_path / f"{name}.wav"), "speaker": f"s{number}", "error": None, "license": "MIT"}
        row |= {"score_anger": 2.0 + number, "evidence_anger": "none" if name == "c" else "category"}
        file = tmp_path / "annotated" / "data" / "mit" / f"shard-{number:06d}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pyarrow.Table.from_pylist([row]), file)
    with pytest.raises(UsageError, match="or an annotation in Parquet"):
        collect([tmp_path / "annotated"], Loudness())
    (tmp_path / "annotated" / "annotate.json").write_text("{}")
    material = collect([tmp_path / "annotated"], Loudness())
    assert material.targets[:, CATEGORIES.index("anger")].tolist() == [2.0, 3.0] and material.speakers == ("s0", "s1")
    assert (material.sources[0].name, material.sources[0].licence) == ("annotated", "MIT")
