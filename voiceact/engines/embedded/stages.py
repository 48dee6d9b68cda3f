"""Run the model in three stages: durations, then F0 and energy, then the vocoder's spectra."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.graph import cut

FloatArray = NDArray[np.float32]

FRAME_SECONDS = 0.0125
"""hop of F0 and spectra; a step of the durations is two"""
SAMPLE_RATE, HOP, N_FFT = 24000, 300, 1200
BIN_HZ = SAMPLE_RATE / N_FFT

_FLOAT, _INT64 = 1, 7
_DURATIONS, _PROSODY, _CONTENT = "/Sub_output_0", "/Transpose_22_output_0", "/Transpose_55_output_0"
_ALIGNMENT, _FEATURES, _ENERGY = "/ReduceSum_1_output_0", "/Reshape_42_output_0", "/Mul_62_output_0"
_SPECTRA = ("lh", "theta", "ln", "lr", "phi")


@dataclass(slots=True)
class Reading:
    """Output of the first stage for L phoneme ids.

    Attributes:
        durations: float32 [L], in steps of 25 ms, at the model's own pace
        prosody: hidden states for the second stage
        content: hidden states for the second stage
    """

    durations: FloatArray
    prosody: FloatArray
    content: FloatArray


@dataclass(slots=True)
class Contour:
    """Output of the second stage for T steps: 2T frames of 12.5 ms.

    Attributes:
        f0: float32 [2T], Hz, at most 40 where unvoiced
        energy: float32 [2T], about -10 (silence) to 9
        features: hidden states for the third stage
    """

    f0: FloatArray
    energy: FloatArray
    features: FloatArray


@dataclass(slots=True)
class Spectra:
    """Vocoder parameters of F frames on 601 bins of 20 Hz, all float32 [601, F].

    Attributes:
        harmonic: natural logarithm of the amplitude of the pulse branch
        rotation: phase of the pulse branch (tanh of it, in half turns)
        noise: natural logarithm of the amplitude of the noise branch
        free: natural logarithm of the amplitude of the branch with a phase of its own
        phase: of that branch, in radians
    """

    harmonic: FloatArray
    rotation: FloatArray
    noise: FloatArray
    free: FloatArray
    phase: FloatArray


class Stages:
    """The bundled voice's model, cut in three; each part is loaded at its first use.

    Attributes:
        path: of the model file
        model: its bytes
    """

    def __init__(self) -> None:
        from hibari.voices import DEFAULT, voice_path

        # download_missing=False: only what ships in the wheel is ever read.
        self.path = Path(voice_path(DEFAULT, download_missing=False))
        self.model = self.path.read_bytes()

    @cached_property
    def model_sha256(self) -> str:
        """SHA-256 of the model file."""
        return sha256(self.model).hexdigest()

    def read(self, ids: tuple[int, ...]) -> Reading:
        """Run the first stage: phoneme ids, with the 0 pads, to durations."""
        durations, prosody, content = self._first.run(None, {"ids": np.asarray([ids], np.int64)})
        return Reading(durations.reshape(-1), prosody, content)

    def contour(self, reading: Reading, steps: NDArray[np.int64]) -> Contour:
        """Run the second stage: the number of 25 ms steps of each id, to F0 and energy."""
        alignment = np.repeat(np.arange(len(steps), dtype=np.int64), steps)
        f0, energy, features = self._second.run(
            None, {_PROSODY: reading.prosody, _CONTENT: reading.content, _ALIGNMENT: alignment}
        )
        return Contour(f0[0], energy[0], features)

    def spectra(self, contour: Contour) -> Spectra:
        """Run the third stage: (edited) F0 and energy to vocoder parameters."""
        outputs = self._third.run(None, {_FEATURES: contour.features, "f0": contour.f0[None], _ENERGY: contour.energy[None]})
        return Spectra(*(part[0] for part in outputs))

    @cached_property
    def _first(self) -> Any:
        return _session(
            cut(self.model, inputs={"ids": _INT64}, outputs=dict.fromkeys((_DURATIONS, _PROSODY, _CONTENT), _FLOAT))
        )

    @cached_property
    def _second(self) -> Any:
        return _session(
            cut(
                self.model,
                inputs={_PROSODY: _FLOAT, _CONTENT: _FLOAT, _ALIGNMENT: _INT64},
                outputs=dict.fromkeys(("f0", _ENERGY, _FEATURES), _FLOAT),
            )
        )

    @cached_property
    def _third(self) -> Any:
        return _session(
            cut(self.model, inputs={_FEATURES: _FLOAT, "f0": _FLOAT, _ENERGY: _FLOAT}, outputs=dict.fromkeys(_SPECTRA, _FLOAT))
        )


def _session(model: bytes) -> Any:
    """Open a session with one thread: takes run in parallel as processes, not inside one."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Stronger optimisation fuses int8 steps and moves F0 by up to 2.5 Hz against the whole graph.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
