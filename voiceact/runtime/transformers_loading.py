"""Loading a text-to-speech model of transformers: from a folder, only weights, one sentence for every fault."""

import json
import logging
import pickle
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voiceact.errors import UsageError
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError

ENGINE = "transformers"
OLDEST = "5.23"
"""first release in which the eight families can be called as they are here"""
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".h5", ".msgpack", ".onnx", ".gguf", ".npy")
"""suffixes of files that a processor does not need"""
CODECS = {"DacModel": "dac-44khz", "HiggsAudioV2TokenizerModel": "higgs-audio-v2-tokenizer"}
"""class of a codec that has a repository of its own -> name of its weights"""
INSIDE = ("codec", "audio_tokenizer")
"""folders inside a model's folder that may hold its codec"""


def require_transformers() -> str:
    """Return the version of transformers.

    Raises:
        MissingExtraError: if it or torch is not installed, or it is too old
    """
    try:
        import torch  # noqa: F401
        import transformers
        from packaging.version import Version
    except ImportError as error:
        raise MissingExtraError(f"engine {ENGINE!r}", ENGINE) from error
    installed = str(transformers.__version__)
    if Version(installed) < Version(OLDEST):
        raise MissingExtraError(f"engine {ENGINE!r}", ENGINE, too_old=f"transformers {installed}")
    return installed


def read_config(folder: Path) -> Mapping[str, Any]:
    """Read the config.json of a folder.

    Raises:
        UsageError: if there is none, or it names no model
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{folder} has no config.json that can be read ({error}); expected a folder as save_pretrained writes it"
        ) from error
    if not isinstance(config, dict) or not isinstance(config.get("model_type"), str):
        raise UsageError(f"{path}: names no model_type; expected the config.json that belongs to the weights")
    return config


def load_model(class_name: str, folder: Path, device: Any, dtype: Any) -> Any:
    """Load a model with all of its weights.

    Args:
        class_name: name of its class in transformers
        folder: as save_pretrained writes it
        device: torch device
        dtype: torch dtype

    Raises:
        UsageError: weights missing, cut short, of another architecture, more than weights, or a transformers too old
    """
    import transformers

    model_class = getattr(transformers, class_name, None)
    if model_class is None:
        raise UsageError(
            f"transformers {transformers.__version__} has no {class_name}; install a newer one: pip install -U transformers"
        )
    with opening(folder), quiet():
        model, report = model_class.from_pretrained(
            folder, dtype=dtype, local_files_only=True, trust_remote_code=False, output_loading_info=True
        )
    # The library fills what is missing with random numbers and only warns; that would be noise for speech.
    if missing := sorted(report["missing_keys"]):
        raise lacking(folder, missing)
    return model.to(device).eval()


def load_processor(folder: Path, codec: str | None = None, device: Any = None) -> Any:
    """Load a model's processor, with its codec on the device.

    Args:
        folder: as save_pretrained writes it
        codec: folder with the codec; None looks in the model's folder, then among the fetched weights
        device: torch device

    Raises:
        UsageError: if files are missing, or the codec is not here, with what to do
    """
    import transformers

    library: Any = transformers
    with tempfile.TemporaryDirectory() as copy, opening(folder), quiet():
        local = _localize_codec(folder, Path(copy), codec)
        processor = library.AutoProcessor.from_pretrained(local, local_files_only=True, trust_remote_code=False)
    if getattr(processor, "audio_tokenizer", None) is not None:
        processor.audio_tokenizer.to(device).eval()
    return processor


def load_tokenizer(folder: Path) -> Any:
    """Load the tokenizer of a model without a processor; raises UsageError if files are missing."""
    from transformers import AutoTokenizer

    with opening(folder), quiet():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def check_whole(folder: Path, model: Any) -> None:
    """Raise UsageError if the folder's safetensors lack a weight of the model, which would have been drawn at random.

    For packages that load through the library and do not report what was missing.
    """
    from safetensors import safe_open

    held: set[str] = set()
    for path in folder.glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            held |= set(file.keys())
    missing = sorted(set(model.state_dict()) - held)
    if held and missing:
        raise lacking(folder, missing)


def check_parameters(path: Path, model: Any) -> None:
    """Raise UsageError if a safetensors file lacks a trained parameter of the model; its buffers are computed, not loaded."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        missing = sorted({name for name, _ in model.named_parameters()} - set(file.keys()))
    if missing:
        raise lacking(path, missing)


