"""Run the speech server: bind the port, start the processes, answer until stopped, let what is under way end."""

import asyncio
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from voiceact.engines.registry import engine_names
from voiceact.errors import UnknownNameError, UsageError, count_noun
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.spec import parse_spec
from voiceact.serve.settings import ServeSettings
from voiceact.web.socket import bind, url_of

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

DRAIN_SECONDS = 30
"""in which requests that are under way may end, once the server is told to stop"""
HEAD_SECONDS = 10.0
"""in which the head of a request must have arrived on an open connection"""
MOST_CONNECTIONS = 1024
LEAST_KEY = 16
"""characters of an API key"""


@dataclass(frozen=True, kw_only=True)
class OpenedServer:
    """A server about to answer.

    Attributes:
        url: under which this machine reaches it
        server: that answers
        listening: the bound socket
    """

    url: str
    server: "uvicorn.Server"
    listening: socket.socket

    def run(self) -> None:
        """Answer until Ctrl-C or SIGTERM; then take no more, and let what is under way end."""
        self.server.run(sockets=[self.listening])


def open_server(settings: ServeSettings, *, host: str = "127.0.0.1", port: int = 8880) -> OpenedServer:
    """Check the settings and bind the port; the processes start when it runs.

    Args:
        settings: how speech is served
        host: address to bind
        port: to bind; 0 takes a free one

    Raises:
        MissingExtraError: if the server's libraries are not installed
        UsageError: if an engine is unknown or named twice, a key is short, an alias hides a name, or the port is taken
    """
    check_settings(settings)
    try:
        import python_multipart  # noqa: F401  # reads forms, and is imported by name only when one comes
        import uvicorn  # noqa: F401  # runs the application

        from voiceact.serve.app import create_app
    except ModuleNotFoundError as error:
        raise MissingExtraError("the speech server", "serve") from error

    return bind_server(create_app(settings), host=host, port=port)


def bind_server(app: "Starlette", *, host: str, port: int, drain_seconds: int = DRAIN_SECONDS) -> OpenedServer:
    """Bind the port of an application, of the speech server or one that holds it.

    Args:
        app: that answers
        host: address to bind
        port: to bind; 0 takes a free one
        drain_seconds: in which requests that are under way may end

    Raises:
        UsageError: if the port is taken
    """
    import uvicorn

    listening = bind(host, port)
    config = uvicorn.Config(
        app,
        http=_protocol(),
        access_log=False,
        server_header=False,
        log_level="warning",
        ws="none",
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=drain_seconds,
    )
    return OpenedServer(url=url_of(host, listening), server=uvicorn.Server(config), listening=listening)


def check_settings(settings: ServeSettings) -> None:
    """Check what can be checked before a process starts.

    Raises:
        UsageError: naming what is wrong
    """
    names = [parse_spec(engine).name for engine in settings.engines]
    known = engine_names()
    for name in names:
        if name not in known:
            raise UnknownNameError("engine", name, known, "voiceact engine list shows them")
        if names.count(name) > 1:
            raise UsageError(f"engine {name!r} is named twice; clients name an engine without its options, so give it once")
    for key in settings.keys:
        if len(key) < LEAST_KEY or not key.isascii() or not key.isprintable() or " " in key:
            raise UsageError(
                f"an API key has {count_noun(len(key), 'character')} or others than printable ASCII; "
                f"expected at least {LEAST_KEY}, "
                "as from: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )


def _protocol() -> Any:
    """Return uvicorn's HTTP protocol, with a time limit for the head of a request, which uvicorn does not have."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class TimedProtocol(H11Protocol):
        """Closes a connection on which a request has not begun in time."""

        _waiting: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.cycle is None or self.cycle.response_complete:
                self._wait()
            elif self._waiting is not None:
                self._waiting.cancel()
                self._waiting = None

        def connection_lost(self, exc: Exception | None) -> None:
            if self._waiting is not None:
                self._waiting.cancel()
            super().connection_lost(exc)

        def _wait(self) -> None:
            """Begin to wait for a head, if not begun; more bytes of it win no more time."""
            if self._waiting is None:
                self._waiting = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.transport.close)

    return TimedProtocol
