"""SQUIM through torchaudio (Kumar et al., ICASSP 2023): what PESQ, STOI or SI-SDR would be beside a clean reference."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Sound
from voiceact.errors import UnknownNameError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import device_of
from voiceact.verify.backends.common import at_rate, equally_long, finite, folder_of, opening, revision
from voiceact.verify.backends.registry import limit_of

MEASURES = {"stoi": (0, 1.0), "pesq": (1, 4.5), "si-sdr": (2, 100.0)}
"""name -> its place in the network's answer, and the highest value"""


class Squim:
    """Implements `voiceact.verify.backends.base.Rater`."""

    needs, install = ("torchaudio", "torch"), install_command("squim")
    reaches_out = False
    licence = "BSD-2-Clause; weights CC-BY-4.0"
    options = {
        "model": Option("the file squim_objective_dns2020.pth", "a file"),
        "measure": "stoi, pesq or si-sdr",
        "device": "auto, cpu, cuda or cuda:N",
        "least": "below which a take fails",
        "drop": "what it may lose against its twin",
    }
    whispers = False

    def __init__(
        self,
        model: str | None = None,
        measure: str = "pesq",
        device: str = "auto",
        least: str | None = None,
        drop: str | None = None,
    ):
        try:
            import torch
            from torchaudio.models import squim_objective_base
        except ImportError:
            raise MissingExtraError("rater of naturalness 'squim'", "squim") from None
        if measure not in MEASURES:
            raise UnknownNameError("measure of SQUIM", measure, MEASURES)
        self._place, self.highest = MEASURES[measure]
        self.figure = f"SQUIM {measure.upper()}"
        self._device, path = device_of(device, "squim"), folder_of(model, "squim", "FILE.pth")
        with opening(path, "squim"):
            network = squim_objective_base()
            network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self._model: Any = network.to(self._device).eval()
        self.least, self.drop = limit_of(least, "least", None), limit_of(drop, "drop", None)
        self.name, self.revision = f"squim-{measure}", revision("torchaudio", path)

    def rate(self, sounds: Sequence[Sound]) -> list[float]:
        """The measure of each; sounds of one length in one batch."""
        return finite([float(row) for row in equally_long(at_rate(sounds), self._rate_batch)], self.figure)

    def _rate_batch(self, batch: NDArray[np.float32]) -> Any:
        import torch

        with torch.inference_mode():
            return self._model(torch.from_numpy(batch).to(self._device))[self._place].float().cpu().numpy()
