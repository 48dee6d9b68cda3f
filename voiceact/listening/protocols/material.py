"""Draft the items that can be asked about the clips of a test: a protocol's `make` is one of these functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from voiceact.acting.taxonomy import categories, contrast, get
from voiceact.listening.model import Stimulus


@dataclass(frozen=True, slots=True)
class Draft:
    """An item before it has an id.

    Attributes:
        clips: ids of the one or two clips
        category: asked about; of an item that asks for many, the one that `kind` and `expected` are about; None for no category
        kind: target, contrastive or gold
        asked: the categories that are asked, in the order of the taxonomy
        expected: values that count as right, where the test knows
    """

    clips: tuple[str, ...]
    category: str | None
    kind: str
    asked: tuple[str, ...]
    expected: tuple[int, ...] | None = None


@dataclass(frozen=True)
class ItemMaterial:
    """What items are made of.

    Attributes:
        takes: the clips the test is about
        known: clips made of them whose answer is known by how they were made: "twin", "noise", "same"
        source: id of such a clip -> the take it was made of
        gold: what the protocol takes for right about each kind of `known`
        asked: categories that are asked where an item asks for many
        contrastive: contrastive items for each target item
        random: of the test's seed
    """

    takes: Sequence[Stimulus]
    known: Mapping[str, Sequence[Stimulus]] = field(default_factory=dict)
    source: Mapping[str, Stimulus] = field(default_factory=dict)
    gold: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    contrastive: float = 0.0
    random: Random = field(default_factory=Random)

    def golden(self, kind: str) -> Iterator[tuple[Stimulus, Stimulus, tuple[int, ...]]]:
        """Yield clips of that kind, each with the take it was made of and the values that are right."""
        for clip in self.known.get(kind, ()):
            yield clip, self.source[clip.id], self.gold[kind]


def ask_category(material: ItemMaterial) -> list[Draft]:
    """Ask one category of one clip: its own, for some clips its contrast too, and that of the take for a neutral twin."""
    targets = [Draft((clip.id,), clip.category, "target", _one(clip.category)) for clip in material.takes]

    # Contrastive items of a random share of the clips.
    clips = list(material.takes)
    material.random.shuffle(clips)
    among = sorted({clip.category for clip in clips if clip.category})
    contrasts = []
    for clip in clips[: round(len(clips) * material.contrastive)]:
        if clip.category:
            other = contrast_of(clip.category, among)
            contrasts.append(Draft((clip.id,), other, "contrastive", (other,)))

    gold = [
        Draft((twin.id,), take.category, "gold", _one(take.category), right) for twin, take, right in material.golden("twin")
    ]
    return targets + contrasts + gold


def ask_many(material: ItemMaterial) -> list[Draft]:
    """Ask many categories of one clip."""
    return [Draft((clip.id,), clip.category, "target", material.asked) for clip in material.takes] + [
        Draft((twin.id,), take.category, "gold", material.asked, right) for twin, take, right in material.golden("twin")
    ]


def ask_clip(material: ItemMaterial) -> list[Draft]:
    """Ask about the clip as such, no category."""
    return [Draft((clip.id,), None, "target", ()) for clip in material.takes] + [
        Draft((noise.id,), None, "gold", (), right) for noise, _, right in material.golden("noise")
    ]


def ask_pairs(material: ItemMaterial) -> list[Draft]:
    """Ask which of two clips of one category is stronger.

    The clips of a category form a chain: two of one persona at different intensities where there are such, else any two.
    Each clip is in one pair or two.
    """
    random, drafts = material.random, []
    for category in sorted({clip.category for clip in material.takes if clip.category}):
        own = [clip for clip in material.takes if clip.category == category]
        random.shuffle(own)
        own.sort(key=lambda clip: (clip.persona, clip.intensity))
        near = [(a, b) for a, b in zip(own, own[1:], strict=False) if a.persona == b.persona and a.intensity != b.intensity]
        paired = {clip.id for pair in near for clip in pair}
        left = [clip for clip in own if clip.id not in paired]
        pairs = [*near, *zip(left[::2], left[1::2], strict=False)]
        drafts += [Draft(_either_way(pair, random), category, "target", (category,)) for pair in pairs]
        if len(left) % 2 and len(own) > 1:
            last = left[-1], random.choice([clip for clip in own if clip.id != left[-1].id])
            drafts.append(Draft(_either_way(last, random), category, "target", (category,)))
    return drafts


def ask_speakers(material: ItemMaterial) -> list[Draft]:
    """Ask of two clips whether one persona speaks: targets, contrastive pairs (as many), a clip beside itself (gold)."""
    random = material.random
    same: list[tuple[Stimulus, Stimulus]] = []
    for name in sorted({clip.persona for clip in material.takes}):
        own = [clip for clip in material.takes if clip.persona == name]
        random.shuffle(own)
        same += zip(own, own[1:], strict=False)

    # Each clip with one of another persona that speaks the same language.
    different: list[tuple[Stimulus, Stimulus]] = []
    for clip in random.sample(list(material.takes), len(material.takes)):
        others = [other for other in material.takes if other.persona != clip.persona and other.language == clip.language]
        if others:
            different.append((clip, random.choice(others)))
    return (
        [Draft(_either_way(pair, random), None, "target", ()) for pair in same]
        + [Draft(_either_way(pair, random), None, "contrastive", ()) for pair in different[: max(1, len(same))]]
        + [Draft((copy.id, take.id), None, "gold", (), right) for copy, take, right in material.golden("same")]
    )


def contrast_of(category: str, among: Sequence[str]) -> str:
    """Return the category that should be absent where this one is present.

    One of the test's own if any is of opposite valence, so that what is asked does not tell whether it is there; else the
    farthest of all 40.
    """
    own = get(category)
    opposite = [other for other in map(get, among) if own.valence_value * other.valence_value < 0]
    return contrast(own, opposite or categories()).id


def _one(category: str | None) -> tuple[str, ...]:
    return (category,) if category else ()


def _either_way(pair: tuple[Stimulus, Stimulus], random: Random) -> tuple[str, str]:
    """Return the ids in random order, so that the place in the item tells nothing."""
    first, second = pair if random.random() < 0.5 else pair[::-1]
    return first.id, second.id
