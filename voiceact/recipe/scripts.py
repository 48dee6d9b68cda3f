"""The lines of a recipe: shipped ones and a user's own, in the order in which a persona speaks them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from voiceact.acting import taxonomy
from voiceact.acting.persona import Persona
from voiceact.acting.script import KINDS, Kind, Line, languages, load_lines, rank_lines
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.lines.names import check_names
from voiceact.lines.table import Faults, read_lines
from voiceact.lines.table import Line as TableLine
from voiceact.prompting.feeling import resolve_category
from voiceact.recipe.casting import TAG, RecipeCast
from voiceact.recipe.source import Source
from voiceact.runtime.seeds import draw_digest, draw_integer
from voiceact.runtime.untrusted_paths import read_regular_file, resolve_inside
from voiceact.synthesis.inline import read_cues
from voiceact.text.cleaning import clean_text

MOST_POOLS = 4096
"""orders of lines kept in memory; one is a few hundred bytes"""
SHOWN = 5
"""missing lines that an error names"""


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A user's line.

    Attributes:
        line: its `category` is an id; None for a neutral line
        cast: who may say it: a persona's name, "tag:…", or None for anybody
        licence: of its table, as the recipe states it; None if it states none
    """

    line: Line
    cast: str | None = None
    licence: str | None = None

    def fits(self, persona: Persona) -> bool:
        """Return whether that persona may say it."""
        return (
            self.cast is None
            or self.cast == persona.name
            or self.cast.removeprefix(TAG) in (persona.tags if self.cast.startswith(TAG) else ())
        )


