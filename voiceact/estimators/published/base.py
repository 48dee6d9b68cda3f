"""Base of estimators with published weights: they know no voices, and have no evidence before they are calibrated.

A published model was trained on corpora, labels and scales of its own. Its score of a category can be looked at, compared
and used to coach; that the category *is* there when the score is high has to be shown first: `voiceact listen calibrate`
sets thresholds by listeners' answers and grants the evidence that they support.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, Profile, Reference
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.torch_support import COMMON_OPTIONS
from voiceact.vocabulary import Evidence, ReferenceMode

Clip = tuple[NDArray[np.float32], int]

UNCALIBRATED = "not calibrated against people's ratings; voiceact listen calibrate does that"


class Published(Estimator):
    """Base of estimators with published weights; a subclass implements `profiles`.

    Attributes:
        options: as `voiceact.estimators.base.Estimator`
        licence: of the weights, as their publisher states it
        scale: how its scores were mapped to 0 to 7
    """

    needs: ClassVar[tuple[str, ...]] = ("torch", "transformers")
    install = install_command("transformers")
    options: ClassVar[Mapping[str, str]] = COMMON_OPTIONS
    thresholds: Mapping[str, float] = {}

    @abstractmethod
    def profiles(self, clips: Sequence[Clip]) -> list[Profile]:
        """Compute the profiles of several utterances in one batch.

        Args:
            clips: samples (float [n], full scale 1.0) and rate (Hz) of each
        """

    def profile(self, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """Compute the profile of one utterance; one longer than 30 s is the mean of windows of 30 s, weighted by length.

        Raises:
            UnheardError: if nothing can be said of the audio
        """
        return self.profiles([(samples, sample_rate)])[0]

    def reference(self, clips: Iterable[Clip], *, kind: str = "neutral") -> Reference:
        """Count the clips of a voice; the reference holds nothing else and changes no profile.

        Raises:
            UsageError: if there are none
        """
        count = len(list(clips))
        if not count:
            raise UsageError("a reference needs at least one clip")
        return Reference("neutral" if kind == "neutral" else "statistics", count, self.revision, {})

    def evidence(self, regime: ReferenceMode = "none") -> dict[str, Evidence]:
        """Return category id -> "none": it is not calibrated."""
        return {category.id: "none" for category in categories()}

    def _profile(
        self,
        scores: Mapping[str, float | None],
        reasons: Mapping[str, str],
        *,
        arousal: float | None = None,
        valence: float | None = None,
        dominance: float | None = None,
    ) -> Profile:
        """Create a profile of all 40 categories, with the reason where one has no score."""
        all_scores = {category.id: scores.get(category.id) for category in categories()}
        why = {name: UNCALIBRATED if score is not None else reasons[name] for name, score in all_scores.items()}
        return Profile(
            all_scores, arousal, valence, dominance, self.evidence(), self.name, self.revision, "none", why, scale=self.scale
        )


def revision_of(folder: Path) -> str:
    """Return the commit that was fetched into a folder of weights, or the first digits of the files' hash."""
    lock = weights.read_lock(folder)
    return (lock.revision if lock else weights.fingerprint(folder))[:12]


def need_transformers(estimator: str) -> None:
    """Raise MissingExtraError unless torch and transformers are installed."""
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        raise MissingExtraError(f"estimator {estimator!r}", "transformers") from None
