"""Select the clips of a test, spread evenly over category, verdict, persona and intensity."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from voiceact.listening.design.source import Candidate
from voiceact.runtime.seeds import draw_integer

Stratum = tuple[object, object, object, object]
"""category, (category, verdict), persona, intensity: each is to be as even as can be, the first before the second"""


@dataclass(frozen=True, slots=True)
class StimulusSelection:
    """The chosen clips.

    Attributes:
        clips: in an order of which every beginning is spread evenly too
        seen: number of clips the source has
        left_out: reason -> how many of them could not be taken
    """

    clips: tuple[Candidate, ...]
    seen: int
    left_out: dict[str, int]


def select_stimuli(
    candidates: Iterable[Candidate], *, most: int, seed: int, wanted: Callable[[Candidate], str]
) -> StimulusSelection:
    """Select at most `most` clips, drawn by seed, spread over the strata as evenly as the source allows.

    Memory grows with the strata and `most`, not with the clips.

    Args:
        candidates: clips of the source
        most: clips to select at most
        seed: of the draw
        wanted: returns why a clip cannot be taken; empty if it can
    """
    strata: dict[Stratum, list[tuple[int, int, Candidate]]] = {}
    left_out: dict[str, int] = {}
    seen = 0
    for clip in candidates:
        seen += 1
        if reason := wanted(clip):
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        heap = strata.setdefault(stratum(clip), [])
        # Of each stratum the `most` clips of lowest rank stay: a heap of negated ranks drops the highest.
        push = heapq.heappushpop if len(heap) >= most else heapq.heappush
        push(heap, (-rank(seed, clip.key), seen, clip))
    lowest = [clip for heap in strata.values() for _, _, clip in heap]
    return StimulusSelection(tuple(spread_over_strata(lowest, most=most, seed=seed)), seen, left_out)


def stratum(clip: Candidate) -> Stratum:
    """Return the stratum of a clip."""
    return clip.category or "", (clip.category or "", clip.level), clip.persona, clip.intensity


def spread_over_strata(clips: Iterable[Candidate], *, most: int, seed: int) -> list[Candidate]:
    """Choose at most `most` of the clips: always the next of the stratum of which there are fewest yet."""
    left: dict[object, dict[Stratum, list[Candidate]]] = {}
    for clip in sorted(clips, key=lambda clip: rank(seed, clip.key), reverse=True):
        key = stratum(clip)
        left.setdefault(key[0], {}).setdefault(key, []).append(clip)
    count: Counter[object] = Counter()
    chosen: list[Candidate] = []
    while left and len(chosen) < most:
        first = min(left, key=lambda name: (count[0, name], rank(seed, str(name))))
        key = min(left[first], key=lambda key: ([count[place, part] for place, part in enumerate(key)], rank(seed, str(key))))
        chosen.append(left[first][key].pop())
        count.update(enumerate(key))
        if not left[first][key]:
            del left[first][key]
        if not left[first]:
            del left[first]
    return chosen


def rank(seed: int, key: str) -> int:
    """Draw a number for a key: the same at every call, whatever other keys there are."""
    return draw_integer(seed, key, separator="\x1f")
