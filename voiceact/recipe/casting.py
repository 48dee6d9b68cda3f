"""Who and what a recipe means: its words for personas and categories as personas and ids, and who plays what."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from voiceact.acting import taxonomy
from voiceact.acting.persona import SUFFIXES, Persona, cast, list_personas, load_persona
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.recipe.schema import Source

ALL = "all"
TAG = "tag:"
PERSONAS = "personas"
"""folder of a run that keeps the personas which do not come with voiceact"""

Folders = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Casting:
    """What a recipe means.

    personas: name -> persona, in the recipe's order; `all` and tags give them sorted by name
    categories: ids, in the recipe's order; `all` and groups give them in the paper's
    players: of each category, the places in `personas` of those that play it
    notes: what the user should know, one sentence each
    """

    personas: dict[str, Persona]
    categories: tuple[str, ...]
    players: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...] = ()


def cast_recipe(source: Source, folders: Folders = (), kept: Path | None = None) -> Casting:
    """The personas and categories of a recipe.

    folders: to look personas up in first
    kept: folder of a run, whose own copies of personas go before all others

    Raises:
        UsageError: naming file and line: an unknown name, one that stands there twice, a category that nobody plays
    """
    if kept and (kept / PERSONAS).is_dir():
        folders = [kept / PERSONAS, *folders]
    personas = _personas(source, folders, kept)
    categories = dict(_categories(source))
    players = [tuple(at for at, persona in enumerate(personas.values()) if persona.plays(category))
               for category in categories]
    if source.recipe.scripts.same_across in ("category", "both"):
        everything = tuple(at for at in range(len(personas)) if all(at in pool for pool in players))
        players = [everything] * len(players)
    _check_players(source, categories, personas, players)
    return Casting(personas, tuple(categories), tuple(players), tuple(_left_out(source, categories, personas, players)))


# --- Personas


def _personas(source: Source, folders: Folders, kept: Path | None) -> dict[str, Persona]:
    words: Sequence[str] = [ALL] if source.recipe.personas == ALL else source.recipe.personas
    found: dict[str, Persona] = {}
    named: dict[str, str] = {}
    for at, word in enumerate(words):
        keys = ("personas", at)
        for persona in _meant(source, keys, word, folders, kept):
            if not _is_many(word):
                _check_new(source, keys, word, persona.name, named)
            # What it was built on is in it already, and may be gone when the run is resumed.
            found.setdefault(persona.name, structs.replace(persona, extends=None))
    if source.recipe.each and source.recipe.each > len(found):
        raise source.wrong(("each",), f"each is {source.recipe.each} and personas are {len(found)}; take each out to have "
                                      "all of them play, or name more")
    return found


def _meant(source: Source, keys: tuple[str | int, ...], word: str, folders: Folders, kept: Path | None
           ) -> list[Persona]:
    """The personas that one word stands for."""
    try:
        if word == ALL:
            return list_personas(folders)
        if word.startswith(TAG):
            return cast(word.removeprefix(TAG).strip(), folders=folders)
        if not (word.endswith(SUFFIXES) or "/" in word or "\\" in word):
            return [load_persona(word, folders)]
        copy = kept / PERSONAS / f"{Path(word).stem}.yaml" if kept else None
        return [load_persona(copy if copy and copy.is_file() else source.folder / word, folders)]
    except UsageError as error:
        raise source.wrong(keys, error) from None


def _is_many(word: str) -> bool:
    return word == ALL or word.startswith(TAG)


def _check_new(source: Source, keys: tuple[str | int, ...], word: str, meaning: str, named: dict[str, str]) -> None:
    """Refuse a second word that means the same."""
    if meaning in named:
        raise source.wrong(keys, f"{named[meaning]!r} and {word!r} both mean {meaning}; keep one" if named[meaning] != word
                           else f"{keys[0]} names {word!r} twice; keep one")
    named[meaning] = word


# --- Categories


def _categories(source: Source) -> Iterator[tuple[str, bool]]:
    """Ids, each with whether it was named by itself rather than by a group."""
    words: Sequence[str] = [ALL] if source.recipe.categories == ALL else source.recipe.categories
    named: dict[str, str] = {}
    found: dict[str, bool] = {}
    for at, word in enumerate(words):
        keys = ("categories", at)
        many = [category.id for category in taxonomy.categories()] if word == ALL else None
        meant = many or _resolved(source, keys, word)
        if isinstance(meant, str):
            _check_new(source, keys, word, meant, named)
            found[meant] = True
            continue
        for category in meant:
            found.setdefault(category, False)
    yield from found.items()


def _resolved(source: Source, keys: tuple[str | int, ...], word: str) -> str | list[str]:
    """The id of a word's category; or those of the group that it begins, where it means no category."""
    try:
        return taxonomy.resolve(word).category.id
    except UnknownNameError as error:
        try:
            return [category.id for category in taxonomy.groups()[taxonomy.group(word)]]
        except UnknownNameError as other:
            raise source.wrong(keys, error if error.nearest or not other.nearest else other) from None
    except UsageError as error:
        raise source.wrong(keys, error) from None


# --- Who plays what


def _check_players(source: Source, categories: dict[str, bool], personas: dict[str, Persona],
                   players: Iterable[tuple[int, ...]]) -> None:
    """Refuse a category without any cell, if it was named by itself; and a recipe without any."""
    players = list(players)
    for (category, alone), pool in zip(categories.items(), players, strict=True):
        if not pool and (alone or not any(players)):
            raise source.wrong(("categories",), f"no persona plays {taxonomy.get(category)}, so it has no cells: "
                               f"{_ages(personas)}; add an adult, or take the category out")


def _ages(personas: dict[str, Persona]) -> str:
    return listed(f"{persona.name} is {persona.age}" for persona in personas.values())


def _left_out(source: Source, categories: dict[str, bool], personas: dict[str, Persona],
              players: Sequence[tuple[int, ...]]) -> Iterator[str]:
    """What has fewer cells than one may expect."""
    for category, pool in zip(categories, players, strict=True):
        if not pool:
            yield f"nobody plays {taxonomy.get(category)}: it has no cells"
        elif source.recipe.each and source.recipe.each > len(pool):
            yield f"{len(pool)} personas play {taxonomy.get(category)}, so it has {len(pool)} instead of {source.recipe.each}"
    absent = [name for at, name in enumerate(personas) if not any(at in pool for pool in players)]
    if absent:
        yield f"not cast at all: {listed(absent)}"


__all__ = ["Casting", "cast_recipe"]
