"""Select the takes of a run that go into an export, and count them in one pass, with memory that does not grow.

>>> from voiceact.dataset.export.selection import Selection
>>> Selection(evidence="dimension").wants({"verdict": "consistent", "evidence": "dimension", "included": False,
...                                        "tar": "consistent/shard-000000.tar", "split": "train"})
True
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from voiceact.acting.script import languages, load_lines
from voiceact.errors import UnknownNameError, UsageError, count_noun
from voiceact.store.columns import Row, is_included
from voiceact.store.reader import Run
from voiceact.vocabulary import EVIDENCE_ORDER, LEVELS

COUNTED = (
    "verdict",
    "evidence",
    "included",
    "split",
    "tar",
    "persona",
    "language",
    "line",
    "line_license",
    "license",
    "sampling_rate",
    "duration",
)
"""columns that the count reads"""


@dataclass(frozen=True)
class Selection:
    """Which takes to export; by default those that the recipe's verification includes.

    Attributes:
        levels: verdicts to take, whatever the recipe includes
        evidence: the weakest evidence to take, in place of the recipe's; not together with levels
        splits: splits to take; empty for all

    Raises:
        UnknownNameError: if a verdict or evidence does not exist
        UsageError: if levels and evidence are both given
    """

    levels: tuple[str, ...] = ()
    evidence: str | None = None
    splits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.levels and self.evidence:
            raise UsageError(
                "levels (--level) and evidence (--evidence) are both given; name the verdicts, or the weakest evidence to take"
            )
        for level in self.levels:
            if level not in LEVELS:
                raise UnknownNameError("verdict", level, LEVELS)
        if self.evidence and self.evidence not in EVIDENCE_ORDER:
            raise UnknownNameError("evidence", self.evidence, EVIDENCE_ORDER)

    def wants(self, row: Mapping[str, Any]) -> bool:
        """Return whether a take is selected and has audio: a failed take has none, nor has one that was not kept."""
        return row["tar"] is not None and self.accepts(row) and (not self.splits or row["split"] in self.splits)

    def accepts(self, row: Mapping[str, Any]) -> bool:
        """Return whether a take's verdict is selected."""
        if self.levels:
            return row["verdict"] in self.levels
        if self.evidence:
            return is_included(row["verdict"], row["evidence"] or "none", least=self.evidence)
        return bool(row["included"])

    def check_splits(self, run: Run) -> None:
        """Raise UnknownNameError if a split is named that the run is not divided into."""
        for name in self.splits:
            if name not in run.rule.shares:
                raise UnknownNameError("split", name, run.rule.shares)


class Origin(NamedTuple):
    """Where a clip comes from, as far as licences go.

    Attributes:
        persona: its persona
        own_line: whether its line comes from the user's own tables
        license: licence of the output, as its row says
        line_license: licence of the line, as its row says
    """

    persona: str
    own_line: bool
    license: str | None
    line_license: str | None


@dataclass
class Tally:
    """Counts of a selection.

    Attributes:
        clips: selected clips
        seconds: their audio, in seconds
        verdicts: verdict -> takes of the run, selected or not
        splits: split -> selected clips
        origins: origin -> selected clips
        languages: language -> selected clips
        rates: sampling rate (Hz) -> selected clips
        gone: takes selected by their verdict of which the recipe did not keep the audio
    """

    clips: int = 0
    seconds: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    origins: Counter[Origin] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    rates: Counter[int] = field(default_factory=Counter)
    gone: int = 0

    def add(self, row: Row, origin: Origin) -> None:
        """Count a selected clip."""
        self.clips += 1
        self.seconds += row["duration"] or 0.0
        self.splits[row["split"]] += 1
        self.origins[origin] += 1
        self.languages[row["language"]] += 1
        self.rates[row["sampling_rate"]] += 1


Wants = Callable[[Row], bool]


def count_selection(run: Run, selection: Selection, wants: Wants | None = None) -> Tally:
    """Count a selection over the finished shards of a run.

    Args:
        run: the run
        selection: the selection
        wants: decides in place of the selection, where more than that decides

    Raises:
        UsageError: if nothing is selected; it says what there is, and how to select it
    """
    selection.check_splits(run)
    tally, origin_of, wants = Tally(), Origins(run), wants or selection.wants
    for row in run.rows(COUNTED):
        tally.verdicts[row["verdict"]] += 1
        if wants(row):
            tally.add(row, origin_of(row))
        elif row["tar"] is None and row["verdict"] in LEVELS and selection.accepts(row):
            tally.gone += 1
    if not tally.clips:
        raise UsageError(_describe_nothing(run, selection, tally))
    return tally


class Origins:
    """Finds the origin of a row's clip."""

    def __init__(self, run: Run):
        scripts = run.file.recipe.get("scripts") or {}
        self._tables, self._shipped = bool(scripts.get("files")), scripts.get("shipped", True)
        self._ids: dict[str, frozenset[str]] = {}

    def __call__(self, row: Mapping[str, Any]) -> Origin:
        """Return the origin of a row that has persona, language, line and both licences."""
        own_line = self._tables
        if self._tables and self._shipped:
            # The id of a shipped line is never given to another.
            own_line = row["line"] not in self._shipped_ids(row["language"])
        return Origin(row["persona"], own_line, row["license"], row["line_license"])

    def _shipped_ids(self, language: str) -> frozenset[str]:
        """Return the ids of the shipped lines of a language."""
        if language not in self._ids:
            lines = load_lines(language) if language in languages() else ()
            self._ids[language] = frozenset(line.id for line in lines)
        return self._ids[language]


def _describe_nothing(run: Run, selection: Selection, tally: Tally) -> str:
    """Say that nothing is selected, what there is, and how to select it."""
    takes = sum(tally.verdicts.values())
    if not takes:
        return (
            f"{run.store.url}: has no finished shard yet, so there is nothing to take; go on with: "
            f"voiceact recipe resume {run.store.url}"
        )
    order = (*LEVELS, *(set(tally.verdicts) - set(LEVELS)))
    counts = ", ".join(f"{tally.verdicts[level]} {level}" for level in order if tally.verdicts[level])

    # What was asked for.
    within = f" in split {' or '.join(selection.splits)}" if selection.splits else ""
    if selection.levels:
        request = f"you asked for {' or '.join(selection.levels)}{within}"
    else:
        least = selection.evidence or (run.file.recipe.get("verify") or {}).get("evidence", "category")
        asks = "you ask" if selection.evidence else "the recipe asks"
        request = f"{asks} for evidence {least!r} or stronger{within}"

    # What to do.
    remedy = "take weaker evidence (--evidence dimension, or none), or name verdicts (--level consistent)"
    if tally.gone:
        remedy = f"{tally.gone} would be, but the recipe did not keep their audio: set store.keep to all and run it again"
    elif selection.splits:
        remedy = "name other splits, or none to take all of them"
    return f"{run.store.url}: none of its {count_noun(takes, 'take')} is wanted ({counts}); {request}; {remedy}"


__all__ = ["Origin", "Origins", "Selection", "Tally", "Wants", "count_selection"]
