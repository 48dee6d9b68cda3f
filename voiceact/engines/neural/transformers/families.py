"""The families of text-to-speech models that transformers carries: how each is asked, and what it can be asked.

A family takes pieces of text, each with a voice, and gives back their sound. Everything else - splitting, seeds,
batches, loudness - is the same for all and stands in `voiceact.engines.neural.transformers.engine`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Protocol

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.reference import Recording
from voiceact.errors import UsageError
from voiceact.runtime.transformers_loading import load_model, load_processor, load_tokenizer, quiet

CHARACTERS_A_SECOND = 15
"""of read English, about; half as much is allowed for"""
ISO_639_1 = {"eng": "en", "deu": "de", "spa": "es", "fra": "fr", "ita": "it", "por": "pt", "nld": "nl", "rus": "ru",
             "pol": "pl", "tur": "tr", "ara": "ar", "hin": "hi", "kor": "ko", "jpn": "ja", "cmn": "zh", "swe": "sv",
             "fin": "fi", "ukr": "uk"}
"""the codes of MMS -> ours; another code stays as it is"""


@dataclass(frozen=True)
class Piece:
    """Something to be spoken at once.

    text: as the model is to read it, with its own tags if it has any
    speaker: a voice of the model's own, or None
    recording: whom to imitate, or None
    scene: who speaks and how, in words; for families that follow them
    """

    text: str
    language: str
    speaker: str | None = None
    recording: Recording | None = None
    rate: float = 1.0
    scene: str = ""


@dataclass(frozen=True)
class Opened:
    """What a family is made from."""

    folder: Path
    config: Mapping[str, Any]
    device: Any
    dtype: Any
    codec: str | None = None
    language: str | None = None
    temperature: float | None = None
    seconds: float | None = None


class Family(Protocol):
    """One family with its weights loaded."""

    sample_rate: int

    @property
    def languages(self) -> Sequence[str]:
        """Codes as ours."""
        ...

    @property
    def speakers(self) -> Sequence[str]:
        """Voices of the model's own; empty if it has none."""
        ...

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """Float32 [n] each, at `sample_rate`, in order, drawn from torch's generator."""
        ...


@dataclass(frozen=True)
class Traits:
    """What can be said of a family without its weights.

    steered_by: phrases joined by " + "
    weights: licences of the published ones
    tags: name of its row of tags in data/controls.yaml, or ""
    imitates: whether it takes a recording as a voice
    draws: whether it also speaks without one, in a voice of its own making
    with_words: whether it has to know what is said in the recording
    scene: whether it follows a description in words
    paced: whether it has a speaking rate
    most_characters: spoken at once
    """

    make: Callable[[Opened], Family]
    steered_by: str
    weights: str
    languages: tuple[str, ...]
    tags: str = ""
    imitates: bool = False
    draws: bool = True
    with_words: bool = False
    scene: bool = False
    paced: bool = False
    most_characters: int = 250


def budget(pieces: Sequence[Piece], opened: Opened, frames_a_second: float) -> int:
    """Frames after which a piece that has not ended is cut: half as fast as read speech, and three seconds."""
    longest = max(len(piece.text) for piece in pieces)
    return max(1, round((opened.seconds or 3 + 2 * longest / CHARACTERS_A_SECOND) * frames_a_second))


def drawing(opened: Opened, prefix: str = "") -> dict[str, Any]:
    """Keyword arguments that make a model draw: one that takes the likeliest every time has one reading for all seeds."""
    told: dict[str, Any] = {f"{prefix}do_sample": True}
    return told | ({f"{prefix}temperature": opened.temperature} if opened.temperature else {})


class Vits:
    """VITS and the thousand languages of MMS: one voice or a numbered few, a rate, nothing of feeling."""

    model_class = "VitsModel"

    def __init__(self, opened: Opened):
        self._model = load_model(self.model_class, opened.folder, opened.device, opened.dtype)
        self._tokenizer = load_tokenizer(opened.folder)
        stated = opened.language or self._tokenizer.language
        if not stated:
            raise UsageError(f"{opened.folder} does not say which language the model speaks; add the option language=CODE")
        self.languages = (ISO_639_1.get(stated, stated.partition("-")[0]),)
        self.sample_rate = int(self._model.config.sampling_rate)
        several = self._model.config.num_speakers
        self.speakers = tuple(str(number) for number in range(several)) if several > 1 else ()

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """See `Family`."""
        return by_group(pieces, lambda piece: (piece.speaker, piece.rate), self._together)

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        import torch

        try:
            inputs = self._tokenizer([piece.text for piece in pieces], return_tensors="pt", padding=True).to(self._model.device)
        except ImportError as error:
            raise UsageError(f"this model reads phonemes: {str(error).strip().splitlines()[0]}") from error
        lengths = inputs["attention_mask"].sum(1)
        for piece, length in zip(pieces, lengths.tolist(), strict=True):
            if not length:
                raise UsageError(f"the model has no sound for {piece.text!r}")
        speaker = None if pieces[0].speaker is None else int(pieces[0].speaker)
        with torch.inference_mode():
            told = self._model(**inputs, speaker_id=speaker, speaking_rate=self._model.config.speaking_rate * pieces[0].rate)
        return [as_samples(wave[:length]) for wave, length in
                zip(told.waveform, told.sequence_lengths.long().tolist(), strict=True)]


