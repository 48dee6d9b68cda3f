"""The far side of an isolated engine: `python -m voiceact.engines.process.worker SPEC`, one JSON message a line.

It says who it is, then answers each request in turn. Sound goes through a file whose name the request gives
(in memory, where the system has such a folder), never through the messages. Whatever a library prints goes to
stderr: nothing but messages leaves on stdout.
"""

import os
import sys
from typing import IO, Any

import msgspec
import numpy as np

from voiceact.engines.base import BatchLine, Engine, Take
from voiceact.engines.process.messages import PROTOCOL, Considering, Failed, Hello, Message, Performing, Sound, Spoken, Unheard
from voiceact.engines.registry import load_engine
from voiceact.errors import VoiceactError


def serve(spec: str, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Load the engine, say hello, and answer until the requests end."""
    try:
        engine = load_engine(spec)
    except (VoiceactError, OSError, RuntimeError, ValueError) as error:
        _send(answers, Failed(_sentence(error), usage=True))
        return
    _send(
        answers,
        Hello(
            PROTOCOL, engine.name, engine.version, engine.model_sha256, _plain(engine), batches=hasattr(engine, "perform_batch")
        ),
    )
    for line in requests:
        _send(answers, _answer(engine, msgspec.json.decode(line, type=Performing | Considering)))


def _answer(engine: Engine, asked: Performing | Considering) -> Spoken | Unheard | Failed:
    try:
        if isinstance(asked, Considering):
            unheard = getattr(engine, "unheard", None)
            return Unheard(tuple(unheard(asked.asked.persona, asked.asked.direction)) if unheard else ())
        takes = _spoken(engine, asked)
        for line, take in zip(asked.lines, takes, strict=True):
            _write(line.sound, take)
    except VoiceactError as error:
        return Failed(str(error), usage=error.exit_status == 2)
    # Whatever a library raises costs one line; only the death of the process is another matter.
    except (OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        return Failed(_sentence(error), usage=False)
    return Spoken(tuple(Sound(len(take.samples), take.sample_rate, take.seed, take.words) for take in takes))


def _spoken(engine: Any, asked: Performing) -> list[Take]:
    if asked.together:
        requests = [BatchLine(line.text, line.persona, line.direction, line.language) for line in asked.lines]
        return list(engine.perform_batch(requests, seed=asked.seed))
    return [
        engine.perform(line.text, line.persona, line.direction, language=line.language, seed=asked.seed) for line in asked.lines
    ]


def _write(path: str, take: Take) -> None:
    with open(path, "wb") as file:
        file.write(np.ascontiguousarray(take.samples, np.float32).data)


def _plain(engine: Engine) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(engine.capabilities.as_dict())
    return found


def _send(answers: IO[bytes], message: Message) -> None:
    answers.write(msgspec.json.encode(message) + b"\n")
    answers.flush()


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, VoiceactError) else f"{type(error).__name__}: {error}"


def main() -> None:
    """Keep stdout for messages and give the libraries stderr instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.argv[1], sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
