"""Families of text-to-speech models in transformers: how each is called, and what it can be given.

A family takes pieces of text, each with a voice, and returns their sound. Everything else - splitting, seeds,
batches, loudness - is the same for all and written in `voiceact.engines.neural.base`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.reference import VoiceRecording
from voiceact.errors import UsageError
from voiceact.runtime.transformers_loading import load_model, load_processor, load_tokenizer, quiet

CHARACTERS_A_SECOND = 15
"""of read English, about; the limit of a piece allows for half as many"""
ISO_639_1 = {
    "eng": "en",
    "deu": "de",
    "spa": "es",
    "fra": "fr",
    "ita": "it",
    "por": "pt",
    "nld": "nl",
    "rus": "ru",
    "pol": "pl",
    "tur": "tr",
    "ara": "ar",
    "hin": "hi",
    "kor": "ko",
    "jpn": "ja",
    "cmn": "zh",
    "swe": "sv",
    "fin": "fi",
    "ukr": "uk",
}
"""language code of MMS -> ISO 639-1; another code stays as it is"""


@dataclass(frozen=True)
class Piece:
    """A piece of text that is spoken at once.

    Attributes:
        text: as the model reads it, with its own tags if it has any
        language: language code
        speaker: a voice of the model's own, or None
        recording: recording to imitate, or None
        rate: speaking rate, a multiplier
        scene: who speaks and how, in words; for families that follow them
    """

    text: str
    language: str
    speaker: str | None = None
    recording: VoiceRecording | None = None
    rate: float = 1.0
    scene: str = ""


@dataclass(frozen=True)
class FamilySettings:
    """What a family is loaded from.

    Attributes:
        folder: of the weights
        config: its config.json
        device: torch device
        dtype: torch dtype
        codec: folder of the codec, or None to look for it
        language: language code of a model that does not declare one
        temperature: of the random draws, above 0; None for the model's own
        seconds: longest piece of sound; None for a limit by the length of the text
    """

    folder: Path
    config: Mapping[str, Any]
    device: Any
    dtype: Any
    codec: str | None = None
    language: str | None = None
    temperature: float | None = None
    seconds: float | None = None


class Family(Protocol):
    """A loaded model, called as its family requires.

    Attributes:
        sample_rate: in Hz
    """

    sample_rate: int

    @property
    def languages(self) -> Sequence[str]:
        """Language codes."""
        ...

    @property
    def speakers(self) -> Sequence[str]:
        """Voices of the model's own; empty if it has none."""
        ...

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """Speak pieces with one `batch_key` at once: float32 [n] each, at `sample_rate`, in order.

        What is drawn comes from torch's generators.
        """
        ...

    def batch_key(self, piece: Piece) -> object:
        """Return what pieces that are spoken at once have in common."""
        ...


@dataclass(frozen=True)
class Traits:
    """Facts about a family that need no weights.

    Attributes:
        make: loads a model of the family
        steered_by: phrases joined by " + "
        weights: licence of the published weights
        languages: codes of the languages it speaks
        tags: name of its row of tags in data/controls.yaml, or ""
        imitates: whether it takes a recording as a voice
        draws: whether it also speaks without a recording, in a voice of its own making
        with_words: whether it needs the words of the recording
        scene: whether it follows a description in words
        paced: whether it has a speaking rate
        joins_lines: whether it draws each line of a batch from its own seed: what draws tokens in a single pass does, what
            draws noise (a flow, a diffusion) or in several passes (Bark) does not
        most_characters: length of a piece of text
    """

    make: Callable[[FamilySettings], Family]
    steered_by: str
    weights: str
    languages: tuple[str, ...]
    tags: str = ""
    imitates: bool = False
    draws: bool = True
    with_words: bool = False
    scene: bool = False
    paced: bool = False
    joins_lines: bool = False
    most_characters: int = 250


def frame_limit(pieces: Sequence[Piece], settings: FamilySettings, frames_a_second: float) -> int:
    """Return after how many frames a piece that has not ended is cut: half the rate of read speech, and three seconds."""
    longest = max(len(piece.text) for piece in pieces)
    return max(1, round((settings.seconds or 3 + 2 * longest / CHARACTERS_A_SECOND) * frames_a_second))


def sampling_arguments(settings: FamilySettings, prefix: str = "") -> dict[str, Any]:
    """Return the keyword arguments that make a model sample: greedy decoding would ignore the seed."""
    arguments: dict[str, Any] = {f"{prefix}do_sample": True}
    return arguments | ({f"{prefix}temperature": settings.temperature} if settings.temperature else {})


