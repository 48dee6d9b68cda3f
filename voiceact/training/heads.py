"""Heads in the published layout, trained by a plain loop on features that were computed once.

A plain loop and not Lightning or Accelerate: the encoder is frozen and its features are in memory, so an epoch is a few matrix
products on one device; what those libraries bring (sharding, many nodes, callbacks) would be two dependencies for nothing.

All heads are trained together, their first layers as one matrix. A head is Linear(inputs, P), then ReLU, Linear, ReLU, Linear,
ReLU, Linear, ReLU, Linear to one number from 0 (absent) to 4 (extreme), as the heads of Empathic-Insight-Voice.
"""

import io
import math
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import UsageError
from voiceact.estimators.published.empathic.heads import LAYERS
from voiceact.runtime.atomic_files import write_whole
from voiceact.runtime.extras import MissingExtraError

Loss = Literal["ordinal", "mae"]
Floats = NDArray[np.float32]
State = dict[str, Floats]
"""the ten tensors of one head, by their published names"""

SIZES = (64, 64, 32, 16, 1)
"""outputs of each layer, those of Empathic-Insight-Voice-Small"""
HIGHEST = 4.0
STEPS = (0.5, 1.5, 2.5, 3.5)
"""places between the published words absent, slight, moderate, strong, extreme"""
SLOPE = 4.0
"""of the ordinal loss: how fast a score past a step counts as past it"""
INPUT_DROPOUT, DROPOUT = 0.3, 0.1


@dataclass(frozen=True)
class Settings:
    """How heads are trained.

    Attributes:
        loss: "ordinal": at each step between two words, is the score past it; "mae": mean absolute error, as published
        epochs: most epochs
        batch: clips a step
        rate: learning rate of AdamW
        decay: its weight decay
        patience: epochs without a better validation loss after which training stops
        seed: of the first weights, the order of clips and dropout
        device: auto, cpu, cuda or cuda:N
        dtype: auto, float32, float16 or bfloat16: the number type of products (mixed precision); weights stay float32
    """

    loss: Loss = "ordinal"
    epochs: int = 60
    batch: int = 64
    rate: float = 1e-3
    decay: float = 0.05
    patience: int = 8
    seed: int = 0
    device: str = "auto"
    dtype: str = "auto"


@dataclass(frozen=True)
class Trained:
    """Heads after training.

    Attributes:
        states: head -> its tensors; they take features as the encoder gives them
        epochs: epochs trained
        best: the epoch whose weights these are, from 1
        validation: validation loss of each epoch
    """

    states: Mapping[str, State]
    epochs: int
    best: int
    validation: tuple[float, ...]


