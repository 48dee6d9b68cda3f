"""Serve a listener's page: small functions that read a request, call the service and answer."""

import time
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voiceact.errors import UsageError
from voiceact.listening.delivery.headphones import TRIALS
from voiceact.listening.delivery.server import participants as people
from voiceact.listening.delivery.server import sessions, submission
from voiceact.listening.delivery.server.models import ListenerRow
from voiceact.listening.delivery.server.service import HEADPHONE_TRIES, ListeningService
from voiceact.listening.delivery.words import load_words
from voiceact.web.security import RateLimit, Refused, check_origin, client_network

TRIAL_NUMBERS = frozenset(map(str, range(TRIALS)))
"""as they stand in an address"""


class RateLimits:
    """How much is allowed; none of it outlives the process, and no address is written down."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.listener = RateLimit(burst=60, rate=10, clock=clock)
        """requests of a session; an item needs two, and takes seconds"""
        self.strangers = RateLimit(burst=30, rate=0.5, clock=clock)
        """wrong links and wrong cookies from an address"""
        self.joins = RateLimit(burst=60, rate=1, clock=clock)
        """new listeners from an address, where the test is open"""


def service_of(request: Request) -> ListeningService:
    """Return the service of the application."""
    service: ListeningService = request.app.state.service
    return service


def limits_of(request: Request) -> RateLimits:
    """Return the limits of the application."""
    limits: RateLimits = request.app.state.limits
    return limits


def address(request: Request) -> str:
    """Return the key of the client's network for limits; held in memory only, as a digest."""
    return client_network(request.client.host if request.client else None)


async def _session(request: Request) -> tuple[str, str | None]:
    """Return id and token of the listener after checking the token; a request that changes something must be our page's.

    Requests are limited by the listener, whom the token has proved, and never by what was sent. Who fails that is limited by
    address when the refusal is sent (`app._refused`), so that no number of wrong cookies keeps the right one out.
    """
    if request.method not in ("GET", "HEAD"):
        check_origin(request)
    listener_id = request.path_params["who"]
    token = request.cookies.get(sessions.cookie_name(listener_id))
    service_of(request).check_cookie(listener_id, token)
    limits_of(request).listener.check(listener_id, event=None)
    return listener_id, token


# --- Coming in


async def enter_test(request: Request) -> Response:
    """Trade the token of a link for a cookie."""
    check_origin(request)
    token = submission.decode_submission(await submission.small_body(request), submission.Token).token
    # The right link opens however many wrong ones came from the same address: a token is too long to be guessed.
    listener_id = await service_of(request).queue.run(service_of(request).enter, token)
    return _welcome(request, listener_id, token)


async def join_test(request: Request) -> Response:
    """Add a listener to an open test."""
    check_origin(request)
    if not request.app.state.most_listeners:
        raise Refused(404, "no_link", "this test is by invitation; open the link that you were given")
    limits_of(request).joins.check(address(request))
    service = service_of(request)
    if await service.queue.run(people.count_listeners) >= request.app.state.most_listeners:
        raise Refused(403, "full", "this test has as many listeners as it wants", event="full")
    return _welcome(request, *await service.queue.run(service.add_listener))


def _welcome(request: Request, listener_id: str, token: str) -> Response:
    response = JSONResponse({"listener": listener_id})
    sessions.give_cookie(request, response, listener_id, token)
    return response


# --- A listener's way through the test


async def send_state(request: Request) -> Response:
    """Send what the page shows next."""
    listener_id, token = await _session(request)
    return JSONResponse(await service_of(request).queue.run(service_of(request).state, listener_id, token))


async def post_consent(request: Request) -> Response:
    """Enter the listener's consent."""
    listener_id, token = await _session(request)
    code = await _language(request)
    return await _change(request, listener_id, token, lambda listener, now: people.give_consent(listener, code, now))


async def post_language(request: Request) -> Response:
    """Change the listener's language."""
    listener_id, token = await _session(request)
    code = await _language(request)

    def change(listener: ListenerRow, _now: float) -> None:
        listener.language = code

    return await _change(request, listener_id, token, change)


