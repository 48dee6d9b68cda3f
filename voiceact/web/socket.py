"""The socket of a server, bound before anything is promised to anybody."""

import socket

from voiceact.errors import UsageError

BACKLOG = 2048


def bind(host: str, port: int) -> socket.socket:
    """Return a socket, bound before anything is printed: links to a port that is taken help nobody.

    Args:
        host: address to bind
        port: to bind; 0 takes a free one

    Raises:
        UsageError: if the address cannot be bound
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio knows it for TCP and sends small replies at once (no Nagle: 40 ms less).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # From now on who comes waits in line; the links are printed before the server takes the first.
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port") from error
    return listening


def url_of(host: str, listening: socket.socket) -> str:
    """Return the address under which this machine reaches a bound socket, as in http://localhost:8765.

    Args:
        host: as given to `bind`
        listening: the socket
    """
    name = f"[{host}]" if ":" in host else "localhost" if host == "0.0.0.0" else host
    return f"http://{name}:{listening.getsockname()[1]}"
