"""Helpers for code on torch: device, number type, seed, memory and batches.

torch is imported inside the functions, so that this module costs nothing where it is not installed.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from shutil import which
from typing import Any, TypeVar

from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.spec import Option

DTYPES = ("auto", "float32", "float16", "bfloat16")

COMMON_OPTIONS = {
    "model": Option("a folder with the weights; default is what `voiceact model fetch` put in place", "a file"),
    "device": "auto, cpu, cuda or cuda:N",
    "dtype": "auto, float32, float16 or bfloat16",
}
"""options of every large engine"""

Item = TypeVar("Item")
Result = TypeVar("Result")


def torch_of(engine: str) -> Any:
    """Return the torch module.

    Raises:
        MissingExtraError: naming the engine's extra
    """
    try:
        import torch
    except ImportError:
        raise MissingExtraError(f"engine {engine!r}", engine) from None
    return torch


def device_of(name: str, engine: str) -> Any:
    """Return the torch device of that name.

    Args:
        name: "auto" (a GPU if there is one), "cpu", "cuda" or "cuda:N"
        engine: names the extra that is missing without torch

    Raises:
        UsageError: if there is no such device, or this machine has none
        MissingExtraError: without torch
    """
    torch = torch_of(engine)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if name == "auto":
        return torch.device("cuda:0" if count else "cpu")
    if name == "cpu":
        return torch.device("cpu")
    matched = re.fullmatch(r"cuda(?::(\d+))?", name)
    if not matched:
        raise UsageError(f"device {name!r} is not known; expected auto, cpu, cuda or cuda:N")
    number = int(matched[1] or 0)
    if number >= count:
        there = f"this machine has {count} GPU{'s' if count != 1 else ''} that torch can use"
        raise UsageError(f"device {name!r} is not here: {there}; take device=cpu or device=auto")
    return torch.device(f"cuda:{number}")


def dtype_of(name: str, device: Any, engine: str) -> Any:
    """Return the torch dtype of that name; "auto" is bfloat16 on a GPU that has it, float16 on another, float32 on a CPU.

    Raises:
        UsageError: if there is no such number type
    """
    torch = torch_of(engine)
    if name not in DTYPES:
        raise UsageError(f"dtype {name!r} is not known; expected {', '.join(DTYPES)}")
    if name != "auto":
        return getattr(torch, name)
    if device.type == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def yes(text: str, option: str) -> bool:
    """Return whether an option says "yes"; raises UsageError for anything but "yes" and "no"."""
    if text not in ("yes", "no"):
        raise UsageError(f"{option}={text!r} is not known; expected yes or no")
    return text == "yes"


def check_compiler(device: Any) -> None:
    """Raise UsageError if torch.compile would find no compiler for this device."""
    if device.type == "cpu" and not any(map(which, (os.environ.get("CXX") or "c++", "g++", "clang++"))):
        raise UsageError("compile=yes needs a C++ compiler, and there is none here; install g++, or leave compile out")


@contextmanager
def seeded(seed: int, device: Any, engine: str) -> Iterator[None]:
    """Draw everything inside from `seed`; the generators are restored afterwards.

    Args:
        seed: seed of torch's generators
        device: torch device; None for a model that does not use torch, where nothing is seeded
        engine: names the extra that is missing without torch
    """
    if device is None:
        yield
        return
    torch = torch_of(engine)
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def seeded_rows(seeds: Sequence[int], device: Any, engine: str) -> Iterator[None]:
    """Draw the tokens of each row of a batch from that row's own seed, as if the row were alone.

    Tokens are drawn by `torch.multinomial`, from as many rows for each row of the batch (one a codebook, say). All other
    draws come from the first seed: what a model makes of noise depends on the rows beside it.

    Args:
        seeds: one for each row
        device, engine: see `seeded`
    """
    with seeded(seeds[0], device, engine):
        if device is None or len(seeds) == 1:
            yield
            return
        torch = torch_of(engine)
        mode: Any = torch.overrides.TorchFunctionMode
        generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]

        class DrawnByRow(mode):
            """Replaces the draws of this thread alone, unlike a replaced function."""

            def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                if function is not torch.multinomial or (kwargs or {}).get("generator") is not None:
                    return function(*args, **(kwargs or {}))
                return draw(*args, **(kwargs or {}))

        def draw(input: Any, *args: Any, **kwargs: Any) -> Any:
            if input.dim() != 2 or len(input) % len(generators):
                return torch.multinomial(input, *args, **kwargs)
            rows = input.split(len(input) // len(generators))
            return torch.cat(
                [
                    torch.multinomial(row, *args, generator=generator, **kwargs)
                    for row, generator in zip(rows, generators, strict=True)
                ]
            )

        with DrawnByRow():
            yield


def in_batches(
    items: Sequence[Item],
    size: int,
    work: Callable[[Sequence[Item]], Sequence[Result]],
    *,
    report: Callable[[str], None] = lambda sentence: None,
) -> list[Result]:
    """Return the results of `work` over batches; a batch that does not fit into memory is halved.

    Args:
        items: what to work on
        size: largest batch
        work: returns one result for each item of a batch
        report: is called with one sentence when the size is halved

    Raises:
        VoiceactError: if a single item does not fit
    """
    results: list[Result] = []
    while len(results) < len(items):
        batch = items[len(results) : len(results) + size]
        try:
            results += work(batch)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            if len(batch) == 1:
                raise VoiceactError(
                    "one line alone does not fit into this device's memory; shorten it, take a smaller model, or device=cpu"
                ) from error
            size = max(1, min(size, len(batch)) // 2)
            report(f"the device's memory was full: going on with {count_noun(size, 'line')} at a time")
    return results


def out_of_memory(error: BaseException) -> bool:
    """Return whether torch ran out of memory (its own class on a GPU; a RuntimeError with these words on a CPU)."""
    return type(error).__name__ == "OutOfMemoryError" or "not enough memory" in str(error) or "out of memory" in str(error)


def within_memory(device: Any, load: Callable[[], Result]) -> Result:
    """Return what `load` returns; raises VoiceactError if it does not fit into the device's memory."""
    try:
        return load()
    except RuntimeError as error:
        if not out_of_memory(error):
            raise
        raise VoiceactError(
            f"the model does not fit into the memory of {device}; take device=cpu, or a smaller model"
        ) from error
