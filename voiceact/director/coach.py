"""The coach: hears how far a take shows what was asked, and steers the director. It is never the judge.

The shipped coach is a linear model on acoustic functionals (`voiceact.estimators.features`), relative to the neutral reading,
trained on human speech and bursts alone (`voiceact.director.build_coach`). The judge listens with a speech encoder, so the
two share neither weights nor ears; `check_independent` holds that of any other coach that a user names.
"""

import hashlib
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.audio import Samples
from voiceact.audio.words import Word
from voiceact.clip.director import CoachRecord
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator
from voiceact.estimators.burst_spans import cut_spans, find_spans
from voiceact.estimators.features.features import REVISION, extract_features
from voiceact.estimators.features.signal import UnheardError
from voiceact.estimators.model_file import Arrays, ModelFileError, card_path, read_part
from voiceact.estimators.registry import estimator_names, load_estimator
from voiceact.runtime.untrusted_text import clean_text
from voiceact.text.markup import has_words
from voiceact.verify.apart import listen_apart
from voiceact.vocabulary import Evidence

DEFAULT_COACH: Final = "functionals"
FORMAT: Final = "voiceact-coach/1"
MOST_ARRAYS: Final = 30
MOST_CARD_ENTRIES: Final = 1000
CLIP: Final = 4.0
"""standard deviations beyond which a functional counts no further"""
PERFORMED: Final = 5.0
"""strength of the middle of people's performances of a category"""
NEUTRALS_KEPT: Final = 16
"""neutral readings whose functionals are kept: a fit of priors goes round the voices and lines of a row again and again"""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CoachReport:
    """What a coach hears in a take.

    Attributes:
        log_ratios: category id -> natural log of how many times as often people who perform it sound like this; absent where
            the coach hears nothing of it. Not cut off: beyond what people do it goes on rising, only the order counts there
        strengths: category id -> how strongly it is performed, 0 at the neutral reading, 5 at the middle of people's
            performances; absent where the coach has no scale for it
        evidence: category id -> the sound and the kind of model its ratio rests on
        distances: category id -> how far the take lies from the middle of people's performances: 1 is as far as 95 % of them
            go (squared, so 4 is twice as far); absent where the coach does not know
    """

    log_ratios: Mapping[str, float]
    strengths: Mapping[str, float]
    evidence: Mapping[str, Evidence]
    distances: Mapping[str, float]


class Coach(ABC):
    """What steers the director.

    Attributes:
        name: of the coach
        revision: changes whenever its answers change
        hears: what it listens with
        digests: of all weights it uses, for `check_independent`
    """

    name: str
    revision: str
    hears: str
    digests: frozenset[str]

    @abstractmethod
    def listen(
        self, samples: Samples, rate: int, twin: tuple[Samples, int], *, text: str, words: Sequence[Word] = ()
    ) -> CoachReport:
        """Hear a take beside its neutral reading.

        Args:
            samples: float32 [n]
            rate: Hz
            twin: samples and rate of the neutral reading
            text: what was to be said; a take without words outside its markup is one burst
            words: when words and bursts (under their tags) are performed, where the engine told

        Raises:
            UnheardError: audio of which nothing can be said
        """


