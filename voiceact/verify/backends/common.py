"""What the backends share: one channel at their rate, in batches of what is equally long, weights told apart."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples, Sound, resample
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights

RATE = 16_000
SHORTEST_SECONDS = 0.25


def at_rate(sounds: Sequence[Sound], rate: int = RATE) -> list[Samples]:
    """Each sound at that rate; VoiceactError for silence, too little, or what is not finite."""
    resampled = []
    for samples, own in sounds:
        sound = resample(np.asarray(samples, np.float32), own, rate)
        if len(sound) < SHORTEST_SECONDS * rate or not np.isfinite(sound).all() or not np.any(sound):
            raise VoiceactError("there is less than a quarter of a second of finite sound to judge by")
        resampled.append(sound)
    return resampled


def equally_long(sounds: Sequence[Samples], work: Callable[[NDArray[np.float32]], Any]) -> list[NDArray[np.float32]]:
    """`work` over [batch, samples] of sounds of one length, the rows in the order of the sounds.

    What fills a batch up is heard by most networks; so only sounds of one length go through together, and a sound's
    figure never hangs on its company.
    """
    padded: list[NDArray[np.float32]] = [np.zeros(0, np.float32)] * len(sounds)
    for length in dict.fromkeys(map(len, sounds)):
        places = [at for at, sound in enumerate(sounds) if len(sound) == length]
        for at, row in zip(places, np.asarray(work(np.stack([sounds[at] for at in places])), np.float32), strict=True):
            padded[at] = row
    return padded


def unit(rows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Rows of length 1."""
    matrix = np.stack([np.asarray(row, np.float32).ravel() for row in rows])
    return np.asarray(matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9), np.float32)


def finite(figures: Sequence[float], name: str) -> list[float]:
    """The figures; VoiceactError where one is no number."""
    if not np.isfinite(figures).all():
        raise VoiceactError(f"{name} answered with a number that is not finite")
    return [float(figure) for figure in figures]


def folder_of(model: str | None, what: str, example: str) -> Path:
    """The folder or file the user gave; UsageError where there is none: nothing is fetched in passing."""
    if model is None:
        raise UsageError(f"{what} needs weights of your own; expected {what}:model={example}")
    path = Path(model).expanduser()
    if not path.exists():
        raise UsageError(f"model={model}: does not exist; expected {example} with the weights of {what}")
    return path


def revision(distribution: str, path: Path | None = None) -> str:
    """`1.2.1+0a1b2c3d4e5f`: version of the library, and the first digits of the weights' hash."""
    return version(distribution) + (f"+{weights.fingerprint(path)[:12]}" if path else "")


@contextmanager
def opening(path: Path, what: str, *more: type[Exception]) -> Iterator[None]:
    """One sentence for whatever a library says of weights that are none.

    more: errors of the library's own that are no OSError, ValueError, KeyError, RuntimeError or the like
    Raises:
        UsageError: naming the weights and the cause
    """
    import pickle

    theirs: tuple[type[Exception], ...] = (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        TypeError,
        AttributeError,
        EOFError,
        pickle.UnpicklingError,
        *more,
    )
    try:
        yield
    except VoiceactError:
        raise
    except theirs as error:
        words = str(error)
        if "weights_only" in words or "Unsupported global" in words:
            raise UsageError(
                f"{path}: holds more than weights and would run code when it is opened, so it is refused"
            ) from error
        first = (words.strip().splitlines() or [type(error).__name__])[0][:160]
        raise UsageError(f"{path}: cannot be loaded as weights of {what} ({first})") from error
