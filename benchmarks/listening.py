"""Two hundred listeners at once, a server that is killed five times in between, and a count of every answer.

    python benchmarks/listening.py [--listeners 200] [--items 20] [--kills 5] [--clip 1.0] [--think 2.0] [--database URL]

A real server process (`voiceact listen serve`) is driven by simulated listeners: each fetches a clip, waits for as long as it
lasts, thinks, answers, and takes the next item, as the page does. Some answers are posted twice on purpose, some twice at once.
In between the server gets SIGKILL and is started again by the same command; listeners try again until they are answered.

Printed are the times of the answers (post to reply), and a count: each acknowledged answer must stand in the database
exactly once with the value that was acknowledged, and nothing else may stand there. Exit status 1 if one is lost or doubled.

The load generator runs in this process, on the same cores as the server: the times are those of a server that shares two
cores with its two hundred clients.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from tiny_listening import make_test

TWICE = 0.05
"""of the answers are posted again after they were acknowledged, and as many twice at once"""
HEAD = b"\r\n\r\n"


@dataclass
class Record:
    """What the listeners saw."""

    acknowledged: dict[tuple[str, str], int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    audio_seconds: list[float] = field(default_factory=list)
    retries: int = 0
    again: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


# --- A browser of a hundred lines less


class Connection:
    """One connection that is kept, as a browser keeps it."""

    def __init__(self, port: int):
        self.port, self.cookie = port, ""
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        """Status and body; ConnectionError if the server goes away."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.port)
        assert self._reader is not None
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            "X-Voiceact: 1",
            f"Content-Length: {len(data)}",
            f"Cookie: {self.cookie}",
        )
        self._writer.write("\r\n".join(head).encode() + HEAD + data)
        try:
            told = await self._reader.readuntil(HEAD)
            length = next(int(line[15:]) for line in told.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            found = await self._reader.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as error:
            self._writer.close()
            self._writer = None
            raise ConnectionError from error
        for line in told.split(b"\r\n"):
            if line.lower().startswith(b"set-cookie:"):
                self.cookie = line[11:].split(b";")[0].strip().decode()
        return int(told[9:12]), found


async def insist(
    connection: Connection, record: Record, method: str, path: str, body: Any = None, times: list[float] | None = None
) -> Any:
    """Ask until the server answers, as the page does; 4xx is an error of this benchmark."""
    pause = 0.2
    while True:
        began = time.perf_counter()
        try:
            status, found = await connection.ask(method, path, body)
        except (ConnectionError, OSError):
            status, found = 0, b""
        if status == 200:
            if times is not None:
                times.append(time.perf_counter() - began)
            return found
        record.statuses[status] += 1
        if 400 <= status < 500 and status != 429:
            raise AssertionError(f"{method} {path}: {status} {found!r}")
        record.retries += 1
        await asyncio.sleep(pause * random.uniform(0.75, 1.25))
        pause = min(2.0, pause * 2)


# --- A listener


async def listen(link: str, port: int, record: Record, options: argparse.Namespace, late: float) -> None:
    """Take the whole test."""
    await asyncio.sleep(late)
    line, second = Connection(port), Connection(port)
    who = json.loads(await insist(line, record, "POST", "/api/enter", {"token": link.partition("#")[2]}))["listener"]
    second.cookie = line.cookie
    mine = f"/api/listener/{who}/"
    await insist(line, record, "POST", mine + "consent", {"language": "en"})
    state = json.loads(await insist(line, record, "POST", mine + "ready", {}))
    while state["step"] == "items":
        item = state["item"]
        await insist(line, record, "GET", mine + "audio/" + item["clips"][0], times=record.audio_seconds)
        await asyncio.sleep(options.clip + random.uniform(0, 2 * options.think))
        value = random.choice((0, 1, 2))
        post = {"item": item["item"], "nonce": random.randbytes(16).hex(), "value": value, "plays": 1, "seconds": options.think}
        if random.random() < TWICE:
            record.again += 1
            replies = await asyncio.gather(*(insist(one, record, "POST", mine + "answer", post) for one in (line, second)))
        else:
            replies = [await insist(line, record, "POST", mine + "answer", post, record.seconds)]
            if random.random() < TWICE:
                record.again += 1
                replies.append(await insist(line, record, "POST", mine + "answer", post))
        told = [json.loads(reply) for reply in replies]
        if any(one["receipt"] != told[0]["receipt"] for one in told) or told[0]["receipt"]["value"] != value:
            record.wrong.append(f"{who} {item['item']}: {told}")
        record.acknowledged[who, item["item"]] = value
        state = told[-1]["state"]
    if state["step"] != "done":
        record.wrong.append(f"{who} ended at {state['step']}")


# --- The server


def start(folder: Path, port: int, options: argparse.Namespace) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """A server process, and what it printed; it is ready when it has printed."""
    more = ["--database", options.database] if options.database else []
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "voiceact",
            "listen",
            "serve",
            str(folder),
            "--port",
            str(port),
            "--json",
            "--listeners",
            str(options.listeners),
            *more,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return process, told


async def kill_and_restart(
    process: subprocess.Popen[str], folder: Path, port: int, options: argparse.Namespace
) -> tuple[subprocess.Popen[str], float]:
    """SIGKILL, then the same command again; seconds until it answers."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    began = time.perf_counter()
    process, _ = await asyncio.to_thread(start, folder, port, options)
    await insist(Connection(port), Record(), "GET", "/api/about")
    return process, time.perf_counter() - began


async def drive(folder: Path, port: int, options: argparse.Namespace) -> tuple[Record, float, list[float], float]:
    """All listeners through the test: what they saw, seconds it took, seconds of each restart, CPU seconds of this process."""
    process, told = await asyncio.to_thread(start, folder, port, options)
    record, restarts = Record(), []
    spread = options.clip + options.think
    began, cpu = time.perf_counter(), time.process_time()
    people = [
        asyncio.create_task(listen(link["url"], port, record, options, random.uniform(0, spread))) for link in told["links"]
    ]
    expected = options.items * (options.clip + options.think)
    for _ in range(options.kills):
        await asyncio.sleep(expected / (options.kills + 1) * random.uniform(0.8, 1.1))
        process, seconds = await kill_and_restart(process, folder, port, options)
        restarts.append(seconds)
    await asyncio.gather(*people)
    took = time.perf_counter() - began
    process.send_signal(signal.SIGKILL)
    process.wait()
    return record, took, restarts, time.process_time() - cpu


# --- The count


def stored(folder: Path, options: argparse.Namespace) -> list[tuple[str, str, int]]:
    """What stands in the database, read without the code that wrote it where that can be."""
    if not options.database:
        with sqlite3.connect(folder / "answers.sqlite") as connection:
            # A JSON number stands there as a number.
            return connection.execute("SELECT listener_id, item, value FROM answer").fetchall()
    import psycopg

    with psycopg.connect(options.database) as other:
        return [tuple(row) for row in other.execute("SELECT listener_id, item, value FROM answer").fetchall()]


def count(record: Record, rows: list[tuple[str, str, int]]) -> dict[str, int]:
    """Acknowledged answers against rows."""
    often = Counter((who, item) for who, item, _ in rows)
    values = {(who, item): value for who, item, value in rows}
    return {
        "acknowledged": len(record.acknowledged),
        "stored": len(rows),
        "lost": sum(key not in often for key in record.acknowledged),
        "doubled": sum(number > 1 for number in often.values()),
        "changed": sum(values.get(key) != value for key, value in record.acknowledged.items() if key in values),
        "stored and never acknowledged": sum(key not in record.acknowledged for key in often),
        "wrong": len(record.wrong),
    }


def told_times(name: str, seconds: list[float]) -> str:
    """p50, p95, p99 and the longest, in milliseconds."""
    cuts = statistics.quantiles(seconds, n=100)
    p50, p95, p99, most = (1000 * value for value in (cuts[49], cuts[94], cuts[98], max(seconds)))
    return f"{name}: n {len(seconds)}, p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, longest {most:.0f} ms"


def free_port() -> int:
    """A port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def main() -> None:
    """Make a test, drive it, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--items", type=int, default=20, help="of each listener")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--clip", type=float, default=1.0, help="seconds")
    parser.add_argument("--think", type=float, default=2.0, help="seconds, on average")
    parser.add_argument("--database", help="postgresql://…; SQLite in a temporary folder unless given")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        # A tenth more than a listener answers, so that the last one still has a choice.
        folder = make_test(
            Path(place) / "test",
            clips=options.items + options.items // 10 + 1,
            seconds=options.clip,
            gold=False,
            per_listener=options.items,
            raters=options.listeners,
        )
        record, took, restarts, cpu = asyncio.run(drive(folder, free_port(), options))
        counted = count(record, stored(folder, options))
    rate = counted["acknowledged"] / took
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{'PostgreSQL' if options.database else 'SQLite'}; clients and server share the cores "
        f"(clients used {cpu / took:.2f} of a core)"
    )
    print(
        f"{options.listeners} listeners, {took:.0f} s, {rate:.0f} answers a second; {record.again} posted twice, "
        f"{record.retries} tries repeated"
    )
    print(f"killed and restarted {len(restarts)} times; back after {', '.join(f'{one:.1f}' for one in restarts)} s")
    print(told_times("answers", record.seconds))
    print(told_times("clips", record.audio_seconds))
    print(", ".join(f"{name} {number}" for name, number in counted.items()))
    for line in record.wrong[:10]:
        print(line)
    del counted["acknowledged"], counted["stored"]
    sys.exit(1 if any(counted.values()) else 0)


if __name__ == "__main__":
    main()
