"""How much a server costs: the speech server under fifty clients beside the bare engine, in one run.

    python benchmarks/serve.py [--clients 50] [--seconds 20] [--rounds 2] [--format pcm] [--workers N]
    python benchmarks/serve.py --engine kokoro --beside http://127.0.0.1:8000/v1 --beside-model tts-1 --beside-voice af_heart

Rounds alternate between the bare engine (as many processes as the server has, each speaking the same texts one after another,
nothing encoded or sent), the server with so many clients at once, each sending its next request when it has the whole answer to
the last, and, where one is named, another server in OpenAI's shape. Printed are seconds of speech made in a second of time and
in a second of processor time (of the server's processes), the ratios to the bare engine, the percentiles of the time to the
first sound (all answers, and those after each client's first, since all first requests come at once), how long a player that
begins at the first sound would have run dry, and what share of the processor time the clients and the answering process took.
Then one client alone: the time to its first sound, for each format.

The clients take processor time too, as does whoever else uses the machine: the ratio by processor time holds on a busy machine.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

TEXTS = (
    "Sit down, please. I'll get the doctor for you.",
    "There is nothing to be afraid of, you know. We have seen this many times before, and everybody went home well.",
    "Who opened it? Tell me who opened it.",
    "The kettle stands on the second shelf, and the blue cup is next to it. Would you like some water? It is still cold.",
    "Well, well, look who is back.",
    "I waited the whole night. Nobody came. In the morning the snow had covered the road, and the house was very quiet.",
)
PERSONAS = ("nurse", "news-anchor", "grumpy-lovable-grandpa", "ships-captain")
TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pids: list[int]) -> float:
    """Return the processor time that processes have taken."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS


