"""Writes a persona that was read from words as a file of the form that personas have."""

import re
from pathlib import Path
from typing import Any

import yaml

from voiceact.acting.persona import NAME_PATTERN, Persona, validate_file
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import write_text_whole

_KEYS = ("name", "description", "language", "gender", "age", "profession", "temperament", "tags", "license", "voice", "manner")


def write_persona(persona: Persona, folder: Path, *, overwrite: bool = False) -> Path:
    """Write `folder/NAME.yaml`, whole or not at all, and return its path.

    Raises:
        UsageError: if the name is none for a persona, or the file is there and not to be replaced
    """
    if not re.fullmatch(NAME_PATTERN, persona.name):
        raise UsageError(
            f"{persona.name!r} is no name of a persona; expected lower-case words joined by hyphens, as in 'old-tom'"
        )
    path = folder / f"{persona.name}.yaml"
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; choose another name, or give --overwrite to replace it")
    folder.mkdir(parents=True, exist_ok=True)
    values: dict[str, Any] = persona.as_dict()
    kept = {key: values[key] for key in _KEYS if values[key] not in ("", [], {}, ())}
    for part in ("voice", "manner"):
        kept[part] = {key: value for key, value in kept[part].items() if value not in (None, "", {}, [])}
    write_text_whole(path, yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=110))
    validate_file(path)
    return path