@dataclass
class LinePools:
    """The lines that a persona has for a category, in an order of its own.

    Attributes:
        own: the user's lines
        shipped: whether the shipped lines are among them
        seed: of the recipe
        personas: name -> persona
    """

    own: tuple[OwnLine, ...]
    shipped: bool
    seed: int
    personas: Mapping[str, Persona]
    _pools: dict[tuple[str, str, str | None, str], tuple[Line, ...]] = field(default_factory=dict, repr=False, compare=False)

    def lines(self, persona: str, language: str, category: str, kind: Kind) -> tuple[Line, ...]:
        """Return the lines of a kind, possibly none; neutral ones are the same for every category."""
        key = (persona, language, category if kind == "evocative" else None, kind)
        if key not in self._pools:
            if len(self._pools) >= MOST_POOLS:
                self._pools.clear()
            self._pools[key] = self._rank(self.personas[persona], language, category, kind)
        return self._pools[key]

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be computed again: a plan is sent to every worker."""
        return {**self.__dict__, "_pools": {}}

    def _rank(self, persona: Persona, language: str, category: str, kind: Kind) -> tuple[Line, ...]:
        # Personas with the same tags come to the same lines in different orders.
        seed = draw_integer(self.seed, persona.name, size=4)
        wanted = category if kind == "evocative" else None
        lines = (own.line for own in self.own if own.fits(persona))
        own_lines = sorted(
            (line for line in lines if line.language == language and line.category == wanted),
            key=lambda line: draw_digest(seed, line.id),
        )
        if not self.shipped:
            return tuple(own_lines)
        ranked = rank_lines(category=category, language=language, tags=persona.tags, seed=seed, kind=kind, fitting=True)
        return tuple(_interleave(own_lines, ranked))


def _interleave(few: Sequence[Line], many: Sequence[Line]) -> Iterator[Line]:
    """Yield both in their order, evenly mixed: of 2 and 4 lines, the first of the 2, two of the 4, and so on."""
    if len(few) > len(many):
        few, many = many, few
    if not few:
        yield from many
    for at, line in enumerate(few):
        yield from (line, *many[at * len(many) // len(few) : (at + 1) * len(many) // len(few)])


# --- The user's own


def read_own_lines(
    source: Source, cast: RecipeCast, run_folder: Path | None = None
) -> tuple[tuple[OwnLine, ...], dict[str, bytes], list[str]]:
    """Read the lines of the recipe's own tables.

    Args:
        source: of the recipe
        cast: its personas and categories
        run_folder: a run that keeps copies of the tables; None to read them where the recipe names them

    Returns:
        the lines; file name -> bytes of each table; notes

    Raises:
        UsageError: naming the table and its rows: an id that is given twice, leaves the folder or belongs to a shipped
            line; an unknown category, tag or language; text that cannot be spoken
    """
    lines: list[OwnLine] = []
    tables: dict[str, bytes] = {}
    notes: list[str] = []
    for at, file in enumerate(source.recipe.scripts.files):
        name, path = Path(file).name, source.folder / file
        if run_folder is not None:
            # A run keeps its tables; paths in its recipe are those of another machine.
            try:
                path = resolve_inside(run_folder, f"scripts/{name}", source="scripts.files")
            except UsageError as error:
                raise source.wrong(("scripts", "files", at), error) from None
        if name in tables:
            raise source.wrong(
                ("scripts", "files", at), f"scripts.files names two tables {name!r}; a run keeps both in one folder: rename one"
            )
        try:
            table_lines, table_notes = _read_table(path, source, cast, {own.line.id.casefold() for own in lines})
        except UsageError as error:
            raise source.wrong(("scripts", "files", at), error) from None
        licence = source.recipe.scripts.license_of(file)
        lines += [replace(own, licence=licence) for own in table_lines]
        notes += table_notes
        tables[name] = read_regular_file(path)
    return tuple(lines), tables, notes


def _read_table(path: Path, source: Source, cast: RecipeCast, taken: set[str]) -> tuple[list[OwnLine], list[str]]:
    """Return the lines of one table, and notes; `taken` holds the case-folded ids of the tables before it."""
    table = read_lines(path)
    faults = Faults(path)
    check_names(table.lines, faults)
    shipped = {line.id for code in languages() for line in load_lines(code)}
    lines: list[OwnLine] = []
    for row in table.lines:
        if row.id.casefold() in taken or row.id in shipped:
            whose = "another table's line" if row.id.casefold() in taken else "a shipped line"
            faults.add(row.row, f"its id is that of {whose}; each line needs one of its own", row.id)
        try:
            lines.append(_make_own_line(row, source, cast))
        except UsageError as error:
            faults.add(row.row, str(error), row.id)
    faults.raise_any()
    unused = sorted({own.line.category for own in lines if own.line.category} - {*cast.categories})
    notes = [f"{path.name}: {note}" for note in table.notes]
    if unused:
        names = listed(str(taxonomy.get(category)) for category in unused)
        notes.append(f"{path.name}: lines of {names} are not used; the recipe does not name these categories")
    return lines, notes


def _make_own_line(row: TableLine, source: Source, cast: RecipeCast) -> OwnLine:
    """Return a row of a table as a line; UsageError, about the row, for a cell that is empty, unknown or not for recipes."""
    spare = [name for name in ("intensity", "direction", "seed") if getattr(row, name) not in (None, "")]
    if spare:
        raise UsageError(f"has {' and '.join(spare)}; in a recipe the plan sets these, leave the cells empty")

    # Language.
    known = source.recipe.languages
    if row.language is None and len(known) > 1:
        raise UsageError(f"has no language; the recipe has {listed(known)}")
    if row.language is not None and row.language not in known:
        raise UnknownNameError("language", row.language, known, "the recipe names those it makes")
    language = row.language or known[0]
    text, _ = clean_text(row.text, language=language)
    # A direction within the line that cannot be performed is refused here, else every take of it would fail.
    read_cues(text)

    # Category.
    if len(row.emotions) > 1 or any(":" in emotion for emotion in row.emotions):
        raise UsageError(
            f"has the categories {', '.join(row.emotions)!r}; expected one without an intensity, or none for a neutral line"
        )
    category = None
    if row.emotions:
        # A misspelt name is refused: a plan is not to guess.
        reads = resolve_category if " " in row.emotions[0] else taxonomy.resolve
        category = reads(row.emotions[0]).category.id
    line = Line(row.id, text, language, "evocative" if category else "neutral", category)
    return OwnLine(line, _resolve_speaker(row.persona, cast))


def _resolve_speaker(word: str | None, cast: RecipeCast) -> str | None:
    """Return who may say a line, as `OwnLine.cast` holds it."""
    if word is None:
        return None
    if word.startswith(TAG):
        tags = {tag for persona in cast.personas.values() for tag in persona.tags}
        if (tag := word.removeprefix(TAG).strip()) not in tags:
            raise UnknownNameError("tag", tag, tags, "tags of the recipe's personas are meant")
        return TAG + tag
    if word not in cast.personas:
        raise UnknownNameError("persona", word, cast.personas, "the recipe's personas are meant")
    return word


# --- Is there a line for every cell?


def check_pools(source: Source, cast: RecipeCast, pools: LinePools) -> None:
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
    names = list(cast.personas)
    missing: dict[str, None] = {}
    for kind in kinds:
        for language in source.recipe.languages:
            for category, pool in zip(cast.categories, cast.players, strict=True):
                without = next((names[at] for at in sorted(pool) if not pools.lines(names[at], language, category, kind)), None)
                if without is not None:
                    of = f" {taxonomy.get(category)}" if kind == "evocative" else ""
                    missing[f"{kind}{of} ({language}) for {without}"] = None
    if missing:
        raise source.wrong(
            ("scripts", "shipped"),
            f"scripts.shipped is false and the own tables have no line of: "
            f"{listed(missing, SHOWN)}; add lines, or set the kind's part to 0",
        )


__all__ = ["LinePools", "OwnLine", "check_pools", "read_own_lines"]