def children_of(pid: int) -> list[int]:
    """Return the children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def speak_bare(engine: str, seconds: float, ready: Any, go: Any, results: Any) -> None:
    """Speak the texts until the time is over; report seconds of speech, of time and of processor time."""
    from voiceact.synthesis.kernel import perform_requests
    from voiceact.synthesis.request import SynthesisRequest, resolve_request

    def speak(number: int) -> float:
        text, persona = TEXTS[number % len(TEXTS)], PERSONAS[number % len(PERSONAS)]
        request = SynthesisRequest(persona=persona, emotions="Concern", text=text, engine=engine)
        [take] = perform_requests([resolve_request(request)])
        return take.duration

    for number in range(len(PERSONAS)):
        speak(number)
    ready.release()
    go.wait()
    began, spent, spoken, number = time.monotonic(), time.process_time(), 0.0, 0
    while time.monotonic() - began < seconds:
        spoken += speak(number)
        number += 1
    results.put((spoken, time.monotonic() - began, time.process_time() - spent))


def measure_bare(engine: str, seconds: float, workers: int) -> tuple[float, float]:
    """Return seconds of speech in a second of time, and in a second of processor time, of so many processes."""
    context = multiprocessing.get_context("spawn")
    ready, go, results = context.Semaphore(0), context.Event(), context.Queue()
    processes = [context.Process(target=speak_bare, args=(engine, seconds, ready, go, results)) for _ in range(workers)]
    for process in processes:
        process.start()
    for _ in processes:
        ready.acquire()
    go.set()
    made = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return sum(spoken / took for spoken, took, _ in made), sum(one[0] for one in made) / sum(one[2] for one in made)


class Load:
    """Clients that ask one server again and again.

    Attributes:
        spoken: seconds of speech received whole
        first: seconds to the first sound of each answer
        settled: the same of all but each client's first answer
        dry: seconds for which a player of each answer would have had nothing to play, after its first sound (pcm only)
        failures: what was not answered with 200
    """

    def __init__(self, url: str, model: str, voices: tuple[str, ...], format: str):
        self.url, self.model, self.voices, self.format = url, model, voices, format
        self.spoken, self.first, self.failures = 0.0, list[float](), list[str]()
        self.settled, self.dry = list[float](), list[float]()

    async def run(self, clients: int, seconds: float) -> float:
        """Ask with so many clients for so long; return the seconds it took until the last answer."""
        began = time.monotonic()
        await asyncio.gather(*(self._ask_on(number, began + seconds) for number in range(clients)))
        return time.monotonic() - began

    async def _ask_on(self, number: int, until: float) -> None:
        await self.ask(number)
        while time.monotonic() < until:
            number += 1
            self.settled.append(await self.ask(number))

    async def ask(self, number: int) -> float:
        """Send one request and read the whole answer; return the seconds to its first sound.

        Bare sockets: fifty clients of a comfortable library take as much processor time as the process that answers them.
        """
        voice = self.voices[number % len(self.voices)]
        body: dict[str, Any] = {"model": self.model, "voice": voice, "input": TEXTS[number % len(TEXTS)]}
        body |= {"response_format": self.format}
        if self.model == "embedded" or self.model == "kokoro":
            body["voiceact"] = {"emotion": "Concern"}
        data = json.dumps(body).encode()
        address = urlsplit(self.url)
        head = f"POST {address.path}/audio/speech HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        began, size, first, dry = time.monotonic(), 0, 0.0, 0.0
        reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=2**20)
        writer.write(f"{head}Connection: close\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
        answered, _, fields = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
        chunked = b"transfer-encoding: chunked" in fields.lower()
        while True:
            if chunked:
                length = int(await reader.readline(), 16)
                part = (await reader.readexactly(length + 2))[:-2]
            else:
                part = await reader.read(2**20)
            if not part:
                break
            now = time.monotonic() - began
            if not size:
                first = now
            # What was sent so far ended at this moment, later by each silence before.
            dry += max(0.0, now - (first + dry + size / 48_000))
            size += len(part)
        writer.close()
        self.first.append(first)
        status = answered.split()[1].decode()
        if status != "200":
            self.failures.append(status)
        if self.format == "pcm":
            # 16 bits at 24 kHz; of other formats the length is not known here.
            self.spoken += size / 48_000
            self.dry.append(dry)
        return first


def percentile(values: list[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="embedded")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--format", default="pcm")
    parser.add_argument("--beside", help="address of another server in OpenAI's shape, with /v1")
    parser.add_argument("--beside-model", default="tts-1")
    parser.add_argument("--beside-voice", default="af_heart")
    given = parser.parse_args()

    command = [sys.executable, "-m", "voiceact", "serve", "--json", "--port", "0", "--engine", given.engine]
    command += ["--workers", str(given.workers), "--rate", "1000000", "--most", "1000", "--timeout", "3600"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout
        url = json.loads(server.stdout.readline())["url"]
        while True:
            time.sleep(0.5)
            try:
                if httpx.get(f"{url}/health").json()["workers"] == given.workers:
                    break
            except httpx.HTTPError:
                continue
        measure(given, f"{url}/v1", server.pid)
    finally:
        server.terminate()
        server.wait(60)


def measure(given: argparse.Namespace, url: str, pid: int) -> None:
    """Alternate between the bare engine and the servers, and print what each made."""
    pids = [pid, *children_of(pid)]
    name = given.engine.partition(":")[0]
    warm = Load(url, name, PERSONAS, given.format)
    asyncio.run(warm.run(4, 5))
    # Processes with nothing to do measure the gains of personas; that is no part of what is compared.
    spent = -1.0
    while processor_seconds(pids) - spent > 0.05:
        spent = processor_seconds(pids)
        time.sleep(3)
    bare, served, first, failures, beside, beside_first = [], [], list[float](), list[str](), [], list[float]()
    settled, dry, shares = list[float](), list[float](), list[tuple[float, float, float]]()
    for number in range(given.rounds):
        print(f"round {number + 1} of {given.rounds}", file=sys.stderr)
        bare.append(measure_bare(given.engine, given.seconds, given.workers))
        load = Load(url, name, PERSONAS, given.format)
        before = [processor_seconds([one]) for one in (os.getpid(), *pids)]
        took = asyncio.run(load.run(given.clients, given.seconds))
        clients, answering, *speaking = (
            after - spent
            for after, spent in zip((processor_seconds([one]) for one in (os.getpid(), *pids)), before, strict=True)
        )
        served.append((load.spoken / took, load.spoken / (answering + sum(speaking))))
        shares.append((clients, answering, sum(speaking)))
        first, settled, dry = first + load.first, settled + load.settled, dry + load.dry
        failures += load.failures
        if given.beside:
            other = Load(given.beside, given.beside_model, (given.beside_voice,), given.format)
            took = asyncio.run(other.run(given.clients, given.seconds))
            beside.append(other.spoken / took)
            beside_first += other.first
            failures += [f"beside: {failure}" for failure in other.failures]
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {given.workers} workers, {given.clients} clients")
    for what, place in (("a second", 0), ("a processor second", 1)):
        alone, under = (statistics.mean(one[place] for one in made) for made in (bare, served))
        print(f"seconds of speech in {what}: bare {alone:.1f}, served {under:.1f}, ratio {under / alone:.2f}")
    print(
        f"{len(first)} answers, {len(failures)} failures {sorted(set(failures))}; first sound: median "
        f"{percentile(first, 0.5):.3f} s, p95 {percentile(first, 0.95):.3f} s, longest {max(first):.3f} s"
    )
    if settled:
        print(
            f"after each client's first: {len(settled)} answers; first sound: median {percentile(settled, 0.5):.3f} s, "
            f"p95 {percentile(settled, 0.95):.3f} s, longest {max(settled):.3f} s"
        )
    if dry:
        print(
            f"a player would have run dry in {sum(one > 0.05 for one in dry)} of {len(dry)} answers; "
            f"p95 {percentile(dry, 0.95):.2f} s, longest {max(dry):.2f} s"
        )
    total = [sum(part) for part in zip(*shares, strict=True)]
    names = ("clients", "answering process", "speaking processes")
    print("processor time: " + ", ".join(f"{name} {part / sum(total):.0%}" for name, part in zip(names, total, strict=True)))
    if beside:
        print(
            f"beside: {statistics.mean(beside):.1f} seconds of speech in a second; {len(beside_first)} answers; first sound: "
            f"median {percentile(beside_first, 0.5):.3f} s, p95 {percentile(beside_first, 0.95):.3f} s"
        )
    for format in ("pcm", "mp3", "opus"):
        alone_load = Load(url, name, PERSONAS, format)

        async def ask_alone(load: Load = alone_load) -> None:
            for number in range(24):
                await load.ask(number)

        asyncio.run(ask_alone())
        times = alone_load.first
        print(f"alone, {format}: first sound median {percentile(times, 0.5):.3f} s, p95 {percentile(times, 0.95):.3f} s")


if __name__ == "__main__":
    main()
