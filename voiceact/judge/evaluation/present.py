"""The field's "label among the present ones" rule, and what it hides.

EmoNet-Voice (arXiv 2506.09827, cross-dataset section): a softmax over the scores of the fine categories
that map to a coarse label (Table 11); a coarse label counts as present if any of its fine ones has more
than 1.5 times the uniform probability. A clip is a hit if its label is among the present ones, so a judge
that calls many labels present hits often: the share of *other* labels it calls present stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import categories, get
from voiceact.judge.corpus.manifest import Recording
from voiceact.judge.evaluation.judged import Flags, Floats, Judged
from voiceact.stats.figure import Figure, missing
from voiceact.stats.proportions import rate

TIMES_CHANCE = 1.5
FIELD_SCALE = 4 / 7  # the published heads score 0 to 4, a profile 0 to 7

TABLE_11: Mapping[str, tuple[str, str]] = {
    "Affection": ("happiness", "calm"),
    "Amusement": ("happiness", "happy"),
    "Anger": ("anger", "angry"),
    "Astonishment/Surprise": ("fear", "surprised"),
    "Awe": ("", "calm"),
    "Bitterness": ("anger", "angry"),
    "Concentration": ("neutral", "neutral"),
    "Contemplation": ("neutral", "calm"),
    "Contempt": ("disgust", "disgust"),
    "Contentment": ("happiness", "happy"),
    "Disappointment": ("sadness", "sad"),
    "Disgust": ("disgust", "disgust"),
    "Distress": ("fear", "fearful"),
    "Doubt": ("neutral", "surprised"),
    "Elation": ("happiness", "happy"),
    "Embarrassment": ("sadness", "sad"),
    "Emotional Numbness": ("boredom", "neutral"),
    "Fatigue/Exhaustion": ("sadness", "disgust"),
    "Fear": ("fear", "fearful"),
    "Helplessness": ("sadness", "fearful"),
    "Hope/Enthusiasm/Optimism": ("happiness", "happy"),
    "Impatience and Irritability": ("anger", "angry"),
    "Infatuation": ("happiness", "happy"),
    "Interest": ("neutral", "surprised"),
    "Intoxication/Altered States of Consciousness": ("", "calm"),
    "Jealousy & Envy": ("sadness", "angry"),
    "Longing": ("sadness", "sad"),
    "Malevolence/Malice": ("anger", "angry"),
    "Pain": ("sadness", "sad"),
    "Pleasure/Ecstasy": ("happiness", "happy"),
    "Pride": ("happiness", "happy"),
    "Relief": ("happiness", "calm"),
    "Sadness": ("sadness", "sad"),
    "Sexual Lust": ("", ""),
    "Shame": ("sadness", "disgust"),
    "Sourness": ("disgust", "disgust"),
    "Teasing": ("happiness", "happy"),
    "Thankfulness/Gratitude": ("happiness", "happy"),
    "Triumph": ("happiness", "happy"),
    "Confusion": ("neutral", "surprised"),
}
"""fine category -> its coarse label in EmoDB and in RAVDESS, "" where it has none"""

WORDS = {
    "anger": ("anger", "angry"),
    "angry": ("anger", "angry"),
    "boredom": ("boredom", ""),
    "bored": ("boredom", ""),
    "calm": ("", "calm"),
    "disgust": ("disgust", "disgust"),
    "disgusted": ("disgust", "disgust"),
    "fear": ("fear", "fearful"),
    "fearful": ("fear", "fearful"),
    "happiness": ("happiness", "happy"),
    "happy": ("happiness", "happy"),
    "joy": ("happiness", "happy"),
    "neutral": ("neutral", "neutral"),
    "sadness": ("sadness", "sad"),
    "sad": ("sadness", "sad"),
    "surprise": ("", "surprised"),
    "surprised": ("", "surprised"),
    "pleasant surprise": ("", "surprised"),
}
"""a corpus's own word -> the coarse label in either column"""

EMODB, RAVDESS = 0, 1
COLUMNS = ("EmoDB", "RAVDESS")

PUBLISHED: tuple[Mapping[str, float], Mapping[str, float]] = (
    {
        "overall": 0.706,
        "anger": 0.953,
        "boredom": 0.284,
        "disgust": 0.283,
        "fear": 0.623,
        "happiness": 0.747,
        "neutral": 1.0,
        "sadness": 0.742,
    },
    {
        "overall": 0.742,
        "angry": 0.885,
        "calm": 0.531,
        "disgust": 0.339,
        "fearful": 0.922,
        "happy": 0.922,
        "neutral": 1.0,
        "sad": 0.484,
        "surprised": 0.979,
    },
)
"""Empathic-Insight-Voice Large, zero-shot (EmoNet-Voice, cross-dataset section); no intervals are published"""


