"""Teaching the heads, and hearing every clip with heads that never heard its speaker."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.human.classifiers import Floats, Linear, log_softmax
from voiceact.estimators.human.judge_model import Heads
from voiceact.estimators.human.score_scale import Heard
from voiceact.estimators.human.voice_space import VoiceSpace, learn_space
from voiceact.judge.training.evidence import Trial
from voiceact.judge.training.fitting import fit_discriminant, fit_ridge
from voiceact.judge.training.material import Material
from voiceact.judge.training.reference_modes import ACTED, ACTED_IN_TRIAL, Placed, place
from voiceact.judge.training.targets import Lesson, affect_targets, balance, class_names, numbered

SPEECH_FOLDS, BURST_FOLDS = 10, 4
SPEECH_COMPONENTS, BURST_COMPONENTS = 60, 120


@dataclass(frozen=True)
class Spaces:
    """The spaces of speech and of bursts, learned from all voices without labels, and the clips' points in them.

    Attributes:
        speech, burst: the spaces
        spoken, bursts: [speech clips, components] and [burst clips, burst components] in their own space
        spoken_as_bursts: [speech clips, burst components]
    """

    speech: VoiceSpace
    burst: VoiceSpace
    spoken: Floats
    bursts: Floats
    spoken_as_bursts: Floats


def learn_spaces(speech: Material, bursts: Material) -> Spaces:
    """Learn both spaces; without bursts, speech stands for both."""
    space = learn_space(speech.rows, speech.voices, SPEECH_COMPONENTS)
    burst = learn_space(bursts.rows, bursts.voices, BURST_COMPONENTS) if len(bursts.rows) else space
    return Spaces(space, burst, space.project(speech.rows), burst.project(bursts.rows), burst.project(speech.rows))


def teach_speech(material: Material, taught: Placed, lesson: Lesson) -> tuple[Linear, Linear]:
    """Fit the speech classes and the affect; every speaker counts alike within a class, every class alike."""
    of_clips = class_names(material)
    names = [of_clips[clip] for clip in taught.clips]
    classes = numbered(names, lesson.classes)
    known = classes >= 0
    weights = balance(classes[known], material.speakers[taught.clips][known])
    rows = taught.rows[known]
    known_names = [name for name, is_known in zip(names, known, strict=True) if is_known]
    affect = fit_ridge(rows, affect_targets(known_names), weights)
    return fit_discriminant(rows, classes[known], len(lesson.classes), weights), affect


def teach_bursts(material: Material, rows: Floats, lesson: Lesson) -> Linear:
    """Fit the burst labels; without bursts, a head that knows a single label and nothing of it."""
    if not lesson.labels:
        return Linear(np.zeros((rows.shape[1], 1), np.float32), np.zeros(1, np.float32))
    labels = numbered([recording.emotion for recording in material.recordings], lesson.labels)
    return fit_discriminant(rows, labels, len(lesson.labels), np.ones(len(labels)))


def burst_regime(regime: str) -> str:
    """Name the regime bursts are heard under: nobody has a neutral burst, so a neutral reference tells nothing of them."""
    return "statistics" if regime == "statistics" else "none"


def place_taught(speech: Material, spaces: Spaces, regime: str, seed: int) -> Placed:
    """Place the speech clips that heads of a regime are taught on, beside a neutral reference also acted more weakly."""
    return place(speech, spaces.spoken, spaces.speech, regime, acted=ACTED, seed=seed)


def teach(speech: Material, bursts: Material, spaces: Spaces, taught: Placed, lesson: Lesson, regime: str, seed: int) -> Heads:
    """Fit all heads of one regime to all material; `taught` is from `place_taught`."""
    heard = place(bursts, spaces.bursts, spaces.burst, burst_regime(regime), acted=(1.0,), seed=seed)
    return Heads(*teach_speech(speech, taught, lesson), teach_bursts(bursts, heard.rows, lesson))


def folds_of(speakers: NDArray[np.str_], most: int) -> list[NDArray[np.bool_]]:
    """Divide clips into held-out folds: one speaker each where there are few, else groups of speakers."""
    names = np.unique(speakers)
    return [np.isin(speakers, names[start::most]) for start in range(min(most, len(names)))]


def speech_trial(
    speech: Material, spaces: Spaces, taught: Placed, heads: Heads, lesson: Lesson, regime: str, seed: int
) -> Trial:
    """Hear every speech clip with heads taught on `taught` without its speaker (the burst head heard no speech at all)."""
    met = place(speech, spaces.spoken, spaces.speech, regime, acted=ACTED_IN_TRIAL, seed=seed + 1)
    as_bursts = place(speech, spaces.spoken_as_bursts, spaces.burst, burst_regime(regime), acted=(1.0,), seed=seed)
    answers, affect = np.empty((len(met.rows), len(lesson.classes))), np.empty((len(met.rows), 3))
    for held in folds_of(speech.speakers, SPEECH_FOLDS):
        train = ~held[taught.clips]
        discriminant, ridge = teach_speech(speech, Placed(taught.rows[train], taught.clips[train], taught.acted[train]), lesson)
        test = held[met.clips]
        answers[test] = log_softmax(discriminant.outputs(met.rows[test]))
        affect[test] = ridge.outputs(met.rows[test])
    burst = log_softmax(heads.burst.outputs(as_bursts.rows))[met.clips]
    return Trial(speech.at(met.clips), Heard(answers, burst, affect), met.acted)


def burst_trial(bursts: Material, spaces: Spaces, lesson: Lesson, regime: str, seed: int) -> Trial:
    """Hear every burst with a head taught without its contributor (what it is as speech is not asked)."""
    met = place(bursts, spaces.bursts, spaces.burst, burst_regime(regime), acted=(1.0,), seed=seed)
    answers = np.empty((len(met.rows), max(len(lesson.labels), 1)))
    for held in folds_of(bursts.speakers, BURST_FOLDS):
        head = teach_bursts(bursts.take(~held), met.rows[~held], lesson)
        answers[held] = log_softmax(head.outputs(met.rows[held]))
    silent = np.log(np.full((len(answers), len(lesson.classes)), 1 / len(lesson.classes)))
    return Trial(bursts, Heard(silent, answers, np.zeros((len(answers), 3))), met.acted)
