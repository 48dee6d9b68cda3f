"""What stands behind each category's score: earned on clips of voices the judge had not heard, by one rule.

category    in speech, the category's clips score above all other clips: AUC with its 95 % interval
            (drawing whole speakers) above 0.6
burst       the same among wordless bursts
dimension   the taxonomy gives the category an arousal or a valence, and the judge's reading of that
            dimension in speech has an AUC with its interval above 0.6
none        none of these; such a category has no score
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories, get
from voiceact.estimators.human.classifiers import Floats
from voiceact.estimators.human.score_scale import (
    AROUSAL,
    BURST,
    CATEGORY,
    DIMENSION,
    NONE,
    VALENCE,
    Heard,
    Plan,
    trial_scores,
)
from voiceact.judge.training.material import Material
from voiceact.judge.training.targets import NEUTRAL, Lesson, class_names
from voiceact.stats.discrimination import auc
from voiceact.stats.figure import Figure, missing

EARNED = 0.6
LEAST_PLACE = 0.5
"""an arousal or valence tag this far from the middle is a place; "medium" is not"""


@dataclass(frozen=True)
class Trial:
    """Clips of one kind as heard by heads that never heard their speakers: recorded ones, changed ones, weaker ones.

    Attributes:
        material: the clips, one of them perhaps several times
        heard: what is said of each
        acted: [clips] share of its acting that was kept
    """

    material: Material
    heard: Heard
    acted: Floats

    @property
    def as_recorded(self) -> NDArray[np.bool_]:
        """[clips] whether it is the recording itself."""
        return np.asarray((self.material.passes == 0) & (self.acted == 1))


def performed(material: Material, place: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which clips perform a category, and which are counter-examples (not those where it may be heard as well)."""
    category = categories()[place]
    own = np.array([recording.category is category for recording in material.recordings], bool)
    may = np.array([category in recording.categories for recording in material.recordings], bool)
    return own, ~may


def same_side(material: Material, place: int) -> NDArray[np.bool_]:
    """Say which clips perform something on a category's side of arousal and of valence."""
    mine = categories()[place]
    return np.array(
        [
            recording.category is not None
            and recording.category.valence == mine.valence
            and np.sign(recording.category.arousal_value) == np.sign(mine.arousal_value)
            for recording in material.recordings
        ],
        bool,
    )


def earned(figure: Figure) -> bool:
    """Whether an AUC's interval lies above 0.6."""
    return figure.low is not None and figure.low > EARNED


def draft(lesson: Lesson, bursts: Material) -> Plan:
    """Plan that every category claims the most that the material could give it."""
    ids = [name.id for name in categories()]
    columns = np.array([lesson.classes.index(name) if name in lesson.classes else -1 for name in ids], np.int16)
    labels = np.zeros((max(len(lesson.labels), 1), len(ids)), np.int8)
    for name in bursts.recordings:
        if name.category is not None:
            labels[lesson.labels.index(name.emotion), ids.index(name.category.id)] = 1
    in_bursts = np.where(labels.any(axis=0), BURST, NONE).astype(np.int8)
    kinds = np.where(columns >= 0, CATEGORY, np.where(in_bursts, BURST, DIMENSION)).astype(np.int8)
    return Plan(kinds, in_bursts, columns, labels, np.zeros((len(ids), 2)), np.ones(3))


def settle(plan: Plan, speech: Trial, bursts: Trial) -> tuple[Plan, dict[str, Any]]:
    """Keep of a plan only what was earned; return it with the figures it was earned by."""
    figures: dict[str, Any] = {"affect": affect_figures(speech)}
    spread = np.maximum(speech.heard.affect[speech.as_recorded].std(axis=0), 1e-3)
    plan = replace(plan, places=_places(figures["affect"]), affect_spread=spread)
    in_speech = trial_scores(speech.heard, plan, np.where(plan.kinds == CATEGORY, CATEGORY, NONE).astype(np.int8))
    in_bursts = trial_scores(bursts.heard, plan, plan.burst_kinds)
    kinds, burst_kinds, found = plan.kinds.copy(), plan.burst_kinds.copy(), {}
    for place, category in enumerate(categories()):
        report: dict[str, Any] = {}
        kinds[place] = DIMENSION if plan.places[place].any() else NONE
        if plan.burst_kinds[place] == BURST:
            figure = _told_apart(bursts, in_bursts, place)
            report["burst_auc"] = figure.to_dict()
            burst_kinds[place] = BURST if earned(figure) else NONE
            kinds[place] = BURST if earned(figure) else kinds[place]
        if plan.kinds[place] == CATEGORY:
            figure = _told_apart(speech, in_speech, place)
            report["speech_auc"] = figure.to_dict()
            kinds[place] = CATEGORY if earned(figure) else kinds[place]
        found[category.id] = report
    figures["categories"] = found
    return replace(plan, kinds=kinds, burst_kinds=burst_kinds), figures


def _told_apart(trial: Trial, scores: Floats, place: int) -> Figure:
    own, others = performed(trial.material, place)
    rows = trial.as_recorded & (own | others)
    if not own[rows].any():
        return missing("no clip performs it")
    return auc(scores[rows, place], own[rows], speakers=list(trial.material.speakers[rows]))


def affect_figures(trial: Trial) -> dict[str, Any]:
    """Measure the AUC of arousal (high against low and neutral) and of valence (positive against negative) in speech."""
    names = np.array(class_names(trial.material))
    tags = [(get(name).arousal, get(name).valence) if name not in ("", NEUTRAL) else ("", "") for name in names]
    arousal, valence = (np.array(one) for one in zip(*tags, strict=True))
    low = (arousal == "low") | (names == NEUTRAL)
    return {
        "arousal": _between(trial, AROUSAL, arousal == "high", low),
        "valence": _between(trial, VALENCE, valence == "positive", valence == "negative"),
    }


def _between(trial: Trial, reading: int, up: NDArray[np.bool_], down: NDArray[np.bool_]) -> dict[str, Any]:
    rows = trial.as_recorded & (up | down)
    figure = auc(trial.heard.affect[rows, reading], up[rows], speakers=list(trial.material.speakers[rows]))
    return figure.to_dict() | {"earned": earned(figure)}


def _places(affect: dict[str, Any]) -> Floats:
    """[40, 2] valence and arousal of the taxonomy, 0 for a dimension the judge has not earned."""
    places = np.array([[category.valence_value, category.arousal_value] for category in categories()])
    places[np.abs(places) < LEAST_PLACE] = 0.0
    return np.asarray(places * np.array([affect["valence"]["earned"], affect["arousal"]["earned"]], float))
