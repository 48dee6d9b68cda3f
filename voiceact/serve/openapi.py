"""The OpenAPI description of the server, made of the types that check what is sent."""

from collections.abc import Mapping
from typing import Any

import msgspec

from voiceact import __version__
from voiceact.serve.encoding import MEDIA_TYPES
from voiceact.serve.judging import EstimateForm, VerifyForm
from voiceact.serve.schema import SpeechBody
from voiceact.serve.settings import ServeSettings

_REFUSALS = {
    400: "what was sent cannot be done",
    401: "the API key is missing or wrong",
    403: "the request came from a page of another site",
    404: "there is no such model",
    408: "the body did not arrive in time",
    413: "the body is too large",
    415: "the body has another media type",
    429: "too many requests; Retry-After says when to come again",
    503: "the engine failed or took too long",
}


def describe_api(settings: ServeSettings) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document.

    Args:
        settings: whose limits it states
    """
    _, components = msgspec.json.schema_components(
        [SpeechBody, VerifyForm, EstimateForm], ref_template="#/components/schemas/{name}"
    )
    components["SpeechBody"]["properties"]["input"]["maxLength"] = settings.most_characters
    components["Error"] = _error_schema()
    file = {"type": "string", "format": "binary", "description": "an audio file of at most 120 s"}
    for name in ("VerifyForm", "EstimateForm"):
        components[name].setdefault("properties", {}).update(file=file, reference=file)
        components[name]["required"] = ["file"]
    speech = {
        **{media_type: {} for media_type in dict.fromkeys(MEDIA_TYPES.values())},
        "text/event-stream": {},
        "application/json": {"schema": {"type": "object"}},
    }
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "voiceact",
            "version": __version__,
            "summary": "Emotional speech that is verified, in the shape of OpenAI's speech API.",
        },
        "paths": {
            "/v1/audio/speech": {
                "post": _operation("createSpeech", "Speak a text.", speech, body=("application/json", "SpeechBody"))
            },
            "/v1/audio/verify": {
                "post": _operation(
                    "verifyAudio",
                    "Judge a recording against what was asked.",
                    _json(),
                    body=("multipart/form-data", "VerifyForm"),
                )
            },
            "/v1/audio/estimate": {
                "post": _operation(
                    "estimateAudio", "Tell what is heard in a recording.", _json(), body=("multipart/form-data", "EstimateForm")
                )
            },
            "/v1/audio/voices": {"get": _operation("listVoices", "List the personas.", _json())},
            "/v1/models": {"get": _operation("listModels", "List the engines.", _json())},
            "/v1/models/{model}": {
                "get": {
                    **_operation("readModel", "Describe an engine.", _json(), refusals=(401, 403, 404, 429, 503)),
                    "parameters": [
                        {"name": "model", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
                    ],
                }
            },
            "/metrics": {"get": _operation("readMetrics", "Read the figures, in Prometheus's form.", {"text/plain": {}})},
            "/health": {"get": {**_operation("readHealth", "Say whether speech can be made.", _json()), "security": []}},
            "/openapi.json": {"get": {**_operation("readSchema", "Read this document.", _json()), "security": []}},
        },
        "components": {"schemas": components},
    }
    if settings.keys:
        components_of: dict[str, Any] = document["components"]
        components_of["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"key": []}]
    return document


def _operation(
    name: str,
    summary: str,
    content: Mapping[str, Any],
    *,
    body: tuple[str, str] | None = None,
    refusals: tuple[int, ...] = (401, 403, 429, 503),
) -> dict[str, Any]:
    """Describe an operation; one with a body may be refused in every way, others in those of `refusals`."""
    refused = _REFUSALS if body else {status: _REFUSALS[status] for status in refusals}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {
            "200": {"description": "done", "content": dict(content)},
            **{
                str(status): {
                    "description": what,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
                for status, what in refused.items()
            },
        },
    }
    if body:
        media_type, schema = body
        operation["requestBody"] = {
            "required": True,
            "content": {media_type: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        }
    return operation


def _json() -> dict[str, Any]:
    return {"application/json": {"schema": {"type": "object"}}}


def _error_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type", "param", "code"],
                "properties": {
                    "message": {"type": "string"},
                    "type": {"type": "string"},
                    "param": {"type": ["string", "null"]},
                    "code": {"type": "string"},
                },
            }
        },
    }
