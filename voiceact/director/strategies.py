"""Strategies: what the director tries next, behind one interface.

| name | what it tries |
|---|---|
| auto | the direction as it is, stronger, away from what should not be heard, then variations of the best take so far |
| best-of | other seeds, variants, bursts, phrasings and deliveries of the direction, each for itself |
| ladder | the direction in growing strength, then in falling strength |
| retry | what mends the fault of the best take so far: garbled words, another voice, too weak, the contrast present |
| search | a search over all moves its feeling allows (`voiceact.director.search`) |

A strategy is a pure function of the attempts so far and the request's seed: the same request is directed the same way anywhere.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from voiceact.acting.bursts import Bursts
from voiceact.acting.direction import shift, steps, vector
from voiceact.acting.moves import Moves
from voiceact.audio.words import Word
from voiceact.director.coach import CoachReport
from voiceact.director.limits import PROSODY, hold_inside
from voiceact.director.objective import STRENGTH_REACH, Score, find_contrast
from voiceact.engines.base import Take
from voiceact.synthesis.request import MOST_SEED, ResolvedRequest

AS_IT_IS = "the direction as it is"
PHRASING = ("rate", "pause", "range", "slope", "final", "dynamics", "hold")
"""moves of how a line is phrased"""
PHRASING_STEPS, DELIVERY_STEPS, CLIMB_STEPS = 1.0, 1.5, 1.2
"""spread of a drawn phrasing, delivery, or variation of the best take, in just noticeable differences"""
RUNGS = (1.25, 1.5, 0.8, 1.75, 0.6)
"""strengths of the ladder, beside the direction's own"""
TIMBRE = ("pitch", "tract", "tilt", "breath", "rough", "creak", "whisper", "tremor")
"""moves that make a voice sound like another person's"""
STRONGER, WEAKER, LESS_TIMBRE = 1.25, 0.8, 0.5
SLOWER = {"rate": -1.5, "articulation": 1.0}
"""steps that make words clearer"""
AWAY_STEPS = 3.0
"""length of the step away from the contrast"""


@dataclass(frozen=True)
class Proposal:
    """What is to be tried.

    Attributes:
        moves: of the take
        why: in a few words, for the record
        seed: of the take
        variant: of the category's direction; "" is the usual one
        bursts: kinds of the bursts that the direction adds; None leaves what the seed draws
    """

    moves: Moves
    why: str
    seed: int
    variant: str = ""
    bursts: Bursts | None = None


@dataclass
class Attempt:
    """A proposal that was tried.

    Attributes:
        proposal: what was tried
        request: that was spoken
        take: None where it could not be spoken
        report: of the coach; None where it could not hear the take
        score: None where there is no report
        failed: why there is no take or report
        faults: what a check other than the judge's was asked for so far -> whether it found it
    """

    proposal: Proposal
    request: ResolvedRequest
    take: Take | None = None
    report: CoachReport | None = None
    score: Score | None = None
    failed: str = ""
    faults: dict[str, bool] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """What the objective makes of it; minus infinity where it could not be heard."""
        return self.score.total if self.score else float("-inf")

    @property
    def words(self) -> Sequence[Word]:
        """Times of what was spoken."""
        return self.take.words if self.take else ()


