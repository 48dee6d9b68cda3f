"""The recognizers: real libraries on tiny random weights in their published layouts. What they hear is noise; that it is
heard, and the same alone and in company, can be tested."""

import json
import shutil

import numpy as np
import pytest

from voiceact.errors import UsageError
from voiceact.verify.backends.asr.pocketsphinx import PocketSphinx
from voiceact.verify.backends.registry import load_backend, open_means
from voiceact.verify.transcript import check_transcript

RATE = 16_000


def voice(seconds: float, f0: float = 150.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(int(f0)).normal(size=len(time))
    return (0.1 * np.sign(np.sin(2 * np.pi * f0 * time)) + 0.02 * noise).astype(np.float32)


CLIPS = [(voice(1.0), RATE), (voice(2.0, 90.0), 24_000), (voice(0.5, 300.0), RATE)]


def holds(recognizer) -> list[str]:
    """What every recognizer owes: a text each, the same alone and in company, in a check that names it."""
    together = recognizer.hear_all(CLIPS, language="en")
    alone = [recognizer.hear(samples, rate, language="en") for samples, rate in CLIPS]
    assert together == alone and all(isinstance(text, str) for text in together)
    check = check_transcript(CLIPS[0][0], RATE, text="The blue cup stands next to the kettle.", recognizer=recognizer)
    assert check.details["recognizer"] == recognizer.name and check.details["revision"] == recognizer.revision
    assert check.details["heard"] == alone[0] and check.outcome == "fail"
    assert recognizer.paces == (1.0,)
    return together


def test_pocketsphinx_can_be_asked_for_by_name() -> None:
    assert isinstance(open_means(asr="pocketsphinx").asr, PocketSphinx)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from tiny_whisper import write_whisper

    return write_whisper(tmp_path_factory.mktemp("whisper") / "tiny", places=24)


def said_by_the_library(folder, sound) -> str:
    import transformers

    processor = transformers.WhisperProcessor.from_pretrained(folder)
    model = transformers.WhisperForConditionalGeneration.from_pretrained(folder).eval()
    inputs = processor(sound, sampling_rate=RATE, return_tensors="pt", return_attention_mask=True)
    tokens = model.generate(**inputs, language="en", task="transcribe", max_new_tokens=16, do_sample=False)
    return processor.batch_decode(tokens, skip_special_tokens=True)[0].strip()


def test_whisper_through_transformers(whisper) -> None:
    recognizer = load_backend("asr", f"whisper:model={whisper},device=cpu")
    heard = holds(recognizer)
    assert heard[0] == said_by_the_library(whisper, CLIPS[0][0] * np.float32(0.7 / np.abs(CLIPS[0][0]).max()))
    assert recognizer.speaks("de") and recognizer.speaks("en-GB") and not recognizer.speaks("tlh")
    assert recognizer.revision.split("+")[1]
    long = np.clip(voice(40.0), -0.1, 0.1)
    assert recognizer.hear(long, RATE, language="en") == " ".join(filter(None, (
        recognizer.hear(long[:30 * RATE], RATE, language="en"), recognizer.hear(long[30 * RATE:], RATE, language="en"))))


def test_whisper_weights_that_are_none(whisper, tmp_path) -> None:
    for number, (change, words) in enumerate((
            (lambda place: (place / "model.safetensors").write_bytes((place / "model.safetensors").read_bytes()[:-400]),
             "damaged or cut short"),
            (lambda place: (place / "config.json").write_text('{"model_type": "bert"}'), "of another model than its config.json describes"),
            (lambda place: (place / "tokenizer.json").unlink(), "its tokenizer has 1 tokens, and the model writes 51865"))):
        place = tmp_path / str(number)
        shutil.copytree(whisper, place)
        change(place)
        with pytest.raises(UsageError, match=words):
            load_backend("asr", f"whisper:model={place},device=cpu")
    with pytest.raises(UsageError, match="whisper needs weights of your own; expected whisper:model=FOLDER"):
        load_backend("asr", "whisper")


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed (voiceact[faster-whisper])")
    pytest.importorskip("transformers", reason="transformers is not installed, which the converter reads with")
    from ctranslate2.converters import TransformersConverter
    from tiny_whisper import write_whisper

    source, target = write_whisper(tmp_path_factory.mktemp("source") / "tiny"), tmp_path_factory.mktemp("ct2") / "tiny"
    TransformersConverter(str(source), copy_files=["tokenizer.json", "preprocessor_config.json"]).convert(str(target))
    return target


def test_faster_whisper(converted) -> None:
    recognizer = load_backend("asr", f"faster-whisper:model={converted},device=cpu,compute=float32,beam=1,threads=1,tokens=16")
    holds(recognizer)
    assert recognizer.speaks("en") and not recognizer.speaks("tlh")
    assert recognizer.name == "faster-whisper" and "+" in recognizer.revision


def test_faster_whisper_weights_that_are_none(converted, tmp_path) -> None:
    shutil.copytree(converted, tmp_path / "cut")
    path = tmp_path / "cut/model.bin"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UsageError, match="cannot be loaded as weights of faster-whisper"):
        load_backend("asr", f"faster-whisper:model={tmp_path / 'cut'},device=cpu")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="cannot be loaded as weights of faster-whisper"):
        load_backend("asr", f"faster-whisper:model={tmp_path / 'empty'},device=cpu")
    with pytest.raises(UsageError, match="does not exist"):
        load_backend("asr", f"faster-whisper:model={tmp_path / 'nowhere'}")


