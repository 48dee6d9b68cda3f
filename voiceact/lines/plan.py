"""What is to be done with each line of a table: made for the first time, made again and why, or left as it is."""

import fnmatch
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from voiceact.acting.intensity import DEFAULT_INTENSITY
from voiceact.acting.persona import Persona
from voiceact.clip.record import AudioRecord, DirectionRecord, LineOrigin, Record, load_record, record_path
from voiceact.engines.base import Engine, adapt_engine
from voiceact.engines.capability_card import DeadCell, describe_dead_cells, find_dead_cells
from voiceact.engines.registry import DEFAULT_ENGINE, load_engine
from voiceact.engines.remote.client import Cost
from voiceact.errors import UnknownNameError, UsageError, listed
from voiceact.lines.names import (
    candidate_path,
    check_names,
    foreign,
    make_name,
    orphans,
    sidecar_path,
    sidecars_there,
    take_path,
)
from voiceact.lines.picking import PICKS, is_usable
from voiceact.lines.table import Faults, Line, grouped, read_lines
from voiceact.prompting.cast import match_cast, name_key
from voiceact.prompting.feeling import read_emotions
from voiceact.prompting.inline import write_out_phrases
from voiceact.prompting.person import is_known, load_or_read, read_person
from voiceact.runtime.atomic_files import sha256_file
from voiceact.runtime.seeds import draw_integer
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, check_seed, resolve_request

