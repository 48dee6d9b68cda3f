"""The judge: trained on human speech only, listening with a frozen speech encoder, without torch.

from voiceact.estimators import load_estimator

judge = load_estimator("human")
profile = judge.profile(samples, 24_000)
print(profile.scores["anger"], profile.log_ratios["anger"])
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.errors import UsageError, count_noun
from voiceact.estimators.base import Estimator, Profile, Reference
from voiceact.estimators.cohort import Cohort, check_answers, make_cohort, shrink_spread
from voiceact.estimators.ears.encoder import SpeechEncoder, load_ears, shipped_card
from voiceact.estimators.features.signal import prepare
from voiceact.estimators.human.calibrations import log_ratios
from voiceact.estimators.human.judge_model import unpack_heads, unpack_plan, unpack_scales, unpack_space
from voiceact.estimators.human.score_scale import (
    AROUSAL,
    KINDS,
    NONE,
    PRESENT,
    VALENCE,
    Heard,
    centre_on_cohort,
    cohort_rows,
    lay,
    strengths,
    trial_scores,
)
from voiceact.estimators.likelihood import BOUND
from voiceact.estimators.model_file import Arrays, ModelFileError, read_model, read_part
from voiceact.runtime.untrusted_text import clean_text
from voiceact.vocabulary import Evidence, ReferenceMode, SoundKind

LEAST_FOR_STATISTICS = 12
LEAST_SPEECH_SECONDS = 1.0
"""of speech, below which it hears in neutral speech what it does not hear in the whole sentence (docs/judge.md)"""
NO_EVIDENCE = "no human recording of it in the training data, and arousal and valence do not place it"
NO_BURST_EVIDENCE = "not told apart in people's wordless bursts"

PEOPLE_FORMAT = "voiceact-people/1"
WRITTEN = "expected what `voiceact judge evaluate --people` wrote"

KINDS_OF_REFERENCE: dict[str, ReferenceMode] = {"neutral": "neutral", "speaker": "statistics", "statistics": "statistics"}

Clip = tuple[NDArray[np.float32], int]
IDS = tuple(category.id for category in categories())


class HumanJudge(Estimator):
    """Built from a model file; see `load_shipped` and `load_judge`.

    Attributes:
        card: what the model file says of itself: data, licences, figures
        thresholds: category id -> 2.0 for every category with a score, in every regime: scores are laid so
        false_accepts: regime -> category id -> measured rates at the threshold, with 95 % intervals
        people: how often people of corpora it never met are heard, regime -> category id -> figure (`docs/judge.md`);
            empty where that was not measured
        bound: likelihood ratio from which a category is called present
        least_seconds: `LEAST_SPEECH_SECONDS`
        kinds: kinds of sound that `profile` can be asked about
    """

    name = "human"
    bound = BOUND
    least_seconds = LEAST_SPEECH_SECONDS
    kinds: tuple[SoundKind, ...] = ("speech", "burst")

    def __init__(self, arrays: Arrays, card: dict[str, Any], people: Mapping[str, Any] | None = None):
        if card["ears_sha256"] != shipped_card()["sha256"]:
            raise ModelFileError(
                f"the judge was trained with other ears (SHA-256 {str(card['ears_sha256'])[:12]}) than this voiceact "
                f"has ({shipped_card()['sha256'][:12]}); train it again"
            )
        self.card = card
        self.revision = str(card["weights_sha256"])[:12]
        self._classes: list[str] = card["classes"]
        self._spaces = {kind: unpack_space(arrays, f"{kind}_space") for kind in ("speech", "burst")}
        self._heads = {regime: unpack_heads(arrays, f"{regime}.heads") for regime in card["regimes"]}
        self._plans = {regime: unpack_plan(arrays, f"{regime}.plan") for regime in card["regimes"]}
        self._scales = {regime: unpack_scales(arrays, f"{regime}.scales") for regime in card["regimes"]}
        self.false_accepts: dict[str, Any] = {regime: facts["rates"] for regime, facts in card["regimes"].items()}
        self.people: Mapping[str, Any] = people or {}
        scored = np.any([np.isfinite(scales.ratios).all(axis=1) for scales in self._scales.values()], axis=0)
        self.thresholds: Mapping[str, float] = {name: PRESENT for name, has in zip(IDS, scored, strict=True) if has}

    @property
    def ears(self) -> SpeechEncoder:
        """The encoder it listens with; loaded when first needed."""
        return load_ears()

    def evidence(self, regime: ReferenceMode = "none", kind: SoundKind = "speech") -> dict[str, Evidence]:
        """Category id -> what stands behind its score under this regime, in speech or in wordless bursts."""
        plan = self._plans[regime]
        kinds = plan.kinds if kind == "speech" else plan.burst_kinds
        return {name: KINDS[kind] for name, kind in zip(IDS, kinds, strict=True)}  # type: ignore[misc]

    # Listening

    def describe(self, samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
        """Describe what is heard in a clip, float32 [width]: all that this judge needs of it under any regime.

        Args:
            samples: float [n] or [n, channels], full scale 1.0
            sample_rate: Hz

        Raises:
            UnheardError: audio of which nothing can be said
        """
        return self.ears.describe(prepare(samples, sample_rate))

    def profile(
        self,
        samples: NDArray[np.float32],
        sample_rate: int,
        *,
        reference: Reference | None = None,
        kind: SoundKind = "speech",
    ) -> Profile:
        """Profile one utterance, or one wordless burst.

        Args:
            samples: float [n] or [n, channels], full scale 1.0
            sample_rate: Hz
            reference: from `reference`
            kind: "burst" for a clip without words, which is judged with burst evidence alone

        Raises:
            UnheardError: audio of which nothing can be said
            UsageError: a reference made by another judge
        """
        return self.profile_description(self.describe(samples, sample_rate), reference=reference, kind=kind)

    def profile_description(
        self, description: NDArray[np.float32], *, reference: Reference | None = None, kind: SoundKind = "speech"
    ) -> Profile:
        """Profile a clip from its description, as `profile`."""
        if reference is not None and reference.revision != self.revision:
            raise UsageError(f"the reference was made by judge {reference.revision}, this is {self.revision}; make it again")
        regime: ReferenceMode = reference.regime if reference else "none"
        return self._profile(self._hear(description[None], reference), regime, kind)

    def reference(self, clips: Iterable[Clip], *, kind: str = "neutral") -> Reference:
        """Keep what is to be known of a voice: from up to five neutral clips ("neutral"), or from at least twelve of any kind.

        Raises:
            UnheardError: a clip of which nothing can be said
            UsageError: too few clips, or an unknown kind
        """
        if kind not in KINDS_OF_REFERENCE:
            raise UsageError(f"a reference of kind {kind!r} is not known; expected 'neutral' or 'speaker'")
        return self.reference_descriptions([self.describe(samples, rate) for samples, rate in clips], kind=kind)

    def reference_descriptions(self, descriptions: Sequence[NDArray[np.float32]], *, kind: str = "neutral") -> Reference:
        """Make a reference from descriptions of clips, as `reference`."""
        regime = KINDS_OF_REFERENCE[kind]
        least = LEAST_FOR_STATISTICS if regime == "statistics" else 1
        if len(descriptions) < least:
            raise UsageError(f"a {kind} reference of {count_noun(len(descriptions), 'clip')}; expected at least {least}")
        arrays: Arrays = {}
        for name, space in self._spaces.items():
            mean, spread = space.statistics(space.project(np.array(descriptions)))
            arrays |= {f"{name}.mean": mean, f"{name}.spread": spread}
        return Reference(regime, len(descriptions), self.revision, arrays)

    def _hear(self, rows: NDArray[np.float32], reference: Reference | None) -> Heard:
        heads = self._heads[reference.regime if reference else "none"]
        placed = {}
        for name, space in self._spaces.items():
            points = space.project(rows)
            if reference is not None and reference.regime == "statistics":
                placed[name] = space.relative_to_statistics(
                    points, reference.arrays[f"{name}.mean"], reference.arrays[f"{name}.spread"]
                )
            elif reference is not None and name == "speech":
                placed[name] = space.relative_to_neutral(points, reference.arrays[f"{name}.mean"], reference.clips)
            else:
                # Nobody has a neutral burst: beside a neutral reference bursts are heard as without one.
                placed[name] = space.relative_to_average(points)
        return heads.hear(placed["speech"], placed["burst"])

    # Telling

    def _profile(self, heard: Heard, regime: ReferenceMode, kind: SoundKind) -> Profile:
        plan, scales = self._plans[regime], self._scales[regime]
        kinds = plan.kinds if kind == "speech" else plan.burst_kinds
        calibrations, marks = (scales.ratios, scales.marks) if kind == "speech" else (scales.burst_ratios, scales.burst_marks)
        # Rounded first, so that a record's ratio and its score always say the same.
        ratios = np.round(log_ratios(trial_scores(heard, plan, kinds), calibrations), 4)
        scores = lay(ratios, strengths(heard, plan, kinds), marks)[0]
        evidence = self.evidence(regime, kind)
        valence, arousal, dominance = np.clip(heard.affect[0], -1, 1)
        why = NO_EVIDENCE if kind == "speech" else NO_BURST_EVIDENCE
        return Profile(
            scores=_scores(scores),
            arousal=round(float(arousal), 4),
            valence=round(float(valence), 4),
            dominance=round(float(dominance), 4),
            evidence=evidence,
            estimator=self.name,
            revision=self.revision,
            reference=regime,
            reasons={category: why for category, level in evidence.items() if level == "none"},
            classes={name: float(value) for name, value in zip(self._classes, heard.speech[0], strict=True)},
            log_ratios=_ratios(ratios[0]),
        )

    def class_scores(self, profile: Profile, classes: Sequence[str]) -> dict[str, float]:
        """Give probabilities of the classes (category ids, "neutral") the judge was taught in speech, those given alone.

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

    # Cohorts

    def cohort(self, profiles: Sequence[Profile], *, asked: Sequence[str] | None = None, source: str = "") -> Cohort:
        """Measure the level of each class over clips of one source, all heard under one regime, without their labels.

        Args:
            profiles: of at least 24 spoken clips of several feelings
            asked: what each was to be (category ids, "neutral"), where that is known: a cohort of one feeling is refused by
                it. Where it is not known, by what the judge answers, which notices strongly acted ones only
            source: what they are, for the record

        Raises:
            UsageError: too few clips, of several regimes, of another judge, or of one feeling
        """
        regimes = sorted({profile.reference for profile in profiles})
        if len(regimes) > 1:
            raise UsageError(f"the clips of a cohort were heard with reference {' and '.join(regimes)}; judge them all alike")
        if any(profile.revision != self.revision for profile in profiles):
            raise UsageError(f"a cohort of profiles of another judge than {self.revision}; judge the clips again")
        if asked is None:
            check_answers([max(profile.classes, key=lambda name: profile.classes[name]) for profile in profiles], source)
        rows = np.array([cohort_rows(*_said(profile)) for profile in profiles]).reshape(len(profiles), len(self._classes) + 2)
        cohort = make_cohort(rows, asked=asked, source=source)
        level = self._scales[regimes[0]].cohort_level
        return replace(cohort, spread=shrink_spread(cohort.spread, level[1]), regime=regimes[0], revision=self.revision)

    def in_cohort(self, profile: Profile, cohort: Cohort) -> Profile:
        """Say a spoken clip's profile anew beside the cohort it belongs to.

        Categories told apart in speech, and those placed by arousal and valence, are asked anew; burst evidence is not.

        Raises:
            UsageError: a cohort of another judge or regime
        """
        if (cohort.revision, cohort.regime) != (self.revision, profile.reference):
            raise UsageError(
                f"the cohort was heard by judge {cohort.revision} with reference {cohort.regime}, the clip by {self.revision} "
                f"with {profile.reference}; make the cohort again from clips judged as this one"
            )
        regime = profile.reference
        plan, scales = self._plans[regime], self._scales[regime]
        affect = np.zeros((1, 3))
        speech, affect[:, [VALENCE, AROUSAL]] = centre_on_cohort(
            *_said(profile), cohort.mean, cohort.spread, plan.affect_spread
        )
        heard = Heard(speech, np.zeros((1, len(plan.burst_labels))), affect)
        kinds = np.where(plan.kinds == KINDS.index("burst"), NONE, plan.kinds).astype(np.int8)
        ratios = np.round(log_ratios(trial_scores(heard, plan, kinds), scales.cohort_ratios), 4)
        scores = lay(ratios, strengths(heard, plan, kinds), scales.cohort_marks)[0]
        anew = {name for name, kind in zip(IDS, kinds, strict=True) if kind != NONE}
        return replace(
            profile,
            scores={**profile.scores, **{name: score for name, score in _scores(scores).items() if name in anew}},
            log_ratios={**profile.log_ratios, **_ratios(ratios[0])},
            classes={name: float(value) for name, value in zip(self._classes, speech[0], strict=True)},
            cohort=cohort.describe(),
        )

    def with_cohort(self, cohort: Cohort) -> "CohortJudge":
        """Return this judge with every clip heard beside that cohort.

        Raises:
            UsageError: a cohort of another judge
        """
        width = len(self._classes) + 2
        if cohort.revision != self.revision or cohort.mean.shape != (width,) or cohort.spread.shape != (width,):
            raise UsageError(f"the cohort was heard by judge {cohort.revision}, this is {self.revision}; make the cohort again")
        return CohortJudge(self, cohort)


