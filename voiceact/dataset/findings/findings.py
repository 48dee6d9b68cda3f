"""What is to be said of a run: every figure of its card and its report, each with what it rests on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import get
from voiceact.dataset.findings.census import PLACE, SCORE_EDGES, SPREADS, Census, census
from voiceact.dataset.findings.coverage import Coverage, Takes
from voiceact.dataset.findings.thresholds import Thresholds, find_thresholds
from voiceact.dataset.findings.twins import TwinsHeard, hear_twins, no_twins
from voiceact.dataset.licensing.licences import Licence, licences_of
from voiceact.stats.counts import histogram_quantiles, rank_correlation, share_of_counts
from voiceact.stats.figure import Figure, missing
from voiceact.stats.permutation import Null
from voiceact.store.reader import Run
from voiceact.vocabulary import EVIDENCE_ORDER

TWINS = 160
"""neutral twins that are judged, at most, unless the user says otherwise"""
LEAST_TWINS = 2
"""of a persona: one to be judged, one to be compared with"""


@dataclass(frozen=True)
class Heard:
    """How often the judge calls one category present.

    rate: of the takes that were asked for it, with n
    dealt: the same with the requests dealt out anew; None if no take could be judged
    twins: of neutral twins
    """

    rate: Figure
    dealt: Null | None
    twins: Figure


@dataclass(frozen=True)
class Judged:
    """The scores of takes asked at one intensity: quarter, middle and three-quarter point."""

    asked: float
    n: int
    quartiles: tuple[float, float, float]


@dataclass(frozen=True)
class Category:
    """One category of the run."""

    id: str
    name: str
    evidence: str
    made: Takes
    heard: Heard
    scores: tuple[Judged, ...]
    correlation: Figure


class Findings:
    """A run, counted. Figures are made when they are first asked for, and then kept."""

    def __init__(self, run: Run, coverage: Coverage, counted: Census, thresholds: Thresholds, twins: TwinsHeard):
        self.run, self.file, self.coverage, self.census = run, run.file, coverage, counted
        self.thresholds, self.twins = thresholds, twins
        self.shards, self.bytes = coverage.shards, coverage.bytes

    @cached_property
    def total(self) -> Takes:
        """All takes."""
        return self.coverage.total()

    @cached_property
    def personas(self) -> list[str]:
        """Those of whom there are takes, sorted."""
        return sorted(self.coverage.by(lambda place: place.persona))

    @property
    def finished(self) -> bool:
        """Whether every shard of the plan is there."""
        return self.shards >= self.file.shards

    @cached_property
    def heard(self) -> Heard:
        """Of all takes together, each asked for its own category."""
        deal, twins = self.census.deal, self.twins
        rate = share_of_counts(deal.confirmed.sum(axis=1), deal.requested.sum(axis=1)) if deal.clips else missing(self._unheard)
        return Heard(rate, deal.of_all(), self._twins_asked_as_the_takes() if twins.number else missing(twins.why))

    @property
    def _unheard(self) -> str:
        return self.thresholds.source if not self.thresholds.least else "no take was asked for a category the judge can tell"

    def _twins_asked_as_the_takes(self) -> Figure:
        """Each persona's twins are asked for each category as often as its takes were."""
        deal, twins = self.census.deal, self.twins
        weights = deal.requested / np.maximum(deal.requested.sum(axis=1, keepdims=True), 1)
        return share_of_counts((weights * twins.called).sum(axis=1), np.where(deal.requested.sum(axis=1) > 0, twins.judged, 0))

    @cached_property
    def categories(self) -> tuple[Category, ...]:
        """Those that were asked: by evidence, the strongest first, then as the taxonomy has them."""
        tallies = self.coverage.by(lambda place: place.category)
        found = [self._category(name, made) for name, made in tallies.items()]
        return tuple(sorted(found, key=lambda one: (EVIDENCE_ORDER.index(one.evidence), PLACE[one.id])))

    def _category(self, name: str, made: Takes) -> Category:
        counts = self.census.judged[PLACE[name]]
        return Category(
            name,
            get(name).name,
            self._evidence(name),
            made,
            self._heard(PLACE[name]),
            tuple(self._scores(counts.sum(axis=0))),
            self._correlation(counts),
        )

    def _evidence(self, name: str) -> str:
        met = Counter({evidence: count for (category, evidence), count in self.census.evidence.items() if category == name})
        return met.most_common(1)[0][0] if met else "none"

    def _heard(self, at: int) -> Heard:
        deal, twins = self.census.deal, self.twins
        asked = int(deal.requested[:, at].sum())
        if not asked:
            nothing = missing("no score and threshold for it")
            return Heard(nothing, None, nothing)
        heard = share_of_counts(twins.called[:, at], twins.judged) if twins.number else missing(twins.why)
        return Heard(share_of_counts(deal.confirmed[:, at], deal.requested[:, at]), deal.of_category(at), heard)

    def _scores(self, counts: Any) -> list[Judged]:
        """By intensity, the lowest first."""
        found = []
        for asked, row in sorted(zip(self.census.intensities, counts, strict=True), key=lambda pair: pair[0]):
            points = histogram_quantiles(row, SCORE_EDGES)
            if points:
                found.append(Judged(asked, int(row.sum()), (points[0], points[1], points[2])))
        return found

    def _correlation(self, counts: Any) -> Figure:
        order = np.argsort(self.census.intensities)
        return rank_correlation(counts[:, order]) if len(order) else missing("no take was judged")

    @cached_property
    def licences(self) -> tuple[Licence, ...]:
        """What every clip is made of, and under which terms."""
        return licences_of(self.file)

    def spread(self, column: str) -> dict[str, Any] | None:
        """Mean, quartiles, number and histogram of a column; None if no take has it."""
        total, number = self.census.means.get(column, (0.0, 0))
        if not number:
            return None
        counts, edges = self.census.spreads[column], SPREADS[column]
        return {
            "n": number,
            "mean": total / number,
            "quartiles": histogram_quantiles(counts, edges),
            "counts": counts.tolist(),
            "edges": edges.tolist(),
        }

    @property
    def divided(self) -> str:
        """How often several judges did not agree; empty where one was asked."""
        return self.census.divided.sentence(str(self.file.judge.get("name")))

    @property
    def counted(self) -> str:
        """Which takes the judge's answers are counted over."""
        if self.census.sure is None:
            return "Counted are all takes that the judge could judge."
        first = "take" if self.census.sure == 1 else f"{self.census.sure} takes"
        return (
            f"Counted are the first {first} of each cell, made whatever is heard of them, and not the later ones, which "
            "are made only where too few were included."
        )

    @property
    def least_evidence(self) -> str:
        """The weakest evidence that the recipe's inclusion accepts."""
        return str(self.file.recipe.get("verify", {}).get("evidence", "category"))

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form of all of it."""
        total, heard = self.total, self.heard
        return {
            "name": self.file.name,
            "plan": self.file.plan,
            "finished": self.finished,
            "shards": self.shards,
            "planned_shards": self.file.shards,
            "bytes": self.bytes,
            **_told_takes(total),
            "heard": _told_heard(heard),
            "thresholds": self.thresholds.source,
            "twins": {"n": self.twins.number, "source": self.twins.source, "why": self.twins.why},
            "categories": [_told_category(one) for one in self.categories],
            "reasons": dict(self.census.reasons.most_common()),
            "divided": self.census.divided.as_dict(),
            "licences": [vars(one) for one in self.licences],
        }


def find(
    run: Run,
    *,
    twins: int = TWINS,
    examples: int = 2,
    seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Findings:
    """Count a run and hold its pass rates against chance.

    twins: neutral twins to judge, at most; 0 judges none
    examples: takes of each kind and category that are drawn to be heard
    progress: told (what, done, in all)

    Raises:
        VoiceactError: if no shard is finished
    """
    from voiceact.errors import VoiceactError

    coverage = Coverage(run.footers())
    if not coverage.places:
        raise VoiceactError(
            f"{run.store.url}: no shard is finished yet, so there is nothing to tell of; go on with: "
            f"voiceact recipe resume {run.store.url}"
        )
    asked = frozenset(place.category for place in coverage.places)
    thresholds = find_thresholds(run, asked)
    personas = tuple(run.file.personas)
    each = max(LEAST_TWINS, twins // max(1, len(personas))) if twins else 0
    counted = census(run, thresholds.least, seed=seed, examples=examples, twins_each=each)
    if twins:
        heard = hear_twins(
            run,
            thresholds.judge,
            counted.twins.drawn(),
            personas,
            progress=lambda done, total: progress("neutral twins", done, total),
        )
    else:
        heard = no_twins(len(personas), "none was asked for")
    return Findings(run, coverage, counted, thresholds, heard)


def _told_takes(made: Takes) -> dict[str, Any]:
    return {
        "takes": made.number,
        "included": made.included,
        "levels": dict(made.levels),
        "seconds": round(made.seconds, 3),
        "included_seconds": round(made.included_seconds, 3),
    }


def _told_heard(heard: Heard) -> dict[str, Any]:
    return {
        "rate": heard.rate.to_dict(),
        "dealt": heard.dealt.to_dict() if heard.dealt else None,
        "twins": heard.twins.to_dict(),
    }


def _told_category(one: Category) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "evidence": one.evidence,
        **_told_takes(one.made),
        "heard": _told_heard(one.heard),
        "correlation": one.correlation.to_dict(),
        "scores": [{"asked": row.asked, "n": row.n, "quartiles": list(row.quartiles)} for row in one.scores],
    }
