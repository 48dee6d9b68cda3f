"""The worker process of an isolated engine: `python -m voiceact.engines.process.worker SPEC`, one JSON message a line.

It sends what the engine declares, then answers each request in turn. Samples are written to a file whose path the request
gives (in memory, where the system has such a folder), never into a message. Whatever a library prints goes to stderr: stdout
carries messages only.
"""

import os
import sys
from typing import IO

import msgspec
import numpy as np

from voiceact.engines.base import BatchLine, Engine
from voiceact.engines.process.messages import (
    WORKER_PROTOCOL,
    FailureReply,
    Hello,
    PerformReply,
    PerformRequest,
    Reply,
    TakeReply,
    UnheardReply,
    UnheardRequest,
)
from voiceact.engines.registry import load_engine
from voiceact.errors import VoiceactError


def serve_engine(spec: str, requests: IO[bytes], replies: IO[bytes]) -> None:
    """Load the engine, send what it declares, and answer until the requests end.

    Args:
        spec: engine with options, as `load_engine` takes it
        requests: stream of `PerformRequest` and `UnheardRequest`, one a line
        replies: stream that the replies are written to, one a line
    """
    try:
        engine = load_engine(spec)
    except (VoiceactError, OSError, RuntimeError, ValueError) as error:
        _send(replies, FailureReply(_sentence(error), usage=True))
        return
    capabilities = msgspec.to_builtins(engine.capabilities.as_dict())
    hello = Hello(
        WORKER_PROTOCOL,
        engine.name,
        engine.version,
        engine.model_sha256,
        capabilities,
        batches=engine.speaks_batches,
        batch_size=engine.batch_size,
    )
    _send(replies, hello)
    for line in requests:
        request = msgspec.json.decode(line, type=PerformRequest | UnheardRequest)
        _send(replies, _answer(engine, request))


def _answer(engine: Engine, request: PerformRequest | UnheardRequest) -> Reply:
    try:
        if isinstance(request, UnheardRequest):
            return UnheardReply(tuple(engine.unheard(request.asked.persona, request.asked.direction)))
        lines = [BatchLine(line.text, line.persona, line.direction, line.language, line.seed) for line in request.lines]
        takes = engine.perform_batch(lines) if request.together else Engine.perform_batch(engine, lines)
        for line, take in zip(request.lines, takes, strict=True):
            with open(line.sound, "wb") as file:
                file.write(np.ascontiguousarray(take.samples, np.float32).data)
    except VoiceactError as error:
        return FailureReply(str(error), usage=error.exit_status == 2)
    # Whatever a library raises costs one line; only the death of the process is another matter.
    except (OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        return FailureReply(_sentence(error), usage=False)
    return PerformReply(tuple(TakeReply(len(take.samples), take.sample_rate, take.seed, take.words) for take in takes))


def _send(replies: IO[bytes], message: Reply) -> None:
    replies.write(msgspec.json.encode(message) + b"\n")
    replies.flush()


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, VoiceactError) else f"{type(error).__name__}: {error}"


def main() -> None:
    """Keep stdout for messages and give the libraries stderr instead."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve_engine(sys.argv[1], sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
