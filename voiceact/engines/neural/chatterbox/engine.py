"""Chatterbox: the voice of a recording, one knob for the amount of emotion, and in Turbo a laugh written into the text.

    from voiceact.engines.neural.chatterbox.engine import ChatterboxEngine

    engine = ChatterboxEngine(model="~/chatterbox")

Every take carries the watermark that the package adds; docs/engines/chatterbox.md.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from voiceact import audio
from voiceact.acting.controls import choose_style_clip, exaggeration, guidance, list_sounds, sound_tag, strongest
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, loudness_lufs
from voiceact.engines.base import BatchLine, Capabilities, Card, Licences
from voiceact.engines.neural.base import NeuralEngine, model_digest
from voiceact.engines.neural.chatterbox.model import (
    CHATTERBOX_LANGUAGES,
    VARIANTS,
    check_watermarker,
    find_variant,
    languages_of,
    load_chatterbox,
)
from voiceact.engines.neural.reference import own_recording, read_recording
from voiceact.engines.neural.styles import bank_digest, read_styles
from voiceact.engines.remote.client import parse_number
from voiceact.errors import UsageError
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS
from voiceact.runtime.weight_licences import licence_of, output_licence

CHATTERBOX_WEIGHTS = "chatterbox"
BUILT_IN = "built-in"
MOST_CHARACTERS = 280
"""spoken at once: the model becomes unstable from 300 on (resemble-ai/chatterbox#424)"""
WATERMARKED = "; every take carries Resemble's Perth watermark"
TURBO_TAGS = "chatterbox-turbo"
TURBO_LUFS = -27.0
"""loudness to which Turbo brings a recording, the package's own figure"""
TURBO_SECONDS = 5
"""a recording for Turbo has to be longer"""


@dataclass(frozen=True)
class ConditionedText:
    """A piece of text with everything the model is given beside it.

    Attributes:
        text: what to say
        conditionals: the package's object of voice and way of speaking
        arguments: keyword arguments of the model's generate
    """

    text: str
    conditionals: Any
    arguments: Mapping[str, Any]


class ChatterboxEngine(NeuralEngine[ConditionedText]):
    """Chatterbox in its variants english, multilingual and turbo.

    Attributes:
        model: the package's model
        bank: style clips
    """

    name = "chatterbox"
    reaches_out = False
    modules = ("chatterbox.tts",)
    most_characters = MOST_CHARACTERS
    card = Card(
        "exaggeration and guidance by intensity, whatever the category; the persona's recording, styles, level; "
        "Turbo: [laugh] and [chuckle] instead of the knobs",
        CHATTERBOX_LANGUAGES,
        Licences("MIT", "MIT", "no restriction by the model's licence" + WATERMARKED),
        ("chatterbox-tts", "torch"),
        "chatterbox",
        isolated=True,
    )
    options = {
        **{name: text for name, text in COMMON_OPTIONS.items() if name != "dtype"},
        "variant": f"{', '.join(VARIANTS)}; default is the first of them that the folder holds",
        "voice": "`built-in` lets personas without a recording speak with the model's one voice",
        "styles": Option("recordings that carry a feeling: a JSON file, or a folder of verified clips", "a file"),
        "temperature": "of the drawing, above 0; default is 0.8",
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        variant: str | None = None,
        voice: str | None = None,
        styles: str | None = None,
        temperature: str | None = None,
        *,
        loaded: Any = None,
    ):
        """Load the model; the options are described in `options`.

        Args:
            loaded: the package's model that is already in memory, instead of loading the folder
        """
        if voice not in (None, BUILT_IN):
            raise UsageError(f"voice={voice!r} is not known; expected {BUILT_IN}, or no such option")
        super().__init__(device, injected=loaded is not None)
        folder = weights.locate(model, CHATTERBOX_WEIGHTS)
        self._variant = find_variant(folder, variant)
        self.model = loaded or self.load_within_memory(lambda: load_chatterbox(folder, self._variant, self.device))
        self.markers = TURBO_TAGS if self._variant == "turbo" else ""
        self._built_in = self.model.conds if voice else None
        if voice and self._built_in is None:
            raise UsageError(f"{folder} has no conds.pt, so the model has no voice of its own; leave voice={BUILT_IN} out")
        self._temperature = parse_number(temperature, "temperature") if temperature else 0.8
        self.bank = read_styles(styles) if styles else ()
        self._conditionals: dict[tuple[str, int], Any] = {}

        # Declare what it is.
        self.model_sha256 = model_digest(
            [weights.fingerprint(folder)],
            variant=self._variant,
            voice=voice,
            temperature=temperature,
            styles=bank_digest(self.bank) if self.bank else None,
        )
        licence = licence_of(folder)
        self.capabilities = Capabilities(
            moves=frozenset({"energy"}),
            languages=languages_of(self.model, self._variant),
            licences=Licences("MIT", licence, output_licence(licence) + WATERMARKED),
            sample_rate=int(self.model.sr),
            deterministic=self.runs_on_cpu,
            word_times=False,
            reference=True,
            sounds=list_sounds(self.markers),
        )

    @classmethod
    def require_library(cls) -> str:
        """Return the version of chatterbox-tts (see `NeuralEngine.require_library`).

        Raises:
            UsageError: if its watermarker cannot be loaded
        """
        version = super().require_library()
        check_watermarker()
        return version

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return which category this model cannot be given, one phrase."""
        category = strongest(direction.mix)
        if category is None or choose_style_clip(self.bank, direction.mix):
            return []
        if self._variant != "turbo":
            return [f"category {category[0]!r} but by how much of it (one knob for all feelings)"]
        sound = sound_tag(TURBO_TAGS, direction.mix)
        return [f"category {category[0]!r} but by {f'the sound {sound}' if sound else 'energy'}"]

    def pieces(self, request: BatchLine) -> list[ConditionedText]:
        """Return the pieces of a line, each with voice and knobs (see `NeuralEngine.pieces`)."""
        texts = self.text_pieces(request)
        persona, direction = request.persona, request.direction
        voice = self.conditionals(persona, direction)
        arguments = generate_arguments(self._variant, persona, direction, request.language)
        return [ConditionedText(text, voice, arguments | {"temperature": self._temperature}) for text in texts]

    def speak_batch(self, pieces: Sequence[ConditionedText]) -> list[Samples]:
        """Speak a piece (see `NeuralEngine.speak_batch`); the package takes one at a time."""
        sounds: list[Samples] = []
        for piece in pieces:
            # The model keeps the last voice it was given and would go on with it.
            self.model.conds = piece.conditionals
            sounds.append(self.model.generate(piece.text, **piece.arguments).squeeze(0).numpy())
        return sounds

    def conditionals(self, persona: Persona, direction: Direction) -> Any:
        """Return the persona's conditionals, with the way of speaking of a style clip if one fits; a new object each time."""
        own = copy(self.persona_conditionals(persona))
        clip = choose_style_clip(self.bank, direction.mix)
        if clip:
            style = self.recording_conditionals(clip[0].path)
            # The speaker stays: the embedding, and all that the vocoder takes. The way of speaking continues the style clip.
            own.t3 = copy(own.t3)
            own.t3.cond_prompt_speech_tokens = style.t3.cond_prompt_speech_tokens
        return own

    def persona_conditionals(self, persona: Persona) -> Any:
        """Return the conditionals of a persona's recording, or of the built-in voice.

        Raises:
            UsageError: no recording and no built-in voice, a recording without consent, or one that cannot be used
        """
        if persona.voice.reference:
            own_recording(persona)  # consent, and that it can be read
            return self.recording_conditionals(Path(persona.voice.reference))
        if self._built_in is None:
            raise UsageError(
                f"persona {persona.name!r} has no recording, and Chatterbox imitates one; give the persona a "
                f"voice.reference (with consent), or voice={BUILT_IN} for the model's one voice"
            )
        self.warn(
            f"persona {persona.name!r} has no recording and speaks with the model's own voice, as all others without one",
            once=persona.name,
        )
        return self._built_in

    def recording_conditionals(self, path: Path) -> Any:
        """Return the conditionals of a recording; computed once, until the file changes.

        Raises:
            UsageError: if the recording cannot be read, or is too short
        """
        key = (str(path), path.stat().st_mtime_ns if path.exists() else 0)
        if key in self._conditionals:
            return self._conditionals[key]
        recording = read_recording(path)
        seconds = len(recording.samples) / recording.rate
        if self._variant != "turbo":
            self.model.prepare_conditionals(str(path))
        elif seconds <= TURBO_SECONDS:
            raise UsageError(f"{path}: is {seconds:.2f} s long; Turbo needs more than {TURBO_SECONDS} s")
        else:
            # Turbo levels a recording itself, and turns it into float64 by that where numpy is 2, which it cannot process.
            level = loudness_lufs(recording.samples, recording.rate)
            gain = 10 ** ((TURBO_LUFS - level) / 20) if np.isfinite(level) else 1.0
            with TemporaryDirectory() as folder:
                sound = Path(folder) / "voice.wav"
                audio.write(sound, recording.samples * np.float32(gain), recording.rate)
                self.model.prepare_conditionals(str(sound), norm_loudness=False)
        self._conditionals[key] = self.model.conds
        return self._conditionals[key]


def generate_arguments(variant: str, persona: Persona, direction: Direction, language: str) -> dict[str, Any]:
    """Return the knobs of a direction: exaggeration rises and guidance falls with intensity; Turbo has neither.

    A voice that speaks a foreign language is guided less, as the package advises, so that its accent is left behind.
    """
    if variant == "turbo":
        return {}
    knobs: dict[str, Any] = {"exaggeration": exaggeration(persona, direction.mix), "cfg_weight": guidance(direction.mix)}
    if variant == "multilingual":
        foreign = bool(persona.voice.reference) and persona.language.partition("-")[0] != language
        knobs |= {"language_id": language} | ({"cfg_weight": 0.0} if foreign else {})
    return knobs