@dataclass(frozen=True)
class Situation:
    """What a strategy knows.

    Attributes:
        request: that is directed
        start: the first proposal
        limits: move -> least and most value (`voiceact.director.limits`)
        directable: whether the engine follows moves; where it does not, only seeds are tried
        variants: name -> moves and limits of each other variant of the strongest category; none where the user named one
        bursts: choices of bursts that the direction may add
        find_faults: reasons a check other than the judge finds in a take, each looked for when it is asked for: words,
            other_voice, unnatural
    """

    request: ResolvedRequest
    start: Proposal
    limits: Mapping[str, tuple[float, float]]
    directable: bool = True
    variants: Mapping[str, tuple[Moves, Mapping[str, tuple[float, float]]]] = field(default_factory=dict)
    bursts: tuple[Bursts, ...] = ()
    find_faults: Callable[[Attempt], Iterable[str]] = field(default=lambda attempt: (), repr=False)

    def try_variant(self, place: int) -> Proposal:
        """Return the proposal of the variant at that place."""
        name, (moves, _) = list(self.variants.items())[place]
        return Proposal(moves, f"its variant {name}", self.start.seed, name, self.start.bursts)

    def around(self, attempt: Attempt) -> "Situation":
        """Return the situation with the limits of the variant in which a take was acted."""
        if not attempt.proposal.variant:
            return self
        return replace(self, limits=self.variants[attempt.proposal.variant][1])

    def draw(self, number: int) -> np.random.Generator:
        """Return the source of chance for the take of that number: the same for the same request."""
        return np.random.default_rng([self.request.seed, number, *self.request.text.encode()[:64]])

    def vary(self, moves: Moves, names: Sequence[str], spread: float, number: int) -> Moves:
        """Return moves varied at random by about `spread` steps each, inside the limits."""
        draw = self.draw(number)
        by = {name: float(spread * draw.standard_normal()) for name in names if name in self.limits}
        return hold_inside(shift(moves, by), self.limits)

    def scale(self, moves: Moves, factor: float, names: Sequence[str] | None = None) -> Moves:
        """Return moves that lie `factor` times as far from neutral, inside the limits."""
        sizes = steps(moves)
        by = {name: (factor - 1) * size for name, size in sizes.items() if name in self.limits and (not names or name in names)}
        return hold_inside(shift(moves, by), self.limits)

    @property
    def free(self) -> list[str]:
        """Moves whose limits leave some room."""
        return [name for name, (low, high) in self.limits.items() if high > low]

    def other_seed(self, number: int) -> int:
        """Return the seed of the take of that number."""
        return (self.request.seed + number) % (MOST_SEED + 1)


class Strategy(ABC):
    """Base class of strategies; one object directs one take.

    Args:
        situation: what it knows
    """

    name: str
    needs_moves = True
    """whether it has nothing to try with an engine that follows no moves"""
    careful = False
    """whether naturalness is part of each score, and a recognizer listens for the words of each take that is the best so far:
    where many takes are searched, what is cheap to win would be won by what nobody understands"""

    def __init__(self, situation: Situation):
        self.situation = situation

    @abstractmethod
    def propose(self, attempts: Sequence[Attempt]) -> Proposal | None:
        """Return what to try next; None where nothing is left to try.

        Args:
            attempts: all so far, the first of which was `situation.start`
        """


