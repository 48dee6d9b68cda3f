"""Serve a project: small functions that read a request, call the project and answer.

app = create_app(settings, routes=[Mount("/studio", routes=studio_routes(project, studio))])
"""

import asyncio
import functools
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from voiceact.errors import UsageError, VoiceactError
from voiceact.listening.delivery.server import app as listening_app
from voiceact.prompting.feeling import read_emotions
from voiceact.prompting.person import load_or_read
from voiceact.studio import changes, export, pages, reading, takes
from voiceact.studio.changes import Author, Conflict
from voiceact.studio.importers import KINDS, ImportedLine, read_script
from voiceact.studio.importers.base import MOST_BYTES
from voiceact.studio.keeping import Studio
from voiceact.studio.making import beside
from voiceact.studio.project import VOICE, make_casting, recast, the_project
from voiceact.web.security import Refused, check_origin, read_body

STATIC = Path(__file__).with_name("static")
MEDIA = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
COOKIE = "voiceact_studio"
COOKIE_SECONDS = 90 * 24 * 3600
MOST_BODY = 2 * 2**20
ARCHIVE = re.compile(r"[a-z0-9-]{1,40}\.zip")

Text = Annotated[str, msgspec.Meta(max_length=20_000)]
Name = Annotated[str, msgspec.Meta(max_length=60)]
Nonce = Annotated[str, msgspec.Meta(min_length=8, max_length=64)]
Form = TypeVar("Form", bound="Authored")


# --- What pages send


