"""A voice made of syllables whose F0, range, rate and pauses are known: what measures are tried on, and an engine that speaks so."""

import numpy as np

from voiceact.acting.moves import NEUTRAL
from voiceact.engines.base import Capabilities, Engine, Licences, Take

RATE = 16_000


def speak_syllables(
    count: int = 12,
    *,
    f0_hz: float = 200.0,
    spread: float = 6.0,
    rate: float = 5.0,
    tilt: float = 0.0,
    formant: float = 700.0,
    pause: float = 0.0,
    noise: float = 0.003,
) -> np.ndarray:
    """Make float32 [n] at 16 kHz: syllables of one pulse-like tone each, whose heights lie evenly between +-spread / 2.

    Args:
        count: syllables
        f0_hz: median F0
        spread: semitones between the lowest and the highest syllable
        rate: syllables a second
        tilt: dB an octave on top of the tone's own fall
        formant: Hz of a resonance
        pause: seconds of silence in the middle
        noise: of the breath under each syllable
    """
    rng = np.random.default_rng(1)
    heights = np.linspace(-spread / 2, spread / 2, count)[np.random.default_rng(2).permutation(count)]
    size = round(RATE / rate)
    swell = np.sin(np.pi * np.arange(size) / size) ** 2
    parts = []
    for number, height in enumerate(heights):
        pitch = f0_hz * 2 ** (height / 12)
        # No voice holds a tone: each syllable falls by two semitones.
        phase = 2 * np.pi * np.cumsum(pitch * 2 ** (np.linspace(1, -1, size) / 12)) / RATE
        tone = np.zeros(size)
        for k in range(1, int(5500 / pitch)):
            level = (k * pitch / 200) ** (-1.2 + tilt / 6.02) * (1 + 4 / (1 + ((k * pitch - formant) / 120) ** 2))
            tone += level * np.sin(k * phase + k)
        # A syllable begins with a consonant: a sixth of it is all but silent.
        swell_here = np.where(np.arange(size) < size / 6, 0.02 * swell, swell)
        parts.append(swell_here * (tone / np.abs(tone).max() + rng.normal(0, noise, size)))
        if pause and number == count // 2:
            parts.append(np.zeros(round(pause * RATE)))
    return (0.2 * np.concatenate(parts)).astype(np.float32)


class SyllableEngine(Engine):
    """Speaks a syllable for every six letters, a little higher, wider and slower than it is asked."""

    name, version, model_sha256 = "syllables", "1", "11"
    reaches_out = False
    capabilities = Capabilities(
        moves=frozenset(NEUTRAL),
        languages=("en",),
        sample_rate=RATE,
        deterministic=True,
        licences=Licences("MIT", "MIT", "MIT"),
    )

    def perform(self, text, persona, direction, *, language, seed):
        voice, moves = persona.voice, direction.moves
        samples = speak_syllables(
            max(sum(map(str.isalpha, text)) // 6, 4),
            f0_hz=1.06 * voice.f0_hz * 2 ** (moves.pitch / 12),
            spread=7.0 * voice.f0_range * moves.range,
            rate=4.6 * voice.rate * moves.rate,
            tilt=voice.tilt + moves.tilt,
            formant=700 / voice.tract,
            noise=0.003 + 0.05 * voice.breath,
        )
        return Take(samples, RATE, seed)
