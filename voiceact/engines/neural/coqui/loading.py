"""Opening the weights of a coqui-tts model: only weights, as they lie, and every fault in one sentence."""

import json
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voiceact.engines.neural.coqui.weights import Found
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError

MORE_THAN_WEIGHTS = ("Unsupported global", "Unsupported class")
"""torch's words for a pickle that would call something"""
CUT_SHORT = ("zip archive", "PytorchStreamReader", "unexpected EOF")
"""its words for a file that is not whole"""
WEIGHTS_KEY = "model"
"""where the library keeps the weights in its files"""
ANOTHER_MODEL = "holds the weights of another model than its config.json describes"
TELLING = ("Unsupported", "Missing key", "size mismatch", "Unexpected key")


def require_library() -> str:
    """The version of coqui-tts.

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


def read_config(found: Found) -> Any:
    """The library's configuration of a model.

    Raises:
        UsageError: if it is none, or of a kind of model the library does not have
    """
    from TTS.config import load_config

    try:
        return load_config(found.config)
    except (ValueError, KeyError, TypeError, AttributeError, ModuleNotFoundError) as error:
        raise UsageError(
            f"{found.config}: is no configuration that coqui-tts knows ({error}); expected the config.json that "
            "belongs to the weights"
        ) from error


def load_xtts(found: Found, config: Any) -> Any:
    """The library's XTTS with its weights.

    Raises:
        UsageError: see `opening`
    """
    import torch
    from TTS.config.shared_configs import BaseDatasetConfig
    from TTS.tts.configs.xtts_config import XttsArgs, XttsAudioConfig, XttsConfig
    from TTS.tts.models.xtts import Xtts

    if not (found.folder / "vocab.json").is_file():
        raise UsageError(f"{found.folder} has no vocab.json; XTTS needs config.json, model.pth and vocab.json")
    # The published file holds its configuration as these classes. Left to itself, the library would load it and then
    # write it anew in the user's folder, and it would no longer be the file that was verified.
    old = "TTS.tts.models.xtts"
    plain = [(XttsAudioConfig, f"{old}.XttsAudioConfig"), (XttsArgs, f"{old}.XttsArgs"), XttsConfig, BaseDatasetConfig]
    model = Xtts(config)
    with opening(found.checkpoint), torch.serialization.safe_globals(plain):
        model.load_checkpoint(config, checkpoint_path=found.checkpoint, eval=True)
    return model


def load_synthesizer(found: Found, config: Any) -> Any:
    """The library's synthesizer of a model that is no XTTS, with its vocoder if it has one.

    Raises:
        UsageError: see `opening`
    """
    from TTS.utils.synthesizer import Synthesizer

    with tempfile.TemporaryDirectory() as folder, opening(found.checkpoint):
        asked = {"tts_checkpoint": found.checkpoint, "tts_config_path": _at_home(config, found, Path(folder) / "model.json")}
        if vocoder := found.vocoder:
            copy = _at_home(read_config(vocoder), vocoder, Path(folder) / "vocoder.json")
            asked |= {"vocoder_checkpoint": vocoder.checkpoint, "vocoder_config": copy}
        return Synthesizer(**asked)


def _at_home(config: Any, found: Found, target: Path) -> Path:
    """A copy of a configuration whose paths name the files beside it, wherever it was made."""
    target.write_text(json.dumps(_rehomed(config.to_dict(), found.folder), default=str), "utf-8")
    return target


def _rehomed(value: Any, folder: Path) -> Any:
    if isinstance(value, dict):
        return {key: _rehomed(entry, folder) for key, entry in value.items()}
    if isinstance(value, list):
        return [_rehomed(entry, folder) for entry in value]
    if isinstance(value, str) and "/" in value and (folder / Path(value).name).is_file():
        return str(folder / Path(value).name)
    return value


@contextmanager
def opening(checkpoint: Path) -> Iterator[None]:
    """One sentence for every way in which a file of weights can be wrong.

    Raises:
        UsageError: cut short, of another architecture, without weights, or more than weights
    """
    try:
        yield
    except (pickle.UnpicklingError, EOFError, KeyError, AttributeError, TypeError, FileNotFoundError, RuntimeError) as error:
        sentence = _fault(error)
        if sentence is None:
            raise
        raise UsageError(f"{checkpoint}: {sentence}") from error


def _fault(error: Exception) -> str | None:
    """What is wrong with the file; None if something else is wrong."""
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
    """The line of a long message that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if any(word in line for word in TELLING)]
    return (telling or lines or [type(error).__name__])[0][:160]
