"""emotion2vec+ through funasr: nine labels, six of which name a category.

Ma et al., emotion2vec (ACL 2024 Findings, arXiv 2312.15185). The terms of the weights are an open question (the code
is MIT, the weights stand under FunASR's model licence), so nothing of them is shipped; give a folder of your own.

The library opens what a folder holds without asking: it fills missing weights with random numbers, drops those of
another shape, and evaluates a line of the configuration as code. So all three are looked at here first.
"""

import logging
import pickle
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.intensity import HIGHEST
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile
from voiceact.estimators.features.signal import SAMPLE_RATE
from voiceact.estimators.published.base import Clip, Published, revision_of
from voiceact.estimators.published.labels import category_scores, label_map, unjudged
from voiceact.estimators.published.windows import average_windows
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.torch_support import COMMON_OPTIONS, device_of

WEIGHTS = "emotion2vec-plus-{size}"
SIZES = ("seed", "base", "large")
NEEDED = ("config.yaml", "model.pt", "tokens.txt")
MODEL = "Emotion2vec"
ARITHMETIC = re.compile(r"[\d\s()\[\],+*]+")
"""what a specification of convolutions is made of"""
UNUSED = "decoder"
"""part of the pre-training that takes no part in listening; published files leave it out or not"""


class Emotion2vec(Published):
    """Implements `voiceact.estimators.base.Estimator`.

    Attributes:
        labels: the English half of the library's labels, in their order
        names: label -> category id, of those that stand for one
    """

    needs, install = ("funasr", "torch", "torchaudio"), install_command("emotion2vec")
    name = "emotion2vec"
    licence = "FunASR Model License (the terms of the plus weights are not settled)"
    scale = "7 times the probability of the category's label"
    options = {
        "size": "seed, base or large",
        "model": COMMON_OPTIONS["model"],
        "device": COMMON_OPTIONS["device"],
        "labels": "what labels mean, over their names: other=-",
    }

    def __init__(self, size: str = "large", model: str | None = None, labels: str | None = None, device: str = "auto"):
        try:
            import funasr  # noqa: F401
        except ImportError:
            raise MissingExtraError(f"estimator {self.name!r}", self.name) from None
        if size not in SIZES:
            raise UsageError(f"size {size!r} is not known; expected {', '.join(SIZES)}")
        folder = weights.find(WEIGHTS.format(size=size), model)
        self._model = _loaded(folder, device_of(device, self.name))
        self._given = [line for line in _tokens(folder) if not line.startswith("unuse")]
        self.labels = tuple(line.rpartition("/")[2] for line in self._given)
        self.names = label_map(self.labels, labels)
        self.revision = revision_of(folder) + (f"+{labels}" if labels else "")

    def raw(self, clips: Sequence[Clip]) -> list[dict[str, float]]:
        """Label -> probability, of each clip; the library hears one window after another."""
        return [dict(zip(self.labels, map(float, row), strict=True)) for row in average_windows(clips, self._hear)]

    def profiles(self, clips: Sequence[Clip]) -> list[Profile]:
        """Profiles of several utterances."""
        reasons = unjudged(self.names, "emotion2vec+")
        return [
            self._profile(
                {category: HIGHEST * value for category, value in category_scores(raw, self.names, exclusive=True).items()},
                reasons,
            )
            for raw in self.raw(clips)
        ]

    def _hear(self, pieces: Sequence[NDArray[np.float32]]) -> list[list[float]]:
        with _quiet():
            results = [
                self._model.generate(piece, fs=SAMPLE_RATE, granularity="utterance", extract_embedding=False)[0]
                for piece in pieces
            ]
        return [_ordered(result, self._given) for result in results]


def _ordered(result: dict[str, Any], labels: Sequence[str]) -> list[float]:
    scores = dict(zip(result["labels"], result["scores"], strict=True))
    return [float(scores[label]) for label in labels]


