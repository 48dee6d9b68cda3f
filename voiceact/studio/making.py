"""Speak and judge one take in a process of the pool; what it writes stands beside the take before anybody is told of it.

takes/KEY/1.flac, 1.json        the clip and its record
takes/KEY/1.twin.flac, .json    the neutral reading that it is judged beside
takes/KEY/1.words.json          start and end of every word
takes/KEY/1.visemes.json        mouth shapes with their times, of an engine that tells its sounds
takes/KEY/1.view.json           waveform and F0 for the page
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from voiceact.acting.moves import NEUTRAL
from voiceact.audio import Samples
from voiceact.audio.captions import timed_text, words_json
from voiceact.audio.visemes import visemes_json
from voiceact.clip.clip import Clip
from voiceact.clip.record import record_path
from voiceact.estimators.features.low_level_descriptors import FRAME_RATE, extract_descriptors, semitones_to_hertz
from voiceact.estimators.features.signal import UnheardError, prepare
from voiceact.runtime.atomic_files import write_together, write_whole
from voiceact.synthesis.kernel import MadeTake, TakeMaker
from voiceact.synthesis.request import ResolvedRequest

COLUMNS_OF_WAVEFORM = 240
POINTS_OF_F0 = 160


@dataclass(frozen=True)
class SpokenLine:
    """What was made of a line: `seconds` of sound, and from which seed."""

    seconds: float
    seed: int


def speak_line(request: ResolvedRequest, path: Path) -> SpokenLine:
    """Speak a line and its neutral twin, and write both; not judged yet.

    Args:
        request: the line
        path: of the audio

    Raises:
        UsageError, VoiceactError: what the engine raises, or a full disk
    """
    [made] = TakeMaker(checks=(), twins=True).make([request])
    clip = made.clip()
    path.parent.mkdir(parents=True, exist_ok=True)
    has_phones = any(word.phones for word in clip.words)
    files = [
        (beside(path, "words.json"), words_json(timed_text(request.text, clip.words)).encode()),
        *([(beside(path, "visemes.json"), visemes_json(clip.words).encode())] if has_phones else []),
        (beside(path, "view.json"), msgspec.json.encode(picture_of(clip, made.twin.samples if made.twin else None))),
    ]
    write_together(files)
    if made.twin is not None and request.category is not None:
        MadeTake(request.neutral(), made.twin).clip().save(beside(path, "twin.flac"))
    clip.save(path)
    # The database is told of a take only when the disk has it.
    for file in (path, record_path(path), path.parent):
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    return SpokenLine(clip.record.audio.duration, request.seed)


def judge_line(path: Path) -> str:
    """Judge a take beside its twin, and add the verdict to its record.

    Args:
        path: of the audio

    Returns:
        the level of the verdict

    Raises:
        UsageError, VoiceactError: if its files are missing or damaged, or a check fails
    """
    from voiceact.verify import judge_file

    twin = beside(path, "twin.flac")
    neutral = Clip.load(twin).read() if twin.is_file() else None
    clip, verdict = judge_file(path, twin=lambda record: neutral)
    # A take that `voiceact lines` made has no picture yet.
    if not beside(path, "view.json").is_file():
        write_whole(beside(path, "view.json"), msgspec.json.encode(picture_of(clip, neutral.samples if neutral else None)))
    return verdict.level if clip.record.verdict else ""


def beside(path: Path, ending: str) -> Path:
    """Return the file of that ending beside a take."""
    return path.with_name(f"{path.stem}.{ending}")


# --- What the page draws


def picture_of(clip: Clip, twin: Samples | None) -> dict[str, Any]:
    """Return waveform and F0 of a take, and F0 of its twin, as numbers for the page.

    Args:
        clip: with its samples
        twin: samples of its neutral reading, at the same rate

    Returns:
        seconds; `peaks`, 0 to 100, of as many equal parts; `f0` by time; `moves` that are not neutral; `twin`: its F0, or null
    """
    samples, rate = clip.samples, clip.record.audio.sample_rate
    assert samples is not None
    moves = {name: round(value, 3) for name, value in clip.record.direction.moves.items() if value != NEUTRAL.get(name)}
    return {
        "seconds": clip.record.audio.duration,
        "lufs": clip.record.audio.lufs,
        "peaks": peaks_of(samples),
        "f0": f0_of(samples, rate),
        "moves": moves,
        "twin": f0_of(twin, rate) if twin is not None and clip.record.category else None,
    }


def peaks_of(samples: Samples) -> list[int]:
    """Return the largest amplitude, 0 to 100, of equal parts of a sound."""
    parts = np.array_split(np.abs(samples), min(COLUMNS_OF_WAVEFORM, max(len(samples), 1)))
    return [int(round(100 * float(part.max(initial=0.0)))) for part in parts]


def f0_of(samples: Samples, rate: int) -> list[list[float | None]]:
    """Return [seconds, Hz or null where unvoiced] along a sound; empty where nothing can be heard."""
    try:
        tracks = extract_descriptors(prepare(samples, rate))
    except UnheardError:
        return []
    step = max(1, -(-len(tracks.f0) // POINTS_OF_F0))
    hertz = semitones_to_hertz(tracks.f0.astype(np.float64))
    return [
        [round(at / FRAME_RATE, 3), round(float(hertz[at]), 1) if tracks.voiced[at] else None]
        for at in range(0, len(hertz), step)
    ]
