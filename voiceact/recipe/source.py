"""Where recipes are, and how they are read: shipped ones by name, others by path.

>>> from voiceact.recipe.source import load_recipe
>>> load_recipe("smoke").takes
1
"""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from voiceact.errors import UnknownNameError, UsageError
from voiceact.recipe.checks import Keys, find_faults
from voiceact.recipe.schema import Recipe
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.yaml_config import Lines, fill, place, read_located, shown

SUFFIXES = (".yaml", ".yml")
HINT = "'voiceact recipe list' shows all"


@dataclass(frozen=True)
class Source:
    """A recipe with its origin, for messages and for the files that it names.

    Attributes:
        recipe: as read
        where: what the file is called in messages
        folder: that relative paths in the recipe start from
        lines: keys down to a value -> its line in the file
        text: the file as given; empty if there is none
    """

    recipe: Recipe
    where: str
    folder: Path = field(default_factory=Path)
    lines: Lines = field(default_factory=dict)
    text: bytes = b""

    def wrong(self, keys: Keys, sentence: object) -> UsageError:
        """Return the error of the value at these keys, with file and line."""
        return UsageError(f"{place(self.where, self.lines, keys)}: {sentence}")


# --- Where recipes are


def shipped_folder() -> Path:
    """Return the folder of the shipped recipes: inside the package in a wheel, at the top of a checkout."""
    inside = Path(__file__).parents[1] / "recipes"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "recipes"


def recipe_names() -> list[str]:
    """Return the names of the shipped recipes, sorted."""
    return sorted(path.stem for path in shipped_folder().glob("*.yaml"))


def find_recipe_path(name: str | os.PathLike[str]) -> Path:
    """Return the file of a recipe, given by shipped name or by path.

    Raises:
        UnknownNameError: if no recipe of that name is shipped
        UsageError: if it is a path and there is no such file
    """
    if not isinstance(name, str) or "/" in name or "\\" in name or name.endswith(SUFFIXES):
        path = Path(name)
        if not path.exists():
            raise UsageError(
                f"recipe file {str(name)!r} does not exist; expected a shipped recipe's name, such as "
                "'smoke', or the path of a YAML file"
            )
        return path
    if name not in recipe_names():
        raise UnknownNameError("recipe", str(name), recipe_names(), HINT)
    return shipped_folder() / f"{name}.yaml"


# --- Reading


def load_recipe(name: str | os.PathLike[str]) -> Recipe:
    """Read a recipe, given by shipped name or by path.

    Raises:
        UsageError: naming file, line, what was given and what is expected
    """
    return read_recipe(name).recipe


def read_recipe(name: str | os.PathLike[str]) -> Source:
    """Read a recipe with its origin; arguments and errors as `load_recipe`."""
    path = find_recipe_path(name)
    raw, lines = read_located(path)
    where = shown(path)
    return _checked(Source(fill(raw, Recipe, where, lines), where, path.parent, lines, read_regular_file(path)), raw)


def as_source(recipe: "str | os.PathLike[str] | Recipe | Source") -> Source:
    """Return a recipe in any form with its origin; messages about a recipe made in Python name it by its name.

    Raises:
        UsageError: as `load_recipe`
    """
    if isinstance(recipe, Source):
        return recipe
    if isinstance(recipe, Recipe):
        # A struct made in Python was never checked against the bounds of its keys.
        where = f"recipe {recipe.name!r}"
        return _checked(Source(fill(recipe.as_dict(), Recipe, where), where), ())
    return read_recipe(recipe)


def _checked(source: Source, given: Collection[str]) -> Source:
    """Return the source, or raise the first fault of its recipe."""
    for keys, sentence in find_faults(source.recipe, given):
        raise source.wrong(keys, sentence)
    return source
