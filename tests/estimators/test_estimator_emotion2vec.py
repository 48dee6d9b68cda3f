"""emotion2vec+ through funasr's own classes, on tiny random weights in the published layout."""

import random

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("funasr", reason="funasr is not installed (voiceact[emotion2vec])")

import yaml  # noqa: E402

from voiceact.errors import UnknownNameError, UsageError  # noqa: E402
from voiceact.estimators.published.emotion2vec import Emotion2vec  # noqa: E402
from voiceact.estimators.registry import load_estimator  # noqa: E402

RATE = 16_000
TOKENS = (
    "生气/angry",
    "厌恶/disgusted",
    "恐惧/fearful",
    "开心/happy",
    "中立/neutral",
    "其他/other",
    "难过/sad",
    "吃惊/surprised",
    "<unk>",
)
CONFIG = {
    "model": "Emotion2vec",
    "model_conf": {
        "loss_beta": 0.0,
        "loss_scale": None,
        "norm_eps": 1e-5,
        "norm_affine": True,
        "embed_dim": 16,
        "num_heads": 2,
        "mlp_ratio": 2.0,
        "layer_norm_first": False,
        "end_of_block_targets": False,
        "depth": 1,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "dropout_input": 0.0,
        "encoder_dropout": 0.0,
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "post_mlp_drop": 0.0,
        "average_top_k_layers": 1,
        "clone_batch": 1,
        "layerdrop": 0.0,
        "normalize": True,
        "supported_modality": "AUDIO",
        "modalities": {
            "audio": {
                "type": "AUDIO",
                "prenet_depth": 1,
                "prenet_layerdrop": 0.0,
                "prenet_dropout": 0.0,
                "start_drop_path_rate": 0.0,
                "end_drop_path_rate": 0.0,
                "num_extra_tokens": 2,
                "init_extra_token_zero": True,
                "extractor_mode": "layer_norm",
                "feature_encoder_spec": "[(16, 10, 5)] + [(16, 3, 2)] * 4 + [(16,2,2)] + [(16,2,2)]",
                "conv_pos_width": 15,
                "conv_pos_groups": 2,
                "conv_pos_depth": 3,
                "conv_pos_pre_ln": False,
                "use_alibi_encoder": True,
                "alibi_scale": 1.0,
                "learned_alibi": False,
                "alibi_max_pos": None,
                "learned_alibi_scale": True,
                "learned_alibi_scale_per_head": True,
                "learned_alibi_scale_per_layer": False,
                "num_alibi_heads": 2,
                "model_depth": 1,
                "local_grad_mult": 1.0,
                "decoder": None,
                "mask_noise_std": 0.01,
                "mask_prob": 0.5,
                "inverse_mask": False,
                "mask_prob_adjust": 0.05,
                "mask_length": 5,
                "encoder_zero_mask": True,
                "mask_channel_prob": 0.0,
                "mask_channel_length": 64,
                "mask_prob_min": None,
                "keep_masked_pct": 0.0,
                "add_masks": False,
                "remove_masks": False,
                "mask_dropout": 0.0,
                "ema_local_encoder": False,
            }
        },
    },
    "tokenizer": "CharTokenizer",
    "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
    "scope_map": ["d2v_model.", "none"],
}


