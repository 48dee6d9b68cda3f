"""Any audio classifier of transformers, by folder or by name: its labels' probabilities as scores of the categories.

    voiceact estimate take.wav --estimator "audio-classifier:model=~/models/ser,labels=hap=elation;ang=anger"

What it has no label for is not judged, never zero. A probability times seven is a score that can be compared with
itself and ordered; it is no strength, and nobody calibrated it.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.intensity import HIGHEST
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile
from voiceact.estimators.features.signal import SAMPLE_RATE
from voiceact.estimators.published.base import Clip, Published, need_transformers, revision_of
from voiceact.estimators.published.labels import category_scores, label_map, unjudged
from voiceact.estimators.published.windows import average_windows
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, device_of, dtype_of
from voiceact.runtime.transformers_loading import load_model, opening, quiet

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


class AudioClassifier(Published):
    """Implements `voiceact.estimators.base.Estimator`.

    Attributes:
        labels: the classifier's own, in their order
        names: label -> category id, of those that stand for one
    """

    name = "audio-classifier"
    licence = "that of the model that is named; not known here"
    scale = "7 times the probability of the category's labels"
    options = {
        **COMMON_OPTIONS,
        "model": Option("a folder with the model, or its name on the hub if it lies in the local cache", "a file"),
        "commit": "of a model by name; default is the one in the cache",
        "labels": "what labels mean, over their names: hap=elation;ang=anger;calm=-",
    }

    def __init__(
        self,
        model: str | None = None,
        commit: str | None = None,
        labels: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
    ):
        need_transformers(self.name)
        if model is None:
            raise UsageError(f"{self.name} needs a model; expected {self.name}:model=FOLDER, or model=OWNER/NAME")
        self._device = device_of(device, self.name)
        self._dtype = dtype_of(dtype, self._device, self.name)
        folder = _folder(model, commit)
        self._model = load_model("AutoModelForAudioClassification", folder, self._device, self._dtype)
        self._extract, self._rate = _extractor(folder)
        config = self._model.config
        if config.problem_type == "regression":
            raise UsageError(f"{folder}: gives numbers and no labels (regression); expected a classifier")
        self.exclusive = config.problem_type != "multi_label_classification"
        self.labels = tuple(str(config.id2label[at]) for at in range(config.num_labels))
        self.names = label_map(self.labels, labels)
        named = [f"+{label}={category}" for label, category in sorted(self.names.items())] if labels else []
        self.revision = "".join([revision_of(folder), *named])

    def raw(self, clips: Sequence[Clip]) -> list[dict[str, float]]:
        """Label -> probability, of each clip."""
        return [dict(zip(self.labels, map(float, row), strict=True)) for row in average_windows(clips, self._hear)]

    def profiles(self, clips: Sequence[Clip]) -> list[Profile]:
        """Profiles of several utterances in one batch."""
        reasons = unjudged(self.names, "the classifier")
        return [
            self._profile(
                {
                    category: HIGHEST * value
                    for category, value in category_scores(raw, self.names, exclusive=self.exclusive).items()
                },
                reasons,
            )
            for raw in self.raw(clips)
        ]

    def _hear(self, pieces: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Probabilities; inputs of one size go through together, for not every network can leave out what fills a batch up."""
        import torch

        inputs = [self._inputs(piece) for piece in pieces]
        shapes = [tuple((key, tuple(value.shape)) for key, value in sorted(tensors.items())) for tensors in inputs]
        outputs: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(inputs)
        for shape in dict.fromkeys(shapes):
            places = [at for at, other in enumerate(shapes) if other == shape]
            batch = {key: torch.cat([inputs[at][key] for at in places]).to(self._device) for key, _ in shape}
            with torch.inference_mode():
                logits = self._model(
                    **{key: value.to(self._dtype) if value.is_floating_point() else value for key, value in batch.items()}
                ).logits.float()
            rows = (logits.softmax(-1) if self.exclusive else logits.sigmoid()).cpu().numpy()
            for at, row in zip(places, rows, strict=True):
                outputs[at] = row
        return outputs

    def _inputs(self, piece: NDArray[np.float32]) -> dict[str, Any]:
        from voiceact.audio import resample

        sound = piece if self._rate == SAMPLE_RATE else resample(piece, SAMPLE_RATE, self._rate)
        return dict(self._extract(sound, sampling_rate=self._rate, return_tensors="pt"))


def _folder(model: str, commit: str | None) -> Path:
    """The user's folder, or the one in the hub's local cache; nothing is fetched.

    Raises:
        UsageError: if there is none, with what to do
    """
    path = Path(model).expanduser()
    if path.is_dir() or not HUB_NAME.fullmatch(model):
        if not path.is_dir():
            raise UsageError(
                f"model={model}: there is no such folder; expected one with config.json and the weights, or OWNER/NAME"
            )
        return path
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(model, revision=commit, local_files_only=True))
    except (OSError, ValueError) as error:
        pinned = f" --revision {commit}" if commit else ""
        raise UsageError(
            f"model={model}: is no folder, and is not in the local cache of the hub; get it with: hf download {model}{pinned}"
        ) from error


def _extractor(folder: Path) -> tuple[Any, int]:
    """What makes the network's inputs, and the Hz it wants."""
    import transformers

    library: Any = transformers
    with opening(folder), quiet():
        extractor = library.AutoFeatureExtractor.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    return extractor, int(getattr(extractor, "sampling_rate", SAMPLE_RATE))


__all__ = ["AudioClassifier"]
