"""Ten thousand random and hostile requests against a real speech server while one ordinary client goes on being served.

    python benchmarks/serve_hostile.py [--requests 10000] [--lines 8] [--seed 19] [--minutes 60]
    python benchmarks/serve_hostile.py --schemathesis 50

The requests are those of tests/hostile_speech.py, sent over sockets as they are; besides them some connections send a head byte
by byte and never end (slow-loris), and some clients read a stream's first bytes and go away. Before, lines are judged until each
process has loaded the judge, which stays. Printed are the statuses, what of the answers names a path of this machine or a stack,
the memory of the server's processes before, after each tenth and at the end, the processes that died, the work that was still
under way when all had gone, and what the ordinary client met. Exit status 1 if there was a status of 500 or more, a leak, a death,
unfinished work, or growth of 50 MB or more from the middle to the end.

`--schemathesis N` lets schemathesis (pip install schemathesis) draw N requests for each operation of /openapi.json instead, and
checks that none is answered with a status of 500 or more.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hostile_speech import SEED, HostileRequest, hostile_speech

KEY = "the-key-of-this-benchmark"
MOST_GROWTH_MB = 50.0
LINE_SECONDS = 60.0
SLOW_LORIS, LEAVERS = 20, 20
"""connections that never send a whole head; clients that leave a stream"""
ROOT = Path(__file__).resolve().parents[1]
LEAKS = (b"Traceback", b"site-packages", str(Path.home()).encode() + b"/", str(ROOT).encode())


def resident_mb(pids: list[int]) -> float:
    """Return the resident memory of processes, in MB (10^6 bytes)."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    # One that has just died has none.
    return sum(int(size) for text in texts for size in re.findall(r"VmRSS:\s+(\d+) kB", text)) * 1024 / 1e6


def batched(requests: Iterable[HostileRequest], size: int) -> Iterator[list[HostileRequest]]:
    """Yield requests in lists of so many; the last may have fewer."""
    shared = iter(requests)
    while batch := list(itertools.islice(shared, size)):
        yield batch


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


class Attack:
    """What was sent and answered.

    Attributes:
        statuses: how often each came; 0 is a connection that was closed without an answer
        leaks: requests whose answer names a path or a stack
        failures: requests that were answered with 500 or more
    """

    def __init__(self, port: int):
        self.port = port
        self.statuses: Counter[int] = Counter()
        self.leaks: list[bytes] = []
        self.failures: list[bytes] = []

    async def send_all(self, requests: Iterable[HostileRequest], lines: int, until: float) -> None:
        """Send requests over so many connections at once, until there is none or the time is over."""
        shared = iter(requests)
        await asyncio.gather(*(self._send_on(shared, until) for _ in range(lines)))

    async def _send_on(self, requests: Iterator[HostileRequest], until: float) -> None:
        for request in requests:
            await self.send(request)
            if time.monotonic() > until:
                return

    async def send(self, request: HostileRequest) -> None:
        """Send one request on a connection of its own."""
        answer = b""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request.data)
            if request.leaves:
                await asyncio.sleep(0.01)
            else:
                if writer.can_write_eof():
                    writer.write_eof()
                answer = await asyncio.wait_for(reader.read(), LINE_SECONDS)
        except (ConnectionError, TimeoutError):
            pass
        finally:
            writer.close()
        status = int(answer[9:12]) if answer[9:12].isdigit() else 0
        self.statuses[status] += 1
        if status >= 500:
            self.failures.append(request.data[:300] + b" -> " + answer[-300:])
        if any(leak in answer for leak in LEAKS):
            self.leaks.append(answer[:300])


async def drip(port: int, until: float) -> int:
    """Send a head byte by byte on one connection after another; return how many the server closed."""
    closed = 0
    while time.monotonic() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionError):
            writer.write(b"POST /v1/audio/speech HTTP/1.1\r\n")
            ended = asyncio.ensure_future(reader.read())
            while not ended.done() and time.monotonic() < until:
                writer.write(b"X")
                await asyncio.wait({ended}, timeout=1)
            closed += ended.done()
            ended.cancel()
        writer.close()
    return closed


async def leave_early(client: httpx.AsyncClient) -> None:
    """Read the beginning of a long stream, and go away."""
    body = {
        "model": "embedded",
        "voice": "nurse",
        "input": "There is nothing to be afraid of. " * 100,
        "response_format": "pcm",
    }
    async with client.stream("POST", "/v1/audio/speech", json=body) as reply:
        async for _ in reply.aiter_raw():
            break


