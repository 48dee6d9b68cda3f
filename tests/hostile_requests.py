"""Hostile requests against the listening server, drawn from a seed: shared by its tests and benchmarks/listening_hostile.py.

Each request is an ordinary one with one or several things wrong: the path, the method, headers, cookies, the origin, or a body
that is too long, broken, deeply nested, of the wrong types or with numbers of thousands of digits.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

METHODS = ("GET", "POST", "HEAD", "DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get", "X" * 200)
DIGITS = "9" * 5000
ORIGINS = (
    "null",
    "http://[",
    "http://[::1",
    "http://",
    "://",
    "http://\u212a",
    "file://",
    "http://evil.example",
    "http://a b",
    "x" * 4000,
    "http://lab.example:999999",
    "http://user@lab.example",
    "http://lab.example.",
    "https://%",
    "\x7f",
    "data:,x",
)
NAMES = (
    "..",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cx",
    "%00",
    "a%00.flac",
    "%ff%fe",
    "%ed%a0%80",
    "x" * 3000,
    DIGITS,
    "-1",
    "1e9",
    "0",
    "%F0%9F%98%80",
    "' OR 1=1 --",
    "%0d%0aSet-Cookie:x=1",
    "~",
    "C:%5Cx",
    "//evil.example",
    "%2f",
    ".",
    "test.json",
    "answers.sqlite",
    "audio%2fc000.flac",
    "%c0%ae%c0%ae%2f",
    "$%7Bjndi%7D",
    "{{7*7}}",
)
PATHS = (
    "/",
    "/admin",
    "/listen.js",
    "/api/about",
    "/api/words/{x}",
    "/api/enter",
    "/api/join",
    "/api/listener/{who}/state",
    "/api/listener/{x}/state",
    "/api/listener/{who}/consent",
    "/api/listener/{who}/language",
    "/api/listener/{who}/headphones",
    "/api/listener/{who}/ready",
    "/api/listener/{who}/answer",
    "/api/listener/{x}/answer",
    "/api/listener/{who}/audio/{x}",
    "/api/listener/{who}/headphones/{x}",
    "/api/listener/{x}/data",
    "/api/admin/enter",
    "/api/admin/status",
    "/api/admin/results.{x}",
    "/api/admin/listeners",
    "/api/admin/listeners/{x}",
    "/{x}",
    "/static/{x}",
    "/{x}/{x}",
    "/api/{x}",
    "/api/about/",
    "//evil.example/",
    "/api/listener//state",
    "/?{x}",
    "/api/about?x={x}",
)
POSTED = ("/enter", "/join", "/consent", "/language", "/headphones", "/ready", "/answer", "/listeners")
DELETED = ("/data", "/listeners/{x}")
VALUES: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    2**63,
    10**400,
    -(10**18),
    1.5,
    "",
    "1",
    "x" * 10_000,
    "\0",
    "\u202e\x1b[2J",
    [],
    [1] * 1000,
    {},
    {"a": 1},
    {"x" * 5000: 1},
    [[]],
    {"fear": {"fear": 1}},
    {str(n): n for n in range(500)},
)


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire; `target` is percent-encoded ASCII."""

    method: str
    target: str
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    body: bytes = b""


def hostile_requests(
    count: int, *, who: str, cookie: str, item: str, seed: int = 0, host: str = "lab.example"
) -> Iterator[Request]:
    """Yield requests; some carry the valid cookie of a listener, so that they reach what strangers never do.

    Args:
        count: how many
        who: id of a listener
        cookie: their cookie as NAME=VALUE
        item: id of an item as their page knows it
        seed: of everything that is drawn
        host: of the server
    """
    draw = random.Random(seed)
    for _ in range(count):
        template = draw.choice(PATHS)
        target = template.replace("{who}", who)
        while "{x}" in target:
            target = target.replace("{x}", draw.choice(NAMES), 1)
        method = "POST" if template.endswith(POSTED) else "DELETE" if template.endswith(DELETED) else "GET"
        if draw.random() < 0.25:
            method = draw.choice(METHODS)
        headers: list[tuple[str, bytes]] = [("host", draw.choice((host, host, host, "[", "x" * 2000, "", "a b")).encode())]
        if draw.random() < 0.8:
            headers.append(("x-voiceact", b"1"))
        if draw.random() < 0.5:
            headers.append(("cookie", cookie.encode()))
        if draw.random() < 0.4:
            headers.append(
                (
                    "cookie",
                    draw.choice(
                        (
                            f"voiceact_{who}=" + "x" * draw.choice((10, 4000)),
                            "=;=;,",
                            "voiceact_admin=" + "\xff" * 50,
                            f"voiceact_{who}=" + str(draw.random()),
                            '"',
                            "a=b; " * 200,
                        )
                    ).encode("latin-1"),
                )
            )
        if draw.random() < 0.4:
            headers.append(("origin", draw.choice(ORIGINS).encode()))
        if draw.random() < 0.2:
            headers.append(
                draw.choice(
                    (
                        ("range", b"bytes=0-,1-,2-" + b",3-" * 200),
                        ("content-type", b"text/\xff"),
                        ("accept-encoding", b"x" * 3000),
                        ("authorization", b"Bearer " + b"\xfe" * 300),
                        ("authorization", b"Bearer"),
                        ("if-none-match", b"*"),
                        ("sec-fetch-site", b"cross-site"),
                        ("x-forwarded-for", b"1" * 3000),
                        ("x-forwarded-proto", b"gopher"),
                        ("expect", b"100-continue"),
                        ("te", b"trailers"),
                        ("x-http-method-override", b"DELETE"),
                    )
                )
            )
        yield Request(method, target, headers, _body(draw, item) if method != "GET" or draw.random() < 0.1 else b"")


def _body(draw: random.Random, item: str) -> bytes:
    fields: dict[str, object] = draw.choice(
        (
            {"item": item, "nonce": "12345678", "value": 1, "plays": 1, "seconds": 1.0},
            {"token": "x" * 32},
            {"language": "en"},
            {"answers": [1] * 6},
            {},
        )
    )
    for _ in range(draw.randrange(3)):
        if draw.random() < 0.5 or not fields:
            fields[draw.choice(("value", "seconds", "plays", "item", "nonce", "token", "language", "answers", "more"))] = (
                draw.choice(VALUES)
            )
        else:
            fields[draw.choice(sorted(fields))] = draw.choice(VALUES)
    text = json.dumps(fields)
    return draw.choice(
        (
            text.encode(),
            text.encode(),
            text.encode(),
            text[:-1].encode(),
            text.encode("utf-16"),
            b"\xff" + text.encode(),
            b"[" * 15_000,
            b'{"value":' * 1500,
            b'{"value":' + DIGITS.encode() + b"}",
            f'{{"seconds":{DIGITS}.{DIGITS}}}'.encode(),
            b'{"seconds":1e999}',
            b'{"item":"\\ud800","nonce":"12345678","value":1,"plays":1,"seconds":1}',
            b'{"token":"\\u0000\\udfff"}',
            b"x" * 200_000,
            b"",
            b"null",
            b'{"value":NaN}',
            b'{"token":"' + b"x" * 17_000 + b'"}',
            text.replace('"item"', '"item": "a", "item"').encode(),
        )
    )


def as_scope(request: Request) -> dict[str, object]:
    """Return a request as the ASGI scope that uvicorn makes of it."""
    path, _, query = request.target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method.upper(),
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value) for name, value in request.headers],
        "client": ("192.0.2.7", 5),
        "server": ("lab.example", 80),
    }
