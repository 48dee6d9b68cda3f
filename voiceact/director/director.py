"""The director: proposes a direction, hears the take with the coach, proposes again; the judge speaks once, on the chosen take.

from voiceact.director.director import Budget, Director
from voiceact.synthesis.kernel import TakeMaker

made = Director(budget=Budget(takes=8)).direct(request, TakeMaker())
print(made.verdict.level, made.director.chosen)
"""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from voiceact.acting.bursts import Bursts, burst_choices
from voiceact.acting.direction import Direction, direct, redirect, shift, steps
from voiceact.acting.moves import NEUTRAL, Moves
from voiceact.acting.variants import variants
from voiceact.clip.director import CoachRecord, DirectorRecord, Stopped, TriedTake
from voiceact.director.coach import DEFAULT_COACH, Coach, check_independent, load_coach
from voiceact.director.limits import hold_inside, limit_moves
from voiceact.director.objective import GARBLED, Score, hears, score_take
from voiceact.director.priors import Prior, Priors, apply_prior, describe_steps
from voiceact.director.search import Search
from voiceact.director.strategies import AS_IT_IS, Attempt, Auto, BestOf, Ladder, Proposal, Retry, Situation, Strategy
from voiceact.engines.base import ENGINE_FAILURES, Engine, Take
from voiceact.errors import UnknownNameError, UsageError, VoiceactError, count_noun
from voiceact.estimators.base import Estimator
from voiceact.estimators.registry import load_estimator
from voiceact.runtime.progress import quiet_steps, report_step
from voiceact.synthesis.joining import is_long
from voiceact.synthesis.kernel import MadeTake, TakeMaker
from voiceact.synthesis.request import ResolvedRequest, with_stage
from voiceact.verify.backends.base import Backends, Unavailable
from voiceact.verify.base import WHISPERED
from voiceact.verify.identity import check_identity
from voiceact.verify.naturalness import Dnsmos, check_naturalness, model_path
from voiceact.verify.transcript import check_transcript

STRATEGIES: Final[Mapping[str, type[Strategy]]] = {one.name: one for one in (Auto, BestOf, Ladder, Retry, Search)}
DEFAULT_STRATEGY: Final = Auto.name
DEFAULT_TAKES: Final = 8
MOST_TAKES: Final = 1000
FAULTS: Final = ("words", "other_voice", "unnatural")
"""what checks other than the judge's may find in a take, in the order in which they are mended"""


@dataclass(frozen=True)
class Budget:
    """How long the director may go on.

    Attributes:
        takes: most takes that the coach hears
        seconds: no take is begun that would end later, by the time the takes so far needed; None in a run, whose takes must
            not depend on a clock. The first take is always spoken

    Raises:
        UsageError: for a budget of nothing
    """

    takes: int = DEFAULT_TAKES
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.takes <= MOST_TAKES:
            raise UsageError(
                f"a budget of {count_noun(self.takes, 'take')} leaves nothing to hear; expected 1 to {MOST_TAKES:,} takes"
            )
        if self.seconds is not None and not (math.isfinite(self.seconds) and self.seconds > 0):
            raise UsageError(f"a budget of {self.seconds:g} s leaves nothing to hear; expected some seconds, such as 4")


