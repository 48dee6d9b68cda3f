"""Which wordless sounds a direction adds: a category may open or close a line with its burst, more often the stronger it is.

>>> from voiceact.acting.bursts import draw_bursts
>>> draw_bursts((("relief", 7.0),), seed=1, strength=1.0), draw_bursts((("relief", 7.0),), seed=0, strength=1.0)
((('open', 'deep_breath'),), ())

`data/bursts.json` names for each category the kinds of burst (docs/bursts.md) that suit it, and the chance of one at
intensity 7; both are our own choice, after the labels of EmoGator that each kind was taken from.
"""

from collections.abc import Iterable
from typing import Literal

from voiceact.acting import taxonomy
from voiceact.acting.data_file import read_table
from voiceact.acting.intensity import HIGHEST

Place = Literal["open", "close"]
Bursts = tuple[tuple[Place, str], ...]
"""(place, kind) of each burst of a direction: before all words ("open") or behind them ("close")"""


def burst_choices(category: str) -> Bursts:
    """List the bursts that suit a category, the most usual first; none for a category that has none.

    Raises:
        UnknownNameError: for a category that is none of the 40
    """
    row = read_table("bursts").get(taxonomy.get(category).id)
    return tuple((place, kind) for place, kind in row["bursts"]) if row else ()


def draw_bursts(mix: Iterable[tuple[str, float]], *, seed: int, strength: float) -> Bursts:
    """Draw the burst of a take, if it gets one, from its seed alone: a stronger feeling keeps what a weaker one got.

    Args:
        mix: (category id, intensity 0 to 7) pairs; the strongest counts
        seed: of the take; 0 is the plain reading, which has none
        strength: of the persona in that category; the chance is that of the intensity times this, at most the table's
    """
    present = [(category, intensity) for category, intensity in mix if intensity > 0]
    if not present or seed == 0:
        return ()
    category, intensity = max(present, key=lambda one: one[1])
    choices = burst_choices(category)
    if not choices:
        return ()
    import hashlib

    noise = hashlib.shake_256(f"voiceact bursts {seed}".encode()).digest(8)
    chance, choice = (int.from_bytes(noise[at : at + 4]) / 2**32 for at in (0, 4))
    if chance >= read_table("bursts")[category]["chance"] * min(1.0, intensity / HIGHEST * strength):
        return ()
    return (choices[int(choice * len(choices))],)
