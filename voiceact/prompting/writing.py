"""Writes a persona that was read from words or from a recording as a file of the form that personas have."""

import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from voiceact.acting.persona import NAME_PATTERN, Persona, validate_file
from voiceact.errors import UsageError
from voiceact.runtime.atomic_files import write_text_whole, write_whole

_KEYS = (
    "name", "description", "language", "gender", "age", "profession", "temperament", "tags", "license", "consent", "voice",
    "manner",
)  # fmt: skip


def write_persona(persona: Persona, folder: Path, *, overwrite: bool = False) -> Path:
    """Write `folder/NAME.yaml`, whole or not at all, and return its path.

    A recording that the persona names is copied beside it, as `NAME-voice` with its suffix, so that both can be moved
    together and the first copy is no longer needed.

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
    if persona.voice.reference:
        recording = Path(persona.voice.reference)
        copy = folder / f"{persona.name}-voice{recording.suffix.lower()}"
        write_whole(copy, recording.read_bytes())
        persona = msgspec.structs.replace(persona, voice=msgspec.structs.replace(persona.voice, reference=copy.name))
    values: dict[str, Any] = persona.as_dict()
    kept = {key: values[key] for key in _KEYS if values[key] not in ("", [], {}, (), None)}
    for part in ("voice", "manner"):
        kept[part] = {key: value for key, value in kept[part].items() if value not in (None, "", {}, [])}
    write_text_whole(path, yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=110))
    validate_file(path)
    return path
