"""Fit priors: where the coach likes first takes best, over several voices and lines at once.

For each group of voices, category and intensity the moves of a direction are varied, the same way for several personas and
lines; what raises the mean score is kept and varied on. A row enters the table only if it also raises the score of a persona
and a line that it was not fitted to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
import numpy as np

from voiceact.acting.direction import shift, steps
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.director.coach import Coach
from voiceact.director.limits import hold_inside, limit_moves
from voiceact.director.objective import score_take
from voiceact.director.priors import Group, Prior, group_of
from voiceact.errors import UsageError
from voiceact.runtime.progress import quiet_steps, report_step
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, resolve_request

SPREAD_STEPS: Final = 0.8
"""spread of a variation, in just noticeable differences"""
VARIED: Final = 6
"""moves that are varied at a time"""
Change = Callable[[ResolvedRequest], Moves]

LEAST_STEPS: Final = 0.25
"""a smaller shift is left out of the table: nobody hears it"""


@dataclass(frozen=True)
class Fit:
    """What is fitted.

    Attributes:
        engine: that speaks, by name
        coach: that hears
        fitted, held: personas of both groups: to fit to, and to check what was found
        lines: texts; the last is for the personas that are held
        categories: ids
        intensities: 0 to 7
        variations: that are tried for each row
        seed: of the variations
    """

    engine: str
    coach: Coach
    fitted: Sequence[Persona]
    held: Sequence[Persona]
    lines: Sequence[str]
    categories: Sequence[str]
    intensities: Sequence[float]
    variations: int = 24
    seed: int = 0
    maker: TakeMaker = field(default_factory=lambda: TakeMaker(checks=(), twins=True), repr=False)

    def __post_init__(self) -> None:
        for group in ("low", "high"):
            for name, personas in (("to fit to", self.fitted), ("to check with", self.held)):
                if not any(group_of(persona) == group for persona in personas):
                    raise UsageError(
                        f"no persona {name} has a {group} voice; name one with a median F0 below, and one above 150 Hz"
                    )
        if len(self.lines) < 2:
            raise UsageError(f"{len(self.lines)} line to fit to; expected at least two, the last of which only checks")
        if self.variations < 1:
            raise UsageError(f"{self.variations} variations of each row find nothing; expected at least 1")

    def rows(self) -> Iterator[tuple[Prior, bool]]:
        """Yield each row as it is found, and whether it holds on the personas and the line it was not fitted to."""
        groups: tuple[Group, ...] = ("low", "high")
        todo = [(group, category, level) for category in self.categories for level in self.intensities for group in groups]
        for number, (group, category, level) in enumerate(todo):
            report_step("fitting", number, len(todo))
            fitted = [
                self._request(persona, text, category, level)
                for persona in self.fitted
                if group_of(persona) == group
                for text in self.lines[:-1]
            ]
            prior = self._climb(fitted, np.random.default_rng([self.seed, number]))
            row = Prior(
                engine=self.engine,
                group=group,
                category=category,
                intensity=level,
                steps={name: round(count, 2) for name, count in prior.items() if abs(count) >= LEAST_STEPS},
                gain=0.0,
                takes=len(fitted) * (self.variations + 1),
            )
            held = [
                self._request(persona, self.lines[-1], category, level) for persona in self.held if group_of(persona) == group
            ]
            gain = self._mean(held, _shifted_by(row.steps)) - self._mean(held)
            yield msgspec.structs.replace(row, gain=round(gain, 3)), gain > 0 and bool(row.steps)

    def _request(self, persona: Persona, text: str, category: str, level: float) -> ResolvedRequest:
        return resolve_request(
            SynthesisRequest(persona=persona, emotions=[f"{category}:{level:g}"], text=text, engine=self.engine)
        )

    def _climb(self, requests: Sequence[ResolvedRequest], rng: np.random.Generator) -> dict[str, float]:
        """Return the shifts that raise the mean score most, of those tried one after another."""
        limits = [limit_moves(str(request.category), request.direction.moves) for request in requests]
        able = requests[0].engine.capabilities.moves
        free = [name for name, (low, high) in limits[0].items() if high > low and name in able]
        best: dict[str, float] = {}
        highest = self._mean(requests)
        for _ in range(self.variations):
            chosen = rng.choice(free, size=min(VARIED, len(free)), replace=False)
            tried = dict(best)
            for name in chosen:
                tried[str(name)] = tried.get(str(name), 0.0) + float(SPREAD_STEPS * rng.standard_normal())
            # Only what lies inside the limits of every voice counts as a shift.
            inside = [
                hold_inside(shift(request.direction.moves, tried), limit)
                for request, limit in zip(requests, limits, strict=True)
            ]
            moved = [
                {name: steps(moves)[name] - steps(request.direction.moves)[name] for name in tried}
                for request, moves in zip(requests, inside, strict=True)
            ]
            tried = {name: float(np.mean([request[name] for request in moved])) for name in tried}
            mean = self._mean(requests, _shifted_by(tried))
            if mean > highest:
                best, highest = tried, mean
        return best

    def _mean(self, requests: Sequence[ResolvedRequest], change: Change = lambda request: request.direction.moves) -> float:
        """Return the mean score of requests whose moves are changed."""
        totals = []
        for request in requests:
            moves: Moves = change(request)
            with quiet_steps():
                twin = self.maker.twin_of(request)
                take = self.maker.speak(replace(request, direction=replace(request.direction, moves=moves)))
            report = self.coach.listen(
                take.samples, take.sample_rate, (twin.samples, twin.sample_rate), text=request.text, words=take.words
            )
            score = score_take(report, dict(request.mix.pairs()), moves=moves, start=request.direction.moves)
            totals.append(score.total)
        return float(np.mean(totals))


def _shifted_by(by: Mapping[str, float]) -> Change:
    return lambda request: shift(request.direction.moves, by)
