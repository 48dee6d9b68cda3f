"""Qwen3-TTS: a voice designed from words, nine voices that take an instruction, and cloning - or all of it together.

    from voiceact.engines.qwen import QwenEngine

    engine = QwenEngine(model="~/voice-design", base="~/base")

A voice that is designed anew for every line is another person every time. So it is designed once a persona, from a
seed that its name decides, and cloned from then on; docs/engines/qwen.md says how the acting comes in.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.controls import instruction, portrait, strongest, style_clip, untagged
from voiceact.acting.direction import Direction
from voiceact.acting.moves import Moves
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import BatchLine, Capabilities, Card, Licences, Take, check_language
from voiceact.engines.neural.common import CALIBRATION, Leveller, finished, split_text
from voiceact.engines.neural.qwen.model import FRAMES_A_SECOND, LANGUAGES, QwenModel, Spoken, load, read_kind, require_library
from voiceact.engines.neural.reference import Cast, Recording, own_recording, read_recording, voice_seed
from voiceact.engines.neural.styles import bank_digest, read_styles
from voiceact.engines.remote.client import number, read_mapping_file
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, device_of, dtype_of, in_batches, seeded, within_memory
from voiceact.runtime.weight_licences import licence_of, output_licence

DESIGN, CUSTOM, BASE = "voice_design", "custom_voice", "base"
KINDS = {DESIGN: "qwen3-tts-voice-design", CUSTOM: "qwen3-tts-custom-voice", BASE: "qwen3-tts-base"}
"""tts_model_type of config.json -> its name in `voiceact model list`"""
NONE = "none"
PLAINLY = "Speaks plainly, without any feeling."
MOST_CHARACTERS = 400
BATCH = 4
REMEMBERED = 64
"""acted recordings that are kept, a persona and an instruction each"""


class QwenEngine:
    """Implements `voiceact.engines.base.Engine`; the models are loaded when the engine is made, and stay."""

    name = "qwen"
    reaches_out = False
    card = Card(
        "an instruction in words (not the 0.6B voices, which drop it without a word), the persona's recording, level",
        tuple(LANGUAGES),
        Licences("Apache-2.0", "Apache-2.0", "no restriction by the model's licence"),
        ("qwen-tts", "torch"),
        "qwen",
        isolated=True,
    )
    options = {
        **COMMON_OPTIONS,
        "model": Option(
            "a folder with VoiceDesign, CustomVoice or Base, or its name in `voiceact model list`; default is VoiceDesign",
            "a file",
        ),
        "base": Option("a folder with Base, which clones what VoiceDesign designed; `none` designs every line anew", "a file"),
        "speaker": "one of CustomVoice's voices, for every persona",
        "speakers": Option("a JSON file: persona -> one of CustomVoice's voices", "a file"),
        "styles": Option("recordings that carry a feeling, each with its words beside it, for cloning with Base", "a file"),
        "cast": Option("a folder that keeps the voices designed for personas without a recording", "a file"),
        "temperature": "of the drawing, above 0; default is the model's own",
        "seconds": "after which a piece of text that has not ended is cut",
    }

    def __init__(
        self,
        model: str | None = None,
        base: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        speaker: str | None = None,
        speakers: str | None = None,
        styles: str | None = None,
        cast: str | None = None,
        temperature: str | None = None,
        seconds: str | None = None,
    ):
        self.version = require_library()
        self._device = device_of(device, self.name)
        folders = _folders(model, base)
        kind, drawing = dtype_of(dtype, self._device, self.name), _drawing(temperature, seconds)
        self._models = {
            made.kind: made
            for folder in folders
            for made in [within_memory(self._device, partial(load, folder, self._device, kind, drawing))]
        }
        self._speaker, self._speakers = speaker, read_mapping_file(speakers, "speakers")
        self._bank = read_styles(styles) if styles else ()
        self._check_kinds(styles, speaker or speakers)
        self._cast = Cast(self._designed, cast)
        self._acted: dict[tuple[str, str], Recording] = {}
        self._leveller = Leveller(self._plainly)
        self.model_sha256 = _digest(
            folders,
            speaker=speaker,
            speakers=self._speakers,
            temperature=temperature,
            seconds=seconds,
            styles=bank_digest(self._bank) if self._bank else None,
        )
        self.capabilities = self._able(folders)

    def _able(self, folders: Sequence[Path]) -> Capabilities:
        licence = " AND ".join(dict.fromkeys(licence_of(folder) for folder in folders))
        return Capabilities(
            moves=frozenset({"energy"}),
            languages=tuple(self._speaking.languages),
            licences=Licences("Apache-2.0", licence, output_licence(licence)),
            sample_rate=self._speaking.sample_rate,
            deterministic=self._device.type == "cpu",
            instruction=self._instructed,
            reference=BASE in self._models,
        )

    @property
    def _speaking(self) -> QwenModel:
        """The model that says the lines: Base where there is one, else the only one."""
        return self._models.get(BASE) or next(iter(self._models.values()))

    @property
    def _instructed(self) -> bool:
        return DESIGN in self._models or (CUSTOM in self._models and not self._models[CUSTOM].drops_instructions)

    def _check_kinds(self, styles: str | None, speakers: str | None) -> None:
        """What a kind of model cannot do is refused or said, rather than left out in silence."""
        if styles and BASE not in self._models:
            raise UsageError(f"option styles={styles} is followed by Base only; give its folder as base=FOLDER")
        if speakers and CUSTOM not in self._models:
            raise UsageError("speaker and speakers are voices of CustomVoice, and the model is none; leave them out")
        if CUSTOM in self._models and not self._instructed:
            warnings.warn(
                f"engine {self.name!r}: this CustomVoice model (size {self._models[CUSTOM].size}) drops every "
                "instruction; the 1.7B model follows them",
                stacklevel=3,
            )
        if set(self._models) == {DESIGN}:
            warnings.warn(
                f"engine {self.name!r}: without Base every line is designed anew, so a persona is not one person", stacklevel=3
            )

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`); the pieces of a long text are one batch.

        Raises:
            UsageError: another language, no voice for the persona, a recording without consent, or nothing to say
            VoiceactError: the device's memory is full
        """
        return self.perform_batch([BatchLine(text, persona, direction, language)], seed=seed)[0]

    def perform_batch(self, requests: Sequence[BatchLine], *, seed: int = 0) -> list[Take]:
        """Speak several lines at once, all from one seed: the same batch gives the same takes, another batch gives others."""
        prepared = [self._pieces(request) for request in requests]
        sounds = iter(self._spoken([piece for pieces in prepared for piece in pieces], seed))
        rate = self._speaking.sample_rate
        return [
            finished([next(sounds) for _ in pieces], rate, out_rate=rate, gain=self._gain(request), seed=seed)
            for request, pieces in zip(requests, prepared, strict=True)
        ]

    def stream(
        self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0
    ) -> Iterator[Samples]:
        """Speak `text` a piece at a time, float32 [n] at the engine's rate: the package gives none before a piece has ended."""
        request = BatchLine(text, persona, direction, language)
        pieces, gain, rate = self._pieces(request), self._gain(request), self._speaking.sample_rate
        return (
            finished(self._spoken([piece], seed + index), rate, out_rate=rate, gain=gain, seed=seed + index).samples
            for index, piece in enumerate(pieces)
        )

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """What of the mix these models have no way to be told for this persona, one phrase each."""
        asked = strongest(direction.mix)
        if asked is None or style_clip(self._bank, direction.mix):
            return []
        if persona.voice.reference and BASE in self._models:
            return [f"category {asked[0]!r} but by energy (beside a recording of the persona's own, only styles carry one)"]
        return [] if self._instructed else [f"category {asked[0]!r} but by energy (this model takes no instruction)"]

    # --- Before a line

    def _pieces(self, request: BatchLine) -> list[Spoken]:
        check_language(self, request.language)
        said = untagged(request.text)
        if not any(letter.isalnum() for letter in said):
            raise UsageError(f"text {request.text!r} has nothing to say; expected words")
        whole = self._asked(request)
        return [replace(whole, text=text) for text in split_text(said, MOST_CHARACTERS)]

    def _asked(self, request: BatchLine) -> Spoken:
        """Everything but the text: whose voice, and how."""
        persona, direction = request.persona, request.direction
        spoken = Spoken("", LANGUAGES[request.language])
        if BASE in self._models:
            own = self._voice(persona)
            return replace(spoken, recording=own, style=self._style(persona, direction))
        if CUSTOM in self._models:
            told = direction.instruction if self._instructed else ""
            return replace(spoken, speaker=self._own_voice(persona), instruct=told)
        if persona.voice.reference:
            raise UsageError(f"persona {persona.name!r} has a recording, and VoiceDesign clones none; give Base as base=FOLDER")
        return replace(spoken, instruct=instruction(persona, direction))

    def _voice(self, persona: Persona) -> Recording:
        if DESIGN not in self._models and not persona.voice.reference:
            raise UsageError(
                f"persona {persona.name!r} has no recording, and Base has no voice of its own; give the persona a "
                "voice.reference (with consent), or VoiceDesign as model=FOLDER and this one as base=FOLDER"
            )
        return self._cast.recording(persona)

    def _style(self, persona: Persona, direction: Direction) -> Recording | None:
        """The recording whose way of speaking is gone on with; None is the persona's own."""
        found = style_clip(self._bank, direction.mix)
        if found:
            return read_recording(found[0].path, with_words=True)
        if strongest(direction.mix) is None or DESIGN not in self._models or own_recording(persona):
            return None
        key = (persona.name + portrait(persona), direction.instruction)
        if key not in self._acted:
            if len(self._acted) >= REMEMBERED:
                self._acted.pop(next(iter(self._acted)))
            # From the seed of the persona's own voice, so that as little as possible but the acting is another.
            self._acted[key] = self._design(instruction(persona, direction), voice_seed(persona))
        return self._acted[key]

    def _designed(self, persona: Persona, seed: int) -> Recording:
        return self._design(f"{portrait(persona)} {PLAINLY}", seed)

    def _design(self, words: str, seed: int) -> Recording:
        model = self._models[DESIGN]
        with seeded(seed, self._device, self.name):
            return Recording(model.speak([Spoken(CALIBRATION, "english", instruct=words)])[0], model.sample_rate, CALIBRATION)

    def _own_voice(self, persona: Persona) -> str:
        names = self._models[CUSTOM].speakers
        asked = self._speakers.get(persona.name, self._speaker)
        if asked is None:
            raise UsageError(
                f"persona {persona.name!r} has no voice among the {len(names)} of the model ({listed(names)}); "
                f'give speaker=NAME for all, or speakers=FILE.json with {{"{persona.name}": "NAME"}}'
            )
        if str(asked).lower() not in names:
            raise UnknownNameError("voice of the model", str(asked), names)
        return str(asked).lower()

    # --- Speaking

    def _spoken(self, pieces: Sequence[Spoken], seed: int) -> list[Samples]:
        with seeded(seed, self._device, self.name):
            return in_batches(
                pieces,
                BATCH,
                self._speaking.speak,
                told=lambda sentence: warnings.warn(f"engine {self.name!r}: {sentence}", stacklevel=6),
            )

    def _plainly(self, persona: Persona) -> tuple[Samples, int]:
        pieces = self._pieces(BatchLine(CALIBRATION, persona, Direction(Moves(), PLAINLY), "en"))
        return np.concatenate(self._spoken(pieces, 0)), self._speaking.sample_rate

    def _gain(self, request: BatchLine) -> float:
        return self._leveller.gain(request.persona) * 10 ** (request.direction.moves.energy / 20)


