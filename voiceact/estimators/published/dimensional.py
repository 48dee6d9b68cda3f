"""Arousal, dominance and valence by a wav2vec2 network with audeering's regression head, and what follows from them.

Wagner et al., Dawn of the transformer era in speech emotion recognition (IEEE TPAMI 2023): the mean of the last hidden
layer through dropout, a dense layer, tanh and a projection to three numbers of about 0 to 1, in the order arousal,
dominance, valence. The published weights are CC-BY-NC-SA-4.0: what is scored with them is not for commercial use.

A category has no output of its own. It gets the score of how far the voice lies where the taxonomy places it, so it is
never told from its neighbours: whoever calibrates it can give it dimension evidence, not more.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.intensity import HIGHEST
from voiceact.acting.taxonomy import Category, categories
from voiceact.errors import UsageError
from voiceact.estimators.base import Profile
from voiceact.estimators.features.signal import SAMPLE_RATE
from voiceact.estimators.published.base import Clip, Published, need_transformers, revision_of
from voiceact.estimators.published.windows import average_windows
from voiceact.runtime import weights
from voiceact.runtime.torch_support import COMMON_OPTIONS, device_of, dtype_of
from voiceact.runtime.transformers_loading import opening, quiet

WEIGHTS = "wav2vec2-msp-dim"
ORDER = ("arousal", "dominance", "valence")
LEAST_PLACE = 0.5
"""an arousal or valence tag this far from the middle is a place; "medium" is not"""
NOWHERE = "lies nowhere in arousal or valence, so nothing can be told of it by them"


class Dimensional(Published):
    """Implements `voiceact.estimators.base.Estimator`."""

    name = "dimensional"
    licence = "CC-BY-NC-SA-4.0"
    options = COMMON_OPTIONS
    scale = "7 times how far arousal and valence (2 x - 1) lie where the category does, the lesser of the two"
    most_evidence = "dimension"

    def __init__(self, model: str | None = None, device: str = "auto", dtype: str = "auto"):
        need_transformers(self.name)
        self._device = device_of(device, self.name)
        self._dtype = dtype_of(dtype, self._device, self.name)
        folder = weights.find(WEIGHTS, model)
        self._model, self._extract = _loaded(folder, self._dtype)
        self._model.to(self._device)
        self.revision = revision_of(folder)

    def raw(self, clips: Sequence[Clip]) -> list[dict[str, float]]:
        """What the network gave, unmapped, of each clip: arousal, dominance and valence of about 0 to 1."""
        return [dict(zip(ORDER, map(float, row), strict=True)) for row in average_windows(clips, self._hear)]

    def profiles(self, clips: Sequence[Clip]) -> list[Profile]:
        """Profiles of several utterances in one batch."""
        return [self._profile_of(raw) for raw in self.raw(clips)]

    def _hear(self, pieces: Sequence[NDArray[np.float32]]) -> Any:
        import torch

        inputs = self._extract(
            list(pieces), sampling_rate=SAMPLE_RATE, return_tensors="pt", padding=True, return_attention_mask=True
        )
        with torch.inference_mode():
            if self._model.config.feat_extract_norm == "layer":
                outputs = self._model(inputs.input_values.to(self._device, self._dtype), inputs.attention_mask.to(self._device))
            else:
                # A network that normalises over time hears the silence that fills a batch up: one piece after another.
                outputs = torch.cat(
                    [
                        self._model(row[: int(mask.sum())][None].to(self._device, self._dtype), None)
                        for row, mask in zip(inputs.input_values, inputs.attention_mask, strict=True)
                    ]
                )
        return outputs.float().cpu().numpy()

    def _profile_of(self, raw: Mapping[str, float]) -> Profile:
        arousal, dominance, valence = (float(np.clip(2 * raw[name] - 1, -1, 1)) for name in ORDER)
        scores = {category.id: place_score(category, valence, arousal) for category in categories()}
        return self._profile(scores, dict.fromkeys(scores, NOWHERE), arousal=arousal, valence=valence, dominance=dominance)


def place_score(category: Category, valence: float, arousal: float) -> float | None:
    """0 to 7: how far a voice lies where the category is placed, by the dimension in which it lies least; None if nowhere.

    valence, arousal: -1 to 1
    """
    parts = [
        min(max(measured * np.sign(place) / abs(place), 0.0), 1.0)
        for place, measured in ((category.valence_value, valence), (category.arousal_value, arousal))
        if abs(place) >= LEAST_PLACE
    ]
    return HIGHEST * float(min(parts)) if parts else None


def _loaded(folder: Path, dtype: Any) -> tuple[Any, Any]:
    """The network, and what makes its inputs.

    Raises:
        UsageError: weights missing, damaged, of another architecture, or more than weights
    """
    from transformers import AutoConfig, Wav2Vec2FeatureExtractor

    with opening(folder), quiet():
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        _check(config, folder)
        extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder, local_files_only=True)
        model, report = _network().from_pretrained(
            folder, config=config, dtype=dtype, local_files_only=True, output_loading_info=True
        )
    missing = sorted(report["missing_keys"])
    if missing:
        raise UsageError(
            f"{folder}: its weights lack {missing[0]}{f' and {len(missing) - 1} more' if missing[1:] else ''}; "
            "expected a wav2vec2 network with the regression head classifier.dense, classifier.out_proj"
        )
    return model.eval(), extractor


def _check(config: Any, folder: Path) -> None:
    if config.model_type != "wav2vec2":
        raise UsageError(
            f"{folder}: holds a network of type {config.model_type!r}; expected wav2vec2 with a regression head "
            "of three numbers (another classifier may load as audio-classifier)"
        )
    names = tuple(str(config.id2label[at]).lower() for at in range(config.num_labels))
    if config.num_labels != len(ORDER) or (set(names) & set(ORDER) and names != ORDER):
        raise UsageError(f"{folder}: its head gives {', '.join(names)}; expected {', '.join(ORDER)} in this order")


def _network() -> Any:
    """The class of the network, made where torch is known to be here."""
    import torch
    import transformers

    library: Any = transformers

    class RegressionHead(torch.nn.Module):
        def __init__(self, config: Any):
            super().__init__()
            self.dropout = torch.nn.Dropout(config.final_dropout)
            self.dense = torch.nn.Linear(config.hidden_size, config.hidden_size)
            self.out_proj = torch.nn.Linear(config.hidden_size, config.num_labels)

        def forward(self, features: Any) -> Any:
            return self.out_proj(self.dropout(torch.tanh(self.dense(self.dropout(features)))))

    class DimensionalNetwork(library.Wav2Vec2PreTrainedModel):
        def __init__(self, config: Any):
            super().__init__(config)
            self.wav2vec2, self.classifier = library.Wav2Vec2Model(config), RegressionHead(config)
            self.post_init()

        def forward(self, values: Any, mask: Any) -> Any:
            """[pieces, 3]; the mean is over the frames of the sound alone, not over what fills the batch up."""
            hidden = self.wav2vec2(values, attention_mask=mask).last_hidden_state
            if mask is None:
                return self.classifier(hidden.mean(dim=1))
            there = self._get_feature_vector_attention_mask(hidden.shape[1], mask)[..., None].to(hidden.dtype)
            return self.classifier((hidden * there).sum(dim=1) / there.sum(dim=1))

    return DimensionalNetwork


__all__ = ["Dimensional", "place_score"]