@dataclass(frozen=True)
class Present:
    """The rule on one corpus.

    hit_rate: share of clips whose own label is among the present ones
    false_accept: share of (clip, other label) pairs in which the other label is called present
    labels: coarse label -> its own hit rate and false accept rate
    column: whose map was used; fine: categories in the softmax
    not_asked: labels of the corpus that no scored category maps to
    """

    hit_rate: Figure
    false_accept: Figure
    labels: Mapping[str, tuple[Figure, Figure]]
    column: str = ""
    fine: int = 0
    not_asked: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        rows = [
            {"label": label, "hit_rate": hit.to_dict(), "false_accept": false.to_dict()}
            for label, (hit, false) in self.labels.items()
        ]
        return {"map": self.column, "fine_categories": self.fine, "labels": rows, "not_asked": list(self.not_asked)}


def present_rule(judged: Judged, *, draws: int, seed: int) -> Present:
    """Apply the rule to the clips whose own word the published map knows."""
    column = column_of(judged.recordings)
    own = np.array([WORDS.get(recording.emotion.casefold(), ("", ""))[column] for recording in judged.recordings], object)
    if not (own != "").any():
        return _nothing("the published map knows none of the corpus's emotions")
    labels, called, fine = call_present(judged.scores, column)
    performed_labels = [label for label in labels if (own == label).any()]
    if not performed_labels:
        return _nothing("the judge scores no category that maps to an emotion of the corpus")
    rows = np.isin(own, performed_labels)
    truth = own[rows][:, None] == np.array(performed_labels, object)[None, :]
    yes = called[rows][:, [labels.index(label) for label in performed_labels]]
    speakers = judged.of(rows)
    options = {"draws": draws, "seed": seed}
    each = {
        label: (_where(yes[:, i], truth[:, i], speakers, options), _where(yes[:, i], ~truth[:, i], speakers, options))
        for i, label in enumerate(performed_labels)
    }
    return Present(
        _where(yes, truth, speakers, options),
        _where(yes, ~truth, speakers, options),
        each,
        COLUMNS[column],
        fine,
        tuple(sorted(set(own) - {""} - set(performed_labels))),
    )


def column_of(recordings: tuple[Recording, ...]) -> int:
    """EmoDB's map where the corpus holds boredom, RAVDESS's for all others."""
    words = {recording.emotion.casefold() for recording in recordings}
    return EMODB if words & {"boredom", "bored"} else RAVDESS


def call_present(scores: Floats, column: int) -> tuple[list[str], Flags, int]:
    """Coarse labels, bool [n, labels] whether each is called present, and the fine categories that were scored."""
    place = {category: number for number, category in enumerate(categories())}
    coarse = {place[get(fine)]: pair[column] for fine, pair in TABLE_11.items() if pair[column]}
    used = [number for number in coarse if np.isfinite(scores[:, number]).any()]
    if not used:
        return [], np.zeros((len(scores), 0), bool), 0
    probabilities = softmax(scores[:, used] * FIELD_SCALE)
    above = probabilities > TIMES_CHANCE / len(used)
    labels = list(dict.fromkeys(coarse[number] for number in used))
    called = [above[:, [coarse[number] == label for number in used]].any(axis=1) for label in labels]
    return labels, np.stack(called, axis=1), len(used)


def softmax(scores: Floats) -> Floats:
    """Compute the softmax of scores [n, m] over the last axis; a score that is missing has no probability."""
    scores = np.where(np.isfinite(scores), scores, -np.inf)
    highest = scores.max(axis=1, keepdims=True)
    powers = np.exp(scores - np.where(np.isfinite(highest), highest, 0))
    return np.asarray(powers / np.maximum(powers.sum(axis=1, keepdims=True), 1e-300))


def _where(yes: Flags, where: Flags, speakers: list[str], options: Mapping[str, int]) -> Figure:
    rows = np.nonzero(where)[0]
    return rate(yes[where], speakers=[speakers[row] for row in rows], **options)


def _nothing(why: str) -> Present:
    return Present(missing(why), missing(why), {})