class FunctionalsCoach(Coach):
    """A linear model on functionals; see `load_coach`.

    Args:
        arrays: of the model file
        card: what the file says of itself: classes, labels, figures, licences
        name: "functionals", or the path of the file
    """

    hears = "functionals"

    def __init__(self, arrays: Arrays, card: Mapping[str, Any], name: str = DEFAULT_COACH):
        self.name, self.card = name, card
        self.revision = str(card["weights_sha256"])[:12]
        self.digests = frozenset({str(card["weights_sha256"])})
        self._arrays = {key: np.asarray(value, np.float64) for key, value in arrays.items()}
        self._classes: list[str] = list(card["classes"])
        self._bursts: dict[str, list[int]] = {key: list(value) for key, value in card["burst_categories"].items()}
        self._places = {
            one.id: (float(one.valence_value), float(one.arousal_value))
            for one in categories()
            if one.valence_value or one.arousal_value
        }

    def listen(
        self, samples: Samples, rate: int, twin: tuple[Samples, int], *, text: str, words: Sequence[Word] = ()
    ) -> CoachReport:
        """Hear a take: its words beside the neutral reading, its bursts for themselves (see `Coach.listen`)."""
        speech, burst = split_sounds(samples, rate, text, words)
        log_ratios: dict[str, float] = {}
        strengths: dict[str, float] = {}
        evidence: dict[str, Evidence] = {}
        distances: dict[str, float] = {}
        if speech is not None:
            row = extract_features(speech, rate).astype(np.float64) - _neutral_features(*twin)
            scores, reached = self.class_scores(row[None])
            ratios, shown = self.speech_ratios(scores)[0], self.class_strengths(scores)[0]
            for at, name in enumerate(self._classes[:-1]):
                log_ratios[name], strengths[name], evidence[name] = float(ratios[at]), float(shown[at]), "category"
                distances[name] = float(reached[0, at])
            affect = self.affect(row[None])[0]
            for name, place in self._places.items():
                if name not in log_ratios:
                    direction = np.asarray(place) / np.hypot(*place)
                    log_ratios[name], evidence[name] = float(affect @ direction), "dimension"
        if burst is not None:
            told = self.burst_ratios(extract_features(burst, rate)[None].astype(np.float64))[0]
            for name, ratio in zip(self._bursts, told, strict=True):
                if evidence.get(name) != "category":
                    # Both speak for it: what is in the words beside what is in the bursts.
                    log_ratios[name] = float(ratio) + log_ratios.get(name, 0.0)
                    evidence[name] = "burst"
        return CoachReport(log_ratios, strengths, evidence, distances)

    def hear_arousal(self, samples: Samples, rate: int, neutral: tuple[Samples, int]) -> float:
        """Hear how aroused speech is beside a neutral reading by the same voice: 0 is as aroused, 1 a usual performance more.

        Args:
            samples: float32 [n]
            rate: Hz
            neutral: samples and rate

        Raises:
            UnheardError: audio of which nothing can be said
        """
        row = extract_features(samples, rate).astype(np.float64) - _neutral_features(*neutral)
        return float(self.affect(row[None])[0, 1])

    def class_scores(self, rows: Floats) -> tuple[Floats, Floats]:
        """Return scores [n, classes] of relative functionals [n, features], neutral last, and distances from each class.

        A distance is squared and in units of what 95 % of people's clips of the class keep: 1 is as far as people go.
        """
        scores, squared = score_classes(self._arrays, rows)
        return scores, squared / self._arrays["speech.reach"]

    def speech_ratios(self, scores: Floats) -> Floats:
        """Return log-likelihood ratios [n, classes - 1] of class scores; lines without ends."""
        odds = class_odds(scores)[:, :-1]
        slope, offset = self._arrays["speech.line"]
        return np.asarray(odds * slope + offset)

    def class_strengths(self, scores: Floats) -> Floats:
        """Return strengths [n, classes - 1] of class scores: 0 at neutral, 5 at the middle of people's performances."""
        return np.asarray(PERFORMED * (scores[:, :-1] - scores[:, -1:]) / self._arrays["speech.people"])

    def affect(self, rows: Floats) -> Floats:
        """Return valence and arousal [n, 2] of relative functionals, in units of their spread over people's clips."""
        part = self._arrays
        z = standardize(rows, part["speech.fill"], part["speech.scale"])
        return np.asarray(z @ part["affect.weights"] / part["affect.spread"])

    def burst_ratios(self, rows: Floats) -> Floats:
        """Return log-likelihood ratios [n, categories] of functionals of bursts, in the order of the card's categories."""
        odds = burst_odds(score_labels(self._arrays, rows), list(self._bursts.values()))
        slope, offset = self._arrays["burst.line"]
        return np.asarray(odds * slope + offset)


