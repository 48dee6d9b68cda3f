"""Every model of coqui-tts that is no XTTS: VITS, Glow-TTS, Tacotron and what else the library's list names."""

import warnings
from typing import Any

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples, split_text
from voiceact.engines.neural.coqui.xtts import Voice
from voiceact.errors import UsageError

LONGEST_CHARACTERS = 250
"""said at once: a few sentences, so that memory stays flat over a long text"""


class Synthesizer:
    """The library's synthesizer, asked by voice."""

    def __init__(self, synthesizer: Any, languages: list[str]):
        """languages: as the model names them"""
        from TTS.utils.synthesizer import PAD_SILENCE_SAMPLES

        model = synthesizer.tts_model
        self._synthesizer, self._pad = synthesizer, PAD_SILENCE_SAMPLES
        self._tokenizer: Any = model.tokenizer
        self._several = len(languages) > 1
        self._plain: Any = getattr(model, "length_scale", None)
        self.sample_rate = int(synthesizer.output_sample_rate)
        self.languages = {code.split("-")[0].lower(): code for code in languages}
        self.paced = self._plain is not None
        self.clones = bool(synthesizer.tts_config.supports_cloning)
        names = model.speaker_manager.speaker_names if model.speaker_manager else []
        self.speakers: list[str] = list(names) if len(names) > 1 else []

    def pieces(self, text: str, language: str) -> list[str]:
        """The text in pieces of a few sentences."""
        return split_text(text, LONGEST_CHARACTERS)

    def speak(self, piece: str, language: str, voice: Voice, rate: float) -> Samples:
        """A piece of text; rate is a multiplier, for models that have a length scale.

        Raises:
            UsageError: if there is nothing in it that the model has a sound for
        Warns of letters that are left out, once each.
        """
        left_out = len(self._tokenizer.not_found_characters)
        if self.paced:
            self._synthesizer.tts_model.length_scale = self._plain / rate
        try:
            spoken = self._synthesizer.tts(
                piece, speaker_name=voice.speaker, language_name=self.languages[language] if self._several else None,
                speaker_wav=voice.reference and str(voice.reference), split_sentences=False)
        finally:
            if self.paced:
                self._synthesizer.tts_model.length_scale = self._plain
        samples = as_samples(spoken)[:-self._pad]
        if not len(samples) or self._is_silent(piece, language):
            raise UsageError(f"the model has no sound for {piece!r}")
        if new := self._tokenizer.not_found_characters[left_out:]:
            warnings.warn(f"engine 'coqui': the model has no sound for {' '.join(new)}, and leaves it out", stacklevel=2)
        return samples

    def _is_silent(self, piece: str, language: str) -> bool:
        """Whether nothing is left of a piece: between sounds that it does not have, a model still speaks its blanks."""
        if not self._tokenizer.not_found_characters:
            return False
        known = self._tokenizer.characters
        ids = self._tokenizer.text_to_ids(piece, language=self.languages[language])
        return {*ids} <= {known.pad_id, known.blank_id, known.bos_id, known.eos_id}