@pytest.fixture(scope="module")
def conformer(tmp_path_factory):
    """A graph with the names of NeMo's CTC export: mel bands averaged over eight frames, one matrix, log-softmax."""
    pytest.importorskip("onnx_asr", reason="onnx-asr is not installed (voiceact[onnx-asr])")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    from onnx import TensorProto, helper, numpy_helper

    folder = tmp_path_factory.mktemp("conformer") / "tiny"
    folder.mkdir()
    tokens = ["<unk>", *(f"▁{letter}" for letter in "abcdefgh"), "i", "j", "<blk>"]
    weights = np.random.default_rng(0).normal(size=(80, len(tokens))).astype(np.float32)
    nodes = [helper.make_node("AveragePool", ["audio_signal"], ["pooled"], kernel_shape=[8], strides=[8], ceil_mode=1),
             helper.make_node("Transpose", ["pooled"], ["frames"], perm=[0, 2, 1]),
             helper.make_node("MatMul", ["frames", "weights"], ["logits"]),
             helper.make_node("LogSoftmax", ["logits"], ["logprobs"], axis=-1),
             helper.make_node("Identity", ["length"], ["unused"])]
    graph = helper.make_graph(
        nodes, "tiny", [helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["b", 80, "t"]),
                        helper.make_tensor_value_info("length", TensorProto.INT64, ["b"])],
        [helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["b", "f", len(tokens)]),
         helper.make_tensor_value_info("unused", TensorProto.INT64, ["b"])],
        [numpy_helper.from_array(weights, "weights")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    (folder / "vocab.txt").write_text("".join(f"{token} {at}\n" for at, token in enumerate(tokens)), "utf-8")
    (folder / "config.json").write_text(json.dumps({"model_type": "nemo-conformer-ctc", "features_size": 80,
                                                    "subsampling_factor": 8}))
    return folder


def test_onnx_asr(conformer) -> None:
    recognizer = load_backend("asr", f"onnx-asr:model={conformer},languages=en;de")
    heard = holds(recognizer)
    assert any(heard) and len(set(heard)) > 1
    assert recognizer.speaks("de-AT") and not recognizer.speaks("fr")
    assert load_backend("asr", f"onnx-asr:model={conformer},type=nemo-conformer-ctc").speaks("en")


def test_onnx_asr_weights_that_are_none(conformer, tmp_path) -> None:
    def changed(name, change):
        shutil.copytree(conformer, tmp_path / name)
        change(tmp_path / name)
        return f"onnx-asr:model={tmp_path / name}"

    with pytest.raises(UsageError, match="cannot be loaded as weights of onnx-asr"):
        load_backend("asr", changed("cut", lambda place: (place / "model.onnx").write_bytes(b"\x08\x09garbage")))
    with pytest.raises(UsageError, match="cannot be loaded as weights of onnx-asr"):
        load_backend("asr", changed("gone", lambda place: (place / "model.onnx").unlink()))
    with pytest.raises(UsageError, match="has no config.json that says what it holds"):
        load_backend("asr", changed("mute", lambda place: (place / "config.json").unlink()))
    with pytest.raises(UsageError, match="cannot be loaded as weights of onnx-asr"):
        load_backend("asr", changed("odd", lambda place: (place / "config.json").write_text('{"model_type": "bert"}')))
