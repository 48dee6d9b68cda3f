"""The addresses that a listener's page asks: small functions that read a request, ask the desk and tell."""

import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from voiceact.errors import UsageError
from voiceact.listening.delivery.server import participants as people
from voiceact.listening.delivery.server import sessions, submission
from voiceact.listening.delivery.server.models import Listener
from voiceact.listening.delivery.server.security import RateLimit, Refused, check_origin, small_body
from voiceact.listening.delivery.server.service import HEADPHONE_TRIES, Desk
from voiceact.listening.delivery.words import load_words


class Limits:
    """How much is allowed; none of it outlives the process, and no address is written down."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.listener = RateLimit(burst=60, rate=10, clock=clock)
        """requests of a session; an item needs two, and takes seconds"""
        self.strangers = RateLimit(burst=30, rate=0.5, clock=clock)
        """wrong links and wrong cookies from an address"""
        self.joins = RateLimit(burst=60, rate=1, clock=clock)
        """new listeners from an address, where the test is open"""


def desk_of(request: Request) -> Desk:
    """The desk of the application."""
    desk: Desk = request.app.state.desk
    return desk


def limits_of(request: Request) -> Limits:
    """The limits of the application."""
    limits: Limits = request.app.state.limits
    return limits


def address(request: Request) -> str:
    """Where a request came from; kept in memory only."""
    return request.client.host if request.client else "unknown"


async def _session(request: Request) -> tuple[str, str | None]:
    """Id and token of who asks; a request that changes something must come from our page."""
    if request.method not in ("GET", "HEAD"):
        check_origin(request)
    who = request.path_params["who"]
    token = request.cookies.get(sessions.cookie_name(who))
    limits_of(request).listener.check(token or address(request), event=None)
    return who, token


# --- Coming in


async def enter(request: Request) -> Response:
    """Trade the token of a link for a cookie."""
    check_origin(request)
    limits_of(request).strangers.check(address(request), take=False)
    token = submission.decode(await small_body(request), submission.Token).token
    who = await desk_of(request).line.ask(desk_of(request).enter, token)
    return _welcome(request, who, token)


async def join(request: Request) -> Response:
    """Become a listener of an open test."""
    check_origin(request)
    if not request.app.state.most_listeners:
        raise Refused(404, "no_link", "this test is by invitation; open the link that you were given")
    limits_of(request).joins.check(address(request))
    desk = desk_of(request)
    if await desk.line.ask(people.count_listeners) >= request.app.state.most_listeners:
        raise Refused(403, "full", "this test has as many listeners as it wants", event="full")
    return _welcome(request, *await desk.line.ask(desk.add_listener))


def _welcome(request: Request, who: str, token: str) -> Response:
    response = JSONResponse({"listener": who})
    sessions.give_cookie(request, response, who, token)
    return response


# --- A listener's way through the test


async def state(request: Request) -> Response:
    """What the page shows next."""
    who, token = await _session(request)
    return JSONResponse(await desk_of(request).line.ask(desk_of(request).state, who, token))


async def consent(request: Request) -> Response:
    """The listener agreed."""
    asked = await _language(request)
    return await _advance(request, lambda listener, now: people.give_consent(listener, asked, now))


async def language(request: Request) -> Response:
    """The listener reads another language."""
    asked = await _language(request)

    def change(listener: Listener, _now: float) -> None:
        listener.language = asked

    return await _advance(request, change)


async def headphones(request: Request) -> Response:
    """The answers to the headphone check."""
    answers = submission.decode(await small_body(request), submission.Places).answers
    return await _advance(request, lambda listener, _now: people.check_headphones(listener, answers, HEADPHONE_TRIES))


async def ready(request: Request) -> Response:
    """The instructions were read."""
    test = desk_of(request).test
    submission.decode(await small_body(request), submission.Nothing)
    return await _advance(request, lambda listener, now: people.get_ready(listener, test, now))


async def answer(request: Request) -> Response:
    """An answer; the same one again is answered as the first time."""
    who, token = await _session(request)
    given = submission.decode(await small_body(request), submission.Submission)
    return JSONResponse(await desk_of(request).line.ask(desk_of(request).answer, who, token, given))


async def sound(request: Request) -> Response:
    """The sound of the item that the listener is at; no name, no date, nothing but the sound."""
    who, token = await _session(request)
    desk = desk_of(request)
    clip = request.path_params["clip"]
    if not desk.is_known(who, token):
        await desk.line.ask(desk.check, who, token)
    if not desk.blocks.may_hear(who, clip):
        raise Refused(404, "no_sound", "there is no such sound", event="sound not given")
    return Response(_read(desk.test.audio_path(clip)), media_type="audio/flac")


async def tones(request: Request) -> Response:
    """A trial of the headphone check."""
    who, token = await _session(request)
    desk = desk_of(request)
    return Response(await desk.line.ask(desk.tones, who, token, request.path_params["number"]), media_type="audio/wav")


async def withdraw(request: Request) -> Response:
    """Delete all data of the listener."""
    who, token = await _session(request)
    await desk_of(request).line.ask(desk_of(request).withdraw, who, token)
    response = JSONResponse({"deleted": who})
    sessions.take_cookie(response, who)
    return response


# --- For everybody


async def words(request: Request) -> Response:
    """The texts of the interface."""
    try:
        return JSONResponse(load_words(request.path_params["language"], desk_of(request).test.protocol))
    except UsageError as error:
        raise Refused(404, "no_language", str(error)) from error


async def about(request: Request) -> Response:
    """Which languages there are, before anybody is known; also tells that the server is up."""
    return JSONResponse({"languages": list(desk_of(request).test.settings.languages)})


async def _advance(request: Request, change: "people.Change") -> Response:
    who, token = await _session(request)
    return JSONResponse(await desk_of(request).line.ask(desk_of(request).change, who, token, change))


async def _language(request: Request) -> str:
    asked = submission.decode(await small_body(request), submission.Language).language
    if asked not in desk_of(request).test.settings.languages:
        raise Refused(422, "no_language", f"this test has no texts in {asked!r}", event="bad form")
    return asked


@lru_cache(maxsize=256)
def _read(path: Path) -> bytes:
    return path.read_bytes()


MINE = "/api/listener/{who:str}"
LISTENER_ROUTES = [
    Route("/api/about", about), Route("/api/words/{language:str}", words),
    Route("/api/enter", enter, methods=["POST"]), Route("/api/join", join, methods=["POST"]),
    Route(MINE + "/state", state),
    Route(MINE + "/consent", consent, methods=["POST"]), Route(MINE + "/language", language, methods=["POST"]),
    Route(MINE + "/headphones", headphones, methods=["POST"]), Route(MINE + "/ready", ready, methods=["POST"]),
    Route(MINE + "/answer", answer, methods=["POST"]), Route(MINE + "/data", withdraw, methods=["DELETE"]),
    Route(MINE + "/audio/{clip:str}", sound), Route(MINE + "/headphones/{number:int}", tones),
]
