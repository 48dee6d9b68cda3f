"""The estimator: BUD-E-Whisper's encoder, the heads, and their raw scores brought to 0 to 7.

No recording of a person stands behind its thresholds here: it was taught by another model's scores, and its
agreement with people is published as correlations (arXiv 2506.09827, table 6). So its evidence is "none" until a
listening test calibrates it (`voiceact listen calibrate`), and its scores are there to be looked at, or to coach.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact import weights
from voiceact.engines.neural import COMMON_OPTIONS, device_of, dtype_of
from voiceact.errors import MissingExtraError, UnknownNameError, UsageError
from voiceact.estimators.base import Evidence, Profile, Reference
from voiceact.estimators.empathic.heads import Heads, check_inputs, head_files, load_heads
from voiceact.estimators.model_file import ModelFileError
from voiceact.estimators.signal import SAMPLE_RATE, prepare
from voiceact.intensity import empathic_to_seven
from voiceact.taxonomy import categories

WINDOW_SECONDS = 30.0
SIZES = {size: f"empathic-insight-voice-{size}" for size in ("small", "large", "plus")}
ENCODER = "bud-e-whisper"
UNCALIBRATED = "not calibrated against people; its published agreement with them stands in docs/estimators/empathic-insight.md"
AROUSAL, VALENCE, DOMINANCE = "Arousal", "Valence", "Submissive_vs._Dominant"
ATTRIBUTES: Mapping[str, tuple[float, float]] = {
    AROUSAL: (0, 4), VALENCE: (-3, 3), DOMINANCE: (-3, 3), "Age": (0, 6), "Gender": (-2, 2),
    "Serious_vs._Humorous": (0, 4), "Vulnerable_vs._Emotionally_Detached": (0, 4), "Confident_vs._Hesitant": (0, 4),
    "Warm_vs._Cold": (-2, 2), "Monotone_vs._Expressive": (0, 4), "High-Pitched_vs._Low-Pitched": (0, 4),
    "Soft_vs._Harsh": (-2, 2), "Authenticity": (0, 4), "Recording_Quality": (0, 4), "Background_Noise": (0, 3),
}
"""head -> nominal range, as LAION's own tools give it; real scores leave it a little on both sides"""