def _loaded(folder: Path, device: Any) -> Any:
    """The library's model.

    Raises:
        UsageError: files missing, damaged, of another architecture, or more than weights
    """
    import torch
    from funasr import AutoModel

    _check_files(folder)
    state = _state(folder / "model.pt")
    threads = torch.get_num_threads()
    # The library sets the seed of the whole process and the number of its threads.
    with torch.random.fork_rng(devices=[]), _drawing_kept(), _quiet():
        try:
            model = AutoModel(
                model=str(folder),
                device=str(device),
                ncpu=threads,
                disable_update=True,
                disable_pbar=True,
                disable_log=True,
                trust_remote_code=False,
                init_param=str(folder / "model.pt"),
            )
        except (AttributeError, TypeError, ValueError, RuntimeError, KeyError, AssertionError) as error:
            raise UsageError(
                f"{folder}: funasr cannot build what config.yaml describes "
                f"({(str(error).splitlines() or [type(error).__name__])[0][:160]})"
            ) from error
    _check_state(model.model.state_dict(), state, folder)
    return model


def _check_files(folder: Path) -> None:
    import yaml

    for name in NEEDED:
        if not (folder / name).is_file():
            raise UsageError(f"{folder}: lacks {name}; expected a folder with {', '.join(NEEDED)}")
    try:
        config = yaml.safe_load((folder / "config.yaml").read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{folder / 'config.yaml'}: cannot be read ({str(error).splitlines()[0]})") from error
    if not isinstance(config, dict) or config.get("model") != MODEL:
        named = config.get("model") if isinstance(config, dict) else None
        raise UsageError(f"{folder}: holds a model of kind {named!r}; expected {MODEL!r}")
    for spec in _find_values(config, "feature_encoder_spec"):
        if not ARITHMETIC.fullmatch(str(spec)):
            raise UsageError(
                f"{folder / 'config.yaml'}: feature_encoder_spec holds more than numbers, and the library would "
                "run it as code, so it is refused"
            )


def _find_values(tree: Any, key: str) -> Iterator[Any]:
    """Every value of that key, however deep."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name == key:
                yield value
            yield from _find_values(value, key)


def _state(path: Path) -> dict[str, Any]:
    """Name -> tensor, of a file that holds nothing else."""
    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise UsageError(
            f"{path}: cannot be read as weights ({(str(error).splitlines() or [''])[0][:120]}); it is damaged, or "
            "holds more than weights and is not opened"
        ) from error
    for key in ("state_dict", "model_state_dict", "model"):
        state = state.get(key, state) if isinstance(state, dict) else {}
    return {str(name): tensor for name, tensor in state.items() if hasattr(tensor, "shape")}


def _check_state(expected: dict[str, Any], given: dict[str, Any], folder: Path) -> None:
    """Raise UsageError unless the file has every weight the model listens with, in its shape, whatever is before its name."""
    shapes = {name: tuple(tensor.shape) for name, tensor in given.items()}
    plain = {name.removeprefix("module.").removeprefix("d2v_model."): shape for name, shape in shapes.items()}
    for name, tensor in expected.items():
        if UNUSED in name.split("."):
            continue
        shape = shapes.get(name, plain.get(name))
        if shape is None:
            raise UsageError(f"{folder}: its weights lack {name}; they are of another architecture, or not whole")
        if shape != tuple(tensor.shape):
            raise UsageError(
                f"{folder}: {name} has shape {shape}, by config.yaml {tuple(tensor.shape)}; they do not belong together"
            )
    if not any(name.startswith("proj.") for name in expected):
        raise UsageError(f"{folder}: has no head that names emotions (emotion2vec without plus gives features only)")


def _tokens(folder: Path) -> list[str]:
    return [line.strip() for line in (folder / "tokens.txt").read_text("utf-8").splitlines() if line.strip()]


@contextmanager
def _drawing_kept() -> Iterator[None]:
    import random

    state, numbers = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numbers)


@contextmanager
def _quiet() -> Iterator[None]:
    """The library prints and logs what it loads; faults are raised."""
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            yield
    finally:
        logging.disable(level)


__all__ = ["Emotion2vec"]