class Authored(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Every change says from which browser it comes, and has a nonce of its own."""

    nonce: Nonce
    client: Nonce
    who: Name = ""

    @property
    def author(self) -> Author:
        """Who changes something."""
        return Author(self.nonce, self.client, self.who.strip())


class Edit(Authored):
    """Cells of a line that was seen at `version`."""

    version: int
    cells: dict[str, str]


class Mark(Authored):
    """A mark, or "" for none."""

    mark: str


class Pick(Authored):
    """A take, or null for none."""

    take: str | None


class Place(Authored):
    """The line behind which another one goes; null for the top."""

    after: str | None


class Added(Place):
    """Lines as cells."""

    lines: Annotated[list[dict[str, str]], msgspec.Meta(min_length=1, max_length=1000)]


class Keys(Authored):
    """Lines."""

    keys: Annotated[list[str], msgspec.Meta(min_length=1, max_length=100_000)]


class Ask(Authored):
    """New takes: of these lines, or of all of a kind."""

    keys: Annotated[list[str], msgspec.Meta(max_length=5000)] = []
    which: str = ""
    count: Annotated[int, msgspec.Meta(ge=1, le=takes.MOST_AT_ONCE)] = 1


class Undo(Authored):
    """Take back the last change, or make it again."""

    again: bool = False


class Settings(Authored):
    """Settings of the whole table."""

    persona: Text
    language: Annotated[str, msgspec.Meta(min_length=2, max_length=12)]
    engine: Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
    cast: dict[str, Text]


class Export(Authored):
    """What is handed over."""

    suffix: str = ".wav"
    unpicked: bool = True
    stale: bool = False
    scenes: bool = False
    gap: float = 0.4
    captions: tuple[str, ...] = ("srt",)
    records: bool = True
    folder: bool = False
    """into the folder of `voiceact lines` instead of a ZIP"""


# --- What every answer goes through

Handler = Callable[[Request, Studio], Awaitable[Response]]


def _guarded(studio: Studio, handler: Handler, *, open_to_all: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a handler: who has not the project's key is refused, and so is what another site's page sends."""

    @functools.wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            if request.method not in ("GET", "HEAD"):
                check_origin(request)
            if not open_to_all:
                studio.check_key(request.cookies.get(COOKIE))
            return await handler(request, studio)
        except Conflict as error:
            body = {"error": error.code, "message": error.message, "line": error.line, "columns": error.columns, "by": error.by}
            return JSONResponse(body, error.status)
        except Refused as error:
            headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
            return JSONResponse({"error": error.code, "message": error.message}, error.status, headers)
        except UsageError as error:
            return JSONResponse({"error": "usage", "message": str(error)}, 422)
        except VoiceactError as error:
            return JSONResponse({"error": "failed", "message": str(error)}, 507 if "disk is full" in str(error) else 422)

    return answer


async def _form(request: Request, kind: type[Form]) -> Form:
    """Read the body as a form.

    Raises:
        Refused: 400 if it is none
    """
    try:
        return msgspec.json.decode(await read_body(request, MOST_BODY), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "bad_form", f"what was sent is not as expected: {error}") from None


def _number(request: Request, name: str, default: int, most: int) -> int:
    """Read a number of the address."""
    given = request.query_params.get(name, str(default))
    if not re.fullmatch(r"\d{1,15}", given, re.ASCII) or int(given) > most:
        raise Refused(400, "no_number", f"{name} is {given[:40]!r}; expected a number from 0 to {most}")
    return int(given)


# --- Coming in


async def enter(request: Request, studio: Studio) -> Response:
    """Trade the key of the link for a cookie that scripts cannot read."""
    try:
        key = msgspec.json.decode(await read_body(request, 1000), type=dict[str, str]).get("key", "")
    except msgspec.DecodeError:
        key = ""
    studio.check_key(key)
    response = JSONResponse({"ok": True})
    secure = request.scope["scheme"] == "https"
    response.set_cookie(COOKIE, key, max_age=COOKIE_SECONDS, path="/", httponly=True, samesite="strict", secure=secure)
    return response


# --- Reading


async def send_project(_request: Request, studio: Studio) -> Response:
    """Send settings, counts and what can be chosen."""
    found = await studio.project.queue.run(reading.read_project, studio.project)
    return JSONResponse({**found, "kinds": list(KINDS)})


async def send_lines(request: Request, studio: Studio) -> Response:
    """Send a part of the script."""
    first, count = _number(request, "first", 0, 10**9), _number(request, "count", 100, reading.MOST_LINES)
    only, words = request.query_params.get("only", ""), request.query_params.get("words", "")[:200]
    if only not in reading.FILTERS:
        raise Refused(400, "no_filter", f"only is {only[:40]!r}; expected one of {', '.join(filter(None, reading.FILTERS))}")
    found = await studio.project.queue.run(reading.read_lines, first=first, count=count, only=only, words=words)
    return Response(msgspec.json.encode(found), media_type="application/json")


async def send_changes(request: Request, studio: Studio) -> Response:
    """Send what changed since a revision."""
    found = await studio.project.queue.run(reading.read_changed, since=_number(request, "since", 0, 10**15))
    return Response(msgspec.json.encode({**found, "trouble": studio.trouble}), media_type="application/json")


async def send_arc(request: Request, studio: Studio) -> Response:
    """Send the intensity of every line of a scene."""
    return JSONResponse(await studio.project.queue.run(reading.read_arc, scene=request.query_params.get("scene")))


async def send_cast(_request: Request, studio: Studio) -> Response:
    """Send the characters of the script, with who speaks them."""
    return JSONResponse(await studio.project.queue.run(reading.read_cast, studio.project))


async def send_takes(request: Request, studio: Studio) -> Response:
    """Send the takes of a line."""
    return JSONResponse(await studio.project.queue.run(takes.view_takes, studio.project, request.path_params["key"]))


async def send_audio(request: Request, studio: Studio) -> Response:
    """Send the sound of a take, or of its neutral twin."""
    twin = request.query_params.get("twin") == "1"
    path = await studio.project.queue.run(takes.audio_file, studio.project, request.path_params["take"], twin=twin)
    # A take is never overwritten, so that a browser may keep it.
    return FileResponse(path, media_type="audio/flac", headers={"Cache-Control": "private, max-age=31536000, immutable"})


async def send_picture(request: Request, studio: Studio) -> Response:
    """Send waveform and F0 of a take."""
    path = await studio.project.queue.run(takes.audio_file, studio.project, request.path_params["take"], twin=False)
    picture = beside(path, "view.json")
    if not picture.is_file():
        raise Refused(404, "no_picture", "this take has no picture yet; it is drawn when it is judged")
    return Response(picture.read_bytes(), media_type="application/json")


async def send_reading(request: Request, _studio: Studio) -> Response:
    """Tell what words for an emotion or a persona are taken to mean, while they are typed."""
    words = request.query_params.get("words", "")[:400]
    if request.query_params.get("as") == "persona":
        persona, notes = load_or_read(words, _studio.project.personas)
        about = {"name": persona.name, "description": persona.description, "gender": persona.gender, "age": persona.age}
        return JSONResponse({"persona": about, "notes": list(notes)})
    found = read_emotions([words] if words.strip() else [])
    mix = [[entry.category.id, entry.category.name, entry.intensity] for entry in found.mix]
    return JSONResponse({"mix": mix, "notes": list(found.notes)})


# --- Changing


async def post_edit(request: Request, studio: Studio) -> Response:
    """Change cells of a line."""
    form = await _form(request, Edit)
    key = request.path_params["key"]
    line = await studio.change(changes.edit_line, form.author, key, form.version, form.cells)
    return JSONResponse({"line": line})


async def post_mark(request: Request, studio: Studio) -> Response:
    """Mark a line."""
    form = await _form(request, Mark)
    return JSONResponse({"line": await studio.change(changes.mark_line, form.author, request.path_params["key"], form.mark)})


async def post_pick(request: Request, studio: Studio) -> Response:
    """Pick a take."""
    form = await _form(request, Pick)
    return JSONResponse({"line": await studio.change(changes.pick_take, form.author, request.path_params["key"], form.take)})


async def post_move(request: Request, studio: Studio) -> Response:
    """Move a line."""
    form = await _form(request, Place)
    return JSONResponse({"line": await studio.change(changes.move_line, form.author, request.path_params["key"], form.after)})


async def post_lines(request: Request, studio: Studio) -> Response:
    """Add lines."""
    form = await _form(request, Added)
    for cells in form.lines:
        changes.check_sent_cells(cells)
    rows = [ImportedLine(cells) for cells in form.lines]
    return JSONResponse(await studio.change(changes.add_lines, form.author, rows, form.after))


async def post_delete(request: Request, studio: Studio) -> Response:
    """Remove lines."""
    form = await _form(request, Keys)
    return JSONResponse(await studio.change(changes.delete_lines, form.author, form.keys))


async def post_undo(request: Request, studio: Studio) -> Response:
    """Take back the last change of this browser, or make it again."""
    form = await _form(request, Undo)
    return JSONResponse(await studio.change(changes.undo, form.author, again=form.again))


async def post_takes(request: Request, studio: Studio) -> Response:
    """Ask for takes."""
    form = await _form(request, Ask)
    found = await studio.change(takes.ask_takes, form.author, keys=form.keys, which=form.which, count=form.count)
    studio.wake()
    return JSONResponse(found)


async def post_cancel(request: Request, studio: Studio) -> Response:
    """Take back what waits of a line."""
    key = request.path_params["key"]
    return JSONResponse(await studio.project.queue.run(takes.cancel_takes, key))


async def post_import(request: Request, studio: Studio) -> Response:
    """Read a script and add its lines at the end; its name and who sends it stand in the address."""
    query = request.query_params
    try:
        author = msgspec.convert({name: query.get(name, "") for name in ("nonce", "client", "who")}, Authored).author
    except msgspec.ValidationError as error:
        raise Refused(400, "bad_form", f"what was sent is not as expected: {error}") from None
    data = await read_body(request, MOST_BYTES)
    script = await asyncio.to_thread(read_script, query.get("name", "")[:200], data)
    found = await studio.change(changes.add_lines, author, script.lines, None, last=True)
    if script.header:
        await studio.project.queue.run(_keep_header, script.header)
    studio.wake()
    return JSONResponse({"added": len(found["keys"]), "notes": list(script.notes), "revision": found["revision"]})


def _keep_header(session: Any, header: tuple[str, ...]) -> None:
    """Name the columns of lines.csv as the first table that was read does."""
    row = the_project(session)
    row.header = row.header or list(header)


async def post_settings(request: Request, studio: Studio) -> Response:
    """Change the settings of the whole table: every line is checked anew."""
    form = await _form(request, Settings)
    cast = {name.strip(): persona.strip() for name, persona in form.cast.items() if name.strip() and persona.strip()}
    settings = {
        "persona": form.persona.strip(),
        "language": form.language,
        "engine": form.engine,
        "seed": form.seed,
        "cast": cast,
    }
    for persona in filter(None, [settings["persona"], *cast.values()]):
        load_or_read(str(persona), studio.project.personas)
    # An engine of which nothing is known is refused here, before anything is stored.
    make_casting(settings, studio.project.personas)

    def store(session: Any) -> dict[str, Any]:
        the_project(session).settings = settings
        recast(session, studio.project)
        return settings

    found = await studio.project.queue.run(store)
    studio.wake()
    return JSONResponse({"settings": found})


async def post_export(request: Request, studio: Studio) -> Response:
    """Write what was picked: a ZIP to be fetched, or files where `voiceact lines` writes them."""
    form = await _form(request, Export)
    options = export.ExportOptions(
        suffix=form.suffix,
        unpicked=form.unpicked,
        stale=form.stale,
        scenes=form.scenes,
        gap=form.gap,
        captions=form.captions,
        records=form.records,
    )
    plan = await studio.project.queue.run(export.plan_export, studio.project, options)
    left_out = [list(one) for one in plan.left_out[:200]]
    if form.folder:
        folder = studio.project.folder / VOICE
        written, left = await asyncio.to_thread(export.write_voice, plan, options, folder)
        return JSONResponse({"written": written, "folder": VOICE, "left_out": [*left_out, *map(list, left[:200])]})
    name = f"{re.sub('[^a-z0-9]+', '-', studio.project.folder.resolve().name.lower())[:24]}-{form.nonce[:8].lower()}.zip"
    if not ARCHIVE.fullmatch(name):
        raise Refused(400, "bad_form", "the nonce of an export begins with letters and digits")
    target = studio.project.folder / export.EXPORTS / name
    size = await asyncio.to_thread(export.write_archive, plan, options, target)
    lacking = [list(one) for one in plan.lacking[:200]]
    return JSONResponse({"file": name, "bytes": size, "lines": len(plan.lines), "left_out": left_out, "lacking": lacking})


async def send_archive(request: Request, studio: Studio) -> Response:
    """Send an archive that was written."""
    name = request.path_params["file"]
    path = studio.project.folder / export.EXPORTS / name
    if not ARCHIVE.fullmatch(name) or not path.is_file():
        raise Refused(404, "no_archive", "there is no such archive; export again")
    return FileResponse(path, media_type="application/zip", filename=name)


# --- All of them


def _serve_file(path: Path) -> Callable[[Request], Awaitable[Response]]:
    """Make an endpoint that answers with a file of this package."""

    async def serve(_request: Request) -> Response:
        return Response(path.read_bytes(), media_type=MEDIA[path.suffix])

    return serve


def studio_routes(studio: Studio) -> list[Route]:
    """Return the routes of a project, to be mounted under an address of their own."""

    def route(path: str, handler: Handler, method: str = "POST", *, open_to_all: bool = False) -> Route:
        return Route(path, _guarded(studio, handler, open_to_all=open_to_all), methods=[method])

    line = "/api/line/{key:str}"
    return [
        Route("/", _serve_file(STATIC / "studio.html")),
        # The page kit of the listening test: one design language.
        Route("/kit.css", _serve_file(listening_app.STATIC / "listen.css")),
        Route("/kit.js", _serve_file(listening_app.STATIC / "page.js")),
        *(Route(f"/{path.name}", _serve_file(path)) for path in sorted(STATIC.iterdir()) if path.suffix in (".js", ".css")),
        route("/voice/{name:str}", pages.send_voice_page, "GET"),
        route("/voice/{name:str}/{category:str}.flac", pages.send_sample, "GET"),
        route("/engine/{name:str}", pages.send_engine_page, "GET"),
        route("/api/enter", enter, open_to_all=True),
        route("/api/project", send_project, "GET"),
        route("/api/lines", send_lines, "GET"),
        route("/api/changes", send_changes, "GET"),
        route("/api/arc", send_arc, "GET"),
        route("/api/cast", send_cast, "GET"),
        route("/api/reading", send_reading, "GET"),
        route(line + "/takes", send_takes, "GET"),
        route("/api/audio/{take:str}", send_audio, "GET"),
        route("/api/picture/{take:str}", send_picture, "GET"),
        route(line + "/edit", post_edit),
        route(line + "/mark", post_mark),
        route(line + "/pick", post_pick),
        route(line + "/move", post_move),
        route(line + "/cancel", post_cancel),
        route("/api/lines", post_lines),
        route("/api/delete", post_delete),
        route("/api/undo", post_undo),
        route("/api/takes", post_takes),
        route("/api/import", post_import),
        route("/api/settings", post_settings),
        route("/api/export", post_export),
        route("/api/archive/{file:str}", send_archive, "GET"),
    ]
