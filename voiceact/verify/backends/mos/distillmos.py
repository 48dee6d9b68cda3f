"""DistillMOS (Microsoft, MIT): a small network that rates naturalness; its weights are in its wheel."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Sound
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.torch_support import device_of
from voiceact.verify.backends.common import at_rate, equally_long, finite, revision
from voiceact.verify.backends.registry import limit_of

LEAST = 2.0
"""the worst of 48 acted takes had 2.23, the best of them with noise as loud as the voice 1.74 (docs/verify.md)"""


class DistillMos:
    """Implements `voiceact.verify.backends.base.Rater`."""

    needs, install = ("distillmos", "torch", "torchaudio"), install_command("distillmos")
    reaches_out = False
    licence = "MIT, weights too"
    options = {
        "device": "auto, cpu, cuda or cuda:N",
        "least": "below which a take fails",
        "drop": "what it may lose against its twin",
    }
    figure, highest, whispers = "DistillMOS", 5.0, False

    def __init__(self, device: str = "auto", least: str | None = None, drop: str | None = None):
        try:
            import distillmos
        except ImportError:
            raise MissingExtraError("rater of naturalness 'distillmos'", "distillmos") from None
        from contextlib import redirect_stdout
        from io import StringIO

        self._device = device_of(device, "distillmos")
        with redirect_stdout(StringIO()):
            self._model: Any = distillmos.ConvTransformerSQAModel().to(self._device).eval()
        self.least, self.drop = limit_of(least, "least", LEAST), limit_of(drop, "drop", None)
        path = Path(distillmos.__file__).with_name("weights") / "distill_mos_v7.pt"
        self.name, self.revision = "distillmos", revision("distillmos", path)

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """1 to 5 each; sounds of one length in one batch."""
        return finite([float(row.squeeze()) for row in equally_long(at_rate(sounds), self._rate_batch)], "DistillMOS")

    def _rate_batch(self, batch: NDArray[np.float32]) -> Any:
        import torch

        with torch.inference_mode():
            return self._model(torch.from_numpy(batch).to(self._device)).float().cpu().numpy()
