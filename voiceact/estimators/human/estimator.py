"""The judge: trained on human speech only, 162 functionals, no torch.

from voiceact.estimators import load_estimator

judge = load_estimator("human")
print(judge.profile(samples, 24_000).scores["anger"])
"""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, Profile, Reference
from voiceact.estimators.features import features
from voiceact.estimators.human.judge_model import centred, unpack_parts, unpack_plan, unpack_voices
from voiceact.estimators.human.score_scale import KINDS, PRESENT, Heard, lay, raw_strengths
from voiceact.estimators.model_file import Arrays, ModelFileError, read_model
from voiceact.runtime.untrusted_text import clean_text
from voiceact.vocabulary import Evidence, ReferenceMode

LEAST_FOR_STATISTICS = 12
NO_EVIDENCE = "no human recording of it in the training data, and arousal and valence do not place it"

KINDS_OF_REFERENCE: dict[str, ReferenceMode] = {"neutral": "neutral", "speaker": "statistics", "statistics": "statistics"}

Clip = tuple[NDArray[np.float32], int]


class HumanJudge(Estimator):
    """Built from a model file; see `load_shipped` and `load_judge`.

    Attributes:
        card: what the model file says of itself: data, licences, figures
        thresholds: category id -> 2.0 for every category with a score, in every regime: scales are laid so
        false_accepts: regime -> category id -> measured rates at the threshold, with 95 % intervals
    """

    name = "human"

    def __init__(self, arrays: Arrays, card: dict[str, Any]):
        if card["feature_revision"] != features.REVISION:
            raise ModelFileError(
                f"the judge was trained on revision {card['feature_revision']} of the features, this "
                f"voiceact measures revision {features.REVISION}; train it again"
            )
        self.card = card
        self.revision = str(card["weights_sha256"])[:12]
        self._classes: list[str] = card["classes"]
        self._voices = {name: unpack_voices(arrays, name) for name in ("voices", "burst_voices")}
        self._parts = {regime: unpack_parts(arrays, regime) for regime in card["regimes"]}
        self._plans = {regime: unpack_plan(arrays, regime) for regime in card["regimes"]}
        self._scales = {regime: arrays[f"{regime}.scales"] for regime in card["regimes"]}
        self.false_accepts: dict[str, Any] = {regime: one["rates"] for regime, one in card["regimes"].items()}
        self.thresholds: Mapping[str, float] = self._thresholds()

    def _thresholds(self) -> dict[str, float]:
        scored = np.any([np.isfinite(one).all(axis=1) for one in self._scales.values()], axis=0)
        return {category.id: PRESENT for category, has in zip(categories(), scored, strict=True) if has}

    def evidence(self, regime: ReferenceMode = "none") -> dict[str, Evidence]:
        """Category id -> what stands behind its score under this regime."""
        kinds = self._plans[regime].kinds
        return {category.id: KINDS[kind] for category, kind in zip(categories(), kinds, strict=True)}  # type: ignore[misc]

    # Listening

    def profile(self, samples: NDArray[np.float32], sample_rate: int, *, reference: Reference | None = None) -> Profile:
        """Profile of one utterance ([n] or [n, channels] float, full scale 1.0).

        Raises:
            UnheardError: audio of which nothing can be said
            UsageError: a reference made by another judge
        """
        row = features.extract_features(samples, sample_rate)[None]
        self._check(reference)
        regime: ReferenceMode = reference.regime if reference else "none"
        return self._told(self._hear(row, reference), regime)

    def reference(self, clips: Iterable[Clip], *, kind: str = "neutral") -> Reference:
        """What to keep of a voice: from up to five neutral clips ("neutral"), or from at least twelve of any kind.

        Raises:
            UnheardError: a clip of which nothing can be said
            UsageError: too few clips, or an unknown kind
        """
        if kind not in KINDS_OF_REFERENCE:
            raise UsageError(f"a reference of kind {kind!r} is not known; expected 'neutral' or 'speaker'")
        rows = np.array([features.extract_features(samples, rate) for samples, rate in clips], np.float32)
        regime = KINDS_OF_REFERENCE[kind]
        least = LEAST_FOR_STATISTICS if regime == "statistics" else 1
        if len(rows) < least:
            raise UsageError(f"a {kind} reference of {len(rows)} clips; expected at least {least}")
        return self._known(rows, regime)

    def _known(self, rows: NDArray[np.float32], regime: ReferenceMode) -> Reference:
        arrays: Arrays = {}
        for name, voices in self._voices.items():
            mean, spread = voices.statistics(rows)
            arrays |= {f"{name}.mean": mean, f"{name}.spread": spread}
        reference = Reference(regime, len(rows), self.revision, arrays)
        if regime == "statistics":
            answers = self._parts[regime].speech(self._normalised(rows, reference, "voices"))
            arrays["answer"] = answers.mean(axis=0)
        return reference

    def _check(self, reference: Reference | None) -> None:
        if reference is not None and reference.revision != self.revision:
            raise UsageError(f"the reference was made by judge {reference.revision}, this is {self.revision}; make it again")

    def _normalised(self, rows: NDArray[np.float32], reference: Reference | None, name: str) -> NDArray[np.floating]:
        voices = self._voices[name]
        if reference is None:
            return voices.unknown(rows)
        mean, spread = reference.arrays[f"{name}.mean"], reference.arrays[f"{name}.spread"]
        if reference.regime == "neutral":
            return voices.from_neutral(rows, mean)
        return voices.from_statistics(rows, mean, spread)

    def _hear(self, rows: NDArray[np.float32], reference: Reference | None) -> Heard:
        parts = self._parts[reference.regime if reference else "none"]
        heard = parts.hear(self._normalised(rows, reference, "voices"))
        speech = heard.speech
        if reference is not None and reference.regime == "statistics":
            speech = centred(speech, reference.arrays["answer"])
        burst = parts.hear_bursts(self._normalised(rows, reference, "burst_voices"))
        return Heard(speech, burst, heard.affect)

    # Telling

    def _told(self, heard: Heard, regime: ReferenceMode) -> Profile:
        plan = self._plans[regime]
        scores = lay(raw_strengths(heard, plan), self._scales[regime])[0]
        evidence = self.evidence(regime)
        ids = [category.id for category in categories()]
        valence, arousal, dominance = np.clip(heard.affect[0], -1, 1)
        return Profile(
            scores={
                one: round(float(score), 4) if np.isfinite(score) else None for one, score in zip(ids, scores, strict=True)
            },
            arousal=round(float(arousal), 4),
            valence=round(float(valence), 4),
            dominance=round(float(dominance), 4),
            evidence=evidence,
            estimator=self.name,
            revision=self.revision,
            reference=regime,
            reasons={one: NO_EVIDENCE for one, level in evidence.items() if level == "none"},
            classes=self._class_log_probabilities(heard),
        )

    def _class_log_probabilities(self, heard: Heard) -> dict[str, float]:
        return {name: float(value) for name, value in zip(self._classes, heard.speech[0], strict=True)}

    def class_scores(self, profile: Profile, classes: Sequence[str]) -> dict[str, float]:
        """Probabilities of the classes (category ids, "neutral") the judge was taught in speech, those given alone.

        A class it was not taught gets what its score says against the threshold, made small: nothing in
        speech stands behind it.
        """
        taught = {name: np.exp(profile.classes[name]) for name in classes if name in profile.classes}
        for name in classes:
            if name not in taught:
                score = profile.scores.get(name)
                taught[name] = 0.0 if score is None else 0.5 * score / 7.0 / len(classes)
        total = sum(taught.values()) or 1.0
        return {name: float(value / total) for name, value in taught.items()}


def load_judge(path: Path) -> HumanJudge:
    """A judge trained by `voiceact judge train`.

    Raises:
        ModelFileError: naming the file, for one that is damaged or of another version
    """
    arrays, card = read_model(path)
    try:
        judge = HumanJudge(arrays, card)
        # A model from elsewhere may hold arrays that do not fit each other, which shows when it hears something.
        with np.errstate(all="ignore"):
            for regime in card["regimes"]:
                judge.evidence(regime)
            judge._told(judge._hear(np.zeros((1, len(features.feature_names())), np.float32), None), "none")
        return judge
    except KeyError as error:
        raise ModelFileError(f"{path}: lacks {clean_text(error.args[0], 60)!r}; train the judge again") from error
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError, RecursionError) as error:
        raise ModelFileError(
            f"{path}: its parts do not fit each other ({type(error).__name__}: {clean_text(error, 200)}); train the judge again"
        ) from None


def load_shipped() -> HumanJudge:
    """The judge that comes with voiceact."""
    with as_file(files("voiceact.estimators.human") / "model") as folder:
        return load_judge(folder / "human.npz")
