"""The text-to-speech families of transformers: Bark, CSM, Dia, Higgs Audio, Phonon, Pocket TTS, VibeVoice, VITS.

    from voiceact.engines.transformers import TransformersEngine

    engine = TransformersEngine(model="~/dia")

docs/engines/transformers.md says what each family follows and what it does not.
"""

import warnings
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.acting.controls import instruction, portrait, strongest, tag, tagged, untagged
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.engines.base import BatchLine, Capabilities, Card, Licences, Take, check_language
from voiceact.engines.neural.common import CALIBRATION, Leveller, finished, split_text
from voiceact.engines.neural.reference import Cast, Recording, own_recording
from voiceact.engines.neural.transformers.chat import Csm, Higgs, Phonon, Pocket, VibeVoice
from voiceact.engines.neural.transformers.families import Bark, Dia, Family, Opened, Piece, Traits, Vits
from voiceact.engines.remote.client import number, read_mapping_file
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.runtime import weights
from voiceact.runtime.spec import Option
from voiceact.runtime.torch_support import COMMON_OPTIONS, device_of, dtype_of, in_batches, seeded, within_memory
from voiceact.runtime.transformers_loading import read_config, require_library
from voiceact.runtime.weight_licences import licence_of, output_licence

DEFAULT = "bark-small"
"""the weights that are meant when none are named; see `voiceact model list`"""
BATCH = 8
"""pieces at once; halved when they do not fit"""
CLONED = "the persona's recording"
FAMILIES = {
    "bark": Traits(Bark, "sounds in the text", "MIT", Bark.languages, tags="bark", most_characters=180),
    "csm": Traits(Csm, CLONED, "Apache-2.0", Csm.languages, imitates=True, with_words=True),
    "dia": Traits(
        Dia, f"sounds in the text + {CLONED}", "Apache-2.0", Dia.languages, tags="dia", imitates=True, with_words=True
    ),
    "gradium_phonon_tts": Traits(Phonon, CLONED, "see their card", ("en",), imitates=True, draws=False),
    "higgs_audio_v2": Traits(
        Higgs,
        f"a scene in words + {CLONED}",
        "Boson Higgs Audio 2 Community License",
        Higgs.languages,
        imitates=True,
        with_words=True,
        scene=True,
    ),
    "pocket_tts": Traits(Pocket, CLONED, "CC-BY-4.0", ("en",), imitates=True, draws=False),
    "vibevoice": Traits(VibeVoice, CLONED, "MIT", VibeVoice.languages, imitates=True, most_characters=1000),
    "vits": Traits(Vits, "rate", "CC-BY-NC-4.0 of MMS", ("en",), paced=True),
}
"""model_type of config.json -> the family"""


def _grouped(trait: str) -> str:
    """What families have in common, each with its families."""
    found: dict[str, list[str]] = {}
    for name, traits in FAMILIES.items():
        for part in getattr(traits, trait).split(" + "):
            found.setdefault(part, []).append(name)
    return ", ".join(f"{what} ({', '.join(names)})" for what, names in found.items())


