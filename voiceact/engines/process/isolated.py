"""An engine in a process, and if need be in a virtual environment, of its own.

Large engines pin versions of torch and transformers that exclude each other. Each can be installed in an environment
made by `voiceact engine install NAME`; from this process it is used like any other engine. A process that dies is
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
from typing import IO, Any

import msgspec
import numpy as np

from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.engines.base import BatchLine, Capabilities, Engine, Licences, Take
from voiceact.engines.process.environments import WITHIN
from voiceact.engines.process.messages import (
    WORKER_PROTOCOL,
    ActingRequest,
    FailureReply,
    Hello,
    LineRequest,
    PerformReply,
    PerformRequest,
    Reply,
    UnheardReply,
    UnheardRequest,
)
from voiceact.errors import UsageError, VoiceactError

START_SECONDS = 600.0
"""time limit for loading, as a large model may take minutes"""
WORKER_LINE_SECONDS = 300.0
WORKER_TRIES = 2


class ProcessLostError(Exception):
    """The worker process ended, or did not answer in time."""


class IsolatedEngine(Engine):
    """An engine that runs in a worker process.

    Args:
        spec: engine with options, as `load_engine` takes it in the worker
        python: interpreter of the environment in which the engine is installed
        start_seconds: time limit for loading the engine
        line_seconds: time limit for one request
    """

    def __init__(
        self,
        spec: str,
        python: str | os.PathLike[str],
        *,
        start_seconds: float = START_SECONDS,
        line_seconds: float = WORKER_LINE_SECONDS,
    ):
        self._worker_spec, self._python = spec, os.fspath(python)
        self._start_seconds, self._line_seconds = start_seconds, line_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        # In memory where the system has such a folder: a take costs no disk.
        memory = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(prefix="voiceact-", dir=memory if memory.is_dir() else None)
        hello = self._start()
        self.name, self.version, self.model_sha256 = hello.name, hello.version, hello.model_sha256
        self.capabilities, self._batches = _capabilities(hello.capabilities), hello.batches
        self.batch_size = hello.batch_size

    @property
    def speaks_batches(self) -> bool:
        """Whether the engine in the worker speaks lines together."""
        return self._batches

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None while it is closed."""
        return self._process.pid if self._process else None

    @property
    def sound_folder(self) -> Path:
        """Folder through which samples pass; empty between two calls."""
        return Path(self._folder.name)

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`).

        Raises:
            UsageError: what the engine refuses, in its own words
            VoiceactError: the engine failed, or its process died twice of the same line
        """
        return self._perform([BatchLine(text, persona, direction, language, seed)])[0]

    def perform_batch(self, lines: Sequence[BatchLine]) -> list[Take]:
        """Speak several lines; together, if the engine can. Raises as `perform`."""
        return self._perform(lines, together=True) if self._batches and lines else super().perform_batch(lines)

    def unheard(self, persona: Persona, direction: Direction) -> list[str]:
        """Return what the engine in the worker cannot convey (see `Engine.unheard`)."""
        request = UnheardRequest(ActingRequest(persona, *_direction_fields(direction)))
        with self._lock:
            reply = self._request(request, "what it cannot be told")
        if isinstance(reply, UnheardReply):
            return list(reply.phrases)
        raise _error_of(reply, self.name)

    def close(self) -> None:
        """End the process; the next request starts it again."""
        if self._process is not None:
            _end_process(self._process)
            self._process = None

    def _perform(self, lines: Sequence[BatchLine], *, together: bool = False) -> list[Take]:
        requests = tuple(
            LineRequest(
                line.persona,
                *_direction_fields(line.direction),
                line.text,
                line.language,
                line.seed,
                str(self.sound_folder / f"take{number}"),
            )
            for number, line in enumerate(lines)
        )
        with self._lock:
            reply = self._request(PerformRequest(requests, together), f"the line {lines[0].text[:60]!r}")
            if not isinstance(reply, PerformReply):
                raise _error_of(reply, self.name)
            # Read the samples, and leave nothing in the folder.
            takes = []
            for request, sound in zip(requests, reply.sounds, strict=True):
                samples = np.fromfile(request.sound, np.float32, sound.length)
                Path(request.sound).unlink()
                takes.append(Take(samples, sound.sample_rate, sound.seed, sound.words))
        return takes

    def _request(self, request: PerformRequest | UnheardRequest, subject: str) -> Reply:
        """Send a request and return the reply; a worker that is lost is started again, `TRIES` times in all.

        Args:
            request: the message
            subject: what the request is about, for the error

        Raises:
            VoiceactError: if the worker was lost every time
        """
        for attempt in range(WORKER_TRIES):
            try:
                if self._process is None:
                    self._start()
                process = self._process
                assert process is not None and process.stdin is not None
                try:
                    process.stdin.write(msgspec.json.encode(request) + b"\n")
                    process.stdin.flush()
                except OSError:
                    raise ProcessLostError(_fate_of(process)) from None
                return _read_reply(process, self._line_seconds)
            except ProcessLostError as error:
                self.close()
                if attempt == WORKER_TRIES - 1:
                    raise VoiceactError(
                        f"engine {self.name!r} {error} over {subject}, {WORKER_TRIES} times; it is left out"
                    ) from None
        raise AssertionError("unreachable")

    def _start(self) -> Hello:
        """Start the worker and return what its engine declares."""
        try:
            process = subprocess.Popen(
                [self._python, "-m", "voiceact.engines.process.worker", self._worker_spec],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, WITHIN: "1"},
            )
        except OSError as error:
            raise UsageError(
                f"engine {self._worker_spec!r}: {self._python} cannot be started ({error.strerror}); "
                "install it again with: voiceact engine install"
            ) from error
        try:
            message = _read_reply(process, self._start_seconds)
        except ProcessLostError as error:
            _end_process(process)
            raise VoiceactError(
                f"engine {self._worker_spec!r} {error} before it was loaded; what it said stands above"
            ) from None
        if not isinstance(message, Hello) or message.protocol != WORKER_PROTOCOL:
            _end_process(process)
            raise _error_of(message, self._worker_spec)
        self._process = process
        return message

    def __del__(self) -> None:
        # The constructor may have failed before there was a process.
        if self.__dict__.get("_process") is not None:
            self.close()


def _read_reply(process: "subprocess.Popen[bytes]", seconds: float) -> Reply:
    """Read the next message of a worker; raises ProcessLostError if there is none within that many seconds."""
    assert process.stdout is not None
    line = _read_line(process.stdout, seconds)
    if line is None:
        process.kill()
        raise ProcessLostError(f"said nothing for {seconds:g} s")
    if not line.endswith(b"\n"):
        raise ProcessLostError(_fate_of(process))
    reply: Reply = msgspec.json.decode(line, type=Reply)
    return reply


def _read_line(stream: IO[bytes], seconds: float) -> bytes | None:
    """Return a line, or what came before the stream ended; None if it takes too long."""
    received, deadline, handle = b"", monotonic() + seconds, stream.fileno()
    while not received.endswith(b"\n"):
        ready, _, _ = select.select([handle], [], [], max(0.0, deadline - monotonic()))
        if not ready:
            return None
        # One message at a time is under way, so that nothing behind the line end can be lost.
        chunk = os.read(handle, 65536)
        if not chunk:
            break
        received += chunk
    return received


def _fate_of(process: "subprocess.Popen[bytes]") -> str:
    """Wait for a process that closed its streams, and say how it ended."""
    status = process.wait(10)
    return f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"


def _end_process(process: "subprocess.Popen[bytes]") -> None:
    """Close the streams of a worker, which ends it; kill it if it goes on."""
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


def _direction_fields(direction: Direction) -> tuple[dict[str, float], str, tuple[tuple[str, float], ...]]:
    """Return the last three fields of an `ActingRequest`."""
    return msgspec.to_builtins(direction.moves), direction.instruction, direction.mix


def _capabilities(declared: dict[str, Any]) -> Capabilities:
    """Rebuild the capabilities from their JSON form."""
    return Capabilities(
        **{
            **declared,
            "moves": frozenset(declared["moves"]),
            "languages": tuple(declared["languages"]),
            "sounds": frozenset(declared["sounds"]),
            "licences": Licences(**declared["licences"]),
        }
    )


def _error_of(reply: Reply, name: str) -> VoiceactError:
    """Return the error that a reply stands for, where another one was expected."""
    if isinstance(reply, FailureReply):
        return (UsageError if reply.usage else VoiceactError)(reply.sentence)
    if isinstance(reply, Hello):
        return VoiceactError(
            f"engine {name!r} speaks protocol {reply.protocol}, expected {WORKER_PROTOCOL}; install it again "
            "with this voiceact: voiceact engine install"
        )
    return VoiceactError(f"engine {name!r} answered out of turn")
