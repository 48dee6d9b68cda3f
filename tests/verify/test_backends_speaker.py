"""The speaker encoders: resemblyzer with the weights of its wheel, ECAPA and WeSpeaker with tiny random ones."""

from itertools import combinations

import numpy as np
import pytest

from voiceact.errors import UsageError, VoiceactError
from voiceact.verify.backends.registry import load_backend
from voiceact.verify.backends.speaker import ge2e as voiceprint
from voiceact.verify.identity import LEAST_SIMILARITY, check_identity

RATE = 16_000
PERSONAS = ("nurse", "farmer", "curious-first-grader", "grumpy-lovable-grandpa")
TEXTS = ("The blue cup stands next to the kettle on the second shelf.", "We left the house at nine and walked along the river.")


def voice(seconds: float, f0: float = 150.0) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    noise = np.random.default_rng(int(f0)).normal(size=len(time))
    return (0.1 * np.sign(np.sin(2 * np.pi * f0 * time)) + 0.02 * noise).astype(np.float32)


CLIPS = [(voice(1.0), RATE), (voice(2.0, 90.0), 24_000), (voice(1.0, 300.0), RATE)]


def holds(encoder) -> None:
    """What every encoder owes: rows of length 1, the same alone and in company, itself nearest; a check that names it."""
    rows = encoder.embed(CLIPS)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(CLIPS)), abs=1e-5)
    for clip, row in zip(CLIPS, rows, strict=True):
        assert encoder.embed([clip])[0] == pytest.approx(row, abs=1e-5)
    assert not np.allclose(rows[0], rows[1], atol=1e-3), "it hears something"
    with pytest.raises(VoiceactError, match="less than a quarter of a second"):
        encoder.embed([(np.zeros(RATE, np.float32), RATE)])
    check = check_identity(*CLIPS[0], twin=CLIPS[0], encoder=encoder)
    assert check.details == {"encoder": encoder.name, "revision": encoder.revision}
    assert check.figure == pytest.approx(1, abs=1e-4)
    assert check_identity(np.zeros(RATE, np.float32), RATE, twin=CLIPS[0], encoder=encoder).reason == "no_speech"


@pytest.fixture(scope="module")
def spoken():
    from voiceact import synth

    return {(name, text): (clip.samples, clip.record.audio.sample_rate) for name in PERSONAS for text in TEXTS
            if (clip := synth(persona=name, text=text)).samples is not None}


@pytest.mark.skipif(voiceprint.weights_path() is None, reason="resemblyzer's weights are not installed")
@pytest.mark.parametrize("name", ["ge2e", "resemblyzer"])
def test_a_persona_is_more_like_itself_than_like_any_other(name, spoken) -> None:
    if name == "resemblyzer":
        pytest.importorskip("resemblyzer", reason="resemblyzer is not installed (voiceact[resemblyzer])")
    encoder = load_backend("speaker", name)
    rows = dict(zip(spoken, encoder.embed(list(spoken.values())), strict=True))
    same = {one: float(rows[one, TEXTS[0]] @ rows[one, TEXTS[1]]) for one in PERSONAS}
    other = {(one, two): float(rows[one, TEXTS[0]] @ rows[two, TEXTS[1]]) for one, two in combinations(PERSONAS, 2)}
    assert min(same.values()) > LEAST_SIMILARITY
    for one in PERSONAS:
        assert same[one] > max(value for pair, value in other.items() if one in pair)
    check = check_identity(*spoken["nurse", TEXTS[0]], twin=spoken["nurse", TEXTS[1]], encoder=encoder)
    assert (check.outcome, check.threshold) == ("pass", LEAST_SIMILARITY)


@pytest.mark.skipif(voiceprint.weights_path() is None, reason="resemblyzer's weights are not installed")
def test_ours_reads_the_weights_as_the_library_does(spoken) -> None:
    pytest.importorskip("resemblyzer", reason="resemblyzer is not installed (voiceact[resemblyzer])")
    ours, theirs = (load_backend("speaker", name).embed(list(spoken.values())) for name in ("ge2e", "resemblyzer"))
    # Ours leaves out silence by its own rule, so the two are near and not the same.
    assert (ours * theirs).sum(axis=1).min() > 0.9
    holds(load_backend("speaker", "resemblyzer"))


RECIPE = """pretrained_path: nowhere/spkrec-tiny
compute_features: !new:speechbrain.lobes.features.Fbank
    n_mels: 80
mean_var_norm: !new:speechbrain.processing.features.InputNormalization
    norm_type: sentence
    std_norm: False
embedding_model: !new:speechbrain.lobes.models.ECAPA_TDNN.ECAPA_TDNN
    input_size: 80
    channels: [16, 16, 16, 16, 48]
    kernel_sizes: [5, 3, 3, 3, 1]
    dilations: [1, 2, 3, 4, 1]
    groups: [1, 1, 1, 1, 1]
    attention_channels: 8
    res2net_scale: 2
    se_channels: 8
    lin_neurons: 24
mean_var_norm_emb: !new:speechbrain.processing.features.InputNormalization
    norm_type: global
    std_norm: False
modules:
    compute_features: !ref <compute_features>
    mean_var_norm: !ref <mean_var_norm>
    embedding_model: !ref <embedding_model>
    mean_var_norm_emb: !ref <mean_var_norm_emb>
pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
    loadables:
        embedding_model: !ref <embedding_model>
    paths:
        embedding_model: !ref <pretrained_path>/embedding_model.ckpt
"""


