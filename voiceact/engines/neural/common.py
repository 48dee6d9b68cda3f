"""What every large engine needs: a device, a seed, text in bearable pieces, batches that fit, one loudness a persona.

torch is imported inside the functions, so that this room costs nothing to those who have none.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from shutil import which
from typing import Any, TypeVar

import numpy as np

from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.audio import Samples, limit_true_peak, loudness_lufs, resample
from voiceact.engines.base import Take
from voiceact.errors import MissingExtraError, UsageError, VoiceactError

CEILING_DB = -1.0
"""true peak of every take, dBTP"""
CALIBRATION = "The kettle stands on the second shelf, and the blue cup is next to it."
"""read once a persona, to find the gain that brings its neutral voice to its loudness"""
DTYPES = ("auto", "float32", "float16", "bfloat16")

COMMON_OPTIONS = {
    "model": "a folder with the weights; default is what `voiceact models fetch` put in place",
    "device": "auto, cpu, cuda or cuda:N",
    "dtype": "auto, float32, float16 or bfloat16",
}
"""options every large engine has"""

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Request:
    """One line of a batch; see `voiceact.engines.base.Engine.perform`."""

    text: str
    persona: Persona
    direction: Direction
    language: str = "en"


def torch_of(engine: str) -> Any:
    """The torch module.

    Raises:
        MissingExtraError: naming the engine's extra
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError(f"engine {engine!r}", engine) from None
    return torch


def device_of(asked: str, engine: str) -> Any:
    """The torch device that is meant.

    asked: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:N"
    Raises:
        UsageError: a device that is none, or is not in this machine
    """
    torch = torch_of(engine)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if asked == "auto":
        return torch.device("cuda:0" if count else "cpu")
    if asked == "cpu":
        return torch.device("cpu")
    matched = re.fullmatch(r"cuda(?::(\d+))?", asked)
    if not matched:
        raise UsageError(f"device {asked!r} is not known; expected auto, cpu, cuda or cuda:N")
    number = int(matched[1] or 0)
    if number >= count:
        there = f"this machine has {count} GPU{'s' if count != 1 else ''} that torch can use"
        raise UsageError(f"device {asked!r} is not here: {there}; take device=cpu or device=auto")
    return torch.device(f"cuda:{number}")


def dtype_of(asked: str, device: Any, engine: str) -> Any:
    """The torch dtype that is meant; "auto" is bfloat16 on a GPU that has it, float16 on another, float32 on a CPU."""
    torch = torch_of(engine)
    if asked not in DTYPES:
        raise UsageError(f"dtype {asked!r} is not known; expected {', '.join(DTYPES)}")
    if asked != "auto":
        return getattr(torch, asked)
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def yes(text: str, option: str) -> bool:
    """An option that is either; UsageError for what is neither."""
    if text not in ("yes", "no"):
        raise UsageError(f"{option}={text!r} is not known; expected yes or no")
    return text == "yes"


def check_compiler(device: Any) -> None:
    """Raise UsageError if torch.compile would find no compiler for this device."""
    if device.type == "cpu" and not any(map(which, (os.environ.get("CXX") or "c++", "g++", "clang++"))):
        raise UsageError("compile=yes needs a C++ compiler, and there is none here; install g++, or leave compile out")


@contextmanager
def seeded(seed: int, device: Any, engine: str) -> Iterator[None]:
    """Everything drawn inside comes from `seed`; what is drawn afterwards is as if nothing had been."""
    torch = torch_of(engine)
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def split_text(text: str, most: int) -> list[str]:
    """The text in pieces of at most `most` characters, cut at sentence ends, else at commas, else between words.

    No character but white space is lost. A single word longer than `most` stays whole.
    """
    pieces = [text.strip()]
    for mark in (r"(?<=[.!?…。！？])\s+", r"(?<=[,;:–—])\s+", r"\s+"):
        pieces = [part for piece in pieces for part in ([piece] if len(piece) <= most else re.split(mark, piece))]
    return _joined(pieces, most)


def _joined(pieces: Sequence[str], most: int) -> list[str]:
    """Neighbours put together again as far as they fit."""
    found: list[str] = []
    for piece in filter(None, pieces):
        if found and len(found[-1]) + 1 + len(piece) <= most:
            found[-1] += " " + piece
        else:
            found.append(piece)
    return found


