"""Chatterbox: the voice of a recording, one knob for how much of it, and in Turbo a laugh written into the text.

    from voiceact.engines.chatterbox import ChatterboxEngine

    engine = ChatterboxEngine(model="~/chatterbox")

Every take carries the watermark that the package puts into it; docs/engines/chatterbox.md.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from voiceact import audio
from voiceact.acting.controls import exaggeration, guidance, strongest, style_clip, tag, tagged, untagged
from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, loudness_lufs
from voiceact.engines.base import Capabilities, Card, Licences, Take, check_language
from voiceact.engines.neural.chatterbox.model import LANGUAGES, VARIANTS, languages_of, load, require_library, variant_in
from voiceact.engines.neural.common import (
    CALIBRATION,
    COMMON_OPTIONS,
    Leveller,
    device_of,
    finished,
    in_batches,
    seeded,
    split_text,
    within_memory,
)
from voiceact.engines.neural.reference import Recording, own_recording, read_recording
from voiceact.engines.neural.styles import bank_digest, read_styles
from voiceact.engines.remote.client import number
from voiceact.errors import UsageError
from voiceact.runtime import weights
from voiceact.runtime.weight_licences import licence_of, output_licence

DEFAULT = "chatterbox"
BUILT_IN = "built-in"
MOST_CHARACTERS = 280
"""said at once: it becomes unstable from 300 on (resemble-ai/chatterbox#424)"""
WATERMARKED = "; every take carries Resemble's Perth watermark"
TURBO_TAGS = "chatterbox-turbo"
TURBO_LUFS = -27.0
"""at which Turbo hears a voice, the package's own figure"""


@dataclass(frozen=True)
class Asked:
    """Something to be spoken at once, and what the model is told with it.

    told: keyword arguments of its generate
    """

    text: str
    conditionals: Any
    told: Mapping[str, Any]


class ChatterboxEngine:
    """Implements `voiceact.engines.base.Engine`; the model is loaded when the engine is made, and stays."""

    name = "chatterbox"
    card = Card("exaggeration and guidance by intensity, whatever the category; the persona's recording, styles, level; "
                "Turbo: [laugh] and [chuckle] instead of the knobs", LANGUAGES,
                Licences("MIT", "MIT", "no restriction by the model's licence" + WATERMARKED), ("chatterbox-tts", "torch"),
                "chatterbox", isolated=True)
    options = {
        **{name: text for name, text in COMMON_OPTIONS.items() if name != "dtype"},
        "variant": f"{', '.join(VARIANTS)}; default is the first of them that the folder holds",
        "voice": "`built-in` lets personas without a recording speak with the model's one voice",
        "styles": "recordings that carry a feeling: a JSON file, or a folder of verified clips",
        "temperature": "of the drawing, above 0; default is 0.8",
    }

    def __init__(self, model: str | None = None, device: str = "auto", variant: str | None = None, voice: str | None = None,
                 styles: str | None = None, temperature: str | None = None):
        if voice not in (None, BUILT_IN):
            raise UsageError(f"voice={voice!r} is not known; expected {BUILT_IN}, or no such option")
        self.version = require_library()
        self._device = device_of(device, self.name)
        folder = weights.locate(model, DEFAULT)
        self._variant = variant_in(folder, variant)
        self._model = within_memory(self._device, lambda: load(folder, self._variant, self._device))
        self._built_in = self._model.conds if voice else None
        if voice and self._built_in is None:
            raise UsageError(f"{folder} has no conds.pt, so the model has no voice of its own; leave voice={BUILT_IN} out")
        self._temperature = number(temperature, "temperature") if temperature else 0.8
        self._bank = read_styles(styles) if styles else ()
        self._heard: dict[tuple[str, int], Any] = {}
        self._leveller, self._told = Leveller(self._plainly), set[str]()
        self.model_sha256 = _digest(folder, variant=self._variant, voice=voice, temperature=temperature,
                                    styles=bank_digest(self._bank) if self._bank else None)
        licence = licence_of(folder)
        self.capabilities = Capabilities(
            moves=frozenset({"energy"}), languages=languages_of(self._model, self._variant),
            licences=Licences("MIT", licence, output_licence(licence) + WATERMARKED), sample_rate=int(self._model.sr),
            deterministic=self._device.type == "cpu", reference=True)

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`).

        Raises:
            UsageError: another language, no voice for the persona, a recording without consent, or nothing to say
            VoiceactError: the device's memory is full
        """
        spoken = self._spoken(self._pieces(text, persona, direction, language), seed)
        rate = self.capabilities.sample_rate
        return finished(spoken, rate, out_rate=rate, gain=self._gain(persona, direction), seed=seed)

    def stream(self, text: str, persona: Persona, direction: Direction, *, language: str = "en",
               seed: int = 0) -> Iterator[Samples]:
        """Speak `text` a piece at a time, float32 [n] at the engine's rate: the package gives none before a piece has ended."""
        pieces, rate = self._pieces(text, persona, direction, language), self.capabilities.sample_rate
        gain = self._gain(persona, direction)
        return (finished(self._spoken([piece], seed + index), rate, out_rate=rate, gain=gain, seed=seed + index).samples
                for index, piece in enumerate(pieces))

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """What of the mix this model has no way to be told: which feeling it is, one phrase."""
        asked = strongest(direction.mix)
        if asked is None or style_clip(self._bank, direction.mix):
            return []
        if self._variant != "turbo":
            return [f"category {asked[0]!r} but by how much of it (one knob for all feelings)"]
        sound = tag(TURBO_TAGS, direction.mix)
        return [f"category {asked[0]!r} but by {f'the sound {sound}' if sound else 'energy'}"]

    # --- Before a line

    def _pieces(self, text: str, persona: Persona, direction: Direction, language: str) -> list[Asked]:
        check_language(self, language)
        said = untagged(text)
        if not any(letter.isalnum() for letter in said):
            raise UsageError(f"text {text!r} has nothing to say; expected words")
        voice, told = self._conditionals(persona, direction), self.arguments(persona, direction, language)
        texts = split_text(said, MOST_CHARACTERS)
        if self._variant == "turbo":
            texts[0] = tagged(TURBO_TAGS, texts[0], direction.mix)
        return [Asked(piece, voice, told) for piece in texts]

    def arguments(self, persona: Persona, direction: Direction, language: str) -> dict[str, Any]:
        """What generate is told beside the text; see `arguments_of`."""
        return arguments_of(self._variant, persona, direction, language) | {"temperature": self._temperature}

    def _conditionals(self, persona: Persona, direction: Direction) -> Any:
        """The persona's own, its way of speaking from a style clip if one fits; a new object each time."""
        from copy import copy

        own = copy(self._own(persona))
        found = style_clip(self._bank, direction.mix)
        if found:
            style = copy(self._hear(found[0].path))
            # Who speaks stays: the speaker's embedding, and all that the vocoder takes. How is continued from the style.
            t3 = copy(own.t3)
            t3.cond_prompt_speech_tokens = style.t3.cond_prompt_speech_tokens
            own.t3 = t3
        return own

    def _own(self, persona: Persona) -> Any:
        if persona.voice.reference:
            own_recording(persona)  # consent, and that it can be read
            return self._hear(Path(persona.voice.reference))
        if self._built_in is None:
            raise UsageError(f"persona {persona.name!r} has no recording, and Chatterbox imitates one; give the persona a "
                             f"voice.reference (with consent), or voice={BUILT_IN} for the model's one voice")
        if persona.name not in self._told:
            self._told.add(persona.name)
            warnings.warn(f"engine {self.name!r}: persona {persona.name!r} has no recording and speaks with the model's own "
                          "voice, as all others without one", stacklevel=5)
        return self._built_in

    def _hear(self, path: Path) -> Any:
        """What the model hears in a recording; heard once, as long as the file does not change."""
        key = (str(path), path.stat().st_mtime_ns if path.exists() else 0)
        if key not in self._heard:
            recording = read_recording(path)
            if self._variant == "turbo" and len(recording.samples) <= 5 * recording.rate:
                raise UsageError(f"{path}: is {len(recording.samples) / recording.rate:.2f} s long; Turbo needs more than 5 s")
            self._listen(path, recording)
            # The model keeps the last voice it heard and would go on with it, so it is told the voice every time.
            self._heard[key] = self._model.conds
        return self._heard[key]

    def _listen(self, path: Path, recording: Recording) -> None:
        if self._variant != "turbo":
            self._model.prepare_conditionals(str(path))
            return
        # Turbo brings a voice to -27 LUFS first, and by that to float64 where numpy is 2, which it then cannot hear.
        level = loudness_lufs(recording.samples, recording.rate)
        gain = 10 ** ((TURBO_LUFS - level) / 20) if np.isfinite(level) else 1.0
        with TemporaryDirectory() as place:
            sound = Path(place) / "voice.wav"
            audio.write(sound, recording.samples * np.float32(gain), recording.rate)
            self._model.prepare_conditionals(str(sound), norm_loudness=False)

    # --- Speaking

    def _spoken(self, pieces: Sequence[Asked], seed: int) -> list[Samples]:
        with seeded(seed, self._device, self.name):
            return in_batches(pieces, 1, lambda batch: [self._say(batch[0])])

    def _say(self, asked: Asked) -> Samples:
        self._model.conds = asked.conditionals
        found: Samples = self._model.generate(asked.text, **asked.told).squeeze(0).numpy()
        return found

    def _plainly(self, persona: Persona) -> tuple[Samples, int]:
        pieces = self._pieces(CALIBRATION, persona, Direction(Moves(), ""), "en")
        return np.concatenate(self._spoken(pieces, 0)), self.capabilities.sample_rate

    def _gain(self, persona: Persona, direction: Direction) -> float:
        return self._leveller.gain(persona) * 10 ** (direction.moves.energy / 20)


def arguments_of(variant: str, persona: Persona, direction: Direction, language: str) -> dict[str, Any]:
    """The knobs of a direction: exaggeration rises and guidance falls with intensity; Turbo ignores both and is told neither.

    A voice that speaks a language not its own is guided less, as the package advises, so that its accent stays behind.
    """
    if variant == "turbo":
        return {}
    told: dict[str, Any] = {"exaggeration": exaggeration(persona, direction.mix), "cfg_weight": guidance(direction.mix)}
    if variant == "multilingual":
        foreign = bool(persona.voice.reference) and persona.language.partition("-")[0] != language
        told |= {"language_id": language} | ({"cfg_weight": 0.0} if foreign else {})
    return told


def _digest(folder: Path, **settings: Any) -> str:
    lines = [f"{name}={value}" for name, value in sorted(settings.items()) if value]
    return sha256("\n".join([weights.fingerprint(folder), *lines]).encode()).hexdigest()
