"""Frozen encoders whose features heads are trained on, and how heads on them are written in the published layout."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.ears import load_ears

EARS = "ears"


class Ears:
    """The judge's ears: mean and deviation over time of each channel of the first layers of Whisper's encoder.

    Attributes:
        frames: 1: a published head on them takes a vector
    """

    frames = 1

    @property
    def name(self) -> str:
        """`ears@` and their revision."""
        return f"{EARS}@{load_ears().revision}"

    def describe(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features float32 [width] of a clip at 16 kHz."""
        return load_ears().describe(samples)


class PublishedEncoder:
    """A Whisper encoder in a folder (BUD-E-Whisper, say): the mean over time of its output for 30 s.

    The published heads take all frames one after another. A head on their mean is such a head too, with the weights of the
    mean divided among the frames.

    Args:
        folder: in the layout of transformers
        device: of torch
    """

    def __init__(self, folder: Path, device: str = "auto"):
        from voiceact.estimators.published.base import need_transformers
        from voiceact.estimators.published.empathic.estimator import encoded_shape
        from voiceact.runtime.torch_support import device_of

        need_transformers("empathic-insight")
        self._folder, self._device = folder, device_of(device, "empathic-insight")
        self.frames, self.channels = encoded_shape(folder)

    @cached_property
    def name(self) -> str:
        """Name of the folder, and the first digits of its contents' hash."""
        from voiceact.runtime.weights import fingerprint

        return f"{self._folder.name}@{fingerprint(self._folder)[:12]}"

    @cached_property
    def _parts(self) -> tuple[Any, Any]:
        import torch

        from voiceact.estimators.published.empathic.estimator import load_encoder

        return load_encoder(self._folder, self._device, torch.float32, compiled=False)

    def describe(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the features float32 [channels] of a clip at 16 kHz, of which the first 30 s are heard."""
        import torch

        encode, extract = self._parts
        with torch.inference_mode():
            mean: NDArray[np.float32] = encode(extract([samples]))[0].float().mean(dim=0).cpu().numpy()
        return mean


def load_encoder_named(name: str, device: str = "auto") -> Ears | PublishedEncoder:
    """Load an encoder.

    Args:
        name: "ears", or a folder with a Whisper encoder
        device: auto, cpu, cuda or cuda:N; the ears are always heard on the processor

    Raises:
        UsageError: if there is no such folder
    """
    from voiceact.errors import UsageError

    if name == EARS:
        return Ears()
    if not Path(name).is_dir():
        raise UsageError(f"encoder {name!r} is neither {EARS!r} nor a folder; expected a folder with a Whisper encoder")
    return PublishedEncoder(Path(name), device)


__all__ = ["EARS", "Ears", "PublishedEncoder", "load_encoder_named"]
