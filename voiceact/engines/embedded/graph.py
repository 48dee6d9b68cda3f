"""Cutting an ONNX graph into stages, so that durations, F0 and energy can be acted on in between.

The onnx package (31 MB) is not needed for it: protobuf, which onnxruntime installs anyway, reads
the few fields that matter (numbers from onnx.proto3) and keeps all others as they are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

_STRING, _MESSAGE = 9, 11
_OPTIONAL, _REPEATED = 1, 3

# message -> field -> (number in onnx.proto3, repeated, type: None is a string)
_SCHEMA: dict[str, dict[str, tuple[int, bool, str | None]]] = {
    "Model": {"graph": (7, False, "Graph")},
    "Graph": {
        "node": (1, True, "Node"),
        "initializer": (5, True, "Named"),
        "input": (11, True, "Value"),
        "output": (12, True, "Value"),
        "value_info": (13, True, "Value"),
    },
    "Node": {"input": (1, True, None), "output": (2, True, None), "op_type": (4, False, None)},
    "Named": {"name": (8, False, None)},
    "Value": {"name": (1, False, None), "type": (2, False, "Type")},
    "Type": {"tensor_type": (1, False, "Tensor")},
    "Tensor": {"shape": (2, False, "Shape")},
    "Shape": {},
}


@lru_cache
def _model_class() -> type[Any]:
    """Return a protobuf class of ModelProto that has only the fields in `_SCHEMA`."""
    file = descriptor_pb2.FileDescriptorProto(name="voiceact_onnx.proto", package="voiceact_onnx", syntax="proto3")
    for message, entries in _SCHEMA.items():
        described = file.message_type.add(name=message)
        for name, (number, repeated, kind) in entries.items():
            described.field.add(
                name=name,
                number=number,
                label=_REPEATED if repeated else _OPTIONAL,
                type=_MESSAGE if kind else _STRING,
                type_name=f".voiceact_onnx.{kind}" if kind else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    model: type[Any] = message_factory.GetMessageClass(pool.FindMessageTypeByName("voiceact_onnx.Model"))
    return model


def cut(model: bytes, *, inputs: dict[str, int], outputs: dict[str, int]) -> bytes:
    """Return the part of a model that computes `outputs` from `inputs`.

    Args:
        model: a serialized ONNX ModelProto
        inputs: tensor names to feed, with their ONNX element type (1 float32, 7 int64)
        outputs: tensor names to return, with their element type

    Returns:
        a serialized ModelProto with exactly these inputs and outputs

    Raises:
        KeyError: if an output depends on a graph input that is not among `inputs`
    """
    parsed = _model_class().FromString(model)
    graph = parsed.graph
    nodes, used = _walk_back(graph, set(inputs), outputs)
    weights = [item.SerializeToString() for item in graph.initializer if item.name in used]
    operators = [node.SerializeToString() for node in nodes]
    for part in ("node", "initializer", "input", "output", "value_info"):
        graph.ClearField(part)
    for blob in operators:
        graph.node.add().ParseFromString(blob)
    for blob in weights:
        graph.initializer.add().ParseFromString(blob)
    for part, tensors in ((graph.input, inputs), (graph.output, outputs)):
        for name, element_type in tensors.items():
            part.add().ParseFromString(_value_info(name, element_type))
    serialized: bytes = parsed.SerializeToString()
    return serialized


@dataclass(frozen=True, slots=True)
class Inside:
    """Names in a model's graph.

    Attributes:
        inputs: of the whole graph, in order, without the weights
        outputs: of the whole graph, in order
        makers: tensor -> (operator that computes it, tensors that the operator reads)
        operators: types of all operators
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    makers: dict[str, tuple[str, tuple[str, ...]]]
    operators: frozenset[str]


def look_inside(model: bytes) -> Inside:
    """Return the names in a serialized ONNX ModelProto.

    Raises:
        ValueError: if it is none, or not a whole one
    """
    try:
        graph = _model_class().FromString(model).graph
    except DecodeError as error:
        raise ValueError("no whole ONNX model") from error
    weights = {item.name for item in graph.initializer}
    return Inside(
        tuple(item.name for item in graph.input if item.name not in weights),
        tuple(item.name for item in graph.output),
        {name: (node.op_type, tuple(node.input)) for node in graph.node for name in node.output},
        frozenset(node.op_type for node in graph.node),
    )


def _walk_back(graph: Any, stops: set[str], outputs: Iterable[str]) -> tuple[list[Any], set[str]]:
    """Return the nodes, in graph order, on which `wanted` depends up to `stops`, and all tensors that they read."""
    maker_of = {name: index for index, node in enumerate(graph.node) for name in node.output if name}
    known = {item.name for item in graph.initializer} | {""} | stops
    keep: set[int] = set()
    used: set[str] = set()
    open_names = list(outputs)
    while open_names:
        name = open_names.pop()
        if name in used:
            continue
        used.add(name)
        if name in known:
            continue
        keep.add(maker_of[name])
        open_names.extend(graph.node[maker_of[name]].input)
    return [graph.node[index] for index in sorted(keep)], used


def _value_info(name: str, element_type: int) -> bytes:
    """Serialize the ValueInfoProto of a tensor of unknown shape: field 1 name, field 2.1.1 element type."""
    tensor = b"\x08" + bytes([element_type])
    kind = b"\x0a" + bytes([len(tensor)]) + tensor
    encoded = name.encode()
    return b"\x0a" + bytes([len(encoded)]) + encoded + b"\x12" + bytes([len(kind)]) + kind