NEW = "new"
UNCHANGED = "unchanged"
NOT_AMONG = "not among --only"
BEYOND = "beyond --limit"
NOT_NEEDED = "an earlier take is not rejected"
DAMAGED = "not the audio that its record describes"
UNJUDGED = "not judged yet"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings of a whole table.

    Attributes:
        persona: of the rows that name none; None makes each row name one
        takes: of each line, side by side
        suffix: ".wav", ".flac" or ".ogg"
        language: of the rows that name none
        engine: a name, or an engine (one that can be pickled, for more than one worker)
        seed: shifts the seed of every row that has none of its own
        sidecars: kinds of word timings beside each take: "srt", "vtt", "words"
        personas: folders to look personas up in first
        only: ids, or patterns of them such as "scene1/*", to keep to; all if empty
        redo: ids or patterns that are made again even if nothing changed
        limit: make at most so many lines; None makes all
        strict: refuse rows whose text holds markup instead of leaving it unspoken, and rows with an emotion that was never
            heard from the engine
        cast: who speaks, as the table calls them -> a persona's name, file or description; lies over what the table says
        pick: one of `PICKS`; anything but "all" has the takes judged and keeps one of each line
    """

    persona: str | None = None
    takes: int = 1
    suffix: str = ".wav"
    language: str = "en"
    engine: str | Engine = DEFAULT_ENGINE
    seed: int = 0
    sidecars: tuple[str, ...] = ()
    personas: tuple[Path, ...] = ()
    only: tuple[str, ...] = ()
    redo: tuple[str, ...] = ()
    limit: int | None = None
    strict: bool = False
    cast: Mapping[str, str] = field(default_factory=dict)
    pick: str = "all"

    @property
    def judged(self) -> bool:
        """Whether takes are judged, since one of them is picked."""
        return self.pick != "all"


@dataclass(frozen=True, slots=True)
class Item:
    """One take of one line.

    Attributes:
        state: `NEW`, `UNCHANGED`, or why it is made again
        skip: why it is not made in this run although it is not unchanged; None if it is made
        audio: of the record, if unchanged
        usable: whether its record says that it was judged and not rejected, if unchanged
        kept: file that the line's picked take is copied to; `path` itself where every take is kept
    """

    line: Line
    take: int
    request: ResolvedRequest
    path: Path
    kept: Path
    state: str
    skip: str | None = None
    audio: AudioRecord | None = None
    usable: bool = False

    @property
    def seed(self) -> int:
        """Seed of the take."""
        return self.request.seed

    @property
    def todo(self) -> bool:
        """Whether this run makes it."""
        return self.state != UNCHANGED and self.skip is None

    @property
    def blocked(self) -> str | None:
        """What is in the way of its file, if that is why it is skipped."""
        return None if self.skip in (NOT_AMONG, BEYOND, NOT_NEEDED) else self.skip


@dataclass(frozen=True)
class Plan:
    """All takes in the order of the table.

    Attributes:
        notes: what is not read, changed or cannot be followed, one sentence each
        orphans: audio in the folder that is no line or take of the table
        cost: what a server is asked for by what this run makes; None for an engine that is here
    """

    out: Path
    items: tuple[Item, ...]
    casting: "Casting"
    notes: tuple[str, ...]
    orphans: tuple[str, ...]
    cost: Cost | None = None

    @property
    def todo(self) -> list[Item]:
        """What this run makes."""
        return [item for item in self.items if item.todo]


@dataclass(frozen=True, slots=True)
class Part:
    """What a row says of who speaks.

    Attributes:
        given: a persona's name, its file or a description
        name: of the persona to be made of a description; empty where `given` names one, or is named after itself
    """

    given: str
    name: str = ""


class Casting:
    """Turns lines into requests; loads the engine and each persona once.

    Args:
        settings: of the table
        lines: of the table; what one row says of a character holds for all rows with that character

    Raises:
        UsageError: if the cast names nobody in the table
    """

    def __init__(self, settings: Settings, lines: Sequence[Line] = ()):
        self.settings = settings
        self._mapped: dict[str, set[str]] = {}
        self._descriptions: dict[str, set[str]] = {}
        self._known: dict[str, bool] = {}
        for line in lines:
            if who := line.character or line.persona:
                if line.character and line.persona:
                    self._mapped.setdefault(name_key(who), set()).add(line.persona)
                if line.description:
                    self._descriptions.setdefault(name_key(who), set()).add(line.description)
        speakers = {who for line in lines if (who := line.character or line.persona)}
        if settings.cast and lines and not any(match_cast(who, settings.cast) for who in speakers):
            raise UsageError(
                f"the cast ({', '.join([*settings.cast][:10])}) names nobody in the table; "
                "expected names as its rows write them"
            )
        given = settings.engine
        self.engine: Engine = load_engine(given) if isinstance(given, str) else adapt_engine(given)
        self._personas: dict[Part, Persona | UsageError] = {}
        self._notes: dict[Part, tuple[str, ...]] = {}

    def requests(self, line: Line) -> list[ResolvedRequest]:
        """Resolve a line, once for all of its takes.

        Raises:
            UsageError: naming what of the row cannot be
        """
        part = self.part(line)
        reading = read_emotions(line.emotions, DEFAULT_INTENSITY if line.intensity is None else line.intensity)
        text, directed = write_out_phrases(line.text)
        first = resolve_request(
            SynthesisRequest(
                persona=self._persona(part),
                emotions=line.emotions,
                mix=reading.mix,
                notes=(*self._notes.get(part, ()), *reading.notes, *directed),
                intensity=line.intensity,
                text=text,
                language=line.language or self.settings.language,
                engine=self.engine,
                seed=seed_of(line, 1, self.settings.seed),
                direction=line.direction,
                origin=LineOrigin(line=line.id, take=1),
                strict=self.settings.strict,
            ),
            longest=None,
        )
        first = replace(first, requested=msgspec.structs.replace(first.requested, persona=part.name or part.given))
        later = (
            replace(first.with_seed(seed_of(line, take, self.settings.seed)), origin=LineOrigin(line=line.id, take=take))
            for take in range(2, self.settings.takes + 1)
        )
        return [first, *later]

    def persona_name(self, line: Line) -> str:
        """Return the name, file or description of who speaks a line; UsageError if there is none."""
        part = self.part(line)
        return part.name or part.given

    def part(self, line: Line) -> Part:
        """Return who speaks a line.

        The cast goes first, then the row's persona, the persona that other rows give the same character, a description of the
        character in any row, the character's name itself, and last the table's persona.

        Raises:
            UsageError: if nobody does, or rows disagree on who plays a character
        """
        who = line.character or line.persona
        if who is None:
            if self.settings.persona is None:
                raise UsageError("has no persona; fill the column, or give --persona for all rows without one")
            return Part(self.settings.persona)
        if member := match_cast(who, self.settings.cast):
            return Part(self.settings.cast[member])
        if line.character and line.persona:
            return Part(line.persona)
        if others := self._mapped.get(name_key(who)):
            if len(others) > 1:
                raise UsageError(
                    f"{who!r} is played by {listed(sorted(others))} in other rows; fill the column persona of this row"
                )
            return Part(next(iter(others)))
        descriptions = self._descriptions.get(name_key(who))
        if descriptions and not self._is_known(who):
            if len(descriptions) > 1:
                raise UsageError(f"{who!r} has {len(descriptions)} descriptions in the table; give one, in one row or in all")
            return Part(next(iter(descriptions)), make_name(who) or "somebody")
        if line.character and self.settings.persona and not self._is_known(who):
            return Part(self.settings.persona)
        return Part(who)

    def _is_known(self, who: str) -> bool:
        if who not in self._known:
            self._known[who] = is_known(who, self.settings.personas)
        return self._known[who]

    def _persona(self, part: Part) -> Persona:
        if part not in self._personas:
            try:
                if part.name:
                    reading = read_person(part.given, part.name)
                    self._personas[part], self._notes[part] = reading.persona, reading.notes()
                else:
                    self._personas[part], self._notes[part] = load_or_read(part.given, self.settings.personas)
            except UsageError as error:
                self._personas[part] = error
        found = self._personas[part]
        if isinstance(found, UsageError):
            raise found
        return found


def seed_of(line: Line, take: int, base: int = 0) -> int:
    """Return the seed of a take, the same wherever its row stands.

    With a seed of its own the line's takes count up from it; else it is drawn from `base`, id and take.
    """
    if line.seed is not None:
        check_seed(line.seed)
        return (line.seed + take - 1) % 2**32
    return draw_integer(base, line.id, take, size=4)


def make_plan(table: Path, out: Path, settings: Settings) -> Plan:
    """Read a table, check every row, and compare it with what lies in the folder; nothing is written.

    Raises:
        UsageError: with every row that cannot be performed and why, or if the folder cannot be used
        UnknownNameError: if --only or --redo names no line
    """
    check_seed(settings.seed)
    check_out(out)
    if settings.pick not in PICKS:
        raise UsageError(f"pick is {settings.pick!r}; expected one of {', '.join(PICKS)}")
    rows = read_lines(table)
    casting = Casting(settings, rows.lines)
    _check_patterns(rows.lines, (*settings.only, *settings.redo))
    requests, notes = _resolve_rows(table, rows.lines, casting)
    items = tuple(_limited(_items(requests, out, settings), settings.limit))
    cost = casting.engine.cost(item.request.text for item in items if item.todo)
    planned = {path for item in items for path in (item.path, item.kept)}
    return Plan(
        out, items, casting, (*rows.notes, *notes, *_never_heard(casting.engine, items)), tuple(orphans(out, planned)), cost
    )


def _never_heard(engine: Engine, items: Sequence[Item]) -> list[str]:
    """Return a sentence for the emotions of this run's takes that were never heard from the engine."""
    asked: dict[str, list[tuple[str, float]]] = {}
    for item in items:
        if item.todo:
            asked.setdefault(item.request.language, []).extend(item.request.mix.pairs())
    dead: list[DeadCell] = []
    for language, cells in asked.items():
        dead += [cell for cell in find_dead_cells(engine, cells, language=language) if cell not in dead]
    return [describe_dead_cells(engine, dead)] if dead else []


