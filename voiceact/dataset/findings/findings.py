"""Collect the figures of a run that its card and its report show, each with what it rests on."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from voiceact.acting.taxonomy import get
from voiceact.dataset.findings.census import PLACE, SCORE_EDGES, SPREADS, Census, count_run
from voiceact.dataset.findings.coverage import Coverage, Takes
from voiceact.dataset.findings.thresholds import Thresholds, find_thresholds
from voiceact.dataset.findings.twins import TwinJudgements, judge_twins, no_twin_judgements
from voiceact.dataset.licensing.licences import Licence, licences_of
from voiceact.errors import VoiceactError, count_noun
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
class PresenceRates:
    """How often the judge calls a category present.

    Attributes:
        rate: share of the takes that were asked for it
        null: the same share with the requests dealt out at random; None if no take could be judged
        twins: share of the neutral twins
    """

    rate: Figure
    null: Null | None
    twins: Figure

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return {
            "rate": self.rate.to_dict(),
            "dealt": self.null.to_dict() if self.null else None,
            "twins": self.twins.to_dict(),
        }


@dataclass(frozen=True)
class ScoreQuartiles:
    """Quartiles of the scores of the takes that were asked for at one intensity.

    Attributes:
        intensity: requested intensity, 0 to 7
        n: takes
        quartiles: first quartile, median and third quartile of the judge's score, 0 to 7
    """

    intensity: float
    n: int
    quartiles: tuple[float, float, float]


@dataclass(frozen=True)
class CategoryFindings:
    """The figures of one category of the run.

    Attributes:
        id: category id
        name: category name
        evidence: the evidence behind most of the judge's answers
        takes: what became of its takes
        presence: how often the judge calls it present
        scores: quartiles by requested intensity, the lowest first
        correlation: rank correlation of requested intensity and score
    """

    id: str
    name: str
    evidence: str
    takes: Takes
    presence: PresenceRates
    scores: tuple[ScoreQuartiles, ...]
    correlation: Figure

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form."""
        return {
            "id": self.id,
            "name": self.name,
            "evidence": self.evidence,
            **self.takes.as_dict(),
            "heard": self.presence.as_dict(),
            "correlation": self.correlation.to_dict(),
            "scores": [{"asked": row.intensity, "n": row.n, "quartiles": list(row.quartiles)} for row in self.scores],
        }


