"""What the tests of lines share: engines that hum, and a small table."""

import json
import os
import time
from pathlib import Path

import numpy as np

from voiceact.acting.moves import NEUTRAL
from voiceact.audio.words import Word
from voiceact.engines.base import Capabilities, Engine, Licences, Take
from voiceact.errors import UsageError
from voiceact.lines.plan import Settings, make_plan
from voiceact.lines.run import Report, perform_plan


class FakeEngine(Engine):
    """A hum as long as the text, pitched by the seed; some texts go wrong."""

    name, version, model_sha256 = "fake", "1", "0" * 64
    reaches_out = False
    capabilities = Capabilities(
        moves=frozenset(NEUTRAL),
        languages=("en", "de"),
        sample_rate=8000,
        deterministic=True,
        licences=Licences("MIT", "MIT", "MIT"),
    )
    timed = True

    def perform(self, text, persona, direction, *, language, seed):
        if "crash" in text:
            os._exit(9)
        if "tarry" in text:
            time.sleep(60)
        if "raise" in text:
            raise RuntimeError("tensor of a bad shape")
        if "refuse" in text:
            raise UsageError("nothing can be spoken")
        seconds = np.arange(80 * len(text)) / 8000
        hum = 0.1 * np.sin(2 * np.pi * (100 + seed % 97) * direction.moves.rate * seconds)
        words = [Word(word, n * 0.01, n * 0.01 + 0.01) for n, word in enumerate(text.split())] if self.timed else []
        return Take(hum.astype(np.float32), 8000, seed, tuple(words))


class Untimed(FakeEngine):
    timed = False


class Retrained(FakeEngine):
    model_sha256 = "1" * 64


HEAD = "id,persona,text,emotion,intensity,direction,seed\n"
THREE = HEAD + "a,nurse,First line.,,,,\nscene/b,nurse,The second one.,Sadness,5,,\nc,nurse,And a third.,,,,7\n"


def run(path: Path, out: Path, *, workers: int = 1, engine=None, **settings) -> Report:
    plan = make_plan(path, out, Settings(engine=engine or FakeEngine(), **settings))
    return perform_plan(plan, workers=workers)


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def stamps(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in names(folder) if name != "lines.jsonl"}


def manifest(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "lines.jsonl").read_text().splitlines()]
