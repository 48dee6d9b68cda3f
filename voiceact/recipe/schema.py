"""What is to be made, in one YAML file: whom, what, how strongly, how often, and what counts.

>>> from voiceact.recipe.schema import load_recipe
>>> load_recipe("smoke").takes
1

This room reads the file and checks what one key can tell. What the words mean (which personas `tag:elder` is) is
settled in `voiceact.recipe.casting`, how many takes follow from it in `voiceact.recipe.plan`. docs/recipes.md
explains every key; `voiceact/recipe/recipe.schema.json` is the same as a JSON schema.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime.yaml_config import Lines, fill, place, read_located, shown
from voiceact.store.splits import check_shares

SUFFIXES = (".yaml", ".yml")
NAME_PATTERN = "^[a-z0-9]+(-[a-z0-9]+)*$"
HINT = "'voiceact recipe list' shows all"
CHECKS = ("quality", "emotion", "naturalness", "identity", "transcript")
"""as `voiceact.verify.CHECKS`, which loads numpy"""

Format = Literal["flac", "wav"]
Keep = Literal["all", "included"]
Agree = Literal["all", "majority", "weighted"]
"""as `voiceact.estimators.ensemble.spec.Rule`, which loads numpy"""
Least = Literal["category", "burst", "dimension", "none"]
Same = Literal["nothing", "category", "intensity", "both"]
SplitBy = Literal["persona", "line", "both"]

_Name = Annotated[str, Meta(pattern=NAME_PATTERN, max_length=60, description="lower-case words joined by hyphens")]
_Text = Annotated[str, Meta(min_length=1, pattern=r"\S", description="some text")]
_Language = Annotated[str, Meta(pattern="^[a-z]{2,3}$", description="a language code such as en")]
_Count = Annotated[int, Meta(ge=1, le=2**32)]
_Part = Annotated[int, Meta(ge=0, le=100)]
_Share = Annotated[float, Meta(ge=0, le=1, description="share of the clips")]
_Flag = Annotated[bool, Meta(description="true or false")]


def _words(what: str) -> Any:
    return Meta(min_length=1, description=what)


class Scripts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said: evocative and neutral lines in this ratio, from the shipped scripts and from own files."""

    evocative: Annotated[_Part, Meta(description="parts of lines whose words fit the category")] = 1
    neutral: Annotated[_Part, Meta(description="parts of lines that say nothing of any")] = 1
    files: Annotated[tuple[_Text, ...], Meta(description="a list of tables (.csv, .jsonl), from this file's folder")] = ()
    license: Annotated[_Text | dict[str, _Text] | None, Meta(description="the licence of scripts.files, such as CC-BY-4.0, "
                                                                         "or of each: own.csv: CC-BY-4.0")] = None
    shipped: Annotated[_Flag, Meta(description="true, or false for the lines of scripts.files alone")] = True
    same_across: Same = "nothing"

    def license_of(self, file: str) -> str | None:
        """The licence of one of `files`, as it is written there; None if none is stated."""
        return self.license.get(file) if isinstance(self.license, dict) else self.license