class EmpathicInsight:
    """Implements `voiceact.estimators.base.Estimator`."""

    name = "empathic-insight"
    options = {
        **COMMON_OPTIONS,
        "size": "small, large or plus",
        "encoder": "a folder with BUD-E-Whisper",
        "attributes": "yes: load the 15 attribute heads too",
    }
    thresholds: Mapping[str, float] = {}

    def __init__(self, size: str = "small", model: str | None = None, encoder: str | None = None, device: str = "auto",
                 dtype: str = "auto", attributes: str = "no"):
        if size not in SIZES:
            raise UnknownNameError("size of Empathic-Insight-Voice", size, SIZES)
        self._device = device_of(device, self.name)
        self._dtype = dtype_of(dtype, self._device, self.name)
        folder, listener = weights.find(SIZES[size], model), weights.find(ENCODER, encoder)
        self._encode, self._extract = _encoder(listener, self._device, self._dtype)
        files = head_files(folder)
        self._stems = {category.file_stem: category.id for category in categories()}
        wanted = [*self._stems, AROUSAL, VALENCE, DOMINANCE, *(ATTRIBUTES if attributes == "yes" else ())]
        self._heads = load_heads({name: files[name] for name in dict.fromkeys(wanted) if name in files}, device=self._device,
                                 dtype=self._dtype)
        if not self._heads:
            raise ModelFileError(f"{folder}: holds no head of a category; expected files such as model_Anger_best.pth")
        check_inputs(self._heads, _encoded_length(listener), folder)
        self.revision = f"{size}+{_revision(folder)}+{_revision(listener)}"

    def profile(self, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """Profile of one utterance; a longer one than 30 s is heard in windows of 30 s, weighted by their length.

        Raises:
            UnheardError: audio of which nothing can be said
        """
        return self.profiles([(samples, sample_rate)])[0]

    def profiles(self, clips: Sequence[tuple[NDArray[np.float32], int]]) -> list[Profile]:
        """Profiles of several utterances in one batch."""
        return [self._told(raw) for raw in self.raw(clips)]

    def raw(self, clips: Sequence[tuple[NDArray[np.float32], int]]) -> list[dict[str, float]]:
        """What the heads gave, unmapped: name of the head -> score; one mapping a clip."""
        heard = [prepare(samples, rate) for samples, rate in clips]
        windows = [(number, part) for number, sound in enumerate(heard) for part in _windows(sound)]
        scores = self._scores([part for _, part in windows])
        names = [name for group in self._heads for name in group.names]
        found = []
        for number in range(len(heard)):
            mine = [at for at, (owner, _) in enumerate(windows) if owner == number]
            lengths = [len(windows[at][1]) for at in mine]
            found.append(dict(zip(names, map(float, np.average(scores[mine], axis=0, weights=lengths)), strict=True)))
        return found

    def reference(self, clips: Iterable[tuple[NDArray[np.float32], int]], *, kind: str = "neutral") -> Reference:
        """It knows no voices: the reference says how many clips there were, and changes nothing."""
        count = len(list(clips))
        if not count:
            raise UsageError("a reference needs at least one clip")
        return Reference("neutral" if kind == "neutral" else "statistics", count, self.revision, {})

    def _scores(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """[windows, heads]"""
        import torch

        with torch.inference_mode():
            encoded = self._encode(self._extract(windows))
            found: NDArray[np.float32] = torch.cat([group(encoded) for group in self._heads], dim=1).cpu().numpy()
        return found

    def _told(self, raw: Mapping[str, float]) -> Profile:
        scores = {category: empathic_to_seven(raw[stem]) if stem in raw else None for stem, category in self._stems.items()}
        reasons = {category: f"head {stem} is missing from the weights" if stem not in raw else UNCALIBRATED
                   for stem, category in self._stems.items()}
        evidence: dict[str, Evidence] = dict.fromkeys(scores, "none")
        return Profile(scores, _within(raw, AROUSAL), _within(raw, VALENCE), _within(raw, DOMINANCE), evidence, self.name,
                       self.revision, "none", reasons)


def _within(raw: Mapping[str, float], attribute: str) -> float | None:
    """An attribute brought from its nominal range to -1 … 1; None where its head is not loaded."""
    if attribute not in raw:
        return None
    lowest, highest = ATTRIBUTES[attribute]
    return float(np.clip(2 * (raw[attribute] - lowest) / (highest - lowest) - 1, -1, 1))


def _windows(sound: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Pieces of 30 s; a rest shorter than a second belongs to the piece before, where it is cut off as the model would."""
    size = int(WINDOW_SECONDS * SAMPLE_RATE)
    starts = range(0, max(len(sound) - SAMPLE_RATE, 1), size)
    return [sound[start:start + size] for start in starts]


def _encoder(folder: Path, device: Any, dtype: Any) -> tuple[Any, Any]:
    """Two functions: windows to input features, and those to [windows, frames, channels]."""
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

    def extract(windows: Sequence[NDArray[np.float32]]) -> Any:
        # Silence up to 30 s is part of the input: the heads were fitted on it.
        found = extractor(list(windows), sampling_rate=SAMPLE_RATE, return_tensors="pt", padding="max_length", truncation=True)
        return found.input_features.to(device, dtype)

    return (lambda features: encoder(features).last_hidden_state), extract


def _encoded_length(folder: Path) -> int:
    """Numbers the encoder gives for a window: frames times channels."""
    from transformers import WhisperConfig

    config = WhisperConfig.from_pretrained(folder, local_files_only=True)
    return int(config.max_source_positions * config.d_model)


def _revision(folder: Path) -> str:
    """The commit that was fetched, or the first digits of the files' own hash."""
    lock = weights.read_lock(folder)
    return (lock.revision if lock else weights.fingerprint(folder))[:12]


__all__ = ["ATTRIBUTES", "EmpathicInsight", "Heads"]
