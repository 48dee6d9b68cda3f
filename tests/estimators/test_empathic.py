"""Empathic-Insight-Voice as published, with the real Whisper classes and tiny random weights in the published layout."""

import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from gpu import needs_gpu  # noqa: E402
from tiny_empathic import CHANNELS, STEMS, head, save_tiny_empathic  # noqa: E402

from voiceact.acting.intensity import empathic_to_seven  # noqa: E402
from voiceact.acting.taxonomy import categories  # noqa: E402
from voiceact.errors import UnknownNameError, UsageError  # noqa: E402
from voiceact.estimators.model_file import ModelFileError  # noqa: E402
from voiceact.estimators.published.empathic import EmpathicInsight  # noqa: E402
from voiceact.estimators.published.empathic.heads import Heads, head_files, load_heads, read_head  # noqa: E402
from voiceact.estimators.registry import load_estimator  # noqa: E402
from voiceact.verify import verify  # noqa: E402

RATE = 16_000
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Folders "encoder" and "heads" as on the hub, and the heads themselves."""
    root = tmp_path_factory.mktemp("empathic")
    return root, save_tiny_empathic(root)


@pytest.fixture(scope="module")
def estimator(published):
    root, _ = published
    return load_estimator(f"empathic-insight:model={root / 'heads'},encoder={root / 'encoder'},device=cpu")


def voice(seconds: float, f0: float = 150.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return (0.1 * np.sign(np.sin(2 * np.pi * f0 * time)) + 0.01 * RNG.normal(size=len(time))).astype(np.float32)


SOUND = voice(2.0) - voice(2.0).mean()
SOUND -= SOUND.mean()


def one_by_one(published, windows) -> dict[str, np.ndarray]:
    """The published loop: the encoder once, then one head after another."""
    root, heads = published
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(root / "encoder")
    encoder = transformers.WhisperForConditionalGeneration.from_pretrained(root / "encoder").get_encoder().eval()
    features = extractor(windows, sampling_rate=RATE, return_tensors="pt").input_features
    with torch.inference_mode():
        encoded = encoder(features).last_hidden_state
        return {name: module(encoded).squeeze(1).numpy() for name, module in heads.items()}


def test_all_heads_together_give_what_each_gives_alone(published, estimator):
    clips = [voice(2.0, f0) - 0 for f0 in (110.0, 210.0)]
    clips = [clip - clip.mean() for clip in clips]
    expected = one_by_one(published, clips)
    for number, raw in enumerate(estimator.raw([(clip, RATE) for clip in clips])):
        assert set(raw) == {*STEMS, "Arousal", "Valence", "Submissive_vs._Dominant"}
        for name, score in raw.items():
            assert score == pytest.approx(expected[name][number], abs=1e-4), name


def test_a_batch_says_what_each_clip_says_alone(estimator):
    clips = [(voice(1.0), RATE), (voice(3.0, 90.0), RATE), (voice(0.5, 300.0), RATE)]
    together = estimator.raw(clips)
    for clip, raw in zip(clips, together, strict=True):
        assert raw == pytest.approx(estimator.raw([clip])[0], abs=1e-4)


def test_scores_lie_on_our_scale_and_say_that_nobody_calibrated_them(estimator):
    profile = estimator.profile(voice(2.0), RATE)
    raw = estimator.raw([(voice(2.0), RATE)])[0]
    assert set(profile.scores) == {category.id for category in categories()}
    assert all(0 <= score <= 7 for score in profile.scores.values())
    assert profile.scores["anger"] == pytest.approx(empathic_to_seven(raw["Anger"]), abs=0.2)
    assert set(profile.evidence.values()) == {"none"}
    assert "not calibrated against people" in profile.reasons["anger"]
    assert -1 <= profile.arousal <= 1 and -1 <= profile.valence <= 1


def test_a_long_sound_is_the_mean_of_its_windows_weighted_by_length(estimator):
    sound = voice(45.0)
    sound -= sound.mean()
    whole = estimator.raw([(sound, RATE)])[0]
    first, second = estimator.raw([(sound[: 30 * RATE], RATE)])[0], estimator.raw([(sound[30 * RATE :], RATE)])[0]
    for name in ("Anger", "Valence"):
        assert whole[name] == pytest.approx((30 * first[name] + 15 * second[name]) / 45, abs=2e-3)


def test_a_head_that_is_missing_is_named_and_its_category_has_no_score(published, tmp_path):
    root, _ = published
    shutil.copytree(root / "heads", tmp_path / "heads")
    (tmp_path / "heads/model_Anger_best.pth").unlink()
    estimator = EmpathicInsight(model=str(tmp_path / "heads"), encoder=str(root / "encoder"), device="cpu")
    found = estimator.profile(voice(1.0), RATE)
    assert found.scores["anger"] is None and found.reasons["anger"] == "head Anger is missing from the weights"
    assert found.scores["fear"] is not None


def test_without_calibration_no_verdict_rests_on_it(estimator):
    verdict = verify(voice(2.0), RATE, text="Well.", category="anger", checks=("emotion",), estimator=estimator)
    assert verdict.level == "undecided"
    assert verdict.judge == {"name": "empathic-insight", "revision": estimator.revision}


def test_small_and_large_layouts_load_side_by_side(tmp_path):
    sizes = {"Anger": (8, 8, 6, 4), "Fear": (16, 16, 8, 4), "Awe": (8, 8, 6, 4)}
    heads = {name: head(60, size) for name, size in sizes.items()}
    for name, module in heads.items():
        torch.save(module.state_dict(), tmp_path / f"model_{name}_best.pth")
    groups = load_heads(head_files(tmp_path), device=torch.device("cpu"), dtype=torch.float32)
    assert sorted(group.names for group in groups) == [("Anger", "Awe"), ("Fear",)]
    x = torch.randn(3, 6, 10)
    for group in groups:
        for name, score in zip(group.names, group(x).T, strict=True):
            assert torch.allclose(score, heads[name](x).squeeze(1), atol=1e-5)


def test_the_quality_heads_of_plus_hear_what_is_pooled_over_time(published, tmp_path):
    root, _ = published
    shutil.copytree(root / "heads", tmp_path / "plus")
    names = ("score_overall_quality", "score_speech_quality", "score_background_quality", "score_content_enjoyment")
    heads = {name: head(4 * CHANNELS, (8, 8, 6, 4)) for name in names}
    for name, module in heads.items():
        torch.save(module.state_dict(), tmp_path / f"plus/model_{name}_best.pth")
    estimator = EmpathicInsight(
        "plus", model=str(tmp_path / "plus"), encoder=str(root / "encoder"), device="cpu", attributes="yes"
    )
    raw = estimator.raw([(SOUND, RATE)])[0]
    extractor = transformers.WhisperFeatureExtractor.from_pretrained(root / "encoder")
    encoder = transformers.WhisperForConditionalGeneration.from_pretrained(root / "encoder").get_encoder().eval()
    with torch.inference_mode():
        x = encoder(extractor([SOUND], sampling_rate=RATE, return_tensors="pt").input_features).last_hidden_state
        flat = torch.cat([x.mean(1), x.min(1).values, x.max(1).values, x.std(1)], dim=1)
        for name, module in heads.items():
            assert raw[name] == pytest.approx(float(module(flat)), abs=1e-4)
    assert "Age" in raw, "and the attributes are there too"
    assert not set(names) & set(
        EmpathicInsight("plus", model=str(tmp_path / "plus"), encoder=str(root / "encoder"), device="cpu").raw([(SOUND, RATE)])[
            0
        ]
    )
    assert estimator.revision.startswith("plus+")


def test_the_map_to_our_scale_stands_in_the_record(estimator):
    verdict = verify(voice(2.0), RATE, text="Well.", category="anger", checks=("emotion",), estimator=estimator)
    assert verdict.profile is not None and "empathic_to_seven" in verdict.to_record().profile.scale
    assert "empathic_to_seven" in estimator.profile(voice(1.0), RATE).record("x.wav")["scale"]


def test_a_gpu_hears_the_same_where_there_is_one(published, estimator):
    needs_gpu()
    root, _ = published
    there = EmpathicInsight(model=str(root / "heads"), encoder=str(root / "encoder"), device="cuda", dtype="float32")
    clips = [(SOUND, RATE), (SOUND[:RATE], RATE)]
    for one, other in zip(there.raw(clips), estimator.raw(clips), strict=True):
        assert one == pytest.approx(other, abs=1e-3)


def test_bf16_hears_nearly_the_same(published):
    root, _ = published
    exact, half = (
        EmpathicInsight(model=str(root / "heads"), encoder=str(root / "encoder"), device="cpu", dtype=dtype)
        for dtype in ("float32", "bfloat16")
    )
    first, second = exact.raw([(SOUND, RATE)])[0], half.raw([(SOUND, RATE)])[0]
    assert set(first) == set(second)
    assert list(second.values()) == pytest.approx(list(first.values()), abs=0.1)


@pytest.mark.skipif(not shutil.which("g++"), reason="there is no C++ compiler")
def test_compiled_it_hears_the_same(published, estimator):
    root, _ = published
    quick = EmpathicInsight(model=str(root / "heads"), encoder=str(root / "encoder"), device="cpu", compile="yes")
    assert "OptimizedModule" in repr(quick._encode.__closure__[0].cell_contents)[:40], "the control reaches the library"
    assert quick.raw([(SOUND, RATE)])[0] == pytest.approx(estimator.raw([(SOUND, RATE)])[0], abs=1e-4)


def test_compiling_without_a_compiler_is_refused_and_so_is_what_is_neither_yes_nor_no(published, monkeypatch):
    root, _ = published
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("CXX", raising=False)
    where = {"model": str(root / "heads"), "encoder": str(root / "encoder"), "device": "cpu"}
    with pytest.raises(UsageError, match=r"compile=yes needs a C\+\+ compiler"):
        EmpathicInsight(**where, compile="yes")
    for option in ("compile", "attributes"):
        with pytest.raises(UsageError, match=f"{option}='maybe' is not known; expected yes or no"):
            EmpathicInsight(**where, **{option: "maybe"})


def test_half_precision_is_near(tmp_path):
    states = {"Anger": head(600, (8, 8, 6, 4)).state_dict()}
    x = torch.randn(4, 60, 10)
    exact, half = (Heads(states, device=torch.device("cpu"), dtype=dtype)(x) for dtype in (torch.float32, torch.bfloat16))
    assert half.dtype == torch.float32 and torch.allclose(exact, half, atol=0.05)


# --- Weights that are none


def refuse(path, state, words):
    torch.save(state, path)
    with pytest.raises(ModelFileError, match=words):
        read_head(path)


def test_another_architecture_is_told(tmp_path):
    path, good = tmp_path / "model_Anger_best.pth", head(60, (8, 8, 6, 4)).state_dict()
    refuse(path, {**good, "extra.weight": torch.ones(1)}, "is no head of Empathic-Insight-Voice .extra.weight")
    refuse(path, {key: value for key, value in good.items() if key != "mlp.5.bias"}, "mlp.5.bias is missing or unknown")
    refuse(path, {**good, "mlp.5.weight": torch.ones(6, 9)}, r"layer mlp.5 has shape \(6, 9\), expected 8 inputs")
    refuse(path, {**good, "mlp.11.weight": torch.ones(2, 4), "mlp.11.bias": torch.ones(2)}, "gives 2 numbers, expected one")
    refuse(path, [1, 2], "holds list, expected the tensors")


class Payload:
    """What a pickle could run."""

    def __reduce__(self):
        return print, ("run",)


def test_a_file_that_needs_more_than_tensors_is_not_opened(tmp_path, capsys):
    refuse(tmp_path / "model_Anger_best.pth", {"proj.weight": Payload()}, "cannot be read as weights")
    assert "run" not in capsys.readouterr().out


def test_a_truncated_file_is_told(tmp_path):
    path = tmp_path / "model_Anger_best.pth"
    torch.save(head(60, (8, 8, 6, 4)).state_dict(), path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ModelFileError, match="model_Anger_best.pth: cannot be read as weights"):
        read_head(path)


def test_heads_of_another_encoder_do_not_go_with_this_one(published, tmp_path):
    root, _ = published
    torch.save(head(60, (8, 8, 6, 4)).state_dict(), tmp_path / "model_Anger_best.pth")
    with pytest.raises(ModelFileError, match="head Anger takes 60 numbers, and the encoder gives 24000"):
        EmpathicInsight(model=str(tmp_path), encoder=str(root / "encoder"), device="cpu")


def test_folders_that_hold_nothing_are_told(published, tmp_path):
    root, _ = published
    with pytest.raises(UsageError, match="holds no head; expected files such as model_Anger_best.pth"):
        EmpathicInsight(model=str(tmp_path), encoder=str(root / "encoder"), device="cpu")
    with pytest.raises(ModelFileError, match="cannot be loaded as a Whisper encoder"):
        EmpathicInsight(model=str(root / "heads"), encoder=str(tmp_path), device="cpu")
    with pytest.raises(UnknownNameError, match="did you mean 'large'"):
        EmpathicInsight(size="larg")
    with pytest.raises(UsageError, match="voiceact model fetch empathic-insight-voice-small"):
        EmpathicInsight(device="cpu")
