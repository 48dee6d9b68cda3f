"""Text form of an ensemble, its rule and judges: `all(human,empathic-insight:size=large,device=cpu)`.

>>> parse_judges("majority(human,dimensional:device=cpu,emotion2vec)").members
('human', 'dimensional:device=cpu', 'emotion2vec')
>>> parse_judges("human") is None
True
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from voiceact.errors import UnknownNameError, UsageError
from voiceact.vocabulary import VotingRule

RULES: tuple[VotingRule, ...] = get_args(VotingRule)
DEFAULT_RULE: VotingRule = "all"

FORM = re.compile(r"(?P<rule>[a-z]+)\((?P<inside>.*)\)")


@dataclass(frozen=True, slots=True)
class Judges:
    """A voting rule and the names of the judges it combines.

    Attributes:
        rule: all, majority or weighted; docs/judge.md explains each
        members: names as `load_estimator` takes them, in the order given
    """

    rule: VotingRule
    members: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}({','.join(self.members)})"


def parse_judges(text: str) -> Judges | None:
    """Parse the text form of an ensemble; return None if the text names a single judge.

    A part such as `device=cpu` is an option of the judge before it.

    Raises:
        UsageError: an unknown rule, or no judge between the parentheses
    """
    form = FORM.fullmatch(text.strip())
    if not form:
        return None
    members: list[str] = []
    for part in (piece.strip() for piece in form["inside"].split(",")):
        if members and re.match(r"[\w-]+=", part):
            members[-1] += f",{part}"
        elif part:
            members.append(part)
    return combine_judges(members, form["rule"])


def combine_judges(members: Sequence[str], rule: str = DEFAULT_RULE) -> Judges:
    """Combine judges under a rule.

    Raises:
        UsageError: an unknown rule, no judge, or one named twice
    """
    if rule not in RULES:
        raise UnknownNameError("rule for several judges", rule, RULES)
    twice = next((member for at, member in enumerate(members) if member in members[:at]), None)
    if not members or twice:
        fault = f"{twice!r} is named twice; a judge has one vote" if twice else "names no judge"
        raise UsageError(f"{rule}({','.join(members)}): {fault}; expected for instance {rule}(human,empathic-insight)")
    return Judges(rule, tuple(members))


def judge_text(members: Sequence[str], rule: str = DEFAULT_RULE) -> str:
    """Format one judge or several as `load_estimator` takes them; raise UsageError as `combine_judges` does."""
    return members[0] if len(members) == 1 else str(combine_judges(members, rule))


def members_of(text: str) -> tuple[str, ...]:
    """Return the names of the judges in a text: one, or several."""
    judges = parse_judges(text)
    return judges.members if judges else (text,)
