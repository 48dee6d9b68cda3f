"""Models of coqui-tts other than XTTS: VITS, Glow-TTS, Tacotron and whatever else the library's list names."""

import warnings
from typing import Any

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples, split_text
from voiceact.engines.neural.coqui.xtts import CoquiVoice
from voiceact.errors import UsageError

LONGEST_PIECE = 250
"""spoken at once: a few sentences, so that memory stays flat over a long text"""


class Synthesizer:
    """The library's synthesizer.

    Attributes:
        library_synthesizer: the library's object
        sample_rate: in Hz
        languages: language code -> the model's name of the language
        paced: whether it has a speaking rate
        clones: whether it imitates a recording
        speakers: voices of its own

    Args:
        synthesizer: the library's object
        languages: as the model names them
    """

    def __init__(self, synthesizer: Any, languages: list[str]):
        from TTS.utils.synthesizer import PAD_SILENCE_SAMPLES

        model = synthesizer.tts_model
        self.library_synthesizer, self._pad = synthesizer, PAD_SILENCE_SAMPLES
        self._tokenizer: Any = model.tokenizer
        self._multilingual = len(languages) > 1
        self._length_scale: Any = getattr(model, "length_scale", None)
        self.sample_rate = int(synthesizer.output_sample_rate)
        self.languages = {code.split("-")[0].lower(): code for code in languages}
        self.paced = self._length_scale is not None
        self.clones = bool(synthesizer.tts_config.supports_cloning)
        names = model.speaker_manager.speaker_names if model.speaker_manager else []
        self.speakers: list[str] = list(names) if len(names) > 1 else []

    def pieces(self, text: str, language: str) -> list[str]:
        """Split the text into pieces of a few sentences."""
        return split_text(text, LONGEST_PIECE)

    def speak(self, piece: str, language: str, voice: CoquiVoice, rate: float) -> Samples:
        """Speak a piece of text: float32 [n] at `sample_rate`. Letters without a sound are left out, with one warning each.

        Args:
            piece: text
            language: language code
            voice: who speaks
            rate: speaking rate, a multiplier, for models that have a length scale

        Raises:
            UsageError: if the model has no sound for anything in it
        """
        known_missing = len(self._tokenizer.not_found_characters)
        if self.paced:
            self.library_synthesizer.tts_model.length_scale = self._length_scale / rate
        try:
            sound = self.library_synthesizer.tts(
                piece,
                speaker_name=voice.speaker,
                language_name=self.languages[language] if self._multilingual else None,
                speaker_wav=voice.reference and str(voice.reference),
                split_sentences=False,
            )
        finally:
            if self.paced:
                self.library_synthesizer.tts_model.length_scale = self._length_scale
        samples = as_samples(sound)[: -self._pad]
        if not len(samples) or self._is_silent(piece, language):
            raise UsageError(f"the model has no sound for {piece!r}")
        if new := self._tokenizer.not_found_characters[known_missing:]:
            warnings.warn(f"engine 'coqui': the model has no sound for {' '.join(new)}, and leaves it out", stacklevel=2)
        return samples

    def _is_silent(self, piece: str, language: str) -> bool:
        """Return whether the model has no sound for a piece: it would still speak the blanks between the letters."""
        if not self._tokenizer.not_found_characters:
            return False
        known = self._tokenizer.characters
        ids = self._tokenizer.text_to_ids(piece, language=self.languages[language])
        return {*ids} <= {known.pad_id, known.blank_id, known.bos_id, known.eos_id}
