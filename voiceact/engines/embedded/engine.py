"""The embedded engine: hibari-tts, acted on between its stages; speaks with nothing but its wheel."""

from functools import lru_cache
from importlib.metadata import version

import numpy as np

from voiceact.acting.direction import Direction
from voiceact.acting.moves import NEUTRAL, Moves
from voiceact.acting.persona import Persona, Voice
from voiceact.audio.words import Word
from voiceact.engines.base import CALIBRATION, Capabilities, Engine, Licences, Take
from voiceact.engines.embedded import melody, pauses, source, stress, syllables, takes, timbre, timing
from voiceact.engines.embedded.individual import shape_voice
from voiceact.engines.embedded.render import render, stretch, tame
from voiceact.engines.embedded.settings import combine_moves
from voiceact.engines.embedded.stages import SAMPLE_RATE, FloatArray, Stages
from voiceact.engines.embedded.text import Phrase, make_phrases


class EmbeddedEngine(Engine):
    """The voice of hibari-tts's wheel, with every acoustic move; speaks English on a CPU."""

    name = "embedded"
    reaches_out = False

    def __init__(self) -> None:
        self.version = version("hibari-tts")
        self._stages = Stages()
        self.model_sha256 = self._stages.model_sha256
        self.capabilities = Capabilities(
            moves=frozenset(NEUTRAL),
            languages=("en",),
            sample_rate=SAMPLE_RATE,
            deterministic=True,
            word_times=True,
            licences=Licences(code="Apache-2.0", weights="Apache-2.0", output="no restriction by the model's licence"),
        )
        self._gain = lru_cache(maxsize=256)(self._measure_gain)

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`); the same arguments give the same samples."""
        spoken = make_phrases(text, persona.lexicon)
        samples, words = self._speak(spoken, persona.voice, direction.moves, seed)
        loud = samples * np.float32(self._gain(persona.voice) * 10 ** (direction.moves.energy / 20))
        return Take(takes.limit_peak(loud), SAMPLE_RATE, seed, words)

    def _speak(self, spoken: list[Phrase], voice: Voice, acted: Moves, seed: int) -> tuple[FloatArray, tuple[Word, ...]]:
        moves = combine_moves(voice, acted)
        return takes.join_phrases(
            spoken, lambda phrase, rng: self._phrase(phrase, voice, moves, rng), pause=moves.pause, seed=seed
        )

    def _phrase(self, phrase: Phrase, voice: Voice, moves: Moves, rng: np.random.Generator) -> tuple[FloatArray, list[Word]]:
        """Speak one phrase: samples at `SAMPLE_RATE`, and words timed from its start."""
        drawn = takes.spawn_generators(rng)

        # Act on the durations, then on F0.
        reading = self._stages.read(phrase.ids)
        doubts = timing.draw_hesitations(phrase, moves, drawn["hesitation"])
        steps = timing.count_steps(reading.durations, phrase, moves, doubts)
        contour = self._stages.contour(reading, steps)
        beat = melody.draw_rhythm(contour.f0, moves, drawn["rhythm"])
        weight = stress.stress_weights(phrase, steps)
        contour.f0 = stress.raise_f0(melody.act_f0(contour.f0, moves, beat), phrase, weight, moves.tract)
        beats = syllables.syllable_weights(phrase, steps)
        contour.f0 = syllables.raise_stressed(contour.f0, beats, moves)

        # Act on the spectra, and lay the frames out with their pauses.
        spectra = self._stages.spectra(contour)
        power = timbre.frame_power(spectra, contour.f0)
        line = pauses.make_timeline(
            power, moves, timing.find_marks(phrase, steps), timing.find_halts(phrase, steps, doubts, moves)
        )
        creaky = timbre.creak_share(contour.f0, moves)[line.index]
        shape_voice(spectra, voice, tract=moves.tract)
        timbre.colour_spectra(spectra, contour.f0, power, moves, beat, syllables.level_db(contour.f0, power, beats, moves))
        stress.amplify(spectra, weight)
        spectra, f0 = pauses.lay_out(spectra, contour.f0, line)

        # Render the samples.
        train = source.make_pulses(f0, moves, creaky, drawn["source"], waver=beat.waver[line.index])
        sound = tame(render(spectra, train, drawn["noise"]))
        if moves.attack:
            onsets = [line.moved(frame) for frame in syllables.find_onsets(phrase, steps, contour.f0, power)]
            sound = syllables.strike(sound, onsets, moves.attack)
        samples = stretch(sound, moves.tract)
        words = takes.time_words(phrase, steps, line, moves.tract)
        return stress.cut_off(samples, phrase, words[-1].end, SAMPLE_RATE), words

    def _measure_gain(self, voice: Voice) -> float:
        """Measure the linear gain that brings a voice's neutral reading of `CALIBRATION` to its loudness.

        It is measured once a voice rather than for each clip, so that a whisper stays quiet.
        """
        samples, _ = self._speak(make_phrases(CALIBRATION), voice, Moves(), seed=0)
        return takes.gain_to(voice.loudness, samples)
