"""The pictures of a report: (name, SVG) pairs, one a regime where regimes cannot share a picture."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from voiceact.acting.taxonomy import categories as taxonomy
from voiceact.judge.evaluation.present import COLUMNS, PUBLISHED
from voiceact.judge.evaluation.regimes import TITLES
from voiceact.report.svg import Point, curve, forest, matrix

Report = Mapping[str, Any]
Picture = tuple[str, str]

PRESENCE = {"recall": "own category", "false_accept_neutral": "neutral clips", "false_accept_others": "other categories"}


def categories(regimes: Report) -> Iterator[Picture]:
    """AUC of each category, the regimes side by side."""
    rows: dict[str, list[Point | None]] = {}
    for place, figures in enumerate(regimes.values()):
        for row in figures["categories"]:
            rows.setdefault(row["name"], [None] * len(regimes))[place] = _point(row["auc"])
    yield (
        "",
        forest(
            list(rows.items()),
            [TITLES[regime] for regime in regimes],
            chance=0.5,
            width=420,
            caption="AUC, category against all other clips",
        ),
    )


def presence(regimes: Report) -> Iterator[Picture]:
    """How often each category is called present, by what the clips perform."""
    for regime, figures in regimes.items():
        rows = [(row["name"], [_point(row[key]) for key in PRESENCE]) for row in figures["categories"]]
        if rows:
            yield TITLES[regime], forest(rows, list(PRESENCE.values()), caption="share called present")


def confusions(regimes: Report) -> Iterator[Picture]:
    """What was answered for what was performed."""
    names = {category.id: category.name for category in taxonomy()}
    for regime, figures in regimes.items():
        if confusion := figures["confusion"]:
            classes = [names.get(name, name) for name in confusion["classes"]]
            yield TITLES[regime], matrix(classes, confusion["counts"], caption="performed and answered")


def reliability(regimes: Report) -> Iterator[Picture]:
    """What a probability and what a score is worth."""
    for regime, figures in regimes.items():
        if classes := figures["class_reliability"]:
            yield (
                f"{TITLES[regime]}: class answered (calibration error {classes['calibration_error']:.2f})",
                curve(_bins(classes["bins"]), start=0, stop=1, diagonal=True, across="probability", up="answered rightly"),
            )
        if figures["score_reliability"]:
            yield (
                f"{TITLES[regime]}: score of a category",
                curve(
                    _bins(figures["score_reliability"]),
                    start=0,
                    stop=7,
                    diagonal=False,
                    across="score, 0 to 7",
                    up="clips that perform it",
                ),
            )


def ratios(regimes: Report) -> Iterator[Picture]:
    """What a likelihood ratio is worth: for each stated one, the share of performing clips it would lead one to expect."""
    for regime, figures in regimes.items():
        bins = [ratio_bin for ratio_bin in figures.get("ratio_reliability", ()) if ratio_bin["observed"] is not None]
        if bins:
            points = [
                (
                    _share_of(ratio_bin["stated"]),
                    Point(_share_of(ratio_bin["observed"])),
                    ratio_bin["performed"] + ratio_bin["others"],
                )
                for ratio_bin in bins
            ]
            yield (
                f"{TITLES[regime]}: likelihood ratio",
                curve(points, start=0, stop=1, diagonal=True, across="stated, as a share at even odds", up="observed"),
            )


def _share_of(log_ratio: float) -> float:
    return 1 / (1 + math.exp(-log_ratio))


def field_rule(regimes: Report) -> Iterator[Picture]:
    """Hits of the field's rule, what it hides, and what was published."""
    for regime, figures in regimes.items():
        rule = figures["present_rule"]
        if not rule or not rule["labels"]:
            continue
        published = PUBLISHED[COLUMNS.index(rule["map"])]
        labels = [(row["label"], row["hit_rate"], row["false_accept"]) for row in rule["labels"]]
        labels.append(("overall", figures["present_rule_hit_rate"], figures["present_rule_false_accept"]))
        rows = [(label, [_point(hit), _point(false), _published(published, label)]) for label, hit, false in labels]
        yield TITLES[regime], forest(rows, ["own label", "other labels", "own, published"], caption="share called present")


def _point(figure: Report) -> Point | None:
    return None if figure["value"] is None else Point(figure["value"], figure["low"], figure["high"])


def _published(values: Mapping[str, float], label: str) -> Point | None:
    return Point(values[label]) if label in values else None


def _bins(bins: Iterable[Report]) -> list[tuple[float, Point, int]]:
    return [(bin_["confidence"], Point(bin_["share"], bin_["low"], bin_["high"]), bin_["n"]) for bin_ in bins]
