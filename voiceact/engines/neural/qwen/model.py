"""One Qwen3-TTS model of its package: loaded from a folder, called as its kind requires."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.reference import VoiceRecording
from voiceact.errors import UsageError
from voiceact.runtime.transformers_loading import check_whole, opening, quiet

FRAMES_A_SECOND = 12.5
LANGUAGE_NAMES = {
    "zh": "chinese",
    "en": "english",
    "ja": "japanese",
    "ko": "korean",
    "de": "german",
    "fr": "french",
    "ru": "russian",
    "pt": "portuguese",
    "es": "spanish",
    "it": "italian",
}
"""language code -> the model's name of the language"""
DROPPING = "0b6"
"""the package drops the instruction of models whose size is a part of this text; the same test is made here"""
MODEL_KINDS = ("voice_design", "custom_voice", "base")
MOST_PROMPTS = 256
"""prompts of recordings that stay in memory"""


@dataclass(frozen=True)
class Utterance:
    """A piece of text that is spoken at once.

    Attributes:
        text: what to say
        language: the model's name of the language
        instruct: instruction, for VoiceDesign and CustomVoice
        speaker: voice of the model, for CustomVoice
        recording: recording of the voice to clone, for Base
        style: recording whose way of speaking is continued, if not that of `recording`
    """

    text: str
    language: str
    instruct: str = ""
    speaker: str = ""
    recording: VoiceRecording | None = None
    style: VoiceRecording | None = None


class QwenModel:
    """A loaded model of the package.

    Attributes:
        kind: one of `KINDS`
        size: as the package spells it
        drops_instructions: whether the package ignores the instruction of this model
        sample_rate: in Hz
        languages: codes of the languages it speaks
        speakers: names of its own voices

    Args:
        model: the package's model
        generation: keyword arguments of its generation calls
    """

    def __init__(self, model: Any, generation: dict[str, Any]):
        self.package_model, self._generation = model, generation
        self.kind, self.size = str(model.model.tts_model_type), str(model.model.tts_model_size)
        self.drops_instructions = self.kind == "custom_voice" and self.size in DROPPING
        self.sample_rate = int(model.model.speech_tokenizer.get_output_sample_rate())
        supported = set(model.get_supported_languages() or LANGUAGE_NAMES.values())
        self.languages = [code for code, name in LANGUAGE_NAMES.items() if name in supported]
        self.speakers = list(model.get_supported_speakers() or ())
        self._prompts: dict[int, tuple[VoiceRecording, Any]] = {}

    def speak(self, pieces: Sequence[Utterance]) -> list[Samples]:
        """Speak several pieces at once: float32 [n] each, at `sample_rate`, in order, drawn from torch's generator."""
        texts, languages = [piece.text for piece in pieces], [piece.language for piece in pieces]
        instructions = [piece.instruct for piece in pieces]
        if self.kind == "voice_design":
            waves, _ = self.package_model.generate_voice_design(texts, instructions, languages, **self._generation)
        elif self.kind == "custom_voice":
            speakers = [piece.speaker for piece in pieces]
            waves, _ = self.package_model.generate_custom_voice(texts, speakers, languages, instructions, **self._generation)
        else:
            prompts = [self.clone_prompt(piece) for piece in pieces]
            waves, _ = self.package_model.generate_voice_clone(texts, languages, voice_clone_prompt=prompts, **self._generation)
        return [as_samples(wave) for wave in waves]

    def clone_prompt(self, piece: Utterance) -> Any:
        """Return what Base continues: the voice of one recording, the way of speaking of the other.

        A recording gives two things, an embedding of the voice and the codes of its sound with their words; they are
        separate fields of the package's own prompt. Without words there is only the embedding.
        """
        from qwen_tts import VoiceClonePromptItem

        assert piece.recording is not None
        own = self.recording_prompt(piece.recording)
        if piece.style is None:
            return own
        style = self.recording_prompt(piece.style)
        return VoiceClonePromptItem(
            ref_code=style.ref_code,
            ref_spk_embedding=own.ref_spk_embedding,
            x_vector_only_mode=False,
            icl_mode=True,
            ref_text=style.ref_text,
        )

    def recording_prompt(self, recording: VoiceRecording) -> Any:
        """Return the package's prompt of a recording, computed once for each."""
        cached = self._prompts.get(id(recording))
        if cached is None or cached[0] is not recording:
            # As an array: the package could take a text for an address, or for the sound itself.
            item = self.package_model.create_voice_clone_prompt(
                (recording.samples, recording.rate), recording.words or None, not recording.words
            )[0]
            cached = self._prompts[id(recording)] = (recording, item)
            while len(self._prompts) > MOST_PROMPTS:
                self._prompts.pop(next(iter(self._prompts)))
        return cached[1]


def read_kind(folder: Path) -> str:
    """Return tts_model_type of a folder's config.json.

    Raises:
        UsageError: if it is not the folder of a Qwen3-TTS
    """
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{folder} has no config.json that can be read ({error}); expected the folder of a Qwen3-TTS"
        ) from error
    if (
        not isinstance(config, dict)
        or config.get("model_type") != "qwen3_tts"
        or config.get("tts_model_type") not in MODEL_KINDS
    ):
        kind = config.get("model_type") if isinstance(config, dict) else None
        expected = f"a Qwen3-TTS of the kind {', '.join(MODEL_KINDS)}"
        raise UsageError(f"{folder}: holds a model of the kind {kind!r}; expected {expected}")
    return str(config["tts_model_type"])


def load_qwen(folder: Path, device: Any, dtype: Any, generation: dict[str, Any]) -> QwenModel:
    """Load a model with all of its weights.

    Args:
        folder: as the hub holds it, with its speech_tokenizer
        device: torch device
        dtype: torch dtype
        generation: keyword arguments of the package's generation calls

    Raises:
        UsageError: files missing, cut short, of another architecture, or more than weights
    """
    from qwen_tts import Qwen3TTSModel

    read_kind(folder)
    if not (folder / "speech_tokenizer" / "config.json").is_file():
        raise UsageError(f"{folder} has no speech_tokenizer; expected the whole repository, with that folder in it")
    with opening(folder), quiet():
        model = Qwen3TTSModel.from_pretrained(
            str(folder), device_map=str(device), dtype=dtype, local_files_only=True, trust_remote_code=False
        )
    check_whole(folder, model.model)
    check_whole(folder / "speech_tokenizer", model.model.speech_tokenizer.model)
    return QwenModel(model, generation)
