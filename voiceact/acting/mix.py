"""The emotions of a request with their intensities, parsed once; each keeps the resolution of the word it came from.

>>> mix = EmotionMix.parse(["Pride:3", "sad"], default=5)
>>> mix.as_dict()
{'pride': 3.0, 'sadness': 5.0}
>>> str(mix.strongest.category), mix.is_neutral
('Sadness', False)
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from voiceact.acting import taxonomy
from voiceact.acting.intensity import DEFAULT_INTENSITY, parse_emotion, parse_intensity
from voiceact.acting.taxonomy import Category, Resolution
from voiceact.errors import UsageError


@dataclass(frozen=True, slots=True)
class MixEntry:
    """One emotion of a mix.

    Attributes:
        category: one of the 40
        intensity: 0 to 7
        resolution: of the user's word to the category; None where a category was given
    """

    category: Category
    intensity: float
    resolution: Resolution | None = None


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
            entries[category] = text, MixEntry(category, default if intensity is None else intensity, resolution)
        return cls(tuple(entry for _, entry in entries.values()))

    @classmethod
    def of(cls, intensities: Mapping[str, float]) -> Self:
        """Create a mix from category ids or names with intensities.

        Raises:
            UnknownNameError: for a category that is none of the 40
            UsageError: for an intensity outside 0 to 7
        """
        return cls(tuple(MixEntry(taxonomy.get(name), parse_intensity(value)) for name, value in intensities.items()))

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

    def __iter__(self) -> Iterator[MixEntry]:
        return iter(self.entries)
