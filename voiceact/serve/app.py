"""Make the ASGI application of the speech server.

    app = create_app(ServeSettings())
    app = create_app(settings, routes=[Mount("/studio", routes=studio_routes(...))])

A mounted route finds the pool (`voiceact.serve.pool`) at `request.app.state.pool` and the settings at
`request.app.state.settings`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from voiceact import __version__
from voiceact.serve.pool import SynthesisPool
from voiceact.serve.settings import ServeSettings


def create_app(settings: ServeSettings, *, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """Make the application; its processes start and end with it (ASGI lifespan).

    Args:
        settings: how speech is served
        routes: further routes, of the studio
    """
    pool = SynthesisPool(
        engines=settings.engines,
        workers=settings.workers,
        personas=settings.personas,
        most_requests=settings.most_requests,
    )

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await pool.start()
        try:
            yield
        finally:
            await pool.close()

    app = Starlette(routes=[Route("/health", send_health), *routes], lifespan=lifespan)
    app.state.pool, app.state.settings = pool, settings
    return app


async def send_health(request: Request) -> Response:
    """Say whether speech can be made: 200 if a process is ready, else 503."""
    pool: SynthesisPool = request.app.state.pool
    status = "ok" if pool.ready else "starting"
    body = {
        "status": status,
        "version": __version__,
        "workers": pool.ready,
        "under_way": pool.under_way,
        "waiting": pool.waiting,
    }
    return JSONResponse(body, 200 if pool.ready else 503)
