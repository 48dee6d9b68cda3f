"""Check the rows of a run one after another: their order, and whatever can be checked without the clip.

Keys are those of cell and take, and both rise along the plan. So no key can stand twice where each row follows on the
one before, and nothing has to be remembered but that one, however many takes there are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voiceact.dataset.audit.issues import Faults
from voiceact.errors import count_noun
from voiceact.recipe.schema import Recipe
from voiceact.runs.work_unit import is_finished
from voiceact.store.columns import Row, is_included, stored
from voiceact.store.index import is_tar_name, tar_name
from voiceact.store.run_file import RunFile
from voiceact.store.splits import recipe_rule
from voiceact.verify.text_normalization import written
from voiceact.vocabulary import EVIDENCE_ORDER, FAILED, LEVELS

if TYPE_CHECKING:
    from voiceact.recipe.plan import Plan

FASTEST = 40.0
"""letters a second: some 500 English words a minute, twice what is called fast"""
SLOWEST = 2.0
"""letters a second: a sixth of the usual"""
STILL_SECONDS = 3.0
"""of silence, sighs and laughter that a line may have besides"""

PLACES = tuple(f"{part}_{end}" for part in ("audio", "record", "twin") for end in ("start", "length"))


@dataclass
class Cell:
    """The cell that is being read.

    Attributes:
        index: its number
        takes: takes so far
        included: takes of them that are included
    """

    index: int
    takes: int = 0
    included: int = 0


@dataclass
class RowAudit:
    """Checks every row of a run, in the order of the run.

    Attributes:
        run: the run's run.json
        recipe: its recipe
        faults: faults are added here
        plan: its plan; None where the recipe cannot be planned here
        checked: rows checked
        planned: rows compared with the plan
    """

    run: RunFile
    recipe: Recipe
    faults: Faults
    plan: "Plan | None" = None
    checked: int = 0
    planned: int = 0
    _shard: int = -1
    _name: str = ""
    _read: bool = True
    _last: tuple[int, int] = (-1, 0)
    _cell: Cell | None = None
    _follows: bool = True

    def __post_init__(self) -> None:
        self._rule = recipe_rule(self.run.recipe)
        self._wide = max(9, len(str(self.run.cells - 1)))
        self._long = max(3, len(str(self.run.most_takes)))

    def begin(self, shard: int, name: str) -> None:
        """Announce that the rows of this shard come next."""
        # A shard holds whole cells.
        self._close()
        self._follows &= shard == self._shard + 1
        self._shard, self._name, self._read = shard, name, True

    def skip(self, shard: int) -> None:
        """Announce that the rows of this shard cannot be read, so that the next row need not follow on the last one."""
        self._close()
        self._follows = False
        self._shard, self._read = shard, False

    def end(self) -> None:
        """Announce that there are no more rows."""
        self._close()
        last = self._last[0]
        if self._shard == self.run.shards - 1 and self._read and last != self.run.cells - 1:
            last_shown = last if last >= 0 else "none"
            self._add("order", f"the plan has cells 0 to {self.run.cells - 1}; the last one here is {last_shown}")

    def row(self, row: Row) -> None:
        """Check the next row."""
        self.checked += 1
        if not isinstance(row["cell"], int) or not isinstance(row["take"], int):
            self._add("row", f"its cell is {row['cell']} and its take {row['take']}; expected numbers", row)
            return
        self._check_key(row)
        self._check_order(row)
        self._check_state(row)
        self._check_text(row)
        self._check_rules(row)
        self._check_made(row)
        self._check_plan(row)

    # Order

    def _check_key(self, row: Row) -> None:
        key = f"{self.run.name}-{row['cell']:0{self._wide}d}-{row['take']:0{self._long}d}"
        if row["id"] != key:
            self._add("order", f"take {row['take']} of cell {row['cell']} is called {key}", row)

    def _check_order(self, row: Row) -> None:
        """Check that the row follows on the one before."""
        place, (cell, take) = (row["cell"], row["take"]), self._last
        if place <= self._last:
            what = "stands there twice" if place == self._last else "stands out of order"
            self._add("order", f"{what}, after take {take} of cell {cell}", row)
            return
        self._last = place
        self._count(row, self._cell if self._cell and self._cell.index == row["cell"] else self._next_cell(row, cell + 1))

    def _next_cell(self, row: Row, expected: int) -> Cell:
        self._close()
        if self._follows and row["cell"] != expected:
            self._add("order", f"cell {expected} is missing before it", row)
        self._cell = cell = Cell(row["cell"])
        self._follows = True
        return cell

    def _count(self, row: Row, cell: Cell) -> None:
        if row["take"] != cell.takes + 1:
            self._add("order", f"take {cell.takes + 1} of cell {cell.index} is missing before it", row)
        elif cell.takes and is_finished(self.recipe, cell.takes, cell.included):
            self._add("stop", f"was made although the cell was full: {self._full(cell)}", row)
        cell.takes = row["take"]
        cell.included += bool(row["included"])

    def _close(self) -> None:
        """Close the cell that is being read: no more takes of it come."""
        cell, self._cell = self._cell, None
        if cell is not None and not is_finished(self.recipe, cell.takes, cell.included):
            self._add("stop", f"cell {cell.index} ends too early: {self._full(cell)}")

    def _full(self, cell: Cell) -> str:
        """Say how many takes a cell has and how many the recipe asks for."""
        stop = self.recipe.stop
        rule = f"until {stop.included} are included, at most {stop.takes}" if stop else f"{self.recipe.takes}"
        return f"{count_noun(cell.takes, 'take')}, {cell.included} of them included; the recipe asks for {rule}"

    # One row

    def _check_state(self, row: Row) -> None:
        """Check that there is a clip where there must be one, in the tar of its verdict."""
        level, tar = row["verdict"], row["tar"]
        if level != FAILED and level not in LEVELS:
            self._add("level", f"its verdict is {level!r}; expected {', '.join(LEVELS)} or {FAILED}", row)
        elif level == FAILED:
            self._check_failed(row)
        elif tar is None:
            if self.recipe.store.keep == "all" or row["included"]:
                self._add("clip", "has no place in a tar, though the recipe keeps such clips", row)
        elif tar != tar_name(level, self._shard):
            where = tar if is_tar_name(tar) else f"{tar!r}, which is no tar of a run"
            self._add("level", f"its verdict is {level}, and its row places it in {where}", row)

    def _check_failed(self, row: Row) -> None:
        """Check that a failed take has a reason and no clip."""
        if row["tar"] is not None or any(row[place] is not None for place in PLACES) or row["sha256"] is not None:
            self._add("clip", "is said to have failed, and yet to have a clip", row)
        if not row["reasons"]:
            self._add("row", "failed, and no reason is given", row)

    def _check_text(self, row: Row) -> None:
        """Check that the text can have been said in the duration."""
        text, seconds = row["text"] or "", row["duration"]
        letters = sum(len(word) for word in written(text))
        if not letters:
            self._add("text", f"its text {text!r} holds nothing to be said", row)
        if seconds is None and row["verdict"] == FAILED:
            return
        if seconds is None or not (math.isfinite(seconds) and seconds > 0):
            self._add("row", f"its duration is {seconds}; expected seconds above 0", row)
        elif letters and not letters / FASTEST <= seconds <= STILL_SECONDS + letters / SLOWEST:
            self._add(
                "text",
                f"{letters} letters in {seconds:.2f} s; expected {letters / FASTEST:.2f} to "
                f"{STILL_SECONDS + letters / SLOWEST:.1f} s for {_short(text)!r}",
                row,
            )

    def _check_rules(self, row: Row) -> None:
        """Check inclusion and split against the recipe's rules."""
        level, evidence, least = row["verdict"], row["evidence"], self.recipe.verify.evidence
        included = level in LEVELS and evidence in EVIDENCE_ORDER and is_included(level, evidence, least=least)
        if row["included"] is not included:
            self._add(
                "included",
                f"is {'' if row['included'] else 'not '}included: {level} on {evidence} evidence, where "
                f"the recipe asks for {least}",
                row,
            )
        split = self._rule.of(row["persona"] or "", row["line"] or "")
        if row["split"] != split:
            shared = {
                "persona": f"persona {row['persona']}",
                "line": f"line {row['line']}",
                "both": f"persona {row['persona']} × line {row['line']}",
            }[self._rule.by]
            self._add("split", f"stands in {row['split']}; the rule keeps {shared} in {split}", row)

    def _check_made(self, row: Row) -> None:
        """Check persona, engine and judge against run.json."""
        persona = self.run.personas.get(row["persona"])
        if persona is None:
            self._add("made", f"its persona is {row['persona']!r}, which run.json does not name", row)
        else:
            self._compare("made", row, {"gender": persona["gender"], "age": persona["age"]}, f"run.json of {row['persona']}")
        engine, judge = self.run.engine, self.run.judge
        known = {"engine": engine["name"]}
        if row["verdict"] != FAILED:
            known["engine_revision"] = f"{engine['version']}+{engine['model_sha256'][:12]}"
        if row["judge"] is not None:
            known |= {"judge": judge["name"], "judge_revision": judge["revision"]}
        self._compare("made", row, known, "run.json")

    def _check_plan(self, row: Row) -> None:
        """Compare the row with the take that the plan asks for."""
        if self.plan is None:
            return
        try:
            spec = self.plan.take(self.plan.cell(row["cell"]), row["take"])
        except IndexError:
            self._add("plan", f"the plan has no take {row['take']} of cell {row['cell']}", row)
            return
        self.planned += 1
        if row["cell"] not in self.plan.cells_of(self._shard):
            cells = self.plan.cells_of(self._shard)
            self._add("plan", f"the plan puts cells {cells[0]} to {cells[-1]} into this shard, not {row['cell']}", row)
        cell = spec.cell
        self._compare(
            "plan",
            row,
            {
                "text": spec.text,
                "language": cell.language,
                "persona": cell.persona,
                "category": cell.category,
                "intensity": cell.intensity,
                "script": spec.kind,
                "line": spec.line_id,
                "line_license": spec.licence,
                "seed": spec.seed,
            },
            "the plan",
        )

    def _compare(self, kind: str, row: Row, expected: Mapping[str, Any], whose: str) -> None:
        for column, value in expected.items():
            if row[column] != stored(column, value):
                self._add(kind, f"its {column} is {_short(row[column])!r}, by {whose} {_short(value)!r}", row)

    def _add(self, kind: str, sentence: str, row: Row | None = None) -> None:
        self.faults.add(kind, self._name, sentence, row["id"] if row else None)


def _short(value: Any) -> Any:
    return value[:60] + "…" if isinstance(value, str) and len(value) > 60 else value
