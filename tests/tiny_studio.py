"""A studio of a few lines, served in this process; its pool speaks for real, on a thread, and its judge is a word."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.testclient import TestClient

from voiceact.serve.pool import WorkerDiedError, WorkFailedError
from voiceact.studio.filling import fill_project
from voiceact.studio.keeping import Studio
from voiceact.studio.making import judge_line, speak_line
from voiceact.studio.project import Project, open_project
from voiceact.studio.routes import studio_routes
from voiceact.web.security import Guard, unforeseen_answer
from voiceact.web.socket import bind

SCRIPT = """id,persona,text,emotion,intensity,note
scene/nurse_01,nurse,Sit down.,Concern,3,soft
scene/nurse_02,nurse,"Hold still, [sighs] please.",Relief:4,,
scene/captain_01,ships-captain,Who opened it?,Anger,6,loud
end/nurse_03,nurse,It is over.,,,
"""


PATIENCE = 180
"""seconds; a machine may have much else to do"""


class TinyPool:
    """As the pool of processes, within this one: a line that says "crash" ends the engine, "refuse" is refused by it."""

    workers = 2

    def __init__(self, judge: Callable[[Path], str] | None = None):
        self.judge, self.spoken = judge, 0

    async def run(self, function: Callable[..., Any], *arguments: Any, due: float | None = None, **keywords: Any) -> Any:
        if function is speak_line:
            self.spoken += 1
            if "crash" in arguments[0].text:
                raise WorkerDiedError("the process that was at this request died; send it again")
            if "refuse" in arguments[0].text:
                raise WorkFailedError("the engine has no such voice")
        if function is judge_line and self.judge is None:
            raise WorkFailedError("there is no judge in this test")
        work = self.judge if function is judge_line and self.judge else function
        return await asyncio.to_thread(work, *arguments, **keywords)


def fresh_project(folder: Path, script: str | bytes | None = SCRIPT, name: str = "script.csv") -> Project:
    """An open project with these lines."""
    project = open_project(folder)
    if script is not None:
        path = folder.parent / name
        path.write_bytes(script if isinstance(script, bytes) else script.encode())
        fill_project(project, path)
    return project


def make_app(project: Project, pool: Any = None) -> Starlette:
    """The studio's application, without the speech server around it."""
    studio = Studio(project)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> Any:
        async with studio.running(app):
            yield

    mount = Mount("/studio", routes=studio_routes(studio))
    app = Starlette(
        routes=[mount], lifespan=lifespan, middleware=[Middleware(Guard)], exception_handlers={Exception: unforeseen_answer()}
    )
    app.state.pool, app.state.studio = pool or TinyPool(), studio
    return app


class Client:
    """A page, as the server sees it."""

    def __init__(self, http: TestClient, key: str, who: str = ""):
        self.http, self.who, self.client = http, who, secrets.token_hex(8)
        self.http.headers["X-Voiceact"] = "1"
        assert self.post("enter", key=key).status_code == 200

    def signed(self, **values: Any) -> dict[str, Any]:
        return {"nonce": secrets.token_hex(8), "client": self.client, "who": self.who, **values}

    def post(self, path: str, **body: Any) -> Any:
        return self.http.post(f"/studio/api/{path}", json=body)

    def send(self, path: str, **values: Any) -> Any:
        return self.post(path, **self.signed(**values))

    def get(self, path: str, **query: Any) -> Any:
        return self.http.get(f"/studio/api/{path}", params=query)

    def lines(self, **query: Any) -> list[dict[str, Any]]:
        return self.get("lines", **query).json()["lines"]

    def edit(self, line: dict[str, Any], version: int | None = None, **cells: str) -> Any:
        return self.send(f"line/{line['key']}/edit", version=version or line["version"], cells=cells)

    def until(self, ready: Callable[[dict[str, int]], bool]) -> dict[str, int]:
        """Wait until the counts of the project are such."""
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            counts = self.get("project").json()["counts"]
            if ready(counts):
                return counts
            time.sleep(0.02)
        raise TimeoutError("the project never came to that")

    def speak(self, *keys: str, count: int = 1) -> None:
        """Ask for takes and wait until they are made."""
        assert self.send("takes", keys=list(keys), count=count).status_code == 200
        self.until(lambda counts: not counts["waiting"] and not counts["judging"])


@contextmanager
def served(project: Project, pool: Any = None) -> Iterator[Client]:
    """A client of a served project; the project is closed behind it."""
    app = make_app(project, pool)
    with TestClient(app, base_url="http://127.0.0.1") as http:
        yield Client(http, app.state.studio.key)


@contextmanager
def listening(project: Project, pool: Any = None) -> Iterator[str]:
    """The link of a served project that browsers can open."""
    app = make_app(project, pool)
    socket = bind("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{socket.getsockname()[1]}/studio/#{app.state.studio.key}"
    finally:
        server.should_exit = True
        thread.join()
