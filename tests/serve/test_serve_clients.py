"""The real server, as `voiceact serve` starts it, before real clients: the openai package, curl, and strangers."""

# ruff: noqa: E402
import asyncio
import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

for library in ("starlette", "uvicorn", "python_multipart", "prometheus_client", "httpx", "openai"):
    pytest.importorskip(library, reason="voiceact[serve] or openai is not installed")

import httpx
import openai
import soundfile
from hostile_speech import SEED, hostile_speech

from voiceact.cli.main import main

KEY = "the-key-of-this-test"


class Serving:
    def __init__(self, folder: Path, *arguments: str) -> None:
        self.log = (folder / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voiceact", "serve", "--json", "--port", "0", "--workers", "1", *arguments],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env={**os.environ, "XDG_DATA_HOME": str(folder), "VOICEACT_API_KEYS": KEY},
        )
        assert self.process.stdout
        self.url = json.loads(self.process.stdout.readline())["url"].replace("localhost", "127.0.0.1")
        self.port = int(self.url.rpartition(":")[2])
        while not self.is_up():
            assert self.process.poll() is None, "the server ended"
            time.sleep(0.1)

    def is_up(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def figures(self) -> dict[str, float]:
        text = httpx.get(f"{self.url}/metrics", headers={"authorization": f"Bearer {KEY}"}).text
        pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        assert self.process.stdout
        self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    served = Serving(
        tmp_path_factory.mktemp("serving"), "--alias", "tts-1=embedded", "--alias", "alloy=nurse", "--rate", "1000000"
    )
    yield served
    if served.process.poll() is None:
        served.stop()
    served.log.close()


@pytest.fixture
def client(serving: Serving) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{serving.url}/v1", api_key=KEY, max_retries=0) as made:
        yield made


# --- The openai package


def test_the_openai_package_speaks(client: openai.OpenAI, tmp_path: Path) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input="Sit down, please.", instructions="Speak in a cheerful tone.", response_format="wav"
    ) as reply:
        reply.stream_to_file(tmp_path / "said.wav")
        assert reply.headers["x-voiceact-mix"] == "elation=5"
    samples, rate = soundfile.read(tmp_path / "said.wav")
    assert rate == 24_000 and 0.5 < len(samples) / rate < 5 and abs(samples).max() > 0.01


def test_the_openai_package_streams_events(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="embedded",
        voice="nurse",
        input="Sit down. Wait here.",
        stream_format="sse",
        response_format="pcm",
        extra_body={"voiceact": {"emotion": "Concern", "timestamps": True}},
    ) as reply:
        events = [json.loads(line.removeprefix("data: ")) for line in reply.iter_lines() if line]
    assert [event["type"] for event in events] == ["speech.audio.delta", "speech.audio.delta", "speech.audio.done"]
    assert events[0]["voiceact"]["words"][0]["text"] == "Sit"


def test_the_openai_package_knows_the_errors(client: openai.OpenAI, serving: Serving) -> None:
    with pytest.raises(openai.NotFoundError, match="unknown model 'tts-9'") as missing:
        client.audio.speech.create(model="tts-9", voice="nurse", input="Sit down.")
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.BadRequestError, match="unknown voice 'nurze'"):
        client.audio.speech.create(model="embedded", voice="nurze", input="Sit down.")
    with pytest.raises(openai.AuthenticationError, match="API key is missing or wrong"):
        openai.OpenAI(base_url=f"{serving.url}/v1", api_key="wrong", max_retries=0).models.list()
    assert [model.id for model in client.models.list()] == ["embedded", "tts-1"]


