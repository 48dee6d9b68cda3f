"""An engine in a process, and if need be in a virtual environment, of its own.

Large engines pin versions of torch and transformers that exclude each other. Each can live in an environment
made by `voiceact engine install NAME`; from here it is an engine like any other. A process that dies is
started again, and the line it died of is tried once more before it is given up.
"""

import os
import select
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import IO

import msgspec
import numpy as np

from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.engines.base import BatchLine, Capabilities, Licences, Take
from voiceact.engines.process.environments import WITHIN
from voiceact.engines.process.messages import (
    PROTOCOL,
    Asked,
    Considering,
    Failed,
    Hello,
    Line,
    Message,
    Performing,
    Sound,
    Spoken,
    Unheard,
)
from voiceact.errors import UsageError, VoiceactError

START_SECONDS = 600.0
"""a large model may take minutes to load"""
LINE_SECONDS = 300.0
TRIES = 2


class Lost(Exception):
    """The process ended, or said nothing in time."""


class IsolatedEngine:
    """Implements `voiceact.engines.base.Engine` by asking another process.

    Args:
        spec: of the engine, as `load_engine` takes it there
        python: interpreter of the environment it is installed in
        start_seconds, line_seconds: how long to wait for it to load, and for one line
    """

    def __init__(
        self,
        spec: str,
        python: str | os.PathLike[str],
        *,
        start_seconds: float = START_SECONDS,
        line_seconds: float = LINE_SECONDS,
    ):
        self._asked, self._python = spec, os.fspath(python)
        self._start_seconds, self._line_seconds = start_seconds, line_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        # In memory where the system has such a folder: a take costs no disk.
        memory = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(prefix="voiceact-", dir=memory if memory.is_dir() else None)
        hello = self._start()
        self.name, self.version, self.model_sha256 = hello.name, hello.version, hello.model_sha256
        self.capabilities, self._batches = _capabilities(hello), hello.batches

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`).

        Raises:
            UsageError: what the engine refuses, in its own words
            VoiceactError: the engine failed, or its process died twice over the same line
        """
        return self._performed([BatchLine(text, persona, direction, language)], seed)[0]

    def perform_batch(self, requests: Sequence[BatchLine], *, seed: int = 0) -> list[Take]:
        """Speak several lines, all from one seed; together, if the engine can. Raises as `perform`."""
        if self._batches and requests:
            return self._performed(requests, seed, together=True)
        return [self._performed([request], seed)[0] for request in requests]

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """What of the direction the engine has no way to be told, one phrase each; see `base.unfollowed`."""
        with self._lock:
            answer = self._answered(Considering(Asked(persona, *_plain(direction))), "what it cannot be told")
        if isinstance(answer, Unheard):
            return list(answer.phrases)
        raise _refusal(answer, self.name)

    def _performed(self, requests: Sequence[BatchLine], seed: int, *, together: bool = False) -> list[Take]:
        lines = tuple(
            Line(one.persona, *_plain(one.direction), one.text, one.language, str(Path(self._folder.name) / f"take{number}"))
            for number, one in enumerate(requests)
        )
        with self._lock:
            answer = self._answered(Performing(lines, seed, together), f"the line {requests[0].text[:60]!r}")
            if isinstance(answer, Spoken):
                return [_taken(Path(line.sound), sound) for line, sound in zip(lines, answer.sounds, strict=True)]
        raise _refusal(answer, self.name)

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._end(self._process)
            self._process = None

    def _answered(self, asked: Performing | Considering, over: str) -> Message:
        for attempt in range(TRIES):
            try:
                return self._ask(asked)
            except Lost as error:
                self.close()
                if attempt == TRIES - 1:
                    raise VoiceactError(f"engine {self.name!r} {error} over {over}, {TRIES} times; it is left out") from None
        raise AssertionError("unreachable")

    def _ask(self, asked: Performing | Considering) -> Message:
        if self._process is None:
            self._start()
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            process.stdin.write(msgspec.json.encode(asked) + b"\n")
            process.stdin.flush()
        except OSError:
            raise Lost(self._fate(process)) from None
        return self._heard(process, self._line_seconds)

    def _start(self) -> Hello:
        """Start the process and shake hands."""
        try:
            process = subprocess.Popen(
                [self._python, "-m", "voiceact.engines.process.worker", self._asked],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, WITHIN: "1"},
            )
        except OSError as error:
            raise UsageError(
                f"engine {self._asked!r}: {self._python} cannot be started ({error.strerror}); "
                "install it again with: voiceact engine install"
            ) from error
        try:
            message = self._heard(process, self._start_seconds)
        except Lost as error:
            self._end(process)
            raise VoiceactError(f"engine {self._asked!r} {error} before it was loaded; what it said stands above") from None
        if not isinstance(message, Hello) or message.protocol != PROTOCOL:
            self._end(process)
            raise _refusal(message, self._asked)
        self._process = process
        return message

    def _heard(self, process: "subprocess.Popen[bytes]", seconds: float) -> Message:
        assert process.stdout is not None
        line = _read_line(process.stdout, seconds)
        if line is None:
            process.kill()
            raise Lost(f"said nothing for {seconds:g} s")
        if not line.endswith(b"\n"):
            raise Lost(self._fate(process))
        message: Message = msgspec.json.decode(line, type=Message)
        return message

    def _fate(self, process: "subprocess.Popen[bytes]") -> str:
        status = process.wait(10)
        return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except BrokenPipeError:
                    continue
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __del__(self) -> None:
        if getattr(self, "_process", None) is not None:
            self.close()


def _read_line(stream: IO[bytes], seconds: float) -> bytes | None:
    """A line, or what came before the stream ended; None if it takes too long."""
    found, until, handle = b"", monotonic() + seconds, stream.fileno()
    while not found.endswith(b"\n"):
        ready, _, _ = select.select([handle], [], [], max(0.0, until - monotonic()))
        if not ready:
            return None
        # One message at a time is under way, so that nothing behind the line end can be lost.
        piece = os.read(handle, 65536)
        if not piece:
            break
        found += piece
    return found


def _plain(direction: Direction) -> tuple[dict[str, float], str, tuple[tuple[str, float], ...]]:
    return msgspec.to_builtins(direction.moves), direction.instruction, direction.mix


def _taken(path: Path, sound: Sound) -> Take:
    """The take whose samples lie in a file, which is gone then."""
    samples = np.fromfile(path, np.float32, sound.length)
    path.unlink()
    return Take(samples, sound.sample_rate, sound.seed, sound.words)


def _capabilities(hello: Hello) -> Capabilities:
    told = dict(hello.capabilities)
    return Capabilities(
        **{
            **told,
            "moves": frozenset(told["moves"]),
            "languages": tuple(told["languages"]),
            "licences": Licences(**told["licences"]),
        }
    )


def _refusal(message: Message, name: str) -> VoiceactError:
    if isinstance(message, Failed):
        return (UsageError if message.usage else VoiceactError)(message.sentence)
    if isinstance(message, Hello):
        return VoiceactError(
            f"engine {name!r} speaks protocol {message.protocol}, expected {PROTOCOL}; install it again "
            "with this voiceact: voiceact engine install"
        )
    return VoiceactError(f"engine {name!r} answered out of turn")
