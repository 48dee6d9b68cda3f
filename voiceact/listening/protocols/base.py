"""What a protocol is: the question, its answers, how many raters an item needs.

`voiceact.listening.protocols.registry` finds protocols by name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from voiceact.listening.protocols.material import Draft, Material

Wanted = Callable[[Sequence[float], int], int]
"""(values of an item's raters so far, raters of the first round) -> raters wanted in all"""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that can be given.

    value: as it stands in the results
    label: key of its text in the words of the protocol ("value_presence_0")
    key: on the keyboard
    """

    value: int
    label: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is asked, and how an answer becomes a figure.

    name: of its file
    summary: one sentence, with the source of the procedure
    choices: the answers, in the order they are shown; their texts are `value_NAME_VALUE` of the words
    make: the items that can be asked of the material (see `voiceact.listening.protocols.material`)
    clips_per_item: 1, or 2 that are compared
    many: whether an item asks for many categories at once, an answer each
    swaps: whether the two clips of an item are shown in either order
    swapped: value given when the clips were shown in the other order -> what it means in the item's own order
    raters: of the first round, unless the test says otherwise
    wanted: raters an item needs in all, given the answers so far
    contrastive_raters: raters a contrastive item needs; None treats it as any other
    chunk: items handed out at a time: few where an answer decides whether others are asked, None for the whole block
    positive: the values that mean "present" ("more", "same"); empty where the protocol has no such thing
    contrastive: contrastive items for each target item, unless the test says otherwise; 0 where there is nothing to contrast
    gold: kind of material whose answer is known by how it was made ("twin", "noise", "same") -> the values that are right
    needs_category: whether only clips that were asked for a category can be used
    words: language -> key -> text, for a protocol that brings its own
    """

    name: str
    summary: str
    choices: tuple[Choice, ...]
    make: Callable[[Material], list[Draft]]
    clips_per_item: int = 1
    many: bool = False
    swaps: bool = False
    swapped: Mapping[int, int] = field(default_factory=dict)
    raters: int = 2
    wanted: Wanted = field(default=lambda values, raters: raters)
    contrastive_raters: int | None = None
    chunk: int | None = None
    positive: frozenset[int] = frozenset()
    contrastive: float = 0.0
    gold: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    needs_category: bool = True
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def values(self) -> tuple[int, ...]:
        """The values that can be given."""
        return tuple(choice.value for choice in self.choices)

    @property
    def question(self) -> str:
        """Key of the text of the question."""
        return f"question_{self.name}"

    def raters_wanted(self, kind: str, values: Sequence[float], raters: int) -> int:
        """Raters an item of that kind needs in all, given the answers so far, in the order they came."""
        if kind == "contrastive" and self.contrastive_raters is not None:
            return self.contrastive_raters
        return self.wanted(values, raters)

    def stage(self, kind: str, values: Sequence[float], raters: int) -> int:
        """Round in which the next rater is asked, from 1: the second begins when the answers of the first call for more."""
        stage, wanted = 1, self.raters_wanted(kind, (), raters)
        while wanted <= len(values) and self.raters_wanted(kind, values[:wanted], raters) > wanted:
            stage, wanted = stage + 1, self.raters_wanted(kind, values[:wanted], raters)
        return stage


def choices(name: str, values: Sequence[int], keys: Sequence[str] = ()) -> tuple[Choice, ...]:
    """The choices of a protocol: labels by rule, keys 1, 2, 3 … unless given."""
    keys = keys or [str(number) for number in range(1, len(values) + 1)]
    return tuple(Choice(value, f"value_{name}_{value}", key) for value, key in zip(values, keys, strict=True))