class TransformersEngine:
    """Implements `voiceact.engines.base.Engine`; the model is loaded when the engine is made, and stays."""

    name = "transformers"
    reaches_out = False
    card = Card(
        f"by family: {_grouped('steered_by')}; level",
        tuple(dict.fromkeys(code for traits in FAMILIES.values() for code in traits.languages)),
        Licences("Apache-2.0", f"by family: {_grouped('weights')}", "as the weights"),
        ("transformers", "torch"),
        "transformers",
    )
    options = {
        **COMMON_OPTIONS,
        "model": Option(
            "a folder as save_pretrained writes it, or a name from `voiceact model list`; default is bark-small", "a file"
        ),
        "codec": Option("a folder with the codec, for families whose codec lies in a repository of its own", "a file"),
        "speaker": "the model's voice for every persona (bark: v2/en_speaker_9; vits: a number)",
        "speakers": Option("a JSON file: persona -> the model's voice", "a file"),
        "cast": Option("a folder that keeps the voices drawn for personas without a recording", "a file"),
        "language": "of a model that does not say which it speaks",
        "temperature": "of the drawing, above 0; default is the model's own",
        "seconds": "after which a piece of text that has not ended is cut; default is by its length",
        "batch": f"pieces of text at once; default is {BATCH}",
    }

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        dtype: str = "auto",
        codec: str | None = None,
        speaker: str | None = None,
        speakers: str | None = None,
        cast: str | None = None,
        language: str | None = None,
        temperature: str | None = None,
        seconds: str | None = None,
        batch: str | None = None,
    ):
        self.version = require_library()
        self._device = device_of(device, self.name)
        folder = weights.locate(model, DEFAULT)
        config = read_config(folder)
        self._traits = _traits(config["model_type"], folder)
        opened = Opened(
            folder,
            config,
            self._device,
            dtype_of(dtype, self._device, self.name),
            codec,
            language,
            _above_zero(temperature, "temperature"),
            _above_zero(seconds, "seconds"),
        )
        self._family: Family = within_memory(self._device, lambda: self._traits.make(opened))
        self._speaker, self._speakers = speaker, read_mapping_file(speakers, "speakers")
        self._batch = max(1, int(_above_zero(batch, "batch") or BATCH))
        self._cast = Cast(self._drawn, cast, with_words=self._traits.with_words)
        self._leveller = Leveller(self._plainly)
        self.model_sha256 = _digest(
            folder,
            speaker=speaker,
            speakers=self._speakers,
            temperature=temperature,
            seconds=seconds,
            dtype=None if dtype == "auto" else dtype,
        )
        licence = licence_of(folder)
        self.capabilities = Capabilities(
            moves=frozenset({"energy", "rate"} if self._traits.paced else {"energy"}),
            languages=tuple(self._family.languages),
            licences=Licences("Apache-2.0", licence, output_licence(licence)),
            sample_rate=self._family.sample_rate,
            deterministic=self._device.type == "cpu",
            instruction=self._traits.scene,
            reference=self._traits.imitates,
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
        rate = self._family.sample_rate
        return [
            finished([next(sounds) for _ in pieces], rate, out_rate=rate, gain=self._gain(request), seed=seed)
            for request, pieces in zip(requests, prepared, strict=True)
        ]

    def stream(
        self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0
    ) -> Iterator[Samples]:
        """Speak `text` a piece at a time, float32 [n] at the engine's rate: the first sentence is there before the last.

        None of these families gives sound before a piece has ended. Raises as `perform`, before the first piece.
        """
        request = BatchLine(text, persona, direction, language)
        pieces, gain = self._pieces(request), self._gain(request)
        return (
            finished(
                self._spoken([piece], seed + index),
                self._family.sample_rate,
                out_rate=self._family.sample_rate,
                gain=gain,
                seed=seed + index,
            ).samples
            for index, piece in enumerate(pieces)
        )

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """What of the mix this family has no way to be told, one phrase each (empty if nothing is asked)."""
        asked = strongest(direction.mix)
        if asked is None or self._traits.scene:
            return []
        if self._traits.tags and tag(self._traits.tags, direction.mix):
            return [f"category {asked[0]!r} but by the sound {tag(self._traits.tags, direction.mix)}"]
        return [f"category {asked[0]!r} but by {' and '.join(sorted(self.capabilities.moves))}"]

    # --- Before a line

    def _pieces(self, request: BatchLine) -> list[Piece]:
        check_language(self, request.language)
        said = untagged(request.text)
        if not any(letter.isalnum() for letter in said):
            raise UsageError(f"text {request.text!r} has nothing to say; expected words")
        texts = split_text(said, self._traits.most_characters)
        if self._traits.tags:
            texts[0] = tagged(self._traits.tags, texts[0], request.direction.mix)
        return [self._piece(text, request) for text in texts]

    def _piece(self, text: str, request: BatchLine) -> Piece:
        persona, moves = request.persona, request.direction.moves
        return Piece(
            text,
            request.language,
            self._own_voice(persona, request.language),
            self._recording(persona),
            moves.rate * persona.voice.rate if self._traits.paced else 1.0,
            instruction(persona, request.direction) if self._traits.scene else "",
        )

    def _own_voice(self, persona: Persona, language: str) -> str | None:
        """The model's voice that a persona was given; None for models without any."""
        able = [name for name in self._family.speakers if "/" not in name or f"/{language}_" in name]
        asked = self._speakers.get(persona.name, self._speaker)
        if asked is None and self._family.speakers:
            raise UsageError(
                f"persona {persona.name!r} has no voice among the {len(able)} of the model ({listed(able)}); "
                f'give speaker=NAME for all, or speakers=FILE.json with {{"{persona.name}": "NAME"}}'
            )
        if asked is not None and asked not in self._family.speakers:
            raise UnknownNameError("voice of the model", str(asked), self._family.speakers)
        return None if asked is None else str(asked)

    def _recording(self, persona: Persona) -> Recording | None:
        if not self._traits.imitates:
            return None
        if not self._traits.draws:
            found = own_recording(persona, with_words=self._traits.with_words)
            if found is None:
                raise UsageError(
                    f"persona {persona.name!r} has no recording, and this model has no voice of its own; give the "
                    "persona a voice.reference (with consent)"
                )
            return found
        return self._cast.recording(persona)

    def _drawn(self, persona: Persona, seed: int) -> Recording:
        """A voice nobody has: the calibration, spoken without anybody to imitate."""
        piece = Piece(CALIBRATION, "en", scene=portrait(persona) if self._traits.scene else "")
        return Recording(self._spoken([piece], seed)[0], self._family.sample_rate, CALIBRATION)

    # --- Speaking

    def _spoken(self, pieces: Sequence[Piece], seed: int) -> list[Samples]:
        with seeded(seed, self._device, self.name):
            return in_batches(
                pieces,
                self._batch,
                self._family.speak,
                told=lambda sentence: warnings.warn(f"engine {self.name!r}: {sentence}", stacklevel=6),
            )

    def _plainly(self, persona: Persona) -> tuple[Samples, int]:
        """The calibration, in English if the model speaks it: only its level counts."""
        language = "en" if "en" in self._family.languages else self._family.languages[0]
        pieces = self._pieces(BatchLine(CALIBRATION, persona, _neutral(), language))
        return np.concatenate(self._spoken(pieces, 0)), self._family.sample_rate

    def _gain(self, request: BatchLine) -> float:
        return self._leveller.gain(request.persona) * 10 ** (request.direction.moves.energy / 20)


def _neutral() -> Direction:
    from voiceact.acting.moves import Moves

    return Direction(Moves(), "Speak plainly.")


def _traits(kind: str, folder: Path) -> Traits:
    if kind not in FAMILIES:
        raise UsageError(
            f"{folder}: holds a model of the kind {kind!r}; engine 'transformers' speaks with: {', '.join(FAMILIES)}"
        )
    return FAMILIES[kind]


def _above_zero(text: str | None, option: str) -> float | None:
    found = None if text is None else number(text, option)
    if found == 0:
        raise UsageError(f"{option}=0 makes no sense; expected a number above 0")
    return found


def _digest(folder: Path, **settings: Any) -> str:
    """SHA-256 of the weights; with what else decides the sound, where the user set it."""
    lines = [f"{name}={value}" for name, value in sorted(settings.items()) if value]
    found = weights.fingerprint(folder)
    return sha256("\n".join([found, *lines]).encode()).hexdigest() if lines else found
