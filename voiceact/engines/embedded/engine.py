"""The embedded engine: hibari-tts, acted on between its stages; speaks with nothing but its wheel."""

from functools import lru_cache
from importlib.metadata import version

import numpy as np

from voiceact.direction import Direction
from voiceact.engines.base import Capabilities, Licences, Take, Word
from voiceact.engines.embedded import melody, pauses, source, timbre, timing
from voiceact.engines.embedded.render import render, stretch, tame
from voiceact.engines.embedded.settings import settings
from voiceact.engines.embedded.stages import FRAME_SECONDS, SAMPLE_RATE, FloatArray, Stages
from voiceact.engines.embedded.text import Phrase, phrases
from voiceact.moves import NEUTRAL, Moves
from voiceact.persona import Persona, Voice

GAP_SECONDS = 0.08
"""silence between two phrases, beside their own margins, at a pause of 1"""
CALIBRATION = "The kettle stands on the second shelf, and the blue cup is next to it."
CEILING_DB = -1.0
"""true peak of every take, dBTP"""


class EmbeddedEngine:
    """Implements `voiceact.engines.base.Engine`."""

    name = "embedded"

    def __init__(self) -> None:
        self.version = version("hibari-tts")
        self._stages = Stages()
        self.model_sha256 = self._stages.model_sha256
        self.capabilities = Capabilities(
            moves=frozenset(NEUTRAL), languages=("en",), sample_rate=SAMPLE_RATE, deterministic=True,
            licences=Licences(code="Apache-2.0", weights="Apache-2.0", output="no restriction by the model's licence"))
        self._gain = lru_cache(maxsize=256)(self._measure_gain)

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0
                ) -> Take:
        """Speak `text` (see `Engine.perform`); the same arguments give the same samples."""
        asked = settings(persona.voice, direction.moves)
        spoken = phrases(text, persona.lexicon)
        samples, words = self._speak(spoken, asked, seed)
        loud = samples * np.float32(self._gain(persona.voice) * 10 ** (direction.moves.energy / 20))
        return Take(_limited(loud), SAMPLE_RATE, seed, words)

    def _speak(self, spoken: list[Phrase], asked: Moves, seed: int) -> tuple[FloatArray, tuple[Word, ...]]:
        """All phrases, one after another with silence between."""
        parts: list[FloatArray] = []
        words: list[Word] = []
        gap = np.zeros(round(GAP_SECONDS * asked.pause * SAMPLE_RATE), np.float32)
        for number, phrase in enumerate(spoken):
            if number:
                parts.append(gap)
            offset = sum(map(len, parts)) / SAMPLE_RATE
            samples, said = self._phrase(phrase, asked, np.random.default_rng([seed, number]))
            parts.append(_faded(samples))
            words += [Word(word.text, word.start + offset, word.end + offset) for word in said]
        return np.concatenate(parts), tuple(words)

    def _phrase(self, phrase: Phrase, asked: Moves, rng: np.random.Generator) -> tuple[FloatArray, list[Word]]:
        """One phrase: durations, then F0, then spectra, then samples."""
        drawn = _streams(rng)
        reading = self._stages.read(phrase.ids)
        doubts = timing.hesitations(phrase, asked, drawn["hesitation"])
        steps = timing.steps(reading.durations, phrase, asked, doubts)
        contour = self._stages.contour(reading, steps)
        beat = melody.rhythm(contour.f0, asked, drawn["rhythm"])
        contour.f0 = melody.act(contour.f0, asked, beat)
        spectra = self._stages.spectra(contour)
        power = timbre.power(spectra, contour.f0)
        line = pauses.timeline(power, asked, timing.marks(phrase, steps), timing.halts(phrase, steps, doubts, asked))
        creaky = timbre.creak_share(contour.f0, asked)[line.index]
        timbre.colour(spectra, contour.f0, power, asked, beat)
        spectra, f0 = pauses.lay_out(spectra, contour.f0, line)
        train = source.pulses(f0, asked, creaky, drawn["source"])
        samples = stretch(tame(render(spectra, train, drawn["noise"])), asked.tract)
        return samples, _timings(phrase, steps, line, asked.tract)

    def _measure_gain(self, voice: Voice) -> float:
        """Gain that brings this voice's neutral reading of one fixed sentence to its loudness.

        Measured once a voice and never again clip by clip, so that a whisper stays quiet.
        """
        from voiceact.audio import loudness_lufs

        samples, _ = self._speak(phrases(CALIBRATION), settings(voice, Moves()), seed=0)
        return float(10 ** ((voice.loudness - loudness_lufs(samples, SAMPLE_RATE)) / 20))


def _streams(rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """One generator a purpose, so that asking for more of one thing does not redraw another."""
    names = ("hesitation", "rhythm", "source", "noise")
    return dict(zip(names, rng.spawn(len(names)), strict=True))


def _timings(phrase: Phrase, steps: np.ndarray, line: pauses.Timeline, tract: float) -> list[Word]:
    """Where each word is, in seconds from the start of the phrase."""
    ends = 2 * np.concatenate([[0], np.cumsum(steps)])
    second = FRAME_SECONDS * tract
    # The model counts the silence behind the last word as part of its last phoneme.
    last = len(line.index) * second - pauses.TAIL_SECONDS
    spans = [(line.moved(int(ends[word.start])) * second, line.moved(int(ends[word.end])) * second)
             for word in phrase.words]
    return [Word(word.text, round(min(start, last), 4), round(min(end, last), 4))
            for word, (start, end) in zip(phrase.words, spans, strict=True)]


def _faded(samples: FloatArray) -> FloatArray:
    """Five milliseconds in and out, so that phrases join without a click."""
    ramp = np.linspace(0, 1, 120, dtype=np.float32)
    samples = samples.copy()
    samples[:120] *= ramp
    samples[-120:] *= ramp[::-1]
    return samples


def _limited(samples: FloatArray) -> FloatArray:
    from voiceact.audio import limit_true_peak

    # Between two samples speech rises by 1 or 2 dB, never by 6: quiet takes need no look between.
    if np.abs(samples).max() < 0.5 * 10 ** (CEILING_DB / 20):
        return samples
    limited: FloatArray = limit_true_peak(samples, SAMPLE_RATE, ceiling_db=CEILING_DB)
    return limited
