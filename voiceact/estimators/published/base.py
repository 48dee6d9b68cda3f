"""What published estimators have in common here: they know no voices, and stand on nothing until people have said so.

A published model was taught on corpora, labels and scales of its own. What it says of a category is a score that
can be looked at, compared and used to coach; that a category *is* there when the score is high has to be shown
first: `voiceact listen calibrate` sets thresholds by people's answers and gives the evidence they bear out.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.engines.neural.common import COMMON_OPTIONS
from voiceact.errors import MissingExtraError, UsageError
from voiceact.estimators.base import Evidence, Profile, Reference, Regime
from voiceact.runtime import weights

Clip = tuple[NDArray[np.float32], int]

UNCALIBRATED = "not calibrated against people's ratings; voiceact listen calibrate does that"


class Published:
    """A base of published estimators: what each says itself is `profiles`.

    Attributes:
        name, revision, thresholds, options: as `voiceact.estimators.base.Estimator`
        licence: of the weights, as their publisher states it
        scale: how its scores came to 0 to 7
    """

    needs: tuple[str, ...] = ("torch", "transformers")
    install = "pip install 'voiceact[transformers]'"
    name: str
    revision: str
    licence: str
    scale: str
    options: Mapping[str, str] = COMMON_OPTIONS
    thresholds: Mapping[str, float] = {}

    def profiles(self, clips: Sequence[Clip]) -> list[Profile]:
        """Profiles of several utterances in one batch."""
        raise NotImplementedError

    def profile(self, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """Profile of one utterance; one longer than 30 s is heard in windows of 30 s, weighted by their length.

        Raises:
            UnheardError: audio of which nothing can be said
        """
        return self.profiles([(samples, sample_rate)])[0]

    def reference(self, clips: Iterable[Clip], *, kind: str = "neutral") -> Reference:
        """It knows no voices: the reference says how many clips there were, and changes nothing."""
        count = len(list(clips))
        if not count:
            raise UsageError("a reference needs at least one clip")
        return Reference("neutral" if kind == "neutral" else "statistics", count, self.revision, {})

    def evidence(self, regime: Regime = "none") -> dict[str, Evidence]:
        """Category id -> none: nobody calibrated it."""
        return {one.id: "none" for one in categories()}

    def _profile(self, scores: Mapping[str, float | None], reasons: Mapping[str, str], *, arousal: float | None = None,
                 valence: float | None = None, dominance: float | None = None) -> Profile:
        """A profile of all 40 categories: those without a score say why."""
        told = {one.id: scores.get(one.id) for one in categories()}
        why = {name: UNCALIBRATED if score is not None else reasons[name] for name, score in told.items()}
        return Profile(told, arousal, valence, dominance, self.evidence(), self.name, self.revision, "none", why,
                       scale=self.scale)


def revision_of(folder: Path) -> str:
    """The commit that was fetched, or the first digits of the files' own hash."""
    lock = weights.read_lock(folder)
    return (lock.revision if lock else weights.fingerprint(folder))[:12]


def need_transformers(estimator: str) -> None:
    """Raise MissingExtraError unless torch and transformers are here."""
    try:
        import torch  # noqa: F401
        import transformers  # noqa: F401
    except ImportError:
        raise MissingExtraError(f"estimator {estimator!r}", "transformers") from None
