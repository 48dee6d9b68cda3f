"""Make a take of phrases: draws, word timings, joined phrases, one loudness; shared by embedded and kokoro."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import limit_true_peak, loudness_lufs
from voiceact.audio.words import Phone, Word
from voiceact.engines.base import CEILING_DB
from voiceact.engines.embedded import pauses, stress
from voiceact.engines.embedded.stages import FRAME_SECONDS, SAMPLE_RATE, FloatArray
from voiceact.engines.embedded.syllables import LEAD_FRAMES
from voiceact.engines.embedded.text import Phrase, PhraseWord
from voiceact.runtime.progress import report_step

GAP_SECONDS = 0.08
PARAGRAPH_SECONDS = 0.75
"""silence between two sentences and between two paragraphs, beside their own margins, at a pause of 1"""
SHORTEST_WORD_SECONDS = 0.06
STRESSES, LENGTHS = "ˈˌ", "ːʰʲ"
"""marks of a sound: before it and behind it"""
WORD_EARLY_SECONDS = 0.03
"""how far before its first audible frame a word may begin: a stop is silent at first"""

Speak = Callable[[Phrase, np.random.Generator], tuple[FloatArray, list[Word]]]
"""a phrase and its draws -> samples, and words timed from its start"""


def join_phrases(spoken: Sequence[Phrase], speak: Speak, *, pause: float, seed: int) -> tuple[FloatArray, tuple[Word, ...]]:
    """Speak all phrases, with silence between them.

    Args:
        spoken: the phrases
        speak: speaks one of them
        pause: factor of the silence
        seed: each phrase draws from it and its own number

    Returns:
        samples (float32 [n]), and words timed from the start of the take
    """
    ramp = np.linspace(0, 1, 120, dtype=np.float32)
    parts: list[FloatArray] = []
    words: list[Word] = []
    for number, phrase in enumerate(spoken):
        report_step("speaking", number, len(spoken))
        if number:
            seconds = PARAGRAPH_SECONDS if spoken[number - 1].pause == "paragraph" else GAP_SECONDS
            parts.append(np.zeros(round(seconds * pause * SAMPLE_RATE), np.float32))
        offset = sum(map(len, parts)) / SAMPLE_RATE
        samples, timed = speak(phrase, np.random.default_rng([seed, number]))
        # Five milliseconds in and out, so that phrases join without a click.
        samples = samples.copy()
        samples[:120] *= ramp
        samples[-120:] *= ramp[::-1]
        parts.append(samples)
        words += [word.shifted(offset) for word in timed]
    return np.concatenate(parts), tuple(words)


def spawn_generators(rng: np.random.Generator) -> dict[str, np.random.Generator]:
    """Return a generator for each purpose, so that more of one thing does not redraw another."""
    names = ("hesitation", "rhythm", "source", "noise")
    return dict(zip(names, rng.spawn(len(names)), strict=True))


def time_words(phrase: Phrase, steps: NDArray[np.int64], line: pauses.Timeline, tract: float) -> list[Word]:
    """Return where each word is, in seconds from the start of the phrase."""
    ends = 2 * np.concatenate([[0], np.cumsum(steps)])
    second = FRAME_SECONDS * tract
    # The model counts silence as part of the first and last phoneme, and of a single short word it counts the sound as
    # part of the marks: what is audible decides where the first word begins and the last one ends.
    first, last = line.moved(line.audible[0]) * second, line.moved(line.audible[1]) * second
    if phrase.words[-1].broken:
        last -= stress.BROKEN_SECONDS
    spans = [(line.moved(int(ends[word.start])) * second, line.moved(int(ends[word.end])) * second) for word in phrase.words]
    spans[0] = max(spans[0][0], first - WORD_EARLY_SECONDS), spans[0][1]
    spans[-1] = min(spans[-1][0], max(last - SHORTEST_WORD_SECONDS, spans[0][0] if len(spans) == 1 else 0.0)), last
    # The sound of a phoneme precedes the frames that carry its name.
    sounds = np.clip(line.moved_all(np.maximum(ends - LEAD_FRAMES, 0)) * second, first, last)
    return [
        Word(
            word.text,
            round(min(start, last), 4),
            round(min(max(start, end), last), 4),
            _time_phones(phrase, word, sounds),
        )
        for word, (start, end) in zip(phrase.words, spans, strict=True)
    ]


def _time_phones(phrase: Phrase, word: PhraseWord, edges: NDArray[np.floating]) -> tuple[Phone, ...]:
    """Return the sounds of a word; marks of stress and length share the time of their sound.

    Args:
        phrase: which holds the word
        word: of the phrase
        edges: float [L + 1], where the sound of each id of the phrase begins and that of the last one ends, in seconds
    """
    phones: list[Phone] = []
    begun: int | None = None
    for place in range(word.start, word.end):
        symbol = phrase.phonemes[place]
        if symbol in STRESSES:
            begun = place
        elif symbol in LENGTHS and phones:
            phones[-1] = phones[-1]._replace(end=float(edges[place + 1]))
        elif symbol.isalpha():
            phones.append(Phone(symbol, float(edges[place if begun is None else begun]), float(edges[place + 1])))
            begun = None
    return tuple(phones)


def limit_peak(samples: FloatArray) -> FloatArray:
    """Return the samples with a true peak of at most `CEILING_DB`."""
    # Between two samples speech rises by 1 or 2 dB, never by 6: quiet takes need no look between.
    if np.abs(samples).max() < 0.5 * 10 ** (CEILING_DB / 20):
        return samples
    return limit_true_peak(samples, SAMPLE_RATE, ceiling_db=CEILING_DB)


def gain_to(loudness: float, samples: FloatArray) -> float:
    """Return the linear gain that brings samples to a loudness in LUFS."""
    return float(10 ** ((loudness - loudness_lufs(samples, SAMPLE_RATE)) / 20))