class CohortJudge(Estimator):
    """A judge that hears every clip beside a cohort; all else is the judge's.

    Attributes:
        judge, cohort: what it is made of
        name, revision: the judge's
        kinds: the judge's; a wordless burst is judged without the cohort, which is of speech
        cohort_text: the cohort, as profiles name it
    """

    def __init__(self, judge: HumanJudge, cohort: Cohort):
        self.judge, self.cohort, self.cohort_text = judge, cohort, cohort.describe()
        self.name, self.revision, self.thresholds = judge.name, judge.revision, judge.thresholds
        self.card, self.people, self.bound, self.kinds = judge.card, judge.people, judge.bound, judge.kinds

    def profile(
        self,
        samples: NDArray[np.float32],
        sample_rate: int,
        *,
        reference: Reference | None = None,
        kind: SoundKind = "speech",
    ) -> Profile:
        """Profile a clip: an utterance beside the cohort, a wordless burst without it.

        Raises:
            UsageError: if the cohort was judged with another kind of reference than this
        """
        profile = self.judge.profile(samples, sample_rate, reference=reference, kind=kind)
        return profile if kind == "burst" else self.judge.in_cohort(profile, self.cohort)

    def reference(self, clips: Iterable[Clip], *, kind: str = "neutral") -> Reference:
        """Make a reference, as the judge does."""
        return self.judge.reference(clips, kind=kind)

    def evidence(self, regime: ReferenceMode = "none") -> dict[str, Evidence]:
        """Category id -> what stands behind its score."""
        return self.judge.evidence(regime)

    def class_scores(self, profile: Profile, classes: Sequence[str]) -> dict[str, float]:
        """Give probabilities of classes, as the judge does."""
        return self.judge.class_scores(profile, classes)


