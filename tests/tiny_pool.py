"""A pool that speaks tones, so that the API of the speech server can be tested without an engine or a process."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import numpy as np

from voiceact.acting.direction import Direction
from voiceact.audio.words import Word
from voiceact.engines.base import Capabilities, Engine, Licences, Take
from voiceact.serve.pool import SpokenPassage, SynthesisPool, WorkFailedError, WrongRequestError
from voiceact.serve.worker import SpokenTake
from voiceact.synthesis.kernel import TakeMaker
from voiceact.synthesis.request import resolve_request

RATE = 24_000


class ToneEngine(Engine):
    """Speaks each word as a tenth of a second of a tone."""

    name, version, model_sha256 = "embedded", "1", "0" * 64
    capabilities = Capabilities(frozenset(), ("en",), Licences("x", "x", "x"), RATE, True)

    def perform(self, text: str, persona: Any, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        words = text.split()
        size = RATE // 10
        tone = 0.2 * np.sin(2 * np.pi * (200 + seed % 100) * np.arange(size * len(words)) / RATE)
        timed = tuple(Word(word, number / 10, (number + 1) / 10) for number, word in enumerate(words))
        return Take(tone.astype(np.float32), RATE, seed, timed)


class TonePool(SynthesisPool):
    """A pool without processes: speaks in the loop itself, and does on demand what may go wrong.

    Attributes:
        fails: the next task fails
        hangs: tasks never end
        cancelled: tasks that were cancelled while they hung
        passages: that were spoken
    """

    def __init__(self, **settings: Any):
        super().__init__(workers=1, **settings)
        self.fails = self.hangs = False
        self.cancelled, self.passages, self.ready = 0, 0, 1

    async def start(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Hold nothing."""

    async def synthesize(
        self, asked: Any, *, verify: bool = False, twin: bool = False, speed: float = 1.0, due: Any = None
    ) -> SpokenTake:
        await self._mishap()
        try:
            request = asked()
        except ValueError as error:
            raise WrongRequestError(str(error), getattr(error, "kind", "")) from error
        from dataclasses import replace

        resolved = resolve_request(replace(request, engine=ToneEngine()))
        [made] = TakeMaker(checks=("quality",) if verify else ()).make([resolved])
        return SpokenTake(made.clip(), None, resolved.notes, {})

    async def stream(self, asked: Any, *, speed: float = 1.0, opening: int = 0) -> AsyncGenerator[SpokenPassage, None]:
        take = await self.synthesize(asked)
        for number, sentence in enumerate(take.clip.record.text.split(". ")):
            if number:
                await self._mishap()
            self.passages += 1
            tone = ToneEngine().perform(sentence, None, None)  # type: ignore[arg-type]
            yield SpokenPassage(sentence, tone.samples, RATE, tone.words, take.clip.record.mix, take.notes)

    async def run(self, function: Any, *arguments: Any, due: Any = None, **keywords: Any) -> Any:
        await self._mishap()
        try:
            return function(*arguments, **keywords)
        except ValueError as error:
            raise WrongRequestError(str(error)) from error

    async def _mishap(self) -> None:
        await asyncio.sleep(0)
        if self.fails:
            raise WorkFailedError("could not open /home/me/weights/secret.bin")
        try:
            while self.hangs:
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
