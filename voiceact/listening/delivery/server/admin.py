"""Serve the administrator: progress, results, links, deletion. All need the administrator's token."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voiceact.listening.answers.results import SUFFIXES, write_results
from voiceact.listening.delivery.server import sessions, submission
from voiceact.listening.delivery.server.progress import measure_progress
from voiceact.listening.delivery.server.routes import service_of
from voiceact.listening.delivery.server.stored import read_stored_answers
from voiceact.listening.loading import ListeningTest
from voiceact.web.security import Refused, check_origin

ADMIN = "admin"
MEDIA = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


def check_admin(request: Request) -> None:
    """Let the administrator pass: by cookie, or by `Authorization: Bearer TOKEN`.

    Raises:
        Refused: 403
    """
    if request.method not in ("GET", "HEAD"):
        check_origin(request)
    scheme, _, word = request.headers.get("authorization", "").partition(" ")
    given = word if scheme.lower() == "bearer" else request.cookies.get(sessions.cookie_name(ADMIN), "")
    _compare(request, given)


def _compare(request: Request, given: str) -> None:
    # Compared first and limited after (`app._refused`): wrong tokens never keep the right one out.
    if not sessions.same_token(given, request.app.state.admin_hash):
        raise Refused(
            403,
            "not_admin",
            "this needs the administrator's link, which the server printed when it started",
            event="wrong admin token",
        )


async def enter_admin(request: Request) -> Response:
    """Trade the administrator's token for a cookie."""
    check_origin(request)
    token = submission.decode_submission(await submission.small_body(request), submission.Token).token
    _compare(request, token)
    response = JSONResponse({"test": service_of(request).test.id})
    sessions.give_cookie(request, response, ADMIN, token)
    return response


async def show_status(request: Request) -> Response:
    """Send the progress."""
    check_admin(request)
    service = service_of(request)
    return JSONResponse(await run_in_threadpool(measure_progress, service.test, service.engine, now=time.time()))


async def send_results(request: Request) -> Response:
    """Send all answers as a file."""
    check_admin(request)
    suffix = request.path_params["suffix"]
    if f".{suffix}" not in SUFFIXES:
        raise Refused(404, "no_format", f"there are no results as .{suffix}; expected {' or '.join(SUFFIXES)}")
    service = service_of(request)
    data = await run_in_threadpool(_results, service.test, service.engine, suffix)
    return Response(data, media_type=MEDIA[suffix], headers={"Content-Disposition": f'attachment; filename="results.{suffix}"'})


def _results(test: ListeningTest, engine: Engine, suffix: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"results.{suffix}"
        write_results(read_stored_answers(test, engine), path)
        return path.read_bytes()


async def add_link(request: Request) -> Response:
    """Make a link for one more listener; its token is sent once."""
    check_admin(request)
    listener_id, token = await service_of(request).queue.run(service_of(request).add_listener)
    return JSONResponse({"listener": listener_id, "token": token})


async def delete_listener(request: Request) -> Response:
    """Delete all data of a listener."""
    check_admin(request)
    await service_of(request).queue.run(service_of(request).delete, request.path_params["who"])
    return JSONResponse({"deleted": request.path_params["who"]})


ADMIN_ROUTES = [
    Route("/api/admin/enter", enter_admin, methods=["POST"]),
    Route("/api/admin/status", show_status),
    Route("/api/admin/results.{suffix:str}", send_results),
    Route("/api/admin/listeners", add_link, methods=["POST"]),
    Route("/api/admin/listeners/{who:str}", delete_listener, methods=["DELETE"]),
]
