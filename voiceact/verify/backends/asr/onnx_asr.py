"""onnx-asr: Parakeet, Canary, Whisper and others as ONNX graphs, without torch."""

from collections.abc import Sequence
from typing import Any

from voiceact.audio import Samples, Sound
from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.spec import Option
from voiceact.verify.backends.asr.pocketsphinx import prepared
from voiceact.verify.backends.common import RATE, folder_of, opening, revision


class OnnxAsr:
    """Implements `voiceact.verify.backends.base.Recognizer`."""

    needs, install = ("onnx-asr",), install_command("onnx-asr")
    reaches_out = False
    licence = "MIT; weights of Parakeet CC-BY-4.0, of others their own"
    options = {
        "model": Option("a folder with the model's ONNX files", "a file"),
        "type": "as onnx-asr names it: nemo-conformer-tdt, whisper …; default is what config.json says",
        "quantization": "int8, or what else the folder has",
        "languages": "that the model knows: en;de (default en)",
    }
    paces: tuple[float, ...] = (1.0,)

    def __init__(
        self, model: str | None = None, type: str | None = None, quantization: str | None = None, languages: str = "en"
    ):
        try:
            import onnx_asr
            from onnx_asr.utils import ModelLoadingError
        except ImportError:
            raise MissingExtraError("recognizer 'onnx-asr'", "onnx-asr") from None
        folder = folder_of(model, "onnx-asr", "FOLDER")
        if type is None and not (folder / "config.json").is_file():
            raise UsageError(f"{folder}: has no config.json that says what it holds; say it: onnx-asr:type=nemo-conformer-ctc")
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile

        with opening(folder, "onnx-asr", ModelLoadingError, Fail, InvalidProtobuf, InvalidGraph, InvalidArgument, NoSuchFile):
            self._model: Any = onnx_asr.load_model(type or _named(folder), folder, quantization=quantization)
        self._languages = frozenset(languages.split(";"))
        self.name, self.revision = "onnx-asr", revision("onnx-asr", folder)

    def speaks(self, language: str) -> bool:
        """What the option `languages` names; the library does not say."""
        return language.split("-")[0] in self._languages

    def hear(self, samples: Samples, rate: int, *, language: str) -> str:
        """What was said."""
        return self.hear_all([(samples, rate)], language=language)[0]

    def hear_all(self, sounds: Sequence[Sound], *, language: str) -> list[str]:
        """Several sounds; one after another, for what fills a batch up is heard by some of these models."""
        return [str(self._model.recognize(prepared(samples, rate, RATE), sample_rate=RATE)).strip() for samples, rate in sounds]


def _named(folder: Any) -> str:
    import json

    try:
        model_type = json.loads((folder / "config.json").read_text("utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{folder / 'config.json'}: cannot be read ({error})") from error
    if not isinstance(model_type, str):
        raise UsageError(f"{folder / 'config.json'}: names no model_type; say it: onnx-asr:type=nemo-conformer-ctc")
    return model_type
