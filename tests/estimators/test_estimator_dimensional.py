"""Arousal, dominance, valence: the published layout on tiny random weights, loaded by the production path."""

import json
import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from voiceact.acting.taxonomy import categories, get  # noqa: E402
from voiceact.errors import UsageError  # noqa: E402
from voiceact.estimators.published.dimensional import Dimensional, place_score  # noqa: E402
from voiceact.estimators.registry import load_estimator  # noqa: E402
from voiceact.verify import verify  # noqa: E402

RATE = 16_000
TINY = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "conv_dim": [16] * 7,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
    "final_dropout": 0.1,
}


class Head(torch.nn.Module):
    """As the model's card prints it."""

    def __init__(self, config):
        super().__init__()
        self.dropout = torch.nn.Dropout(config.final_dropout)
        self.dense = torch.nn.Linear(config.hidden_size, config.hidden_size)
        self.out_proj = torch.nn.Linear(config.hidden_size, config.num_labels)

    def forward(self, x):
        return self.out_proj(self.dropout(torch.tanh(self.dense(self.dropout(x)))))


class Card(transformers.Wav2Vec2PreTrainedModel):
    """As the model's card prints it: one sound at a time, the mean of all frames."""

    def __init__(self, config):
        super().__init__(config)
        self.wav2vec2, self.classifier = transformers.Wav2Vec2Model(config), Head(config)
        self.post_init()

    def forward(self, values):
        return self.classifier(self.wav2vec2(values)[0].mean(dim=1))


def write(folder, *, norm="layer", labels=("arousal", "dominance", "valence"), safe=True):
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        **TINY,
        feat_extract_norm=norm,
        do_stable_layer_norm=norm == "layer",
        id2label=dict(enumerate(labels)),
        label2id={one: at for at, one in enumerate(labels)},
    )
    model = Card(config)
    for weight in model.parameters():
        weight.data = torch.randn_like(weight) * 0.3 if weight.ndim > 1 else weight.data
    model.save_pretrained(folder)
    if not safe:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=norm == "layer").save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("dimensional") / "msp")


@pytest.fixture(scope="module")
def estimator(folder):
    return load_estimator(f"dimensional:model={folder},device=cpu")