class EstimatorCoach(Coach):
    """Any estimator as coach: one that a user names in place of the shipped coach.

    Args:
        estimator: hears the takes
    """

    def __init__(self, estimator: Estimator):
        self.estimator = estimator
        self.name, self.revision = estimator.name, estimator.revision
        self.digests = weights_of(estimator)
        self.hears = estimator.name

    def listen(
        self, samples: Samples, rate: int, twin: tuple[Samples, int], *, text: str, words: Sequence[Word] = ()
    ) -> CoachReport:
        """Hear a take as a judge would (see `Coach.listen`); where it has no ratios, its scores stand for them."""
        profile = listen_apart(self.estimator, samples, rate, twin, text=text, words=words).profile
        if isinstance(profile, str):
            raise UnheardError(profile)
        thresholds = self.estimator.thresholds
        heard = {
            name: score for name, score in profile.scores.items() if score is not None and profile.evidence.get(name) != "none"
        }
        ratios = {
            name: float(profile.log_ratios[name]) if name in profile.log_ratios else score - thresholds.get(name, 0.0)
            for name, score in heard.items()
        }
        return CoachReport(ratios, heard, {name: profile.evidence.get(name, "none") for name in heard}, {})


# --- Hearing


def split_sounds(samples: Samples, rate: int, text: str, words: Sequence[Word]) -> tuple[Samples | None, Samples | None]:
    """Part a take into its words and its bursts, [n] each; None for a kind it does not hold.

    The times that the engine told decide; where it told none, a take is taken to be words, or bursts if its text has no words.

    Args:
        samples: float32 [n]
        rate: Hz
        text: what was to be said
        words: times of words, and of bursts under their tags
    """
    if not has_words(text):
        return None, samples
    if not any(word.text.startswith("[") for word in words):
        return samples, None
    spans = find_spans(samples, rate, words=[word for word in words if not word.text.startswith("[")])
    speech, burst = cut_spans(samples, rate, spans, "speech"), cut_spans(samples, rate, spans, "burst")
    return (speech.astype(np.float32) if len(speech) else None), (burst.astype(np.float32) if len(burst) else None)


_neutral: dict[int, tuple[Samples, Floats]] = {}
"""functionals of the last neutral readings, by the identity of their samples, which are kept so that it stays theirs"""


def _neutral_features(samples: Samples, rate: int) -> Floats:
    known = _neutral.get(id(samples))
    if known is None:
        known = samples, extract_features(samples, rate).astype(np.float64)
        while len(_neutral) >= NEUTRALS_KEPT:
            _neutral.pop(next(iter(_neutral)), None)
        _neutral[id(samples)] = known
    return known[1]


def standardize(rows: Floats, fill: Floats, scale: Floats) -> Floats:
    """Return functionals [n, features] in standard deviations, held within CLIP; those that were not measured are usual."""
    return np.clip(np.where(np.isfinite(rows), rows, fill) / scale, -CLIP, CLIP)


def score_classes(arrays: Mapping[str, Floats], rows: Floats) -> tuple[Floats, Floats]:
    """Return scores and squared distances [n, classes] of relative functionals [n, features], by the arrays of a coach."""
    z = standardize(rows, arrays["speech.fill"], arrays["speech.scale"])
    precise, means = z @ arrays["speech.precision"], arrays["speech.means"]
    scores = precise @ means.T - 0.5 * np.einsum("ci,ij,cj->c", means, arrays["speech.precision"], means)
    return scores, np.einsum("ni,ni->n", precise, z)[:, None] - 2 * scores


def score_labels(arrays: Mapping[str, Floats], rows: Floats) -> Floats:
    """Return log-probabilities [n, labels] of functionals of bursts [n, features], by the arrays of a coach."""
    scores = standardize(rows, arrays["burst.fill"], arrays["burst.scale"]) @ arrays["burst.weights"] + arrays["burst.bias"]
    return np.asarray(scores - np.logaddexp.reduce(scores, axis=1, keepdims=True))


def class_odds(scores: Floats) -> Floats:
    """Return log-odds [n, classes] of each class against all others, of scores that are log-likelihoods but for a constant."""
    columns = [scores[:, at] - np.logaddexp.reduce(np.delete(scores, at, axis=1), axis=1) for at in range(scores.shape[1])]
    return np.stack(columns, axis=1)


def burst_odds(logs: Floats, groups: Sequence[Sequence[int]]) -> Floats:
    """Return log-odds [n, groups] of the labels of each group against all others, of log-probabilities [n, labels]."""
    columns = []
    for group in groups:
        others = [at for at in range(logs.shape[1]) if at not in group]
        columns.append(np.logaddexp.reduce(logs[:, list(group)], axis=1) - np.logaddexp.reduce(logs[:, others], axis=1))
    return np.stack(columns, axis=1)


# --- Independence of the judge


