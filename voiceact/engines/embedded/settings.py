"""Combine the persona's voice and the direction's moves into one set of numbers."""

import math

from voiceact.acting.moves import Moves
from voiceact.acting.persona import Voice

BASE_F0_HZ = 196.0
"""median F0 of the bundled voice (benchmarks/synth.py measures it over the neutral lines)"""


def combine_moves(voice: Voice, moves: Moves, *, base_f0_hz: float = BASE_F0_HZ) -> Moves:
    """Return the moves relative to the model's own voice, rather than to the persona's neutral.

    Multipliers multiply and shifts add; shares between 0 and 1 (breath, roughness, …) combine as
    independent parts, so that two of them never exceed 1.

    Args:
        voice: the persona's
        moves: relative to the persona's neutral
        base_f0_hz: median F0 of the model's own voice
    """
    return Moves(
        rate=voice.rate * moves.rate,
        pause=voice.pause * moves.pause,
        pitch=12 * math.log2(voice.f0_hz / base_f0_hz) + moves.pitch,
        range=voice.f0_range * moves.range,
        slope=moves.slope,
        final=moves.final,
        energy=moves.energy,
        dynamics=moves.dynamics,
        tilt=voice.tilt + moves.tilt,
        breath=_either(voice.breath, moves.breath),
        rough=_either(voice.rough, moves.rough),
        creak=_either(voice.creak, moves.creak),
        tremor=_either(voice.tremor, moves.tremor),
        tremor_hz=moves.tremor_hz,
        tract=voice.tract * moves.tract,
        whisper=moves.whisper,
        hesitation=moves.hesitation,
        articulation=moves.articulation,
        hold=moves.hold,
        sob=moves.sob,
        laugh=moves.laugh,
        shout=moves.shout,
        effort=moves.effort,
        attack=moves.attack,
        stress=moves.stress,
        glide=moves.glide,
        fade=moves.fade,
        waver=moves.waver,
    )


def _either(first: float, second: float) -> float:
    return 1 - (1 - first) * (1 - second)