async def be_ordinary(client: httpx.AsyncClient, until: "asyncio.Event", met: Counter[int]) -> None:
    """Ask for a line again and again."""
    body = {"model": "embedded", "voice": "nurse", "input": "Sit down, please.", "response_format": "wav"}
    while not until.is_set():
        reply = await client.post("/v1/audio/speech", json=body)
        met[reply.status_code] += 1


async def load_judge(client: httpx.AsyncClient, workers: int) -> None:
    """Have lines judged by all processes at once, twice, so that each has loaded the judge."""
    body = {"model": "embedded", "voice": "nurse", "input": "Sit down, please.", "response_format": "wav"}
    body["voiceact"] = {"emotion": "Concern", "verify": True}  # type: ignore[assignment]
    for _ in range(2):
        await asyncio.gather(*(client.post("/v1/audio/speech", json=body) for _ in range(2 * workers)))


async def attack(given: argparse.Namespace, url: str, port: int, pid: int) -> bool:
    """Send everything, and print what came of it; return whether all is well."""
    attacked, met, over = Attack(port), Counter[int](), asyncio.Event()
    requests = hostile_speech(given.requests, key=KEY, seed=given.seed)
    headers = {"authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=300) as client:
        await load_judge(client, len(family(pid)) - 1)
        memory = [resident_mb(family(pid))]
        began = time.monotonic()
        until = began + 60 * given.minutes
        ordinary = asyncio.ensure_future(be_ordinary(client, over, met))
        dripping = [asyncio.ensure_future(drip(port, until)) for _ in range(SLOW_LORIS)]
        for tenth in batched(requests, max(1, given.requests // 10)):
            await attacked.send_all(tenth, given.lines, until)
            memory.append(resident_mb(family(pid)))
            print(f"{sum(attacked.statuses.values())} sent, {memory[-1]:.1f} MB", file=sys.stderr)
            if time.monotonic() > until:
                break
        await asyncio.gather(*(leave_early(client) for _ in range(LEAVERS)))
        over.set()
        await ordinary
        for one in dripping:
            one.cancel()
        await asyncio.gather(*dripping, return_exceptions=True)
        took = time.monotonic() - began

        # What nobody waits for must be gone soon.
        deadline = time.monotonic() + 60
        while (health := (await client.get("/health")).json())["under_way"] and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        figures = (await client.get("/metrics")).text
    memory.append(resident_mb(family(pid)))
    growth = memory[-1] - memory[len(memory) // 2]
    restarts = float(re.findall(r"^voiceact_worker_restarts (\S+)", figures, re.M)[0])
    total = sum(attacked.statuses.values())
    counts = ", ".join(f"{count} x {status or 'closed'}" for status, count in sorted(attacked.statuses.items()))
    print(f"{total} hostile requests in {took:.0f} s: {counts}")
    print(f"{len(attacked.failures)} answers of 500 or more, {len(attacked.leaks)} that name a path or a stack")
    print(f"memory of the server's processes, MB: {', '.join(f'{one:.0f}' for one in memory)}")
    print(f"processes that died: {restarts:.0f}; requests still under way when all had gone: {health['under_way']}")
    print(f"ordinary client: {dict(met)}")
    for answer in [*attacked.failures, *attacked.leaks][:5]:
        print(answer)
    return not (attacked.failures or attacked.leaks or restarts or health["under_way"] or growth >= MOST_GROWTH_MB)


def run_schemathesis(url: str, count: int) -> bool:
    """Let schemathesis draw requests from the schema; return whether no answer was of 500 or more."""
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{url}/openapi.json",
        "--checks",
        "not_a_server_error",
    ]
    command += ["--max-examples", str(count), "--phases", "examples,coverage,fuzzing", "-H", f"Authorization: Bearer {KEY}"]
    return subprocess.run(command, check=False).returncode == 0


def main() -> None:
    """Start a server, attack it, and end it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=8)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--schemathesis", type=int, metavar="N")
    given = parser.parse_args()
    command = [sys.executable, "-m", "voiceact", "serve", "--json", "--port", "0", "--rate", "1000000"]
    server = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "VOICEACT_API_KEYS": KEY},
    )
    try:
        assert server.stdout
        url = json.loads(server.stdout.readline())["url"].replace("localhost", "127.0.0.1")
        while True:
            time.sleep(0.5)
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/health").status_code == 200:
                    break
        port = int(url.rpartition(":")[2])
        if given.schemathesis:
            is_well = run_schemathesis(url, given.schemathesis)
        else:
            is_well = asyncio.run(attack(given, url, port, server.pid))
    finally:
        server.terminate()
        server.wait(60)
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
