"""Build the detector of wordless bursts (voiceact/estimators/data/burst_spans.npz). Run once by hand:

    python -m voiceact.judge.build_burst_spans EMODB EMOGATOR

EMODB and EMOGATOR are folders with a manifest (`voiceact corpus import`). Sentences of EmoDB and bursts of EmoGator are put
into one clip, in either order or one inside the other, and brought to levels that do not tell them apart; six in ten go
through a drawn recording chain. Pieces of sentences as short as bursts, sentences alone and bursts alone are heard too. A
linear discriminant then tells apart means of the ears' states over 0.4 s. Two speakers and a third of the contributors take
no part: the threshold is the score that 95 % of the windows of their bursts reach.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import read
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.burst_spans import LAYERS, STATES_PER_SECOND, WINDOW_SECONDS
from voiceact.estimators.ears import load_ears
from voiceact.estimators.ears.encoder import WINDOW_SECONDS as LONGEST_SECONDS
from voiceact.estimators.features.signal import MIN_SECONDS, SAMPLE_RATE, prepare
from voiceact.judge.corpus.manifest import Manifest, Recording, read_manifest
from voiceact.judge.training.augmentation import draw, perform
from voiceact.runtime.atomic_files import write_whole

Floats = NDArray[np.floating]

SEED = 5
HELD_OUT_SPEAKERS = ("03", "09")
SILENT_CONTRIBUTOR = "000160"
PLAN = (
    ("mix", False, 420),
    ("piece", False, 260),
    ("burst", False, 160),
    ("speech", False, 120),
    ("mix", True, 90),
    ("piece", True, 60),
    ("speech", True, 40),
    ("burst", True, 40),
)
"""what is put together, whether of those held out, and how many"""
SPEECH, BURST, SILENCE = 0, 1, -1
COMPONENTS, SHRINKAGE = 200, 0.1
HEARD = 0.95


def main(arguments: Sequence[str]) -> None:
    """Build the detector from two folders and print its rates on those held out.

    Raises:
        UsageError: not two folders, or a folder without a manifest
    """
    if len(arguments) != 2:
        raise UsageError("expected two folders with a manifest: EmoDB's and EmoGator's")
    speech, bursts = (read_manifest(folder) for folder in arguments)
    rows, kinds, held = [], [], []
    for row, kind, out in describe_mixes(speech, bursts, np.random.default_rng(SEED)):
        rows.append(row)
        kinds.append(kind)
        held.append(out)
    weights, threshold, rates = fit_detector(np.array(rows, np.float32), np.array(kinds), np.array(held))
    path = Path(str(files("voiceact.estimators") / "data" / "burst_spans.npz"))
    write_detector(path, weights, threshold)
    print(json.dumps({"threshold": threshold, **rates}))


def describe_mixes(
    speech: Manifest, bursts: Manifest, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.float32], int, bool]]:
    """Yield windows of made clips: mean states [layers * channels], SPEECH or BURST, whether of those held out."""
    taken = [recording for recording in bursts.recordings if recording.take == 1 and recording.speaker != SILENT_CONTRIBUTOR]
    contributors = sorted({recording.speaker for recording in taken})
    ears, length, step = load_ears(), round(WINDOW_SECONDS * STATES_PER_SECOND), round(WINDOW_SECONDS * STATES_PER_SECOND) // 2
    for kind, out, count in PLAN:
        sentences = [recording for recording in speech.recordings if (recording.speaker in HELD_OUT_SPEAKERS) is out]
        sounds = [recording for recording in taken if (recording.speaker in contributors[::3]) is out]
        for _ in range(count):
            try:
                sound, labels = _make(kind, (speech, sentences), (bursts, sounds), rng)
            except VoiceactError:
                continue
            if len(sound) < MIN_SECONDS * SAMPLE_RATE:
                continue
            states, active = ears.hear(sound)
            states = states[LAYERS]
            middle = np.arange(states.shape[1]) * SAMPLE_RATE // STATES_PER_SECOND + SAMPLE_RATE // STATES_PER_SECOND // 2
            label = labels[np.minimum(middle, len(labels) - 1)]
            for first in range(0, max(1, states.shape[1] - length + 1), step):
                window = slice(first, first + length)
                whole = active[window] & (label[window] != SILENCE)
                if whole.mean() >= 0.6 and len(set(label[window][whole])) == 1:
                    yield states[:, window][:, whole].mean(axis=1).ravel(), int(label[window][whole][0]), out


def _make(
    kind: str, speech: tuple[Manifest, list[Recording]], bursts: tuple[Manifest, list[Recording]], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """A clip [n] at 16 kHz, and SPEECH, BURST or SILENCE for each of its samples."""
    sentence = _levelled(_trimmed(_drawn(*speech, rng)), -23.0)
    burst = _trimmed(_drawn(*bursts, rng))
    burst = _levelled(burst, -23.0 + rng.uniform(-8, 6))
    if kind == "piece":
        length = int(rng.uniform(0.35, 1.1) * SAMPLE_RATE)
        start = rng.integers(0, max(1, len(sentence) - length))
        parts = [(SPEECH, sentence[start : start + length])]
    elif kind in ("burst", "speech"):
        parts = [(BURST, burst) if kind == "burst" else (SPEECH, sentence)]
    elif rng.random() < 0.25:
        cut = int(len(sentence) * rng.uniform(0.3, 0.7))
        parts = [(SPEECH, sentence[:cut]), (BURST, burst), (SPEECH, sentence[cut:])]
    else:
        parts = [(SPEECH, sentence), (BURST, burst)][:: -1 if rng.random() < 0.5 else 1]
    pieces = [(SILENCE, _silence(rng.uniform(0, 0.3)))]
    for number, part in enumerate(parts):
        pieces += [(SILENCE, _silence(rng.uniform(0, 0.4))), part] if number else [part]
    sound = np.concatenate([samples for _, samples in pieces])
    labels = np.concatenate([np.full(len(samples), label) for label, samples in pieces])
    if rng.random() < 0.6:
        changed = perform(sound, draw(rng), rng)
        labels = labels[np.minimum((np.arange(len(changed)) / len(changed) * len(labels)).astype(int), len(labels) - 1)]
        sound = changed
    else:
        sound = sound + rng.normal(0, 10 ** (rng.uniform(-75, -50) / 20), len(sound))
    longest = int((LONGEST_SECONDS - 0.1) * SAMPLE_RATE)
    return sound[:longest].astype(np.float32), labels[:longest]


def _drawn(manifest: Manifest, recordings: Sequence[Recording], rng: np.random.Generator) -> Floats:
    return prepare(*read(manifest.file(recordings[int(rng.integers(len(recordings)))])))


def _silence(seconds: float) -> Floats:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


def _trimmed(sound: Floats) -> Floats:
    power = np.convolve(sound**2, np.ones(400) / 400, "same")
    heard = np.flatnonzero(power > power.max() * 1e-3)
    return sound[heard[0] : heard[-1] + 1]


def _levelled(sound: Floats, level_db: float) -> Floats:
    loud = sound[np.abs(sound) > np.abs(sound).max() * 0.1]
    return np.asarray(sound * 10 ** (level_db / 20) / np.sqrt((loud**2).mean() + 1e-9))


def fit_detector(
    rows: NDArray[np.float32], kinds: NDArray[np.intp], held: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], float, dict[str, float]]:
    """Fit a linear discriminant on principal components, and set its threshold on those held out.

    Args:
        rows: float32 [windows, features]
        kinds: SPEECH or BURST of each
        held: whether each is of speakers and contributors that take no part in the fit

    Returns:
        Weights [features]; threshold; shares of held-out windows of bursts and of speech above it.
    """
    fitted, kind = rows[~held].astype(np.float64), kinds[~held]
    spread = fitted.std(axis=0) + 1e-3
    scaled = (fitted - fitted.mean(axis=0)) / spread
    _, directions = np.linalg.eigh(scaled.T @ scaled / len(scaled))
    components = directions[:, ::-1][:, :COMPONENTS]
    along = scaled @ components
    bursts, speech = along[kind == BURST], along[kind == SPEECH]
    within = (np.cov(bursts.T) + np.cov(speech.T)) / 2
    size = len(within)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * np.trace(within) / size * np.eye(size)
    weights = components @ np.linalg.solve(within, bursts.mean(axis=0) - speech.mean(axis=0)) / spread
    scores = rows[held] @ weights
    threshold = float(np.quantile(scores[kinds[held] == BURST], 1 - HEARD))
    above = {
        name: float((scores[kinds[held] == kind] > threshold).mean()) for name, kind in (("bursts", BURST), ("speech", SPEECH))
    }
    return weights.astype(np.float32), threshold, above


def write_detector(path: Path, weights: NDArray[np.float32], threshold: float) -> None:
    """Write weights [features] and threshold; the file appears whole or not at all."""
    from io import BytesIO

    file = BytesIO()
    layers = LAYERS.stop - LAYERS.start
    np.savez_compressed(file, weights=weights.reshape(layers, -1), threshold=np.float32(threshold))
    write_whole(path, file.getvalue())


if __name__ == "__main__":
    main(sys.argv[1:])
