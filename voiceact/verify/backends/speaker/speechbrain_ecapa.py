"""ECAPA-TDNN through speechbrain (Desplanques et al., Interspeech 2020), from a local copy of spkrec-ecapa-voxceleb.

Its hyperparams.yaml says which classes are built, and could name any class of any package; only those of speechbrain
and torch are let through.
"""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Sound
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import device_of
from voiceact.verify.backends.common import at_rate, equally_long, folder_of, opening, revision, unit
from voiceact.verify.backends.registry import limit_of

LEAST = 0.25
"""speechbrain's own threshold for two voices (SpeakerRecognition.verify_batch); not measured on acted speech"""
RECIPE, WEIGHTS = "hyperparams.yaml", "embedding_model.ckpt"
BUILT = re.compile(r"!(?:new|name|apply|module):\s*([\w.]+)")
TRUSTED = ("speechbrain.", "torch.")


class Ecapa:
    """Implements `voiceact.verify.backends.base.SpeakerEncoder`."""

    needs, install = ("speechbrain", "torch", "torchaudio"), install_command("speechbrain")
    reaches_out = False
    licence = "Apache-2.0, weights too"
    options = {
        "model": Option("a folder with hyperparams.yaml and the checkpoints it names", "a file"),
        "device": "auto, cpu, cuda or cuda:N",
        "least": "cosine below which take and twin are two voices",
    }

    def __init__(self, model: str | None = None, device: str = "auto", least: str | None = None):
        try:
            from speechbrain.inference.speaker import EncoderClassifier
        except ImportError:
            raise MissingExtraError("speaker encoder 'ecapa'", "speechbrain") from None
        folder = folder_of(model, "ecapa", "FOLDER")
        _check(folder)
        self._device = device_of(device, "speechbrain")
        # What it fetches it links into a folder; of a local copy nothing is to be left behind.
        with opening(folder, "ecapa"), tempfile.TemporaryDirectory() as place:
            self._model: Any = EncoderClassifier.from_hparams(
                source=str(folder),
                savedir=place,
                overrides={"pretrained_path": str(folder)} if _moves(folder) else {},
                run_opts={"device": str(self._device)},
            )
            _check_state(self._model.mods.embedding_model.state_dict(), folder)
        self.least = limit_of(least, "least", LEAST)
        self.name, self.revision = "ecapa", revision("speechbrain", folder)

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """[sounds, 192]"""
        return unit(equally_long(at_rate(sounds), self._embed_batch))

    def _embed_batch(self, batch: NDArray[np.float32]) -> Any:
        import torch

        with torch.inference_mode():
            return self._model.encode_batch(torch.from_numpy(batch).to(self._device)).squeeze(1).float().cpu().numpy()


def _check(folder: Path) -> None:
    path = folder / RECIPE
    for name in (RECIPE, WEIGHTS):
        if not (folder / name).is_file():
            raise UsageError(f"{folder}: lacks {name}; expected a copy of a speechbrain encoder such as spkrec-ecapa-voxceleb")
    for name in BUILT.findall(path.read_text("utf-8")):
        if not name.startswith(TRUSTED):
            raise UsageError(f"{path}: would build {name}, which is no part of speechbrain or torch, so it is refused")


def _check_state(expected: Mapping[str, Any], folder: Path) -> None:
    """The library only warns of weights that are missing, and leaves them as they were drawn."""
    import torch

    state = torch.load(folder / WEIGHTS, map_location="cpu", weights_only=True)
    missing = sorted(set(expected) - set(state))
    if missing:
        more = f" and {len(missing) - 1} more" if missing[1:] else ""
        raise UsageError(f"{folder / WEIGHTS}: lacks {missing[0]}{more}; it is of another architecture, or not whole")


def _moves(folder: Path) -> bool:
    """Whether the recipe says where its checkpoints lie: the hub's address, which is to be this folder."""
    return bool(re.search(r"^pretrained_path:", (folder / RECIPE).read_text("utf-8"), re.MULTILINE))
