"""The judge's ears: what the first layers of a frozen speech encoder hear in a clip, summed up over time.

    from voiceact.estimators.ears import load_ears

    row = load_ears().describe(samples, 16_000)   # float32 [ears.width]

Whisper was taught to write speech down; its middle layers hold how something is said, its last ones only what. The
encoder takes a clip of its own length. A longer one than `WINDOW_SECONDS` is heard in windows of equal length, one at a
time, so that memory does not grow with the clip.
"""

import json
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.estimators.ears.mel import SAMPLE_RATE, active_frames, fix_level, log_mel, mel_power
from voiceact.estimators.ears.weights_file import read_ears
from voiceact.estimators.features.signal import MIN_SECONDS, UnheardError

WINDOW_SECONDS = 15.0

Samples = NDArray[np.float32]
Heard = tuple[NDArray[np.float32], NDArray[np.bool_]]
"""hidden states of a window, [layers, frames, channels], and whether each frame is active, [frames]"""


class SpeechEncoder:
    """A frozen speech encoder on onnxruntime.

    Attributes:
        card: what the weights file says of itself: origin, licence, hash
        revision: the first twelve digits of the weights' SHA-256
        layers: how many layers it has
        channels: channels of a hidden state
        width: length of a clip's description
    """

    def __init__(self, model: bytes, card: dict[str, Any]):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # One thread: the same sums on every machine, and as many clips at once as there are processes.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Clips differ in length: an arena would keep the largest it has seen for each.
        options.enable_cpu_mem_arena = options.enable_mem_pattern = False
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.card = card
        self.revision = str(card["sha256"])[:12]
        self.layers, self.channels = int(card["layers"]), int(card["channels"])
        self._outputs = [f"layer_{number + 1}" for number in range(self.layers)]

    @property
    def width(self) -> int:
        """Length of a description: mean and standard deviation of every channel of every layer."""
        return 2 * self.layers * self.channels

    def hidden_states(self, samples: Samples) -> NDArray[np.float32]:
        """Compute the hidden states after each layer, float32 [layers, frames, channels], 50 frames a second.

        Args:
            samples: float32 [n] at 16 kHz, at least 0.2 s and at most WINDOW_SECONDS

        Raises:
            UnheardError: a clip that is shorter or longer
        """
        seconds = len(samples) / SAMPLE_RATE
        if seconds > WINDOW_SECONDS:
            raise UnheardError(
                f"the audio lasts {seconds:.1f} s; hidden states are given for at most {WINDOW_SECONDS:.0f} s "
                "at once: cut it, or ask for its description"
            )
        _refuse_short(seconds)
        return self.hear(samples)[0]

    def describe(self, samples: Samples, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
        """Sum up what is heard in a clip of any length from 0.2 s on.

        Only frames in which somebody is heard count, so that silence before and after the words changes little.

        Args:
            samples: float32 [n], one channel, full scale 1.0; its level does not matter
            sample_rate: Hz; other rates than 16 kHz are refused, see `voiceact.estimators.features.signal.prepare`

        Returns:
            float32 [width]: for each layer the mean of its channels over active frames, then their standard deviations

        Raises:
            UnheardError: another rate, fewer than 0.2 s, or values that are not numbers
        """
        if sample_rate != SAMPLE_RATE:
            raise UnheardError(f"the audio has {sample_rate} Hz; the encoder hears {SAMPLE_RATE} Hz: resample it first")
        _refuse_short(len(samples) / SAMPLE_RATE)
        return self.sum_up(self.hear_windows(samples))

    def hear_windows(self, samples: Samples) -> Iterator[Heard]:
        """Hear a clip of any length, window by window (see `hear`).

        Args:
            samples: float32 [n] at 16 kHz, at least 0.2 s

        Raises:
            UnheardError: values that are not numbers
        """
        for window in split_windows(samples):
            if not np.isfinite(window).all():
                raise UnheardError("the audio holds values that are not numbers (NaN or infinite); write it again")
            yield self.hear(window)

    def sum_up(self, heard: Iterable[Heard]) -> NDArray[np.float32]:
        """Sum up the windows of a clip as `describe` does, float32 [width]: for who needs the hidden states too."""
        count, total, squares = 0, np.zeros((self.layers, self.channels)), np.zeros((self.layers, self.channels))
        for hidden, active in heard:
            states = hidden[:, active].astype(np.float64)
            count += states.shape[1]
            total += states.sum(axis=1)
            squares += np.square(states).sum(axis=1)
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
        return np.concatenate((mean, deviation), axis=1).reshape(-1).astype(np.float32)

    def hear(self, samples: Samples) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Compute the hidden states of one window, and in which of their frames somebody is heard.

        Args:
            samples: float32 [n] at 16 kHz, at least 0.2 s and at most WINDOW_SECONDS, which is not checked

        Returns:
            Hidden states, float32 [layers, frames, channels], 50 frames a second; bool [frames].
        """
        power = mel_power(samples)
        active = active_frames(power)
        mel = log_mel(fix_level(power, active))
        # A state stands for two frames of the spectrogram; the first of them says whether it is active.
        return np.concatenate(self._session.run(self._outputs, {"mel": mel[None]})), active[::2]


def split_windows(samples: Samples) -> Iterator[Samples]:
    """Cut a clip at 16 kHz into as few windows of equal length as are needed; each is a view, not a copy."""
    count = max(1, -(-len(samples) // int(WINDOW_SECONDS * SAMPLE_RATE)))
    edges = np.linspace(0, len(samples), count + 1).astype(int)
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        yield samples[start:end]


def _refuse_short(seconds: float) -> None:
    if seconds < MIN_SECONDS:
        raise UnheardError(f"the audio lasts {seconds:.3f} s; the encoder needs at least {MIN_SECONDS} s")


@lru_cache(maxsize=1)
def shipped_card() -> dict[str, Any]:
    """Read the card of the encoder that comes with voiceact, without loading the encoder."""
    card: dict[str, Any] = json.loads((files("voiceact.estimators.ears") / "model" / "ears.card.json").read_bytes())
    return card


@lru_cache(maxsize=2)
def load_ears(path: str | os.PathLike[str] | None = None) -> SpeechEncoder:
    """Load the encoder that comes with voiceact, or another at that path.

    Raises:
        EarsFileError: a weights file that is missing, cut, changed or of another model
    """
    if path is None:
        with as_file(files("voiceact.estimators.ears") / "model") as folder:
            return load_ears(folder / "ears.onnx")
    return SpeechEncoder(*read_ears(Path(path)))
