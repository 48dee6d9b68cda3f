"""Heads trained with torch: they learn, stop, go on after a stop, and are read by the released loader and by onnxruntime."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")

from voiceact.acting.taxonomy import get  # noqa: E402
from voiceact.cli.estimator import command  # noqa: E402
from voiceact.errors import UsageError  # noqa: E402
from voiceact.estimators import load_estimator  # noqa: E402
from voiceact.estimators.ears import load_ears  # noqa: E402
from voiceact.estimators.published.empathic.heads import head_files, load_heads, read_head  # noqa: E402
from voiceact.estimators.synthetic import synthetic_data_of  # noqa: E402
from voiceact.training import train as training  # noqa: E402
from voiceact.training.heads import LAYERS, Settings, run_head, train_heads  # noqa: E402
from voiceact.training.layout import write_heads  # noqa: E402
from voiceact.training.train import train_estimator  # noqa: E402

RATE = 16_000
QUICK = Settings(epochs=12, batch=16, patience=12, device="cpu", rate=3e-3)
NAMES = ("anger", "fear")


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def lesson(clips: int = 160, width: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, targets that follow two of them, and which clips decide when to stop."""
    random = np.random.default_rng(seed)
    features = random.normal(5, 3, (clips, width)).astype(np.float32)
    scaled = (features[:, :2] - 5) / 3
    targets = np.clip(np.round(scaled * 1.5), 0, 4).astype(np.float32)
    targets[:5, 1] = np.nan
    return features, targets, np.arange(clips) % 4 == 0


@pytest.mark.parametrize("loss", ["ordinal", "mae"])
def test_heads_learn_what_is_there(loss) -> None:
    features, targets, validation = lesson()
    trained = train_heads(features, targets, validation, NAMES, replace(QUICK, epochs=60, loss=loss))
    for number, state in enumerate(trained.states.values()):
        known = validation & np.isfinite(targets[:, number])
        assert np.corrcoef(run_head(state, features[known]), targets[known, number])[0, 1] > 0.6
    assert min(trained.validation) == trained.validation[trained.best - 1] < trained.validation[0]


def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    features, targets, validation = lesson()
    whole = train_heads(features, targets, validation, NAMES, QUICK)

    def stop(epoch: int, loss: float) -> None:
        # Told before the epoch's checkpoint is written, so one epoch is lost.
        if epoch == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_heads(features, targets, validation, NAMES, QUICK, checkpoint=tmp_path / "c.pt", report=stop)
    epochs: list[int] = []
    rest = train_heads(
        features,
        targets,
        validation,
        NAMES,
        QUICK,
        checkpoint=tmp_path / "c.pt",
        report=lambda epoch, loss: epochs.append(epoch),
    )
    assert epochs == list(range(6, 13)) and rest.validation == whole.validation
    for name in NAMES:
        for key, value in whole.states[name].items():
            np.testing.assert_array_equal(rest.states[name][key], value)


def test_it_stops_when_nothing_gets_better() -> None:
    features, targets, validation = lesson()
    nothing = np.random.default_rng(1).permutation(targets)
    trained = train_heads(features, nothing, validation, NAMES, replace(QUICK, epochs=200, patience=3))
    assert trained.epochs == trained.best + 3 < 200


def test_mixed_precision_learns_too() -> None:
    features, targets, validation = lesson()
    trained = train_heads(features, targets, validation, NAMES, replace(QUICK, dtype="bfloat16"))
    assert trained.validation[-1] < trained.validation[0]
    assert all(value.dtype == np.float32 for value in trained.states["anger"].values())


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(b"x" * 100), "is no checkpoint of heads"),
        (lambda path: path.write_bytes(pickle.dumps({"facts": print}, 2)), "is no checkpoint of heads"),
        (lambda path: torch.save({"facts": {"settings": {"rate": 7}}}, path), "other settings; remove it"),
    ],
)
def test_another_checkpoint_is_refused(tmp_path: Path, damage, words: str) -> None:
    damage(tmp_path / "c.pt")
    with pytest.raises(UsageError, match=words):
        train_heads(*lesson(), NAMES, QUICK, checkpoint=tmp_path / "c.pt")


def test_a_rate_that_explodes_is_told() -> None:
    with pytest.raises(UsageError, match="the loss is not a number after epoch 1; take a smaller --rate"):
        train_heads(*lesson(), NAMES, replace(QUICK, loss="mae", rate=1e30))


# --- The layout


@pytest.mark.parametrize("frames", [1, 9])
def test_the_released_loader_and_onnxruntime_give_the_same_scores(tmp_path: Path, frames: int) -> None:
    import onnxruntime

    features, targets, validation = lesson()
    states = train_heads(features, targets, validation, NAMES, replace(QUICK, epochs=2)).states
    write_heads(tmp_path, states, {"encoder": "e@1", "synthetic_data": [], "sources": []}, frames=frames)
    assert set(head_files(tmp_path)) == {get(name).file_stem for name in NAMES}
    assert list(read_head(tmp_path / "model_Anger_best.pth")) == [
        f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")
    ]

    # Frames that have the features as their mean: what an encoder gives, and what the head was trained on.
    noise = np.random.default_rng(0).normal(0, 1, (len(features), frames, features.shape[1])).astype(np.float32)
    encoded = features[:, None] + noise - noise.mean(axis=1, keepdims=True)
    (group,) = load_heads(head_files(tmp_path), device=torch.device("cpu"), dtype=torch.float32)
    with torch.inference_mode():
        released = group(torch.from_numpy(encoded)).numpy()
    session = onnxruntime.InferenceSession((tmp_path / "heads.onnx").read_bytes())
    scores = session.run(["scores"], {"features": features})[0]
    for number, name in enumerate(NAMES):
        wanted = run_head(states[name], features)
        np.testing.assert_allclose(released[:, group.names.index(get(name).file_stem)], wanted, atol=1e-3)
        np.testing.assert_allclose(scores[:, number], wanted, atol=1e-4)


