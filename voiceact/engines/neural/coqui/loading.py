"""Loading the weights of a coqui-tts model: only weights, unchanged on disk, and one sentence for every fault."""

import json
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voiceact.engines.neural.coqui.weights import ModelFiles
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError

MORE_THAN_WEIGHTS = ("Unsupported global", "Unsupported class")
"""torch's words for a pickle that would run code"""
CUT_SHORT = ("zip archive", "PytorchStreamReader", "unexpected EOF")
"""torch's words for a file that is not whole"""
WEIGHTS_KEY = "model"
"""key of the weights in the library's files"""
ANOTHER_MODEL = "holds the weights of another model than its config.json describes"
RELEVANT = ("Unsupported", "Missing key", "size mismatch", "Unexpected key")


def require_coqui() -> str:
    """Return the version of coqui-tts.

    Raises:
        MissingExtraError: if it, torch, torchaudio, torchcodec or six is not installed
        VoiceactError: if torchaudio was built for another torch
    """
    try:
        import TTS
        import TTS.tts.models.vits
        import TTS.tts.models.xtts
    except ImportError as error:
        raise MissingExtraError("engine 'coqui'", "coqui") from error
    except OSError as error:
        raise VoiceactError(
            f"torchaudio does not fit this torch ({_reason(error)}); install both from one source, for the same device"
        ) from error
    return str(TTS.__version__)


def read_coqui_config(files: ModelFiles) -> Any:
    """Read the configuration of a model.

    Raises:
        UsageError: if it is none, or of a kind of model the library does not have
    """
    from TTS.config import load_config

    try:
        return load_config(files.config)
    except (ValueError, KeyError, TypeError, AttributeError, ModuleNotFoundError) as error:
        raise UsageError(
            f"{files.config}: is no configuration that coqui-tts knows ({error}); expected the config.json that "
            "belongs to the weights"
        ) from error


def load_xtts(files: ModelFiles, config: Any) -> Any:
    """Load the library's XTTS with its weights.

    Raises:
        UsageError: see `opening`
    """
    import torch
    from TTS.config.shared_configs import BaseDatasetConfig
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig
    from TTS.tts.models.xtts import Xtts

    if not (files.folder / "vocab.json").is_file():
        raise UsageError(f"{files.folder} has no vocab.json; XTTS needs config.json, model.pth and vocab.json")
    # The published file holds its configuration as these classes. Left to itself, the library would load it and then
    # write it anew in the user's folder, and it would no longer be the file that was verified.
    old = "TTS.tts.models.xtts"
    plain = [(XttsAudioConfig, f"{old}.XttsAudioConfig"), (XttsArgs, f"{old}.XttsArgs"), XttsConfig, BaseDatasetConfig]
    model = Xtts(config)
    with opening_weights(files.checkpoint), torch.serialization.safe_globals(plain):
        model.load_checkpoint(config, checkpoint_path=files.checkpoint, eval=True)
    return model


def load_synthesizer(files: ModelFiles, config: Any) -> Any:
    """Load the library's synthesizer of a model other than XTTS, with its vocoder if it has one.

    Raises:
        UsageError: see `opening`
    """
    from TTS.utils.synthesizer import Synthesizer

    with tempfile.TemporaryDirectory() as folder, opening_weights(files.checkpoint):
        arguments = {
            "tts_checkpoint": files.checkpoint,
            "tts_config_path": _write_local_config(config, files, Path(folder) / "model.json"),
        }
        if vocoder := files.vocoder:
            copy = _write_local_config(read_coqui_config(vocoder), vocoder, Path(folder) / "vocoder.json")
            arguments |= {"vocoder_checkpoint": vocoder.checkpoint, "vocoder_config": copy}
        return Synthesizer(**arguments)


def _write_local_config(config: Any, files: ModelFiles, target: Path) -> Path:
    """Write a copy of a configuration whose paths name the files beside it, wherever it was made."""
    target.write_text(json.dumps(_localize_paths(config.to_dict(), files.folder), default=str), "utf-8")
    return target


def _localize_paths(value: Any, folder: Path) -> Any:
    """Return a JSON value in which paths of files that the folder holds point into it."""
    if isinstance(value, dict):
        return {key: _localize_paths(entry, folder) for key, entry in value.items()}
    if isinstance(value, list):
        return [_localize_paths(entry, folder) for entry in value]
    if isinstance(value, str) and "/" in value and (folder / Path(value).name).is_file():
        return str(folder / Path(value).name)
    return value


@contextmanager
def opening_weights(checkpoint: Path) -> Iterator[None]:
    """Turn every error of a wrong file of weights into one sentence.

    Raises:
        UsageError: cut short, of another architecture, without weights, or more than weights
    """
    try:
        yield
    except (pickle.UnpicklingError, EOFError, KeyError, AttributeError, TypeError, FileNotFoundError, RuntimeError) as error:
        sentence = _fault_sentence(error)
        if sentence is None:
            raise
        raise UsageError(f"{checkpoint}: {sentence}") from error


def _fault_sentence(error: Exception) -> str | None:
    """Return what is wrong with the file; None if something else is wrong."""
    words = str(error)
    if isinstance(error, pickle.UnpicklingError) and any(part in words for part in MORE_THAN_WEIGHTS):
        return (
            f"holds more than weights ({_reason(error)}) and would run code when it is opened, so it is refused; take the "
            "file from its first publisher"
        )
    if isinstance(error, pickle.UnpicklingError | EOFError) or any(part in words for part in CUT_SHORT):
        return "is damaged or cut short; fetch it again (voiceact model verify tells whether it is whole)"
    if "loading state_dict" in words:
        return f"{ANOTHER_MODEL} ({_reason(error)})"
    if isinstance(error, KeyError) and error.args[0] != WEIGHTS_KEY:
        return f"{ANOTHER_MODEL} (no {error.args[0]})"
    if isinstance(error, FileNotFoundError):
        return f"needs a file that is not beside it ({error.filename or words})"
    if isinstance(error, RuntimeError):
        return None
    return f"is no file of weights that coqui-tts wrote ({type(error).__name__}: {words})"


def _reason(error: Exception) -> str:
    """Return the line of a long message that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    relevant = [line for line in lines if any(word in line for word in RELEVANT)]
    return (relevant or lines or [type(error).__name__])[0][:160]