def write(folder, *, tokens=TOKENS, config=CONFIG, prefix="d2v_model.", change=lambda state: state):
    """A folder as the hub has it, the weights drawn by the library's own class."""
    from funasr.models.emotion2vec.model import Emotion2vec as Network

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    state = Network(**CONFIG, vocab_size=len(TOKENS)).state_dict()
    state = {name: torch.randn_like(value) * 0.3 if value.ndim > 1 else value for name, value in state.items()}
    named = {name if name.startswith("proj") else prefix + name: value for name, value in state.items()}
    torch.save({"model": change(named)}, folder / "model.pt")
    (folder / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    (folder / "tokens.txt").write_text("".join(f"{token}\n" for token in tokens), "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("e2v") / "plus")


@pytest.fixture(scope="module")
def estimator(folder):
    return load_estimator(f"emotion2vec:model={folder},device=cpu")


def voice(seconds: float, f0: float = 150.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(int(f0)).normal(size=len(time))
    return (0.1 * np.sign(np.sin(2 * np.pi * f0 * time)) + 0.02 * noise).astype(np.float32)


def test_six_labels_name_a_category_and_the_rest_is_not_judged(estimator) -> None:
    assert estimator.labels == ("angry", "disgusted", "fearful", "happy", "neutral", "other", "sad", "surprised", "<unk>")
    assert estimator.names == {
        "angry": "anger",
        "disgusted": "disgust",
        "fearful": "fear",
        "happy": "elation",
        "sad": "sadness",
        "surprised": "astonishment_surprise",
    }
    found = estimator.profile(voice(1.0), RATE)
    raw = estimator.raw([(voice(1.0), RATE)])[0]
    assert sum(raw.values()) == pytest.approx(1, abs=1e-5)
    for label, category in estimator.names.items():
        assert found.scores[category] == pytest.approx(7 * raw[label], abs=1e-4)
    assert sum(score is not None for score in found.scores.values()) == 6
    assert found.reasons["awe"] == "emotion2vec+ has no label for it"
    assert set(found.evidence.values()) == {"none"} and "not calibrated" in found.reasons["anger"]


def test_the_library_says_the_same_when_asked_bare(folder, estimator) -> None:
    from funasr import AutoModel

    sound = voice(1.5)
    model = AutoModel(model=str(folder), device="cpu", disable_update=True, disable_pbar=True, disable_log=True)
    told = model.generate(sound - sound.mean(), granularity="utterance", extract_embedding=False)[0]
    assert list(estimator.raw([(sound, RATE)])[0].values()) == pytest.approx(told["scores"], abs=1e-5)


def test_a_batch_says_what_each_clip_says_alone(estimator) -> None:
    clips = [(voice(1.0), RATE), (voice(2.0, 90.0), RATE), (voice(0.5, 300.0), RATE)]
    for clip, raw in zip(clips, estimator.raw(clips), strict=True):
        assert raw == pytest.approx(estimator.raw([clip])[0], abs=1e-5)
    assert estimator.raw(clips)[0] != pytest.approx(estimator.raw(clips)[2], abs=1e-5), "it hears something"


def test_a_long_sound_is_the_mean_of_its_windows(estimator) -> None:
    sound = voice(40.0)
    sound -= sound.mean()
    whole = estimator.raw([(sound, RATE)])[0]
    first, second = estimator.raw([(sound[: 30 * RATE], RATE), (sound[30 * RATE :], RATE)])
    for label, value in whole.items():
        assert value == pytest.approx((30 * first[label] + 10 * second[label]) / 40, abs=1e-3)


def test_labels_may_be_given_another_meaning(folder) -> None:
    made = Emotion2vec(model=str(folder), labels="other=Confusion;happy=-", device="cpu")
    found = made.profile(voice(1.0), RATE)
    assert found.scores["confusion"] is not None and found.scores["elation"] is None
    assert made.revision.endswith("+other=Confusion;happy=-")
    with pytest.raises(UnknownNameError, match="unknown label of the classifier 'joyful'"):
        Emotion2vec(model=str(folder), labels="joyful=Elation", device="cpu")


def test_loading_leaves_the_seeds_of_the_process_alone(folder) -> None:
    def draw(load: bool) -> tuple[float, float, float]:
        random.seed(1)
        np.random.seed(1)
        torch.manual_seed(1)
        if load:
            Emotion2vec(model=str(folder), device="cpu")
        return random.random(), float(np.random.rand()), float(torch.rand(1))

    assert draw(load=True) == draw(load=False)


# --- Weights that are none


def refused(folder, words) -> None:
    with pytest.raises(UsageError, match=words):
        Emotion2vec(model=str(folder), device="cpu")


def without(part: str):
    return lambda state: {name: value for name, value in state.items() if not name.removeprefix("d2v_model.").startswith(part)}


def test_a_missing_head_or_block_is_told(tmp_path) -> None:
    refused(write(tmp_path / "a", change=without("proj.weight")), "its weights lack proj.weight")
    refused(write(tmp_path / "b", change=without("blocks.0.attn.qkv.weight")), "lack blocks.0.attn.qkv.weight")


def test_another_architecture_is_told(tmp_path) -> None:
    refused(
        write(tmp_path / "a", config={**CONFIG, "model": "SenseVoiceSmall"}),
        "of kind 'SenseVoiceSmall'; expected 'Emotion2vec'",
    )
    refused(write(tmp_path / "b", tokens=TOKENS[1:]), r"proj.weight has shape \(9, 16\), by config.yaml \(8, 16\)")


class Payload:
    """What a pickle could run."""

    def __reduce__(self):
        return print, ("run",)


def test_a_pickle_is_not_opened_and_a_line_of_code_not_run(tmp_path, capsys) -> None:
    refused(
        write(tmp_path / "a", change=lambda state: {**state, "evil": Payload()}), "holds more than weights and is not opened"
    )
    evil = yaml.safe_load(yaml.safe_dump(CONFIG))
    evil["model_conf"]["modalities"]["audio"]["feature_encoder_spec"] = "print('run') or [(16, 10, 5)]"
    refused(write(tmp_path / "b", config=evil), "would run it as code, so it is refused")
    assert "run" not in capsys.readouterr().out


def test_files_that_are_cut_or_missing_are_told(tmp_path) -> None:
    folder = write(tmp_path / "a")
    (folder / "model.pt").write_bytes((folder / "model.pt").read_bytes()[:700])
    refused(folder, "model.pt: cannot be read as weights")
    (folder / "model.pt").unlink()
    refused(folder, "lacks model.pt; expected a folder with config.yaml, model.pt, tokens.txt")
    with pytest.raises(UsageError, match="voiceact model fetch emotion2vec-plus-seed"):
        Emotion2vec(size="seed")
    with pytest.raises(UsageError, match="size 'huge' is not known"):
        Emotion2vec(size="huge")
