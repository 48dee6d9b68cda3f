"""What a wordless burst is called: LAION's kinds (`voiceact.bursts.kinds`), told from measures and from the judge.

A kind is named when the burst's length, voicing, rises and pitch lie within those of the kind, and the judge hears one of the
feelings whose bursts are of that kind as often as `BOUND` says. Else it has none: nobody has listened. docs/annotate.md has
how often that is right.
"""

import math

import numpy as np

from voiceact.audio import Samples
from voiceact.bursts.kinds import KINDS, Kind, count_rises
from voiceact.errors import VoiceactError
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, extract_descriptors
from voiceact.estimators.features.signal import prepare
from voiceact.estimators.human.estimator import HumanJudge
from voiceact.estimators.likelihood import BOUND

LEAST_VOICED = 0.2
"""share of voiced frames from which the pitch of a burst is asked"""
FEELINGS: dict[str, tuple[str, ...]] = {
    "Amusement": ("amusement",),
    "Elation": ("elation",),
    "Triumph": ("triumph",),
    "Embarrassment": ("embarrassment",),
    "Contempt": ("contempt",),
    "Sadness": ("sadness",),
    "Distress": ("distress",),
    "Fear": ("fear",),
    "Relief": ("relief",),
    "Serenity": ("contentment",),
    "Contentment": ("contentment",),
    "Desire": ("longing",),
    "Disappointment": ("disappointment",),
    "Anger": ("anger",),
    "Surprise (Negative)": ("astonishment_surprise",),
    "Surprise (Positive)": ("astonishment_surprise",),
    "Pain": ("pain",),
    "Awe": ("awe",),
    "Interest": ("interest",),
    "Pride": ("pride",),
    "Disgust": ("disgust",),
    "Confusion": ("confusion",),
    "Realization": ("contemplation",),
}
"""EmoGator's labels, by which kinds are described -> categories"""


def name_burst(judge: HumanJudge, samples: Samples, rate: int, own_f0: float) -> tuple[str | None, str | None, float | None]:
    """Name a burst, and the feeling that is heard in it most.

    Args:
        judge: hears it as a burst
        samples: float32 [n], the burst alone
        rate: Hz
        own_f0: of the voice, semitones over 27.5 Hz; NaN if unknown

    Returns:
        LAION's name of the kind, the category and its log likelihood ratio; None for what cannot be told.
    """
    try:
        profile = judge.profile(samples, rate, kind="burst")
    except VoiceactError:
        return None, None, None
    ratios = {name: value for name, value in profile.log_ratios.items() if profile.evidence[name] != "none"}
    if not ratios:
        return None, None, None
    category = max(ratios, key=lambda name: (ratios[name], name))
    fitting = [
        (max(ratios.get(name, -math.inf) for label in kind.labels for name in FEELINGS.get(label, ())), kind.laion)
        for kind in fitting_kinds(samples, rate, own_f0)
    ]
    best = max(fitting, default=(-math.inf, ""))
    return best[1] if best[0] >= math.log(BOUND) else None, category, round(ratios[category], 4)


def fitting_kinds(samples: Samples, rate: int, own_f0: float) -> list[Kind]:
    """Return the kinds whose length, voicing, rises and pitch a burst has; empty where nothing can be measured."""
    try:
        tracks = extract_descriptors(prepare(samples, rate))
    except VoiceactError:
        return []
    loud = np.flatnonzero(tracks.level > -32.0)
    if not len(loud):
        return []
    active = slice(int(loud[0]), int(loud[-1]) + 1)
    seconds = (active.stop - active.start) / FRAME_RATE
    voiced = float(tracks.voiced[active].mean())
    pulses = count_rises(tracks.level[active])
    pitch = float(np.median(tracks.f0[tracks.voiced])) - own_f0 if tracks.voiced.any() else math.nan
    return [
        kind
        for kind in KINDS.values()
        if kind.seconds[0] <= seconds <= kind.seconds[1]
        and kind.voiced[0] <= voiced <= kind.voiced[1]
        and kind.pulses[0] <= pulses <= kind.pulses[1]
        and (voiced < LEAST_VOICED or math.isnan(pitch) or kind.pitch[0] <= pitch <= kind.pitch[1])
    ]