def _folders(model: str | None, base: str | None) -> list[Path]:
    """Where the models lie: one, or VoiceDesign and the Base that clones it."""
    first = weights.locate(model, KINDS[DESIGN])
    designs = read_kind(first) == DESIGN
    if base not in (None, NONE) and not designs:
        raise UsageError(f"base={base} clones what VoiceDesign designs, and {first} is none; leave base out")
    return [first, weights.locate(base, KINDS[BASE])] if designs and base != NONE else [first]


def _drawing(temperature: str | None, seconds: str | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for option, text in (("temperature", temperature), ("seconds", seconds)):
        value = None if text is None else number(text, option)
        if value == 0:
            raise UsageError(f"{option}=0 makes no sense; expected a number above 0")
        if value and option == "seconds":
            told["max_new_tokens"] = max(2, round(value * FRAMES_A_SECOND))
        elif value:
            told |= {"temperature": value, "subtalker_temperature": value}
    return told


def _digest(folders: Sequence[Path], **settings: Any) -> str:
    """SHA-256 of all weights; with what else decides the sound, where the user set it."""
    lines = [weights.fingerprint(folder) for folder in folders]
    lines += [f"{name}={value}" for name, value in sorted(settings.items()) if value]
    return lines[0] if len(lines) == 1 else sha256("\n".join(lines).encode()).hexdigest()
