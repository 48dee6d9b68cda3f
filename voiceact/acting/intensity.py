"""The scale of intensity from 0 (absent) to 7 (overwhelming), and its maps to the field's other scales.

>>> from voiceact.acting.intensity import parse_emotion, parse_intensity
>>> parse_intensity("strong")
5.0
>>> resolution, intensity = parse_emotion("Embarrassment:5")
>>> resolution.category.name, intensity
('Embarrassment', 5.0)

The range is that of EmoNet-Face HQ, whose experts give each of the 40 emotions a number from 0 to 7
(arXiv 2505.20033); the words of the steps are voiceact's own. A request is a number in that range, whole
or decimal; a judged score is a real number in it. Each map below names its source and its loss: the largest
difference of a number from 0 to 7 after going to the other scale and back.
"""

import math
import re

from voiceact.acting.taxonomy import Resolution, resolve
from voiceact.errors import UsageError

HIGHEST = 7.0

WORDS = ("absent", "trace", "slight", "mild", "moderate", "strong", "intense", "overwhelming")
"""words of the whole steps, 0 to 7"""

DEFAULT_INTENSITY = 5.0
"""intensity of a request that states none: "strong"

EmoNet-Voice prompted its generator for strong expression, and still every rater heard the prompted emotion in
only 37.2 % of the clips of its Bench: a weaker default would often go unheard. Two steps are left above it.
"""

LEVEL_WORDS = ("", "slightly", "clearly", "extremely", "very intensely")
"""LAION's words for levels 1 to 4 of an emotion in a prompt; level 0 is not mentioned at all"""

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


# --- Reading a request


def parse_intensity(value: str | float) -> float:
    """Read an intensity: a number from 0 to 7, whole or decimal, or the word of a step ("strong" is 5).

    Raises:
        UsageError: for a number outside the scale, and for any other word, with all steps listed
    """
    text = str(value).strip()
    if text.casefold() in WORDS:
        return float(WORDS.index(text.casefold()))
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(text)):
        raise UsageError(f"intensity {text!r} is not a step of the scale; {_expected()}")
    number = float(value)
    if not 0 <= number <= HIGHEST:
        raise UsageError(f"intensity {text} is outside the scale; {_expected()}")
    return abs(number)  # "-0" is 0


def word(intensity: float) -> str:
    """Return the word of the nearest step, of two equally near ones the stronger: 4.5 is "strong".

    Raises:
        UsageError: outside 0 to 7
    """
    return WORDS[_round(_checked(intensity, HIGHEST, "intensity"))]


def parse_emotion(text: str) -> tuple[Resolution, float | None]:
    """Read an emotion, with its intensity after a colon if it has one: "Concern", "Embarrassment:5", "anger:mild".

    Returns:
        The resolution of the word, and the intensity, None if none was given.

    Raises:
        UnknownNameError: if the word means none of the 40
        UsageError: if the intensity is not on the scale, or nothing stands on one side of the colon
    """
    name, colon, strength = text.rpartition(":") if ":" in text else (text, "", "")
    if not name.strip() or (colon and not strength.strip()):
        raise UsageError(f"{text!r} lacks a part; expected an emotion, or 'Embarrassment:5'")
    return resolve(name), parse_intensity(strength) if colon else None


def _expected() -> str:
    steps = ", ".join(f"{number} {step}" for number, step in enumerate(WORDS))
    return f"expected a number from 0 to 7 or one of the words: {steps}"


# --- To and from the field's scales


def seven_to_bench(intensity: float) -> int:
    """Map 0 to 7 to the answer of an EmoNet-Voice Bench rater: 0 not perceived, 1 mild, 2 intense.

    The nearest of their places on the scale (0, 3.5 and 7, see `bench_to_seven`), the greater of two:
    0 below 1.75, 2 from 5.25 on. So a trace (1) counts as not perceived and strong (5) still as mild.
    Loss: 1.75, as there are three answers.
    """
    return _round(_checked(intensity, HIGHEST, "intensity") * 2 / HIGHEST)


