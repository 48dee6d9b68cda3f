"""NISQA and DNSMOS as torchmetrics computes them, from weights in a folder: the library would fetch them by itself.

NISQA v2.0 (Mittag et al., Interspeech 2021): weights CC-BY-NC-SA-4.0, `nisqa.tar`. DNSMOS P.835: `DNSMOS/sig_bak_ovr.onnx`
and `DNSMOS/model_v8.onnx`.
"""

from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from voiceact.audio import Sound
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.spec import Option
from voiceact.verify.backends.common import RATE, at_rate, finite, folder_of, opening, revision
from voiceact.verify.backends.registry import limit_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NISQA_RATE = 48_000
NISQA_FILES, DNSMOS_FILES = ("nisqa.tar",), ("DNSMOS/sig_bak_ovr.onnx", "DNSMOS/model_v8.onnx")
LIMITS = {"least": "below which a take fails", "drop": "what it may lose against its twin"}
PEAK = 0.999


class _Metric:
    """What the two have in common."""

    needs, install = ("torchmetrics", "torch", "librosa"), install_command("torchmetrics")
    highest, whispers = 5.0, False
    name: str
    module: str
    files: tuple[str, ...]

    def __init__(self, model: str | None = None, least: str | None = None, drop: str | None = None):
        try:
            import librosa  # noqa: F401
            import requests  # noqa: F401
            import torch  # noqa: F401
            import torchmetrics  # noqa: F401
        except ImportError:
            raise MissingExtraError(f"rater of naturalness {self.name!r}", "torchmetrics") from None
        self._folder = folder_of(model, self.name, "FOLDER").resolve()
        for file in self.files:
            if not (self._folder / file).is_file():
                raise UsageError(f"{self._folder}: lacks {file}; expected a folder with {', '.join(self.files)}")
        self.least, self.drop = limit_of(least, "least", None), limit_of(drop, "drop", None)
        self.revision = revision("torchmetrics", self._folder)

    @contextmanager
    def _library(self, folder_name: str) -> "Iterator[Any]":
        """The library's module, looking for weights where the user has them."""
        from importlib import import_module

        module: Any = import_module(f"torchmetrics.functional.audio.{self.module}")
        before = getattr(module, folder_name)
        setattr(module, folder_name, str(self._folder))
        try:
            yield module
        finally:
            setattr(module, folder_name, before)


class Nisqa(_Metric):
    """Implements `voiceact.verify.backends.base.Rater`: overall quality of NISQA v2.0."""

    name, module, figure, files = "nisqa", "nisqa", "NISQA", NISQA_FILES
    reaches_out = False
    licence = "Apache-2.0; weights CC-BY-NC-SA-4.0"
    options = {"model": Option("a folder with nisqa.tar", "a file"), **LIMITS}

    def __init__(self, model: str | None = None, least: str | None = None, drop: str | None = None):
        super().__init__(model, least, drop)
        with self._library("NISQA_DIR") as library, opening(self._folder, self.name):
            library._load_nisqa_model.cache_clear()
            library._load_nisqa_model()

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """1 to 5 each."""
        import torch

        with self._library("NISQA_DIR") as library, opening(self._folder, self.name):
            found = [
                library.non_intrusive_speech_quality_assessment(torch.from_numpy(sound), NISQA_RATE)[0].item()
                for sound in at_rate(sounds, NISQA_RATE)
            ]
        return finite(found, self.figure)


class TorchmetricsDnsmos(_Metric):
    """Implements `voiceact.verify.backends.base.Rater`: DNSMOS P.835 overall, over all hops of 9 s and not the first alone."""

    name, module, figure, files = "dnsmos-torchmetrics", "dnsmos", "DNSMOS (torchmetrics)", DNSMOS_FILES
    reaches_out = False
    licence = "Apache-2.0; weights MIT"
    options = {"model": Option("a folder with DNSMOS/sig_bak_ovr.onnx and DNSMOS/model_v8.onnx", "a file"), **LIMITS}

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """1 to 5 each; its session is kept by the library."""
        import torch

        with self._library("DNSMOS_DIR") as library, opening(self._folder, self.name):
            found = [
                library.deep_noise_suppression_mean_opinion_score(
                    torch.from_numpy(sound * np.float32(min(1.0, PEAK / float(np.abs(sound).max())))),
                    RATE,
                    False,
                    num_threads=1,
                )[3].item()
                for sound in at_rate(sounds)
            ]
        return finite(found, self.figure)


__all__ = ["Nisqa", "TorchmetricsDnsmos"]
