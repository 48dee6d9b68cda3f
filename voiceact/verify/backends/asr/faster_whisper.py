"""faster-whisper (CTranslate2): Whisper from a folder, several times faster than in torch."""

from collections.abc import Sequence
from typing import Any

from voiceact.audio import Samples, Sound
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.spec import Option
from voiceact.verify.backends.asr.pocketsphinx import prepared
from voiceact.verify.backends.common import RATE, folder_of, opening, revision


class FasterWhisper:
    """Implements `voiceact.verify.backends.base.Recognizer`."""

    needs, install = ("faster-whisper",), install_command("faster-whisper")
    reaches_out = False
    licence = "MIT; weights of Whisper MIT"
    options = {
        "model": Option("a folder that CTranslate2 converted", "a file"),
        "device": "auto, cpu or cuda",
        "compute": "as CTranslate2 names types: int8, float16, float32, default",
        "beam": "width of the search",
        "threads": "of the CPU",
        "tokens": "most of a window; a Whisper that repeats itself writes 448",
    }
    paces: tuple[float, ...] = (1.0,)

    def __init__(
        self,
        model: str | None = None,
        device: str = "auto",
        compute: str = "default",
        beam: str = "5",
        threads: str = "0",
        tokens: str = "224",
    ):
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise MissingExtraError("recognizer 'faster-whisper'", "faster-whisper") from None
        folder = folder_of(model, "faster-whisper", "FOLDER")
        with opening(folder, "faster-whisper"):
            self._model: Any = WhisperModel(
                str(folder), device=device, compute_type=compute, cpu_threads=int(threads), local_files_only=True
            )
        self._beam, self._tokens = int(beam), int(tokens)
        self.name, self.revision = "faster-whisper", revision("faster-whisper", folder)

    def speaks(self, language: str) -> bool:
        """All that the model's tokens name; English alone for a model of English."""
        return language.split("-")[0] in self._model.supported_languages

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        """What was said; the model hears windows of 30 s one after another."""
        segments, _ = self._model.transcribe(
            prepared(samples, rate, RATE),
            language=language.split("-")[0],
            beam_size=self._beam,
            temperature=0.0,
            condition_on_previous_text=False,
            max_new_tokens=self._tokens,
        )
        return " ".join(segment.text.strip() for segment in segments)

    def hear_all(self, sounds: Sequence[Sound], *, language: str) -> list[str]:
        """Several sounds; the library takes them one by one."""
        return [self.hear(samples, rate, language=language) for samples, rate in sounds]
