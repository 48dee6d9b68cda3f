"""What stands behind each category's score: earned on clips of voices the judge had not heard, by one rule.

category    in speech, the category's clips score above all other clips: AUC with its 95 % interval
            (drawing whole speakers) above 0.6
burst       the same among wordless bursts
dimension   the taxonomy gives the category an arousal or a valence, and the judge's reading of that
            dimension in speech has an AUC with its interval above 0.6
none        none of these; such a category has no score
"""

from dataclasses import dataclass
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
    burst_log_probability,
    log_odds,
    raw_strengths,
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
    """Clips of one kind as heard by parts that never heard their speakers, recorded ones and changed ones."""

    material: Material
    heard: Heard

    @property
    def as_recorded(self) -> NDArray[np.bool_]:
        return np.asarray(self.material.passes == 0)


def performed(material: Material, place: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which clips perform a category, and which are counter-examples (not those where it may be heard as well)."""
    category = categories()[place]
    own = np.array([one.category is category for one in material.recordings], bool)
    may = np.array([category in one.categories for one in material.recordings], bool)
    return own, ~may


def earned(figure: Figure) -> bool:
    """Whether an AUC's interval lies above 0.6."""
    return figure.low is not None and figure.low > EARNED


def draft(lesson: Lesson, bursts: Material) -> Plan:
    """The plan in which every category claims the most that the material could give it."""
    ids = [one.id for one in categories()]
    columns = np.array([lesson.classes.index(one) if one in lesson.classes else -1 for one in ids], np.int16)
    labels = np.zeros((max(len(lesson.labels), 1), len(ids)), np.int8)
    for one in bursts.recordings:
        if one.category is not None:
            labels[lesson.labels.index(one.emotion), ids.index(one.category.id)] = 1
    kinds = np.where(columns >= 0, CATEGORY, np.where(labels.any(axis=0), BURST, DIMENSION)).astype(np.int8)
    falls = np.array([one.arousal == "low" and one.valence != "negative" for one in categories()])
    return Plan(kinds, columns, labels, np.zeros((len(ids), 2)), np.zeros(len(ids)), falls, np.ones(3))


def settle(plan: Plan, speech: Trial, bursts: Trial) -> tuple[Plan, dict[str, Any]]:
    """The plan with only what was earned, and the figures it was earned by."""
    figures: dict[str, Any] = {"affect": affect_figures(speech)}
    spread = np.maximum(speech.heard.affect[speech.as_recorded].std(axis=0), 1e-3)
    plan = _replaced(plan, places=_places(figures["affect"]), affect_spread=spread)
    plan = _replaced(plan, middle=_middles(plan, speech, bursts))
    kinds, found = plan.kinds.copy(), {}
    for place, category in enumerate(categories()):
        found[category.id] = _settle_one(plan, kinds, place, speech, bursts)
    figures["categories"] = found
    # A category that fell from speech to bursts is measured anew, on the log-odds of its labels.
    plan = _replaced(plan, kinds=kinds)
    return _replaced(plan, middle=_middles(plan, speech, bursts)), figures


def _settle_one(plan: Plan, kinds: NDArray[np.int8], place: int, speech: Trial, bursts: Trial) -> dict[str, Any]:
    found: dict[str, Any] = {}
    claims = {CATEGORY: plan.kinds[place] == CATEGORY, BURST: plan.burst_labels[:, place].any()}
    for kind, name, trial in ((CATEGORY, "speech_auc", speech), (BURST, "burst_auc", bursts)):
        if not claims[kind]:
            continue
        trial_plan = _replaced(plan, kinds=np.full_like(kinds, NONE))
        trial_plan.kinds[place] = kind
        trial_plan = _replaced(trial_plan, middle=_middles(trial_plan, speech, bursts))
        figure = _told_apart(trial, trial_plan, place)
        found[name] = figure.to_dict()
        if earned(figure):
            kinds[place] = kind
            return found
    kinds[place] = DIMENSION if plan.places[place].any() else NONE
    return found


def _told_apart(trial: Trial, plan: Plan, place: int) -> Figure:
    own, others = performed(trial.material, place)
    rows = trial.as_recorded & (own | others)
    if not own[rows].any():
        return missing("no clip performs it")
    raw = raw_strengths(trial.heard, plan)[rows, place]
    return auc(raw, own[rows], speakers=list(trial.material.speakers[rows]))


def affect_figures(trial: Trial) -> dict[str, Any]:
    """AUC of arousal (high against low and neutral) and of valence (positive against negative) in speech."""
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
    places = np.array([[one.valence_value, one.arousal_value] for one in categories()])
    places[np.abs(places) < LEAST_PLACE] = 0.0
    return np.asarray(places * np.array([affect["valence"]["earned"], affect["arousal"]["earned"]], float))


def _middles(plan: Plan, speech: Trial, bursts: Trial) -> Floats:
    """[40] the lower quartile of the log-odds of clips that perform each category."""
    middles = np.zeros(len(plan.kinds))
    for place, kind in enumerate(plan.kinds):
        if kind == CATEGORY:
            own = performed(speech.material, place)[0]
            odds = log_odds(speech.heard.speech[own, plan.speech_column[place]])
        elif kind == BURST:
            own = performed(bursts.material, place)[0]
            odds = log_odds(burst_log_probability(bursts.heard.burst[own], plan.burst_labels[:, place]))
        else:
            continue
        middles[place] = np.percentile(odds, 25) if len(odds) else 0.0
    return middles


def _replaced(plan: Plan, **changes: Any) -> Plan:
    from dataclasses import replace

    return replace(plan, **{name: np.array(value) for name, value in changes.items()})