class Bark:
    """Bark: a voice from its presets, and laughs, sighs and gasps written into the text."""

    model_class = "BarkModel"
    languages = ("en", "de", "es", "fr", "hi", "it", "ja", "ko", "pl", "pt", "ru", "tr", "zh")

    def __init__(self, opened: Opened):
        self._model = load_model(self.model_class, opened.folder, opened.device, opened.dtype)
        self._processor = load_processor(opened.folder)
        self._opened = opened
        self.sample_rate = int(self._model.generation_config.sample_rate)
        self.speakers = tuple(self._processor.available_voice_presets)

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """See `Family`."""
        return by_group(pieces, lambda piece: piece.speaker, self._together)

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        with quiet():
            inputs = self._processor([piece.text for piece in pieces], voice_preset=pieces[0].speaker).to(self._model.device)
            if "history_prompt" in inputs:
                inputs["history_prompt"] = inputs["history_prompt"].to(self._model.device)
            drawn = drawing(self._opened, "semantic_") | drawing(self._opened, "coarse_")
            if self._opened.seconds:
                rate = self._model.generation_config.semantic_config["semantic_rate_hz"]
                drawn["semantic_max_new_tokens"] = max(1, round(self._opened.seconds * rate))
            waves, lengths = self._model.generate(**inputs, return_output_lengths=True, **drawn)
        return [as_samples(wave[:length]) for wave, length in zip(waves, lengths, strict=True)]


class Dia:
    """Dia: continues a recording in its voice, with non-verbal sounds written into the text."""

    model_class = "DiaForConditionalGeneration"
    languages = ("en",)
    speakers: tuple[str, ...] = ()

    def __init__(self, opened: Opened):
        self._model = load_model(self.model_class, opened.folder, opened.device, opened.dtype)
        self._processor = load_processor(opened.folder, opened.codec, opened.device)
        self._opened = opened
        codec = self._processor.audio_tokenizer.config
        self.sample_rate = int(codec.sampling_rate)
        self._frames = self.sample_rate / codec.hop_length
        # The last codebook of a frame comes that many steps after its first.
        self._delay = max(self._model.config.delay_pattern)

    def speak(self, pieces: Sequence[Piece]) -> list[Samples]:
        """See `Family`."""
        return by_group(pieces, lambda piece: piece.recording is None, self._together)

    def _together(self, pieces: Sequence[Piece]) -> list[Samples]:
        # Its text begins with what the recording says: the recording is the part of the answer that is given.
        texts = [f"[S1] {piece.recording.words} {piece.text}" if piece.recording else f"[S1] {piece.text}" for piece in pieces]
        given = [piece.recording.at(self.sample_rate) for piece in pieces if piece.recording] or None
        with quiet():
            inputs = self._processor(text=texts, audio=given, padding=True, return_tensors="pt").to(self._model.device)
        if given:
            inputs["decoder_input_ids"] = inputs["decoder_input_ids"].long()
        length = self._processor.get_audio_prompt_len(inputs["decoder_attention_mask"]) if given else None
        with quiet():
            codes = self._model.generate(**inputs, **drawing(self._opened), return_dict_in_generate=False,
                                         max_new_tokens=budget(pieces, self._opened, self._frames) + self._delay)
        return [as_samples(wave) for wave in self._processor.batch_decode(codes, audio_prompt_len=length)]


def by_group(pieces: Sequence[Piece], key: Callable[[Piece], Any], together: Callable[[Sequence[Piece]], list[Samples]],
             ) -> list[Samples]:
    """The pieces in order, neighbours with the same key at once."""
    return [sound for _, group in groupby(pieces, key) for sound in together(list(group))]
