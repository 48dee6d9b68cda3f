"""Translate a direction into the controls of an engine: tags, words, eight numbers, two settings, or another recording.

The assignments are in data/controls.yaml, one table for all engines; this module defines how intensity moves along
them. Every control grows with intensity and is absent at intensity 0.
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
from voiceact.text import Tag, find_tags, without_markup

Mix = Sequence[tuple[str, float]]

STYLE_STEPS = (1.0, 3.0, 6.0)
"""intensities from which the slight, the clear and the overwhelming word of a style is used"""


@cache
def load_controls() -> Mapping[str, Any]:
    """Return the contents of data/controls.yaml, read once."""
    from importlib.resources import files

    import yaml

    controls: Mapping[str, Any] = yaml.safe_load((files("voiceact.acting") / "data" / "controls.yaml").read_text("utf-8"))
    return controls


def strongest(mix: Mix) -> tuple[str, float] | None:
    """Return the category of highest intensity with its intensity, of equals the first; None if all are 0."""
    present = [entry for entry in mix if entry[1] > 0]
    return max(present, key=lambda entry: entry[1]) if present else None


# --- Tags


def choose_sound(mix: Mix) -> str | None:
    """Choose the wordless sound of the strongest category at its intensity; None if there is none."""
    top = strongest(mix)
    if top is None:
        return None
    category, intensity = top
    reached = [(least, sound) for sound, least in load_controls()["bursts"][category].items() if intensity >= least]
    return max(reached)[1] if reached else None


def sound_tag(engine: str, mix: Mix) -> str | None:
    """Return the tag by which an engine calls the sound of `choose_sound`; None if it has no such sound."""
    sound = choose_sound(mix)
    return load_controls()["tags"][engine].get(sound) if sound else None


def find_sound(words: str) -> str | None:
    """Return the sound that the words of a tag ask for; None if they ask for none.

    >>> find_sound("she laughs softly"), find_sound("burst: sigh"), find_sound("clears her throat"), find_sound("whisper")
    ('laugh', 'sigh', 'clear', None)
    """
    plain = " ".join(words.casefold().replace("_", " ").split())
    named = re.sub(r"^(?:burst: ?)?(?:(?:he|she|they|i) )?", "", plain)
    # "Relief sigh" and "nervous giggle" are names of bursts (docs/bursts.md): their noun stands last.
    for sound, pattern in load_controls()["sound_words"].items():
        if re.match(rf"(?:{pattern})\b", named) or re.search(rf"^\w+ (?:{pattern})$", named):
            return str(sound)
    return None


def list_sounds(engine: str) -> frozenset[str]:
    """List the sounds that an engine has a tag for; none for an engine without tags."""
    return frozenset(load_controls()["tags"].get(engine, {}))


def named_sounds(engine: str, text: str) -> list[tuple[Tag, str]]:
    """List the tags of a text that ask for a sound of an engine, in order, each with the engine's own tag for it."""
    tags: Mapping[str, str] = load_controls()["tags"].get(engine, {})
    return [(tag, tags[sound]) for tag in find_tags(text) if (sound := find_sound(tag.name)) and sound in tags]


def style_word(engine: str, mix: Mix) -> str | None:
    """Return the engine's word for the strongest category at its intensity, without brackets; None below intensity 1."""
    top = strongest(mix)
    if top is None or top[1] < STYLE_STEPS[0]:
        return None
    category, intensity = top
    step = sum(intensity >= least for least in STYLE_STEPS) - 1
    word: str = load_controls()["styles"][engine][category][step]
    return word


def list_markers(engine: str) -> frozenset[str]:
    """List every marker that an engine may receive in a text and does not speak, in the engine's spelling."""
    tags = load_controls()["tags"].get(engine, {}).values()
    styles = (f"[{word}]" for words in load_controls()["styles"].get(engine, {}).values() for word in words)
    return frozenset((*tags, *styles))


def marker_words(category: str) -> list[str]:
    """List the words that any engine may receive in its text for a category, without brackets: "furious", "clears throat"."""
    controls = load_controls()
    sounds = controls["bursts"][category]
    tags = {mark.strip("[]<>()") for tags in controls["tags"].values() for sound, mark in tags.items() if sound in sounds}
    styles = {word for words in controls["styles"].values() for word in words[category]}
    return sorted(tags | styles)


def add_markers(engine: str, text: str, mix: Mix) -> str:
    """Put the engine's own markers into a text: where a tag asks for a sound that it has, and before the text.

    One engine would obey a user's "[laughs]" and the next would read it aloud, so no engine receives brackets
    that voiceact did not put there. Where the text asks for a sound, the mix adds none.
    """
    named = named_sounds(engine, text)
    pieces, last = [], 0
    for tag, own in named:
        pieces += [remove_markup(text[last : tag.start]), own]
        last = tag.end
    pieces.append(remove_markup(text[last:]))
    marked = re.sub(r"\s+(?=[,.;:!?…])", "", " ".join(filter(None, pieces)))
    word = style_word(engine, mix) if engine in load_controls()["styles"] else None
    opening = [f"[{word}]" if word else None, sound_tag(engine, mix) if list_sounds(engine) and not named else None]
    return " ".join(filter(None, [*opening, marked]))


def remove_markup(text: str) -> str:
    """Remove markup (`voiceact.text.find_tags`), which an engine could obey or read aloud."""
    return " ".join(re.sub(r"[\[\]{}<>]", " ", without_markup(text)).split())


# --- Numbers


