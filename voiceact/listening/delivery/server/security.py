"""What stands before every request: headers, size of bodies, where a request came from, how many there were."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY = 16 * 1024
"""bytes; the longest answer (40 categories) is below 2 KiB"""
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
          "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = [(name.encode(), value.encode()) for name, value in {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}.items()]
HTTPS_HEADERS = [(b"strict-transport-security", b"max-age=31536000")]


class Refused(Exception):
    """An answer of 4xx: `code` for programs, `message` for people; `event` is what is recorded, if anything."""

    def __init__(self, status: int, code: str, message: str, *, event: str | None = None, retry_after: int | None = None):
        super().__init__(message)
        self.status, self.code, self.message, self.event, self.retry_after = status, code, message, event, retry_after


class Guard:
    """ASGI middleware: security headers on every reply, and none is kept in a cache unless it says so."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        extra = HEADERS + (HTTPS_HEADERS if scope["scheme"] == "https" else [])

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.setdefault("headers", [])
                if not any(name == b"cache-control" for name, _ in given):
                    given.append((b"cache-control", b"no-store"))
                given.extend(extra)
            await send(message)

        await self._app(scope, receive, guarded)


async def small_body(request: Request) -> bytes:
    """The body, read no further than it may go.

    Raises:
        Refused: 413 if it is longer than MOST_BODY
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY:
            raise Refused(413, "too_large", f"the body is longer than {MOST_BODY} bytes", event="too large")
    return body


def check_origin(request: Request) -> None:
    """Let only our own pages change anything.

    The cookie is not sent by other sites (SameSite=Strict); a header that a form cannot send, and the Origin that a
    browser adds, say the same again.

    Raises:
        Refused: 403
    """
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403, "foreign_origin", "this request came from another site", event="foreign origin")
    if "x-voiceact" not in request.headers:
        raise Refused(403, "no_header", "the header X-Voiceact is missing; expected: 1", event="no header")


@dataclass
class _Bucket:
    left: float
    at: float


class RateLimit:
    """At most `burst` at once and `rate` a second for each key, in memory: keys are forgotten when they are full again."""

    def __init__(self, *, burst: int, rate: float, clock: Callable[[], float] = time.monotonic, most_keys: int = 10_000):
        self._burst, self._rate, self._clock, self._most_keys = burst, rate, clock, most_keys
        self._buckets: dict[str, _Bucket] = {}

    def wait(self, key: str, *, take: bool = True) -> float:
        """Seconds to wait before one more is allowed; 0 takes it, unless it is only asked."""
        now = self._clock()
        if len(self._buckets) >= self._most_keys:
            self._forget(now)
        bucket = self._buckets.setdefault(key, _Bucket(self._burst, now))
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

    def _forget(self, now: float) -> None:
        full = [key for key, bucket in self._buckets.items() if bucket.left + (now - bucket.at) * self._rate >= self._burst]
        for key in full or list(self._buckets)[:self._most_keys // 10]:
            del self._buckets[key]
