"""Kokoro-82M in five stages: durations, F0 and energy, sines, their mixture, samples.

The cut points are tensors of the published ONNX exports of version 1.0, at any precision whose tensors are float32
between them (float32, int8). Together the stages give the bits of the whole graph, which is why they are optimised no
further than the graph is.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.graph import Inside, cut, look_inside
from voiceact.engines.embedded.stages import FloatArray
from voiceact.errors import UsageError

HARMONICS = 9
SINE_SHARE = 0.1
"""amplitude of each sine, as in the model's own source"""

_FLOAT, _INT64 = 1, 7
_SOURCE = "/decoder/decoder/generator/m_source"
_PROSODY_STYLE, _TIMBRE_STYLE = "/encoder/Slice_output_0", "/decoder/Slice_output_0"
_DURATIONS, _STATES = "/encoder/predictor/ReduceSum_output_0", "/encoder/predictor/text_encoder/Concat_4_output_0"
_CONTENT, _LONG_STATES = "/encoder/text_encoder/Transpose_2_output_0", "/encoder/MatMul_output_0"
_LONG_CONTENT, _F0, _ENERGY = "/encoder/MatMul_1_output_0", "/encoder/Reshape_output_0", "/encoder/Reshape_1_output_0"
_MIXED, _EXCITATION = f"{_SOURCE}/l_linear/MatMul_output_0", f"{_SOURCE}/l_tanh/Tanh_output_0"
CUT_POINTS = (
    _PROSODY_STYLE,
    _TIMBRE_STYLE,
    _DURATIONS,
    _STATES,
    _CONTENT,
    _LONG_STATES,
    _LONG_CONTENT,
    _F0,
    _ENERGY,
    _EXCITATION,
)
TOKEN_INPUTS = ("tokens", "input_ids")
"""names of the phoneme ids in the published exports"""


@dataclass(slots=True)
class KokoroReading:
    """Output of the first stage for L phoneme ids.

    Attributes:
        durations: float32 [L], in steps of 25 ms, at the voice's own pace
        states: float32 [1, L, 640], for F0 and energy
        content: float32 [1, 512, L], for the samples
    """

    durations: FloatArray
    states: FloatArray
    content: FloatArray


@dataclass(slots=True)
class KokoroContour:
    """Output of the second stage for T steps: 2T frames of 12.5 ms.

    Attributes:
        f0: float32 [2T], Hz, low or below 0 where unvoiced
        energy: float32 [2T]
        content: float32 [1, 512, T]
    """

    f0: FloatArray
    energy: FloatArray
    content: FloatArray


