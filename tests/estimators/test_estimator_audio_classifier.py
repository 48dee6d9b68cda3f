"""Any audio classifier: real classes with tiny random weights of three families, loaded by the production path."""

import shutil

import numpy as np
import pytest

from voiceact.errors import UsageError

RATE = 16_000
LABELS = ("angry", "happy", "neutral", "sad", "joy")


# --- The classifiers

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")

from voiceact.estimators.base import load_estimator  # noqa: E402
from voiceact.estimators.published.audio_classifier import AudioClassifier  # noqa: E402

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
WAVE = {**TINY, "conv_dim": [16] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 2, "classifier_proj_size": 8}


def named(labels):
    return {"id2label": dict(enumerate(labels)), "label2id": {one: at for at, one in enumerate(labels)}}


def made(family: str, labels, **more):
    if family == "wav2vec2":
        config = transformers.Wav2Vec2Config(**WAVE, **named(labels), **more)
        return transformers.Wav2Vec2ForSequenceClassification(config), transformers.Wav2Vec2FeatureExtractor()
    if family == "ast":
        config = transformers.ASTConfig(**TINY, max_length=128, **named(labels), **more)
        return transformers.ASTForAudioClassification(config), transformers.ASTFeatureExtractor(max_length=128)
    config = transformers.WhisperConfig(d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                                        decoder_attention_heads=2, encoder_ffn_dim=16, decoder_ffn_dim=16,
                                        classifier_proj_size=8, vocab_size=64, pad_token_id=0, **named(labels), **more)
    return transformers.WhisperForAudioClassification(config), transformers.WhisperFeatureExtractor()


def write(folder, family="wav2vec2", labels=LABELS, **more):
    torch.manual_seed(0)
    model, extractor = made(family, labels, **more)
    for weight in model.parameters():
        weight.data = torch.randn_like(weight) * 0.3 if weight.ndim > 1 else weight.data
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module", params=["wav2vec2", "ast", "whisper"])
def folder(request, tmp_path_factory):
    return write(tmp_path_factory.mktemp("classifier") / request.param, request.param)


@pytest.fixture(scope="module")
def estimator(folder):
    return load_estimator(f"audio-classifier:model={folder},device=cpu")


def voice(seconds: float, f0: float = 150.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(int(f0)).normal(size=len(time))
    sound = 0.1 * np.sign(np.sin(2 * np.pi * f0 * time)) + 0.02 * noise
    return (sound - sound.mean()).astype(np.float32)


def test_it_says_what_the_library_says(folder, estimator) -> None:
    sound = voice(2.0)
    model = transformers.AutoModelForAudioClassification.from_pretrained(folder).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    with torch.inference_mode():
        expected = model(**extractor(sound, sampling_rate=RATE, return_tensors="pt")).logits.softmax(-1)[0].tolist()
    raw = estimator.raw([(sound, RATE)])[0]
    assert tuple(raw) == LABELS and list(raw.values()) == pytest.approx(expected, abs=1e-5)


def test_probabilities_become_scores_of_the_categories_that_have_a_label(estimator) -> None:
    found, raw = estimator.profile(voice(1.0), RATE), estimator.raw([(voice(1.0), RATE)])[0]
    assert found.scores["anger"] == pytest.approx(7 * raw["angry"], abs=1e-5)
    assert found.scores["elation"] == pytest.approx(7 * (raw["happy"] + raw["joy"]), abs=1e-5)
    assert {one for one, score in found.scores.items() if score is not None} == {"anger", "elation", "sadness"}
    assert found.reasons["awe"] == "the classifier has no label for it"
    assert set(found.evidence.values()) == {"none"} and found.arousal is None


def test_a_batch_says_what_each_clip_says_alone(estimator) -> None:
    clips = [(voice(1.0), RATE), (voice(2.0, 90.0), RATE), (voice(0.5, 300.0), RATE), (voice(1.0, 220.0), RATE)]
    together = estimator.raw(clips)
    for clip, raw in zip(clips, together, strict=True):
        assert raw == pytest.approx(estimator.raw([clip])[0], abs=1e-5)
    assert together[0] != pytest.approx(together[1], abs=1e-5), "it hears something"


def test_a_long_sound_is_the_mean_of_its_windows(estimator) -> None:
    sound = voice(40.0)
    whole = estimator.raw([(sound, RATE)])[0]
    first, second = estimator.raw([(sound[:30 * RATE], RATE), (sound[30 * RATE:], RATE)])
    for label, value in whole.items():
        assert value == pytest.approx((30 * first[label] + 10 * second[label]) / 40, abs=1e-3)


def test_labels_that_do_not_exclude_each_other_are_asked_one_by_one(tmp_path) -> None:
    made = AudioClassifier(model=str(write(tmp_path / "multi", problem_type="multi_label_classification")), device="cpu")
    raw = made.raw([(voice(1.0), RATE)])[0]
    assert made.exclusive is False
    assert made.profile(voice(1.0), RATE).scores["elation"] == pytest.approx(7 * max(raw["happy"], raw["joy"]), abs=1e-5)


def test_the_users_labels_stand_in_the_revision(tmp_path) -> None:
    folder = write(tmp_path / "short", labels=("ang", "hap"))
    with pytest.raises(UsageError, match="none of the labels ang, hap names a category"):
        AudioClassifier(model=str(folder), device="cpu")
    made = load_estimator(f"audio-classifier:model={folder},labels=hap=elation;ang=Anger,device=cpu")
    assert made.revision.endswith("+ang=anger+hap=elation")
    assert made.profile(voice(1.0), RATE).scores["anger"] is not None


# --- Weights that are none


def refused(folder, words) -> None:
    with pytest.raises(UsageError, match=words):
        AudioClassifier(model=str(folder), device="cpu")


def test_a_missing_head_is_told_and_not_drawn_at_random(tmp_path) -> None:
    folder = write(tmp_path / "bare")
    config = transformers.AutoConfig.from_pretrained(folder)
    transformers.Wav2Vec2Model(config).save_pretrained(folder)
    refused(folder, "its weights lack .* classifier.bias|its weights lack")


def test_no_classifier_at_all_is_told(tmp_path) -> None:
    config = transformers.VitsConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, ffn_dim=16)
    config.save_pretrained(tmp_path)
    refused(tmp_path, "cannot be loaded")
    refused(write(tmp_path / "numbers", problem_type="regression"), "gives numbers and no labels")


def test_a_truncated_file_and_a_pickle_are_refused(tmp_path, capsys) -> None:
    folder = write(tmp_path / "cut")
    path = folder / "model.safetensors"
    shutil.copy(path, tmp_path / "whole")
    path.write_bytes(path.read_bytes()[:-300])
    refused(folder, "damaged or cut short")
    path.unlink()

    class Payload:
        def __reduce__(self):
            return print, ("run",)

    torch.save({"classifier.weight": Payload()}, folder / "pytorch_model.bin")
    refused(folder, "holds more than weights")
    assert "run" not in capsys.readouterr().out


def test_a_model_by_name_is_looked_for_in_the_local_cache_alone(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(UsageError, match="not in the local cache of the hub; get it with: hf download someone/ser --revision abc"):
        AudioClassifier(model="someone/ser", commit="abc", device="cpu")
    with pytest.raises(UsageError, match="there is no such folder"):
        AudioClassifier(model=str(tmp_path / "nowhere/at/all"), device="cpu")
    with pytest.raises(UsageError, match="audio-classifier needs a model"):
        AudioClassifier()
