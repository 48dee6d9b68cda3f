"""A reverse proxy as small as can be: serves a server under a prefix and hands the host on, as docs/listening.md has nginx do."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Proxy:
    """Everything below `prefix` goes to the server at `port` of this machine."""

    def __init__(self, port: int, prefix: str) -> None:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_arguments: object) -> None:
                """Silent."""

            def handle_any(self) -> None:
                if not self.path.startswith(prefix):
                    self.send_error(404)
                    return
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                behind = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
                behind.request(self.command, "/" + self.path[len(prefix) :], body, dict(self.headers))
                reply = behind.getresponse()
                data = reply.read()
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "date"):
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)
                behind.close()

            do_GET = do_POST = do_DELETE = handle_any

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}{prefix}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
