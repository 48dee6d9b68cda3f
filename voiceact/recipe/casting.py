"""The personas and categories of a recipe: its words resolved to personas and ids, and who plays what."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from voiceact.acting import taxonomy
from voiceact.acting.persona import SUFFIXES, Persona, cast, list_personas, load_persona
from voiceact.errors import UnknownNameError, UsageError, count_noun, listed
from voiceact.prompting.feeling import resolve_category
from voiceact.recipe.checks import Keys
from voiceact.recipe.source import Source
from voiceact.runtime.untrusted_paths import resolve_inside
from voiceact.runtime.untrusted_settings import check_stated_file

ALL = "all"
TAG = "tag:"
PERSONAS = "personas"
"""folder of a run that keeps the personas which do not come with voiceact"""

Folders = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class RecipeCast:
    """Who plays what in a recipe.

    Attributes:
        personas: name -> persona, in the recipe's order; `all` and tags give them sorted by name
        categories: ids, in the recipe's order; `all` and groups give them in the paper's
        players: of each category, the places in `personas` of those that play it
        notes: what the user should know, one sentence each
    """

    personas: dict[str, Persona]
    categories: tuple[str, ...]
    players: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...] = ()


def resolve_cast(source: Source, folders: Folders = (), run_folder: Path | None = None) -> RecipeCast:
    """Resolve the personas and categories of a recipe.

    Args:
        source: of the recipe
        folders: to look personas up in first
        run_folder: a run, whose own copies of personas go before all others

    Raises:
        UsageError: naming file and line: an unknown name, one that is given twice, a category that nobody plays
    """
    if run_folder and (run_folder / PERSONAS).is_dir():
        folders = [run_folder / PERSONAS, *folders]
    personas = _resolve_personas(source, folders, run_folder)
    named_alone = _resolve_categories(source)
    players = [tuple(at for at, persona in enumerate(personas.values()) if persona.plays(category)) for category in named_alone]
    if source.recipe.scripts.same_across in ("category", "both"):
        # Cells of different categories share persona and line, so a persona has to play all of them.
        players = [tuple(at for at in range(len(personas)) if all(at in pool for pool in players))] * len(players)

    # Refuse a category without any cell if it was named by itself, and a recipe without any cell.
    for (category, alone), pool in zip(named_alone.items(), players, strict=True):
        if not pool and (alone or not any(players)):
            ages = listed(f"{persona.name} is {persona.age}" for persona in personas.values())
            raise source.wrong(
                ("categories",),
                f"no persona plays {taxonomy.get(category)}, so it has no cells: "
                f"{ages}; add an adult, or take the category out",
            )
    notes = tuple(_list_notes(source, list(named_alone), personas, players))
    return RecipeCast(personas, tuple(named_alone), tuple(players), notes)


# --- Personas


def _resolve_personas(source: Source, folders: Folders, run_folder: Path | None) -> dict[str, Persona]:
    """Return name -> persona, in the recipe's order."""
    words: Sequence[str] = [ALL] if source.recipe.personas == ALL else source.recipe.personas
    personas: dict[str, Persona] = {}
    word_of: dict[str, str] = {}
    for at, word in enumerate(words):
        keys = ("personas", at)
        for persona in _load_personas(source, keys, word, folders, run_folder):
            if run_folder is not None and persona.voice.reference:
                _check_reference(source, keys, persona)
            if word != ALL and not word.startswith(TAG):
                _check_unique(source, keys, word, persona.name, word_of)
            # What it extends is merged already, and may be gone when the run is resumed.
            personas.setdefault(persona.name, structs.replace(persona, extends=None))
    if source.recipe.each and source.recipe.each > len(personas):
        raise source.wrong(
            ("each",),
            f"each is {source.recipe.each} and personas are {len(personas)}; take each out to have all of them play, "
            "or name more",
        )
    return personas


