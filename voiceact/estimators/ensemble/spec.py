"""Which judges are asked, and how they are to agree: `all(human,empathic-insight:size=large,device=cpu)`.

>>> parse_judges("majority(human,dimensional:device=cpu,emotion2vec)").members
('human', 'dimensional:device=cpu', 'emotion2vec')
>>> parse_judges("human") is None
True
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from voiceact.errors import UnknownNameError, UsageError

Rule = Literal["all", "majority", "weighted"]
RULES: tuple[Rule, ...] = get_args(Rule)
DEFAULT_RULE: Rule = "all"

FORM = re.compile(r"(?P<rule>[a-z]+)\((?P<inside>.*)\)")


@dataclass(frozen=True, slots=True)
class Judges:
    """Several judges.

    rule: all, majority or weighted; docs/judge.md explains each
    members: as `load_estimator` takes them, in the order given
    """

    rule: Rule
    members: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}({','.join(self.members)})"


def parse_judges(text: str) -> Judges | None:
    """Several judges in one text; None if it names a single one.

    A part such as `device=cpu` is an option of the judge before it.

    Raises:
        UsageError: an unknown rule, or no judge between the parentheses
    """
    found = FORM.fullmatch(text.strip())
    if not found:
        return None
    members: list[str] = []
    for part in (piece.strip() for piece in found["inside"].split(",")):
        if members and re.match(r"[\w-]+=", part):
            members[-1] += f",{part}"
        elif part:
            members.append(part)
    return combined(members, found["rule"])


def combined(members: Sequence[str], rule: str = DEFAULT_RULE) -> Judges:
    """These judges under that rule.

    Raises:
        UsageError: an unknown rule, no judge, or one named twice
    """
    if rule not in RULES:
        raise UnknownNameError("rule for several judges", rule, RULES)
    twice = next((member for at, member in enumerate(members) if member in members[:at]), None)
    if not members or twice:
        told = f"{twice!r} is named twice; a judge has one vote" if twice else "names no judge"
        raise UsageError(f"{rule}({','.join(members)}): {told}; expected for instance {rule}(human,empathic-insight)")
    return Judges(rule, tuple(members))


def judge_text(members: Sequence[str], rule: str = DEFAULT_RULE) -> str:
    """One text for one judge or several, as `load_estimator` takes it; UsageError as `combined`."""
    return members[0] if len(members) == 1 else str(combined(members, rule))


def members_of(text: str) -> tuple[str, ...]:
    """The judges a text names: one, or several."""
    judges = parse_judges(text)
    return judges.members if judges else (text,)