def weights_of(estimator: Estimator) -> frozenset[str]:
    """Return digests of everything that an estimator learned: its own weights, its speech encoder's, those of its members."""
    digests = {estimator.revision} - {""}
    card = estimator.card or {}
    digests |= {str(card[key]) for key in ("weights_sha256", "ears_sha256") if card.get(key)}
    for inner in (getattr(estimator, "judge", None), *getattr(estimator, "judges", ())):
        if isinstance(inner, Estimator):
            digests |= weights_of(inner)
    return frozenset(digests)


def check_independent(coach: Coach, judge: Estimator) -> CoachRecord:
    """Refuse a coach that is the judge, or shares weights with it: who steers by a judge's word is confirmed by it for nothing.

    Returns:
        what the record says of the coach

    Raises:
        UsageError: naming both and what they share
    """
    shared = coach.digests & weights_of(judge)
    if shared:
        what = "is the judge" if coach.revision == judge.revision else "shares weights with the judge"
        raise UsageError(
            f"the coach {coach.name!r} {what} {judge.name!r} (SHA-256 {min(shared)[:12]}), which would confirm what it had "
            f"steered itself; expected another coach, such as {DEFAULT_COACH!r}"
        )
    return CoachRecord(coach.name, coach.revision, coach.hears, sorted(shared))


# --- Loading


@lru_cache(maxsize=4)
def load_coach(name: str = DEFAULT_COACH) -> Coach:
    """Load a coach; the last four stay loaded.

    Args:
        name: "functionals" (the shipped one), the path of a `.npz` that `voiceact.director.build_coach` wrote, or an estimator
            as `load_estimator` takes it, which must not be the judge

    Raises:
        UnknownNameError: neither of these
        ModelFileError: a file that is damaged or of another version
    """
    if name == DEFAULT_COACH:
        with as_file(files("voiceact.director") / "data") as folder:
            return read_coach(folder / "coach.npz", name)
    if name.endswith(".npz") and _format_of(Path(name)) == FORMAT:
        return read_coach(Path(name), name)
    return EstimatorCoach(load_estimator(name))


def coach_names() -> list[str]:
    """Return what a coach may be called: the shipped one, and every registered estimator."""
    return [DEFAULT_COACH, *estimator_names()]


def _format_of(path: Path) -> str:
    """Return the format that the card of a model file states; empty where there is none to read."""
    try:
        card = json.loads(read_part(card_path(path)))
    except (ModelFileError, ValueError, RecursionError):
        return ""
    return str(card.get("format")) if isinstance(card, dict) else ""


def read_coach(path: Path, name: str) -> FunctionalsCoach:
    """Read a coach from its file and the card beside it.

    Raises:
        ModelFileError: naming the file, for one that is damaged, changed or of another version
    """
    data = read_part(path)
    again = "build it again (python -m voiceact.director.build_coach)"
    try:
        card = json.loads(read_part(card_path(path)))
        if not isinstance(card, dict) or card.get("format") != FORMAT or len(card) > MOST_CARD_ENTRIES:
            raise ModelFileError(f"{card_path(path)}: is not the card of a coach of format {FORMAT!r}; {again}")
        if hashlib.sha256(data).hexdigest() != card.get("weights_sha256"):
            raise ModelFileError(f"{path}: is not the file its card describes; {again}")
        if card.get("features") != REVISION:
            raise ModelFileError(
                f"{path}: was made of functionals of revision {card.get('features')!r}, not {REVISION}; {again}"
            )
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            if len(stored.files) > MOST_ARRAYS:
                raise ModelFileError(f"{path}: holds {len(stored.files)} arrays; expected at most {MOST_ARRAYS}")
            arrays = {key: stored[key] for key in stored.files}
        coach = FunctionalsCoach(arrays, card, name)
        # A file from elsewhere may hold arrays that do not fit each other, which shows when it hears something.
        blank = np.zeros((1, len(arrays["speech.fill"])))
        scores, _ = coach.class_scores(blank)
        coach.speech_ratios(scores), coach.class_strengths(scores), coach.affect(blank), coach.burst_ratios(blank)
        return coach
    except (KeyError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ModelFileError(
            f"{path}: cannot be read as a coach ({type(error).__name__}: {clean_text(error, 200)}); {again}"
        ) from None
