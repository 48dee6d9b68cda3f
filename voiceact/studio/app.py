"""Put the studio into the speech server's application, and run it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route

from voiceact.serve.app import create_app
from voiceact.serve.run import OpenedServer, bind_server
from voiceact.serve.settings import ServeSettings
from voiceact.studio.keeping import Studio
from voiceact.studio.project import Project
from voiceact.studio.routes import studio_routes

DRAIN_SECONDS = 5
"""in which requests that are under way may end: a page sends again what was not stored"""


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


def open_studio(project: Project, settings: ServeSettings, *, host: str = "127.0.0.1", port: int = 8770) -> OpenedServer:
    """Bind the port and make the server; its url is the link that opens the studio, with the project's key.

    Args:
        project: open
        settings: of the processes that speak
        host: address to bind
        port: to bind; 0 takes a free one

    Raises:
        UsageError: if the port is taken
    """
    app = studio_app(project, settings)
    opened = bind_server(app, host=host, port=port, drain_seconds=DRAIN_SECONDS)
    return replace(opened, url=f"{opened.url}/studio/#{app.state.studio.key}")
