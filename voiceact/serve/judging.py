"""POST /v1/audio/verify and /v1/audio/estimate: a recording in, scores with their evidence out."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from voiceact.serve.access import check_media_type, read_limited, until_gone
from voiceact.serve.listening import Recording, estimate_recording, verify_recording
from voiceact.serve.metrics import Metrics
from voiceact.serve.pool import SynthesisPool
from voiceact.serve.refusals import BadRequest
from voiceact.serve.schema import MOST_EMOTIONS, wrong_value
from voiceact.serve.settings import ServeSettings
from voiceact.text.cleaning import MAX_CHARACTERS

MOST_FIELDS = 32
MOST_FIELD = 16 * 1024
"""bytes of a field that is no file"""
_Emotions = Annotated[list[Annotated[str, Meta(min_length=1, max_length=1000)]], Meta(max_length=MOST_EMOTIONS)]


class VerifyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fields of POST /v1/audio/verify beside the files `file` and `reference`."""

    text: Annotated[str, Meta(max_length=MAX_CHARACTERS, description="what was to be said")] = ""
    emotion: Annotated[_Emotions, Meta(description="what was to be felt; may be given several times")] = []
    intensity: Annotated[float, Meta(ge=0, le=7, description="of emotions that state none of their own")] | None = None
    language: Annotated[str, Meta(pattern="^[a-z]{2,3}$", description="of the text")] = "en"
    check: Annotated[
        list[Annotated[str, Meta(max_length=40)]], Meta(max_length=10, description="checks to make; without any, all")
    ] = []


class EstimateForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Fields of POST /v1/audio/estimate beside the files `file` and `reference`: none."""


async def verify_audio(request: Request) -> Response:
    """Judge a recording against what was asked of it."""
    recording, reference, fields = await _read_form(request, VerifyForm)
    pool: SynthesisPool = request.app.state.pool
    metrics: Metrics = request.app.state.metrics
    settings: ServeSettings = request.app.state.settings
    with pool.admit():
        answer: dict[str, Any] = await until_gone(
            request.receive,
            pool.run(
                verify_recording,
                recording,
                text=fields.text,
                emotions=tuple(fields.emotion),
                intensity=fields.intensity,
                language=fields.language,
                reference=reference,
                checks=tuple(fields.check),
            ),
            seconds=settings.seconds,
        )
    metrics.verdicts.labels(answer["verdict"]["level"]).inc()
    return JSONResponse(answer)


async def estimate_audio(request: Request) -> Response:
    """Tell what is heard in a recording."""
    recording, reference, _ = await _read_form(request, EstimateForm)
    pool: SynthesisPool = request.app.state.pool
    settings: ServeSettings = request.app.state.settings
    with pool.admit():
        work = pool.run(estimate_recording, recording, reference=reference)
        answer = await until_gone(request.receive, work, seconds=settings.seconds)
    return JSONResponse(answer)


async def _read_form(request: Request, kind: type[Any]) -> tuple[Recording, Recording | None, Any]:
    """Read a form with a recording: the file, the reference (if any), and the other fields as `kind`.

    Raises:
        BadRequest: if it is no form, the file is missing, or a field is wrong
    """
    settings: ServeSettings = request.app.state.settings
    check_media_type(request, "multipart/form-data")
    body = await read_limited(request, settings.most_upload)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    # Parsed once it is here: a part that arrives slowly holds nothing but its own bytes.
    try:
        form = await Request(request.scope, receive).form(max_files=2, max_fields=MOST_FIELDS, max_part_size=MOST_FIELD)
    except HTTPException as error:
        raise BadRequest(f"the form cannot be read ({error.detail})", code="bad_form") from None
    try:
        files = {name: await part.read() for name, part in form.multi_items() if isinstance(part, UploadFile)}
        fields = _fields(form, kind)
    finally:
        await form.close()
    if unknown := sorted(set(files) - {"file", "reference"}):
        raise BadRequest(f"unknown file {unknown[0][:80]!r}; expected 'file' and perhaps 'reference'", param=unknown[0][:80])
    if not files.get("file"):
        raise BadRequest("the form holds no file; expected a recording: curl -F file=@clip.wav", param="file")
    reference = Recording(files["reference"], "reference") if files.get("reference") else None
    return Recording(files["file"], "file"), reference, fields


def _fields(form: FormData, kind: type[Any]) -> Any:
    """Return the fields of a form that are no files, checked; those that may be given several times are lists."""
    known = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            continue
        if name in known and known[name].default_factory is list:
            values.setdefault(name, []).append(value)
        elif name in values:
            raise BadRequest(f"{name[:80]} is given twice; give it once", param=name[:80])
        else:
            values[name] = value
    try:
        # The values of a form are texts, so that numbers among them are read.
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise wrong_value(error) from None