def check_out(out: Path) -> None:
    """Raise UsageError unless files can be written into `out`, which may be yet to be made."""
    there = next(folder for folder in (out, *out.absolute().parents) if folder.exists())
    if not there.is_dir():
        raise UsageError(f"cannot write into {out}: {there} is not a folder; choose another --out")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UsageError(f"cannot write into {out}: folder {there} may not be written; choose another --out")


def _check_patterns(lines: Sequence[Line], patterns: Sequence[str]) -> None:
    for pattern in patterns:
        if not any(_matches(line, [pattern]) for line in lines):
            raise UnknownNameError("id", pattern, [line.id for line in lines], "it is no row of the table")


def _matches(line: Line, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(line.id, pattern) for pattern in patterns)


def _resolve_rows(
    table: Path, lines: Sequence[Line], casting: Casting
) -> tuple[list[tuple[Line, list[ResolvedRequest]]], list[str]]:
    """Resolve every row once.

    Returns:
        each line with a request for each of its takes; and what the user should know of them

    Raises:
        UsageError: with all rows that cannot be performed
    """
    faults, notes = Faults(table), []
    check_names(lines, faults)
    resolved = []
    for line in lines:
        try:
            requests = casting.requests(line)
        except UsageError as error:
            faults.add(line.row, str(error), line.id)
            continue
        resolved.append((line, requests))
        notes += [(line.place, note) for note in (*requests[0].notes, *_unused(line))]
    faults.raise_any()
    return resolved, grouped(notes)


