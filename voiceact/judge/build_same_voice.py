"""Build the projection in which voices differ (voiceact/estimators/data/same_voice.npz). Run once by hand:

    python -m voiceact.judge.build_same_voice EMODB EMOGATOR

EMODB and EMOGATOR are folders with a manifest (`voiceact corpus import`). Each EmoDB speaker as recorded and through two drawn
chains (other throats, rooms, microphones) is a voice of its own; EmoGator's contributors count a tenth. What changes within a
voice from feeling to feeling and from line to line is suppressed, what changes between voices is kept (linear
discriminant). The least similarity is what all but one in a thousand comparisons of a voice with one neutral clip of its own
reach, of two speakers at a time who took no part in the fit.
"""

import json
import sys
from collections.abc import Sequence
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import read
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.ears import load_ears
from voiceact.estimators.features.signal import prepare
from voiceact.estimators.same_voice import FARTHEST
from voiceact.judge.corpus.manifest import Manifest, read_manifest
from voiceact.judge.training.material import iterate_versions
from voiceact.runtime.atomic_files import write_whole

Floats = NDArray[np.floating]
Scatter = tuple[Floats, Floats]

CHAINS = 2
COMPONENTS, DIRECTIONS, SHRINKAGE, BURST_WEIGHT = 300, 60, 0.1, 0.1
HELD_OUT = (("03", "08"), ("09", "10"), ("11", "13"), ("12", "14"), ("15", "16"))
FALSE_ALARMS = 0.001
REFERENCES, OTHERS = 40, 6
"""neutral clips drawn for each voice held out, and clips that each is compared with"""


def main(arguments: Sequence[str]) -> None:
    """Build the projection from two folders.

    Raises:
        UsageError: not two folders, or a folder without a manifest
    """
    if len(arguments) != 2:
        raise UsageError("expected two folders with a manifest: EmoDB's and EmoGator's")
    speech = describe_corpus(read_manifest(arguments[0]), CHAINS)
    bursts = describe_corpus(read_manifest(arguments[1]), 0, first_takes=True)
    stored, detected = fit_projection(*speech, bursts[0], bursts[1])
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=False, **stored)
    write_whole(Path(str(files("voiceact.estimators") / "data" / "same_voice.npz")), file.getvalue())
    print(json.dumps({"least": float(stored["least"]), "strangers_noticed": detected}))


def describe_corpus(
    manifest: Manifest, chains: int, *, first_takes: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.str_], NDArray[np.bool_], NDArray[np.intp]]:
    """Describe the clips of a corpus as the ears hear them.

    Returns:
        Descriptions [clips, width]; speaker, whether neutral, and number of the drawn chain (0: none) of each.
    """
    ears, name, descriptions = load_ears(), manifest.folder.name, []
    for clip in manifest.recordings:
        if first_takes and clip.take != 1:
            continue
        try:
            plain = prepare(*read(manifest.file(clip)))
        except VoiceactError:
            continue
        for number, sound in iterate_versions(plain, f"{name}/{clip.speaker}", clip.path, chains, seed=0):
            descriptions.append((ears.describe(sound), clip.speaker, clip.neutral, number))
    rows, speakers, neutral, numbers = zip(*descriptions, strict=True)
    return np.array(rows), np.array(speakers), np.array(neutral), np.array(numbers)


def fit_projection(
    rows: NDArray[np.float32],
    speakers: NDArray[np.str_],
    neutral: NDArray[np.bool_],
    chains: NDArray[np.intp],
    burst_rows: NDArray[np.float32],
    contributors: NDArray[np.str_],
) -> tuple[dict[str, Floats], float]:
    """Fit the projection and its least similarity.

    Args:
        rows, speakers, neutral, chains: of speech, from `describe_corpus`
        burst_rows, contributors: of bursts

    Returns:
        What the file holds, and the share of strangers among the held-out speakers whose similarity lies below the least.
    """
    mean, spread = rows.mean(axis=0), rows.std(axis=0) + 1e-3
    scaled, bursts = (np.clip((part - mean) / spread, -FARTHEST, FARTHEST) for part in (rows, burst_rows))
    # Principal components by way of the clips' products: there are fewer clips than channels.
    part = scaled[::2]
    sizes, vectors = np.linalg.eigh(part @ part.T / len(part))
    directions_kept = np.flatnonzero(sizes > 1e-6 * sizes[-1])[::-1][:COMPONENTS]
    sizes, vectors = sizes[directions_kept], vectors[:, directions_kept]
    components = part.T @ vectors / np.sqrt(sizes * len(part))
    along = scaled @ components
    voices = np.char.add(np.char.add(speakers, "."), chains.astype(str))
    of_bursts = _scatter(bursts @ components, contributors)
    random, same, other = np.random.default_rng(0), [], []
    for pair in HELD_OUT:
        fitted = ~np.isin(speakers, pair)
        directions = _discriminate(_scatter(along[fitted], voices[fitted]), of_bursts)
        held = ~fitted & (chains == 0)
        projected = (along[held] - along[fitted].mean(axis=0)) @ directions
        projected = projected / np.linalg.norm(projected, axis=1, keepdims=True)
        who, calm = speakers[held], neutral[held]
        for speaker in pair:
            for reference in random.choice(np.flatnonzero((who == speaker) & calm), REFERENCES):
                own = np.setdiff1d(np.flatnonzero(who == speaker), [reference])
                same += list(projected[random.choice(own, OTHERS, replace=False)] @ projected[reference])
                strangers = np.flatnonzero(who != speaker)
                other += list(projected[random.choice(strangers, OTHERS, replace=False)] @ projected[reference])
    least = float(np.quantile(same, FALSE_ALARMS))
    projection = components @ _discriminate(_scatter(along, voices), of_bursts)
    stored = {
        "mean": mean.astype(np.float32),
        "spread": spread.astype(np.float32),
        "projection": projection.astype(np.float16),
        "centre": (scaled.mean(axis=0) @ projection).astype(np.float32),
        "least": np.array(least, np.float32),
    }
    return stored, float((np.array(other) < least).mean())


def _scatter(rows: Floats, voices: NDArray[np.str_]) -> Scatter:
    """Scatter within voices and between them, each [components, components]."""
    size, mean = rows.shape[1], rows.mean(axis=0)
    within, between = np.zeros((size, size)), np.zeros((size, size))
    for voice in np.unique(voices):
        own = rows[voices == voice]
        away = own.mean(axis=0) - mean
        within += (own - own.mean(axis=0)).T @ (own - own.mean(axis=0))
        between += len(own) * np.outer(away, away)
    return within / len(rows), between / len(rows)


def _discriminate(speech: Scatter, bursts: Scatter) -> Floats:
    """Directions [components, DIRECTIONS] in which voices differ most, in units of what one voice varies."""
    within, between = (own + BURST_WEIGHT * others for own, others in zip(speech, bursts, strict=True))
    size = len(within)
    within = (1 - SHRINKAGE) * within + SHRINKAGE * np.trace(within) / size * np.eye(size)
    root = np.linalg.cholesky(np.linalg.inv(within))
    _, vectors = np.linalg.eigh(root.T @ between @ root)
    return np.asarray(root @ vectors[:, ::-1][:, :DIRECTIONS])


if __name__ == "__main__":
    main(sys.argv[1:])
