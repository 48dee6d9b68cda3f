"""What is said in a recipe: the shipped lines and a user's own, in the order in which a persona comes to them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from voiceact.acting import taxonomy
from voiceact.acting.persona import Persona
from voiceact.acting.script import KINDS, Kind, Line, clean_text, languages, load_lines, rank_lines
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.lines.names import check_names
from voiceact.lines.table import Faults, read_lines
from voiceact.lines.table import Line as Row
from voiceact.recipe.casting import TAG, Casting
from voiceact.recipe.schema import Source

REMEMBERED = 4096
"""orders of lines kept at hand; one is a few hundred bytes"""
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Own:
    """A user's line.

    line: its `category` is an id here; None for a neutral line
    cast: who may say it: a persona's name, "tag:…", or None for anybody
    licence: of its table, as the recipe states it; None if it states none
    """

    line: Line
    cast: str | None = None
    licence: str | None = None

    def fits(self, persona: Persona) -> bool:
        """Whether that persona may say it."""
        return self.cast is None or self.cast == persona.name or self.cast.removeprefix(TAG) in (
            persona.tags if self.cast.startswith(TAG) else ())


@dataclass
class Pools:
    """The lines that a persona has for a category, in an order of its own.

    shipped: whether the shipped lines are among them
    """

    own: tuple[Own, ...]
    shipped: bool
    seed: int
    personas: Mapping[str, Persona]
    _known: dict[tuple[str, str, str | None, str], tuple[Line, ...]] = field(default_factory=dict, repr=False, compare=False)

    def lines(self, persona: str, language: str, category: str, kind: Kind) -> tuple[Line, ...]:
        """The lines of a kind; neutral ones are the same for every category. Empty if there are none."""
        key = (persona, language, category if kind == "evocative" else None, kind)
        if key not in self._known:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = self._ranked(self.personas[persona], language, category, kind)
        return self._known[key]

    def __getstate__(self) -> dict[str, Any]:
        """Without what can be worked out again: a plan is sent to every worker."""
        return {**self.__dict__, "_known": {}}

    def _ranked(self, persona: Persona, language: str, category: str, kind: Kind) -> tuple[Line, ...]:
        # Personas with the same tags come to the same lines in different orders.
        seed = int.from_bytes(_digest(f"{self.seed}:{persona.name}")[:4], "big")
        wanted = category if kind == "evocative" else None
        own = sorted((one.line for one in self.own if one.line.language == language and one.line.category == wanted
                      and one.fits(persona)), key=lambda line: _digest(f"{seed}:{line.id}"))
        if not self.shipped:
            return tuple(own)
        ranked = rank_lines(category=category, language=language, tags=persona.tags, seed=seed, kind=kind, fitting=True)
        return tuple(_merged(own, ranked))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _merged(few: Sequence[Line], many: Sequence[Line]) -> Iterator[Line]:
    """Both in their order, evenly mixed: of 2 and 4 lines the first, third, and so on."""
    if len(few) > len(many):
        few, many = many, few
    groups = [many[at * len(many) // max(1, len(few)):(at + 1) * len(many) // max(1, len(few))] for at in range(len(few))]
    if not few:
        yield from many
    for line, group in zip(few, groups, strict=True):
        yield from (line, *group)


# --- The user's own


def read_own(source: Source, casting: Casting, kept: Path | None = None) -> tuple[tuple[Own, ...], dict[str, bytes], list[str]]:
    """The lines of the recipe's own tables.

    kept: folder of a run that keeps copies of the tables; None to read them where the recipe names them

    Returns:
        the lines; file name -> bytes of each table; notes

    Raises:
        UsageError: naming the table and its rows: an id that is given twice, leaves the folder or belongs to a shipped
            line; an unknown category, tag or language; text that cannot be spoken
    """
    found: list[Own] = []
    tables: dict[str, bytes] = {}
    notes: list[str] = []
    for at, file in enumerate(source.recipe.scripts.files):
        name, path = Path(file).name, source.folder / file
        path = kept / "scripts" / name if kept and (kept / "scripts" / name).is_file() else path
        if name in tables:
            raise source.wrong(("scripts", "files", at), f"scripts.files names two tables {name!r}; a run keeps both in one "
                                                         "folder: rename one")
        try:
            own, more = _read_table(path, source, casting, {one.line.id.casefold() for one in found})
        except UsageError as error:
            raise source.wrong(("scripts", "files", at), error) from None
        licence = source.recipe.scripts.license_of(file)
        found += [replace(one, licence=licence) for one in own]
        notes += more
        tables[name] = path.read_bytes()
    return tuple(found), tables, notes


def _read_table(path: Path, source: Source, casting: Casting, taken: set[str]) -> tuple[list[Own], list[str]]:
    table = read_lines(path)
    faults = Faults(path)
    check_names(table.lines, faults)
    shipped = {line.id for code in languages() for line in load_lines(code)}
    own: list[Own] = []
    for row in table.lines:
        if row.id.casefold() in taken or row.id in shipped:
            whose = "another table's line" if row.id.casefold() in taken else "a shipped line"
            faults.add(row.row, f"its id is that of {whose}; each line needs one of its own", row.id)
        try:
            own.append(_own(row, source, casting))
        except UsageError as error:
            faults.add(row.row, str(error), row.id)
    faults.raise_any()
    unused = sorted({one.line.category for one in own if one.line.category} - {*casting.categories})
    notes = [f"{path.name}: {note}" for note in table.notes]
    if unused:
        names = listed(str(taxonomy.get(category)) for category in unused)
        notes.append(f"{path.name}: lines of {names} are not used; the recipe does not name these categories")
    return own, notes


def _own(row: Row, source: Source, casting: Casting) -> Own:
    spare = [name for name in ("intensity", "direction", "seed") if getattr(row, name) not in (None, "")]
    if spare:
        raise UsageError(f"has {' and '.join(spare)}; in a recipe the plan sets these, leave the cells empty")
    language = _language(row, source)
    text, _ = clean_text(row.text, language=language)
    category = _category(row)
    line = Line(row.id, text, language, "evocative" if category else "neutral", category)
    return Own(line, _cast(row.persona, casting))


def _language(row: Row, source: Source) -> str:
    known = source.recipe.languages
    if row.language is None and len(known) > 1:
        raise UsageError(f"has no language; the recipe has {listed(known)}")
    if row.language is not None and row.language not in known:
        raise UnknownNameError("language", row.language, known, "the recipe names those it makes")
    return row.language or known[0]


def _category(row: Row) -> str | None:
    if len(row.emotions) > 1 or any(":" in emotion for emotion in row.emotions):
        raise UsageError(f"has the categories {', '.join(row.emotions)!r}; expected one without an intensity, or none for a "
                         "neutral line")
    return taxonomy.resolve(row.emotions[0]).category.id if row.emotions else None


def _cast(word: str | None, casting: Casting) -> str | None:
    if word is None:
        return None
    if word.startswith(TAG):
        tags = {tag for persona in casting.personas.values() for tag in persona.tags}
        if (tag := word.removeprefix(TAG).strip()) not in tags:
            raise UnknownNameError("tag", tag, tags, "tags of the recipe's personas are meant")
        return TAG + tag
    if word not in casting.personas:
        raise UnknownNameError("persona", word, casting.personas, "the recipe's personas are meant")
    return word


# --- Is there something to say in every cell?


def check_pools(source: Source, casting: Casting, pools: Pools) -> None:
    """Raise UsageError if a cell would have no line of a kind that the recipe asks for."""
    scripts = source.recipe.scripts
    kinds: list[Kind] = [kind for kind in KINDS if getattr(scripts, kind)]
    if pools.shipped:
        for at, language in enumerate(source.recipe.languages):
            try:
                load_lines(language)
            except UsageError as error:
                raise source.wrong(("languages", at), f"{error} (scripts.files, with shipped: false)") from None
        return
    missing = [f"{kind} {taxonomy.get(category) if kind == 'evocative' else ''} ({language}) for {names[0]}".replace("  ", " ")
               for kind in kinds for language in source.recipe.languages
               for category, pool in zip(casting.categories, casting.players, strict=True)
               if (names := [name for at, name in enumerate(casting.personas) if at in pool
                             and not pools.lines(name, language, category, kind)])]
    missing = list(dict.fromkeys(missing))
    if missing:
        raise source.wrong(("scripts", "shipped"), f"scripts.shipped is false and the own tables have no line of: "
                           f"{listed(missing, SHOWN)}; add lines, or set the kind's part to 0")


__all__ = ["Own", "Pools", "check_pools", "read_own"]