class KokoroStages:
    """A model file, cut into stages; each is loaded at its first use.

    Args:
        model: content of the ONNX file
        where: the file, for messages

    Raises:
        UsageError: if it is not a whole ONNX file, or one of another model
    """

    def __init__(self, model: bytes, where: str):
        self._model, self._where = model, where
        inside = _check_graph(model, where)
        self._tokens = next(name for name in inside.inputs if name in TOKEN_INPUTS)
        self._audio = inside.outputs[0]
        self._sines = _mixer_input(inside)
        self.deterministic = not any(name.startswith("Random") for name in inside.operators)
        """whether nothing in the graph is drawn at random"""

    @property
    def uneven(self) -> bool:
        """Whether the sines of the source can be replaced by uneven ones."""
        return self._sines is not None

    def read(self, ids: tuple[int, ...], prosody: FloatArray) -> KokoroReading:
        """Run the first stage: phoneme ids with 0 pads, and the prosody half of a style (float32 [1, 128]), to durations."""
        durations, states, content = self._first.run(None, {self._tokens: np.asarray([ids], np.int64), _PROSODY_STYLE: prosody})
        return KokoroReading(durations.reshape(-1), states, content)

    def contour(self, reading: KokoroReading, steps: NDArray[np.int64], prosody: FloatArray) -> KokoroContour:
        """Run the second stage: the number of steps of each id, to F0 and energy."""
        states = np.repeat(reading.states[0], steps, axis=0).T[None]
        f0, energy = self._second.run(None, {_LONG_STATES: np.ascontiguousarray(states), _PROSODY_STYLE: prosody})
        return KokoroContour(f0.reshape(-1), energy.reshape(-1), np.repeat(reading.content, steps, axis=2))

    def excitation(self, f0: FloatArray) -> FloatArray:
        """Return the model's own harmonic source, float32 [1, 300 F, 1], for an F0, float32 [F]."""
        source: FloatArray = self._third.run(None, {_F0: f0[None]})[0]
        return source

    def mixed(self, sines: FloatArray) -> FloatArray:
        """Return the source that the model mixes from nine sines, float32 [1, n, 9]."""
        source: FloatArray = self._fourth.run(None, {self._sines: sines})[0]
        return source

    def samples(self, contour: KokoroContour, excitation: FloatArray, timbre: FloatArray) -> FloatArray:
        """Run the last stage: (edited) F0, energy and source, and the timbre half of a style, to samples (float32 [300 F])."""
        output = self._fifth.run(
            None,
            {
                _LONG_CONTENT: contour.content,
                _F0: contour.f0[None],
                _ENERGY: contour.energy[None],
                _EXCITATION: excitation,
                _TIMBRE_STYLE: timbre,
            },
        )[0]
        samples: FloatArray = output.reshape(-1)
        return samples

    @cached_property
    def _first(self) -> Any:
        return self._cut({self._tokens: _INT64, _PROSODY_STYLE: _FLOAT}, (_DURATIONS, _STATES, _CONTENT))

    @cached_property
    def _second(self) -> Any:
        return self._cut({_LONG_STATES: _FLOAT, _PROSODY_STYLE: _FLOAT}, (_F0, _ENERGY))

    @cached_property
    def _third(self) -> Any:
        return self._cut({_F0: _FLOAT}, (_EXCITATION,))

    @cached_property
    def _fourth(self) -> Any:
        return self._cut({str(self._sines): _FLOAT}, (_EXCITATION,))

    @cached_property
    def _fifth(self) -> Any:
        fed = (_LONG_CONTENT, _F0, _ENERGY, _EXCITATION, _TIMBRE_STYLE)
        return self._cut(dict.fromkeys(fed, _FLOAT), (self._audio,))

    def _cut(self, inputs: dict[str, int], outputs: tuple[str, ...]) -> Any:
        try:
            part = cut(self._model, inputs=inputs, outputs=dict.fromkeys(outputs, _FLOAT))
        except KeyError as error:
            raise UsageError(
                f"{self._where}: is another model than Kokoro-82M v1.0: {outputs[0]} also depends on {error}"
            ) from None
        return open_session(part, self._where)


def open_session(model: bytes, where: str) -> Any:
    """Open a session with one thread: takes run in parallel as processes, not inside one.

    Raises:
        UsageError: if onnxruntime refuses the model
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Stronger optimisation fuses int8 steps, across the cuts too, and the stages would no longer equal the whole graph.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (state.Fail, state.InvalidGraph, state.InvalidArgument, state.NotImplemented) as error:
        raise UsageError(
            f"{where}: onnxruntime refuses it ({str(error).splitlines()[0][:160]}); expected the float32 or "
            "int8 export of Kokoro-82M v1.0"
        ) from error


def _check_graph(model: bytes, where: str) -> Inside:
    """Return the graph; raises UsageError if it is not that of Kokoro-82M v1.0."""
    try:
        inside = look_inside(model)
    except ValueError:
        raise UsageError(
            f"{where}: is no whole ONNX file (another format, damaged or cut short); expected the ONNX export "
            "of Kokoro-82M v1.0"
        ) from None
    missing = [name for name in CUT_POINTS if name not in inside.makers]
    if not set(TOKEN_INPUTS) & {*inside.inputs} or not {"style", "speed"} <= {*inside.inputs}:
        missing.insert(0, "inputs tokens (or input_ids), style, speed")
    if missing:
        raise UsageError(f"{where}: is another model than Kokoro-82M v1.0: it has no {missing[0]}")
    return inside


def _mixer_input(inside: Inside) -> str | None:
    """Return the tensor that the source's mixer multiplies by its weights; None if the export has another operator there."""
    operator, operands = inside.makers.get(_MIXED, ("", ()))
    return operands[0] if operator == "MatMul" else None
