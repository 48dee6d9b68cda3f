"""What the members are taught: classes, burst labels, and where an emotion lies in valence, arousal, dominance."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories, get
from voiceact.errors import UsageError
from voiceact.estimators.human.classifiers import Floats
from voiceact.judge.training.material import Material

NEUTRAL = "neutral"
LEAST_CLIPS, LEAST_SPEAKERS = 6, 3

PLACES: dict[str, tuple[float, float, float]] = {
    # Pleasure, arousal, dominance of terms rated by people: Russell & Mehrabian 1977, Journal of Research in
    # Personality 11, 273-294 (angry, bored, disgusted, fearful, happy, sad).
    "anger": (-0.51, 0.59, 0.25), "emotional_numbness": (-0.65, -0.62, -0.33), "disgust": (-0.60, 0.35, 0.11),
    "fear": (-0.64, 0.60, -0.43), "elation": (0.81, 0.51, 0.46), "sadness": (-0.63, -0.27, -0.33),
    NEUTRAL: (0.0, 0.0, 0.0),
}  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """Names of the classes that speech shows, and of the labels that bursts have.

    classes: category ids in the order of the taxonomy, then "neutral"
    labels: the burst corpora's own words, sorted; may be empty
    """

    classes: tuple[str, ...]
    labels: tuple[str, ...]


def lesson_of(speech: Material, bursts: Material) -> Lesson:
    """What this material can teach: classes with at least six clips by at least three speakers.

    Raises:
        UsageError: no neutral speech, or fewer than two emotions
    """
    speakers: dict[str, set[str]] = defaultdict(set)
    clips: dict[str, int] = defaultdict(int)
    for name, speaker in zip(class_names(speech), speech.speakers, strict=True):
        speakers[name].add(speaker)
        clips[name] += 1
    enough = [name for name in clips if clips[name] >= LEAST_CLIPS and len(speakers[name]) >= LEAST_SPEAKERS]
    ids = [category.id for category in categories() if category.id in enough]
    if NEUTRAL not in enough or len(ids) < 2:
        raise UsageError(
            "a judge needs speech by at least three people, six clips or more each of neutral and of two "
            f"emotions; this data has {', '.join(sorted(enough)) or 'none of them'}"
        )
    return Lesson((*ids, NEUTRAL), tuple(sorted({recording.emotion for recording in bursts.recordings})))


def class_names(material: Material) -> list[str]:
    """Category id or "neutral" of each clip."""
    return [
        NEUTRAL if recording.neutral else get(recording.emonet).id if recording.emonet else ""
        for recording in material.recordings
    ]


def numbered(names: list[str], known: tuple[str, ...]) -> NDArray[np.int64]:
    """Place of each name among the known ones; -1 for others."""
    place = {name: number for number, name in enumerate(known)}
    return np.array([place.get(name, -1) for name in names], np.int64)


def affect_targets(names: list[str]) -> Floats:
    """[clips, 3] valence, arousal, dominance; categories nobody rated get their coarse place in the taxonomy."""
    return np.array([PLACES[name] if name in PLACES else _coarse(name) for name in names]).reshape(-1, 3)


def _coarse(name: str) -> tuple[float, float, float]:
    category = get(name)
    return 0.6 * category.valence_value, 0.6 * category.arousal_value, 0.0


def balance(classes: NDArray[np.int64], speakers: NDArray[np.str_]) -> Floats:
    """[clips] weights: every speaker counts alike within a class, every class alike; their mean is 1."""
    pairs = [f"{one} {speaker}" for one, speaker in zip(classes, speakers, strict=True)]
    _, pair = np.unique(pairs, return_inverse=True)
    weights = 1.0 / np.sqrt(np.bincount(pair)[pair])
    weights = weights / np.bincount(classes, weights)[classes]
    balanced: Floats = weights * len(weights) / weights.sum()
    return balanced
