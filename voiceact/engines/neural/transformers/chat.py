"""Families of transformers that take a conversation: CSM, Higgs Audio, Pocket TTS, VibeVoice."""

from collections.abc import Sequence
from typing import Any

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.transformers.families import (
    FamilySettings,
    Piece,
    frame_limit,
    sampling_arguments,
)
from voiceact.errors import VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.transformers_loading import ENGINE, load_model, load_processor, quiet

CHAT_RATE = 24_000
POCKET_TEMPERATURE = 0.3
"""default of kyutai's own pocket-tts 4.0.1; the variance of the flow's noise"""
ROOM = "Audio is recorded from a quiet room."
"""scene of Higgs Audio's own examples"""


class ChatFamily:
    """A model whose processor takes a conversation.

    Attributes:
        model_class: name of its class in transformers
        model: the loaded model
        processor: its processor
    """

    model_class = ""
    speakers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sample_rate = CHAT_RATE

    def __init__(self, settings: FamilySettings):
        self.model = load_model(self.model_class, settings.folder, settings.device, settings.dtype)
        self.processor = load_processor(settings.folder, settings.codec, settings.device)
        self._settings = settings

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Return the turns of a piece, as the family's chat template takes them."""
        raise NotImplementedError

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """Speak several pieces at once (see `Family.speak`)."""
        with quiet():
            return self._generate(pieces)

    def batch_key(self, piece: Piece) -> object:
        """Return whether there is a recording (see `Family.batch_key`)."""
        return piece.recording is None

    def _generate(self, pieces: Sequence[Piece]) -> list[Samples]:
        raise NotImplementedError

    def _inputs(self, pieces: Sequence[Piece], **arguments: Any) -> Any:
        # A list even for a single conversation, padded on the left, so that every text ends where its sound begins.
        inputs = self.processor.apply_chat_template(
            [self.conversation(piece) for piece in pieces],
            tokenize=True,
            return_dict=True,
            **arguments,
            processor_kwargs={
                "sampling_rate": self.sample_rate,
                "return_tensors": "pt",
                "padding": True,
                "padding_side": "left",
            },
        )
        return inputs.to(self.model.device, self._settings.dtype)


class Csm(ChatFamily):
    """CSM: continues the recording in its voice; nothing else steers it."""

    model_class = "CsmForConditionalGeneration"
    languages = ("en",)

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Return the recording and the text as turns of speaker 0."""
        return [_turn("0", _text(words), *sound) for words, *sound in _recording_turns(piece, self.sample_rate)] + [
            _turn("0", _text(piece.text))
        ]

    def _generate(self, pieces: Sequence[Piece]) -> list[Samples]:
        frames = self.model.config.codec_config.frame_rate
        waves = self.model.generate(
            **self._inputs(pieces),
            output_audio=True,
            **sampling_arguments(self._settings),
            **sampling_arguments(self._settings, "depth_decoder_"),
            return_dict_in_generate=False,
            max_new_tokens=frame_limit(pieces, self._settings, frames),
        )
        return [as_samples(wave) for wave in waves]


class Higgs(ChatFamily):
    """Higgs Audio v2: a scene in words, and a recording to speak like."""

    model_class = "HiggsAudioV2ForConditionalGeneration"
    languages = ("en", "de", "ko", "zh")

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Return the scene, with persona and direction in words, the recording as an earlier answer, and the text."""
        earlier = [
            turn
            for words, sound in _recording_turns(piece, self.sample_rate)
            for turn in (_turn("user", _text(words)), _turn("assistant", sound))
        ]
        return [
            _turn("system", _text("Generate audio following instruction.")),
            _turn("scene", _text(f"{ROOM} {piece.scene}".strip())),
            *earlier,
            _turn("user", _text(piece.text)),
        ]

    def _generate(self, pieces: Sequence[Piece]) -> list[Samples]:
        codec = self.processor.audio_tokenizer.config
        frames = frame_limit(pieces, self._settings, codec.sample_rate / codec.hop_length) + self.model.config.num_codebooks
        codes = self.model.generate(
            **self._inputs(pieces, add_generation_prompt=True),
            **sampling_arguments(self._settings),
            return_dict_in_generate=False,
            max_new_tokens=frames,
        )
        return [as_samples(wave) for wave in self.processor.batch_decode(codes)]


class Pocket(ChatFamily):
    """Pocket TTS: imitates a recording, small enough for a CPU."""

    model_class = "PocketTTSForConditionalGeneration"

    def __init__(self, settings: FamilySettings):
        super().__init__(settings)
        self.languages = (settings.language or "en",)

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Return one turn with the recording, then the text."""
        sounds = [sound for _, sound in _recording_turns(piece, self.sample_rate)]
        return [_turn("user", *sounds, _text(piece.text))]

    def _generate(self, pieces: Sequence[Piece]) -> list[Samples]:
        arguments = sampling_arguments(self._settings) | {
            "temperature": self._settings.temperature or POCKET_TEMPERATURE,
            "return_dict_in_generate": False,
        }
        if self._settings.seconds:
            arguments["max_new_tokens"] = frame_limit(pieces, self._settings, self.model.config.frame_rate)
        latents = self.model.generate(**self._inputs(pieces), **arguments)
        return [as_samples(self.processor.decode(row)) for row in latents]


class Phonon(Pocket):
    """Gradium's Phonon, built like Pocket TTS."""

    model_class = "GradiumPhononTTSForConditionalGeneration"


class VibeVoice(ChatFamily):
    """VibeVoice: imitates a recording, for as long as an hour."""

    model_class = "VibeVoiceForConditionalGeneration"
    languages = ("en", "zh")

    def __init__(self, settings: FamilySettings):
        try:
            import diffusers  # noqa: F401
        except ImportError as error:
            raise MissingExtraError(f"engine {ENGINE!r} with VibeVoice", ENGINE) from error
        super().__init__(settings)

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Return one turn of speaker 0 with the text, then the recording."""
        sounds = [sound for _, sound in _recording_turns(piece, self.sample_rate)]
        return [_turn("0", _text(piece.text), *sounds)]

    def _generate(self, pieces: Sequence[Piece]) -> list[Samples]:
        frames = self.sample_rate / self.processor.feature_extractor.pad_to_multiple_of
        waves = self.model.generate(
            **self._inputs(pieces), return_dict_in_generate=False, max_new_tokens=frame_limit(pieces, self._settings, frames)
        )
        if any(wave is None for wave in waves):
            raise VoiceactError("VibeVoice ended before it had said anything; take another seed")
        return [as_samples(wave) for wave in waves]


def _turn(role: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(content)}


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _recording_turns(piece: Piece, rate: int) -> list[tuple[str, dict[str, Any]]]:
    """Return the recording's words and its sound; an empty list if there is none."""
    if piece.recording is None:
        return []
    return [(piece.recording.words, {"type": "audio", "audio": piece.recording.at(rate)})]
