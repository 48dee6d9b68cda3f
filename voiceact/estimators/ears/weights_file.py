"""The encoder's weights on disk: an ONNX file and, beside it, the card that says where it is from and what its hash is."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from voiceact.errors import VoiceactError
from voiceact.runtime.atomic_files import write_text_whole, write_whole

FORMAT = "voiceact-ears/1"
NEEDED = ("format", "sha256", "bytes", "origin", "licence", "layers", "channels", "mels")


class EarsFileError(VoiceactError):
    """Weights of the encoder that are damaged, missing or of another model."""


def card_path(ears: Path) -> Path:
    """Name the card of a weights file: ears.onnx -> ears.card.json."""
    return ears.with_name(f"{ears.stem}.card.json")


def write_ears(path: str | os.PathLike[str], model: bytes, card: dict[str, Any]) -> dict[str, Any]:
    """Write the model, then the card with its size and hash; each appears whole or not at all. Returns the card."""
    path = Path(path)
    card = card | {"sha256": hashlib.sha256(model).hexdigest(), "bytes": len(model)}
    write_whole(path, model)
    write_text_whole(card_path(path), json.dumps(card, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return card


def read_ears(path: str | os.PathLike[str]) -> tuple[bytes, dict[str, Any]]:
    """Read a model that is what its card says, and the card.

    Raises:
        EarsFileError: a file that is missing, cut, changed, or of another format or model than its card describes
    """
    path = Path(path)
    card = _read_card(card_path(path))
    model = _read_bytes(path)
    if len(model) != card["bytes"]:
        raise EarsFileError(
            f"{path}: has {len(model)} bytes, its card says {card['bytes']}; the file is cut or of another "
            "model: install voiceact again"
        )
    if hashlib.sha256(model).hexdigest() != card["sha256"]:
        raise EarsFileError(
            f"{path}: its bytes are not those its card describes (SHA-256 differs); the file is damaged or "
            "of another model: install voiceact again"
        )
    return model, card


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card = json.loads(_read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise EarsFileError(f"{path}: is not the card of an encoder ({error}); install voiceact again") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        format_name = card.get("format") if isinstance(card, dict) else None
        raise EarsFileError(f"{path}: is of format {format_name!r}; this voiceact reads {FORMAT!r}: install voiceact again")
    lacking = [key for key in NEEDED if key not in card]
    if lacking:
        raise EarsFileError(f"{path}: lacks {lacking[0]!r}; install voiceact again")
    return card


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EarsFileError(
            f"{path}: cannot be read ({error.strerror}); an encoder is two files, ears.onnx and "
            "ears.card.json: install voiceact again"
        ) from error