def voice(seconds: float, f0: float = 150.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(int(f0)).normal(size=len(time))
    sound = 0.1 * np.sign(np.sin(2 * np.pi * f0 * time)) + 0.02 * noise
    return (sound - sound.mean()).astype(np.float32)


def test_it_gives_what_the_published_code_gives(folder, estimator) -> None:
    sound = voice(2.0)
    extractor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(folder)
    with torch.inference_mode():
        expected = Card.from_pretrained(folder).eval()(extractor(sound, sampling_rate=RATE, return_tensors="pt").input_values)
    raw = estimator.raw([(sound, RATE)])[0]
    assert list(raw) == ["arousal", "dominance", "valence"]
    assert list(raw.values()) == pytest.approx(expected[0].tolist(), abs=1e-4)


def test_the_old_file_of_weights_gives_the_same(estimator, tmp_path) -> None:
    old = Dimensional(model=str(write(tmp_path / "old", safe=False)), device="cpu")
    assert old.raw([(voice(1.0), RATE)])[0] == pytest.approx(estimator.raw([(voice(1.0), RATE)])[0], abs=1e-5)


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_a_batch_says_what_each_clip_says_alone(tmp_path, norm) -> None:
    estimator = Dimensional(model=str(write(tmp_path / norm, norm=norm)), device="cpu")
    clips = [(voice(1.0), RATE), (voice(3.0, 90.0), RATE), (voice(0.5, 300.0), RATE), (voice(0.71, 220.0), 24_000)]
    together = estimator.raw(clips)
    for clip, raw in zip(clips, together, strict=True):
        assert raw == pytest.approx(estimator.raw([clip])[0], abs=1e-4)
    assert together[0] != pytest.approx(together[1], abs=1e-4), "it hears something"


def test_a_long_sound_is_the_mean_of_its_windows(estimator) -> None:
    sound = voice(45.0)
    sound -= sound.mean()
    whole = estimator.raw([(sound, RATE)])[0]
    first, second = estimator.raw([(sound[: 30 * RATE], RATE), (sound[30 * RATE :], RATE)])
    for name in whole:
        assert whole[name] == pytest.approx((30 * first[name] + 15 * second[name]) / 45, abs=1e-3)


def test_the_profile_is_of_dimensions_and_nobody_calibrated_it(estimator) -> None:
    found, raw = estimator.profile(voice(2.0), RATE), estimator.raw([(voice(2.0), RATE)])[0]
    assert found.arousal == pytest.approx(np.clip(2 * raw["arousal"] - 1, -1, 1))
    assert found.valence == pytest.approx(np.clip(2 * raw["valence"] - 1, -1, 1))
    assert found.dominance == pytest.approx(np.clip(2 * raw["dominance"] - 1, -1, 1))
    assert set(found.evidence.values()) == {"none"}
    for one in categories():
        assert found.scores[one.id] == place_score(one, found.valence, found.arousal)
    assert "not calibrated" in found.reasons["anger"]
    verdict = verify(voice(2.0), RATE, text="", category="anger", checks=("emotion",), estimator=estimator)
    assert verdict.level == "undecided"
    assert (estimator.licence, estimator.most_evidence) == ("CC-BY-NC-SA-4.0", "dimension")


def test_a_category_scores_as_far_as_the_voice_lies_where_it_does() -> None:
    anger, sadness = get("anger"), get("sadness")
    assert place_score(anger, -1, 1) == 7 and place_score(anger, 1, 1) == 0 and place_score(anger, -1, -1) == 0
    assert place_score(anger, -0.5, 1) == pytest.approx(3.5), "by the dimension in which it lies least"
    assert place_score(sadness, -1, 0) == 0
    placed = [one for one in categories() if place_score(one, 0, 0) is not None]
    assert all(place_score(one, one.valence_value, one.arousal_value) == 7 for one in placed)
    assert {one.id for one in categories()} - {one.id for one in placed}, "some lie nowhere, and have no score"


# --- Weights that are none


def refused(folder, words) -> None:
    with pytest.raises(UsageError, match=words):
        Dimensional(model=str(folder), device="cpu")


def changed(folder, tmp_path, change):
    shutil.copytree(folder, tmp_path / "changed")
    change(tmp_path / "changed")
    return tmp_path / "changed"


def test_a_missing_head_is_told_and_not_drawn_at_random(folder, tmp_path) -> None:
    from safetensors.torch import load_file, save_file

    def behead(place) -> None:
        state = {
            name: value
            for name, value in load_file(place / "model.safetensors").items()
            if "out_proj" not in name or "classifier" not in name
        }
        save_file(state, place / "model.safetensors", metadata={"format": "pt"})

    refused(changed(folder, tmp_path, behead), "its weights lack classifier.out_proj.bias and 1 more; expected a wav2vec2")


def test_another_architecture_or_order_is_told(tmp_path) -> None:
    config = transformers.HubertConfig(**TINY, num_labels=3)
    transformers.HubertForSequenceClassification(config).save_pretrained(tmp_path / "hubert")
    refused(tmp_path / "hubert", "holds a network of type 'hubert'; expected wav2vec2")
    refused(
        write(tmp_path / "order", labels=("valence", "arousal", "dominance")),
        "its head gives valence, arousal, dominance; expected arousal, dominance, valence in this order",
    )
    refused(write(tmp_path / "two", labels=("arousal", "valence")), "its head gives arousal, valence")


def test_a_truncated_file_is_told(folder, tmp_path) -> None:
    def cut(place) -> None:
        path = place / "model.safetensors"
        path.write_bytes(path.read_bytes()[:-500])

    refused(changed(folder, tmp_path, cut), "damaged or cut short")


class Payload:
    """What a pickle could run."""

    def __reduce__(self):
        return print, ("run",)


def test_a_pickle_that_needs_more_than_tensors_is_refused(folder, tmp_path, capsys) -> None:
    def poison(place) -> None:
        (place / "model.safetensors").unlink()
        torch.save({"classifier.dense.weight": Payload()}, place / "pytorch_model.bin")

    refused(changed(folder, tmp_path, poison), "holds more than weights")
    assert "run" not in capsys.readouterr().out


def test_what_is_not_there_is_told(tmp_path) -> None:
    refused(tmp_path / "nowhere", "do not exist")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "cannot be loaded")
    with pytest.raises(UsageError, match="CC-BY-NC-SA-4.0.*voiceact model fetch wav2vec2-msp-dim"):
        Dimensional(device="cpu")
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.json").write_text(json.dumps({"model_type": "wav2vec2"}))
    refused(tmp_path / "config", "gives|cannot be loaded")