# --- curl


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_speaks(serving: Serving, tmp_path: Path) -> None:
    out = tmp_path / "said.mp3"
    body = json.dumps({"model": "embedded", "voice": "nurse", "input": "Sit down, please."})
    done = subprocess.run(
        ["curl", "-sS", "--fail-with-body", f"{serving.url}/v1/audio/speech", "-H", f"Authorization: Bearer {KEY}"]
        + ["-H", "Content-Type: application/json", "-d", body, "-o", str(out), "-w", "%{http_code} %{content_type}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "200 audio/mpeg"
    samples, rate = soundfile.read(out)
    assert 0.5 < len(samples) / rate < 5


# --- A front end: Open WebUI asks for voices and models, and then for mp3 with a voice's id


def test_the_requests_of_open_webui(serving: Serving) -> None:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json", "X-OpenWebUI-User-Name": "me"}
    with httpx.Client(base_url=f"{serving.url}/v1", headers=headers) as front_end:
        voices = {voice["id"]: voice["name"] for voice in front_end.get("/audio/voices").json()["voices"]}
        assert voices["nurse"] == "nurse" and voices["alloy"] == "alloy"
        reply = front_end.post("/audio/speech", json={"model": "tts-1", "voice": "alloy", "input": "Sit down."})
        assert reply.status_code == 200 and soundfile.read(io.BytesIO(reply.content))[1] == 24_000


# --- Strangers


def test_hostile_requests_are_4xx_and_tell_nothing(serving: Serving) -> None:
    """The full 10,000, with schemathesis beside them, are in benchmarks/serve_hostile.py."""
    home = str(Path.home().resolve())
    replies: list[tuple[int, bytes]] = []
    for request in hostile_speech(300, key=KEY, seed=SEED):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", serving.port), 30) as connection:
            connection.sendall(request.data)
            if request.leaves:
                continue
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(1 << 16):
                answer += part
            if answer:
                replies.append((int(answer.split(b" ", 2)[1]), answer))
    statuses = [status for status, _ in replies]
    assert len(replies) > 200 and not [answer for status, answer in replies if status >= 500]
    assert {400, 401, 404, 405, 415} <= set(statuses)
    for _, answer in replies:
        assert b"Traceback" not in answer and home.encode() not in answer and b"site-packages" not in answer
    assert serving.is_up() and serving.figures()["voiceact_worker_restarts"] == 0
    deadline = time.monotonic() + 30
    while serving.figures()["voiceact_under_way"]:
        assert time.monotonic() < deadline, "requests whose clients went away are still under way"
        time.sleep(0.1)


def test_a_head_that_never_ends_is_closed(serving: Serving) -> None:
    async def drip() -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
        began = time.monotonic()
        writer.write(b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\n")
        ended = asyncio.ensure_future(reader.read())
        while not ended.done():
            with contextlib.suppress(ConnectionError):
                writer.write(b"X-A: b\r\n")
                await writer.drain()
            await asyncio.wait({ended}, timeout=0.5)
        return time.monotonic() - began

    assert asyncio.run(asyncio.wait_for(drip(), 60)) < 60


def test_a_stopped_server_ends_what_is_under_way_and_leaves_no_process(serving: Serving) -> None:
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(serving.process.pid)], capture_output=True, text=True
    ).stdout.split()
    assert children

    def speak() -> Any:
        body = {
            "model": "embedded",
            "voice": "nurse",
            "input": "Sit down, please. I will get the doctor. " * 20,
            "response_format": "pcm",
        }
        return httpx.stream(
            "POST", f"{serving.url}/v1/audio/speech", json=body, headers={"authorization": f"Bearer {KEY}"}, timeout=60
        )

    with speak() as reply:
        parts = reply.iter_raw()
        size = len(next(parts))
        serving.process.send_signal(signal.SIGTERM)
        size += sum(len(part) for part in parts)
    assert reply.status_code == 200 and size > 24_000 * 2 * 30, "the stream was sent to its end"
    # As a program that the signal ended, which a shell shows as 143.
    assert serving.process.wait(30) in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    for child in children:
        assert not Path(f"/proc/{child}/exe").exists() or "voiceact" not in Path(f"/proc/{child}/cmdline").read_text()
    serving.log.seek(0)
    log = serving.log.read()
    assert KEY not in log and not re.search("Exception in ASGI application", log), log[-2000:]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--engine", "nothing"], "unknown engine 'nothing'"),
        (["--engine", "embedded", "--engine", "embedded"], "named twice"),
        (["--key", "short"], "expected at least 16"),
        (["--alias", "alloy"], "expected NAME=NAME"),
    ],
)
def test_a_wrong_setting_is_one_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", *arguments])
    assert ended.value.code == 2 and message in capsys.readouterr().err


def test_the_strangers_are_drawn_from_their_seed() -> None:
    first, again, other = ([request.data for request in hostile_speech(5, key=KEY, seed=seed)] for seed in (1, 1, 2))
    assert first == again != other
