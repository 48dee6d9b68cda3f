"""Which items can be asked of the clips of a test: what a protocol's `make` is chosen from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from voiceact.acting.taxonomy import categories, contrast, get
from voiceact.listening.model import TestClip
from voiceact.listening.protocols.base import Draft


@dataclass(frozen=True)
class Material:
    """What items are made of.

    takes: the clips the test is about
    known: clips made of them whose answer is known by how they were made: "twin", "noise", "same"
    source: id of such a clip -> the take it was made of
    gold: what the protocol takes for right about each kind of `known`
    asked: categories that are asked where an item asks for many
    contrastive: contrastive items for each target item
    random: of the test's seed
    """

    takes: Sequence[TestClip]
    known: Mapping[str, Sequence[TestClip]] = field(default_factory=dict)
    source: Mapping[str, TestClip] = field(default_factory=dict)
    gold: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    contrastive: float = 0.0
    random: Random = field(default_factory=Random)

    def golden(self, made: str) -> Iterator[tuple[TestClip, TestClip, tuple[int, ...]]]:
        """Clips of that kind, each with the take it was made of and the values that are right."""
        for clip in self.known.get(made, ()):
            yield clip, self.source[clip.id], self.gold[made]


def ask_category(material: Material) -> list[Draft]:
    """One category of one clip: its own, for some clips its contrast too, and that of the take for a neutral twin."""
    targets = [Draft((clip.id,), clip.category, "target", _one(clip.category)) for clip in material.takes]
    contrasts = [Draft((clip.id,), other, "contrastive", (other,)) for clip, other in _contrasted(material)]
    gold = [Draft((twin.id,), take.category, "gold", _one(take.category), right)
            for twin, take, right in material.golden("twin")]
    return targets + contrasts + gold


def ask_many(material: Material) -> list[Draft]:
    """Many categories of one clip."""
    return [Draft((clip.id,), clip.category, "target", material.asked) for clip in material.takes] + [
        Draft((twin.id,), take.category, "gold", material.asked, right) for twin, take, right in material.golden("twin")]


def ask_clip(material: Material) -> list[Draft]:
    """The clip as such, no category."""
    return [Draft((clip.id,), None, "target", ()) for clip in material.takes] + [
        Draft((noise.id,), None, "gold", (), right) for noise, _, right in material.golden("noise")]


def ask_pairs(material: Material) -> list[Draft]:
    """Two clips of one category: of one persona at different intensities where there are such, else any two."""
    return [Draft(_either_way(pair, material.random), pair[0].category, "target", _one(pair[0].category))
            for pair in _pairs(material.takes, material.random)]


def ask_speakers(material: Material) -> list[Draft]:
    """Two clips of one persona (targets), two of different ones (contrastive, as many), a clip beside itself (gold)."""
    same = list(_of_one_persona(material.takes, material.random))
    different = list(_strangers(material.takes, material.random))[:max(1, len(same))]
    return [Draft(_either_way(pair, material.random), None, "target", ()) for pair in same] + [
        Draft(_either_way(pair, material.random), None, "contrastive", ()) for pair in different] + [
        Draft((copy.id, take.id), None, "gold", (), right) for copy, take, right in material.golden("same")]


def contrast_of(category: str, among: Sequence[str]) -> str:
    """The category that should be absent where this one is present.

    One of the test's own if any is of opposite valence, so that what is asked does not tell whether it is there; else the
    farthest of all 40.
    """
    own = get(category)
    opposite = [other for other in map(get, among) if own.valence_value * other.valence_value < 0]
    return contrast(own, opposite or categories()).id


def _one(category: str | None) -> tuple[str, ...]:
    return (category,) if category else ()


def _contrasted(material: Material) -> Iterator[tuple[TestClip, str]]:
    clips = list(material.takes)
    material.random.shuffle(clips)
    among = sorted({clip.category for clip in clips if clip.category})
    for clip in clips[:round(len(clips) * material.contrastive)]:
        if clip.category:
            yield clip, contrast_of(clip.category, among)


def _either_way(pair: tuple[TestClip, TestClip], random: Random) -> tuple[str, str]:
    """The ids in random order, so that the place in the item tells nothing."""
    first, second = pair if random.random() < 0.5 else pair[::-1]
    return first.id, second.id


def _pairs(clips: Sequence[TestClip], random: Random) -> Iterator[tuple[TestClip, TestClip]]:
    """Each clip in one pair or two: by category a chain through the clips, personas together, intensities in steps."""
    for category in sorted({clip.category for clip in clips if clip.category}):
        own = [clip for clip in clips if clip.category == category]
        random.shuffle(own)
        own.sort(key=lambda clip: (clip.persona, clip.intensity))
        near = [(a, b) for a, b in zip(own, own[1:], strict=False) if a.persona == b.persona and a.intensity != b.intensity]
        paired = {clip.id for pair in near for clip in pair}
        left = [clip for clip in own if clip.id not in paired]
        yield from near
        yield from zip(left[::2], left[1::2], strict=False)
        if len(left) % 2 and len(own) > 1:
            yield left[-1], random.choice([clip for clip in own if clip.id != left[-1].id])


def _of_one_persona(clips: Sequence[TestClip], random: Random) -> Iterator[tuple[TestClip, TestClip]]:
    for name in sorted({clip.persona for clip in clips}):
        own = [clip for clip in clips if clip.persona == name]
        random.shuffle(own)
        yield from zip(own, own[1:], strict=False)


def _strangers(clips: Sequence[TestClip], random: Random) -> Iterator[tuple[TestClip, TestClip]]:
    """Each clip with one of another persona that speaks the same language."""
    for clip in random.sample(list(clips), len(clips)):
        others = [other for other in clips if other.persona != clip.persona and other.language == clip.language]
        if others:
            yield clip, random.choice(others)
