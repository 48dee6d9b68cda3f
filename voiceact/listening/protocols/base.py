"""What a protocol is: the question, its answers, how many raters an item needs.

`voiceact.listening.protocols.registry` finds protocols by name.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from voiceact.listening.protocols.material import Draft, ItemMaterial

Wanted = Callable[[Sequence[float], int], int]
"""(values of an item's raters so far, raters of the first round) -> raters wanted in all"""


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that can be given.

    Attributes:
        value: as it stands in the results
        label: key of its text in the words of the protocol ("value_presence_0")
        key: on the keyboard
    """

    value: int
    label: str
    key: str


@dataclass(frozen=True, slots=True)
class SimulatedHearing:
    """What a simulated listener hears of an item (`voiceact.listening.simulation`).

    Attributes:
        strengths: of the category in each clip of the item, blurred by the listener's noise; 0 is the edge of "present"
        bias: by which everything sounds stronger to this listener
        likeness: above 0 where the two clips are of one speaker; None where nobody asks
        noise: draws one more value of the listener's noise
    """

    strengths: tuple[float, ...]
    bias: float
    likeness: float | None
    noise: Callable[[], float]


def place_on_scale(values: Sequence[int], hearing: SimulatedHearing) -> int:
    """Return the value of a scale at which a simulated listener puts what they hear.

    Of 0, 1, 2: present from 0 on, strongly present from 1 on. Of any other scale: its middle at 0, its ends at ±3.
    """
    level = hearing.strengths[0] + hearing.bias
    low, high = min(values), max(values)
    if set(values) <= {0, 1, 2}:
        return min(int(level > 0) + int(level > 1), high)
    return int(min(max(round((low + high) / 2 + level * (high - low) / 6), low), high))


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """What is asked, and how an answer becomes a figure.

    Attributes:
        name: of its file
        summary: one sentence, with the source of the procedure
        choices: the answers, in the order they are shown; their texts are `value_NAME_VALUE` of the words
        make: the items that can be asked of the material (see `voiceact.listening.protocols.material`)
        clips_per_item: 1, or 2 that are compared
        many: whether an item asks for many categories at once, an answer each
        swaps: whether the two clips of an item are shown in either order
        swapped: value given when the clips were shown in the other order -> what it means in the item's own order; empty
            where the value does not name a clip
        raters: of the first round, unless the test says otherwise
        wanted: raters an item needs in all, given the answers so far
        contrastive_raters: raters a contrastive item needs; None treats it as any other
        chunk: items handed out at a time: few where an answer decides whether others are asked, None for the whole block
        positive: the values that mean "present" ("more", "same"); empty where the protocol has no such thing
        contrastive: contrastive items for each target item, unless the test says otherwise; 0 where there is nothing to
            contrast
        gold: kind of material whose answer is known by how it was made ("twin", "noise", "same") -> the values that are right
        needs_category: whether only clips that were asked for a category can be used
        words: language -> key -> text, for a protocol that brings its own
        graded: whether the values are even steps of a scale, of which an intraclass correlation can be computed
        figures: (test, table, draws=, seed=) -> parts of the report (JSON-able) besides agreement and the mixed model; None
            gives those of presence where the protocol asks for it, else none
        simulate: (values, hearing) -> the value that a simulated listener answers
        planned_figures: (test, table, strength, draws=) -> name -> figure, whose interval widths a plan states; `strength` is
            the truth of the simulated world, (clip, category) -> float; None gives those of presence
    """

    name: str
    summary: str
    choices: tuple[Choice, ...]
    make: Callable[[ItemMaterial], list[Draft]]
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
    graded: bool = False
    figures: Callable[..., dict[str, Any]] | None = None
    simulate: Callable[[Sequence[int], SimulatedHearing], int] = place_on_scale
    planned_figures: Callable[..., dict[str, Any]] | None = None

    @property
    def asks_presence(self) -> bool:
        """Whether an answer says that something is present in a clip."""
        return bool(self.positive) and self.clips_per_item == 1

    @property
    def names_clip(self) -> bool:
        """Whether an answer is one of the item's two clips."""
        return bool(self.swapped)

    @property
    def values(self) -> tuple[int, ...]:
        """The values that can be given."""
        return tuple(choice.value for choice in self.choices)

    @property
    def question(self) -> str:
        """Key of the text of the question."""
        return f"question_{self.name}"

    def raters_wanted(self, kind: str, values: Sequence[float], raters: int) -> int:
        """Return the raters an item of that kind needs in all, given the answers so far, in the order they came."""
        if kind == "contrastive" and self.contrastive_raters is not None:
            return self.contrastive_raters
        return self.wanted(values, raters)

    def stage(self, kind: str, values: Sequence[float], raters: int) -> int:
        """Return the round in which the next rater is asked, from 1.

        The second begins when the answers of the first call for more.
        """
        stage, wanted = 1, self.raters_wanted(kind, (), raters)
        while wanted <= len(values) and self.raters_wanted(kind, values[:wanted], raters) > wanted:
            stage, wanted = stage + 1, self.raters_wanted(kind, values[:wanted], raters)
        return stage


def choices(name: str, values: Sequence[int], keys: Sequence[str] = ()) -> tuple[Choice, ...]:
    """Make the choices of a protocol: labels by rule, keys 1, 2, 3 … unless given."""
    keys = keys or [str(number) for number in range(1, len(values) + 1)]
    return tuple(Choice(value, f"value_{name}_{value}", key) for value, key in zip(values, keys, strict=True))
