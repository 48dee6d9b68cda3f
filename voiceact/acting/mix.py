"""The emotions of a request with their intensities, parsed once; each keeps the resolution of the word it came from.

>>> mix = EmotionMix.parse(["Pride:3", "sad"], default=5)
>>> mix.as_dict()
{'pride': 3.0, 'sadness': 5.0}
>>> str(mix.strongest.category), mix.is_neutral
('Sadness', False)
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from voiceact.acting import taxonomy
from voiceact.acting.intensity import DEFAULT_INTENSITY, parse_emotion, parse_intensity
from voiceact.acting.taxonomy import Category, Resolution
from voiceact.acting.variants import ANY, find_variant, variant_meant, variants
from voiceact.errors import UsageError


@dataclass(frozen=True, slots=True)
class MixEntry:
    """One emotion of a mix.

    Attributes:
        category: one of the 40
        intensity: 0 to 7
        resolution: of the user's word to the category; None where a category was given
        variant: name of the variant in which it is acted, or `any`; None is the usual reading
    """

    category: Category
    intensity: float
    resolution: Resolution | None = None
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class EmotionMix:
    """Categories with intensities, in the order given; a mix without an intensity above 0 is neutral.

    Attributes:
        entries: at most one of each category
    """

    entries: tuple[MixEntry, ...] = ()

    @classmethod
    def parse(cls, emotions: Iterable[str], default: float | str = DEFAULT_INTENSITY) -> Self:
        """Read emotions as a user types them: "Concern", "Embarrassment:5", "anger:mild".

        Args:
            emotions: a list of texts, not a single one
            default: intensity of those that state none

        Raises:
            UnknownNameError: if a word means none of the 40 categories
            UsageError: for a single text, an intensity off the scale, a missing part, or two words of one category
        """
        if isinstance(emotions, str):
            raise UsageError(f"expected a list of emotions, not the text {emotions!r}; write [{emotions!r}]")
        default = parse_intensity(default)
        entries: dict[Category, tuple[str, MixEntry]] = {}
        for text in emotions:
            resolution, intensity = parse_emotion(text)
            category = resolution.category
            if category in entries:
                raise UsageError(f"{entries[category][0]!r} and {text!r} both mean {category}; name it once")
            variant = variant_meant(category.id, resolution.word)
            entries[category] = text, MixEntry(category, default if intensity is None else intensity, resolution, variant)
        return cls(tuple(entry for _, entry in entries.values()))

    @classmethod
    def of(cls, intensities: Mapping[str, float], variants: Mapping[str, str] | None = None) -> Self:
        """Create a mix from category ids or names with intensities, and the variants of some of them.

        Raises:
            UnknownNameError: for a category that is none of the 40, or a variant that it does not have
            UsageError: for an intensity outside 0 to 7
        """
        named = {taxonomy.get(name).id: variant for name, variant in (variants or {}).items()}
        for category, variant in named.items():
            if variant != ANY:
                find_variant(category, variant)
        chosen = [(taxonomy.get(name), parse_intensity(value)) for name, value in intensities.items()]
        return cls(tuple(MixEntry(category, value, variant=named.get(category.id)) for category, value in chosen))

    @property
    def strongest(self) -> MixEntry | None:
        """The entry of highest intensity, of equals the first; None for an empty mix."""
        return max(self.entries, key=lambda entry: entry.intensity, default=None)

    @property
    def is_neutral(self) -> bool:
        """Whether no entry has an intensity above 0."""
        return not any(entry.intensity > 0 for entry in self.entries)

    def as_dict(self) -> dict[str, float]:
        """Return category id -> intensity, in the order given, zeros included."""
        return {entry.category.id: entry.intensity for entry in self.entries}

    def pairs(self) -> tuple[tuple[str, float], ...]:
        """Return (category id, intensity) of the entries above 0, from which a direction is computed."""
        return tuple((entry.category.id, entry.intensity) for entry in self.entries if entry.intensity > 0)

    def variants(self) -> dict[str, str]:
        """Return category id -> variant (or `any`) of the entries above 0 for which one is named."""
        return {entry.category.id: entry.variant for entry in self.entries if entry.variant and entry.intensity > 0}

    def with_variant(self, name: str) -> Self:
        """Return the mix with the strongest entry that has such a variant acted in it; `any` is for every entry.

        Raises:
            UnknownNameError: if no entry has one of that name
            UsageError: for a mix without an entry above 0
        """
        felt = sorted((entry for entry in self.entries if entry.intensity > 0), key=lambda entry: -entry.intensity)
        if not felt:
            raise UsageError(f"the variant {name!r} is of an emotion; name one, such as --emotion Anger")
        folded = name.strip().casefold()
        if folded == ANY:
            return type(self)(tuple(replace(entry, variant=ANY) for entry in self.entries))
        having = [entry for entry in felt if folded in {variant.name for variant in variants(entry.category.id)}]
        if not having:
            find_variant(felt[0].category.id, name)
        return type(self)(tuple(replace(entry, variant=folded) if entry is having[0] else entry for entry in self.entries))

    def __iter__(self) -> Iterator[MixEntry]:
        return iter(self.entries)