def _load_personas(source: Source, keys: Keys, word: str, folders: Folders, run_folder: Path | None) -> list[Persona]:
    """Return the personas that one word selects: `all`, a tag, a name, or a file."""
    try:
        if word == ALL:
            return list_personas(folders)
        if word.startswith(TAG):
            return cast(word.removeprefix(TAG).strip(), folders=folders)
        if not (word.endswith(SUFFIXES) or "/" in word or "\\" in word):
            return [load_persona(word, folders)]
        if run_folder is None:
            return [load_persona(source.folder / word, folders)]
        return [load_persona(resolve_inside(run_folder, f"{PERSONAS}/{Path(word).stem}.yaml", source="personas"), folders)]
    except UsageError as error:
        raise source.wrong(keys, error) from None


def _check_reference(source: Source, keys: Keys, persona: Persona) -> None:
    """Refuse a recording of this machine that a run, which may be from anywhere, names."""
    try:
        check_stated_file(str(persona.voice.reference), source=f"persona {persona.name!r} of the run", what="the recording")
    except UsageError as error:
        raise source.wrong(keys, error) from None


def _check_unique(source: Source, keys: Keys, word: str, resolved: str, word_of: dict[str, str]) -> None:
    """Refuse a second word for the same persona or category; `word_of` maps what is resolved to its word."""
    if resolved in word_of:
        raise source.wrong(
            keys,
            f"{word_of[resolved]!r} and {word!r} both mean {resolved}; keep one"
            if word_of[resolved] != word
            else f"{keys[0]} names {word!r} twice; keep one",
        )
    word_of[resolved] = word


# --- Categories


def _resolve_categories(source: Source) -> dict[str, bool]:
    """Return ids in the recipe's order, each with whether it was named by itself rather than by a group."""
    words: Sequence[str] = [ALL] if source.recipe.categories == ALL else source.recipe.categories
    word_of: dict[str, str] = {}
    named_alone: dict[str, bool] = {}
    for at, word in enumerate(words):
        keys = ("categories", at)
        resolved = [category.id for category in taxonomy.categories()] if word == ALL else _resolve_word(source, keys, word)
        if isinstance(resolved, str):
            _check_unique(source, keys, word, resolved, word_of)
            named_alone[resolved] = True
            continue
        for category in resolved:
            named_alone.setdefault(category, False)
    return named_alone


def _resolve_word(source: Source, keys: Keys, word: str) -> str | list[str]:
    """Return the id of a word's category, or the ids of the group it names if it names no category."""
    try:
        return taxonomy.resolve(word).category.id
    except UnknownNameError as error:
        try:
            return [category.id for category in taxonomy.groups()[taxonomy.group(word)]]
        except UnknownNameError as other:
            # Plain words may name a category too; a misspelt name is left to its writer, for a plan is not to guess.
            if " " in word.strip() and (match := _resolve_phrase(source, keys, word)):
                return match
            raise source.wrong(keys, error if error.nearest or not other.nearest else other) from None
    except UsageError as error:
        raise source.wrong(keys, error) from None


def _resolve_phrase(source: Source, keys: Keys, phrase: str) -> str | None:
    """Return the id of the one category that a phrase means; None if no feeling is understood in it."""
    try:
        return resolve_category(phrase).category.id
    except UnknownNameError:
        return None
    except UsageError as error:
        raise source.wrong(keys, error) from None


def _list_notes(
    source: Source, categories: Sequence[str], personas: dict[str, Persona], players: Sequence[tuple[int, ...]]
) -> Iterator[str]:
    """Yield a sentence for each category and persona with fewer cells than one may expect."""
    for category, pool in zip(categories, players, strict=True):
        if not pool:
            yield f"nobody plays {taxonomy.get(category)}: it has no cells"
        elif source.recipe.each and source.recipe.each > len(pool):
            yield (
                f"{count_noun(len(pool), 'persona')} for {taxonomy.get(category)}, so it has "
                f"{len(pool)} instead of {source.recipe.each}"
            )
    absent = [name for at, name in enumerate(personas) if not any(at in pool for pool in players)]
    if absent:
        yield f"not cast at all: {listed(absent)}"


__all__ = ["RecipeCast", "resolve_cast"]