class BestOf(Strategy):
    """Other seeds, variants, bursts, phrasings and deliveries, each drawn for itself."""

    name = "best-of"
    needs_moves = False

    def propose(self, attempts: Sequence[Attempt]) -> Proposal | None:
        """Return the next draw; there is no end of them."""
        here, number, start = self.situation, len(attempts), self.situation.start
        if number <= len(here.variants):
            return here.try_variant(number - 1)
        turn = number - len(here.variants)
        if here.bursts and turn % 4 == 1:
            chosen = here.bursts[(turn // 4) % len(here.bursts)]
            bursts_named = " and ".join(kind for _, kind in chosen) or "no burst"
            return Proposal(start.moves, f"{bursts_named}, another seed", here.other_seed(number), bursts=chosen)
        if not here.directable or turn % 4 == 2:
            return Proposal(start.moves, "another seed", here.other_seed(number))
        if turn % 4 == 3:
            moves = here.vary(start.moves, PHRASING, PHRASING_STEPS, number)
            return Proposal(moves, "another phrasing", start.seed, bursts=start.bursts)
        moves = here.vary(start.moves, here.free, DELIVERY_STEPS, number)
        return Proposal(moves, "another delivery", start.seed, bursts=start.bursts)


class Ladder(Strategy):
    """The direction in growing strength, then in falling strength."""

    name = "ladder"

    def propose(self, attempts: Sequence[Attempt]) -> Proposal | None:
        """Return the next rung; None behind the last."""
        number, start = len(attempts), self.situation.start
        if number > len(RUNGS):
            return None
        factor = RUNGS[number - 1]
        moves = self.situation.scale(start.moves, factor)
        return Proposal(moves, f"{factor:g} times as strong", start.seed, bursts=start.bursts)


class Retry(Strategy):
    """What mends the fault of the best take so far; ends when it has none, or when mending it does not help."""

    name = "retry"

    def propose(self, attempts: Sequence[Attempt]) -> Proposal | None:
        """Return the best take so far with its fault mended; None where it has none left to mend."""
        best = max(attempts, key=lambda attempt: attempt.total)
        tried = {attempt.proposal.moves for attempt in attempts}
        for reason in chain(self.situation.find_faults(best), find_reasons(best)):
            moves = mend(self.situation, best, reason)
            if moves is not None and moves not in tried:
                return replace(best.proposal, moves=moves, why=f"{reason.replace('_', ' ')}: mended")
        return None


class Auto(Strategy):
    """The direction as it is, stronger, mended by what the coach hears, then variations of the best take so far."""

    name = "auto"
    needs_moves = False

    def propose(self, attempts: Sequence[Attempt]) -> Proposal | None:
        """Return the next proposal; there is no end of variations."""
        here, number = self.situation, len(attempts)
        if not here.directable:
            return BestOf(here).propose(attempts)
        start, best = here.start, max(attempts, key=lambda attempt: attempt.total)
        tried = {(attempt.proposal.moves, attempt.proposal.bursts) for attempt in attempts}
        plain = here.request.direction.moves
        if number == 1 and start.moves != plain:
            return Proposal(plain, AS_IT_IS, start.seed, bursts=start.bursts)
        if number == 1:
            moves = here.scale(start.moves, STRONGER)
            if moves != start.moves:
                return Proposal(moves, f"{STRONGER:g} times as strong", start.seed, bursts=start.bursts)
        if (turn := len({attempt.proposal.variant for attempt in attempts} - {""})) < len(here.variants):
            return here.try_variant(turn)
        here = here.around(best)
        # What the coach tells in words, a burst does not make more of it for the coach.
        in_words = best.report is not None and best.report.evidence.get(str(here.request.category)) == "category"
        if here.bursts and not in_words and number <= 1 + len(here.bursts) and number % 2 == 0:
            chosen = here.bursts[(number // 2 - 1) % len(here.bursts)]
            if (best.proposal.moves, chosen) not in tried:
                bursts_named = " and ".join(kind for _, kind in chosen) or "no burst"
                return replace(best.proposal, why=bursts_named, bursts=chosen)
        if number <= 4:
            for reason in find_reasons(best):
                mended = mend(here, best, reason)
                if mended is not None and (mended, best.proposal.bursts) not in tried:
                    return replace(best.proposal, moves=mended, why=f"{reason.replace('_', ' ')}: mended")
        moves = here.vary(best.proposal.moves, here.free, CLIMB_STEPS, number)
        return replace(best.proposal, moves=moves, why="a variation of the best")


def find_reasons(attempt: Attempt) -> list[str]:
    """List what the coach finds wrong with a take, the worst first: contrast_present, too_weak, too_strong."""
    report, mix = attempt.report, {name: level for name, level in attempt.request.mix.pairs() if level > 0}
    if report is None or not mix:
        return []
    reasons = []
    opposite = find_contrast(report, mix)
    if opposite is not None and report.log_ratios[opposite] > 0:
        reasons.append("contrast_present")
    strongest = max(mix, key=lambda name: mix[name])
    strength = report.strengths.get(strongest)
    if strength is not None and abs(strength - mix[strongest]) > STRENGTH_REACH:
        reasons.append("too_weak" if strength < mix[strongest] else "too_strong")
    elif report.log_ratios.get(strongest, 1.0) < 0:
        reasons.append("too_weak")
    return reasons


def mend(situation: Situation, attempt: Attempt, reason: str) -> Moves | None:
    """Return the moves of a take with a fault mended; None for a reason that moves do not mend.

    Garbled words: slower and less extreme. Another voice, or an unnatural one: smaller moves of timbre. Too weak: stronger.
    The contrast present: away from it.
    """
    moves = attempt.proposal.moves
    if reason == "words":
        slower = {name: count for name, count in SLOWER.items() if name in situation.limits}
        return hold_inside(shift(situation.scale(moves, WEAKER), slower), situation.limits)
    if reason in ("other_voice", "unnatural"):
        return situation.scale(moves, LESS_TIMBRE, TIMBRE)
    if reason in ("too_weak", "too_strong"):
        return situation.scale(moves, STRONGER if reason == "too_weak" else WEAKER)
    opposite = find_contrast(attempt.report, dict(attempt.request.mix.pairs())) if attempt.report else None
    if reason != "contrast_present" or opposite is None:
        return None
    own, other = (steps(Moves(**vector(name))) for name in (str(attempt.request.category), opposite))
    away = {name: own[name] - other[name] for name in PROSODY if name in situation.limits and name in own}
    length = float(np.linalg.norm(list(away.values()))) or 1.0
    by = {name: AWAY_STEPS * value / length for name, value in away.items()}
    return hold_inside(shift(moves, by), situation.limits)
