"""A speaker embedding without torch: the GE2E encoder whose weights lie in the resemblyzer wheel.

Wan et al., Generalized End-to-End Loss for Speaker Verification (ICASSP 2018); weights Apache-2.0. Only
the weights are read, by numpy, so `pip install --no-deps resemblyzer` (16 MB) is enough.
"""

import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples, loudness_lufs, resample
from voiceact.errors import VoiceactError

Floats = NDArray[np.float32]

RATE, WINDOW, HOP, BANDS = 16000, 400, 160, 40
PARTIAL_FRAMES, PARTIAL_STEP = 160, 77
"""1.6 s each, 1.3 a second"""
LAYERS, UNITS = 3, 256
LEVEL_DB = -30.0
"""RMS that quieter sounds are raised to"""
KEPT_BELOW_DB, KEPT_AROUND = 35.0, 9
"""frames more than this below the loud ones are left out, unless one within so many frames is not"""


def weights_path() -> Path | None:
    """Where the weights lie, if resemblyzer is installed (which is not imported: it needs torch)."""
    package = find_spec("resemblyzer")
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0], "pretrained.pt") if folders else None
    return path if path and path.is_file() else None


def embed(samples: Samples, rate: int) -> Floats:
    """Embedding [256] of length 1 of who speaks; two of one voice have a high dot product.

    Raises:
        VoiceactError: if there is no speech, or the weights are not what is expected
    """
    sound = _without_silence(_raised(resample(np.asarray(samples, np.float32), rate, RATE)))
    if len(sound) < RATE // 4 or not np.isfinite(loudness_lufs(sound, RATE)):
        raise VoiceactError("there is less than a quarter of a second of speech to know a voice by")
    partials = _encoded(_partials(_mel(sound)))
    mean = partials.mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean), np.float32)


def _raised(sound: Samples) -> Samples:
    rms_db = 10 * np.log10(max(float(np.mean(sound.astype(np.float64) ** 2)), 1e-14))
    return np.asarray(sound * 10 ** (max(0.0, LEVEL_DB - rms_db) / 20), np.float32)


