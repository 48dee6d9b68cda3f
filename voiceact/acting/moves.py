"""A frozen set of acoustic moves: the direction of a line in numbers.

Every move is relative to the persona's neutral speech, so every default is neutral and `Moves()` is the
neutral reading. `LIMITS` holds the ranges that still sound like speech, measured on the embedded engine
(docs/engine-embedded.md).
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Self

from voiceact.errors import UsageError


@dataclass(frozen=True, slots=True)
class Moves:
    """Acoustic moves away from a persona's neutral speech; every default is neutral."""

    rate: float = 1.0
    """speaking rate, multiplier (2 is twice as fast)"""
    pause: float = 1.0
    """length of pauses, multiplier"""
    pitch: float = 0.0
    """F0 median, semitones"""
    range: float = 1.0
    """F0 excursion around the median, multiplier in semitones"""
    slope: float = 0.0
    """F0 line from the first to the last syllable of a sentence, semitones added end to end"""
    final: float = 0.0
    """F0 on the last 0.35 s of a sentence, semitones: below 0 falls, above 0 rises"""
    energy: float = 0.0
    """level, dB"""
    dynamics: float = 1.0
    """spread of the energy contour in dB, multiplier"""
    tilt: float = 0.0
    """spectral tilt, dB an octave around 500 Hz: above 0 brighter and tenser, below 0 softer"""
    breath: float = 0.0
    """breathiness, 0 to 1"""
    rough: float = 0.0
    """roughness (jitter and shimmer), 0 to 1"""
    creak: float = 0.0
    """creaky phonation, most at the end of phrases, 0 to 1"""
    tremor: float = 0.0
    """depth of the tremor of F0 and level, 0 to 1 (1 is 10 % of F0)"""
    tremor_hz: float = 5.5
    """rate of the tremor, Hz"""
    tract: float = 1.0
    """vocal tract length, multiplier: below 1 spread lips or raised larynx, above 1 rounded or lowered"""
    whisper: float = 0.0
    """share of whisper in the voice, 0 to 1"""
    hesitation: float = 0.0
    """halting speech: pauses between words and drawn-out function words, 0 to 1"""
    articulation: float = 1.0
    """precision: below 1 slurred and undershot, above 1 crisp"""
    hold: float = 0.0
    """stressed vowels held, 0 to 1 (1 doubles them)"""
    sob: float = 0.0
    """breaks and catches of the voice as in crying, 0 to 1"""
    laugh: float = 0.0
    """laughter in the voice (4 to 5 pulses a second), 0 to 1"""
    shout: float = 0.0
    """vocal effort: raised first formant, flat spectrum, long loud vowels, 0 to 1"""
    effort: float = 0.0
    """spectrum of a voice that is raised (above 0) or let down (below 0), as people change it: 1 to 3 kHz lifted, the
    lowest octaves lowered, the top and the sounds without voice left alone; 1 is the anger of EmoDB's actors"""
    attack: float = 0.0
    """hard onsets of voice, strong and long consonants, 0 to 1"""
    stress: float = 0.0
    """contrast of syllables: stressed vowels longer, louder and higher, those between them cut short, 0 to 1"""
    glide: float = 1.0
    """F0 movement within syllables, multiplier"""
    fade: float = 0.0
    """level of the last 0.6 s of a sentence, dB, reached evenly"""
    waver: float = 0.0
    """irregular periodicity: stretches in which the cycles are uneven and the voice lets air through, 0 to 1"""

    def bounded(self) -> Self:
        """Return the moves with every number limited to `LIMITS`."""
        return replace(self, **{name: min(max(value, low), high) for name, value, (low, high) in self._limited()})

    def check(self) -> None:
        """Check that every number is inside `LIMITS`.

        Raises:
            UsageError: naming the first that is not
        """
        for name, value, (low, high) in self._limited():
            if not low <= value <= high:
                raise UsageError(f"move {name!r} is {value:g}; expected {low:g} to {high:g}")

    def _limited(self) -> list[tuple[str, float, tuple[float, float]]]:
        return [(name, value, LIMITS[name]) for name, value in asdict(self).items()]

    def changed(self) -> dict[str, float]:
        """Return the moves that are not neutral, by name."""
        return {name: value for name, value in asdict(self).items() if value != NEUTRAL[name]}

    def as_recorded(self) -> dict[str, float]:
        """Return the moves as records hold them: all, but those of `ADDED_LATER` only where they are not neutral.

        So the records of readings that do not use them stay what they were, and with them the ids of clips.
        """
        return {name: value for name, value in asdict(self).items() if name not in ADDED_LATER or value != NEUTRAL[name]}


NEUTRAL: dict[str, float] = {field.name: field.default for field in fields(Moves)}  # type: ignore[misc]

ADDED_LATER = frozenset({"effort", "attack", "stress", "glide", "fade", "waver"})
"""moves that records made before voiceact 1.1 do not have"""

# Moves that multiply (neutral 1); all others add (neutral 0).
MULTIPLIERS = frozenset({"rate", "pause", "range", "dynamics", "tract", "articulation", "glide"})

# Moves that have a meaning only beside another move; they are no distance from neutral.
PARAMETERS = frozenset({"tremor_hz"})

LIMITS: dict[str, tuple[float, float]] = {
    "rate": (0.55, 1.6),
    "pause": (0.2, 4.0),
    "pitch": (-8.0, 9.5),
    "range": (0.1, 2.2),
    "slope": (-8.0, 8.0),
    "final": (-7.0, 7.0),
    "energy": (-18.0, 10.0),
    "dynamics": (0.4, 1.8),
    "tilt": (-4.0, 5.5),
    "breath": (0.0, 1.0),
    "rough": (0.0, 1.0),
    "creak": (0.0, 1.0),
    "tremor": (0.0, 1.0),
    "tremor_hz": (3.0, 9.0),
    "tract": (0.9, 1.1),
    "whisper": (0.0, 1.0),
    "hesitation": (0.0, 1.0),
    "articulation": (0.5, 1.4),
    "hold": (0.0, 1.0),
    "sob": (0.0, 1.0),
    "laugh": (0.0, 1.0),
    "shout": (0.0, 1.0),
    "effort": (-1.0, 1.6),
    "attack": (0.0, 1.0),
    "stress": (0.0, 1.0),
    "glide": (0.3, 2.5),
    "fade": (-12.0, 6.0),
    "waver": (0.0, 1.0),
}
