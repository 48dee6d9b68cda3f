"""A judge on disk: weights (model.npz) and, beside them, the card that says what they are (model.card.json)."""

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.errors import VoiceactError
from voiceact.runtime.atomic_files import write_text_whole, write_whole

FORMAT = "voiceact-judge/1"
NEEDED = ("format", "weights_sha256", "feature_revision", "corpora", "synthetic_data", "seed")

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
    card, data = _card(card_path(path)), _bytes(path)
    if hashlib.sha256(data).hexdigest() != card["weights_sha256"]:
        raise ModelFileError(f"{path}: its bytes are not those its card describes (SHA-256 differs); "
                             "it is damaged or of another training: install or train it again")
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}, card


def _card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(_bytes(path))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path}: is not the card of a judge ({error}); train the judge again") from error
    found = card.get("format") if isinstance(card, dict) else None
    if found != FORMAT:
        raise ModelFileError(f"{path}: is of format {found!r}; this voiceact reads {FORMAT!r}: train the judge again")
    lacking = [key for key in NEEDED if key not in card]
    if lacking:
        raise ModelFileError(f"{path}: lacks {lacking[0]!r}; train the judge again")
    return dict(card)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: cannot be read ({error.strerror}); a judge is two files, model.npz and "
                             "model.card.json") from error
