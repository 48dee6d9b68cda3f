"""Make the ASGI application: pages, routes, and the answers to what is refused."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from voiceact.listening.delivery.server import sessions
from voiceact.listening.delivery.server.admin import ADMIN_ROUTES
from voiceact.listening.delivery.server.routes import LISTENER_ROUTES, RateLimits, address, limits_of
from voiceact.listening.delivery.server.service import ListeningService
from voiceact.web.security import Guard, Refused, unforeseen_answer

STATIC = Path(__file__).with_name("static")
PAGES = {"/": "listen.html", "/admin": "admin.html"}
MEDIA = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
STRANGERS = ("unknown_link", "not_admin")
"""refusals that count against an address"""


def make_app(service: ListeningService, *, admin_token: str, most_listeners: int = 0) -> Starlette:
    """Make the ASGI application of a test.

    Args:
        service: of the test
        admin_token: of the administrator's link
        most_listeners: how many may join without a link; 0 where links are needed
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        service.close()

    files = [path for path in sorted(STATIC.iterdir()) if path.name not in PAGES.values()]
    routes: list[BaseRoute] = [
        *(Route(url, _serve_file(STATIC / name)) for url, name in PAGES.items()),
        *(Route(f"/{path.name}", _serve_file(path)) for path in files),
        *LISTENER_ROUTES,
        *ADMIN_ROUTES,
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(Guard)],
        exception_handlers={Refused: _refused, HTTPException: _no_page, Exception: unforeseen_answer()},
    )
    # An unknown address is answered with 404, not with a redirect built from the Host header.
    app.router.redirect_slashes = False
    app.state.service, app.state.limits = service, RateLimits()
    app.state.admin_hash, app.state.most_listeners = sessions.token_hash(admin_token), most_listeners
    return app


def _serve_file(path: Path) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """Make an endpoint that answers with a file of this package: read once, a new response for each request."""
    data, media_type = path.read_bytes(), MEDIA[path.suffix]

    async def serve(_request: Request) -> Response:
        return Response(data, media_type=media_type)

    return serve


async def _refused(request: Request, error: Exception) -> Response:
    """Answer with the refusal, record it, and count strangers."""
    assert isinstance(error, Refused)
    if error.code in STRANGERS and (seconds := limits_of(request).strangers.wait(address(request))) > 0:
        error = Refused(
            429, "too_many", "too many requests; wait a little", event="too many requests", retry_after=int(seconds) + 1
        )
    service: ListeningService = request.app.state.service
    if error.event and service.may_record():
        await service.queue.run(service.record, error.event, listener=request.path_params.get("who"), detail=error.message)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return JSONResponse({"error": error.code, "message": error.message}, status_code=error.status, headers=headers)


async def _no_page(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "there is no such page; open the link that you were given" if error.status_code == 404 else error.detail
    return JSONResponse({"error": "no_page", "message": message}, status_code=error.status_code, headers=error.headers)