class Findings:
    """A counted run. Figures are computed when they are first read, and then kept.

    Attributes:
        run: the run
        file: its run.json
        coverage: takes by language, category, intensity and persona
        census: counts of all rows
        thresholds: scores from which the judge calls a category present
        twins: the judge's answers to neutral twins
        shards: finished shards
        bytes: bytes of their tars
    """

    def __init__(self, run: Run, coverage: Coverage, census: Census, thresholds: Thresholds, twins: TwinJudgements):
        self.run, self.file, self.coverage, self.census = run, run.file, coverage, census
        self.thresholds, self.twins = thresholds, twins
        self.shards, self.bytes = coverage.shards, coverage.bytes

    @cached_property
    def total(self) -> Takes:
        """All takes."""
        return self.coverage.total()

    @cached_property
    def personas(self) -> list[str]:
        """Personas of whom there are takes, sorted."""
        return sorted(self.coverage.by(lambda place: place.persona))

    @property
    def finished(self) -> bool:
        """Whether every shard of the plan is there."""
        return self.shards >= self.file.shards

    @cached_property
    def presence(self) -> PresenceRates:
        """Rates over all takes together, each asked for its own category."""
        counts, twins = self.census.permutation, self.twins
        if counts.clips:
            rate = share_of_counts(counts.confirmed.sum(axis=1), counts.requested.sum(axis=1))
        elif not self.thresholds.by_category:
            rate = missing(self.thresholds.source)
        else:
            rate = missing("no take was asked for a category the judge can tell")
        if not twins.number:
            return PresenceRates(rate, counts.of_all(), missing(twins.why))

        # Each persona's twins are asked for each category as often as its takes were.
        requested = counts.requested.sum(axis=1)
        weights = counts.requested / np.maximum(requested[:, None], 1)
        twin_rate = share_of_counts((weights * twins.accepted).sum(axis=1), np.where(requested > 0, twins.judged, 0))
        return PresenceRates(rate, counts.of_all(), twin_rate)

    @cached_property
    def categories(self) -> tuple[CategoryFindings, ...]:
        """Categories that were asked for: by evidence, the strongest first, then in the order of the taxonomy."""
        takes = self.coverage.by(lambda place: place.category)
        categories = [self._category(name, takes[name]) for name in takes]
        return tuple(sorted(categories, key=lambda one: (EVIDENCE_ORDER.index(one.evidence), PLACE[one.id])))

    def _category(self, category: str, takes: Takes) -> CategoryFindings:
        """Compute the figures of one category."""
        place, intensities = PLACE[category], self.census.intensities
        # The most frequent evidence of its takes.
        met = Counter({level: count for (name, level), count in self.census.evidence.items() if name == category})
        evidence = met.most_common(1)[0][0] if met else "none"

        # Scores by requested intensity.
        counts = self.census.scores[place]
        scores = []
        for intensity, row in sorted(zip(intensities, counts.sum(axis=0), strict=True), key=lambda pair: pair[0]):
            points = histogram_quantiles(row, SCORE_EDGES)
            if points:
                scores.append(ScoreQuartiles(intensity, int(row.sum()), (points[0], points[1], points[2])))
        order = np.argsort(intensities)
        correlation = rank_correlation(counts[:, order]) if len(order) else missing("no take was judged")
        presence = self._presence_of(place)
        return CategoryFindings(category, get(category).name, evidence, takes, presence, tuple(scores), correlation)

    def _presence_of(self, place: int) -> PresenceRates:
        """Compute the rates of the category at a place of the taxonomy."""
        counts, twins = self.census.permutation, self.twins
        if not int(counts.requested[:, place].sum()):
            unknown = missing("no score and threshold for it")
            return PresenceRates(unknown, None, unknown)
        rate = share_of_counts(counts.confirmed[:, place], counts.requested[:, place])
        twin_rate = share_of_counts(twins.accepted[:, place], twins.judged) if twins.number else missing(twins.why)
        return PresenceRates(rate, counts.of_category(place), twin_rate)

    @cached_property
    def licences(self) -> tuple[Licence, ...]:
        """The parts that every clip is made of, with their licences."""
        return licences_of(self.file)

    def spread(self, column: str) -> dict[str, Any] | None:
        """Return mean, quartiles, number and histogram of a column; None if no take has it."""
        total, number = self.census.sums.get(column, (0.0, 0))
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
    def disagreement(self) -> str:
        """How often several judges did not agree, in a paragraph; empty where a single judge was asked."""
        return self.census.disagreement.describe(str(self.file.judge.get("name")))

    @property
    def counting_rule(self) -> str:
        """Which takes the judge's answers are counted over, in a sentence."""
        first = self.census.unconditional_takes
        if first is None:
            return "Counted are all takes that the judge could judge."
        return (
            f"Counted are the first {'take' if first == 1 else count_noun(first, 'take')} of each "
            f"cell, made whatever is heard of "
            "them, and not the later ones, which are made only where too few were included."
        )

    @property
    def least_evidence(self) -> str:
        """The weakest evidence that the recipe's inclusion rule accepts."""
        return str(self.file.recipe.get("verify", {}).get("evidence", "category"))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON-able form of all figures."""
        return {
            "name": self.file.name,
            "plan": self.file.plan,
            "finished": self.finished,
            "shards": self.shards,
            "planned_shards": self.file.shards,
            "bytes": self.bytes,
            **self.total.as_dict(),
            "heard": self.presence.as_dict(),
            "thresholds": self.thresholds.source,
            "twins": {"n": self.twins.number, "source": self.twins.source, "why": self.twins.why},
            "categories": [category.as_dict() for category in self.categories],
            "reasons": dict(self.census.reasons.most_common()),
            "divided": self.census.disagreement.as_dict(),
            "licences": [vars(licence) for licence in self.licences],
        }


def collect_findings(
    run: Run,
    *,
    twins: int = TWINS,
    examples: int = 2,
    seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Findings:
    """Count a run and compare its pass rates with chance.

    Args:
        run: the run
        twins: neutral twins to judge, at most; 0 judges none
        examples: takes of each kind and category that are drawn as examples
        seed: seed of what is drawn
        progress: called with what is being done, steps done and steps in all

    Raises:
        VoiceactError: if no shard is finished, or a shard is damaged
    """
    coverage = Coverage(run.footers())
    if not coverage.places:
        raise VoiceactError(
            f"{run.store.url}: no shard is finished yet, so there is nothing to tell of; go on with: "
            f"voiceact recipe resume {run.store.url}"
        )
    thresholds = find_thresholds(run, frozenset(place.category for place in coverage.places))
    personas = tuple(run.file.personas)
    twins_each = max(LEAST_TWINS, twins // max(1, len(personas))) if twins else 0
    census = count_run(run, thresholds.by_category, seed=seed, examples=examples, twins_each=twins_each)
    if not twins:
        return Findings(run, coverage, census, thresholds, no_twin_judgements(len(personas), "none was asked for"))
    judgements = judge_twins(
        run,
        thresholds.judge,
        census.twins.rows(),
        personas,
        progress=lambda done, total: progress("neutral twins", done, total),
    )
    return Findings(run, coverage, census, thresholds, judgements)
