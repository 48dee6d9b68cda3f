"""Estimator of heads that `voiceact estimator train` wrote: the judge's ears and an ONNX model, without torch.

    voiceact estimate clip.wav --estimator trained:model=my-heads

Heads may be trained on synthetic speech, the product's own takes among them. Such an estimator can be looked at, compared,
measured and used to search; it is never a judge: see `voiceact.estimators.synthetic`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.intensity import empathic_to_seven
from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile
from voiceact.estimators.ears import load_ears
from voiceact.estimators.model_file import ModelFileError
from voiceact.estimators.published.base import Clip, Published
from voiceact.estimators.published.windows import average_windows
from voiceact.runtime.spec import Option

CARD, MODEL = "card.json", "heads.onnx"
FORMAT = "voiceact-heads/1"
NEEDED = ("format", "heads", "sha256", "encoder", "synthetic_data", "sources")


def read_heads_card(folder: Path) -> dict[str, Any] | None:
    """Read the card of a folder of trained heads.

    Returns:
        The card; None where the folder has none, as one of published heads.

    Raises:
        ModelFileError: if there is one that is damaged or of another format
    """
    path = folder / CARD
    if not path.is_file():
        return None
    try:
        card = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: is not the card of heads ({error}); train them again") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT or any(key not in card for key in NEEDED):
        raise ModelFileError(f"{path}: is not a card of format {FORMAT}; train the heads again with: voiceact estimator train")
    return card


class TrainedHeads(Published):
    """Implements `voiceact.estimators.base.Estimator`."""

    name = "trained"
    scale = "voiceact.acting.intensity.empathic_to_seven of the head's score (0 to 4)"
    needs: ClassVar[tuple[str, ...]] = ("onnxruntime",)
    install: ClassVar[str] = ""
    options: ClassVar[Mapping[str, str]] = {"model": Option("the folder that `voiceact estimator train` wrote", "a file")}

    def __init__(self, model: str | None = None):
        if model is None:
            raise UsageError("estimator 'trained' needs its heads; name them: trained:model=FOLDER")
        folder = Path(model).expanduser()
        card = read_heads_card(folder) if folder.is_dir() else None
        if card is None:
            raise ModelFileError(f"{folder}: holds no trained heads; expected a folder that voiceact estimator train wrote")
        if not str(card["encoder"]).startswith("ears@"):
            raise ModelFileError(
                f"{folder}: the heads listen with {card['encoder']}; take empathic-insight:model={folder},encoder=FOLDER"
            )
        if card["encoder"] != f"ears@{load_ears().revision}":
            raise ModelFileError(
                f"{folder}: the heads were trained on {card['encoder']}, other ears than these; train them again"
            )
        self._session, stated = _open_model(folder / MODEL, str(card["sha256"]))
        self._heads = [str(name) for name in json.loads(stated["heads"])]
        # What the model itself says counts too: a card is easily exchanged.
        synthetic = list(dict.fromkeys([*card["synthetic_data"], *json.loads(stated["synthetic_data"])]))
        self.card = {**card, "synthetic_data": synthetic}
        self.licence = "; ".join(dict.fromkeys(str(source.get("licence")) for source in card["sources"]))
        self.revision = str(card["sha256"])[:12]

    def profiles(self, clips: Sequence[Clip]) -> list[Profile]:
        """Compute the profiles of several utterances."""
        known = {category.id for category in categories()}
        reasons = dict.fromkeys(known, "the heads were not trained on this category")
        profiles = []
        for row in average_windows(clips, self._hear):
            scores = {
                name: empathic_to_seven(float(score)) for name, score in zip(self._heads, row, strict=True) if name in known
            }
            profiles.append(self._profile(scores, reasons))
        return profiles

    def _hear(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Compute the scores float32 [windows, heads] of pieces at 16 kHz."""
        features = np.stack([load_ears().describe(window) for window in windows])
        scores: NDArray[np.float32] = self._session.run(["scores"], {"features": features})[0]
        return scores


def _open_model(path: Path, digest: str) -> tuple[Any, Mapping[str, str]]:
    """Load the ONNX model, and what it says of itself.

    Raises:
        ModelFileError: if it is missing, not the one that its card describes, or no model
    """
    import onnxruntime

    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); train the heads again") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelFileError(f"{path}: is not the model that its card describes (SHA-256 differs); train the heads again")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    stated: Mapping[str, str] = session.get_modelmeta().custom_metadata_map
    if stated.get("format") != FORMAT:
        raise ModelFileError(f"{path}: is no model of heads; train the heads again with: voiceact estimator train")
    return session, stated


__all__ = ["CARD", "FORMAT", "MODEL", "TrainedHeads", "read_heads_card"]
