"""Refusals in OpenAI's shape: one sentence, and what a client's library needs to tell them apart."""

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voiceact.errors import UsageError, VoiceactError
from voiceact.serve.pool import PoolBusyError
from voiceact.web.security import Refused

_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_PARAMS = {"voice": "voice", "emotion": "voiceact.emotion", "check": "check"}
"""what an unknown name was to name -> field that holds it"""
_PATH = re.compile(r"(?<![\w.])(?!/v1/)(?:[A-Za-z]:)?(?:[/\\][\w.@~+-]+){2,}")
"""what looks like a path of this machine"""
FAILED = {"error": {"message": "something failed here; it is logged", "type": "server_error", "param": None, "code": "failed"}}
"""the answer to an error that nobody foresaw"""


class BadRequest(Refused):
    """A refusal of what was sent; `param` names the field."""

    def __init__(self, message: str, *, param: str | None = None, code: str = "invalid_value", status: int = 400):
        self.param = param
        super().__init__(status, code, message)


class Unavailable(Refused):
    """An answer of 503: the engine failed, or took too long."""


def hide_paths(message: str) -> str:
    """Return a message without the paths in it: a client has no business with the server's folders."""
    return _PATH.sub("…", message)


def body_of(refused: Refused) -> dict[str, Any]:
    """Return the body of a refusal, in OpenAI's shape."""
    kind = _TYPES.get(refused.status, "invalid_request_error" if refused.status < 500 else "server_error")
    param = getattr(refused, "param", None)
    return {"error": {"message": refused.message, "type": kind, "param": param, "code": refused.code}}


def refusal_for(error: VoiceactError) -> Refused:
    """Return the refusal that tells a client of an error of the library."""
    if isinstance(error, PoolBusyError):
        return Refused(429, "busy", str(error), retry_after=error.retry_after)
    if isinstance(error, UsageError):
        return BadRequest(hide_paths(str(error)), param=_PARAMS.get(getattr(error, "about", "")))
    # What failed inside is for the log, not for strangers.
    return Unavailable(503, "engine_failed", "the engine failed at this request; it is logged", retry_after=1)


async def answer_refusal(_request: Request, error: Exception) -> Response:
    """Answer with a refusal."""
    assert isinstance(error, Refused)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body_of(error), status_code=error.status, headers=headers)


async def answer_failure(request: Request, error: Exception) -> Response:
    """Answer with an error of the library."""
    assert isinstance(error, VoiceactError)
    return await answer_refusal(request, refusal_for(error))


async def answer_no_route(request: Request, error: Exception) -> Response:
    """Answer an address that does not exist, or a method that it does not take."""
    assert isinstance(error, HTTPException)
    message = (
        f"there is no {request.method} {request.scope['path'][:100]}; /openapi.json lists what there is"
        if error.status_code in (404, 405)
        else error.detail
    )
    response = await answer_refusal(request, Refused(error.status_code, "no_such_route", message))
    response.headers.update(error.headers or {})
    return response
