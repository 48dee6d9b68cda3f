"""What identifies a plan, part by part, and the files that a run keeps to be resumed from itself alone."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from voiceact import __version__
from voiceact.acting.persona import Persona, shipped_folder
from voiceact.acting.script import load_lines
from voiceact.estimators.ensemble.spec import members_of
from voiceact.recipe.casting import PERSONAS, Casting
from voiceact.recipe.requirements import JUDGE, Tools, judge_files
from voiceact.recipe.schema import Recipe, Source
from voiceact.recipe.scripts import Own

SAID = frozenset({"description"})
"""keys of a recipe that decide nothing"""


def fingerprint(recipe: Recipe, casting: Casting, own: Sequence[Own], tools: Tools) -> dict[str, str]:
    """Part -> what decides the clips of it: two plans with the same are the same."""
    return {
        "recipe": _digest({key: value for key, value in recipe.as_dict().items() if key not in SAID}),
        "voiceact": __version__,
        "personas": _digest([_identity(persona) for persona in casting.personas.values()]),
        "scripts": _digest([_lines(recipe), msgspec.to_builtins(list(own))]),
        "engine": tools.engine,
        "judge": tools.judge_revision,
        **({"checks": ", ".join(f"{kind}: {one}" for kind, one in sorted(tools.means.items()))} if tools.means else {}),
    }


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def _lines(recipe: Recipe) -> list[Any]:
    shipped = [line for language in recipe.languages for line in load_lines(language)] if recipe.scripts.shipped else []
    found: list[Any] = msgspec.to_builtins(shipped)
    return found


def _identity(persona: Persona) -> dict[str, Any]:
    """A persona, its recording by content: where that lies is each machine's own."""
    found = persona.as_dict()
    if persona.voice.reference:
        found["voice"]["reference"] = hashlib.sha256(Path(persona.voice.reference).read_bytes()).hexdigest()
    return found


def kept_files(source: Source, casting: Casting, tables: Mapping[str, bytes], tools: Tools) -> dict[str, bytes]:
    """Name -> bytes: the recipe as given, own tables, personas that do not come with voiceact, a judge of one's own."""
    files = {"recipe.yaml": source.text or _yaml(_as_file(source.recipe))}
    files |= {f"scripts/{name}": data for name, data in tables.items()}
    files |= {f"{PERSONAS}/{name}.yaml": _yaml(persona.as_dict()) for name, persona in casting.personas.items()
              if not _is_shipped(persona)}
    files |= {f"{JUDGE}/{file.name}": file.read_bytes() for name in members_of(tools.judge) for file in judge_files(name)}
    return files


def _as_file(recipe: Recipe) -> dict[str, Any]:
    """A recipe made in Python as a file would have it: takes or stop, never both."""
    found = recipe.as_dict()
    if recipe.stop:
        del found["takes"]
    return found


def _is_shipped(persona: Persona) -> bool:
    from voiceact.acting.persona import load_persona

    path = shipped_folder() / f"{persona.name}.yaml"
    return path.is_file() and msgspec.structs.replace(load_persona(path), extends=None) == persona


def _yaml(document: dict[str, Any]) -> bytes:
    import yaml

    text: str = yaml.safe_dump(_filled(document), sort_keys=False, allow_unicode=True)
    return text.encode()


def _filled(value: Any) -> Any:
    """Without what is null: a file of hand leaves it out."""
    if isinstance(value, dict):
        return {key: _filled(entry) for key, entry in value.items() if entry is not None}
    return [_filled(entry) for entry in value] if isinstance(value, list | tuple) else value


__all__ = ["fingerprint", "kept_files"]
