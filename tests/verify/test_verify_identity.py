"""Does the persona still sound like itself? The encoder is run on weights made up here."""

import io
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voiceact.errors import VoiceactError
from voiceact.verify.backends.speaker import ge2e as voiceprint
from voiceact.verify.identity import LEAST_SIMILARITY, check_identity

RATE = 16000
SOUND = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)


def test_without_an_encoder_its_absence_is_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voiceprint, "weights_path", lambda: None)
    found = check_identity(SOUND, RATE, twin=(SOUND, RATE))
    assert (found.outcome, found.reason) == ("not judged", "not_installed")
    assert "no speaker encoder is installed" in found.sentence


def test_outcomes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voiceprint, "weights_path", lambda: Path("weights"))
    assert check_identity(SOUND, RATE).reason == "no_twin"
    for similarity, outcome, reason in ((0.9, "pass", ""), (0.3, "fail", "other_voice")):
        pair = iter([np.array([1.0, 0.0]), np.array([similarity, 0.0])])
        monkeypatch.setattr(voiceprint, "embed", lambda samples, rate, pair=pair: next(pair))
        found = check_identity(SOUND, RATE, twin=(SOUND, RATE))
        assert (found.outcome, found.reason, found.threshold) == (outcome, reason, LEAST_SIMILARITY)


def made_up(seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    weights = {"linear.weight": (256, 256), "linear.bias": (256,)}
    for layer in range(3):
        weights |= {f"lstm.weight_ih_l{layer}": (1024, 40 if layer == 0 else 256),
                    f"lstm.weight_hh_l{layer}": (1024, 256),
                    f"lstm.bias_ih_l{layer}": (1024,), f"lstm.bias_hh_l{layer}": (1024,)}
    return {name: random.normal(0, 0.1, shape).astype(np.float32) for name, shape in weights.items()}


def test_embeddings_have_length_one_whatever_the_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voiceprint, "_weights", made_up)
    monkeypatch.setattr(voiceprint, "weights_path", lambda: Path("weights"))
    print_ = voiceprint.embed(SOUND, RATE)
    assert print_.shape == (256,)
    assert np.linalg.norm(print_) == pytest.approx(1)
    with pytest.raises(VoiceactError, match="less than a quarter of a second"):
        voiceprint.embed(np.zeros(RATE, np.float32), RATE)
    assert check_identity(np.zeros(RATE, np.float32), RATE, twin=(SOUND, RATE)).reason == "no_speech"


def test_the_recurrent_layer_is_the_textbooks() -> None:
    weights = made_up(1)
    inputs = np.random.default_rng(2).normal(size=(1, 5, 40)).astype(np.float32)
    hidden, cell = np.zeros(256), np.zeros(256)
    for row in inputs[0]:
        gates = (weights["lstm.weight_ih_l0"] @ row + weights["lstm.bias_ih_l0"]
                 + weights["lstm.weight_hh_l0"] @ hidden + weights["lstm.bias_hh_l0"])
        entry, forget, new, output = (gates[part * 256:(part + 1) * 256] for part in range(4))
        cell = cell / (1 + np.exp(-forget)) + np.tanh(new) / (1 + np.exp(-entry))
        hidden = np.tanh(cell) / (1 + np.exp(-output))
    assert voiceprint._lstm(inputs, weights, 0)[0, -1] == pytest.approx(hidden, abs=1e-5)


def test_mel_filters_have_equal_area_and_rising_centres() -> None:
    filters = voiceprint._filters()
    assert filters.shape == (40, 201)
    centres = filters.argmax(axis=1)
    assert (np.diff(centres) >= 0).all()
    # 40 Hz between bins; narrow triangles hold few bins, so the wide ones are looked at.
    assert filters.sum(axis=1)[20:] * 40 == pytest.approx(1, rel=0.03)



def old_format(tensors: dict[str, np.ndarray], extra: Any = None) -> bytes:
    """A file as torch wrote it until 2020, without torch."""
    out = io.BytesIO()
    for head in (119547037146038801333356, 1001, {"little_endian": True}):
        pickle.dump(head, out, 2)
    out.write(_content(tensors, extra))
    pickle.dump([str(index) for index in range(len(tensors))], out, 2)
    for tensor in tensors.values():
        out.write(struct.pack("<q", tensor.size) + tensor.tobytes())
    return out.getvalue()


def _content(tensors: dict[str, np.ndarray], extra: Any) -> bytes:
    """A pickle in protocol 0, written by hand where it names torch."""
    items = b""
    for index, (name, tensor) in enumerate(tensors.items()):
        shape = b"(" + b"".join(b"I%d\n" % size for size in tensor.shape) + b"t"
        storage = b"(Vstorage\nctorch\nFloatStorage\nV%d\nVcpu\nI%d\ntQ" % (index, tensor.size)
        items += b"V%s\nctorch._utils\n_rebuild_tensor_v2\n(" % name.encode() + storage + b"I0\n" + shape
        items += b"(I1\ntI00\n(dtRs"
    return b"(dVmodel_state\n(d" + items + b"s" + (extra or b"") + b"."


def test_weights_are_read_and_nothing_is_run(tmp_path: Path) -> None:
    tensors = {"linear.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.ones(4, np.float32)}
    found = voiceprint.read_weights(io.BytesIO(old_format(tensors)))
    assert found.keys() == tensors.keys()
    assert all(np.array_equal(found[name], tensors[name]) for name in tensors)
    evil = io.BytesIO(old_format(tensors, b"Vx\ncos\nsystem\n(Vecho\ntRs"))
    with pytest.raises(pickle.UnpicklingError, match="os.system has no place"):
        voiceprint.read_weights(evil)


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pretrained.pt"
    path.write_bytes(old_format({"bias": np.ones(4, np.float32)})[:40])
    monkeypatch.setattr(voiceprint, "weights_path", lambda: path)
    voiceprint._weights.cache_clear()
    with pytest.raises(VoiceactError, match="pretrained.pt: is not the weights file"):
        voiceprint.embed(SOUND, RATE)