def _without_silence(sound: Samples) -> Samples:
    frames = sound[: len(sound) // HOP * HOP].reshape(-1, HOP)
    if not len(frames):
        return sound[:0]
    levels = 10 * np.log10(np.maximum((frames.astype(np.float64) ** 2).mean(axis=1), 1e-14))
    loud = levels > np.percentile(levels, 95) - KEPT_BELOW_DB
    audible = np.convolve(loud, np.ones(2 * KEPT_AROUND + 1), mode="same") > 0 if loud.any() else loud
    return np.asarray(frames[audible[: len(frames)]].ravel())


# Mel spectrogram (power, 25 ms every 10 ms, Slaney's scale and normalisation)


def _mel(sound: Samples) -> Floats:
    """[frames, 40]"""
    padded = np.pad(sound, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    hann = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    return np.asarray(power @ _filters().T, np.float32)


@cache
def _filters() -> Floats:
    """Triangles [40, 201] of equal area between 0 and 8 kHz."""
    edges = _slaney_hertz(np.linspace(0, float(_slaney_mel(RATE / 2)), BANDS + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


LINEAR_HZ, MELS_A_HZ, LOG_STEP = 1000.0, 3 / 200, np.log(6.4) / 27


def _slaney_mel(hz: float) -> float:
    return hz * MELS_A_HZ if hz < LINEAR_HZ else LINEAR_HZ * MELS_A_HZ + float(np.log(hz / LINEAR_HZ) / LOG_STEP)


def _slaney_hertz(mels: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    turn = LINEAR_HZ * MELS_A_HZ
    return np.asarray(np.where(mels < turn, mels / MELS_A_HZ, LINEAR_HZ * np.exp(LOG_STEP * (mels - turn))))


def _partials(mel: Floats) -> Floats:
    """[partials, 160, 40], the last one filled up with silence if it is at least three quarters full."""
    starts = list(range(0, max(1, len(mel) - PARTIAL_FRAMES + PARTIAL_STEP + 1), PARTIAL_STEP))
    if len(starts) > 1 and len(mel) - starts[-1] < 0.75 * PARTIAL_FRAMES:
        starts.pop()
    padded = np.pad(mel, ((0, starts[-1] + PARTIAL_FRAMES), (0, 0)))
    return np.stack([padded[start : start + PARTIAL_FRAMES] for start in starts])


# Network


def _encoded(partials: Floats) -> Floats:
    """Three LSTM layers, the last state of the last one through a rectified linear layer, length 1."""
    weights = _weights()
    sequence = partials
    for layer in range(LAYERS):
        sequence = _lstm(sequence, weights, layer)
    raw = np.maximum(0, sequence[:, -1] @ weights["linear.weight"].T + weights["linear.bias"])
    return np.asarray(raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9), np.float32)


def _lstm(sequence: Floats, weights: Mapping[str, Floats], layer: int) -> Floats:
    """Hidden states [batch, time, units]; gates in the order input, forget, cell, output."""
    bias = weights[f"lstm.bias_ih_l{layer}"] + weights[f"lstm.bias_hh_l{layer}"]
    inputs = sequence @ weights[f"lstm.weight_ih_l{layer}"].T + bias
    recurrent = weights[f"lstm.weight_hh_l{layer}"].T
    hidden = cell = np.zeros((len(sequence), UNITS), np.float32)
    states = np.empty((*sequence.shape[:2], UNITS), np.float32)
    for time in range(sequence.shape[1]):
        gates = inputs[:, time] + hidden @ recurrent
        entry, forget, output = (_sigmoid(gates[:, part * UNITS : (part + 1) * UNITS]) for part in (0, 1, 3))
        cell = forget * cell + entry * np.tanh(gates[:, 2 * UNITS : 3 * UNITS])
        hidden = output * np.tanh(cell)
        states[:, time] = hidden
    return states


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))


# Weights, in torch's format of before 2020: pickles, then the raw numbers


@cache
def _weights() -> dict[str, Floats]:
    path = weights_path()
    if path is None:
        raise VoiceactError("the speaker encoder is not installed; pip install --no-deps resemblyzer")
    with path.open("rb") as file:
        try:
            return read_weights(file)
        except (pickle.UnpicklingError, struct.error, KeyError, ValueError, EOFError) as error:
            raise VoiceactError(f"{path}: is not the weights file that is expected ({error})") from error


def read_weights(file: BinaryIO) -> dict[str, Floats]:
    """Tensors by name; nothing in the file is ever executed: only arrays and plain containers are built."""
    for _ in range(3):  # magic number, protocol, byte order
        _Unpickler(file).load()
    content = _Unpickler(file).load()
    keys = _Unpickler(file).load()
    storages = {}
    for key in keys:
        (count,) = struct.unpack("<q", file.read(8))
        storages[key] = np.frombuffer(file.read(4 * count), np.float32)
    return {
        name: tensor.read(storages)
        for name, tensor in content["model_state"].items()
        if isinstance(tensor, _Tensor) and tensor.is_float
    }


class _Tensor:
    def __init__(self, storage: tuple[Any, ...], offset: int, shape: tuple[int, ...], *_: Any):
        self.key, self.offset, self.shape = storage[2], offset, shape
        self.is_float = storage[1] == "FloatStorage"

    def read(self, storages: Mapping[str, Floats]) -> Floats:
        count = int(np.prod(self.shape))
        return storages[self.key][self.offset : self.offset + count].reshape(self.shape)


class _Unpickler(pickle.Unpickler):
    """Knows only what a file of tensors needs."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if module == "torch" and name.endswith("Storage"):
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of weights")

    def persistent_load(self, pid: Any) -> Any:
        return pid
