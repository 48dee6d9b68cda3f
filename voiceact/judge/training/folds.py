"""Teaching the parts, and hearing every clip with parts that never heard its speaker."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Linear
from voiceact.estimators.human.judge_model import Parts, Team, centred
from voiceact.estimators.human.score_scale import Heard
from voiceact.estimators.human.voice_statistics import Voices, learn_voices
from voiceact.judge.training.fitting import WAVE_SHRINKAGE, draw_waves, fit_discriminant, fit_ridge, fit_trees
from voiceact.judge.training.material import Material
from voiceact.judge.training.reference_modes import normalised
from voiceact.judge.training.targets import Lesson, affect_targets, balance, class_names, numbered

SPEECH_FOLDS, BURST_FOLDS = 10, 4
SPEECH_ROUNDS, BURST_ROUNDS = 120, 60
SPEECH_WAVES, BURST_WAVES = (600, 0.3), (1200, 0.6)
"""how many random cosines, and how sharp"""
BURST_WEIGHT = 0.02
"""what a burst counts beside a spoken clip where speech is taught: more of it hurts speech"""

Floats = NDArray[np.floating]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Ears:
    """The average voice of speech and of bursts."""

    speech: Voices
    bursts: Voices


def learn_ears(speech: Material, bursts: Material) -> Ears:
    """The average voices; without bursts, speech stands for both."""
    voices = learn_voices(speech.rows, speech.voices)
    return Ears(voices, learn_voices(bursts.rows, bursts.voices) if len(bursts.rows) else voices)


@dataclass(frozen=True)
class Spoken:
    """Normalised rows, class names and weights that the speech parts are taught from."""

    rows: Floats
    names: list[str]
    weights: Floats

    def take(self, where: NDArray[np.bool_]) -> "Spoken":
        """The rows where `where` is true."""
        return Spoken(self.rows[where], [one for one, kept in zip(self.names, where, strict=True) if kept],
                      self.weights[where])

    def __add__(self, other: "Spoken") -> "Spoken":
        return Spoken(np.concatenate((self.rows, other.rows)), self.names + other.names,
                      np.concatenate((self.weights, other.weights)))


def spoken(speech: Material, ears: Ears, lesson: Lesson, regime: str, seed: int) -> Spoken:
    """The speech, every speaker and every class counting alike."""
    names = class_names(speech)
    classes = numbered(names, lesson.classes)
    weights = np.zeros(len(names))
    weights[classes >= 0] = balance(classes[classes >= 0], speech.speakers[classes >= 0])
    return Spoken(normalised(speech, ears.speech, regime, varied=True, seed=seed), names, weights)


def sighed(bursts: Material, ears: Ears, regime: str, chains: int, seed: int) -> Spoken:
    """The bursts, told relative to the average voice of speech and counting little."""
    names = class_names(bursts)
    weight = BURST_WEIGHT * chains
    return Spoken(normalised(bursts, ears.speech, regime, varied=True, seed=seed), names, np.full(len(names), weight))


def teach_speech(taught: Spoken, lesson: Lesson, seed: int) -> tuple[Team, Linear]:
    """The speech team and the affect."""
    placed = taught.take(np.array([bool(name) for name in taught.names]) & (taught.weights > 0))
    affect = fit_ridge(placed.rows, affect_targets(placed.names), placed.weights)
    classes = numbered(placed.names, lesson.classes)
    known = classes >= 0
    return _team(placed.rows[known], classes[known], len(lesson.classes), placed.weights[known], SPEECH_WAVES,
                 SPEECH_ROUNDS, seed), affect


def teach_bursts(material: Material, rows: Floats, lesson: Lesson, seed: int) -> Team:
    """The burst team; without bursts, one that knows a single label and nothing of it."""
    if not lesson.labels:
        return _team(np.zeros((2, rows.shape[1])), np.zeros(2, np.int64), 1, np.ones(2), (1, 1.0), 0, seed)
    labels = numbered([one.emotion for one in material.recordings], lesson.labels)
    return _team(rows, labels, len(lesson.labels), np.ones(len(labels)), BURST_WAVES, BURST_ROUNDS, seed)


def _team(rows: Floats, classes: NDArray[np.int64], count: int, weights: Floats, waves: tuple[int, float],
          rounds: int, seed: int) -> Team:
    drawn = draw_waves(rows.shape[1], *waves, seed)
    return Team(fit_discriminant(rows, classes, count, weights), drawn,
                fit_discriminant(drawn.of(rows), classes, count, weights, shrinkage=WAVE_SHRINKAGE),
                fit_trees(rows, classes, count, weights, seed, rounds=rounds))


def teach(speech: Material, bursts: Material, ears: Ears, lesson: Lesson, regime: str, seed: int) -> Parts:
    """All parts of one regime from all material."""
    team, affect = teach_speech(_all_spoken(speech, bursts, ears, lesson, regime, seed), lesson, seed)
    rows = normalised(bursts, ears.bursts, regime, varied=True, seed=seed)
    return Parts(team, teach_bursts(bursts, rows, lesson, seed), affect)


def _all_spoken(speech: Material, bursts: Material, ears: Ears, lesson: Lesson, regime: str, seed: int) -> Spoken:
    taught, chains = spoken(speech, ears, lesson, regime, seed), int(speech.passes.max()) + 1
    return taught + sighed(bursts, ears, regime, chains, seed) if len(bursts.rows) else taught


def folds_of(speakers: NDArray[np.str_], most: int) -> list[NDArray[np.bool_]]:
    """Clips held out in each fold: one speaker each where there are few, else groups of speakers."""
    names = np.unique(speakers)
    return [np.isin(speakers, names[start::most]) for start in range(min(most, len(names)))]


def unheard_speech(speech: Material, bursts: Material, whole: Parts, ears: Ears, lesson: Lesson, regime: str,
                   seed: int) -> Heard:
    """Every speech clip as heard by parts taught without its speaker (the burst parts heard no speech at all)."""
    taught = _all_spoken(speech, bursts, ears, lesson, regime, seed)
    met = normalised(speech, ears.speech, regime, varied=False, seed=seed + 1)
    answers, affect = np.empty((len(met), len(lesson.classes))), np.empty((len(met), 3))
    for held in folds_of(speech.speakers, SPEECH_FOLDS):
        kept = np.concatenate((~held, np.ones(len(taught.names) - len(held), bool)))
        team, ridge = teach_speech(taught.take(kept), lesson, seed)
        answers[held], affect[held] = team.answer(met[held]), ridge.outputs(met[held])
    as_burst = normalised(speech, ears.bursts, regime, varied=False, seed=seed + 1)
    return Heard(centre_voices(answers, speech, regime), whole.hear_bursts(as_burst), affect)


def unheard_bursts(bursts: Material, whole: Parts, ears: Ears, lesson: Lesson, regime: str, seed: int) -> Heard:
    """Every burst as heard by parts taught without its contributor (what it is as speech is not used)."""
    taught = normalised(bursts, ears.bursts, regime, varied=True, seed=seed)
    met = normalised(bursts, ears.bursts, regime, varied=False, seed=seed + 1)
    answers = np.empty((len(met), max(len(lesson.labels), 1)))
    for held in folds_of(bursts.speakers, BURST_FOLDS):
        answers[held] = teach_bursts(bursts.take(~held), taught[~held], lesson, seed).answer(met[held])
    heard = whole.hear(normalised(bursts, ears.speech, regime, varied=False, seed=seed + 1))
    return Heard(centre_voices(heard.speech, bursts, regime), answers, heard.affect)


def centre_voices(speech: Floats, material: Material, regime: str) -> Floats:
    """Answers centred on each voice's mean answer, where its statistics are known."""
    if regime != "statistics":
        return speech
    result = speech.copy()
    for voice in np.unique(material.voices):
        where = material.voices == voice
        result[where] = centred(speech[where], speech[where].mean(axis=0))
    return result
