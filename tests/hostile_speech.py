"""Hostile requests against the speech server, as bytes for a socket, drawn from a seed: shared by tests and a benchmark.

Each is an ordinary request with one or several things wrong: path, method, headers, key, media type, a body that is broken,
deep, long, of wrong types, or a form that is no form; some clients go away before they are answered.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hostile_requests import DIGITS, METHODS, NAMES, VALUES

SEED = 19
PATHS = (
    "/v1/audio/speech",
    "/v1/audio/verify",
    "/v1/audio/estimate",
    "/v1/audio/voices",
    "/v1/models",
    "/health",
    "/metrics",
    "/openapi.json",
    "/v1/{x}",
    "/v1/audio/{x}",
    "/{x}",
    "/{x}/{x}",
    "/v1/audio/speech/{x}",
    "//evil.example/v1/models",
    "/v1/audio/voices?x={x}",
    "http://evil.example/v1/models",
)
TEXTS = (
    "",
    " ",
    "....",
    "\u202e\x1b[2J",
    "\0",
    "a" * 5000,
    "Sit down. " * 200,
    "[" * 500 + "sighs" + "]" * 500,
    "<speak>" * 300,
    "[Embarrassment:5] [sighs] *gasps* {w=0.5}",
    "9" * 4000,
    "\ud83d\ude00" * 20,
    "{{7*7}} ${jndi:ldap://x} ' OR 1=1 --",
    "../../etc/passwd",
    "нет",
    "x=1;rate=9;pitch=nan",
    "a,b;c:d|e\n\n\nf",
)
VOICES = (
    "nurse",
    "a tired old sailor",
    "/etc/passwd",
    "../nurse",
    "nurse.yaml",
    "nurse\0",
    "",
    "x" * 1001,
    "~",
    "high low voice",
)
TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "x" * 200,
    "application/x-www-form-urlencoded",
    "x" * 3000,
    "",
)
FIELDS = (
    "model",
    "input",
    "voice",
    "instructions",
    "response_format",
    "speed",
    "stream_format",
    "voiceact",
    "emotion",
    "intensity",
    "direction",
    "language",
    "seed",
    "takes",
    "bursts",
    "pronunciations",
    "verify",
    "timestamps",
    "form",
    "x",
)


@dataclass(frozen=True)
class HostileRequest:
    """Bytes to send; `leaves` says that the client closes without reading."""

    data: bytes
    leaves: bool = False


def hostile_speech(count: int, *, key: str, seed: int) -> Iterator[HostileRequest]:
    """Yield requests; the same seed gives the same."""
    dice = random.Random(seed)
    for _ in range(count):
        yield _request(dice, key)


def _request(dice: random.Random, key: str) -> HostileRequest:
    path = dice.choice(PATHS)
    while "{x}" in path:
        path = path.replace("{x}", dice.choice(NAMES), 1)
    is_form = path.endswith(("verify", "estimate"))
    method = "POST" if path.startswith("/v1/audio/") and dice.random() < 0.85 else dice.choice((*METHODS, "GET", "GET"))
    body, media_type = _form(dice) if is_form else (_json(dice), "application/json")
    if dice.random() < 0.1:
        media_type = dice.choice(TYPES)
    if dice.random() < 0.1:
        body = body[: dice.randrange(len(body) + 1)]
    headers = [("Host", dice.choice(("127.0.0.1", "[", "x" * 500, "evil.example")))]
    if media_type:
        headers.append(("Content-Type", media_type))
    if dice.random() < 0.9:
        headers.append(
            ("Authorization", dice.choice((f"Bearer {key}",) * 12 + ("Bearer x", f"Basic {key}", "Bearer " + "x" * 3000, key)))
        )
    if dice.random() < 0.1:
        headers.append(
            dice.choice((("Sec-Fetch-Site", "cross-site"), ("Origin", "null"), ("X-A", "b" * 9000), ("Cookie", "a" * 4000)))
        )
    length = str(len(body))
    if dice.random() < 0.05:
        length = dice.choice(("-1", "0", DIGITS[:30], "1e3", str(len(body) + 5), str(10**9)))
    headers.append(("Content-Length", length))
    headers.append(("Connection", "close"))
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers) + "\r\n"
    if dice.random() < 0.03:
        head = dice.choice(("\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02", head[: len(head) // 2], head.replace("\r\n", "\n")))
    return HostileRequest(head.encode("utf-8", "replace") + body, leaves=dice.random() < 0.08)


def _json(dice: random.Random) -> bytes:
    """Return a body in which up to three fields are odd, or one that is no JSON."""
    if dice.random() < 0.1:
        return dice.choice((b"{", b"[" * 20_000, b"\xff\xfe{}", b"null", b"1", b'"x"', b'{"a":' * 5000, b"NaN", b"{}" * 3, b""))
    body: dict[str, Any] = {"model": "embedded", "voice": "nurse", "input": "Sit down."}
    if dice.random() < 0.4:
        body["voiceact"] = {"emotion": dice.choice(("Concern", "Pride:3", "x")), "seed": dice.choice((0, 5))}
    for _ in range(dice.randrange(4)):
        field = dice.choice(FIELDS)
        value = _value(dice, field)
        target = body["voiceact"] if isinstance(body.get("voiceact"), dict) and dice.random() < 0.4 else body
        if dice.random() < 0.1:
            target.pop(field, None)
        else:
            target[field] = value
    return json.dumps(body).encode()


def _value(dice: random.Random, field: str) -> Any:
    kind = dice.random()
    if field in ("input", "instructions", "direction", "emotion") and kind < 0.7:
        return dice.choice(TEXTS)
    if field == "voice" and kind < 0.7:
        return dice.choice(VOICES)
    if field == "response_format" and kind < 0.7:
        return dice.choice(("mp3", "opus", "aac", "flac", "wav", "pcm", "ogg"))
    if field == "speed" and kind < 0.7:
        return dice.choice((0.25, 4, 1.5, 0, -1, 1e308))
    if field == "stream_format" and kind < 0.7:
        return dice.choice(("sse", "audio", "x"))
    return dice.choice(VALUES)


def _form(dice: random.Random) -> tuple[bytes, str]:
    """Return a form with a file that is no recording, odd fields, or broken parts."""
    file = dice.choice(
        (b"", b"RIFF" + b"\xff" * 60, b"fLaC" + bytes(80), b"OggS" + bytes(80), b"ID3" + bytes(99), dice.randbytes(3000))
    )
    boundary = "edge"
    parts = []
    for name in dice.choices(
        ("file", "reference", "text", "emotion", "intensity", "check", "language", "x" * 200, "a\r\nb"), k=dice.randrange(5)
    ):
        extra = f'; filename="{dice.choice(NAMES)[:100]}"' if name in ("file", "reference") or dice.random() < 0.1 else ""
        content = file if extra else str(dice.choice(TEXTS)).encode("utf-8", "replace")
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode("utf-8", "replace")
            + content
            + b"\r\n"
        )
    end = b"" if dice.random() < 0.1 else f"--{boundary}--\r\n".encode()
    return b"".join(parts) + end, f"multipart/form-data; boundary={boundary}"