# --- From sources to a folder


class FewNumbers:
    """Stands for the ears: level, and the share of the sound that changes sign."""

    name, frames = "few@1", 1

    def __init__(self) -> None:
        self.heard = 0

    def describe(self, samples: np.ndarray) -> np.ndarray:
        self.heard += 1
        return np.array([np.log(samples.std()), (np.diff(np.sign(samples)) != 0).mean(), 0.0], np.float32)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Eight speakers, six clips each; the faster the more anger, the slower the more fear."""
    random, lines = np.random.default_rng(0), []
    for speaker in range(8):
        for number in range(6):
            step = 0.02 + 0.03 * number + 0.005 * random.random()
            path = f"s{speaker}-{number}.wav"
            soundfile.write(tmp_path / path, 0.2 * np.sin(np.arange(4000) * step), RATE)
            lines.append(
                json.dumps({"path": path, "speaker": f"s{speaker}", "anger": max(0, number - 1), "fear": max(0, 4 - number)})
            )
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    return tmp_path / "t.jsonl"


def test_a_table_becomes_a_folder_whose_card_says_all(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "load_encoder_named", lambda name, device: FewNumbers())
    card = train_estimator([table], tmp_path / "heads", settings=replace(QUICK, epochs=80))
    files = {path.name for path in (tmp_path / "heads").iterdir()}
    assert files == {"model_Anger_best.pth", "model_Fear_best.pth", "heads.onnx", "card.json"}
    assert card == json.loads((tmp_path / "heads" / "card.json").read_text())
    assert card["heads"] == ["fear", "anger"] and card["synthetic_data"] == ["t"] and "can be no judge" in card["judge"]
    test, control = card["test"], card["control"]
    assert test["rank_correlation"]["low"] > 0.6 > abs(control["rank_correlation"]["value"])
    assert test["rms_error"] < test["rms_error_of_the_mean"] and test["speakers"] == len(card["test_speakers"]) == 2
    assert not list(tmp_path.glob(".heads*"))


def test_after_a_stop_nothing_is_heard_twice(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = FewNumbers()
    monkeypatch.setattr(training, "load_encoder_named", lambda name, device: listener)

    def stop(sentence: str) -> None:
        if sentence.startswith("epoch 3"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_estimator([table], tmp_path / "heads", settings=QUICK, say=stop, control=False)
    assert not (tmp_path / "heads").exists() and listener.heard == 48
    said: list[str] = []
    card = train_estimator([table], tmp_path / "heads", settings=QUICK, say=said.append, control=False)
    assert listener.heard == 48 and not any(sentence.startswith("epoch 2:") for sentence in said)
    assert "control" not in card and card["training"]["epochs"] == QUICK.epochs


def test_another_source_does_not_go_on_with_what_was_heard(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "load_encoder_named", lambda name, device: FewNumbers())

    def stop(sentence: str) -> None:
        if sentence.startswith("epoch"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_estimator([table], tmp_path / "heads", settings=QUICK, say=stop)
    with pytest.raises(UsageError, match="is of a training on other clips; remove it, or name another --out"):
        train_estimator([table], tmp_path / "heads", target="judged", settings=QUICK)


def test_the_command_trains_on_the_judges_ears_and_the_heads_are_read_both_ways(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "heads"
    result = CliRunner().invoke(
        command, ["train", str(table), "--out", str(out), "--epochs", "2", "--no-control", "--device", "cpu"]
    )
    assert result.exit_code == 0, result.output
    assert "2 heads" in result.output and "rank correlation" in result.output and "can be no judge" in result.output
    samples = (0.2 * np.sin(np.arange(8000) * 0.06)).astype(np.float32)
    plain = load_estimator(f"trained:model={out}").profile(samples, RATE)
    released = load_estimator(f"empathic-insight:model={out},encoder=ears,device=cpu")
    scores = released.profile(samples, RATE).scores
    for name in NAMES:
        assert scores[name] == pytest.approx(plain.scores[name], abs=2e-3)
    assert synthetic_data_of(released) == ("t",) and str(load_ears().revision) in released.revision


def test_heads_on_a_published_encoder_are_read_by_its_estimator(table: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tiny_empathic import save_tiny_empathic

    save_tiny_empathic(tmp_path / "published")
    encoder = tmp_path / "published" / "encoder"
    few = "\n".join(line for line in table.read_text().splitlines() if '"s7-' not in line and "-5.wav" not in line)
    table.write_text(few)
    card = train_estimator([table], tmp_path / "heads", encoder=str(encoder), settings=replace(QUICK, epochs=2), control=False)
    assert card["encoder"].startswith("encoder@")
    estimator = load_estimator(f"empathic-insight:model={tmp_path / 'heads'},encoder={encoder},device=cpu")
    samples, rate = soundfile.read(tmp_path / "s0-0.wav", dtype="float32")
    profile = estimator.profile(samples, rate)
    assert sum(score is not None for score in profile.scores.values()) == 2
