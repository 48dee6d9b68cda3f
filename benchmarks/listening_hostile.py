"""Ten thousand hostile requests against a real listening server while one ordinary listener goes on answering.

    python benchmarks/listening_hostile.py [--requests 10000] [--lines 4] [--seed 0]

The requests are those of tests/hostile_requests.py, sent over sockets as they are: odd methods, paths, headers, cookies and
origins, bodies that are too long, broken, deep or of absurd numbers. Some carry the valid cookie of a second listener. Printed are
the statuses, the memory that the server's process took before and after, and what the ordinary listener met. Exit status 1 if
there was a status of 500 or more, memory grew by 10 MB or more after the first tenth, or the ordinary listener was not served.
"""

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hostile_requests import Request, hostile_requests
from tiny_listening import make_test
from tiny_server import Server

MOST_GROWTH_MB = 10.0
WARM_UP = 0.1
"""share of the requests after which memory is first compared: caches and threads are filled by then"""


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process, in MB (10^6 bytes)."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", text)[0]) * 1024 / 1e6


async def send(
    port: int, method: str, target: str, headers: list[tuple[str, bytes]], body: bytes, *, seconds: float = 15.0
) -> tuple[int, bytes, bytes]:
    """Send one request on a connection of its own; status (0: closed without an answer), head and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = [
            f"{method} {target} HTTP/1.1".encode("latin-1"),
            *(name.encode() + b": " + value for name, value in headers),
            b"connection: close",
            b"content-length: " + str(len(body)).encode(),
        ]
        writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        told = await asyncio.wait_for(reader.read(), seconds)
    except ConnectionError:
        # The server may refuse a body before it was sent whole.
        told = b""
    finally:
        writer.close()
    first, _, rest = told.partition(b"\r\n\r\n")
    return int(first[9:12] or 0), first, rest


class OrdinaryListener:
    """One who takes the test as its page does.

    Attributes:
        answered: items
        seconds: of each request
        failures: what was not answered with 200
    """

    def __init__(self, port: int, link: str):
        self.port, self.token = port, link.partition("#")[2]
        self.headers = [("host", f"127.0.0.1:{port}".encode()), ("x-voiceact", b"1")]
        self.answered, self.seconds, self.failures = 0, list[float](), list[str]()
        self.who = self.cookie = self.item = ""

    async def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        began = time.perf_counter()
        data = b"" if body is None else json.dumps(body).encode()
        status, head, found = await send(self.port, method, path, self.headers, data)
        self.seconds.append(time.perf_counter() - began)
        if status != 200:
            self.failures.append(f"{method} {path}: {status} {found[:200]!r}")
            return {}
        if cookies := re.findall(rb"set-cookie: ([^;\r]+)", head):
            self.cookie = cookies[0].decode()
            self.headers.append(("cookie", cookies[0]))
        return json.loads(found) if found[:1] == b"{" else {}

    async def begin(self) -> dict[str, object]:
        self.who = str((await self.ask("POST", "/api/enter", {"token": self.token}))["listener"])
        await self.ask("POST", f"/api/listener/{self.who}/consent", {"language": "en"})
        state = await self.ask("POST", f"/api/listener/{self.who}/ready", {})
        self.item = state["item"]["item"]  # type: ignore[index]
        return state

    async def take_test(self, stop: asyncio.Event) -> None:
        state = await self.begin()
        while state.get("step") == "items" and not stop.is_set():
            item = state["item"]
            await self.ask("GET", f"/api/listener/{self.who}/audio/{item['clips'][0]}")  # type: ignore[index]
            await asyncio.sleep(0.3)
            reply = await self.ask(
                "POST",
                f"/api/listener/{self.who}/answer",
                {"item": item["item"], "nonce": "12345678", "value": 3, "plays": 1, "seconds": 0.2},
            )  # type: ignore[index]
            state = reply.get("state") or await self.ask("GET", f"/api/listener/{self.who}/state")  # type: ignore[assignment]
            self.answered += 1


async def attack(port: int, requests: "list[Request]", lines: int) -> tuple[Counter[int], list[str]]:
    """Send requests on so many connections at once; how many had which status, and those answered with 500 or more."""
    statuses, failed, waiting = Counter[int](), list[str](), iter(requests)

    async def line() -> None:
        for request in waiting:
            status, _, found = await send(port, request.method, request.target, request.headers, request.body)
            statuses[status] += 1
            if status >= 500:
                failed.append(f"{status} {request.method} {request.target[:100]} {request.body[:100]!r}: {found[:200]!r}")

    await asyncio.gather(*(line() for _ in range(lines)))
    return statuses, failed


async def run(options: argparse.Namespace, server: Server) -> int:
    ordinary, second = (OrdinaryListener(server.port, link["url"]) for link in server.told["links"])
    await second.begin()
    host = f"127.0.0.1:{server.port}"
    requests = hostile_requests(
        options.requests, who=second.who, cookie=second.cookie, item=second.item, seed=options.seed, host=host
    )
    stop = asyncio.Event()
    listening = asyncio.create_task(ordinary.take_test(stop))
    began, before = time.perf_counter(), resident_mb(server.process.pid)
    statuses, failed = await attack(server.port, list(islice(requests, round(options.requests * WARM_UP))), options.lines)
    warm = resident_mb(server.process.pid)
    more, failed_later = await attack(server.port, list(requests), options.lines)
    after, took = resident_mb(server.process.pid), time.perf_counter() - began
    statuses, failed = statuses + more, failed + failed_later
    was_served_to_the_end = not listening.done() or ordinary.answered > 0
    stop.set()
    await listening
    print(
        f"{sum(statuses.values())} hostile requests in {took:.0f} s: "
        + ", ".join(f"{n} x {s or 'closed'}" for s, n in sorted(statuses.items()))
    )
    print(f"status 500 or more: {len(failed)}")
    print(*failed[:10], sep="\n")
    print(
        f"memory of the server: {before:.1f} MB before, {warm:.1f} MB after a tenth, {after:.1f} MB at the end: "
        f"growth {after - warm:.1f} MB after the first tenth, {after - before:.1f} MB in all"
    )
    print(
        f"ordinary listener: {ordinary.answered} answers, {len(ordinary.failures)} failures, requests took "
        f"{1000 * statistics.median(ordinary.seconds):.0f} ms (median), {1000 * max(ordinary.seconds):.0f} ms (longest)"
    )
    print(*ordinary.failures[:5], sep="\n")
    return int(bool(failed) or after - warm >= MOST_GROWTH_MB or bool(ordinary.failures) or not was_served_to_the_end)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=4, help="connections at once")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(
            make_test(Path(folder) / "test", protocol="naturalness", clips=400, seconds=0.1, per_listener=400),
            "--listeners",
            "2",
        )
        try:
            status = asyncio.run(run(options, server))
        finally:
            server.stop()
    raise SystemExit(status)


if __name__ == "__main__":
    main()
