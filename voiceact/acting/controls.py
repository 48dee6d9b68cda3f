"""How a direction becomes what an engine can be told: tags, words, eight numbers, two knobs, or another recording.

The assignments stand in data/controls.yaml, one table for all engines; here is only how intensity moves along
them. Everything grows with intensity and nothing is asked at intensity 0.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from voiceact.acting.direction import Direction
from voiceact.acting.intensity import HIGHEST
from voiceact.acting.persona import Persona
from voiceact.text import without_markup

Mix = Sequence[tuple[str, float]]

STYLE_STEPS = (1.0, 3.0, 6.0)
"""intensities from which the slight, the clear and the overwhelming word of a style is used"""


@cache
def table() -> Mapping[str, Any]:
    """The whole of data/controls.yaml."""
    from importlib.resources import files

    import yaml

    found: Mapping[str, Any] = yaml.safe_load((files("voiceact.acting") / "data" / "controls.yaml").read_text("utf-8"))
    return found


def strongest(mix: Mix) -> tuple[str, float] | None:
    """The category of highest intensity; None if none is asked."""
    felt = [entry for entry in mix if entry[1] > 0]
    return max(felt, key=lambda entry: entry[1]) if felt else None


# --- Tags


def burst(mix: Mix) -> str | None:
    """The wordless sound that belongs to the strongest category at its intensity; None if there is none."""
    asked = strongest(mix)
    if asked is None:
        return None
    category, intensity = asked
    reached = [(least, sound) for sound, least in table()["bursts"][category].items() if intensity >= least]
    return max(reached)[1] if reached else None


def tag(engine: str, mix: Mix) -> str | None:
    """That sound as the engine spells it; None if it has no such sound."""
    sound = burst(mix)
    return table()["tags"][engine].get(sound) if sound else None


def style(engine: str, mix: Mix) -> str | None:
    """The word for the strongest category at its intensity, as the engine takes it in brackets."""
    asked = strongest(mix)
    if asked is None or asked[1] < STYLE_STEPS[0]:
        return None
    category, intensity = asked
    step = sum(intensity >= least for least in STYLE_STEPS) - 1
    found: str = table()["styles"][engine][category][step]
    return found


def vocabulary(engine: str) -> frozenset[str]:
    """Everything the engine may be given in a text that is not to be spoken, as it spells it."""
    tags = table()["tags"].get(engine, {}).values()
    styles = (f"[{word}]" for words in table()["styles"].get(engine, {}).values() for word in words)
    return frozenset((*tags, *styles))


def words_told(category: str) -> list[str]:
    """Everything that any engine may be given of a category in its text, without the brackets: "furious", "clears throat"."""
    sounds = table()["bursts"][category]
    tags = {mark.strip("[]<>()") for spelled in table()["tags"].values() for sound, mark in spelled.items() if sound in sounds}
    styles = {word for words in table()["styles"].values() for word in words[category]}
    return sorted(tags | styles)


def tagged(engine: str, text: str, mix: Mix) -> str:
    """The text with the engine's own tags before it; brackets in the text itself lose their meaning.

    A user's "[laughs]" would be obeyed by one engine and read aloud by the next, so no engine sees brackets
    that voiceact did not put there.
    """
    word = style(engine, mix) if engine in table()["styles"] else None
    marks = [f"[{word}]" if word else None, tag(engine, mix) if engine in table()["tags"] else None]
    return " ".join([*filter(None, marks), untagged(text)])


def untagged(text: str) -> str:
    """The text without markup (`voiceact.text.find_tags`), which an engine could obey or read aloud."""
    return " ".join(re.sub(r"[\[\]{}<>]", " ", without_markup(text)).split())


# --- Numbers


def vector(mix: Mix) -> dict[str, float]:
    """Emotion -> 0 to 1 for the eight of IndexTTS2, all of the mix together; their sum is at most 1.

    At intensity 7 of one category it is its row of the table; it shrinks in proportion with intensity.
    """
    order: Sequence[str] = table()["vector_order"]
    found = dict.fromkeys(order, 0.0)
    for category, intensity in mix:
        for emotion, share in table()["vectors"][category].items():
            found[emotion] += share * intensity / HIGHEST
    total = sum(found.values())
    return {emotion: value / max(total, 1.0) for emotion, value in found.items()}


def biased_vector(emotions: Mapping[str, float]) -> list[float]:
    """The eight numbers as IndexTTS2's own page hands them over: each weighed, all together at most `vector_limit`.

    Its weights hold back what it overdoes; nothing asked stays nothing, which is not the same as calm.
    """
    weighed = [emotions[name] * weight for name, weight in table()["vector_weights"].items()]
    total = sum(weighed)
    limit: float = table()["vector_limit"]
    return [value * limit / total for value in weighed] if total > limit else weighed


def exaggeration(persona: Persona, mix: Mix) -> float:
    """Chatterbox's one knob: 0.5 is neutral as published, 1.0 is intensity 7; a strong persona reaches it sooner.

    At most 1.1: resemble-ai/chatterbox warns of instability from there.
    """
    asked = strongest(mix)
    if asked is None:
        return 0.5
    return min(0.5 + 0.5 * asked[1] / HIGHEST * persona.strength(asked[0]), 1.1)


def guidance(mix: Mix) -> float:
    """Chatterbox's cfg_weight: 0.5 neutral, 0.3 at intensity 7 (its README: lower it as exaggeration speeds speech up)."""
    asked = strongest(mix)
    return 0.5 if asked is None else 0.5 - 0.2 * asked[1] / HIGHEST


