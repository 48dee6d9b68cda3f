"""Who may ask for what, and how much of it: API keys, rates, bodies of bounded size that arrive in bounded time."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive

from voiceact.errors import VoiceactError
from voiceact.serve.metrics import Metrics
from voiceact.serve.refusals import BadRequest, Unavailable, answer_failure, answer_refusal
from voiceact.serve.settings import ServeSettings
from voiceact.web.security import RateLimit, Refused, client_network, read_body

Handler = Callable[[Request], Awaitable[Response]]
Result = TypeVar("Result")

BODY_SECONDS = 20.0
"""in which a body must have arrived; an upload has longer by its size"""
UPLOAD_BYTES_PER_SECOND = 64 * 1024
"""slowest upload that is waited for"""
CLIENT_GONE = 499
"""status, for the figures alone, of a request whose client closed the connection"""


class ClientGoneError(Exception):
    """The client closed the connection before it had its answer."""


class Access:
    """API keys and rates of one application; keys are kept as digests.

    Args:
        settings: how speech is served
        clock: seconds, never going back
    """

    def __init__(self, settings: ServeSettings, clock: Callable[[], float] = time.monotonic):
        self._keys = [_digest(key) for key in settings.keys]
        self._rates = RateLimit(burst=max(1, settings.rate // 6), rate=settings.rate / 60, clock=clock)
        self._strangers = RateLimit(burst=30, rate=0.5, clock=clock)

    def check(self, request: Request) -> None:
        """Let a request pass.

        Raises:
            Refused: 401 without a right key, 403 from a page of another site, 429 if there were too many
        """
        if request.headers.get("sec-fetch-site") == "cross-site":
            # A page on the web could otherwise make a server on its reader's own machine work.
            raise Refused(403, "foreign_origin", "this request came from a page of another site")
        who = client_network(request.client.host if request.client else None)
        if self._keys:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            given = _digest(key.strip()) if scheme.lower() == "bearer" else b""
            # All are compared, so that the time does not tell which of them was right.
            if not sum(hmac.compare_digest(given, known) for known in self._keys):
                self._limit(self._strangers, who)
                message = "the API key is missing or wrong; expected the header 'Authorization: Bearer KEY'"
                raise Refused(401, "invalid_api_key", message)
            who = given.hex()
        self._limit(self._rates, who)

    def _limit(self, limit: RateLimit, who: str) -> None:
        seconds = limit.wait(who)
        if seconds > 0:
            wait = int(seconds) + 1
            raise Refused(429, "rate_limit_exceeded", f"too many requests; try again in {wait} s", retry_after=wait)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def endpoint(name: str, handler: Handler, *, open_to_all: bool = False) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Return a handler with its access checked, its errors answered, and its answers counted.

    Args:
        name: of the route, in the figures
        handler: reads a request and returns the answer
        open_to_all: whether no key is needed and no rate kept
    """

    async def handle(request: Request) -> Response:
        metrics: Metrics = request.app.state.metrics
        access: Access = request.app.state.access
        began = time.monotonic()
        try:
            if not open_to_all:
                access.check(request)
            response = await handler(request)
        except Refused as error:
            response = await answer_refusal(request, error)
        except VoiceactError as error:
            response = await answer_failure(request, error)
        except ClientGoneError:
            metrics.cancelled.inc()
            response = Response(status_code=CLIENT_GONE)
        metrics.requests.labels(name, response.status_code).inc()
        metrics.seconds.labels(name).observe(time.monotonic() - began)
        return response

    return handle


async def read_limited(request: Request, most: int) -> bytes:
    """Read a body of at most `most` bytes, within the time that a slow client has for it.

    Raises:
        Refused: 408 or 413
        ClientGoneError: if the client closed the connection before the end
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and len(length) < 20 and int(length) > most:
        raise Refused(413, "too_large", f"the body has {int(length):,} bytes; expected at most {most:,}")
    try:
        async with asyncio.timeout(BODY_SECONDS + most / UPLOAD_BYTES_PER_SECOND):
            return await read_body(request, most)
    except ClientDisconnect:
        raise ClientGoneError from None
    except TimeoutError:
        raise Refused(408, "body_timeout", "the body did not arrive in time; send it at once") from None


def check_media_type(request: Request, *expected: str) -> str:
    """Return the media type of a body, which must be one of those expected.

    Raises:
        BadRequest: 415 if it is another
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in expected:
        raise BadRequest(
            f"the body is {media_type[:80] or 'of no stated type'!r}; expected the header "
            f"'Content-Type: {' or '.join(expected)}'",
            param="content-type",
            code="unsupported_media_type",
            status=415,
        )
    return media_type


async def until_gone(receive: Receive, work: Awaitable[Result], *, seconds: float) -> Result:
    """Await some work, and cancel it when the client goes away or the time is over.

    Args:
        receive: of the request, whose body has been read
        work: is cancelled
        seconds: time limit

    Raises:
        ClientGoneError: if the client closed the connection
        Unavailable: 503 if the time was over
    """
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_wait_for_disconnect(receive))
    try:
        await asyncio.wait({doing, leaving}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        if leaving.done():
            raise ClientGoneError
        raise Unavailable(503, "timeout", f"this took longer than {seconds:g} s and was stopped; send less text", retry_after=1)
    finally:
        leaving.cancel()
        doing.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
