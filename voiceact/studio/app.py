"""Put the studio into the speech server's application, and run it."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from voiceact.serve.app import create_app
from voiceact.serve.settings import ServeSettings
from voiceact.studio.keeping import Studio
from voiceact.studio.project import Project
from voiceact.studio.routes import studio_routes
from voiceact.web.socket import bind, url_of

if TYPE_CHECKING:
    import uvicorn


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
            Mount("/studio", routes=studio_routes(studio)),
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
    config = uvicorn.Config(
        app, access_log=False, server_header=False, log_level="warning", ws="none", timeout_graceful_shutdown=5
    )
    key = app.state.studio.key
    return OpenedStudio(f"{url_of(host, listening)}/studio/#{key}", uvicorn.Server(config), listening)
