"""The application: pages, addresses, and what happens when something is refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from voiceact.listening.delivery.server import sessions
from voiceact.listening.delivery.server.admin import ADMIN_ROUTES
from voiceact.listening.delivery.server.routes import LISTENER_ROUTES, Limits, address, limits_of
from voiceact.listening.delivery.server.security import Guard, Refused
from voiceact.listening.delivery.server.service import Desk

STATIC = Path(__file__).with_name("static")
STRANGERS = ("unknown_link", "not_admin")
"""refusals that count against an address"""


def make_app(desk: Desk, *, admin_token: str, most_listeners: int = 0) -> Starlette:
    """The ASGI application of a test.

    most_listeners: how many may join by themselves; 0 where only links lead in
    """
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        desk.close()

    app = Starlette(routes=_routes(), lifespan=lifespan, middleware=[Middleware(Guard)],
                    exception_handlers={Refused: _refused, HTTPException: _no_page})
    app.state.desk, app.state.limits = desk, Limits()
    app.state.admin_hash, app.state.most_listeners = sessions.token_hash(admin_token), most_listeners
    return app


def _routes() -> list[BaseRoute]:
    return [Route("/", _page("listen.html")), Route("/admin", _page("admin.html")), *LISTENER_ROUTES, *ADMIN_ROUTES,
            Mount("/", StaticFiles(directory=STATIC))]


def _page(name: str) -> FileResponse:
    # A response is an ASGI application by itself.
    return FileResponse(STATIC / name, media_type="text/html")


async def _refused(request: Request, error: Exception) -> Response:
    """Tell what was refused, record it, and count strangers."""
    assert isinstance(error, Refused)
    if error.code in STRANGERS and (seconds := limits_of(request).strangers.wait(address(request))) > 0:
        error = Refused(429, "too_many", "too many requests; wait a little", retry_after=int(seconds) + 1)
    desk: Desk = request.app.state.desk
    if error.event and desk.may_record():
        await desk.line.ask(desk.record, error.event, listener=request.path_params.get("who"), detail=error.message)
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return JSONResponse({"error": error.code, "message": error.message}, status_code=error.status, headers=headers)


async def _no_page(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "there is no such page; open the link that you were given" if error.status_code == 404 else error.detail
    return JSONResponse({"error": "no_page", "message": message}, status_code=error.status_code, headers=error.headers)
