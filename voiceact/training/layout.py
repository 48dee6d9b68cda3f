"""Write trained heads: a file a head in the published layout, all of them as one ONNX model, and the card.

heads/model_Anger_best.pth   as Empathic-Insight-Voice publishes them
heads/heads.onnx             features [clips, width] -> scores [clips, heads], without torch
heads/card.json              what they were trained on, and how good they are
"""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import get
from voiceact.estimators.trained import CARD, FORMAT, MODEL
from voiceact.runtime.extras import MissingExtraError
from voiceact.training.heads import LAYERS, SIZES, State


def head_file(category: str) -> str:
    """Name the file of a head as the published ones are named: "anger" -> "model_Anger_best.pth"."""
    return f"model_{get(category).file_stem}_best.pth"


def write_heads(folder: Path, states: Mapping[str, State], card: Mapping[str, Any], *, frames: int) -> dict[str, Any]:
    """Write heads and card into an empty folder.

    Args:
        folder: the folder
        states: category id -> tensors; they take the mean over frames where the encoder gives frames
        card: what is known of them; the hash of the ONNX model is added
        frames: frames of the encoder's output, over which the weights of a published head are divided; 1 for a vector

    Returns:
        The card as written.

    Raises:
        MissingExtraError: without torch or onnx
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError("training", "train") from None
    for category, state in states.items():
        wide = state | {"proj.weight": np.tile(state["proj.weight"] / np.float32(frames), (1, frames))}
        torch.save(
            {key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in wide.items()}, folder / head_file(category)
        )
    model = make_onnx(states, card)
    (folder / MODEL).write_bytes(model)
    whole = {"format": FORMAT, **card, "heads": list(states), "sha256": hashlib.sha256(model).hexdigest()}
    (folder / CARD).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return whole


def make_onnx(states: Mapping[str, State], card: Mapping[str, Any]) -> bytes:
    """Make the ONNX model of all heads: float32 [clips, width] "features" to float32 [clips, heads] "scores", 0 to 4.

    What the heads were trained on is written into the model itself too, so that it is known without the card.

    Raises:
        MissingExtraError: without onnx
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise MissingExtraError("the ONNX model of heads", "train") from None
    count, values = len(states), list(states.values())
    width = values[0]["proj.weight"].shape[1]
    tensors: list[Any] = []
    nodes: list[Any] = []

    def constant(name: str, array: Any) -> str:
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    # The first layers are one matrix; then each head has its own, as a batch of products.
    first = constant("weight0", np.concatenate([state["proj.weight"] for state in values]).T)
    nodes.append(helper.make_node("MatMul", ["features", first], ["m0"]))
    nodes.append(helper.make_node("Add", ["m0", constant("bias0", np.concatenate([s["proj.bias"] for s in values]))], ["a0"]))
    nodes.append(helper.make_node("Reshape", ["a0", constant("shape", np.array([-1, count, SIZES[0]], np.int64))], ["r0"]))
    nodes.append(helper.make_node("Transpose", ["r0"], ["x0"], perm=[1, 0, 2]))
    for number, layer in enumerate(LAYERS[1:], 1):
        weight = constant(f"weight{number}", np.stack([state[f"{layer}.weight"].T for state in values]))
        bias = constant(f"bias{number}", np.stack([state[f"{layer}.bias"] for state in values])[:, None])
        nodes.append(helper.make_node("Relu", [f"x{number - 1}"], [f"u{number}"]))
        nodes.append(helper.make_node("MatMul", [f"u{number}", weight], [f"m{number}"]))
        nodes.append(helper.make_node("Add", [f"m{number}", bias], [f"x{number}"]))
    nodes.append(helper.make_node("Squeeze", [f"x{len(LAYERS) - 1}", constant("last", np.array([2], np.int64))], ["s"]))
    nodes.append(helper.make_node("Transpose", ["s"], ["scores"], perm=[1, 0]))
    graph = helper.make_graph(
        nodes,
        "heads",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["clips", width])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["clips", count])],
        tensors,
    )
    model = helper.make_model(graph, producer_name="voiceact", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    stated = {
        "format": FORMAT,
        "heads": json.dumps(list(states)),
        "encoder": str(card["encoder"]),
        "synthetic_data": json.dumps(card["synthetic_data"]),
    }
    helper.set_model_props(model, stated)
    onnx.checker.check_model(model)
    file = io.BytesIO()
    onnx.save_model(model, file)
    return file.getvalue()


__all__ = ["head_file", "make_onnx", "write_heads"]
