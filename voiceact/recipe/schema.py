"""The keys of a recipe: what is to be made, in one YAML file.

`voiceact.recipe.source` finds and reads recipes, `voiceact.recipe.checks` checks what the type of a single key cannot
express. What the words mean (which personas `tag:elder` selects) is resolved in `voiceact.recipe.casting`, the takes that
follow in `voiceact.recipe.plan`. docs/recipes.md explains every key; `voiceact/recipe/recipe.schema.json` is the same as a
JSON schema.
"""

import sys
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from voiceact.vocabulary import CHECKS, CohortSource, Evidence, Strategy, VotingRule

NAME_PATTERN = "^[a-z0-9]+(-[a-z0-9]+)*$"

Format = Literal["flac", "wav"]
Keep = Literal["all", "included"]
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
    """Lines to be spoken: evocative and neutral lines in this ratio, from the shipped scripts and from own files."""

    evocative: Annotated[_Part, Meta(description="parts of lines whose words fit the category")] = 1
    neutral: Annotated[_Part, Meta(description="parts of lines that say nothing of any")] = 1
    files: Annotated[tuple[_Text, ...], Meta(description="a list of tables (.csv, .jsonl), from this file's folder")] = ()
    license: Annotated[
        _Text | dict[str, _Text] | None,
        Meta(description="the licence of scripts.files, such as CC-BY-4.0, or of each: own.csv: CC-BY-4.0"),
    ] = None
    shipped: Annotated[_Flag, Meta(description="true, or false for the lines of scripts.files alone")] = True
    same_across: Same = "nothing"

    def license_of(self, file: str) -> str | None:
        """Return the licence of one of `files`, as it is written there; None if none is stated."""
        return self.license.get(file) if isinstance(self.license, dict) else self.license


class StopRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stop rule of each cell: take after take until so many are included, at most so many takes."""

    included: Annotated[_Count, Meta(description="included clips that end a cell")]
    takes: Annotated[_Count, Meta(description="most takes of a cell")]


class Verify(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is checked, who judges, and how strong the evidence must be for a clip to be included."""

    checks: Annotated[tuple[_Text, ...], Meta(description="a list of checks, such as [quality, emotion]")] = CHECKS
    judge: _Text | Annotated[tuple[_Text, ...], _words("a judge, or a list of them, such as [human, model.npz]")] = "human"
    agree: VotingRule = "all"
    cohort: CohortSource = "none"
    asr: Annotated[_Text | None, Meta(description="a recognizer, such as faster-whisper:model=whisper-small")] = None
    speaker: Annotated[_Text | None, Meta(description="a speaker encoder, such as ecapa:model=spkrec")] = None
    mos: Annotated[_Text | None, Meta(description="a rater of naturalness, such as distillmos")] = None
    evidence: Evidence = "category"

    @property
    def backends(self) -> dict[str, str]:
        """Kind of check -> backend, for the kinds that name one, as `load_backends` takes them."""
        return {kind: text for kind, text in (("asr", self.asr), ("speaker", self.speaker), ("mos", self.mos)) if text}

    @property
    def judge_text(self) -> str:
        """The judges as `load_estimator` takes them: "human", "majority(human,own.npz)"."""
        if isinstance(self.judge, str):
            return self.judge
        return self.judge[0] if len(self.judge) == 1 else f"{self.agree}({','.join(self.judge)})"


class DirectorOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How takes are directed: so many are heard by the coach, and the one it likes best is judged and kept."""

    takes: Annotated[int, Meta(ge=1, le=1000, description="takes that the coach hears of each that is kept")] = 8
    strategy: Annotated[
        Strategy, Meta(description="what is tried: auto, best-of, ladder, retry or search (docs/director.md)")
    ] = "auto"


class StoreOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
        """Return name -> share, for the shares above 0."""
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
    bursts: Annotated[_Flag, Meta(description="true: a direction may open or close a line with its vocal burst")] = False
    director: DirectorOptions | None = None
    takes: Annotated[_Count, Meta(description="takes of each cell")] = 1
    stop: StopRule | None = None
    verify: Verify = Verify()
    store: StoreOptions = StoreOptions()
    splits: Splits = Splits(train=0.8, validation=0.1, test=0.1)

    @property
    def most_takes(self) -> int:
        """Takes that a cell can come to."""
        return self.stop.takes if self.stop else self.takes

    def as_dict(self) -> dict[str, Any]:
        """Return plain data as JSON gives it back, every key present, in the order of the file."""
        document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(self))
        return document


# --- The published schema


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of a recipe, as published in voiceact/recipe/recipe.schema.json."""
    schema: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(Recipe)))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n")
