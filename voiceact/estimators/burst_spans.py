"""Which parts of a clip are words, and which are wordless bursts: laughs, sighs, gasps, sobs.

    for span in find_spans(samples, 24_000):
        print(span.kind, span.start, span.end)

Where an engine says when its words lie, whatever is heard outside them is a burst. Where nobody says, the ears do: a
linear detector on the hidden states of the frozen speech encoder, which was taught to write speech down and so tells words from
other sounds of a voice. It learned on human speech and human bursts alone (`voiceact/judge/build_burst_spans.py`);
docs/judge.md has its rates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray

from voiceact.audio.words import Word
from voiceact.estimators.ears import load_ears
from voiceact.estimators.ears.encoder import Heard
from voiceact.estimators.ears.mel import FRAMES_PER_SECOND, active_frames, mel_power
from voiceact.estimators.features.signal import prepare
from voiceact.vocabulary import SoundKind

Flags = NDArray[np.bool_]

LAYERS = slice(1, 3)
"""hidden states the detector looks at: those after the second and the third layer"""
STATES_PER_SECOND = FRAMES_PER_SECOND // 2
WINDOW_SECONDS = 0.4
"""active sound over which states are averaged before they are judged; the detector learned on such means"""
LEAST_BURST_SECONDS = 0.25
LEAST_SPEECH_SECONDS = 0.15
LONGEST_GAP_SECONDS = 0.15
"""a pause up to this long parts nothing"""
WORD_MARGIN_SECONDS = 0.15
"""words sound on before and after the times engines give them"""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a clip in which somebody is heard.

    Attributes:
        kind: "speech" for words, "burst" for a wordless sound
        start, end: seconds from the start of the clip
    """

    kind: SoundKind
    start: float
    end: float


def find_spans(samples: NDArray[np.floating], sample_rate: int, *, words: Sequence[Word] = ()) -> list[Span]:
    """Find words and wordless bursts in a clip.

    Args:
        samples: float [n], or [n, channels]
        sample_rate: Hz
        words: when each word is spoken, as an engine told; empty where nobody knows

    Returns:
        Spans in the order of time, which do not overlap; silence belongs to none.

    Raises:
        UnheardError: audio of which nothing can be said (see `voiceact.estimators.features.signal.prepare`)
    """
    audio = prepare(samples, sample_rate)
    return _spans(*(_by_words(audio, words) if words else _by_ears(audio)))


def spans_of_windows(windows: Iterable[Heard]) -> list[Span]:
    """Find words and wordless bursts in a clip that the ears have heard already (`SpeechEncoder.hear_windows`)."""
    return _spans(*_flag_bursts(windows))


def cut_spans(samples: NDArray[np.floating], sample_rate: int, spans: Sequence[Span], kind: SoundKind) -> NDArray[np.floating]:
    """Join the stretches of one kind, [n] or [n, channels]; empty where there is none."""
    pieces = [samples[round(span.start * sample_rate) : round(span.end * sample_rate)] for span in spans if span.kind == kind]
    return np.concatenate(pieces) if pieces else samples[:0]


def _by_words(audio: NDArray[np.float32], words: Sequence[Word]) -> tuple[Flags, Flags]:
    """Whether each frame of the clip lies outside all words, and whether somebody is heard in it."""
    active = active_frames(mel_power(audio))[::2]
    outside = np.ones(len(active), bool)
    for word in words:
        start, end = word.start - WORD_MARGIN_SECONDS, word.end + WORD_MARGIN_SECONDS
        outside[max(0, round(start * STATES_PER_SECOND)) : max(0, round(end * STATES_PER_SECOND))] = False
    return outside, active


def _by_ears(audio: NDArray[np.float32]) -> tuple[Flags, Flags]:
    """Whether each frame sounds like a burst, and whether somebody is heard in it."""
    return _flag_bursts(load_ears().hear_windows(audio))


def _flag_bursts(windows: Iterable[Heard]) -> tuple[Flags, Flags]:
    """As `_by_ears`, of windows that were heard."""
    weights, threshold = load_detector()
    scores, audible = [], []
    for states, active in windows:
        scores.append(np.tensordot(states[LAYERS], weights, axes=((0, 2), (0, 1))))
        audible.append(active)
    flags = np.concatenate(audible)
    return smooth_over_active(np.concatenate(scores), flags) > threshold, flags


def smooth_over_active(scores: NDArray[np.floating], active: Flags) -> NDArray[np.float64]:
    """Average scores [n] over the active frames within WINDOW_SECONDS around each frame; silence counts for nothing."""
    kernel = np.ones(round(WINDOW_SECONDS * STATES_PER_SECOND) | 1)
    total = np.convolve(np.where(active, scores, 0.0), kernel, mode="full")
    count = np.convolve(active.astype(np.float64), kernel, mode="full")
    middle = slice(len(kernel) // 2, len(kernel) // 2 + len(scores))
    return np.asarray(total[middle] / np.maximum(count[middle], 1.0))


def _spans(burst: Flags, heard: Flags) -> list[Span]:
    """Runs of one kind, those too short to be of their kind given to their neighbours."""
    runs: list[list[int]] = []  # [kind, first frame, frame after the last]
    for frame in np.flatnonzero(heard):
        near = runs and frame - runs[-1][2] <= LONGEST_GAP_SECONDS * STATES_PER_SECOND
        if near and runs[-1][0] == burst[frame]:
            runs[-1][2] = int(frame) + 1
        else:
            runs.append([int(burst[frame]), int(frame), int(frame) + 1])
    # A laugh has spoken-like moments, and a sentence breathy ones: short runs are of the kind of what they touch.
    least = (LEAST_SPEECH_SECONDS * STATES_PER_SECOND, LEAST_BURST_SECONDS * STATES_PER_SECOND)
    changed = True
    while changed:
        changed = False
        for place, (kind, first, end) in enumerate(runs):
            touching = [
                other
                for other in (place - 1, place + 1)
                if 0 <= other < len(runs)
                and runs[other][0] != kind
                and max(runs[other][1] - end, first - runs[other][2]) <= LONGEST_GAP_SECONDS * STATES_PER_SECOND
            ]
            if end - first < least[kind] and touching:
                runs[place][0] = 1 - kind
                runs = _joined(runs)
                changed = True
                break
    # One that stands alone and is too short to be a burst is part of speech, such as a click or a breath of it.
    kinds: tuple[SoundKind, SoundKind] = ("speech", "burst")
    alone = [[0 if kind and end - first < least[1] else kind, first, end] for kind, first, end in runs]
    return [Span(kinds[kind], first / STATES_PER_SECOND, end / STATES_PER_SECOND) for kind, first, end in _joined(alone)]


def _joined(runs: list[list[int]]) -> list[list[int]]:
    joined: list[list[int]] = []
    for kind, first, end in runs:
        if joined and joined[-1][0] == kind and first - joined[-1][2] <= LONGEST_GAP_SECONDS * STATES_PER_SECOND:
            joined[-1][2] = end
        else:
            joined.append([kind, first, end])
    return joined


@lru_cache(maxsize=1)
def load_detector() -> tuple[NDArray[np.float32], float]:
    """Load the detector that comes with voiceact: weights [layers, channels], and the score above which a frame is a burst."""
    with as_file(files("voiceact.estimators") / "data" / "burst_spans.npz") as path, np.load(path) as stored:
        return stored["weights"].astype(np.float32), float(stored["threshold"])
