"""Training material: every clip of the corpora as the ears describe it, as recorded and through other chains.

Nothing of the corpora is kept but these numbers, and those in memory only.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import read
from voiceact.errors import UsageError
from voiceact.estimators.ears import load_ears
from voiceact.estimators.features.signal import MIN_SECONDS, SAMPLE_RATE, Samples, UnheardError, prepare
from voiceact.judge.corpus.manifest import Manifest, Recording, is_burst
from voiceact.judge.training.augmentation import draw, perform

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Material:
    """Clips of one kind (speech or burst), each once for each pass.

    Attributes:
        recordings: [clips] what the manifests say
        rows: [clips, width] descriptions (`voiceact.estimators.ears`)
        voices: [clips] corpus, speaker and pass: whose clips share a reference
        speakers: [clips] corpus and speaker: who must not be both in training and in test
        passes: [clips] 0 as recorded, 1 and on through a drawn chain
    """

    recordings: list[Recording]
    rows: NDArray[np.float32]
    voices: NDArray[np.str_]
    speakers: NDArray[np.str_]
    passes: NDArray[np.int64]

    @property
    def neutral(self) -> NDArray[np.bool_]:
        """[clips] whether performed without emotion."""
        return np.array([recording.neutral for recording in self.recordings])

    def take(self, where: NDArray[np.bool_]) -> "Material":
        """The clips where `where` is true."""
        recordings = [recording for recording, is_chosen in zip(self.recordings, where, strict=True) if is_chosen]
        return Material(recordings, self.rows[where], self.voices[where], self.speakers[where], self.passes[where])

    def at(self, clips: NDArray[np.intp]) -> "Material":
        """The clips of these numbers, one of them perhaps several times."""
        return Material(
            [self.recordings[clip] for clip in clips],
            self.rows[:0],
            self.voices[clips],
            self.speakers[clips],
            self.passes[clips],
        )


def listen(
    corpora: dict[str, Manifest],
    *,
    burst: bool,
    passes: int,
    seed: int,
    most_takes: int | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[Material, dict[str, str]]:
    """Describe all clips of one kind.

    Args:
        corpora: name -> manifest
        burst: bursts, or speech
        passes: drawn chains through which each clip is heard besides as recorded
        seed: of the chains
        most_takes: of one label by one speaker; None is all
        progress: told clips done and clips in all

    Returns:
        The material, and path -> reason for the clips nothing could be made of.
    """
    chosen = [
        (name, corpora[name], recording)
        for name in sorted(corpora)
        for recording in corpora[name].recordings
        if is_burst(recording) == burst and (recording.neutral or recording.emonet)
    ]
    if most_takes is not None:
        chosen = _first_takes(chosen, most_takes)
    heard: list[tuple[Recording, NDArray[np.float32], str, str, int]] = []
    unheard: dict[str, str] = {}
    for done, (name, manifest, recording) in enumerate(chosen):
        progress(done, len(chosen))
        try:
            audio = prepare(*read(manifest.file(recording)))
        except (UnheardError, UsageError) as error:
            unheard[f"{name}/{recording.path}"] = str(error)
            continue
        speaker = f"{name}/{recording.speaker}"
        for number, version in iterate_versions(audio, speaker, recording.path, passes, seed):
            heard.append((recording, load_ears().describe(version), f"{speaker}/{number}", speaker, number))
    return _material(heard), unheard


def _first_takes(candidates: list[tuple[str, Manifest, Recording]], most: int) -> list[tuple[str, Manifest, Recording]]:
    taken: Counter[tuple[str, str, str]] = Counter()
    chosen = []
    for name, manifest, recording in candidates:
        key = (name, recording.speaker, recording.emotion)
        taken[key] += 1
        if taken[key] <= most:
            chosen.append((name, manifest, recording))
    return chosen


def iterate_versions(audio: Samples, speaker: str, path: str, passes: int, seed: int) -> Iterator[tuple[int, Samples]]:
    """Yield a clip as recorded and through drawn chains, each with its number: 0 as recorded, 1 and on drawn.

    Args:
        audio: float [n] at 16 kHz
        speaker: corpus and speaker, to whom the chains belong
        path: of the clip, to which noise and room belong
        passes: how many chains
        seed: of the chains
    """
    yield 0, audio
    for number in range(1, passes + 1):
        # One chain a voice and pass, its noise and room another for every clip.
        chain = draw(np.random.default_rng([seed, number, crc32(speaker.encode())]))
        changed = perform(audio, chain, np.random.default_rng([seed, number, crc32(path.encode())]))
        yield number, np.pad(changed, (0, max(0, round(MIN_SECONDS * SAMPLE_RATE) - len(changed))))


def _material(heard: list[tuple[Recording, NDArray[np.float32], str, str, int]]) -> Material:
    return Material(
        recordings=[row[0] for row in heard],
        rows=np.array([row[1] for row in heard], np.float32).reshape(len(heard), load_ears().width),
        voices=np.array([row[2] for row in heard], str), speakers=np.array([row[3] for row in heard], str),
        passes=np.array([row[4] for row in heard], np.int64),
    )  # fmt: skip