def _said(profile: Profile) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-probabilities [1, classes] of the speech classes and affect [1, 3] of a profile."""
    affect = np.zeros((1, 3))
    affect[0, [VALENCE, AROUSAL]] = np.array([profile.valence, profile.arousal], np.float64)
    return np.array([list(profile.classes.values())], np.float64), affect


def _scores(scores: NDArray[np.float64]) -> dict[str, float | None]:
    return {name: round(float(score), 4) if np.isfinite(score) else None for name, score in zip(IDS, scores, strict=True)}


def _ratios(ratios: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(ratio) for name, ratio in zip(IDS, ratios, strict=True) if np.isfinite(ratio)}


def load_judge(path: Path) -> HumanJudge:
    """Load a judge trained by `voiceact judge train`.

    Raises:
        ModelFileError: naming the file, for one that is damaged or of another version
    """
    arrays, card = read_model(path)
    try:
        judge = HumanJudge(arrays, card, _people(path, str(card["weights_sha256"])))
        # A model from elsewhere may hold arrays that do not fit each other, which shows when it hears something.
        with np.errstate(all="ignore"):
            for regime in card["regimes"]:
                judge.evidence(regime)
            judge.profile_description(np.zeros(len(arrays["speech_space.centre"]), np.float32))
        return judge
    except KeyError as error:
        raise ModelFileError(f"{path}: lacks {clean_text(error.args[0], 60)!r}; train the judge again") from error
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, MemoryError, RecursionError) as error:
        raise ModelFileError(
            f"{path}: its parts do not fit each other ({type(error).__name__}: {clean_text(error, 200)}); train the judge again"
        ) from None


def people_path(model: Path) -> Path:
    """Name the file that says how often people are heard by a model: model.npz -> model.people.json."""
    return model.with_name(f"{model.stem}.people.json")


def _people(model: Path, weights: str) -> Mapping[str, Any]:
    """Read how often people are heard by a model; nothing where that was not measured, or of another model.

    Raises:
        ModelFileError: naming the file, for one that is too large, damaged or of another format
    """
    path = people_path(model)
    if not path.is_file():
        return {}
    try:
        document = json.loads(read_part(path))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: does not say how often people are heard ({error}); {WRITTEN}") from error
    if isinstance(document, dict) and document.get("weights_sha256") != weights:
        return {}
    format_name = document.get("format") if isinstance(document, dict) else None
    if format_name != PEOPLE_FORMAT:
        raise ModelFileError(f"{path}: is of format {format_name!r}; this voiceact reads {PEOPLE_FORMAT!r}: {WRITTEN}")
    if not isinstance(document.get("regimes"), dict):
        raise ModelFileError(f"{path}: lacks 'regimes'; {WRITTEN}")
    return dict(document)


def load_shipped() -> HumanJudge:
    """Load the judge that comes with voiceact."""
    with as_file(files("voiceact.estimators.human") / "model") as folder:
        return load_judge(folder / "human.npz")