class Stop(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Take after take until so many are included, at most so many takes; in each cell."""

    included: Annotated[_Count, Meta(description="included clips that end a cell")]
    takes: Annotated[_Count, Meta(description="most takes of a cell")]


class Verify(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is checked, who judges, and how strong the evidence must be for a clip to be included."""

    checks: Annotated[tuple[_Text, ...], Meta(description="a list of checks, such as [quality, emotion]")] = CHECKS
    judge: _Text | Annotated[tuple[_Text, ...], _words("a judge, or a list of them, such as [human, model.npz]")] = "human"
    agree: Agree = "all"
    asr: Annotated[_Text | None, Meta(description="a recognizer, such as faster-whisper:model=whisper-small")] = None
    speaker: Annotated[_Text | None, Meta(description="a speaker encoder, such as ecapa:model=spkrec")] = None
    mos: Annotated[_Text | None, Meta(description="a rater of naturalness, such as distillmos")] = None
    evidence: Least = "category"

    @property
    def means(self) -> dict[str, str]:
        """Kind -> what a check is made with, of those that are named, as `open_means` takes them."""
        return {kind: text for kind, text in (("asr", self.asr), ("speaker", self.speaker), ("mos", self.mos)) if text}

    @property
    def judge_text(self) -> str:
        """Whom to ask, as `load_estimator` takes it: "human", "majority(human,own.npz)"."""
        if isinstance(self.judge, str):
            return self.judge
        return self.judge[0] if len(self.judge) == 1 else f"{self.agree}({','.join(self.judge)})"


class Store(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the clips are kept."""

    format: Format = "flac"
    shard: Annotated[int, Meta(ge=1, le=100_000, description="most takes in a shard")] = 1000
    keep: Keep = "all"
    twins: Annotated[_Flag, Meta(description="true to keep the neutral reading beside each clip, or false")] = False


class Splits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares of the data set, and what no two of them share."""

    train: _Share = 0.0
    validation: _Share = 0.0
    test: _Share = 0.0
    by: SplitBy = "both"

    def shares(self) -> dict[str, float]:
        """Name -> share, those that are not empty."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: share for name, share in named.items() if share > 0}


class Recipe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One data set to be made."""

    name: _Name
    description: _Text
    seed: Annotated[int, Meta(ge=0, lt=2**32, description="another seed, another data set")] = 0
    languages: Annotated[tuple[_Language, ...], _words("a list of language codes, such as [en]")] = ("en",)
    personas: Annotated[tuple[_Text, ...], _words("a list of names, tags (tag:elder), files, or all")] | Literal["all"] = "all"
    each: Annotated[int, Meta(ge=1, description="personas of each category and intensity")] | None = None
    categories: Annotated[tuple[_Text, ...], _words("a list of categories, keywords, groups, or all")] | Literal["all"] = "all"
    intensities: Annotated[tuple[Annotated[float, Meta(ge=0, le=7)], ...], _words("a list of numbers from 0 to 7")] = (5.0,)
    scripts: Scripts = Scripts()
    engine: _Text = "embedded"
    takes: Annotated[_Count, Meta(description="takes of each cell")] = 1
    stop: Stop | None = None
    verify: Verify = Verify()
    store: Store = Store()
    splits: Splits = Splits(train=0.8, validation=0.1, test=0.1)

    @property
    def most_takes(self) -> int:
        """Takes that a cell can come to."""
        return self.stop.takes if self.stop else self.takes

    def as_dict(self) -> dict[str, Any]:
        """As JSON gives it back, every key present, in the order of the file."""
        found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return found


@dataclass(frozen=True)
class Source:
    """A recipe, and where it stands: for messages, and for the files that it names.

    where: how the file is called in messages
    folder: from which paths in the recipe are read
    text: the file as given; empty if there is none
    """

    recipe: Recipe
    where: str
    folder: Path = field(default_factory=Path)
    lines: Lines = field(default_factory=dict)
    text: bytes = b""

    def wrong(self, keys: tuple[str | int, ...], sentence: object) -> UsageError:
        """The error of the value at these keys, with file and line."""
        return UsageError(f"{place(self.where, self.lines, keys)}: {sentence}")


# --- Where recipes are


def shipped_folder() -> Path:
    """The recipes that come with the package: beside this file's room in a wheel, at the top of a checkout."""
    inside = Path(__file__).parents[1] / "recipes"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "recipes"


def recipe_names() -> list[str]:
    """Names of the shipped recipes, sorted."""
    return sorted(path.stem for path in shipped_folder().glob("*.yaml"))


def find_recipe_path(name: str | os.PathLike[str]) -> Path:
    """The file of a recipe, given by shipped name or by path.

    Raises:
        UnknownNameError: if no recipe of that name is shipped
        UsageError: if it is a path and there is no such file
    """
    if _is_path(name):
        path = Path(name)
        if not path.exists():
            raise UsageError(f"recipe file {str(name)!r} does not exist; expected a shipped recipe's name, such as "
                             "'smoke', or the path of a YAML file")
        return path
    if name not in recipe_names():
        raise UnknownNameError("recipe", str(name), recipe_names(), HINT)
    return shipped_folder() / f"{name}.yaml"


def _is_path(name: str | os.PathLike[str]) -> bool:
    return not isinstance(name, str) or "/" in name or "\\" in name or name.endswith(SUFFIXES)


# --- Reading


def load_recipe(name: str | os.PathLike[str]) -> Recipe:
    """The recipe of that shipped name, or in the file at that path.

    Raises:
        UsageError: naming file, line, what was given and what is expected
    """
    return read_recipe(name).recipe


def read_recipe(name: str | os.PathLike[str]) -> Source:
    """As `load_recipe`, with where it stands."""
    path = find_recipe_path(name)
    raw, lines = read_located(path)
    where = shown(path)
    source = Source(fill(_with_flags(raw), Recipe, where, lines), where, path.parent, lines, path.read_bytes())
    _check(source, raw)
    return source


def as_source(recipe: "str | os.PathLike[str] | Recipe | Source") -> Source:
    """A recipe in any form with where it stands; one that was made in Python is told by its name."""
    if isinstance(recipe, Source):
        return recipe
    if isinstance(recipe, Recipe):
        # What was made in Python was never held against the bounds of the keys.
        source = Source(fill(recipe.as_dict(), Recipe, f"recipe {recipe.name!r}"), f"recipe {recipe.name!r}")
        _check(source, {})
        return source
    return read_recipe(recipe)


_FLAGS = (("scripts", "shipped"), ("store", "twins"))


def _with_flags(raw: dict[str, Any]) -> dict[str, Any]:
    """The mapping with true and false as such: to `voiceact.runtime.yaml_config` every word is a text."""
    found = dict(raw)
    for part, key in _FLAGS:
        inner = found.get(part)
        if isinstance(inner, dict) and inner.get(key) in ("true", "false"):
            found[part] = {**inner, key: inner[key] == "true"}
    return found


def _check(source: Source, raw: Mapping[str, Any]) -> None:
    """What the kind of a value cannot tell, and needs nothing but the recipe."""
    recipe = source.recipe
    if "takes" in raw and "stop" in raw:
        raise source.wrong(("takes",), "takes and stop are both given; keep takes for a fixed number, stop for takes "
                                       "until enough are included")
    if recipe.stop and recipe.stop.included > recipe.stop.takes:
        raise source.wrong(("stop", "included"), f"stop.included is {recipe.stop.included} and stop.takes "
                                                 f"{recipe.stop.takes}; a cell cannot include more clips than it has takes")
    for key in ("languages", "intensities"):
        _check_twice(source, (key,), getattr(recipe, key))
    _check_scripts(source)
    _check_verify(source)
    try:
        check_shares(recipe.splits.shares(), by=recipe.splits.by)
    except UsageError as error:
        raise source.wrong(("splits",), error) from None


def _check_twice(source: Source, keys: tuple[str, ...], values: tuple[Any, ...]) -> None:
    for at, value in enumerate(values):
        if value in values[:at]:
            spelled = f"{value:g}" if isinstance(value, float) else repr(value)
            raise source.wrong((*keys, at), f"{'.'.join(keys)} names {spelled} twice; keep one")


def _check_scripts(source: Source) -> None:
    scripts = source.recipe.scripts
    if scripts.evocative + scripts.neutral == 0:
        raise source.wrong(("scripts",), "scripts.evocative and scripts.neutral are both 0, so nothing would be said; "
                                         "expected at least one above 0")
    if scripts.same_across in ("category", "both") and scripts.evocative:
        raise source.wrong(("scripts", "same_across"), f"scripts.same_across is {scripts.same_across!r} and "
                           f"scripts.evocative {scripts.evocative}; the words of an evocative line fit one category, so "
                           "categories can only share neutral lines: set evocative: 0")
    if not scripts.shipped and not scripts.files:
        raise source.wrong(("scripts", "shipped"), "scripts.shipped is false and scripts.files names no table, so "
                                                   "nothing would be said; name a table, or take shipped out")
    if scripts.license and not scripts.files:
        raise source.wrong(("scripts", "license"), "scripts.license is given and scripts.files names no table; it is said of "
                                                   "own tables alone, take it out")
    for name in scripts.license if isinstance(scripts.license, dict) else ():
        if name not in scripts.files:
            raise source.wrong(("scripts", "license", name), UnknownNameError("table", name, scripts.files,
                                                                              "scripts.files names those there are"))


def _check_verify(source: Source) -> None:
    verify = source.recipe.verify
    for at, name in enumerate(verify.checks):
        if name not in CHECKS:
            raise source.wrong(("verify", "checks", at), UnknownNameError("check", name, CHECKS))
    _check_twice(source, ("verify", "checks"), verify.checks)
    if "emotion" not in verify.checks and verify.evidence != "none":
        raise source.wrong(("verify", "checks"), "verify.checks leaves out 'emotion', without which no clip has evidence "
                           f"and none would be included; add it, or set evidence: none (it is {verify.evidence})")


# --- The published schema


def json_schema() -> dict[str, Any]:
    """The JSON schema of a recipe, as published in voiceact/recipe/recipe.schema.json."""
    schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(Recipe)))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n")
