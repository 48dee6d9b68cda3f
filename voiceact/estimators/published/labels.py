"""The labels of a classifier -> the 40 categories: by names and keywords, and by what the user says.

>>> category_of("angry")
'anger'
>>> category_of("neutral") is None
True
"""

from collections.abc import Mapping, Sequence

from voiceact.acting.taxonomy import Via, categories, get, resolve
from voiceact.errors import UnknownNameError, UsageError

SURE: tuple[Via, ...] = ("id", "name", "variant", "keyword", "face keyword", "form")
"""what a label may be to a category; a mere synonym is the user's to decide"""
NONE = "-"
"""as a category in an override: this label stands for none"""


def category_of(label: str) -> str | None:
    """Id of the category that a label names; None if it names none, or is only near one."""
    try:
        resolution = resolve(label.replace("_", " ").strip())
    except UsageError:
        return None
    return resolution.category.id if resolution.via in SURE else None


def label_map(labels: Sequence[str], stated: str | None) -> dict[str, str]:
    """Label -> category id, of those that stand for one.

    said: the user's own, over what the names say: "hap=elation;ang=Anger;calm=-"
    Raises:
        UnknownNameError: a label that the classifier has not, or a category that is none
        UsageError: a part that is no LABEL=CATEGORY, or a map in which no label stands for a category
    """
    mapping = {label: category for label in labels if (category := category_of(label))}
    for part in filter(None, (stated or "").split(";")):
        label, equals, category = (piece.strip() for piece in part.partition("="))
        if not equals:
            raise UsageError(f"labels: {part!r} is no pair; expected LABEL=CATEGORY;LABEL=CATEGORY, or LABEL=- for none")
        if label not in labels:
            raise UnknownNameError("label of the classifier", label, labels)
        mapping.pop(label, None)
        if category != NONE:
            mapping[label] = get(category).id
    if not mapping:
        raise UsageError(
            f"none of the labels {', '.join(labels)} names a category; say what they mean with "
            "labels=LABEL=CATEGORY;LABEL=CATEGORY ('voiceact emotion list' shows the categories)"
        )
    return mapping


def category_scores(values: Mapping[str, float], names: Mapping[str, str], *, exclusive: bool) -> dict[str, float]:
    """Category id -> probability: of exclusive labels of one category the sum, of others the highest."""
    scores: dict[str, float] = {}
    for label, category in names.items():
        before = scores.get(category, 0.0)
        scores[category] = min(1.0, before + values[label]) if exclusive else max(before, values[label])
    return scores


def unjudged(names: Mapping[str, str], model: str) -> dict[str, str]:
    """Category id -> why it has no score, of those without a label."""
    there = set(names.values())
    return {category.id: f"{model} has no label for it" for category in categories() if category.id not in there}