class Vits:
    """VITS and the thousand languages of MMS: one voice or some numbered ones, a rate, no emotion."""

    model_class = "VitsModel"

    def __init__(self, settings: FamilySettings):
        self.model = load_model(self.model_class, settings.folder, settings.device, settings.dtype)
        self._tokenizer = load_tokenizer(settings.folder)
        language = settings.language or self._tokenizer.language
        if not language:
            raise UsageError(f"{settings.folder} does not say which language the model speaks; add the option language=CODE")
        self.languages = (ISO_639_1.get(language, language.partition("-")[0]),)
        self.sample_rate = int(self.model.config.sampling_rate)
        count = self.model.config.num_speakers
        self.speakers = tuple(str(number) for number in range(count)) if count > 1 else ()

    def batch_key(self, piece: Piece) -> object:
        """Return the voice and the rate (see `Family.batch_key`)."""
        return (piece.speaker, piece.rate)

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """Speak several pieces at once (see `Family.speak`)."""
        import torch

        try:
            inputs = self._tokenizer([piece.text for piece in pieces], return_tensors="pt", padding=True).to(self.model.device)
        except ImportError as error:
            raise UsageError(f"this model reads phonemes: {str(error).strip().splitlines()[0]}") from error
        lengths = inputs["attention_mask"].sum(1)
        for piece, length in zip(pieces, lengths.tolist(), strict=True):
            if not length:
                raise UsageError(f"the model has no sound for {piece.text!r}")
        speaker = None if pieces[0].speaker is None else int(pieces[0].speaker)
        with torch.inference_mode():
            output = self.model(**inputs, speaker_id=speaker, speaking_rate=self.model.config.speaking_rate * pieces[0].rate)
        return [
            as_samples(wave[:length])
            for wave, length in zip(output.waveform, output.sequence_lengths.long().tolist(), strict=True)
        ]


class Bark:
    """Bark: a voice of its presets, and laughs, sighs and gasps written into the text."""

    model_class = "BarkModel"
    languages = ("en", "de", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ru", "tr", "zh")

    def __init__(self, settings: FamilySettings):
        self.model = load_model(self.model_class, settings.folder, settings.device, settings.dtype)
        self.processor = load_processor(settings.folder)
        self._settings = settings
        self.sample_rate = int(self.model.generation_config.sample_rate)
        self.speakers = tuple(self.processor.available_voice_presets)

    def batch_key(self, piece: Piece) -> object:
        """Return the voice (see `Family.batch_key`)."""
        return piece.speaker

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """Speak several pieces at once (see `Family.speak`)."""
        with quiet():
            inputs = self.processor([piece.text for piece in pieces], voice_preset=pieces[0].speaker).to(self.model.device)
            if "history_prompt" in inputs:
                inputs["history_prompt"] = inputs["history_prompt"].to(self.model.device)
            sampling = sampling_arguments(self._settings, "semantic_") | sampling_arguments(self._settings, "coarse_")
            if self._settings.seconds:
                rate = self.model.generation_config.semantic_config["semantic_rate_hz"]
                sampling["semantic_max_new_tokens"] = max(1, round(self._settings.seconds * rate))
            waves, lengths = self.model.generate(**inputs, return_output_lengths=True, **sampling)
        return [as_samples(wave[:length]) for wave, length in zip(waves, lengths, strict=True)]


class Dia:
    """Dia: continues a recording in its voice, with non-verbal sounds written into the text."""

    model_class = "DiaForConditionalGeneration"
    languages = ("en",)
    speakers: tuple[str, ...] = ()

    def __init__(self, settings: FamilySettings):
        self.model = load_model(self.model_class, settings.folder, settings.device, settings.dtype)
        self.processor = load_processor(settings.folder, settings.codec, settings.device)
        self._settings = settings
        codec = self.processor.audio_tokenizer.config
        self.sample_rate = int(codec.sampling_rate)
        self._frames = self.sample_rate / codec.hop_length
        # The last codebook of a frame comes that many steps after its first.
        self._delay = max(self.model.config.delay_pattern)

    def batch_key(self, piece: Piece) -> object:
        """Return whether there is a recording (see `Family.batch_key`)."""
        return piece.recording is None

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """Speak several pieces at once (see `Family.speak`)."""
        # The text begins with the words of the recording, which is the beginning of the answer.
        texts = [f"[S1] {piece.recording.words} {piece.text}" if piece.recording else f"[S1] {piece.text}" for piece in pieces]
        recordings = [piece.recording.at(self.sample_rate) for piece in pieces if piece.recording] or None
        with quiet():
            inputs = self.processor(text=texts, audio=recordings, padding=True, return_tensors="pt").to(self.model.device)
        if recordings:
            inputs["decoder_input_ids"] = inputs["decoder_input_ids"].long()
        length = self.processor.get_audio_prompt_len(inputs["decoder_attention_mask"]) if recordings else None
        with quiet():
            codes = self.model.generate(
                **inputs,
                **sampling_arguments(self._settings),
                return_dict_in_generate=False,
                max_new_tokens=frame_limit(pieces, self._settings, self._frames) + self._delay,
            )
        return [as_samples(wave) for wave in self.processor.batch_decode(codes, audio_prompt_len=length)]