class Director:
    """Directs takes; one object directs many, one after another.

    Args:
        strategy: a name of STRATEGIES
        budget: how long each take may be directed
        coach: a name as `load_coach` takes it, or a coach
        judge: whose word is final, of which the coach must be independent, or its name; None is the shipped one
        backends: recognizer, speaker encoder and rater with which faults are found
        priors: where first takes begin (`voiceact.director.priors`); None begins with the direction as it is

    Raises:
        UnknownNameError: for a strategy that is not known
        UsageError: for a coach that is the judge
    """

    def __init__(
        self,
        *,
        strategy: str = DEFAULT_STRATEGY,
        budget: Budget | None = None,
        coach: Coach | str = DEFAULT_COACH,
        judge: Estimator | str | None = None,
        backends: Backends | None = None,
        priors: Priors | None = None,
    ):
        if strategy not in STRATEGIES:
            raise UnknownNameError("strategy", strategy, STRATEGIES, "docs/director.md explains them")
        self._strategy, self._budget = STRATEGIES[strategy], budget or Budget()
        self._coach = load_coach(coach) if isinstance(coach, str) else coach
        judged_by = judge if isinstance(judge, Estimator) else load_estimator(judge) if judge else load_estimator()
        self._coach_record: CoachRecord = check_independent(self._coach, judged_by)
        self._backends, self._priors = backends or Backends(), priors

    @property
    def coach(self) -> CoachRecord:
        """What a record says of the coach."""
        return self._coach_record

    def check(self, request: ResolvedRequest) -> None:
        """Refuse what cannot be directed, before anything is spoken (see `check_directable`)."""
        check_directable(request, self._strategy)

    def direct(self, request: ResolvedRequest, maker: TakeMaker) -> MadeTake:
        """Direct a take, and let the judge speak on the one that is chosen.

        Args:
            request: with an emotion, and a text of one passage
            maker: speaks and judges; its judge is the one that the coach is independent of

        Returns:
            The chosen take, judged if the maker judges, with what the director did.

        Raises:
            UsageError: for what cannot be directed
            VoiceactError: if not even one take can be spoken
        """
        self.check(request)
        attempts, stopped = self._rehearse(request, maker)
        spoken = [attempt for attempt in attempts if attempt.take is not None]
        if not spoken:
            raise VoiceactError(f"none of {count_noun(len(attempts), 'take')} could be spoken; the first: {attempts[0].failed}")
        # max() keeps the first of equals: where nothing is heard, that is the first take.
        chosen = max(spoken, key=lambda attempt: attempt.total)
        assert chosen.take is not None
        made = maker.judge(chosen.request, chosen.take)
        return replace(made, director=self._record(attempts, attempts.index(chosen), stopped))

    def rehearse(self, request: ResolvedRequest, maker: TakeMaker) -> list[Attempt]:
        """Make takes as `direct` does, and return all of them, none of them judged: for who measures the director."""
        self.check(request)
        return self._rehearse(request, maker)[0]

    def _rehearse(self, request: ResolvedRequest, maker: TakeMaker) -> tuple[list[Attempt], Stopped]:
        """Make takes until the budget is spent, or the strategy has nothing left to try."""
        began = time.monotonic()
        situation = self._situation(request, maker)
        strategy = self._strategy(situation)
        attempts: list[Attempt] = []
        proposal: Proposal | None = situation.start
        stopped: Stopped = "takes"
        while proposal is not None:
            report_step("directing", len(attempts), self._budget.takes)
            attempts.append(self._try(situation, proposal, maker, max((one.total for one in attempts), default=-math.inf)))
            if len(attempts) == self._budget.takes:
                break
            if len(attempts) == 1 and attempts[0].report and not hears(attempts[0].report, dict(request.mix.pairs())):
                stopped = "strategy"  # a coach that hears nothing of it cannot choose
                break
            spent = time.monotonic() - began
            if self._budget.seconds is not None and spent * (1 + 1 / len(attempts)) > self._budget.seconds:
                stopped = "seconds"
                break
            proposal = strategy.propose(attempts)
            stopped = "takes" if proposal is not None else "strategy"
        return attempts, stopped

    def _situation(self, request: ResolvedRequest, maker: TakeMaker) -> Situation:
        moves = request.direction.moves
        directable = bool(request.engine.capabilities.moves)
        limits = _limits(request, moves, request.mix.variants().get(str(request.category))) if directable else {}
        start = Proposal(moves, AS_IT_IS, request.seed, bursts=request.direction.bursts)
        if (prior := self._prior(request)) is not None:
            shifted = apply_prior(moves, prior, request.intensity, fixed=tuple(request.stage.changes))
            start = replace(start, moves=hold_inside(shifted, limits), why=f"with its prior: {describe_steps(prior.steps)}")
        return Situation(
            request,
            start,
            limits,
            directable,
            variants=_variant_choices(request) if directable else {},
            bursts=_burst_choices(request),
            find_faults=lambda attempt: (name for name in FAULTS if self._has_fault(name, request, attempt, maker)),
        )

    def _prior(self, request: ResolvedRequest) -> Prior | None:
        """Return the prior that holds for a request, if any does."""
        return self._priors.find(request.engine.name, request.persona, request.mix.pairs()) if self._priors else None

    def _try(self, situation: Situation, proposal: Proposal, maker: TakeMaker, best: float) -> Attempt:
        """Speak a proposal and hear it; what fails costs this take alone. `best` is the highest total so far."""
        request = propose_request(situation.request, proposal)
        attempt = Attempt(proposal, request)
        try:
            with quiet_steps():
                attempt.take = maker.speak(request)
                twin = maker.twin_of(situation.request)
            attempt.report = self._coach.listen(
                attempt.take.samples,
                attempt.take.sample_rate,
                (twin.samples, twin.sample_rate),
                text=request.text,
                words=attempt.take.words,
            )
            careful = self._strategy.careful
            rated = self._rate(attempt.take, request.direction.moves.whisper) if careful else None
            attempt.score = score_take(
                attempt.report,
                dict(request.mix.pairs()),
                moves=request.direction.moves,
                start=situation.variants[proposal.variant][0] if proposal.variant else situation.start.moves,
                naturalness=rated,
            )
            if careful and attempt.total > best and self._has_fault("words", situation.request, attempt, maker):
                attempt.score = Score({**attempt.score.parts, "words": -GARBLED})
        except ENGINE_FAILURES as error:
            attempt.failed = str(error) or type(error).__name__
        return attempt

    def _rate(self, take: Take, whisper: float) -> float | None:
        """Return DNSMOS of a take, 1 to 5; None for a whisper, and where no rater is installed."""
        rater = self._backends.mos or (Dnsmos() if model_path() is not None else None)
        if rater is None or isinstance(rater, Unavailable) or (whisper >= WHISPERED and not rater.whispers):
            return None
        return rater.rate([(take.samples, take.sample_rate)])[0]

    def _has_fault(self, name: str, request: ResolvedRequest, attempt: Attempt, maker: TakeMaker) -> bool:
        """Whether a check other than the judge's finds a fault of FAULTS; of a take each is looked for once, if at all."""
        if attempt.take is None:
            return False
        if name not in attempt.faults:
            neutral, whisper = maker.twin_of(request), request.direction.moves.whisper
            sound, twin = (attempt.take.samples, attempt.take.sample_rate), (neutral.samples, neutral.sample_rate)
            if name == "words":
                check = check_transcript(
                    *sound,
                    text=request.text,
                    language=request.language,
                    twin=twin,
                    whisper=whisper,
                    recognizer=self._backends.asr,
                )
            elif name == "other_voice":
                check = check_identity(*sound, twin=twin, encoder=self._backends.speaker)
            else:
                check = check_naturalness(*sound, twin=twin, whisper=whisper, rater=self._backends.mos)
            attempt.faults[name] = check.outcome == "fail"
        return attempt.faults[name]

    def _record(self, attempts: Sequence[Attempt], place: int, stopped: Stopped) -> DirectorRecord:
        first = attempts[0].request.direction.moves
        takes = [
            TriedTake(
                seed=attempt.request.seed,
                why=attempt.proposal.why,
                total=round(attempt.score.total, 4) if attempt.score else None,
                parts={name: round(value, 4) for name, value in attempt.score.parts.items()} if attempt.score else {},
                moves={
                    name: round(getattr(attempt.request.direction.moves, name), 4)
                    for name in NEUTRAL
                    if getattr(attempt.request.direction.moves, name) != getattr(first, name)
                },
                bursts=[kind for _, kind in attempt.request.direction.bursts],
                variant=attempt.proposal.variant,
                failed=attempt.failed,
            )
            for attempt in attempts
        ]
        return DirectorRecord(
            strategy=self._strategy.name,
            coach=self._coach_record,
            takes=takes,
            chosen=place,
            stopped=stopped,
            most_takes=self._budget.takes,
            most_seconds=self._budget.seconds,
            prior=self._priors.source if self._priors and self._prior(attempts[0].request) else "",
            note=self._note(attempts, place),
        )

    def _note(self, attempts: Sequence[Attempt], place: int) -> str:
        first, chosen = attempts[0], attempts[place]
        mix = dict(first.request.mix.pairs())
        if first.report is not None and not hears(first.report, mix):
            return f"the coach {self._coach.name!r} hears nothing of {first.request.category}, so the first take is kept"
        if chosen.score is None:
            return "the coach could hear none of the takes, so the first that could be spoken is kept"
        if place == 0:
            return f"the first of {count_noun(len(attempts), 'take')} is kept: the coach found none better"
        gain = chosen.total - first.total if first.score else 0.0
        why = chosen.proposal.why
        return f"take {place + 1} of {len(attempts)} is kept ({why}), {gain:.2f} nats above the first for the coach"