def train_heads(
    features: Floats,
    targets: Floats,
    validation: NDArray[np.bool_],
    names: tuple[str, ...],
    settings: Settings,
    *,
    checkpoint: Path | None = None,
    report: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Trained:
    """Train one head a column of targets.

    Args:
        features: float32 [clips, width]
        targets: float32 [clips, heads], 0 to 4; NaN where not known
        validation: bool [clips]: clips that decide when to stop and are not trained on
        names: of the heads
        settings: how
        checkpoint: file that is written after each epoch; training goes on from it where it exists
        report: told epoch and validation loss after each epoch

    Raises:
        MissingExtraError: without torch
        UsageError: if the checkpoint is of another training, or the device is not here
    """
    torch = _torch()
    from voiceact.runtime.torch_support import device_of, dtype_of

    device = device_of(settings.device, "train")
    dtype = dtype_of(settings.dtype, device, "train")
    mean, spread = features[~validation].mean(axis=0), features[~validation].std(axis=0) + 1e-3
    x = torch.from_numpy((features - mean) / spread).to(device)
    y = torch.from_numpy(np.nan_to_num(targets, nan=0.0)).to(device)
    weight = torch.from_numpy(balance(targets, ~validation)).to(device)
    fit, held = (torch.from_numpy(np.flatnonzero(part)).to(device) for part in (~validation, validation))

    torch.manual_seed(settings.seed)
    model = _module(features.shape[1], len(names)).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, weight_decay=settings.decay)
    scaler = torch.amp.GradScaler(device.type, enabled=dtype is torch.float16 and device.type == "cuda")
    facts = {"settings": asdict(settings), "names": list(names), "shape": list(features.shape)}
    losses, best = _resume(checkpoint, facts, model, optimizer, scaler, device)

    mixed = dtype is not torch.float32
    for epoch in range(len(losses), settings.epochs):
        if losses and len(losses) - (int(np.argmin(losses)) + 1) >= settings.patience:
            break
        # Order and dropout depend on the epoch alone, so a training that was stopped goes on as if it had not been.
        torch.manual_seed(settings.seed * 100_003 + epoch)
        model.train()
        for rows in fit[torch.randperm(len(fit)).to(device)].split(settings.batch):
            optimizer.zero_grad(set_to_none=True)
            with torch.autocast(device.type, dtype=dtype, enabled=mixed):
                predicted = model(x[rows])
            scaler.scale(_loss(predicted.float(), y[rows], weight[rows], settings.loss)).backward()
            scaler.step(optimizer)
            scaler.update()
        model.eval()
        with torch.inference_mode():
            losses.append(float(_loss(model(x[held]).float(), y[held], weight[held], settings.loss)))
        if not math.isfinite(losses[-1]):
            raise UsageError(f"the loss is not a number after epoch {epoch + 1}; take a smaller --rate or dtype float32")
        if losses[-1] <= min(losses):
            best = {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}
        report(epoch + 1, losses[-1])
        if checkpoint is not None:
            _save(checkpoint, facts, model, optimizer, scaler, losses, best)
    weights = {name: value.numpy() for name, value in best.items()}
    states = dict(zip(names, split_heads(weights, mean, spread), strict=True))
    return Trained(states, len(losses), int(np.argmin(losses)) + 1, tuple(losses))


def balance(targets: Floats, fitted: NDArray[np.bool_]) -> Floats:
    """Weigh clips so that in each head those with something of the category count as much as those without.

    Most categories are absent from most clips; unweighted, the best constant is 0 and heads fall silent.

    Args:
        targets: float32 [clips, heads]; NaN where not known
        fitted: bool [clips]: the clips whose numbers decide

    Returns:
        float32 [clips, heads], 0 where the target is not known; of mean about 1.
    """
    known, there = np.isfinite(targets), np.nan_to_num(targets) > 0
    counts = [(known & (there == side))[fitted].sum(axis=0) for side in (False, True)]
    total = counts[0] + counts[1]
    weights = np.where(there, total / np.maximum(2 * counts[1], 1), total / np.maximum(2 * counts[0], 1))
    return np.where(known, weights, 0.0).astype(np.float32)


def split_heads(weights: Mapping[str, NDArray[Any]], mean: Floats, spread: Floats) -> Iterator[State]:
    """Yield the tensors of each head, the scaling of the features taken into its first layer.

    Args:
        weights: "weight0" [heads, out, in], "bias0" [heads, out] and so on, for features of mean 0 and spread 1
        mean: float32 [width], of the features
        spread: float32 [width]
    """
    for head in range(len(weights["weight0"])):
        state: State = {}
        for number, layer in enumerate(LAYERS):
            state[f"{layer}.weight"] = np.array(weights[f"weight{number}"][head], np.float32)
            state[f"{layer}.bias"] = np.array(weights[f"bias{number}"][head], np.float32)
        first = state["proj.weight"].astype(np.float64) / spread
        state["proj.bias"] = (state["proj.bias"] - first @ mean).astype(np.float32)
        state["proj.weight"] = first.astype(np.float32)
        yield state


def rescale(state: State, slope: float, offset: float) -> State:
    """Return the head whose score is slope · score + offset."""
    return state | {
        "mlp.11.weight": (state["mlp.11.weight"] * slope).astype(np.float32),
        "mlp.11.bias": (state["mlp.11.bias"] * slope + offset).astype(np.float32),
    }


def run_head(state: State, features: Floats) -> Floats:
    """Compute the scores [clips] of a head in numpy: what ONNX and the released loader must give as well."""
    values = features.astype(np.float64)
    for layer in LAYERS:
        if layer != LAYERS[0]:
            values = np.maximum(values, 0)
        values = values @ state[f"{layer}.weight"].T.astype(np.float64) + state[f"{layer}.bias"]
    return values[:, 0].astype(np.float32)