async def post_headphones(request: Request) -> Response:
    """Enter the answers to the headphone check."""
    listener_id, token = await _session(request)
    answers = submission.decode_submission(await submission.small_body(request), submission.Places).answers
    return await _change(
        request, listener_id, token, lambda listener, _now: people.check_headphones(listener, answers, HEADPHONE_TRIES)
    )


async def post_ready(request: Request) -> Response:
    """Enter that the instructions were read."""
    listener_id, token = await _session(request)
    test = service_of(request).test
    submission.decode_submission(await submission.small_body(request), submission.Nothing)
    return await _change(request, listener_id, token, lambda listener, now: people.get_ready(listener, test, now))


async def post_answer(request: Request) -> Response:
    """Store an answer; a repeated one gets the same receipt."""
    listener_id, token = await _session(request)
    given = submission.decode_submission(await submission.small_body(request), submission.Submission)
    return JSONResponse(await service_of(request).queue.run(service_of(request).answer, listener_id, token, given))


async def send_sound(request: Request) -> Response:
    """Send the sound of the item that the listener is at; no name, no date, nothing but the sound."""
    listener_id, _ = await _session(request)
    service = service_of(request)
    clip = service.cache.audible_clip(listener_id, request.path_params["clip"])
    if clip is None:
        raise Refused(404, "no_sound", "there is no such sound", event="sound not given")
    # Read anew each time: what is kept in memory would be answered sooner, and tell that others have heard it.
    return Response(await run_in_threadpool(service.test.read_sound, clip), media_type="audio/flac")


async def send_tones(request: Request) -> Response:
    """Send a trial of the headphone check."""
    listener_id, token = await _session(request)
    service, number = service_of(request), request.path_params["number"]
    if number not in TRIAL_NUMBERS:
        raise Refused(404, "no_sound", "there is no such sound", event="sound not given")
    return Response(await service.queue.run(service.tones, listener_id, token, int(number)), media_type="audio/wav")


async def withdraw(request: Request) -> Response:
    """Delete all data of the listener."""
    listener_id, token = await _session(request)
    await service_of(request).queue.run(service_of(request).withdraw, listener_id, token)
    response = JSONResponse({"deleted": listener_id})
    sessions.take_cookie(response, listener_id)
    return response


# --- For everybody


async def send_words(request: Request) -> Response:
    """Send the texts of the interface."""
    try:
        return JSONResponse(load_words(request.path_params["language"], service_of(request).test.protocol))
    except UsageError as error:
        raise Refused(404, "no_language", str(error)) from error


async def send_languages(request: Request) -> Response:
    """Send the languages of the test, before any listener is known; also shows that the server is up."""
    return JSONResponse({"languages": list(service_of(request).test.settings.languages)})


async def _change(request: Request, listener_id: str, token: str | None, change: "people.Change") -> Response:
    return JSONResponse(await service_of(request).queue.run(service_of(request).change, listener_id, token, change))


async def _language(request: Request) -> str:
    code = submission.decode_submission(await submission.small_body(request), submission.Language).language
    if code not in service_of(request).test.settings.languages:
        raise Refused(422, "no_language", f"this test has no texts in {code!r}", event="bad form")
    return code


MINE = "/api/listener/{who:str}"
LISTENER_ROUTES = [
    Route("/api/about", send_languages),
    Route("/api/words/{language:str}", send_words),
    Route("/api/enter", enter_test, methods=["POST"]),
    Route("/api/join", join_test, methods=["POST"]),
    Route(MINE + "/state", send_state),
    Route(MINE + "/consent", post_consent, methods=["POST"]),
    Route(MINE + "/language", post_language, methods=["POST"]),
    Route(MINE + "/headphones", post_headphones, methods=["POST"]),
    Route(MINE + "/ready", post_ready, methods=["POST"]),
    Route(MINE + "/answer", post_answer, methods=["POST"]),
    Route(MINE + "/data", withdraw, methods=["DELETE"]),
    Route(MINE + "/audio/{clip:str}", send_sound),
    Route(MINE + "/headphones/{number:str}", send_tones),
]
