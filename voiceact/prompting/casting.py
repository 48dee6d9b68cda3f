"""Who plays: a cast that differs in gender, age and timbre, and lines that show one persona across categories.

>>> from voiceact.acting.persona import list_personas
>>> members = choose_cast(list_personas(), 3, seed=1)
>>> [member.persona.gender for member in members]
['androgynous', 'male', 'female']
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from voiceact.acting.direction import describe, direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.persona import Persona, Voice, age_band
from voiceact.acting.script import Kind, pick_line
from voiceact.engines.base import Engine, check_language
from voiceact.errors import UsageError
from voiceact.runtime.seeds import draw_integer
from voiceact.synthesis.kernel import MadeTake, TakeMaker
from voiceact.synthesis.request import SynthesisRequest, resolve_request

_STEPS = {
    "breath": 0.15, "rough": 0.15, "tremor": 0.15, "creak": 0.2, "tilt": 1.0,
}  # fmt: skip
"""just noticeable differences of a voice (docs/persona.md); F0 and tract are counted in semitones"""
_F0_STEP, _TRACT_STEP, _RATE_STEP = 1.95, 1.73, 0.05

AUDITION = ("elation", "contentment", "affection", "anger", "fear", "sadness", "embarrassment", "astonishment_surprise")
"""categories of an audition: every corner of arousal and valence, and the two that people hear best and worst"""


@dataclass(frozen=True, slots=True)
class CastMember:
    """A persona of a cast.

    Attributes:
        persona: who it is
        band: of age, "child" to "elder"
        nearest: name of the cast's member whose voice is nearest; empty for the first
        distance: to that one, in just noticeable differences of timbre and pace; infinite for the first
    """

    persona: Persona
    band: str
    nearest: str = ""
    distance: float = math.inf


def voice_distance(first: Voice, second: Voice) -> float:
    """Return how far apart two voices are, in just noticeable differences: Euclidean over F0, tract, timbre and rate."""
    parts = [
        12 * math.log2(first.f0_hz / second.f0_hz) / _F0_STEP,
        12 * math.log2(first.tract / second.tract) / _TRACT_STEP,
        math.log(first.rate / second.rate) / _RATE_STEP,
    ]
    parts += [(getattr(first, key) - getattr(second, key)) / step for key, step in _STEPS.items()]
    return math.hypot(*parts)


def choose_cast(personas: Sequence[Persona], count: int, *, seed: int = 0) -> list[CastMember]:
    """Choose personas that are balanced by gender and age and whose voices lie far apart.

    Each is the one whose gender, then age band, is the rarest among those chosen, and of these the one whose voice is farthest
    from all chosen; the seed decides who is first, and between equals.

    Args:
        personas: to choose from
        count: how many
        seed: another one is another cast

    Raises:
        UsageError: if there are fewer personas than that
    """
    if not 1 <= count <= len(personas):
        raise UsageError(f"a cast of {count} was asked for; expected 1 to {len(personas)}, as many as there are personas")
    left = sorted(personas, key=lambda persona: draw_integer(seed, "cast", persona.name, size=8))
    chosen: list[CastMember] = []
    while len(chosen) < count:
        found = min(left, key=lambda persona: _rarity(persona, chosen))
        left.remove(found)
        near = min(
            ((voice_distance(found.voice, one.persona.voice), one.persona.name) for one in chosen), default=(math.inf, "")
        )
        chosen.append(CastMember(found, age_band(found.age), near[1], near[0]))
    return chosen


def _rarity(persona: Persona, chosen: Sequence[CastMember]) -> tuple[int, int, float]:
    """How many of those chosen share gender and age band, and how near the nearest voice is: the least is the most wanted."""
    genders = Counter(member.persona.gender for member in chosen)
    bands = Counter(member.band for member in chosen)
    far = min((voice_distance(persona.voice, one.persona.voice) for one in chosen), default=0.0)
    return genders[persona.gender], bands[age_band(persona.age)], -far


@dataclass(frozen=True, slots=True)
class AuditionTake:
    """One line of an audition: the category's name, its id ("" for neutral), and the take."""

    name: str
    category: str
    made: MadeTake


def audition(
    persona: Persona, engine: Engine, *, intensity: float = 5.0, text: str | None = None, language: str = "en", seed: int = 0
) -> Iterator[AuditionTake]:
    """Speak a neutral line, then a line of each category of `AUDITION`.

    Args:
        persona: who auditions
        engine: that speaks
        intensity: of every category, 0 to 7
        text: said in every category; None picks a fitting line for each
        language: of the lines
        seed: of the takes

    Raises:
        UsageError: if the engine does not speak the language
    """
    check_language(engine, language)
    maker = TakeMaker(checks=(), twins=False)
    for category in ("", *AUDITION):
        asked = audition_request(persona, category, engine=engine, intensity=intensity, text=text, language=language, seed=seed)
        [made] = maker.make([resolve_request(asked)])
        yield AuditionTake(_name_of(asked.mix), category, made)


def audition_request(
    persona: Persona,
    category: str,
    *,
    engine: Engine,
    intensity: float = 5.0,
    text: str | None = None,
    language: str = "en",
    seed: int = 0,
) -> SynthesisRequest:
    """Return what a persona is asked for one category of an audition.

    Args:
        persona: who auditions
        category: id; empty for the neutral line
        engine: that speaks
        intensity: of the category, 0 to 7
        text: that is said; None picks a fitting line
        language: of the line
        seed: of the take
    """
    mix = EmotionMix.of({category: intensity}) if category else EmotionMix()
    name = _name_of(mix)
    if text is None:
        kind: Kind = "evocative" if category else "neutral"
        asked = name if category else None
        text = pick_line(kind=kind, category=asked, language=language, tags=persona.tags, seed=seed).text
    return SynthesisRequest(
        persona=persona,
        emotions=[f"{name}:{intensity:g}"] if category else [],
        mix=mix,
        text=text,
        engine=engine,
        language=language,
        seed=seed,
    )


def _name_of(mix: EmotionMix | None) -> str:
    """Return the name of the category that is acted."""
    return str(mix.strongest.category) if mix is not None and mix.strongest else "neutral"


def described_moves(persona: Persona, category: str, intensity: float) -> str:
    """Return in words how a persona acts a category: "a clearly higher pitch and a slightly faster pace"."""
    return describe(direct(persona, [(category, intensity)] if category else ()).moves)


def cast_as_dict(members: Sequence[CastMember]) -> list[dict[str, object]]:
    """Return the JSON form of a cast."""
    return [
        {
            "name": member.persona.name,
            "gender": member.persona.gender,
            "age": member.persona.age,
            "band": member.band,
            "nearest": member.nearest,
            "distance": None if math.isinf(member.distance) else round(member.distance, 2),
            "voice": msgspec.to_builtins(member.persona.voice),
        }
        for member in members
    ]