def bench_to_seven(answer: float) -> float:
    """Map an EmoNet-Voice Bench answer, or a mean of several raters, to 0 to 7.

    The paper puts 0, 1, 2 at 0, 5, 10 of its analysis scale (arXiv 2506.09827); here they are 0, 3.5, 7.
    """
    return _checked(answer, 2, "a bench answer") * HIGHEST / 2


def seven_to_ten(intensity: float) -> float:
    """Map 0 to 7 to the 0 to 10 scale on which EmoNet-Voice compares people and models.

    Evenly stretched. Loss: none beyond rounding of floats.
    """
    return _checked(intensity, HIGHEST, "intensity") * 10 / HIGHEST


def ten_to_seven(score: float) -> float:
    """Map the 0 to 10 analysis scale of EmoNet-Voice to 0 to 7."""
    return _checked(score, 10, "a score") * HIGHEST / 10


def seven_to_empathic(intensity: float) -> float:
    """Map 0 to 7 to the raw score that Empathic-Insight-Voice is trained to give: 0 absent to 4 extreme.

    Evenly: its words fall on ours (1 slight at 1.75, 2 moderate at 3.5, 3 strong at 5.25, 4 extreme at 7).
    Loss: none beyond rounding of floats.
    """
    return _checked(intensity, HIGHEST, "intensity") * 4 / HIGHEST


def empathic_to_seven(score: float) -> float:
    """Map a raw Empathic-Insight-Voice score to 0 to 7.

    Raw scores outside 0 to 4 (an Anger of 5.31 is published) are clipped to 0 or 7, and the excess is lost. That the
    scores agree with the words of their scale is stated by the model's authors and not measured here.

    Raises:
        UsageError: for a score that is not a number (NaN)
    """
    if math.isnan(score):
        raise UsageError("an Empathic-Insight-Voice score is not a number (NaN); score the audio again")
    return min(max(float(score), 0.0), 4.0) * HIGHEST / 4


def seven_to_level(intensity: float) -> int:
    """Map 0 to 7 to LAION's level of an emotion in a prompt (2026): 1 to 4, in words `LEVEL_WORDS`.

    The nearest of their places (see `level_to_seven`), the greater of two; below 0.875 it is 0: the emotion
    is left out of the prompt. Loss: 0.875.
    """
    return _round(_checked(intensity, HIGHEST, "intensity") * 4 / HIGHEST)


def level_to_seven(level: float) -> float:
    """Map LAION's level 0 to 4 to 0 to 7: 1.75 a level.

    LAION orders the levels without stating their spacing; even spacing is assumed.
    """
    return _checked(level, 4, "a level") * HIGHEST / 4


def seven_to_styledegree(intensity: float) -> float:
    """Map 0 to 7 to the `styledegree` of SSML's mstts:express-as: 0.01 to 2 in hundredths, 1 is the style's own.

    Two sevenths of the intensity, so the middle (3.5) is the style as recorded and 7 its double. The scale has no
    zero: absent becomes 0.01, and a caller who wants none leaves the element out. Loss: 0.0175, below
    that 0.035. Source: Microsoft, "Customize voice and sound with SSML".
    """
    return max(0.01, _round(_checked(intensity, HIGHEST, "intensity") * 200 / HIGHEST) / 100)


def styledegree_to_seven(degree: float) -> float:
    """Map an mstts:express-as `styledegree`, 0.01 to 2, to 0 to 7."""
    if not 0.01 <= degree <= 2:
        raise UsageError(f"styledegree {degree} is outside its scale; expected a number from 0.01 to 2")
    return float(degree) * HIGHEST / 2


def _checked(number: float, highest: float, what: str) -> float:
    if not 0 <= number <= highest:
        raise UsageError(f"{what} of {number} is outside its scale; expected a number from 0 to {highest:g}")
    return float(number)


def _round(number: float) -> int:
    """Round to the nearest whole number, of two the greater (Python's `round` takes the even one, which bends a scale)."""
    return math.floor(number + 0.5)