def emotion_vector(mix: Mix) -> dict[str, float]:
    """Compute the weights of the eight emotions of IndexTTS2 for a mix: emotion -> 0 to 1, with a sum of at most 1.

    One category at intensity 7 gives its row of the table; the weights shrink in proportion to intensity.
    """
    order: Sequence[str] = load_controls()["vector_order"]
    weights = dict.fromkeys(order, 0.0)
    for category, intensity in mix:
        for emotion, share in load_controls()["vectors"][category].items():
            weights[emotion] += share * intensity / HIGHEST
    total = sum(weights.values())
    return {emotion: value / max(total, 1.0) for emotion, value in weights.items()}


def biased_vector(emotions: Mapping[str, float]) -> list[float]:
    """Scale the eight weights like the demo page of IndexTTS2: a factor for each, and a sum of at most `vector_limit`.

    The factors reduce emotions that the model exaggerates. Eight zeros stay zeros, which differs from "calm".

    Args:
        emotions: emotion -> 0 to 1, from `emotion_vector`

    Returns:
        The eight weights in the order of the model.
    """
    weighted = [emotions[name] * factor for name, factor in load_controls()["vector_weights"].items()]
    total = sum(weighted)
    limit: float = load_controls()["vector_limit"]
    return [value * limit / total for value in weighted] if total > limit else weighted


def exaggeration(persona: Persona, mix: Mix) -> float:
    """Compute Chatterbox's `exaggeration`: 0.5 (neutral, as published) to 1.0 at intensity 7, scaled by the persona's strength.

    It is limited to 1.1, from where resemble-ai/chatterbox warns of instability.
    """
    top = strongest(mix)
    if top is None:
        return 0.5
    return min(0.5 + 0.5 * top[1] / HIGHEST * persona.strength(top[0]), 1.1)


def guidance(mix: Mix) -> float:
    """Compute Chatterbox's `cfg_weight`: 0.5 (neutral) to 0.3 at intensity 7; its README lowers it as exaggeration rises."""
    top = strongest(mix)
    return 0.5 if top is None else 0.5 - 0.2 * top[1] / HIGHEST


def temperature(mix: Mix, plain: float, most: float) -> float:
    """Compute a sampling temperature between `plain` (neutral) and `most` (intensity 7), in proportion to intensity."""
    top = strongest(mix)
    return plain if top is None else plain + (most - plain) * top[1] / HIGHEST


# --- Words


def describe_voice(persona: Persona) -> str:
    """Describe the persona's voice in one sentence, for engines that design a voice from words."""
    kind = {"female": "woman", "male": "man", "androgynous": "person"}[persona.gender]
    if persona.age < 13:
        kind = {"female": "girl", "male": "boy", "androgynous": "child"}[persona.gender]
    pitch = "low" if persona.voice.f0_hz < 130 else "high" if persona.voice.f0_hz > 230 else "medium"
    traits = ", ".join(persona.temperament)
    return f"The voice of a {persona.age}-year-old {kind}" + (f", {traits}" if traits else "") + f"; {pitch} pitch."


def voice_and_instruction(persona: Persona, direction: Direction) -> str:
    """Join the description of the voice and the written direction, for engines that take both as words."""
    return f"{describe_voice(persona)} {direction.instruction}"


COMMON_F0_HZ = {"female": 200.0, "male": 120.0, "androgynous": 155.0}
"""median F0 against which a voice is described as high or low"""
RECORDED = "The recording is of very high quality, with the voice sounding clear and very close up."
"""asks Parler-TTS for a clean sound, as its authors advise"""
STYLE_WORDS_OF = "elevenlabs"
"""engine whose style words a description uses, because they are plain English"""


def scale_word(scale: str, value: float) -> str:
    """Return the word for a value on a scale of `descriptions`; a higher value never has a lower word."""
    steps: Mapping[str, float] = load_controls()["descriptions"][scale]
    return next(word for word, end in steps.items() if value < end)


def describe_speech(persona: Persona, direction: Direction, speaker: str | None = None) -> str:
    """Describe voice and acting in the words that Parler-TTS was trained on.

    Args:
        persona: who speaks
        direction: how the line is spoken
        speaker: a name that the model knows; None describes the person instead
    """
    from math import log2

    moves, voice = direction.moves, persona.voice
    who = speaker or f"A {persona.age}-year-old {'man' if persona.gender == 'male' else 'woman'}"
    word = style_word(STYLE_WORDS_OF, direction.mix)
    pitch = scale_word("pitch", 12 * log2(voice.f0_hz / COMMON_F0_HZ[persona.gender]) + moves.pitch)
    how = f" in {'an' if word[0] in 'aeiou' else 'a'} {word} tone," if word else ""
    pace, melody = scale_word("rate", voice.rate * moves.rate), scale_word("range", voice.f0_range * moves.range)
    whisper = ", whispering" if moves.whisper >= 0.5 else ""
    return f"{who} speaks{how} {pace}, with a {pitch} voice that is {melody}{whisper}. {RECORDED}"


# --- Style references


@dataclass(frozen=True)
class StyleClip:
    """A recording that carries an emotion.

    Attributes:
        path: of the recording
        category: id of the emotion
        intensity: judged in it, above 0 to 7
    """

    path: Path
    category: str
    intensity: float


def choose_style_clip(bank: Sequence[StyleClip], mix: Mix) -> tuple[StyleClip, float] | None:
    """Choose the clip of the strongest category that is nearest in intensity; None if there is none.

    Returns:
        The clip and its share, 0 to 1: requested intensity over that of the clip, so that a weaker emotion uses less of it.
    """
    top = strongest(mix)
    if top is None:
        return None
    category, intensity = top
    candidates = [clip for clip in bank if clip.category == category]
    if not candidates:
        return None
    # Prefer a stronger clip: its share can be lowered, that of a weaker one cannot be raised above 1.
    best = min(candidates, key=lambda clip: (clip.intensity < intensity, abs(clip.intensity - intensity)))
    return best, min(intensity / best.intensity, 1.0)
