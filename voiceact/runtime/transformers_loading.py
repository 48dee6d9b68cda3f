"""Opening the weights of a text-to-speech model of transformers: from a folder, only weights, every fault in one sentence."""

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
"""release from which on the eight families can be asked as they are here"""
WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".h5", ".msgpack", ".onnx", ".gguf", ".npy")
"""what a processor does not need of a folder"""
CODECS = {"DacModel": "dac-44khz", "HiggsAudioV2TokenizerModel": "higgs-audio-v2-tokenizer"}
"""class of a codec that lies in a repository of its own -> weights of that name"""
INSIDE = ("codec", "audio_tokenizer")
"""folders within a model's where its codec may lie"""


def require_library() -> str:
    """The version of transformers.

    Raises:
        MissingExtraError: if it or torch is not installed, or it is too old
    """
    try:
        import torch  # noqa: F401
        import transformers
        from packaging.version import Version
    except ImportError as error:
        raise MissingExtraError(f"engine {ENGINE!r}", ENGINE) from error
    found = str(transformers.__version__)
    if Version(found) < Version(OLDEST):
        raise MissingExtraError(f"engine {ENGINE!r}", ENGINE, too_old=f"transformers {found}")
    return found


def read_config(folder: Path) -> Mapping[str, Any]:
    """A model's config.json.

    Raises:
        UsageError: if there is none, or it names no model
    """
    path = folder / "config.json"
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{folder} has no config.json that can be read ({error}); expected a folder as save_pretrained writes it"
        ) from error
    if not isinstance(found, dict) or not isinstance(found.get("model_type"), str):
        raise UsageError(f"{path}: names no model_type; expected the config.json that belongs to the weights")
    return found


def load_model(class_name: str, folder: Path, device: Any, dtype: Any) -> Any:
    """A model of that class with all of its weights, on the device.

    Raises:
        UsageError: weights missing, cut short, of another architecture, more than weights, or a transformers too old
    """
    import transformers

    kind = getattr(transformers, class_name, None)
    if kind is None:
        raise UsageError(
            f"transformers {transformers.__version__} has no {class_name}; install a newer one: pip install -U transformers"
        )
    with opening(folder), quiet():
        model, told = kind.from_pretrained(
            folder, dtype=dtype, local_files_only=True, trust_remote_code=False, output_loading_info=True
        )
    # The library fills what is missing with random numbers and only warns; that would be noise for speech.
    if missing := sorted(told["missing_keys"]):
        raise lacking(folder, missing)
    return model.to(device).eval()


def load_processor(folder: Path, codec: str | None = None, device: Any = None) -> Any:
    """A model's processor, its codec found on this machine and put on the device.

    codec: a folder of the user's with the codec; None looks into the model's folder, then among the fetched weights
    Raises:
        UsageError: files missing, or the codec is not here, with what to do
    """
    import transformers

    library: Any = transformers
    with tempfile.TemporaryDirectory() as place, opening(folder), quiet():
        home = _at_home(folder, Path(place), codec)
        processor = library.AutoProcessor.from_pretrained(home, local_files_only=True, trust_remote_code=False)
    if getattr(processor, "audio_tokenizer", None) is not None:
        processor.audio_tokenizer.to(device).eval()
    return processor


def load_tokenizer(folder: Path) -> Any:
    """A model's tokenizer, for those without a processor."""
    from transformers import AutoTokenizer

    with opening(folder), quiet():
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)


def check_whole(folder: Path, model: Any) -> None:
    """Raise UsageError if the folder's safetensors lack a weight of the model: it would have been drawn at random.

    For packages that load through the library and do not tell what was missing.
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
    """The same of one file and what is trained of a model: its tables are made, not loaded."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        missing = sorted({name for name, _ in model.named_parameters()} - set(file.keys()))
    if missing:
        raise lacking(path, missing)


def lacking(folder: Path, missing: list[str]) -> UsageError:
    """The error that weights are not whole."""
    return UsageError(
        f"{folder}: its weights lack {len(missing)} of what its config.json describes ({missing[0]}, …); they "
        "are of another architecture, or not whole"
    )


def _at_home(folder: Path, place: Path, codec: str | None) -> Path:
    """The folder itself; a copy of its small files where they name a codec, which then is the one on this machine."""
    named = [path for path in (folder / "processor_config.json", folder / "audio_tokenizer_config.json") if path.is_file()]
    told = {path: json.loads(path.read_text("utf-8")) for path in named}
    if not any("audio_tokenizer_name_or_path" in _codec_of(entry) for entry in told.values()):
        return folder
    for path in folder.iterdir():
        if path.is_file() and path.suffix not in WEIGHTS:
            shutil.copyfile(path, place / path.name)
    for path, entry in told.items():
        names = _codec_of(entry)
        if "audio_tokenizer_name_or_path" in names:
            names["audio_tokenizer_name_or_path"] = str(_codec_folder(folder, names, codec))
            (place / path.name).write_text(json.dumps(entry), "utf-8")
    return place


def _codec_of(entry: dict[str, Any]) -> dict[str, Any]:
    found = entry.get("audio_tokenizer", entry)
    return found if isinstance(found, dict) else {}


def _codec_folder(folder: Path, names: Mapping[str, Any], codec: str | None) -> Path:
    if codec is not None:
        path = Path(codec).expanduser()
        if not path.is_dir():
            raise UsageError(
                f"codec={path} is no folder; expected one with the weights of a {names.get('audio_tokenizer_class')}"
            )
        return path
    stated = str(names["audio_tokenizer_name_or_path"])
    for inside in (*INSIDE, stated):
        if (folder / inside / "config.json").is_file():
            return folder / inside
    known = CODECS.get(str(names.get("audio_tokenizer_class")))
    if known is None:
        raise UsageError(f"{folder}: needs the codec {stated}, which is not here; give its folder as codec=FOLDER")
    return weights.find(known)


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """One sentence for every way in which a folder of weights can be wrong.

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
        sentence = _fault(error)
        if sentence is None:
            raise
        raise UsageError(f"{folder}: {sentence}") from error


def _fault(error: Exception) -> str | None:
    """What is wrong with the folder; None if something else is wrong."""
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
        return f"its weights are of another model than its config.json describes ({_first(words, 'mismatch', 'Missing key')})"
    if isinstance(error, ImportError):
        return f"needs another package ({_first(words)})"
    if isinstance(error, RuntimeError):
        return None
    return f"cannot be loaded ({_first(words) or type(error).__name__})"


def _first(words: str, *telling: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return ([line for line in lines if any(part in line for part in telling)] or lines or [""])[0][:200]


@contextmanager
def quiet(*others: str) -> Iterator[None]:
    """The library's warnings and bars are for those who write models; faults are raised.

    others: packages that stand on the library and speak as it does
    """
    import transformers

    told: Any = transformers.logging
    level, shown = told.get_verbosity(), told.is_progress_bar_enabled()
    levels = {name: logging.getLogger(name).level for name in others}
    told.set_verbosity(logging.CRITICAL)
    told.disable_progress_bar()
    for name in others:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        told.set_verbosity(level)
        for name, before in levels.items():
            logging.getLogger(name).setLevel(before)
        if shown:
            told.enable_progress_bar()
