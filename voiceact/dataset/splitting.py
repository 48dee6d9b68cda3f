"""Divide a run into splits: count what a rule would give, and write the rule beside the shards, which do not change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from voiceact.errors import count_noun
from voiceact.store.reader import Run
from voiceact.store.splits import Rule, check_shares, recipe_rule, remove_rule, write_rule

COLUMNS = ("persona", "line", "category", "language", "duration", "included", "verdict")


@dataclass
class SplitContents:
    """What one split holds.

    Attributes:
        name: name of the split
        share: requested share
        takes: takes, included or not
        clips: included takes
        seconds: audio of the included takes, in seconds
        personas: personas of the included takes
        categories: categories of the included takes
    """

    name: str
    share: float
    takes: int = 0
    clips: int = 0
    seconds: float = 0.0
    personas: set[str] = field(default_factory=set)
    categories: set[str] = field(default_factory=set)


@dataclass
class Division:
    """What a rule makes of a run.

    Attributes:
        rule: the rule
        parts: what each split holds
    """

    rule: Rule
    parts: tuple[SplitContents, ...]

    @property
    def clips(self) -> int:
        """Included clips in all splits."""
        return sum(part.clips for part in self.parts)

    @property
    def notes(self) -> list[str]:
        """What the user should know, one sentence each."""
        return list(_notes(self))


def make_rule(run: Run, shares: Mapping[str, float], by: str, seed: int | None = None) -> Rule:
    """Make a rule for a run.

    Args:
        run: the run
        shares: split -> share
        by: what is kept in one split: persona, line or both
        seed: seed of the rule; None is the recipe's

    Raises:
        UsageError: if the shares do not add to 1, a split has no proper name, or `by` is not known
    """
    check_shares(shares, by=by)
    return Rule(dict(shares), by, recipe_rule(run.file.recipe).seed if seed is None else seed)  # type: ignore[arg-type]


def divide(run: Run, rule: Rule) -> Division:
    """Count what each split would hold; the memory grows with personas and categories, not with clips."""
    parts = {name: SplitContents(name, share) for name, share in rule.shares.items()}
    for row in run.rows(COLUMNS):
        part = parts[rule.of(row["persona"], row["line"])]
        part.takes += 1
        if row["included"]:
            part.clips += 1
            part.seconds += row["duration"] or 0.0
            part.personas.add(row["persona"])
            part.categories.add(row["category"])
    return Division(rule, tuple(parts.values()))


def save_rule(run: Run, rule: Rule) -> None:
    """Write splits.json; for the recipe's own rule, delete it."""
    if rule.divides_as(recipe_rule(run.file.recipe)):
        remove_rule(run.store)
        run.own_rule = None
    else:
        write_rule(run.store, rule)
        run.own_rule = rule


def _notes(division: Division) -> Iterator[str]:
    if not division.clips:
        yield "no clip of the run is included, so every split is empty; see: voiceact recipe status"
        return
    everywhere = set().union(*(part.categories for part in division.parts))
    for part in division.parts:
        if not part.share:
            continue
        if not part.clips:
            yield f"split {part.name!r} is empty; {_advice(division)}"
        elif missing := sorted(everywhere - part.categories):
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            yield (
                f"split {part.name!r} lacks {len(missing)} of {count_noun(len(everywhere), 'category')}: "
                f"{', '.join(missing[:5])}{more}"
            )


def _advice(division: Division) -> str:
    if division.rule.by == "both":
        return "give it a larger share, or try another seed"
    return f"there are too few {division.rule.by}s for its share; give it a larger one, another seed, or divide by both"


__all__ = ["Division", "SplitContents", "divide", "save_rule", "make_rule"]