# --- Torch


def _torch() -> Any:
    try:
        import torch
    except ImportError:
        raise MissingExtraError("training", "train") from None
    return torch


def _module(inputs: int, heads: int) -> Any:
    """Create heads of one shape with random first weights, those of torch's own linear layers."""
    torch = _torch()
    module: Any = torch.nn.Module

    class HeadSet(module):
        def __init__(self) -> None:
            super().__init__()
            size = inputs
            for number, outputs in enumerate(SIZES):
                bound = 1 / math.sqrt(size)
                for name, shape in (("weight", (heads, outputs, size)), ("bias", (heads, outputs))):
                    values = torch.empty(shape).uniform_(-bound, bound)
                    self.register_parameter(f"{name}{number}", torch.nn.Parameter(values))
                size = outputs
            # A head begins in the middle of what is usual, not below it, where a last ReLU could never wake it.
            self.bias4.data.fill_(1.0)

        def forward(self, x: Any) -> Any:
            drop = torch.nn.functional.dropout
            x = drop(x, INPUT_DROPOUT, self.training)
            hidden = torch.nn.functional.linear(x, self.weight0.flatten(0, 1), self.bias0.flatten())
            hidden = hidden.view(len(x), heads, SIZES[0])
            for number in range(1, len(SIZES)):
                hidden = drop(hidden.relu(), DROPOUT if number > 1 else 0.0, self.training)
                hidden = torch.einsum("chi,hoi->cho", hidden, getattr(self, f"weight{number}")) + getattr(self, f"bias{number}")
            return hidden.squeeze(-1)

    return HeadSet()


def _loss(predicted: Any, y: Any, weight: Any, kind: Loss) -> Any:
    """Compute the weighted loss of scores [clips, heads]."""
    torch = _torch()
    if kind == "mae":
        each = (predicted - y).abs()
    else:
        steps = torch.tensor(STEPS, device=predicted.device)
        past = (y[..., None] > steps).float()
        each = torch.nn.functional.binary_cross_entropy_with_logits(
            SLOPE * (predicted[..., None] - steps), past, reduction="none"
        ).mean(dim=-1)
    return (each * weight).sum() / weight.sum().clamp_min(1e-6)


def _save(
    path: Path, facts: Mapping[str, Any], model: Any, optimizer: Any, scaler: Any, losses: list[float], best: Any
) -> None:
    """Write the state of a training, whole or not at all."""
    file = io.BytesIO()
    parts = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scaler": scaler.state_dict()}
    _torch().save({"facts": facts, "losses": losses, "best": best, **parts}, file)
    write_whole(path, file.getvalue())


def _resume(
    path: Path | None, facts: Mapping[str, Any], model: Any, optimizer: Any, scaler: Any, device: Any
) -> tuple[list[float], dict[str, Any]]:
    """Load the state of a training that was stopped; return its losses and best weights, empty where there is none."""
    if path is None or not path.is_file():
        return [], {}
    try:
        checkpoint = _torch().load(path, map_location=device, weights_only=True)
        same = {key: value for key, value in checkpoint["facts"]["settings"].items() if key not in ("epochs", "patience")}
        wanted = {key: value for key, value in facts["settings"].items() if key not in ("epochs", "patience")}
        if same != wanted or checkpoint["facts"]["names"] != facts["names"] or checkpoint["facts"]["shape"] != facts["shape"]:
            raise UsageError(f"{path}: is of a training with other settings; remove it, or name another --out")
        model.load_state_dict(checkpoint["model"])
        optimizer.load_state_dict(checkpoint["optimizer"])
        scaler.load_state_dict(checkpoint["scaler"])
        return list(checkpoint["losses"]), {name: value.cpu() for name, value in checkpoint["best"].items()}
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: is no checkpoint of heads ({type(error).__name__}); remove it to begin anew") from error


__all__ = [
    "LAYERS",
    "SIZES",
    "Loss",
    "Settings",
    "State",
    "Trained",
    "balance",
    "rescale",
    "run_head",
    "split_heads",
    "train_heads",
]
