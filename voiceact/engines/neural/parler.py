"""Parler-TTS: a voice and its acting described in one or two sentences.

    from voiceact.engines.parler import ParlerEngine

    engine = ParlerEngine(model="~/parler-tts-mini-expresso")

docs/engines/parler.md says which words it was trained on.
"""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.controls import description, untagged
from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import BatchLine, Capabilities, Card, Licences, Take, check_language
from voiceact.engines.neural.common import CALIBRATION, Leveller, as_samples, finished, split_text
from voiceact.engines.remote.client import number, read_mapping_file
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.seeds import draw_integer
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, device_of, dtype_of, in_batches, seeded, within_memory
from voiceact.runtime.weight_licences import licence_of, output_licence

DEFAULT = "parler-tts-mini-expresso"
NAMES = {"female": ("Elisabeth", "Talia"), "male": ("Jerry", "Thomas")}
"""voices of the default weights, by their card; a name keeps a persona one person"""
MOST_CHARACTERS = 250
BATCH = 4


class ParlerEngine:
    """Implements `voiceact.engines.base.Engine`; the model is loaded when the engine is made, and stays."""

    name = "parler"
    reaches_out = False
    card = Card(
        "a description in words, level",
        ("en",),
        Licences("Apache-2.0", "CC-BY-NC-4.0 (mini-expresso); Apache-2.0 (mini and large v1)", "as the weights"),
        ("parler-tts", "torch"),
        "parler",
        isolated=True,
    )
    options = {
        **COMMON_OPTIONS,
        "speaker": "a name the model knows, for every persona",
        "speakers": Option("a JSON file: persona -> a name the model knows", "a file"),
        "temperature": "of the drawing, above 0; default is the model's own",
        "seconds": "after which a piece of text that has not ended is cut; default is the model's own limit",
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        speaker: str | None = None,
        speakers: str | None = None,
        temperature: str | None = None,
        seconds: str | None = None,
    ):
        self.version = require_library()
        self._device = device_of(device, self.name)
        folder = weights.locate(model, DEFAULT)
        kind = dtype_of(dtype, self._device, self.name)
        self._model, self._tokenizer, self._describing = within_memory(self._device, lambda: load(folder, self._device, kind))
        self._drawing = self._drawn(temperature, seconds)
        self._speaker, self._speakers = speaker, read_mapping_file(speakers, "speakers")
        lock = weights.read_lock(folder)
        self._named = bool(lock and lock.name == DEFAULT)
        self._leveller, self._told = Leveller(self._plainly), set[str]()
        self.model_sha256 = _digest(folder, speaker=speaker, speakers=self._speakers, temperature=temperature, seconds=seconds)
        licence = licence_of(folder)
        self.capabilities = Capabilities(
            moves=frozenset({"energy"}),
            languages=("en",),
            licences=Licences("Apache-2.0", licence, output_licence(licence)),
            sample_rate=int(self._model.config.sampling_rate),
            deterministic=self._device.type == "cpu",
            instruction=True,
        )

    def _drawn(self, temperature: str | None, seconds: str | None) -> dict[str, Any]:
        told: dict[str, Any] = {"do_sample": True, "return_dict_in_generate": True}
        if temperature:
            told["temperature"] = number(temperature, "temperature")
        if seconds:
            frames = float(self._model.audio_encoder.config.frame_rate)
            # The last codebook of a frame comes that many steps after its first.
            told["max_new_tokens"] = round(number(seconds, "seconds") * frames) + self._model.decoder.num_codebooks + 1
        return told

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`); the pieces of a long text are one batch.

        Raises:
            UsageError: another language, or nothing to say
            VoiceactError: the device's memory is full
        """
        return self.perform_batch([BatchLine(text, persona, direction, language)], seed=seed)[0]

    def perform_batch(self, requests: Sequence[BatchLine], *, seed: int = 0) -> list[Take]:
        """Speak several lines at once, all from one seed: the same batch gives the same takes, another batch gives others."""
        prepared = [self._pieces(request) for request in requests]
        sounds = iter(self._spoken([piece for pieces in prepared for piece in pieces], seed))
        rate = self.capabilities.sample_rate
        return [
            finished([next(sounds) for _ in pieces], rate, out_rate=rate, gain=self._gain(request), seed=seed)
            for request, pieces in zip(requests, prepared, strict=True)
        ]

    def stream(
        self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0
    ) -> Iterator[Samples]:
        """Speak `text` a piece at a time, float32 [n] at the engine's rate, each piece when it has ended."""
        request = BatchLine(text, persona, direction, language)
        pieces, gain, rate = self._pieces(request), self._gain(request), self.capabilities.sample_rate
        return (
            finished(self._spoken([piece], seed + index), rate, out_rate=rate, gain=gain, seed=seed + index).samples
            for index, piece in enumerate(pieces)
        )

    # --- Before a line

    def _pieces(self, request: BatchLine) -> list[tuple[str, str]]:
        """Each piece of the text with the description of how it is spoken."""
        check_language(self, request.language)
        said = untagged(request.text)
        if not any(letter.isalnum() for letter in said):
            raise UsageError(f"text {request.text!r} has nothing to say; expected words")
        if request.persona.voice.reference:
            raise UsageError(
                f"persona {request.persona.name!r} has a recording, and Parler-TTS imitates none; take an engine "
                "that does, or a persona without one"
            )
        how = description(request.persona, request.direction, self._name_of(request.persona))
        return [(piece, how) for piece in split_text(said, MOST_CHARACTERS)]

    def _name_of(self, persona: Persona) -> str | None:
        asked = self._speakers.get(persona.name, self._speaker)
        if asked:
            return str(asked)
        if self._named:
            able = NAMES.get(persona.gender, (*NAMES["female"], *NAMES["male"]))
            return able[draw_integer(persona.name) % len(able)]
        if persona.name not in self._told:
            self._told.add(persona.name)
            warnings.warn(
                f"engine {self.name!r}: persona {persona.name!r} has no name that the model knows, so each line may "
                "be another person's; give speaker=NAME, or speakers=FILE.json",
                stacklevel=5,
            )
        return None

    # --- Speaking

    def _spoken(self, pieces: Sequence[tuple[str, str]], seed: int) -> list[Samples]:
        with seeded(seed, self._device, self.name):
            return in_batches(
                pieces,
                BATCH,
                self._together,
                told=lambda sentence: warnings.warn(f"engine {self.name!r}: {sentence}", stacklevel=6),
            )

    def _together(self, pieces: Sequence[tuple[str, str]]) -> list[Samples]:
        texts, how = ([piece[at] for piece in pieces] for at in (0, 1))
        from voiceact.runtime.transformers_loading import quiet

        read = self._tokenizer(texts, return_tensors="pt", padding=True).to(self._device)
        described = self._describing(how, return_tensors="pt", padding=True).to(self._device)
        with quiet("parler_tts"):
            told = self._model.generate(
                input_ids=described.input_ids,
                attention_mask=described.attention_mask,
                prompt_input_ids=read.input_ids,
                prompt_attention_mask=read.attention_mask,
                **self._drawing,
            )
        if min(told.audios_length) <= 1:
            raise VoiceactError("Parler-TTS ended before it had said anything; take another seed")
        return [as_samples(wave[:length]) for wave, length in zip(told.sequences, told.audios_length, strict=True)]

    def _plainly(self, persona: Persona) -> tuple[Samples, int]:
        pieces = self._pieces(BatchLine(CALIBRATION, persona, Direction(Moves(), ""), "en"))
        return np.concatenate(self._spoken(pieces, 0)), self.capabilities.sample_rate

    def _gain(self, request: BatchLine) -> float:
        return self._leveller.gain(request.persona) * 10 ** (request.direction.moves.energy / 20)


def require_library() -> str:
    """The version of parler-tts.

    Raises:
        MissingExtraError: if it or torch is not installed
    """
    try:
        with redirect_stdout(sys.stderr):
            import parler_tts
    except ImportError as error:
        raise MissingExtraError("engine 'parler'", "parler") from error
    return str(parler_tts.__version__)


def load(folder: Path, device: Any, dtype: Any) -> tuple[Any, Any, Any]:
    """The model with all of its weights, the tokenizer of what is read, and that of descriptions.

    Raises:
        UsageError: files missing, cut short, of another architecture, or more than weights
    """
    from parler_tts import ParlerTTSForConditionalGeneration

    from voiceact.runtime.transformers_loading import lacking, load_tokenizer, opening, quiet, read_config

    kind = read_config(folder)["model_type"]
    if kind != "parler_tts":
        raise UsageError(f"{folder}: holds a model of the kind {kind!r}; expected parler_tts")
    with opening(folder), quiet("parler_tts"):
        model, told = ParlerTTSForConditionalGeneration.from_pretrained(
            folder, torch_dtype=dtype, local_files_only=True, output_loading_info=True
        )
    if told["missing_keys"]:
        raise lacking(folder, sorted(told["missing_keys"]))
    tokenizer = load_tokenizer(folder)
    # Models of several languages describe in another tokenizer than they read.
    apart = folder / "description_tokenizer"
    return model.to(device).eval(), tokenizer, load_tokenizer(apart) if apart.is_dir() else tokenizer


def _digest(folder: Path, **settings: Any) -> str:
    lines = [f"{name}={value}" for name, value in sorted(settings.items()) if value]
    found = weights.fingerprint(folder)
    return sha256("\n".join([found, *lines]).encode()).hexdigest() if lines else found
