"""What identifies a plan, part by part, and the input files that a run freezes to be resumed from its folder alone."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from voiceact import __version__
from voiceact.acting.persona import Persona, load_persona
from voiceact.acting.persona import shipped_folder as shipped_personas
from voiceact.acting.script import load_lines
from voiceact.estimators.ensemble.spec import members_of
from voiceact.recipe.casting import PERSONAS, RecipeCast
from voiceact.recipe.requirements import JUDGE, Requirements, judge_files
from voiceact.recipe.schema import Recipe, Verify
from voiceact.recipe.scripts import OwnLine
from voiceact.recipe.source import Source

IGNORED_KEYS = frozenset({"description"})
"""keys of a recipe that do not affect the clips"""
LATER_KEYS = {Recipe: ("director", "bursts", "variants"), Verify: ("cohort",)}
"""keys that recipes did not always have: each is left out of the digest at its default, so that older runs can be resumed"""


def fingerprint(recipe: Recipe, cast: RecipeCast, own_lines: Sequence[OwnLine], requirements: Requirements) -> dict[str, str]:
    """Return part -> digest or identity of everything that decides the clips: plans with equal fingerprints are equal."""
    personas = []
    for persona in cast.personas.values():
        document = persona.as_dict()
        # A recording counts by its content: its path differs from machine to machine.
        if persona.voice.reference:
            document["voice"]["reference"] = hashlib.sha256(Path(persona.voice.reference).read_bytes()).hexdigest()
        personas.append(document)
    shipped = [line for language in recipe.languages for line in load_lines(language)] if recipe.scripts.shipped else []
    document = {key: value for key, value in recipe.as_dict().items() if key not in IGNORED_KEYS}
    for part, kind in ((document, Recipe), (document["verify"], Verify)):
        usual = {field.name: field.default for field in msgspec.structs.fields(kind)}
        for key in LATER_KEYS[kind]:
            if part[key] == usual[key]:
                del part[key]
    parts = {
        "recipe": _digest(document),
        "voiceact": __version__,
        "personas": _digest(personas),
        "scripts": _digest([msgspec.to_builtins(shipped), msgspec.to_builtins(list(own_lines))]),
        "engine": requirements.engine,
        "judge": requirements.judge_revision,
    }
    if recipe.director:
        parts["coach"] = requirements.coach
    if requirements.backends:
        parts["checks"] = ", ".join(f"{kind}: {identity}" for kind, identity in sorted(requirements.backends.items()))
    return parts


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()


def frozen_inputs(
    source: Source, cast: RecipeCast, tables: Mapping[str, bytes], requirements: Requirements
) -> dict[str, bytes]:
    """Return the files that a run freezes, name -> bytes.

    These are the recipe as given, own tables, personas that are not shipped with voiceact, and the judge's model if it is
    the user's own.

    Args:
        source: of the recipe
        cast: its personas
        tables: file name -> bytes of the recipe's own tables
        requirements: with the judge
    """
    files = {"recipe.yaml": source.text or _encode_recipe(source.recipe)}
    files |= {f"scripts/{name}": data for name, data in tables.items()}
    files |= {
        f"{PERSONAS}/{name}.yaml": _encode_yaml(persona.as_dict())
        for name, persona in cast.personas.items()
        if not _is_shipped(persona)
    }
    files |= {
        f"{JUDGE}/{file.name}": file.read_bytes() for name in members_of(requirements.judge) for file in judge_files(name)
    }
    return files


def _encode_recipe(recipe: Recipe) -> bytes:
    """Encode a recipe made in Python as a file would hold it: takes or stop, never both."""
    document = recipe.as_dict()
    if recipe.stop:
        del document["takes"]
    return _encode_yaml(document)


def _is_shipped(persona: Persona) -> bool:
    path = shipped_personas() / f"{persona.name}.yaml"
    return path.is_file() and msgspec.structs.replace(load_persona(path), extends=None) == persona


def _encode_yaml(document: dict[str, Any]) -> bytes:
    import yaml

    text: str = yaml.safe_dump(_drop_nulls(document), sort_keys=False, allow_unicode=True)
    return text.encode()


def _drop_nulls(value: Any) -> Any:
    """Drop null values, as a hand-written file would."""
    if isinstance(value, dict):
        return {key: _drop_nulls(entry) for key, entry in value.items() if entry is not None}
    return [_drop_nulls(entry) for entry in value] if isinstance(value, list | tuple) else value


__all__ = ["fingerprint", "frozen_inputs"]