def lacking(folder: Path, missing: list[str]) -> UsageError:
    """Return the error for weights that are not whole."""
    return UsageError(
        f"{folder}: its weights lack {len(missing)} of what its config.json describes ({missing[0]}, …); they "
        "are of another architecture, or not whole"
    )


def _localize_codec(folder: Path, copy: Path, codec: str | None) -> Path:
    """Return the folder itself; or, where its files name a codec, a copy of its small files that names the local one."""
    configs = [path for path in (folder / "processor_config.json", folder / "audio_tokenizer_config.json") if path.is_file()]
    contents = {path: json.loads(path.read_text("utf-8")) for path in configs}
    if not any("audio_tokenizer_name_or_path" in _codec_entry(entry) for entry in contents.values()):
        return folder
    for path in folder.iterdir():
        if path.is_file() and path.suffix not in WEIGHTS:
            shutil.copyfile(path, copy / path.name)
    for path, entry in contents.items():
        names = _codec_entry(entry)
        if "audio_tokenizer_name_or_path" in names:
            names["audio_tokenizer_name_or_path"] = str(_codec_folder(folder, names, codec))
            (copy / path.name).write_text(json.dumps(entry), "utf-8")
    return copy


def _codec_entry(config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a processor's configuration that names its codec."""
    entry = config.get("audio_tokenizer", config)
    return entry if isinstance(entry, dict) else {}


def _codec_folder(folder: Path, names: Mapping[str, Any], codec: str | None) -> Path:
    """Return the folder of the codec: the user's, one inside the model's folder, or fetched weights."""
    if codec is not None:
        path = Path(codec).expanduser()
        if not path.is_dir():
            raise UsageError(
                f"codec={path} is no folder; expected one with the weights of a {names.get('audio_tokenizer_class')}"
            )
        return path
    published = str(names["audio_tokenizer_name_or_path"])
    for inside in (*INSIDE, published):
        if (folder / inside / "config.json").is_file():
            return folder / inside
    known = CODECS.get(str(names.get("audio_tokenizer_class")))
    if known is None:
        raise UsageError(f"{folder}: needs the codec {published}, which is not here; give its folder as codec=FOLDER")
    return weights.find(known)


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Turn every error of a wrong folder of weights into one sentence.

    Raises:
        UsageError: cut short, of another architecture, more than weights, or files missing
    """
    from safetensors import SafetensorError

    try:
        yield
    except UsageError:
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RuntimeError,
        EOFError,
        ImportError,
        pickle.UnpicklingError,
        SafetensorError,
    ) as error:
        sentence = _fault_sentence(error)
        if sentence is None:
            raise
        raise UsageError(f"{folder}: {sentence}") from error


def _fault_sentence(error: Exception) -> str | None:
    """Return what is wrong with the folder; None if something else is wrong."""
    words = str(error)
    chain = [error, error.__cause__, error.__context__]
    if any("Unsupported global" in str(link) or "weights_only" in str(link).lower() for link in chain):
        return (
            "its file of weights holds more than weights and would run code when it is opened, so it is refused; take a "
            "file in the safetensors format"
        )
    if type(error).__name__ == "SafetensorError" or any(
        part in words for part in ("PytorchStreamReader", "unexpected EOF", "Unable to load weights", "zip archive", "header")
    ):
        return "its file of weights is damaged or cut short; fetch it again (voiceact model verify tells whether it is whole)"
    if "mismatch" in words or "loading state_dict" in words:
        line = _relevant_line(words, "mismatch", "Missing key")
        return f"its weights are of another model than its config.json describes ({line})"
    if isinstance(error, ImportError):
        return f"needs another package ({_relevant_line(words)})"
    if isinstance(error, RuntimeError):
        return None
    return f"cannot be loaded ({_relevant_line(words) or type(error).__name__})"


def _relevant_line(words: str, *parts: str) -> str:
    """Return the first line of a message that holds one of the parts, else its first line."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return ([line for line in lines if any(part in line for part in parts)] or lines or [""])[0][:200]


@contextmanager
def quiet(*others: str) -> Iterator[None]:
    """Silence the library's warnings and progress bars, which are for those who write models; errors are raised.

    Args:
        others: packages built on the library that log in the same way
    """
    import transformers

    library_logging: Any = transformers.logging
    level, shown = library_logging.get_verbosity(), library_logging.is_progress_bar_enabled()
    levels = {name: logging.getLogger(name).level for name in others}
    library_logging.set_verbosity(logging.CRITICAL)
    library_logging.disable_progress_bar()
    for name in others:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library_logging.set_verbosity(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        if shown:
            library_logging.enable_progress_bar()