def temperature(mix: Mix, plain: float, most: float) -> float:
    """A sampling temperature between the plain one and `most`, in proportion to intensity."""
    asked = strongest(mix)
    return plain if asked is None else plain + (most - plain) * asked[1] / HIGHEST


# --- Words


def portrait(persona: Persona) -> str:
    """The persona as one sentence about a voice, for engines that design a voice from words."""
    kind = {"female": "woman", "male": "man", "androgynous": "person"}[persona.gender]
    if persona.age < 13:
        kind = {"female": "girl", "male": "boy", "androgynous": "child"}[persona.gender]
    pitch = "low" if persona.voice.f0_hz < 130 else "high" if persona.voice.f0_hz > 230 else "medium"
    traits = ", ".join(persona.temperament)
    return f"The voice of a {persona.age}-year-old {kind}" + (f", {traits}" if traits else "") + f"; {pitch} pitch."


def instruction(persona: Persona, direction: Direction) -> str:
    """Voice and acting in one text, for engines that take both as words."""
    return f"{portrait(persona)} {direction.instruction}"


COMMON_F0_HZ = {"female": 200.0, "male": 120.0, "androgynous": 155.0}
"""what a pitch is high or low against"""
RECORDED = "The recording is of very high quality, with the voice sounding clear and very close up."
"""asks Parler-TTS for a clean sound, as its authors advise"""


def step(scale: str, value: float) -> str:
    """The word for a value on a scale of `descriptions`; a higher value never has a lower word."""
    steps: Mapping[str, float] = table()["descriptions"][scale]
    return next(word for word, end in steps.items() if value < end)


def description(persona: Persona, direction: Direction, speaker: str | None = None) -> str:
    """Voice and acting in the words that Parler-TTS was trained to read.

    speaker: a name the model knows; None describes the person instead
    """
    from math import log2

    moves, voice = direction.moves, persona.voice
    who = speaker or f"A {persona.age}-year-old {'man' if persona.gender == 'male' else 'woman'}"
    word = style(DESCRIBED_BY, direction.mix)
    pitch = step("pitch", 12 * log2(voice.f0_hz / COMMON_F0_HZ[persona.gender]) + moves.pitch)
    how = f" in {_with_article(word)} tone," if word else ""
    pace, melody = step("rate", voice.rate * moves.rate), step("range", voice.f0_range * moves.range)
    whisper = ", whispering" if moves.whisper >= 0.5 else ""
    return f"{who} speaks{how} {pace}, with a {pitch} voice that is {melody}{whisper}. {RECORDED}"


DESCRIBED_BY = "elevenlabs"
"""whose words for the slight, the clear and the overwhelming of a category a description takes: they are plain English"""


def _with_article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


# --- Style references


@dataclass(frozen=True)
class StyleClip:
    """A recording that carries a feeling.

    intensity: that was heard in it
    """

    path: Path
    category: str
    intensity: float


def style_clip(bank: Sequence[StyleClip], mix: Mix) -> tuple[StyleClip, float] | None:
    """The clip of the strongest category nearest in intensity, and how much of it to take, 0 to 1; None if there is none.

    The share is the asked intensity over the clip's own, so that a weaker feeling is the same clip taken less of.
    """
    asked = strongest(mix)
    if asked is None:
        return None
    category, intensity = asked
    able = [clip for clip in bank if clip.category == category]
    if not able:
        return None
    # A stronger clip can be taken less of; a weaker one cannot be taken more of.
    best = min(able, key=lambda clip: (clip.intensity < intensity, abs(clip.intensity - intensity)))
    return best, min(intensity / best.intensity, 1.0)
