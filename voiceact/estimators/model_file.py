"""A judge on disk: weights (model.npz) and, beside them, the card that says what they are (model.card.json)."""

import hashlib
import io
import json
import math
import os
import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import VoiceactError
from voiceact.runtime.atomic_files import write_text_whole, write_whole
from voiceact.runtime.untrusted_paths import UntrustedPathError, read_regular_file
from voiceact.runtime.untrusted_text import clean_text

FORMAT = "voiceact-judge/2"
MAX_MODEL_BYTES, MAX_ARRAYS, MAX_HEADER_BYTES = 512 * 2**20, 10_000, 10_000
"""of a model, unpacked; the shipped judge has some 10 MB in some hundred arrays"""
NEEDED = ("format", "weights_sha256", "ears_sha256", "corpora", "synthetic_data", "seed")

Arrays = dict[str, NDArray[Any]]


class ModelFileError(VoiceactError):
    """A judge's files that cannot be trusted or understood."""


def card_path(model: Path) -> Path:
    """model.npz -> model.card.json."""
    return model.with_name(f"{model.stem}.card.json")


def pack(arrays: Arrays) -> bytes:
    """The bytes of a model.npz: the same arrays give the same bytes, whatever the day or machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in sorted(arrays):
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(arrays[name], order="C"), allow_pickle=False)
            file.writestr(info, member.getvalue())
    return buffer.getvalue()


def write_model(path: str | os.PathLike[str], arrays: Arrays, card: dict[str, Any]) -> None:
    """Write weights, then the card with their hash; each appears whole or not at all."""
    path, data = Path(path), pack(arrays)
    card = {"format": FORMAT, "weights_sha256": hashlib.sha256(data).hexdigest()} | card
    write_whole(path, data)
    write_text_whole(card_path(path), json.dumps(card, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def read_model(path: str | os.PathLike[str]) -> tuple[Arrays, dict[str, Any]]:
    """Arrays and card of a model that is what its card says.

    Raises:
        ModelFileError: naming the file, for a missing or unreadable file, another format, or other bytes
            than the card's hash
    """
    path = Path(path)
    card, data = _card(card_path(path)), read_part(path)
    if hashlib.sha256(data).hexdigest() != card["weights_sha256"]:
        raise ModelFileError(
            f"{path}: its bytes are not those its card describes (SHA-256 differs); "
            "it is damaged or of another training: install or train it again"
        )
    return read_arrays(data, str(path)), card


def read_arrays(data: bytes, source: str) -> Arrays:
    """Read the arrays of a .npz, which may be from anywhere: no object is unpickled, and nothing is unpacked beyond bounds.

    Args:
        data: content of the file
        source: its name, for messages

    Raises:
        ModelFileError: if it is no such archive, too large, or holds an array whose header promises other than is there
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = file.infolist()
            if sum(member.file_size for member in members) > MAX_MODEL_BYTES or len(members) > MAX_ARRAYS:
                raise ModelFileError(
                    f"{source}: unpacks to more than {MAX_MODEL_BYTES / 2**20:.0f} MiB or {MAX_ARRAYS} "
                    "arrays; expected a judge that voiceact trained"
                )
            return {member.filename.removesuffix(".npy"): _read_array(file.read(member)) for member in members}
    except (
        ValueError,
        TypeError,
        SyntaxError,
        LookupError,
        EOFError,
        NotImplementedError,
        RuntimeError,
        RecursionError,
        MemoryError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        tokenize.TokenError,
    ) as error:
        raise ModelFileError(
            f"{source}: is no model ({type(error).__name__}: {clean_text(error, 200)}); train the judge again"
        ) from None


def _read_array(content: bytes) -> NDArray[Any]:
    """An array in NumPy's format, without objects, of as many bytes as its header says."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
    shape, fortran, dtype = header(file, max_header_size=MAX_HEADER_BYTES)
    if dtype.kind not in "biufU" or math.prod(shape) * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"an array of {dtype} {shape} is not what its bytes hold")
    array: NDArray[Any] = np.frombuffer(content, dtype, offset=file.tell()).reshape(shape, order="F" if fortran else "C")
    return array


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(read_part(path))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: is not the card of a judge ({error}); train the judge again") from error
    format_name = card.get("format") if isinstance(card, dict) else None
    if format_name != FORMAT:
        raise ModelFileError(f"{path}: is of format {format_name!r}; this voiceact reads {FORMAT!r}: train the judge again")
    lacking = [key for key in NEEDED if key not in card]
    if lacking:
        raise ModelFileError(f"{path}: lacks {lacking[0]!r}; train the judge again")
    return dict(card)


def read_part(path: Path) -> bytes:
    """Read one of the files of a judge; ModelFileError where it is no regular file, too large, or cannot be read."""
    try:
        return read_regular_file(path, max_bytes=MAX_MODEL_BYTES)
    except UntrustedPathError as error:
        raise ModelFileError(str(error)) from None
    except OSError as error:
        raise ModelFileError(
            f"{path}: cannot be read ({error.strerror}); a judge is two files, model.npz and model.card.json"
        ) from error
