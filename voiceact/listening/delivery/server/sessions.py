"""Tokens and cookies: who may come in.

A link's token is random (192 bits), stands in the link's fragment, which no browser sends and no proxy logs, and is
traded once for a cookie that scripts cannot read and other sites cannot send. The database keeps its SHA-256 only.
"""

import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

from voiceact.errors import UsageError, count_noun

TOKEN_BYTES = 24
LEAST_ADMIN_TOKEN = 16
"""characters"""
COOKIE_SECONDS = 90 * 24 * 3600


def new_token() -> str:
    """Draw a token: 32 characters of 6 bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_listener_id() -> str:
    """Draw an id: 8 hexadecimal digits, short enough to read out for a deletion; opens nothing by itself."""
    return secrets.token_hex(4)


def token_hash(token: str) -> str:
    """Return the SHA-256 of a token; a long random token needs no salt."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def same_token(given: str, known_hash: str) -> bool:
    """Compare a token with a hash, in constant time."""
    return hmac.compare_digest(token_hash(given), known_hash)


def admin_token(given: str | None) -> str:
    """Return the requested token, or a new one.

    Raises:
        UsageError: if it is short enough to be guessed
    """
    if given is None:
        return new_token()
    if len(given) < LEAST_ADMIN_TOKEN:
        raise UsageError(
            f"--admin-token has {count_noun(len(given), 'character')}; expected at least {LEAST_ADMIN_TOKEN}, "
            f"or none for a random one"
        )
    return given


def cookie_name(listener_id: str) -> str:
    """Return the name of a listener's cookie: one a listener, so that two can use one browser."""
    return f"voiceact_{listener_id}"


def give_cookie(request: Request, response: Response, listener_id: str, token: str) -> None:
    """Set a listener's cookie; without a path it goes to this API alone, under whatever prefix a proxy serves it."""
    response.set_cookie(
        cookie_name(listener_id),
        token,
        max_age=COOKIE_SECONDS,
        path=None,
        httponly=True,
        samesite="strict",
        secure=request.scope["scheme"] == "https",
    )


def take_cookie(response: Response, listener_id: str) -> None:
    """Make the browser forget `who`; the path of a deletion is not that of the gift, so the cookie is emptied and ended."""
    response.set_cookie(cookie_name(listener_id), "", max_age=0, path=None, httponly=True, samesite="strict")
