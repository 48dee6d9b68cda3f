"""The estimator: BUD-E-Whisper's encoder, the heads, and their raw scores brought to 0 to 7.

No recording of a person stands behind its thresholds here: it was taught by another model's scores, and its
agreement with people is published as correlations (arXiv 2506.09827, table 6). So its evidence is "none" until a
listening test calibrates it (`voiceact listen calibrate`), and its scores are there to be looked at, or to coach.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.intensity import empathic_to_seven
from voiceact.acting.taxonomy import categories
from voiceact.errors import UnknownNameError
from voiceact.estimators.base import Profile
from voiceact.estimators.ears import load_ears
from voiceact.estimators.features.signal import SAMPLE_RATE
from voiceact.estimators.model_file import ModelFileError
from voiceact.estimators.published.base import Clip, Published, revision_of
from voiceact.estimators.published.empathic.heads import Heads, check_inputs, head_files, load_heads, pooled
from voiceact.estimators.published.windows import average_windows
from voiceact.estimators.trained import read_heads_card
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, check_compiler, device_of, dtype_of, yes

SIZES = {size: f"empathic-insight-voice-{size}" for size in ("small", "large", "plus")}
ENCODER = "bud-e-whisper"
EARS = "ears"
"""in place of a folder: the judge's ears"""
UNCALIBRATED = "not calibrated against people; its published agreement with them stands in docs/estimators/empathic-insight.md"
QUALITY = ("score_overall_quality", "score_speech_quality", "score_background_quality", "score_content_enjoyment")
"""heads of Plus alone, about 1 to 5: distilled from DNSMOS and AudioBox-Aesthetics"""
AROUSAL, VALENCE, DOMINANCE = "Arousal", "Valence", "Submissive_vs._Dominant"
ATTRIBUTES: Mapping[str, tuple[float, float]] = {
    AROUSAL: (0, 4),
    VALENCE: (-3, 3),
    DOMINANCE: (-3, 3),
    "Age": (0, 6),
    "Gender": (-2, 2),
    "Serious_vs._Humorous": (0, 4),
    "Vulnerable_vs._Emotionally_Detached": (0, 4),
    "Confident_vs._Hesitant": (0, 4),
    "Warm_vs._Cold": (-2, 2),
    "Monotone_vs._Expressive": (0, 4),
    "High-Pitched_vs._Low-Pitched": (0, 4),
    "Soft_vs._Harsh": (-2, 2),
    "Authenticity": (0, 4),
    "Recording_Quality": (0, 4),
    "Background_Noise": (0, 3),
}
"""head -> nominal range, as LAION's own tools give it; real scores leave it a little on both sides"""


