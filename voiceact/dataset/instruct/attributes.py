"""What is measured in a clip for a statement, how large a difference must be to be stated, and its words.

>>> from voiceact.dataset.instruct.attributes import ATTRIBUTES, degree_of
>>> degree_of(4.0, ATTRIBUTES["f0_median"].noticeable)
'clearly'
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from voiceact import audio
from voiceact.estimators.features.low_level_descriptors import extract_descriptors
from voiceact.estimators.features.signal import UnheardError, prepare
from voiceact.estimators.features.voice_measures import measure_utterance, median_hnr
from voiceact.store.sound import decode_audio

Measured = Mapping[str, float]
"""attribute -> value; an attribute that cannot be measured is absent"""

DEGREES = ((4.0, "much"), (2.0, "clearly"), (1.0, "slightly"))
"""from how many noticeable differences on a difference has that word"""


@dataclass(frozen=True)
class Attribute:
    """One measured property of a voice.

    Attributes:
        noun: what is measured, with a capital
        unit: of a value
        digits: after the point, of a value
        compare: how two values are compared: by difference, by semitones of their ratio, or by per cent of the second
        noticeable: the least difference that is stated, each at or above what listeners can tell apart
        more: comparative where the first value is larger
        less: comparative where it is smaller
    """

    noun: str
    unit: str
    digits: int
    compare: Literal["difference", "semitones", "percent"]
    noticeable: float
    more: str
    less: str

    def difference(self, value: float, other: float) -> float:
        """Compare two values; positive where the first is larger."""
        if self.compare == "semitones":
            return 12 * math.log2(value / other)
        return 100 * (value - other) / other if self.compare == "percent" else value - other


ATTRIBUTES: Mapping[str, Attribute] = {
    # 't Hart 1981: differences of pitch movement under 1.5 to 2 semitones are hardly heard in speech.
    "f0_median": Attribute("Median F0", "Hz", 0, "semitones", 1.5, "higher in pitch", "lower in pitch"),
    "f0_range": Attribute("F0 range", "semitones", 1, "difference", 2.0, "wider in pitch", "narrower in pitch"),
    # Quené 2007: 5 per cent of tempo are just noticeable; twice that is stated.
    "syllable_rate": Attribute("Rate", "syllables a second", 1, "percent", 10.0, "faster", "slower"),
    "pause_share": Attribute("Share of pauses", "per cent", 0, "difference", 5.0, "fuller of pauses", "emptier of pauses"),
    # About 1 dB of level is just noticeable.
    "loudness": Attribute("Loudness", "LUFS", 1, "difference", 1.5, "louder", "softer"),
    # No study of noticeable differences was found for running speech: own choice.
    "harmonicity": Attribute("Harmonics over noise", "dB", 1, "difference", 2.0, "clearer", "rougher or breathier"),
}  # fmt: skip
"""name -> attribute, in the order in which they are stated"""


def measure_file(data: bytes, name: str) -> Measured:
    """Measure the attributes of a FLAC, WAV or MP3 file.

    Args:
        data: its bytes
        name: of the clip, for the message

    Raises:
        VoiceactError: if it cannot be decoded
    """
    return measure(*decode_audio(data, f"clip {name}"))


def measure(samples: NDArray[np.float32], rate: int) -> Measured:
    """Measure the attributes of a clip.

    Args:
        samples: float32 [n], full scale 1.0
        rate: Hz

    Returns:
        Attribute -> value in its unit: F0 in Hz, its range (5th to 95th percentile) in semitones, syllables a second, pauses
        in per cent of the time from the first sound to the last, LUFS, dB. Empty for audio in which nobody can be heard.
    """
    try:
        tracks = extract_descriptors(prepare(samples, rate))
    except UnheardError:
        return {}
    measures = measure_utterance(tracks)
    values = {
        "f0_median": measures["f0_hz"],
        "f0_range": measures["f0_range"],
        "syllable_rate": measures["rate"] or math.nan,
        "pause_share": 100 * measures["pauses"],
        "loudness": audio.loudness_lufs(samples, rate),
        "harmonicity": median_hnr(tracks),
    }
    return {name: value for name, value in values.items() if math.isfinite(value)}


def degree_of(difference: float, noticeable: float) -> str:
    """Name the size of a difference: "" where it is not noticeable, else slightly, clearly or much."""
    return next((word for times, word in DEGREES if abs(difference) >= times * noticeable), "")


__all__ = ["ATTRIBUTES", "Attribute", "Measured", "degree_of", "measure", "measure_file"]
