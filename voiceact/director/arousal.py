"""Bring the arousal of a take to that of a recording whose delivery it takes over, by what a coach hears.

The moves of a delivery are measured one by one, and an engine follows each a little: what they come to together may be less, or
more, aroused than the recording. So the line is rendered a few times with more or less of the moves that arousal changes, and
the rendering that the coach hears nearest to what is wanted is kept. That is what the judge heard in the recording, on the
coach's scale; of the takes the judge hears none.
"""

from collections.abc import Callable
from dataclasses import replace

from voiceact.director.coach import DEFAULT_COACH, FunctionalsCoach, check_independent, load_coach
from voiceact.engines.base import Engine
from voiceact.estimators.features.signal import UnheardError
from voiceact.estimators.registry import load_estimator
from voiceact.prompting.delivery import AROUSED, MOST_STEPS, Delivery
from voiceact.synthesis.joining import is_long
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import SynthesisRequest, resolve_request
from voiceact.text.markup import without_markup

MOST_RENDERINGS = 4
COACH_PER_JUDGE = 3.0
"""what the coach hears of arousal for each unit that the judge hears (tried on clips of EmoDB: docs/prompting.md)"""
CALM = 0.08
"""arousal that the judge hears in neutral readings by the embedded engine, the mean of 29"""
NEAR = 0.1
"""arousal, on the coach's scale, by which a take may miss the recording's; 1 is what a usual performance adds"""
USUAL_GAIN = 0.35
"""arousal that a step adds with the embedded engine, from which the search begins"""


def follows_arousal(engine: Engine) -> bool:
    """Return whether an engine follows the moves by which arousal is changed."""
    return set(AROUSED) <= set(engine.capabilities.moves)


def match_arousal(delivery: Delivery, request_for: Callable[[Delivery], SynthesisRequest]) -> Delivery:
    """Return a delivery with as many steps of arousal as bring a take nearest to the recording.

    Args:
        delivery: as it was read of the recording
        request_for: returns the request for a take with a delivery

    Returns:
        the delivery with its `steps` and a note; unchanged where its arousal is not known, the engine does not follow, the text
        is of several passages, or nothing can be heard in a take
    """
    first = resolve_request(request_for(delivery))
    if delivery.arousal is None or not follows_arousal(first.engine) or is_long(first.text):
        return delivery
    coach = load_coach(DEFAULT_COACH)
    assert isinstance(coach, FunctionalsCoach)
    check_independent(coach, load_estimator())
    maker = TakeMaker(checks=(), twins=False)

    def render(steps: float) -> float:
        asked = request_for(replace(delivery, steps=steps))
        # Marks within the line cost a rendering each, and change its arousal little.
        request = resolve_request(replace(asked, text=without_markup(asked.text or "") or None))
        take, twin = maker.speak(request), maker.twin_of(request)
        return coach.hear_arousal(take.samples, take.sample_rate, (twin.samples, twin.sample_rate))

    target = COACH_PER_JUDGE * (delivery.arousal - CALM)
    try:
        heard = {0.0: render(0.0)}
        while len(heard) < MOST_RENDERINGS:
            nearest = min(heard, key=lambda steps: abs(heard[steps] - target))
            if abs(heard[nearest] - target) <= NEAR:
                break
            steps = _next_steps(heard, target)
            if steps in heard:
                break
            heard[steps] = render(steps)
    except UnheardError as error:
        return replace(delivery, notes=(*delivery.notes, f"its arousal is not compared with a take's: {error}"))
    chosen = min(heard, key=lambda steps: (abs(heard[steps] - target), abs(steps)))
    note = f"an arousal of {target:.2f} is wanted, and the coach hears {heard[0.0]:.2f} in a take"
    if chosen:
        note += f"; {chosen:+.1f} steps of {', '.join(AROUSED)} bring it to {heard[chosen]:.2f}"
    return replace(delivery, steps=chosen, notes=(*delivery.notes, note))


def _next_steps(heard: dict[float, float], target: float) -> float:
    """Return the steps to try next: on the line through the two renderings nearest to what is wanted."""
    ranked = sorted(heard, key=lambda steps: abs(heard[steps] - target))
    gain = USUAL_GAIN
    if len(ranked) > 1:
        one, other = ranked[:2]
        gain = max((heard[one] - heard[other]) / (one - other), USUAL_GAIN / 4)
    steps = ranked[0] + (target - heard[ranked[0]]) / gain
    return round(min(max(steps, -MOST_STEPS), MOST_STEPS), 1)