def _unused(line: Line) -> list[str]:
    """An intensity that no emotion takes."""
    if line.intensity is None or any(":" not in emotion for emotion in line.emotions):
        return []
    why = "each emotion has its own" if line.emotions else "no emotion is asked for"
    return [f"intensity {line.intensity} is not used: {why}"]


def _items(resolved: Sequence[tuple[Line, list[ResolvedRequest]]], out: Path, settings: Settings) -> Iterator[Item]:
    for line, requests in resolved:
        enough = False
        for take, request in enumerate(requests, start=1):
            path = kept = take_path(out, line.id, take, settings.suffix)
            if settings.judged:
                path, kept = candidate_path(out, line.id, take, settings.suffix), take_path(out, line.id, 1, settings.suffix)
            skip = foreign(kept, out) or (foreign(path, out) if settings.judged else None)
            item = _compared(Item(line, take, request, path, kept, NEW, skip), settings.sidecars, judged=settings.judged)
            if item.skip is None and _matches(line, settings.redo):
                item = replace(item, state="redo", audio=None)
            if item.skip is None and enough and item.state != UNCHANGED:
                item = replace(item, skip=NOT_NEEDED)
            if settings.pick == "first" and item.state == UNCHANGED and item.usable:
                enough = True
            if item.skip is None and item.state != UNCHANGED and settings.only and not _matches(line, settings.only):
                item = replace(item, skip=NOT_AMONG)
            yield item


def _limited(items: Iterator[Item], limit: int | None) -> Iterator[Item]:
    """The same items; those of all lines behind the first `limit` that are made are skipped."""
    begun: set[str] = set()
    for item in items:
        if item.todo and limit is not None and item.line.id not in begun and len(begun) >= limit:
            item = replace(item, skip=BEYOND)
        if item.todo:
            begun.add(item.line.id)
        yield item


# --- Is what lies there what the row asks for?


def _compared(item: Item, sidecars: Sequence[str], *, judged: bool = False) -> Item:
    """The item with its state: the record says how the audio was made, its SHA-256 that it is that audio."""
    if item.skip is not None or not record_path(item.path).is_file():
        return item
    try:
        record = load_record(record_path(item.path))
    except UsageError:
        return replace(item, state=DAMAGED)
    changed = differences(record, item.request)
    if changed:
        return replace(item, state=f"edited: {', '.join(changed)}")
    if record.audio.path != item.path.name:
        return replace(item, state="edited: format")
    if not item.path.is_file() or sha256_file(item.path) != record.audio.sha256:
        return replace(item, state=DAMAGED)
    if judged and record.verdict is None:
        return replace(item, state=UNJUDGED)
    missing = [kind for kind in sidecars if kind not in sidecars_there(item.path)]
    if missing:
        return replace(item, state=f"without {sidecar_path(item.path, missing[0]).name}")
    return replace(item, state=UNCHANGED, audio=record.audio, usable=is_usable(record))


def differences(record: Record, request: ResolvedRequest) -> list[str]:
    """Name what of all that decides the sound differs between a record and a request; empty if nothing.

    The version of voiceact is left out: an upgrade alone makes no line stale.
    """
    engine, direction = request.engine, request.direction
    wanted_direction = DirectionRecord.of(direction)
    pairs: dict[str, tuple[Any, Any]] = {
        "text": (record.text, request.text),
        "language": (record.language, request.language),
        "persona": (record.replay.persona, request.persona),
        "emotion": (record.mix, request.mix.as_dict()),
        "direction": (record.direction, wanted_direction),
        "seed": (record.seed, request.seed),
        "engine": (_engine(record.engine), _engine(engine)),
    }
    changed = [name for name, (made, wanted) in pairs.items() if made != wanted]
    # Another persona, emotion or seed moves the direction as well: one reason is enough.
    return [name for name in changed if name != "direction" or not {"persona", "emotion", "seed"} & {*changed}]


def _engine(engine: Any) -> tuple[str, str, str]:
    return engine.name, engine.version, engine.model_sha256
