"""Check the cells of one line: everything that `voiceact lines` refuses, told of the cell it stands in.

>>> from voiceact.lines.plan import Casting, Settings
>>> checked = check_cells({"id": "a/1", "persona": "nurse", "text": "Sit down.", "emotion": "Concren"}, Casting(Settings()))
>>> list(checked.faults)
['emotion']
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from voiceact.acting.intensity import DEFAULT_INTENSITY, parse_intensity
from voiceact.acting.stage_directions import parse_stage
from voiceact.engines.base import check_language
from voiceact.errors import UsageError, count_noun
from voiceact.lines.names import check_id
from voiceact.lines.plan import Casting, seed_of
from voiceact.lines.table import ALIASES, COLUMNS, Line, parse_gap, parse_seed, split_emotions
from voiceact.prompting.feeling import read_emotions
from voiceact.prompting.person import load_or_read, read_person
from voiceact.runtime.extras import MissingExtraError
from voiceact.synthesis.inline import read_cues
from voiceact.synthesis.request import ResolvedRequest
from voiceact.text.markup import find_tags

LONGEST_CELL = 20_000
"""characters"""
UNREADABLE = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
SEPARATOR = re.compile(r"[\s-]+")


@dataclass(frozen=True)
class Checked:
    """What the cells of a line come to.

    Attributes:
        faults: column -> one sentence; empty if the line can be spoken
        notes: what is changed or cannot be followed, one sentence each
        mix: the emotions it is performed with, as (category id, name, intensity)
        tags: directions and sounds within the text, as (start, end, kind); kind is burst, pause, direction or unspoken
        request: for its first take; None where there is a fault
    """

    faults: Mapping[str, str]
    notes: tuple[str, ...] = ()
    mix: tuple[tuple[str, str, float], ...] = ()
    tags: tuple[tuple[int, int, str], ...] = ()
    request: ResolvedRequest | None = field(default=None, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form, without the request."""
        return {
            "faults": dict(self.faults),
            "notes": list(self.notes),
            "mix": [list(one) for one in self.mix],
            "tags": [list(one) for one in self.tags],
        }


def canonical_column(name: str) -> str | None:
    """Return which column of `voiceact lines` a header means; None for one that is not read."""
    folded = SEPARATOR.sub("_", name.strip().casefold())
    return folded if folded in COLUMNS else ALIASES.get(folded)


def line_of(cells: Mapping[str, str], row: int = 0) -> Line:
    """Return the line that `voiceact lines` makes of these cells.

    Args:
        cells: column -> text
        row: for messages

    Raises:
        UsageError: if the seed is no whole number
    """
    found = {name: cells.get(name, "").strip() for name in COLUMNS}
    return Line(
        row,
        found["id"],
        found["text"],
        found["persona"] or None,
        split_emotions(found["emotion"]),
        found["intensity"] or None,
        found["direction"],
        parse_seed(found["seed"]),
        found["language"] or None,
        found["character"] or None,
        found["description"],
        parse_gap(found["gap"]),
    )


def check_cells(cells: Mapping[str, str], casting: Casting, *, twins: int = 0) -> Checked:
    """Check a line cell by cell, then as a whole.

    Args:
        cells: column -> text
        casting: persona, language and engine of lines that name none
        twins: how many other lines have the same id but for capitals
    """
    faults: dict[str, str] = {}

    def check(column: str, work: Callable[[], object]) -> None:
        try:
            work()
        except (UsageError, MissingExtraError) as error:
            faults.setdefault(column, str(error))

    # What no cell may hold.
    for column, cell in cells.items():
        if UNREADABLE.search(cell):
            faults[column] = "holds a control character or half a character; take it out"
        elif len(cell) > LONGEST_CELL:
            faults[column] = f"has {count_noun(len(cell), 'character')}; expected at most {LONGEST_CELL:,}"
    if faults:
        return Checked(faults)

    # Cell by cell, so that each fault is told where it stands.
    check("id", lambda: check_id(cells.get("id", "").strip()))
    if twins and "id" not in faults:
        faults["id"] = f"its id is also that of {twins} other line{'s' * (twins > 1)}; each line needs a name of its own"
    check("seed", lambda: seed_of(line_of({**cells, "gap": ""}), 1))
    check("gap", lambda: parse_gap(cells.get("gap", "").strip()))
    line = line_of({**cells, "seed": "", "gap": ""})
    check("persona" if line.persona or not line.character else "character", lambda: _check_part(line, casting))
    if line.intensity is not None:
        check("intensity", lambda: parse_intensity(line.intensity or ""))
    usable = DEFAULT_INTENSITY if line.intensity is None or "intensity" in faults else line.intensity
    check("emotion", lambda: read_emotions(line.emotions, usable))
    check("direction", lambda: parse_stage(line.direction))
    check("language", lambda: check_language(casting.engine, line.language or casting.settings.language))
    if not line.text:
        faults["text"] = "is empty; expected the words to be spoken"

    # The line as a whole: what is left is a fault of the text.
    request: ResolvedRequest | None = None
    if not faults:

        def resolve() -> None:
            nonlocal request
            request = casting.requests(line_of(cells))[0]

        check("text", resolve)
    if request is None:
        return Checked(faults, tags=tags_of(line.text))
    mix = tuple((entry.category.id, entry.category.name, entry.intensity) for entry in request.mix)
    return Checked({}, request.notes, mix, tags_of(cells.get("text", "")), request)


def _check_part(line: Line, casting: Casting) -> None:
    """Raise UsageError unless somebody speaks a line."""
    part = casting.part(line)
    if part.name:
        read_person(part.given, part.name)
    else:
        load_or_read(part.given, casting.settings.personas)


def tags_of(text: str) -> tuple[tuple[int, int, str], ...]:
    """List the tags within a text with what each is: a burst, a pause, a direction, or markup that is not spoken."""
    try:
        reading = read_cues(text)
    except UsageError:
        return tuple((tag.start, tag.end, "unspoken") for tag in find_tags(text))
    bursts = {cue.start for cue in reading.cues if cue.burst}
    pauses = {cue.start for cue in reading.cues if cue.pause}
    understood = {tag.start for tag in reading.understood}
    found = []
    for tag in find_tags(text):
        if tag.start in bursts:
            kind = "burst"
        elif tag.start in pauses:
            kind = "pause"
        else:
            kind = "direction" if tag.start in understood else "unspoken"
        found.append((tag.start, tag.end, kind))
    return tuple(found)