class EmpathicInsight(Published):
    """Implements `voiceact.estimators.base.Estimator`."""

    name = "empathic-insight"
    licence = "CC-BY-4.0"
    scale = "voiceact.acting.intensity.empathic_to_seven of the head's raw score (nominally 0 to 4)"
    options = {
        **COMMON_OPTIONS,
        "size": "small, large or plus",
        "encoder": Option("a folder with BUD-E-Whisper; `ears` for heads that were trained on the judge's ears", "a file"),
        "compile": "yes: compile the encoder, which takes most of the time (see docs/estimators/empathic-insight.md)",
        "attributes": "yes: load the 15 attribute heads too, and the 4 of quality that Plus has",
    }

    def __init__(
        self,
        size: str = "small",
        model: str | None = None,
        encoder: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        attributes: str = "no",
        compile: str = "no",
    ):
        if size not in SIZES:
            raise UnknownNameError("size of Empathic-Insight-Voice", size, SIZES)
        everything, compiled = yes(attributes, "attributes"), yes(compile, "compile")
        self._device = device_of(device, self.name)
        self._dtype = dtype_of(dtype, self._device, self.name)
        folder = weights.find(SIZES[size], model)
        if encoder == EARS:
            frames, channels, listener_revision = 1, load_ears().width, load_ears().revision
            self._encode, self._extract = _encode_with_ears(self._device, self._dtype)
        else:
            listener = weights.find(ENCODER, encoder)
            self._encode, self._extract = load_encoder(listener, self._device, self._dtype, compiled=compiled)
            (frames, channels), listener_revision = encoded_shape(listener), revision_of(listener)
        # Heads that voiceact trained say what they were trained on, and synthetic speech bars them as a judge.
        self.card = read_heads_card(folder)
        files = head_files(folder)
        self._stems = {category.file_stem: category.id for category in categories()}
        names = [*self._stems, AROUSAL, VALENCE, DOMINANCE, *(ATTRIBUTES if everything else ())]
        self._heads = self._load(files, names)
        if not self._heads:
            raise ModelFileError(f"{folder}: holds no head of a category; expected files such as model_Anger_best.pth")
        check_inputs(self._heads, frames * channels, folder)
        self._pooled = self._load(files, QUALITY if everything else ())
        check_inputs(self._pooled, 4 * channels, folder)
        self.revision = f"{size}+{revision_of(folder)}+{listener_revision}"

    def profiles(self, clips: Sequence[Clip]) -> list[Profile]:
        """Profiles of several utterances in one batch."""
        return [self._profile_of(raw) for raw in self.raw(clips)]

    def raw(self, clips: Sequence[Clip]) -> list[dict[str, float]]:
        """What the heads gave, unmapped: name of the head -> score; one mapping a clip."""
        names = [name for group in (*self._heads, *self._pooled) for name in group.names]
        return [dict(zip(names, map(float, row), strict=True)) for row in average_windows(clips, self._scores)]

    def _load(self, files: Mapping[str, Path], names: Sequence[str]) -> list[Heads]:
        return load_heads(
            {name: files[name] for name in dict.fromkeys(names) if name in files}, device=self._device, dtype=self._dtype
        )

    def _scores(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """[windows, heads]"""
        import torch

        with torch.inference_mode():
            encoded = self._encode(self._extract(windows))
            outputs = [group(encoded) for group in self._heads] + [group(pooled(encoded)) for group in self._pooled]
            scores: NDArray[np.float32] = torch.cat(outputs, dim=1).cpu().numpy()
        return scores

    def _profile_of(self, raw: Mapping[str, float]) -> Profile:
        scores = {category: empathic_to_seven(raw[stem]) if stem in raw else None for stem, category in self._stems.items()}
        reasons = {
            category: f"head {stem} is missing from the weights" if stem not in raw else UNCALIBRATED
            for stem, category in self._stems.items()
        }
        return Profile(
            scores,
            _within(raw, AROUSAL),
            _within(raw, VALENCE),
            _within(raw, DOMINANCE),
            self.evidence(),
            self.name,
            self.revision,
            "none",
            reasons,
            scale=self.scale,
        )


def _within(raw: Mapping[str, float], attribute: str) -> float | None:
    """An attribute brought from its nominal range to -1 … 1; None where its head is not loaded."""
    if attribute not in raw:
        return None
    lowest, highest = ATTRIBUTES[attribute]
    return float(np.clip(2 * (raw[attribute] - lowest) / (highest - lowest) - 1, -1, 1))


def _encode_with_ears(device: Any, dtype: Any) -> tuple[Any, Any]:
    """Two functions, as `load_encoder`: the ears sum a window up as one vector, which stands for one frame."""
    import torch

    def extract(windows: Sequence[NDArray[np.float32]]) -> Any:
        rows = np.stack([load_ears().describe(window) for window in windows])
        return torch.from_numpy(rows).to(device, dtype)

    return (lambda rows: rows[:, None]), extract


def load_encoder(folder: Path, device: Any, dtype: Any, *, compiled: bool) -> tuple[Any, Any]:
    """Two functions: windows to input features, and those to [windows, frames, channels]."""
    import torch

    try:
        from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration
    except ImportError:
        raise MissingExtraError("estimator 'empathic-insight'", "transformers") from None
    try:
        extractor = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)
        model = WhisperForConditionalGeneration.from_pretrained(folder, local_files_only=True, dtype=dtype)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelFileError(f"{folder}: cannot be loaded as a Whisper encoder ({str(error).splitlines()[0][:160]})") from error
    encoder = model.get_encoder().to(device).eval()
    if compiled:
        check_compiler(device)
        encoder = torch.compile(encoder)

    def extract(windows: Sequence[NDArray[np.float32]]) -> Any:
        # Silence up to 30 s is part of the input: the heads were fitted on it.
        features = extractor(
            list(windows), sampling_rate=SAMPLE_RATE, return_tensors="pt", padding="max_length", truncation=True
        )
        return features.input_features.to(device, dtype)

    return (lambda features: encode(encoder, features)), extract


def encode(encoder: Any, features: Any) -> Any:
    """[windows, frames, channels] of input features [windows, bands, 2 frames]."""
    import torch

    if features.device.type != "cpu":
        return encoder(features).last_hidden_state
    # A processor has nothing to gain from a batch of long sequences, and loses its cache to them.
    return torch.cat([encoder(one[None]).last_hidden_state for one in features])


def encoded_shape(folder: Path) -> tuple[int, int]:
    """Frames and channels that the encoder gives for a window."""
    from transformers import WhisperConfig

    config = WhisperConfig.from_pretrained(folder, local_files_only=True)
    return int(config.max_source_positions), int(config.d_model)


__all__ = ["ATTRIBUTES", "EmpathicInsight", "Heads"]
