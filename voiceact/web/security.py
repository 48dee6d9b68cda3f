"""Guard every request: headers, size of bodies, origin, rate limits."""

import hashlib
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from voiceact.runtime.untrusted_text import clean_text

FAILED = {"error": "failed", "message": "something went wrong here; this page tries again"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    (name.encode(), value.encode())
    for name, value in {
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }.items()
]
HTTPS_HEADERS = [(b"strict-transport-security", b"max-age=31536000")]


LONGEST_MESSAGE = 300
"""characters of a refusal: it may repeat what was sent"""


class Refused(Exception):
    """An answer of 4xx: `code` for programs, `message` for people; `event` is what is recorded, if anything.

    The message is cleaned here, once for all, because it may repeat what was sent: no control characters, no half
    characters that could not be encoded, at most LONGEST_MESSAGE characters.
    """

    def __init__(self, status: int, code: str, message: str, *, event: str | None = None, retry_after: int | None = None):
        self.status, self.code, self.message = status, code, clean_text(message, LONGEST_MESSAGE)
        self.event, self.retry_after = event, retry_after
        super().__init__(self.message)


class Guard:
    """ASGI middleware: security headers on every reply, none kept in a cache unless it says so, no body after HEAD.

    The answer to an unforeseen error is made outside of it: by `unforeseen_answer`.

    Args:
        app: that is guarded
    """

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = _security_headers(scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                # A list of its own: a response that is sent twice must not collect the headers of both.
                headers = list(message.get("headers", ()))
                if not any(name.lower() == b"cache-control" for name, _ in headers):
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers + extra}
            elif message["type"] == "http.response.body" and scope["method"] == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        await self._app(scope, receive, guarded)


def _security_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    return HEADERS + (HTTPS_HEADERS if scope["scheme"] == "https" else [])


def unforeseen_answer(failed: Mapping[str, Any] = FAILED) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return Starlette's handler of unforeseen errors (`exception_handlers={Exception: …}`): 500, which tells clients nothing.

    Starlette raises the error again behind the answer, so that the server logs it with its stack; a reply that has begun is
    broken off.

    Args:
        failed: body of the answer
    """

    async def answer(request: Request, _error: Exception) -> Response:
        headers = {name.decode(): value.decode() for name, value in _security_headers(request.scope)}
        return JSONResponse(failed, 500, headers={**headers, "cache-control": "no-store"})

    return answer


async def read_body(request: Request, most: int) -> bytes:
    """Read the body, no further than `most` bytes.

    Raises:
        Refused: 413 if it is longer
    """
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise Refused(413, "too_large", f"the body is longer than {most:,} bytes", event="too large")
    return bytes(body)


def check_origin(request: Request) -> None:
    """Let only our own pages change anything.

    The cookie is not sent by other sites (SameSite=Strict); a header that a form cannot send, and the Origin that a
    browser adds, say the same again.

    Raises:
        Refused: 403
    """
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    # Compared as text, not parsed: parsers raise errors for odd addresses, and only an exact one is ours.
    foreign = origin is not None and (not host or origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()))
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "foreign_origin", "this request came from another site", event="foreign origin")
    if "x-voiceact" not in request.headers:
        raise Refused(403, "no_header", "the header X-Voiceact is missing; expected: 1", event="no header")


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class RateLimit:
    """At most `burst` at once and `rate` a second for each key, in a memory that does not grow.

    Keys are kept as digests of 16 bytes, whatever their length, and at most `most_keys` of them: the one that was asked for
    longest ago is forgotten for a new one.

    Args:
        burst: requests that may come at once
        rate: further requests a second
        clock: seconds, never going back
        most_keys: keys kept in memory
    """

    def __init__(self, *, burst: int, rate: float, clock: Callable[[], float] = time.monotonic, most_keys: int = 10_000):
        self._burst, self._rate, self._clock, self._most_keys = burst, rate, clock, most_keys
        self._buckets: OrderedDict[bytes, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, key: str, *, take: bool = True) -> float:
        """Return the seconds to wait before one more is allowed; 0 takes it, unless it is only asked."""
        now = self._clock()
        digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()
        bucket = self._buckets.setdefault(digest, _Bucket(self._burst, now))
        self._buckets.move_to_end(digest)
        if len(self._buckets) > self._most_keys:
            self._buckets.popitem(last=False)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.left >= 1:
            bucket.left -= take
            return 0.0
        return (1 - bucket.left) / self._rate

    def check(self, key: str, *, take: bool = True, event: str | None = "too many requests") -> None:
        """Take one (or only ask), or refuse.

        Raises:
            Refused: 429, with the seconds to wait
        """
        seconds = self.wait(key, take=take)
        if seconds > 0:
            raise Refused(429, "too_many", "too many requests; wait a little", event=event, retry_after=int(seconds) + 1)


def client_network(host: str | None) -> str:
    """Return the key under which requests of one client are limited.

    Args:
        host: the client's address as the server saw it; None if it is unknown

    Returns:
        The IPv4 address, or the first 64 bits of an IPv6 address, which one client has all to itself.
    """
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host or "unknown"
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else str(address)
