"""The models of coqui-tts: XTTS, which takes a persona from a recording, VITS, and whatever else its list names.

    from voiceact.engines.coqui import CoquiEngine

    engine = CoquiEngine(model="~/xtts", styles="~/styles.json")

docs/engines/coqui.md says what is followed and what is not.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from voiceact.acting.controls import StyleClip, strongest, style_clip, untagged
from voiceact.acting.direction import Direction
from voiceact.acting.intensity import HIGHEST
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import Capabilities, Card, Licences, Take, check_language
from voiceact.engines.neural.common import (
    CALIBRATION,
    CEILING_DB,
    COMMON_OPTIONS,
    Leveller,
    device_of,
    dtype_of,
    finished,
    in_batches,
    out_of_memory,
    seeded,
)
from voiceact.engines.neural.coqui.loading import load_synthesizer, load_xtts, read_config, require_library
from voiceact.engines.neural.coqui.voices import Synthesizer
from voiceact.engines.neural.coqui.weights import Found, find_model
from voiceact.engines.neural.coqui.xtts import STREAM_TOKENS, Voice, Xtts, studio_speaker
from voiceact.engines.neural.styles import bank_digest, categories, read_styles
from voiceact.engines.remote.client import number, read_mapping_file
from voiceact.errors import UnknownNameError, UsageError, VoiceactError, listed

GAP_SECONDS = 0.12
XTTS_LANGUAGES = ("en", "es", "fr", "de", "it", "pt", "pl", "tr", "ru", "nl", "cs", "ar", "zh", "hu", "ko", "ja", "hi")

Result = TypeVar("Result")


class CoquiEngine:
    """Implements `voiceact.engines.base.Engine`; the model is loaded when the engine is made, and stays."""

    name = "coqui"
    card = Card("a reference recording, style recordings by intensity, rate and level", XTTS_LANGUAGES,
                Licences("MPL-2.0", "CPML (non-commercial) for XTTS-v2; of other models, theirs", "as the weights"),
                ("coqui-tts", "torch", "torchaudio", "torchcodec", "six"), "coqui")
    options = {
        **COMMON_OPTIONS,
        "model": "a folder or file of weights, or a name of the library's list (tts_models/…); default is xtts-v2",
        "styles": "recordings that carry a feeling: a JSON file, or a folder of verified clips (XTTS)",
        "temperature": "of the drawing, above 0; default is the model's own (XTTS)",
        "speaker": "the model's voice for every persona without a recording",
        "speakers": "a JSON file: persona -> the model's voice",
        "vocoder": "a folder with the vocoder of a model that makes spectra",
        "language": "of a model that does not say which it speaks",
    }

    def __init__(self, model: str | None = None, device: str = "auto", dtype: str = "auto", styles: str | None = None,
                 temperature: str | None = None, speaker: str | None = None, speakers: str | None = None,
                 vocoder: str | None = None, language: str | None = None):
        self.version = require_library()
        self._device = device_of(device, self.name)
        # The library runs in float32, also on a GPU; less is autocast, and only if it is asked for.
        self._dtype = dtype_of("float32" if dtype == "auto" else dtype, self._device, self.name)
        self._bank = read_styles(styles) if styles else ()
        self._speaker, self._speakers = speaker, read_mapping_file(speakers, "speakers")
        found = find_model(model, vocoder)
        self._model = self._loaded(found, _warmth(temperature), language)
        self._check_options(styles, temperature, dtype)
        self._leveller, self._told = Leveller(self._plainly), set[str]()
        self.model_sha256 = _digest(found, self._bank, temperature=temperature, speaker=speaker, speakers=self._speakers,
                                    dtype=None if dtype in ("auto", "float32") else dtype)
        self.capabilities = Capabilities(
            moves=frozenset({"energy", "rate"} if self._model.paced else {"energy"}), languages=tuple(self._model.languages),
            licences=Licences("MPL-2.0", found.licences, found.output_licence), sample_rate=self._model.sample_rate,
            deterministic=self._device.type == "cpu", reference=self._model.clones)

    def _loaded(self, found: Found, temperature: float | None, language: str | None) -> Xtts | Synthesizer:
        config = read_config(found)
        if config.model == "xtts":
            return self._in_memory(lambda: Xtts(load_xtts(found, config), self._device, self._dtype, temperature))
        spoken = _languages(config, found, language)
        return self._in_memory(lambda: Synthesizer(load_synthesizer(found, config).to(self._device), spoken))

    def _check_options(self, styles: str | None, temperature: str | None, dtype: str) -> None:
        """What only XTTS can do is refused elsewhere, rather than left out in silence."""
        if isinstance(self._model, Xtts):
            return
        for option, value in (("styles", styles), ("temperature", temperature),
                              ("dtype", None if dtype in ("auto", "float32") else dtype)):
            if value:
                raise UsageError(f"option {option}={value} is followed by XTTS only, and the model is none; leave it out")

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`).

        Raises:
            UsageError: another language, no voice for the persona, a recording without consent, or nothing to say
            VoiceactError: the device's memory is full
        """
        pieces, voice = self._prepared(text, persona, direction, language)
        spoken = self._spoken(pieces, language, voice, direction.moves.rate * persona.voice.rate, seed)
        rate = self._model.sample_rate
        return finished(spoken, rate, out_rate=rate, gain=self._gain(persona, direction), seed=seed, gap_seconds=GAP_SECONDS)

    def stream(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0,
               tokens: int = STREAM_TOKENS) -> Iterator[Samples]:
        """Speak `text` in chunks, float32 [n] at the engine's rate, as they are made; XTTS gives one every `tokens` tokens.

        Other models give one a piece of text. Raises as `perform`, before the first chunk. The words are the same as
        of `perform`, the samples are not: XTTS draws and decodes a stream otherwise.
        """
        pieces, voice = self._prepared(text, persona, direction, language)
        return self._streamed(pieces, language, voice, persona, direction, seed, tokens)

    def _streamed(self, pieces: Sequence[str], language: str, voice: Voice, persona: Persona, direction: Direction, seed: int,
                  tokens: int) -> Iterator[Samples]:
        rate, gain = direction.moves.rate * persona.voice.rate, self._gain(persona, direction)
        for index, piece in enumerate(pieces):
            if index:
                yield np.zeros(round(GAP_SECONDS * self._model.sample_rate), np.float32)
            if isinstance(self._model, Xtts):
                chunks = self._model.stream(piece, language, voice, rate, seed=seed + index, tokens=tokens)
            else:
                chunks = iter(self._spoken([piece], language, voice, rate, seed + index))
            while (chunk := self._in_memory(lambda chunks=chunks: next(chunks, None))) is not None:  # type: ignore[misc]
                # The gain of a whole take may look ahead; a stream cannot, so its peaks are cut.
                yield np.clip(chunk * np.float32(gain), -_CEILING, _CEILING)

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """What of the mix no style clip carries, one phrase each (empty if nothing is asked)."""
        asked = strongest(direction.mix)
        if asked is None:
            return []
        others = [f"category {category!r} beside the stronger {asked[0]!r}" for category, level in direction.mix
                  if level > 0 and category != asked[0]]
        if style_clip(self._bank, direction.mix) is not None:
            return others
        has = f"the bank of styles has only {', '.join(categories(self._bank))}" if self._bank else "no bank of styles is given"
        return [f"category {asked[0]!r} but by {' and '.join(sorted(self.capabilities.moves))} ({has})", *others]

    # --- Before a line

    def _prepared(self, text: str, persona: Persona, direction: Direction, language: str) -> tuple[list[str], Voice]:
        check_language(self, language)
        said = untagged(text)
        if not any(letter.isalnum() for letter in said):
            raise UsageError(f"text {text!r} has nothing to say; expected words")
        voice = self._voice(persona, self._style(persona, direction))
        try:
            return self._model.pieces(said, language), voice
        except ImportError as error:
            raise UsageError(f"language {language!r} needs another part of the library ({str(error).strip()}); install it "
                             f"with: pip install 'coqui-tts[{language}]'") from error

    def _style(self, persona: Persona, direction: Direction) -> tuple[Path, float] | None:
        """A persona that shows more shows more of the clip."""
        shown = [(category, min(level * persona.strength(category), HIGHEST)) for category, level in direction.mix]
        asked, found = strongest(shown), style_clip(self._bank, shown)
        if asked and self._bank and not found and asked[0] not in self._told:
            self._told.add(asked[0])
            warnings.warn(f"engine {self.name!r}: {self.unheard(persona, direction)[0]}", stacklevel=4)
        return (found[0].path, found[1]) if found else None

    def _voice(self, persona: Persona, style: tuple[Path, float] | None) -> Voice:
        reference = persona.voice.reference
        if reference and not persona.consent:
            raise UsageError(f"persona {persona.name!r}: voice.reference is a recording of a real person and consent is "
                             "missing; expected consent with who, statement, date and evidence")
        if reference and self._model.clones:
            return Voice(Path(reference), style=style)
        if not self._model.speakers:
            if self._model.clones:
                raise UsageError(f"persona {persona.name!r} has no recording, and the model has no voices of its own; give the "
                                 "persona a voice.reference (with consent)")
            return Voice()
        return Voice(speaker=self._model_voice(persona), style=style)

    def _model_voice(self, persona: Persona) -> str:
        names = self._model.speakers
        asked = self._speakers.get(persona.name, self._speaker) or studio_speaker(persona, names)
        if asked is None:
            raise UsageError(f"persona {persona.name!r} has no voice among the {len(names)} of the model ({listed(names)}); "
                             f"give speaker=NAME for all, or speakers=FILE.json with {{\"{persona.name}\": \"NAME\"}}")
        if asked not in names:
            raise UnknownNameError("voice of the model", str(asked), names)
        return str(asked)

    # --- Speaking

    def _spoken(self, pieces: Sequence[str], language: str, voice: Voice, rate: float, seed: int) -> list[Samples]:
        with seeded(seed, self._device, self.name):
            return in_batches(pieces, 1, lambda batch: [self._model.speak(batch[0], language, voice, rate)])

    def _plainly(self, persona: Persona) -> tuple[Samples, int]:
        """The calibration, in English if the model speaks it: only its level counts."""
        language = "en" if "en" in self._model.languages else next(iter(self._model.languages))
        pieces = self._model.pieces(CALIBRATION, language)
        return np.concatenate(self._spoken(pieces, language, self._voice(persona, None), persona.voice.rate, 0)), \
            self._model.sample_rate

    def _gain(self, persona: Persona, direction: Direction) -> float:
        return self._leveller.gain(persona) * 10 ** (direction.moves.energy / 20)

    def _in_memory(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            raise VoiceactError(f"the model does not fit into the memory of {self._device}; take device=cpu, or a smaller "
                                "model") from error


_CEILING = np.float32(10 ** (CEILING_DB / 20))


def _warmth(temperature: str | None) -> float | None:
    found = None if temperature is None else number(temperature, "temperature")
    if found == 0:
        raise UsageError("temperature=0 draws nothing; expected a number above 0, such as 0.75")
    return found


def _languages(config: Any, found: Found, given: str | None) -> list[str]:
    """What a model speaks, as its configuration says it, else the library's list, else the user.

    Raises:
        UsageError: if nobody says
    """
    stated = [*(config.get("languages") or []),
              *(code for entry in config.get("datasets") or [] if (code := entry.get("language")))]
    stated = stated or [code for code in (found.language, config.get("phoneme_language"), given) if code][:1]
    if not stated:
        raise UsageError(f"{found.config} does not say which language the model speaks; add the option language=CODE")
    return list(dict.fromkeys(stated))


def _digest(found: Found, bank: Sequence[StyleClip], **settings: Any) -> str:
    """SHA-256 of the weights; with what else decides the sound, where the user set it."""
    lines = [f"{name}={value}" for name, value in sorted(settings.items()) if value]
    lines += [f"styles={bank_digest(bank)}"] if bank else []
    return sha256("\n".join([found.fingerprint(), *lines]).encode()).hexdigest() if lines else found.fingerprint()
