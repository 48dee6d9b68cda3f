"""Make the ASGI application of the speech server.

    app = create_app(ServeSettings())
    app = create_app(settings, routes=[Mount("/studio", routes=studio_routes(...))])

A mounted route finds the pool (`voiceact.serve.pool`) at `request.app.state.pool` and the settings at
`request.app.state.settings`.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from voiceact.errors import VoiceactError
from voiceact.serve.access import Access, endpoint
from voiceact.serve.judging import estimate_audio, verify_audio
from voiceact.serve.listing import send_health, send_metrics, send_model, send_models, send_voices
from voiceact.serve.metrics import Metrics
from voiceact.serve.openapi import describe_api
from voiceact.serve.pool import SynthesisPool
from voiceact.serve.refusals import FAILED, answer_failure, answer_no_route, answer_refusal
from voiceact.serve.settings import ServeSettings
from voiceact.serve.speech import create_speech
from voiceact.web.security import Guard, Refused, unforeseen_answer


def create_app(settings: ServeSettings, *, routes: Sequence[BaseRoute] = (), pool: SynthesisPool | None = None) -> Starlette:
    """Make the application; its processes start and end with it (ASGI lifespan).

    Args:
        settings: how speech is served
        routes: further routes, of the studio
        pool: what speaks; None makes one as the settings say
    """
    pool = pool or SynthesisPool(
        engines=settings.engines,
        workers=settings.workers,
        personas=settings.personas,
        most_requests=settings.most_requests,
        most_seconds=settings.seconds / 2,
    )
    description = describe_api(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await pool.start()
        try:
            yield
        finally:
            await pool.close()

    async def send_description(_request: Request) -> Response:
        return JSONResponse(description)

    app = Starlette(
        routes=[
            Route("/v1/audio/speech", endpoint("speech", create_speech), methods=["POST"]),
            Route("/v1/audio/verify", endpoint("verify", verify_audio), methods=["POST"]),
            Route("/v1/audio/estimate", endpoint("estimate", estimate_audio), methods=["POST"]),
            Route("/v1/audio/voices", endpoint("voices", send_voices)),
            Route("/v1/models", endpoint("models", send_models)),
            Route("/v1/models/{model}", endpoint("model", send_model)),
            Route("/metrics", endpoint("metrics", send_metrics)),
            Route("/health", endpoint("health", send_health, open_to_all=True)),
            Route("/openapi.json", endpoint("schema", send_description, open_to_all=True)),
            *routes,
        ],
        lifespan=lifespan,
        middleware=[Middleware(Guard)],
        exception_handlers={
            Refused: answer_refusal,
            VoiceactError: answer_failure,
            HTTPException: answer_no_route,
            Exception: unforeseen_answer(FAILED),
        },
    )
    # An unknown address is answered with 404, not with a redirect built from the Host header.
    app.router.redirect_slashes = False
    app.state.pool, app.state.settings = pool, settings
    app.state.metrics, app.state.access = Metrics(pool), Access(settings)
    return app