def in_batches(items: Sequence[Item], size: int, work: Callable[[Sequence[Item]], Sequence[Found]], *,
               told: Callable[[str], None] = lambda sentence: None) -> list[Found]:
    """The results of `work` over batches of `size`; a batch that does not fit into memory is halved, and that is said.

    told: is called with one sentence when the size is halved
    Raises:
        VoiceactError: if a single item does not fit
    """
    found: list[Found] = []
    while len(found) < len(items):
        batch = items[len(found):len(found) + size]
        try:
            found += work(batch)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if len(batch) == 1:
                raise VoiceactError("one line alone does not fit into this device's memory; shorten it, take a smaller "
                                    "model, or device=cpu") from error
            size = max(1, min(size, len(batch)) // 2)
            told(f"the device's memory was full: going on with {size} lines at a time")
    return found


def out_of_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory (its own class on a GPU; a RuntimeError with these words on a CPU)."""
    return type(error).__name__ == "OutOfMemoryError" or "not enough memory" in str(error) or "out of memory" in str(error)


def within_memory(device: Any, load: Callable[[], Found]) -> Found:
    """What `load` makes; VoiceactError if it does not fit into the device's memory."""
    try:
        return load()
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        raise VoiceactError(f"the model does not fit into the memory of {device}; take device=cpu, or a smaller "
                            "model") from error


class Leveller:
    """Brings what an engine speaks to a persona's loudness: one gain a voice, so that a whisper stays quiet."""

    def __init__(self, speak_plainly: Callable[[Persona], tuple[Samples, int]]):
        """speak_plainly: the persona's neutral reading of `CALIBRATION`, samples and rate"""
        self._speak, self._gains = speak_plainly, dict[str, float]()

    def gain(self, persona: Persona) -> float:
        """Linear gain for this persona; measured at its first line."""
        if persona.name not in self._gains:
            lufs = loudness_lufs(*self._speak(persona))
            self._gains[persona.name] = 10 ** ((persona.voice.loudness - lufs) / 20) if np.isfinite(lufs) else 1.0
        return self._gains[persona.name]


def directed_gain(samples: Samples, rate: int, persona: Persona, direction: Direction) -> float:
    """Linear gain that brings a take to the persona's loudness and what the direction adds to it.

    For servers, where a calibration of each persona would be one more request to pay for.
    """
    lufs = loudness_lufs(samples, rate)
    return 10 ** ((persona.voice.loudness + direction.moves.energy - lufs) / 20) if np.isfinite(lufs) else 1.0


def finished(pieces: Sequence[Any], rate: int, *, out_rate: int, gain: float, seed: int, gap_seconds: float = 0.12) -> Take:
    """A take of what a library gave back.

    pieces: one array or tensor a piece of text, any shape that is mono
    out_rate: Hz of the take
    gain: linear, from a `Leveller`
    Raises:
        VoiceactError: if there is no sound, or it holds NaN
    """
    gap = np.zeros(round(gap_seconds * rate), np.float32)
    parts: list[Samples] = []
    for number, piece in enumerate(pieces):
        parts += [gap] if number else []
        parts.append(as_samples(piece))
    samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not len(samples) or not np.isfinite(samples).all():
        raise VoiceactError("the engine gave back " + ("no sound" if not len(samples) else "samples that are no numbers (NaN)"))
    loud = resample(samples, rate, out_rate) * np.float32(gain)
    return Take(limit_true_peak(loud, out_rate, CEILING_DB), out_rate, seed)


def as_samples(sound: Any) -> Samples:
    """Mono float32 [n] of a tensor, array or list of any float type; int16 is scaled to full scale 1."""
    if hasattr(sound, "detach"):
        sound = sound.detach().float().cpu().numpy()
    array = np.asarray(sound)
    if array.dtype == np.int16:
        array = array / 32768
    array = np.squeeze(array).astype(np.float32)
    if array.ndim > 1:
        raise VoiceactError(f"the engine gave back sound of shape {array.shape}; expected one channel")
    return np.atleast_1d(array)
