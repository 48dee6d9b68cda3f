"""An engine for voiceact in forty lines: it hums one tone for each word, higher and faster as the direction requests."""

import numpy as np

from voiceact.audio.words import Word
from voiceact.engines.base import Capabilities, Card, Engine, Licences, Take

RATE = 24_000
LICENCES = Licences(code="CC0-1.0", weights="none", output="CC0-1.0")


class HumEngine(Engine):
    """Hums each line. What is not written here has a default in `Engine`."""

    name, version, model_sha256 = "hum", "1.0", "0" * 64
    reaches_out = False
    card = Card("pitch and rate", ("en", "de", "fr", "es"), LICENCES)
    options = {"volume": "of the hum, 0 to 1"}

    def __init__(self, volume: str = "0.1"):
        self._volume = float(volume)
        # A move that is listed here must be audible; the user is told of those that are not listed.
        self.capabilities = Capabilities(
            moves=frozenset({"pitch", "rate"}),
            languages=self.card.languages,
            licences=LICENCES,
            sample_rate=RATE,
            deterministic=True,
        )

    def perform(self, text, persona, direction, *, language="en", seed=0):
        """Hum one tone for each word; moves.pitch is in semitones, moves.rate is a multiplier."""
        seconds = 0.25 / direction.moves.rate / persona.voice.rate
        pitch = persona.voice.f0_hz * 2 ** (direction.moves.pitch / 12)
        time = np.arange(round(seconds * RATE)) / RATE
        tone = self._volume * np.sin(2 * np.pi * pitch * time) * np.hanning(len(time))
        spoken = text.split()
        words = tuple(Word(word, n * seconds, (n + 1) * seconds) for n, word in enumerate(spoken))
        return Take(np.tile(tone, len(spoken)).astype(np.float32), RATE, seed, words)
