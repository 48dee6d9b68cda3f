"""The heads of Empathic-Insight-Voice, all of one shape in one batched product.

A head is Linear(inputs, P) on the flattened encoder output, then ReLU, Linear, ReLU, Linear, ReLU, Linear, ReLU,
Linear to one number (state dict keys `proj`, `mlp.2`, `mlp.5`, `mlp.8`, `mlp.11`; dropout does nothing here).
P and the hidden sizes are read off the tensors, so that Small, Large and Plus all load. One after another, 40
heads read the flattened input 40 times; here their projections are one matrix of [40 P, inputs].
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from voiceact.errors import UsageError
from voiceact.estimators.model_file import ModelFileError

LAYERS = ("proj", "mlp.2", "mlp.5", "mlp.8", "mlp.11")
FILE = re.compile(r"model_(?P<name>.+)_best\.pth")

State = Mapping[str, Any]


def head_files(folder: Path) -> dict[str, Path]:
    """Name of each head in a folder -> its file ("Anger" -> model_Anger_best.pth).

    Raises:
        UsageError: if there is none
    """
    files = {matched["name"]: path for path in sorted(folder.iterdir()) if (matched := FILE.fullmatch(path.name))}
    if not files:
        raise UsageError(f"{folder}: holds no head; expected files such as model_Anger_best.pth")
    return files


def read_head(path: Path) -> State:
    """The ten tensors of a head, float32, in order; what torch.compile put before their names is taken off.

    Raises:
        ModelFileError: not a file of torch, one that needs more than tensors to be read, or another architecture
    """
    import pickle
    from zipfile import is_zipfile

    import torch

    try:
        # Mapped, not read: 40 heads are 12 GB, and are to be in memory once, where they are put together.
        loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=is_zipfile(path))
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise ModelFileError(
            f"{path}: cannot be read as weights ({_first_line(error)}); it is damaged, or holds more than "
            "tensors and is not opened"
        ) from error
    if not isinstance(loaded, Mapping):
        raise ModelFileError(f"{path}: holds {type(loaded).__name__}, expected the tensors of a head")
    state = {key.removeprefix("_orig_mod."): tensor for key, tensor in loaded.items()}
    expected = [f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")]
    if set(state) != set(expected):
        odd = sorted(set(state) ^ set(expected))
        raise ModelFileError(f"{path}: is no head of Empathic-Insight-Voice ({odd[0]} is missing or unknown)")
    _check_chain(state, path)
    return {key: state[key].float() for key in expected}


def _check_chain(state: State, path: Path) -> None:
    """Each layer must take what the one before gives; the last gives one number."""
    gives = state["proj.weight"].shape[1]
    for layer in LAYERS:
        weight, bias = state[f"{layer}.weight"], state[f"{layer}.bias"]
        if weight.ndim != 2 or weight.shape[1] != gives or bias.shape != weight.shape[:1]:
            raise ModelFileError(f"{path}: layer {layer} has shape {tuple(weight.shape)}, expected {gives} inputs")
        gives = weight.shape[0]
    if gives != 1:
        raise ModelFileError(f"{path}: gives {gives} numbers, expected one")


class Heads:
    """Several heads of one shape.

    Attributes:
        names: in the order of their scores
        inputs: length of the flattened encoder output they take
    """

    def __init__(self, states: Mapping[str, State], *, device: Any, dtype: Any):
        import torch

        self.names = tuple(states)
        self._layers = []
        for layer in LAYERS:
            weight, bias = (
                torch.stack([state[f"{layer}.{part}"].to(dtype) for state in states.values()]).to(device)
                for part in ("weight", "bias")
            )
            self._layers.append((weight, bias))
        first, bias = self._layers[0]
        self.inputs = first.shape[2]
        # [heads, P, inputs] -> [heads P, inputs]: one product for all.
        self._projection = first.reshape(-1, self.inputs), bias.reshape(-1)

    def __call__(self, encoded: Any) -> Any:
        """Scores [clips, heads] of an encoder's output [clips, frames, channels], or of what `pooled` made of it."""
        import torch

        weight, bias = self._projection
        flat = encoded.to(weight.dtype).flatten(1)
        # The large matrix first and as it lies: with it on the right, a processor's library copies it for every product.
        hidden = (torch.mm(weight, flat.T.contiguous()).T + bias).view(len(flat), len(self.names), -1)
        for weight, bias in self._layers[1:]:
            hidden = torch.einsum("chi,hoi->cho", hidden.relu(), weight) + bias
        return hidden.squeeze(-1).float()


def pooled(encoded: Any) -> Any:
    """[clips, 4 channels] of [clips, frames, channels]: mean, least, most and deviation (N - 1) over time, in float32.

    What the four quality heads of Plus take.
    """
    import torch

    exact = encoded.float()
    return torch.cat([exact.mean(dim=1), exact.amin(dim=1), exact.amax(dim=1), exact.std(dim=1)], dim=1)


def load_heads(files: Mapping[str, Path], *, device: Any, dtype: Any) -> list[Heads]:
    """The heads in these files, those of one shape together (a folder may hold Small and Large side by side)."""
    shapes: dict[Any, dict[str, State]] = {}
    for name, path in files.items():
        state = read_head(path)
        shapes.setdefault(tuple(state[f"{layer}.weight"].shape for layer in LAYERS), {})[name] = state
    return [Heads(states, device=device, dtype=dtype) for states in shapes.values()]


def check_inputs(heads: Sequence[Heads], inputs: int, folder: Path) -> None:
    """Raise ModelFileError unless every head takes as many numbers as the encoder gives."""
    for group in heads:
        if group.inputs != inputs:
            raise ModelFileError(
                f"{folder}: head {group.names[0]} takes {group.inputs} numbers, and the encoder gives "
                f"{inputs}; they do not belong together"
            )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
