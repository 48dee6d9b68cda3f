"""What a server has: voices, models, how it is."""

import logging
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voiceact import __version__
from voiceact.acting.persona import list_personas
from voiceact.serve.metrics import CONTENT_TYPE_LATEST, Metrics
from voiceact.serve.pool import SynthesisPool
from voiceact.serve.settings import ServeSettings
from voiceact.serve.speech import model_name


async def send_voices(request: Request) -> Response:
    """List the personas."""
    settings: ServeSettings = request.app.state.settings
    voices = await run_in_threadpool(_voices, settings)
    return JSONResponse({"object": "list", "voices": voices, "data": voices})


def _voices(settings: ServeSettings) -> list[dict[str, Any]]:
    faults: list[str] = []
    personas = list_personas(settings.personas, faults=faults)
    for fault in faults:
        # One broken file hides no other voice; a request that names it is told.
        logging.getLogger(__name__).warning("%s", fault)
    known = {persona.name for persona in personas}
    return [
        {
            "id": persona.name,
            "object": "voice",
            "name": persona.name.replace("-", " "),
            "description": persona.description,
            "language": persona.language,
            "gender": persona.gender,
            "age": persona.age,
            "tags": list(persona.tags),
        }
        for persona in personas
    ] + [
        {"id": alias, "object": "voice", "name": alias, "description": f"another name of {name}"}
        for alias, name in settings.aliases.items()
        if name in known
    ]


async def send_models(request: Request) -> Response:
    """List the engines, in OpenAI's shape."""
    return JSONResponse({"object": "list", "data": _models(request.app.state.settings)})


async def send_model(request: Request) -> Response:
    """Describe one engine, in OpenAI's shape.

    Raises:
        BadRequest: 404 if it is not served
    """
    name = request.path_params["model"]
    model_name(name, request.app.state.settings)
    return JSONResponse(next(model for model in _models(request.app.state.settings) if model["id"] == name))


def _models(settings: ServeSettings) -> list[dict[str, Any]]:
    names = list(settings.engine_names())
    aliases = [alias for alias, name in settings.aliases.items() if name in names]
    return [{"id": name, "object": "model", "created": 0, "owned_by": "voiceact"} for name in names + aliases]


async def send_health(request: Request) -> Response:
    """Say whether speech can be made: 200 if a process is ready, else 503."""
    pool: SynthesisPool = request.app.state.pool
    body = {
        "status": "ok" if pool.ready else "starting",
        "version": __version__,
        "workers": pool.ready,
        "under_way": pool.under_way,
        "waiting": pool.waiting,
    }
    return JSONResponse(body, 200 if pool.ready else 503)


async def send_metrics(request: Request) -> Response:
    """Send the figures, in Prometheus's text form."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