def check_directable(request: ResolvedRequest, strategy: type[Strategy]) -> None:
    """Refuse a request that cannot be directed.

    Raises:
        UsageError: without an emotion; for a long text; for an engine with nothing to direct
    """
    if request.mix.is_neutral:
        raise UsageError(
            "a take without an emotion has nothing that a coach could hear; name one with --emotion, or leave the director out"
        )
    if is_long(request.text):
        raise UsageError(
            f"the text has {count_noun(len(request.text), 'character')}, and one passage is directed "
            f"at a time; divide it, or leave the "
            "director out"
        )
    check_engine(request.engine, strategy)


def check_engine(engine: Engine, strategy: type[Strategy]) -> None:
    """Refuse an engine with nothing to direct: it follows no moves, and the same call speaks the same whatever is asked.

    Raises:
        UsageError: naming the engine
    """
    able = engine.capabilities
    if able.moves:
        return
    if not (able.instruction or able.emotion_vector) and able.deterministic:
        raise UsageError(
            f"engine {engine.name!r} has nothing to direct: it follows no moves, instruction or emotion vector; leave the "
            "director out"
        )
    if strategy.needs_moves:
        raise UsageError(
            f"engine {engine.name!r} follows no moves, which the strategy {strategy.name!r} needs; use {BestOf.name!r}, which "
            "tries seeds"
        )


