"""Put the studio into the speech server's application, and run it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from voiceact.errors import UsageError
from voiceact.listening.delivery.server.security import Guard
from voiceact.serve.app import create_app
from voiceact.serve.settings import ServeSettings
from voiceact.studio.keeping import Studio
from voiceact.studio.project import Project
from voiceact.studio.routes import studio_routes

if TYPE_CHECKING:
    import uvicorn

BACKLOG = 256


@dataclass(frozen=True)
class OpenedStudio:
    """A studio about to answer.

    Attributes:
        url: link that opens it, with the project's key
        server: that answers
        listening: the bound socket
    """

    url: str
    server: "uvicorn.Server"
    listening: socket.socket

    def run(self) -> None:
        """Answer until Ctrl-C or SIGTERM."""
        self.server.run(sockets=[self.listening])


def studio_app(project: Project, settings: ServeSettings) -> Starlette:
    """Make the application: the speech server with the studio of a project under /studio/."""
    studio = Studio(project)

    async def go_to_studio(_request: Request) -> Response:
        return RedirectResponse("/studio/")

    app = create_app(
        settings,
        routes=[
            Route("/", go_to_studio),
            Route("/studio", go_to_studio),
            Mount("/studio", routes=studio_routes(studio), middleware=[Middleware(Guard)]),
        ],
    )
    serving = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with serving(app), studio.running(app):
            yield

    app.router.lifespan_context = lifespan
    app.state.studio = studio
    return app


def open_studio(project: Project, settings: ServeSettings, *, host: str = "127.0.0.1", port: int = 8770) -> OpenedStudio:
    """Bind the port and make the server.

    Args:
        project: open
        settings: of the processes that speak
        host: address to bind
        port: to bind; 0 takes a free one

    Raises:
        UsageError: if the port is taken
    """
    import uvicorn

    app = studio_app(project, settings)
    listening = bind(host, port)
    shown = f"[{host}]" if ":" in host else "localhost" if host == "0.0.0.0" else host
    config = uvicorn.Config(
        app, access_log=False, server_header=False, log_level="warning", ws="none", timeout_graceful_shutdown=5
    )
    key = app.state.studio.key
    return OpenedStudio(f"http://{shown}:{listening.getsockname()[1]}/studio/#{key}", uvicorn.Server(config), listening)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens: a link to a port that is taken helps nobody.

    Raises:
        UsageError: if it cannot be bound
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio knows it for TCP and sends small replies at once.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port") from error
    return listening
