"""Run the server of a test: open the database, make the links, answer until stopped."""

import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voiceact.errors import UsageError
from voiceact.runtime.extras import MissingExtraError
from voiceact.web.socket import bind, url_of

if TYPE_CHECKING:
    import uvicorn

    from voiceact.listening.delivery.server.service import ListeningService

MOST_JOINING = 1000
"""listeners of an open test, unless said otherwise"""


@dataclass(frozen=True, kw_only=True)
class Serving:
    """How a test is served.

    Attributes:
        test: its folder
        database: None or "sqlite" for answers.sqlite in the folder, or a URL
        host: address to bind
        port: to bind
        url: under which listeners reach it, where that is not http://HOST:PORT (behind a proxy)
        listeners: links in all; of an open test, how many may join
        open: whether listeners may join without a link
        days: after which new links expire; None never
        admin_token: None makes one
    """

    test: Path
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = 8765
    url: str | None = None
    listeners: int | None = None
    open: bool = False
    days: float | None = None
    admin_token: str | None = None


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A server about to answer.

    Attributes:
        url: under which listeners reach it
        admin: link of the administrator
        database: its URL without password
        links: (listener id, link) of those made now; tokens are never shown again
        earlier: listeners who had a link before
        server: that answers
        listening: the bound socket
    """

    url: str
    admin: str
    database: str
    links: list[tuple[str, str]]
    earlier: int
    server: "uvicorn.Server"
    listening: socket.socket

    def run(self) -> None:
        """Answer until Ctrl-C or SIGTERM."""
        self.server.run(sockets=[self.listening])


def open_server(serving: Serving) -> Opened:
    """Check the test with all its sounds, open its database, make the links, bind the port.

    Raises:
        MissingExtraError: if the server's libraries are not installed
        UsageError: if the test is altered, the database is another test's, or the port is taken
    """
    try:
        import uvicorn

        from voiceact.listening.delivery.server.app import make_app
        from voiceact.listening.delivery.server.database import database_url, open_database
        from voiceact.listening.delivery.server.participants import count_listeners
        from voiceact.listening.delivery.server.service import ListeningService
        from voiceact.listening.delivery.server.sessions import admin_token
    except ModuleNotFoundError as error:
        raise MissingExtraError("the server of a listening test", "listen") from error
    from voiceact.listening.loading import load_test

    if serving.url is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", serving.url):
        raise UsageError(
            f"--url {serving.url!r} is no address that listeners could open; expected https://HOST or https://HOST/PATH"
        )
    token = admin_token(serving.admin_token)
    test = load_test(serving.test, check=True)
    url = database_url(serving.test, serving.database)
    engine = open_database(url)
    service = ListeningService(test, engine)
    listening = bind(serving.host, serving.port)
    base = (serving.url or url_of(serving.host, listening)).rstrip("/") + "/"

    # Make the links that are missing.
    earlier = service.queue.run_blocking(count_listeners)
    missing = 0 if serving.open else max(0, (serving.listeners or 0) - earlier)
    links = add_links(service, base, missing, serving.days)
    app = make_app(service, admin_token=token, most_listeners=(serving.listeners or MOST_JOINING) if serving.open else 0)
    config = uvicorn.Config(
        app, access_log=False, server_header=False, log_level="warning", ws="none", timeout_graceful_shutdown=5
    )
    return Opened(
        url=base,
        admin=f"{base}admin#{token}",
        database=url.render_as_string(hide_password=True),
        links=links,
        earlier=earlier,
        server=uvicorn.Server(config),
        listening=listening,
    )


def add_links(service: "ListeningService", base: str, count: int, days: float | None) -> list[tuple[str, str]]:
    """Add listeners; return id and link of each. Links expire after so many days, None never."""
    expires = None if days is None else service.now() + days * 24 * 3600
    added = [service.queue.run_blocking(service.add_listener, expires=expires) for _ in range(count)]
    return [(listener_id, f"{base}#{token}") for listener_id, token in added]


def read_server_status(folder: Path, database: str | None) -> dict[str, Any]:
    """Measure the progress of a test from its database; the server may be running.

    Raises:
        MissingExtraError: if the server's libraries are not installed
        UsageError: if there is no such database yet
    """
    try:
        from voiceact.listening.delivery.server.database import database_url, open_database
        from voiceact.listening.delivery.server.progress import measure_progress
    except ModuleNotFoundError as error:
        raise MissingExtraError("the status of a listening test", "listen") from error
    from voiceact.listening.loading import load_test

    url = database_url(folder, database)
    test = load_test(folder)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise UsageError(f"{folder}: was never served (there is no {url.database}); begin with: voiceact listen serve {folder}")
    return measure_progress(test, open_database(url), now=time.time())