def propose_request(request: ResolvedRequest, proposal: Proposal) -> ResolvedRequest:
    """Return the request of a proposal: the same line, persona and mix with its seed, moves and variant."""
    if proposal.variant:
        request = _acted_as(request, proposal.variant)
    named = request.mix.variants()
    plain = direct(request.persona, request.mix.pairs(), language=request.language, seed=proposal.seed, variants=named)
    moves = proposal.moves
    if proposal.seed != request.seed:
        # Another seed varies the reading a little, whatever its moves are.
        before = direct(request.persona, request.mix.pairs(), language=request.language, seed=request.seed, variants=named)
        here, there = steps(before.moves), steps(plain.moves)
        moves = shift(moves, {name: there[name] - here[name] for name in there if there[name] != here[name]})
    direction = request.direction
    if proposal.variant or moves != direction.moves:
        direction = _with_words(redirect(request.persona, plain, moves, language=request.language), request)
    bursts = request.direction.bursts if proposal.bursts is None else proposal.bursts
    return replace(request, seed=proposal.seed, direction=replace(direction, bursts=bursts))


def _limits(request: ResolvedRequest, moves: Moves, variant: str | None) -> dict[str, tuple[float, float]]:
    """Return how far the moves that the engine follows may go from those of a variant."""
    limits = limit_moves(str(request.category), moves, variant=variant, fixed=tuple(request.stage.changes))
    return {name: limit for name, limit in limits.items() if name in request.engine.capabilities.moves}


def _acted_as(request: ResolvedRequest, variant: str) -> ResolvedRequest:
    """Return the request with its strongest category acted as a variant, under the same stage direction."""
    mix = request.mix.with_variant(variant)
    acted = direct(request.persona, mix.pairs(), language=request.language, seed=request.seed, variants=mix.variants())
    staged = with_stage(acted, request.stage)
    # What the user set stays as it is in the usual reading.
    moves = replace(staged.moves, **{name: getattr(request.direction.moves, name) for name in request.stage.changes})
    return replace(request, mix=mix, direction=replace(staged, moves=moves, bursts=request.direction.bursts))


def _variant_choices(request: ResolvedRequest) -> dict[str, tuple[Moves, dict[str, tuple[float, float]]]]:
    """Return moves and limits of the variants that may be tried: all but the usual one, none where the user named one."""
    category = str(request.category)
    if category in request.mix.variants():
        return {}
    moves = {variant.name: _acted_as(request, variant.name).direction.moves for variant in variants(category)[1:]}
    return {name: (each, _limits(request, each, name)) for name, each in moves.items()}


def _burst_choices(request: ResolvedRequest) -> tuple[Bursts, ...]:
    """Return the bursts among which a strategy may choose; none at all is one of them."""
    if not request.may_add_bursts:
        return ()
    return tuple((choice,) for choice in burst_choices(str(request.category)))


def _with_words(direction: Direction, request: ResolvedRequest) -> Direction:
    """Add the words of the stage direction, whose moves are in the moves already."""
    return with_stage(direction, replace(request.stage, changes={}))
