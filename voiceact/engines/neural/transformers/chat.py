"""The families of transformers that are asked as in a conversation: CSM, Higgs Audio, Pocket TTS, VibeVoice."""

from collections.abc import Sequence
from typing import Any

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.transformers.families import Opened, Piece, budget, by_group, drawing
from voiceact.errors import MissingExtraError, VoiceactError
from voiceact.runtime.transformers_loading import ENGINE, load_model, load_processor, quiet

SAMPLE_RATE = 24_000
POCKET_TEMPERATURE = 0.3
"""of kyutai's own pocket-tts 4.0.1; the flow's noise has this variance"""
ROOM = "Audio is recorded from a quiet room."
"""how Higgs Audio's own examples describe a scene"""


class _Conversing:
    """A model, its processor, and the conversation of a piece."""

    model_class = ""
    speakers: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sample_rate = SAMPLE_RATE

    def __init__(self, opened: Opened):
        self._model = load_model(self.model_class, opened.folder, opened.device, opened.dtype)
        self._processor = load_processor(opened.folder, opened.codec, opened.device)
        self._opened = opened

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Turns, as the family's chat template takes them."""
        raise NotImplementedError

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """See `Family`."""
        with quiet():
            return by_group(pieces, lambda piece: piece.recording is None, self._together)

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        raise NotImplementedError

    def _inputs(self, pieces: Sequence[Piece], **asked: Any) -> Any:
        # As a list also where it is one, and padded on the left, so that every text ends where its sound begins.
        told = self._processor.apply_chat_template(
            [self.conversation(piece) for piece in pieces], tokenize=True, return_dict=True, **asked,
            processor_kwargs={"sampling_rate": self.sample_rate, "return_tensors": "pt", "padding": True,
                              "padding_side": "left"})
        return told.to(self._model.device, self._opened.dtype)


class Csm(_Conversing):
    """CSM: goes on speaking as the speaker of the recording did; nothing else steers it."""

    model_class = "CsmForConditionalGeneration"
    languages = ("en",)

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Speaker 0 has said the recording, and now says the text."""
        return [_turn("0", _text(words), *sound) for words, *sound in _before(piece, self.sample_rate)] + [
            _turn("0", _text(piece.text))]

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        frames = self._model.config.codec_config.frame_rate
        waves = self._model.generate(**self._inputs(pieces), output_audio=True, **drawing(self._opened),
                                     **drawing(self._opened, "depth_decoder_"), return_dict_in_generate=False,
                                     max_new_tokens=budget(pieces, self._opened, frames))
        return [as_samples(wave) for wave in waves]


class Higgs(_Conversing):
    """Higgs Audio v2: a scene in words, and a recording to speak like."""

    model_class = "HiggsAudioV2ForConditionalGeneration"
    languages = ("en", "de", "ko", "zh")

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Who speaks and how stands in the scene; the recording is an earlier answer."""
        before = [turn for words, sound in _before(piece, self.sample_rate)
                  for turn in (_turn("user", _text(words)), _turn("assistant", sound))]
        return [_turn("system", _text("Generate audio following instruction.")),
                _turn("scene", _text(f"{ROOM} {piece.scene}".strip())), *before, _turn("user", _text(piece.text))]

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        codec = self._processor.audio_tokenizer.config
        frames = budget(pieces, self._opened, codec.sample_rate / codec.hop_length) + self._model.config.num_codebooks
        codes = self._model.generate(**self._inputs(pieces, add_generation_prompt=True), **drawing(self._opened),
                                     return_dict_in_generate=False, max_new_tokens=frames)
        return [as_samples(wave) for wave in self._processor.batch_decode(codes)]


class Pocket(_Conversing):
    """Pocket TTS: speaks like a recording, small enough for a CPU."""

    model_class = "PocketTTSForConditionalGeneration"

    def __init__(self, opened: Opened):
        super().__init__(opened)
        self.languages = (opened.language or "en",)

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """The voice, then the text, in one turn."""
        sounds = [sound for _, sound in _before(piece, self.sample_rate)]
        return [_turn("user", *sounds, _text(piece.text))]

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        asked = drawing(self._opened) | {"temperature": self._opened.temperature or POCKET_TEMPERATURE,
                                         "return_dict_in_generate": False}
        if self._opened.seconds:
            asked["max_new_tokens"] = budget(pieces, self._opened, self._model.config.frame_rate)
        latents = self._model.generate(**self._inputs(pieces), **asked)
        return [as_samples(self._processor.decode(row)) for row in latents]


class Phonon(Pocket):
    """Gradium's Phonon, built as Pocket TTS is."""

    model_class = "GradiumPhononTTSForConditionalGeneration"


class VibeVoice(_Conversing):
    """VibeVoice: speaks like a recording, for as long as an hour."""

    model_class = "VibeVoiceForConditionalGeneration"
    languages = ("en", "zh")

    def __init__(self, opened: Opened):
        try:
            import diffusers  # noqa: F401
        except ImportError as error:
            raise MissingExtraError(f"engine {ENGINE!r} with VibeVoice", ENGINE) from error
        super().__init__(opened)

    def conversation(self, piece: Piece) -> list[dict[str, Any]]:
        """Speaker 0, with the voice in the same turn."""
        sounds = [sound for _, sound in _before(piece, self.sample_rate)]
        return [_turn("0", _text(piece.text), *sounds)]

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        frames = self.sample_rate / self._processor.feature_extractor.pad_to_multiple_of
        waves = self._model.generate(**self._inputs(pieces), return_dict_in_generate=False,
                                     max_new_tokens=budget(pieces, self._opened, frames))
        if any(wave is None for wave in waves):
            raise VoiceactError("VibeVoice ended before it had said anything; take another seed")
        return [as_samples(wave) for wave in waves]


def _turn(role: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "content": list(content)}


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def _before(piece: Piece, rate: int) -> list[tuple[str, dict[str, Any]]]:
    """The recording's words and its sound; nothing if there is none."""
    if piece.recording is None:
        return []
    return [(piece.recording.words, {"type": "audio", "audio": piece.recording.at(rate)})]