@pytest.fixture
def ecapa(tmp_path):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("speechbrain", reason="speechbrain is not installed (voiceact[speechbrain])")
    from speechbrain.lobes.models.ECAPA_TDNN import ECAPA_TDNN

    torch.manual_seed(0)
    folder = tmp_path / "spkrec"
    folder.mkdir()
    model = ECAPA_TDNN(80, lin_neurons=24, channels=[16, 16, 16, 16, 48], attention_channels=8, res2net_scale=2, se_channels=8)
    torch.save(model.state_dict(), folder / "embedding_model.ckpt")
    (folder / "hyperparams.yaml").write_text(RECIPE)
    return folder


def test_ecapa_through_speechbrain(ecapa) -> None:
    encoder = load_backend("speaker", f"ecapa:model={ecapa},device=cpu")
    holds(encoder)
    assert (encoder.name, encoder.least) == ("ecapa", 0.25)
    assert load_backend("speaker", f"ecapa:model={ecapa},device=cpu,least=0.4").least == 0.4
    assert sorted(path.name for path in ecapa.iterdir()) == ["embedding_model.ckpt", "hyperparams.yaml"], "nothing is left behind"


class Payload:
    def __reduce__(self):
        return print, ("run",)


def test_ecapa_weights_that_are_none(ecapa, capsys) -> None:
    import torch

    def refused(words: str) -> None:
        load_backend.cache_clear()
        with pytest.raises(UsageError, match=words):
            load_backend("speaker", f"ecapa:model={ecapa},device=cpu")

    weights = ecapa / "embedding_model.ckpt"
    whole, state = weights.read_bytes(), torch.load(weights, weights_only=True)
    weights.write_bytes(whole[:-2000])
    refused("cannot be loaded as weights of ecapa")
    torch.save({**state, "evil": Payload()}, weights)
    refused("holds more than weights")
    torch.save({name: value for name, value in state.items() if not name.startswith("fc.")}, weights)
    refused("embedding_model.ckpt: lacks fc.conv.bias and 1 more")
    weights.write_bytes(whole)
    (ecapa / "hyperparams.yaml").write_text(RECIPE.replace("speechbrain.lobes.features.Fbank", "builtins.print"))
    refused("would build builtins.print, which is no part of speechbrain or torch")
    (ecapa / "hyperparams.yaml").unlink()
    refused("lacks hyperparams.yaml")
    assert "run" not in capsys.readouterr().out


@pytest.fixture
def wespeaker(tmp_path):
    pytest.importorskip("wespeakerruntime", reason="wespeakerruntime is not installed (voiceact[wespeaker])")
    pytest.importorskip("torchaudio", reason="torchaudio is not installed")
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(0).normal(size=(80, 16)).astype(np.float32)
    nodes = [helper.make_node("MatMul", ["feats", "weights"], ["frames"]), helper.make_node("Relu", ["frames"], ["active"]),
             helper.make_node("ReduceMean", ["active"], ["embs"], axes=[1], keepdims=0)]
    graph = helper.make_graph(nodes, "tiny", [helper.make_tensor_value_info("feats", TensorProto.FLOAT, ["b", "t", 80])],
                              [helper.make_tensor_value_info("embs", TensorProto.FLOAT, ["b", 16])],
                              [numpy_helper.from_array(weights, "weights")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), tmp_path / "tiny.onnx")
    return tmp_path / "tiny.onnx"


def test_wespeaker_judges_only_with_a_limit_that_is_said(wespeaker) -> None:
    encoder = load_backend("speaker", f"wespeaker:model={wespeaker}")
    holds(encoder)
    check = check_identity(*CLIPS[0], twin=CLIPS[1], encoder=encoder)
    assert (check.outcome, check.reason, check.threshold) == ("not judged", "no_limit", None)
    assert "no limit is known for wespeaker, say one with least=" in check.sentence
    said = load_backend("speaker", f"wespeaker:model={wespeaker},least=1.5")
    assert check_identity(*CLIPS[0], twin=CLIPS[1], encoder=said).reason == "other_voice"


def test_wespeaker_weights_that_are_none(wespeaker) -> None:
    load_backend.cache_clear()
    with pytest.raises(UsageError, match="least=much is no number"):
        load_backend("speaker", f"wespeaker:model={wespeaker},least=much")
    wespeaker.write_bytes(b"\x08\x09garbage")
    with pytest.raises(UsageError, match="cannot be loaded as weights of wespeaker"):
        load_backend("speaker", f"wespeaker:model={wespeaker}")
