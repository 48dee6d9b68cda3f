"""One Qwen3-TTS model through its package: opened from a folder, asked for what its kind can do."""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact.audio import Samples
from voiceact.engines.neural.common import as_samples
from voiceact.engines.neural.reference import Recording
from voiceact.errors import MissingExtraError, UsageError

ENGINE = "qwen"
FRAMES_A_SECOND = 12.5
LANGUAGES = {"zh": "chinese", "en": "english", "ja": "japanese", "ko": "korean", "de": "german", "fr": "french",
             "ru": "russian", "pt": "portuguese", "es": "spanish", "it": "italian"}
"""our codes -> as the model names them"""
DROPPING = "0b6"
"""sizes whose instruction the package sets to None, by the same test that it makes: being a part of this"""
KINDS = ("voice_design", "custom_voice", "base")


@dataclass(frozen=True)
class Spoken:
    """Something to be spoken at once.

    language: as the model names it
    instruct: for VoiceDesign and CustomVoice
    speaker: for CustomVoice
    recording: whose voice, for Base; style: whose way of speaking, if another
    """

    text: str
    language: str
    instruct: str = ""
    speaker: str = ""
    recording: Recording | None = None
    style: Recording | None = None


class QwenModel:
    """A model of the package, asked by what its kind can do."""

    def __init__(self, model: Any, drawing: dict[str, Any]):
        self._model, self._drawing = model, drawing
        self.kind, self.size = str(model.model.tts_model_type), str(model.model.tts_model_size)
        self.drops_instructions = self.kind == "custom_voice" and self.size in DROPPING
        self.sample_rate = int(model.model.speech_tokenizer.get_output_sample_rate())
        known = set(model.get_supported_languages() or LANGUAGES.values())
        self.languages = [code for code, name in LANGUAGES.items() if name in known]
        self.speakers = list(model.get_supported_speakers() or ())
        self._heard: dict[int, tuple[Recording, Any]] = {}

    def speak(self, pieces: Sequence[Spoken]) -> list[Samples]:
        """Float32 [n] each, at `sample_rate`, in order, drawn from torch's generator."""
        texts, languages = [piece.text for piece in pieces], [piece.language for piece in pieces]
        if self.kind == "voice_design":
            told = self._model.generate_voice_design(texts, [piece.instruct for piece in pieces], languages, **self._drawing)
        elif self.kind == "custom_voice":
            told = self._model.generate_custom_voice(texts, [piece.speaker for piece in pieces], languages,
                                                     [piece.instruct for piece in pieces], **self._drawing)
        else:
            prompts = [self.prompt(piece) for piece in pieces]
            told = self._model.generate_voice_clone(texts, languages, voice_clone_prompt=prompts, **self._drawing)
        return [as_samples(wave) for wave in told[0]]

    def prompt(self, piece: Spoken) -> Any:
        """What Base goes on from: who speaks from the one recording, how it is spoken from the other.

        A recording gives two things, an embedding of the voice and the codes of its sound with their words; they are
        separate fields of the package's own prompt. Without words there is only the embedding.
        """
        from qwen_tts import VoiceClonePromptItem

        assert piece.recording is not None
        own = self._hear(piece.recording)
        if piece.style is None:
            return own
        style = self._hear(piece.style)
        return VoiceClonePromptItem(ref_code=style.ref_code, ref_spk_embedding=own.ref_spk_embedding, x_vector_only_mode=False,
                                    icl_mode=True, ref_text=style.ref_text)

    def _hear(self, recording: Recording) -> Any:
        """Heard once a recording. As an array: a text could be taken for an address, or for the sound itself."""
        known = self._heard.get(id(recording))
        if known is None or known[0] is not recording:
            item = self._model.create_voice_clone_prompt((recording.samples, recording.rate), recording.words or None,
                                                         not recording.words)[0]
            known = self._heard[id(recording)] = (recording, item)
            while len(self._heard) > 256:
                self._heard.pop(next(iter(self._heard)))
        return known[1]


def require_library() -> str:
    """The version of qwen-tts.

    Raises:
        MissingExtraError: if it or torch is not installed
    """
    try:
        # It speaks of what it lacks on stdout, where only results belong.
        with redirect_stdout(sys.stderr):
            import qwen_tts  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(f"engine {ENGINE!r}", ENGINE) from error
    from importlib.metadata import version

    return version("qwen-tts")


def read_kind(folder: Path) -> str:
    """tts_model_type of a folder's config.json.

    Raises:
        UsageError: if it is no Qwen3-TTS
    """
    try:
        told = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder} has no config.json that can be read ({error}); expected the folder of a "
                         "Qwen3-TTS") from error
    if not isinstance(told, dict) or told.get("model_type") != "qwen3_tts" or told.get("tts_model_type") not in KINDS:
        found = told.get("model_type") if isinstance(told, dict) else None
        raise UsageError(f"{folder}: holds a model of the kind {found!r}; expected a Qwen3-TTS of the kind {', '.join(KINDS)}")
    return str(told["tts_model_type"])


def load(folder: Path, device: Any, dtype: Any, drawing: dict[str, Any]) -> QwenModel:
    """A model with all of its weights.

    Raises:
        UsageError: files missing, cut short, of another architecture, or more than weights
    """
    from qwen_tts import Qwen3TTSModel

    from voiceact.runtime.transformers_loading import check_whole, opening, quiet

    read_kind(folder)
    if not (folder / "speech_tokenizer" / "config.json").is_file():
        raise UsageError(f"{folder} has no speech_tokenizer; expected the whole repository, with that folder in it")
    with opening(folder), quiet():
        found = Qwen3TTSModel.from_pretrained(str(folder), device_map=str(device), dtype=dtype, local_files_only=True,
                                              trust_remote_code=False)
    check_whole(folder, found.model)
    check_whole(folder / "speech_tokenizer", found.model.speech_tokenizer.model)
    return QwenModel(found, drawing)
