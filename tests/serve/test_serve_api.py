"""The speech API over a pool that speaks tones: shapes, refusals, limits, streams, and clients that go away."""

# ruff: noqa: E402
import asyncio
import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

for library in ("starlette", "uvicorn", "python_multipart", "prometheus_client", "httpx"):
    pytest.importorskip(library, reason="voiceact[serve] is not installed")

import jsonschema
import soundfile
from starlette.testclient import TestClient
from tiny_pool import RATE, TonePool

from voiceact.serve import access
from voiceact.serve.app import create_app
from voiceact.serve.settings import ServeSettings

BODY = {"model": "embedded", "voice": "nurse", "input": "Sit down, please. I will get the doctor. Wait here."}
WORDS = len(BODY["input"].split())


class Server:
    def __init__(self, **settings: Any):
        made = ServeSettings(**settings)
        self.pool = TonePool(most_requests=made.most_requests)
        self.app = create_app(made, pool=self.pool)
        self.client = TestClient(self.app, raise_server_exceptions=False)

    def speak(self, headers: dict[str, str] | None = None, **changes: Any) -> Any:
        return self.client.post("/v1/audio/speech", json={**BODY, **changes}, headers=headers)


@pytest.fixture
def server() -> Server:
    return Server()


def error_of(reply: Any) -> dict[str, Any]:
    """The error of a reply, whose shape is OpenAI's."""
    assert reply.headers["content-type"] == "application/json"
    error = reply.json()["error"]
    assert list(reply.json()) == ["error"] and sorted(error) == ["code", "message", "param", "type"]
    assert error["message"] and "Traceback" not in error["message"]
    return error


# --- Whole answers


def test_a_wav_is_whole_and_its_length_is_true(server: Server) -> None:
    reply = server.speak(response_format="wav")
    assert reply.status_code == 200 and reply.headers["content-type"] == "audio/wav"
    samples, rate = soundfile.read(io.BytesIO(reply.content))
    assert (len(samples), rate) == (WORDS * RATE // 10, RATE)
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert float(reply.headers["x-voiceact-seconds"]) == WORDS / 10


def test_what_is_known_of_a_take_stands_in_headers(server: Server) -> None:
    reply = server.speak(response_format="flac", instructions="worried", voiceact={"verify": True, "seed": 7})
    assert reply.headers["x-voiceact-mix"] == "distress=5" and reply.headers["x-voiceact-seed"] == "7"
    assert reply.headers["x-voiceact-verdict"] in ("undecided", "rejected")
    assert "worried" in " ".join(json.loads(reply.headers["x-voiceact-notes"]))


def test_notes_in_any_script_are_ascii_in_a_header(server: Server) -> None:
    reply = server.speak(response_format="wav", instructions="говори как пират")
    assert "говори как пират" in json.loads(reply.headers["x-voiceact-notes"])[0]


def test_several_takes_come_as_json(server: Server) -> None:
    reply = server.speak(
        response_format="wav", voiceact={"takes": 3, "form": "json", "timestamps": True, "emotion": ["Pride:3"]}
    )
    document = reply.json()
    assert [take["seed"] for take in document["takes"]] == [0, 1, 2]
    for take in document["takes"]:
        samples, _ = soundfile.read(io.BytesIO(base64.b64decode(take["audio"])))
        assert len(samples) == WORDS * RATE // 10
        assert [word["text"] for word in take["words"]] == BODY["input"].split()
        assert take["visemes"] is None, "this engine tells no sounds"
        assert take["mix"] == {"pride": 3.0} and take["verdict"] is None


# --- Streams


@pytest.mark.parametrize("name", ["mp3", "opus", "pcm"])
def test_other_formats_are_sent_while_they_are_spoken(server: Server, name: str) -> None:
    reply = server.speak(response_format=name)
    assert reply.status_code == 200 and "content-length" not in reply.headers
    assert server.pool.passages == 3
    if name == "pcm":
        assert len(reply.content) == WORDS * RATE // 10 * 2


def test_events_hold_the_sound_and_the_words(server: Server) -> None:
    reply = server.speak(response_format="pcm", stream_format="sse", voiceact={"timestamps": True})
    assert reply.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line.removeprefix("data: ")) for line in reply.text.split("\n\n") if line]
    assert [event["type"] for event in events] == ["speech.audio.delta"] * 3 + ["speech.audio.done"]
    sound = b"".join(base64.b64decode(event["audio"]) for event in events[:3])
    assert len(sound) == WORDS * RATE // 10 * 2
    assert [word["text"] for event in events[:3] for word in event["voiceact"]["words"]][:3] == ["Sit", "down,", "please"]
    assert set(events[-1]["usage"]) == {"input_tokens", "output_tokens", "total_tokens"}


def test_a_failure_within_events_is_one_of_them(server: Server) -> None:
    class FailingLater(TonePool):
        async def _mishap(self) -> None:
            self.fails = self.passages > 0
            await super()._mishap()

    server.app.state.pool = FailingLater()
    reply = server.speak(stream_format="sse", response_format="pcm")
    last = json.loads(reply.text.strip().split("\n\n")[-1].removeprefix("data: "))
    assert last["type"] == "error" and last["error"]["code"] == "engine_failed" and "secret" not in reply.text


# --- Refusals


@pytest.mark.parametrize(
    ("changes", "status", "param", "message"),
    [
        ({"model": "tts-9"}, 404, "model", "unknown model 'tts-9'; this server has: embedded"),
        ({"voice": "nurze"}, 400, "voice", "did you mean 'nurse'?"),
        ({"voice": "../../etc/passwd"}, 400, "voice", "unknown voice"),
        ({"voiceact": {"emotion": "blargh"}}, 400, "voiceact.emotion", "unknown emotion 'blargh'"),
        ({"input": "…"}, 400, None, "nothing to speak"),
        ({"voiceact": {"language": "xx"}}, 400, None, "does not speak 'xx'"),
        ({"voiceact": {"direction": "rate=9"}}, 400, None, "move 'rate' is 9; expected 0.55 to 1.6"),
    ],
)
@pytest.mark.parametrize("form", ["stream", "whole"])
def test_what_cannot_be_done_is_refused_in_openais_shape(server: Server, changes, status, param, message, form) -> None:
    reply = server.speak(**{"response_format": "wav" if form == "whole" else "mp3", **changes})
    error = error_of(reply)
    assert (reply.status_code, error["param"]) == (status, param) and message in error["message"]


def test_an_engine_that_fails_is_503_and_tells_no_path(server: Server) -> None:
    server.pool.fails = True
    for name in ("wav", "mp3"):
        reply = server.speak(response_format=name)
        assert reply.status_code == 503 and "secret" not in reply.text and error_of(reply)["code"] == "engine_failed"
        assert reply.headers["retry-after"] == "1"


def test_an_error_that_nobody_foresaw_tells_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voiceact.serve.speech.decode_speech", lambda *_, **__: 1 / 0)
    reply = server.speak()
    assert reply.status_code == 500 and error_of(reply)["code"] == "failed" and "division" not in reply.text
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_a_format_that_is_not_installed_names_the_command(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    error = error_of(server.speak(response_format="aac"))
    assert error["code"] == "format_not_installed" and "[aac]" in error["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/audio/speech", 405),
        ("POST", "/v1/models", 405),
        ("GET", "/", 404),
        ("GET", "/v1/audio/speech/", 404),
        ("GET", "/v1/../../etc/passwd", 404),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404),
        ("DELETE", "/metrics", 405),
    ],
)
def test_other_addresses_and_methods(server: Server, method: str, path: str, status: int) -> None:
    reply = server.client.request(method, path)
    assert reply.status_code == status and error_of(reply)["code"] == "no_such_route"


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=x"]
)
def test_a_body_of_another_type_is_415(server: Server, media_type: str) -> None:
    reply = server.client.post("/v1/audio/speech", content=json.dumps(BODY), headers={"content-type": media_type})
    assert reply.status_code == 415 and "application/json" in error_of(reply)["message"]


def test_a_body_that_is_too_long_is_413_whether_it_says_so_or_not(server: Server) -> None:
    long = json.dumps({**BODY, "instructions": "x" * 70_000})
    assert server.client.post("/v1/audio/speech", content=long, headers={"content-type": "application/json"}).status_code == 413

    def chunks():
        yield from (b"x" * 10_000 for _ in range(10))

    reply = server.client.post("/v1/audio/speech", content=chunks(), headers={"content-type": "application/json"})
    assert reply.status_code == 413 and error_of(reply)["code"] == "too_large"


# --- Keys, rates, back-pressure

KEY = "a-key-of-many-letters"


def test_without_the_key_nothing_is_done() -> None:
    server = Server(keys=(KEY,))
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": KEY}, {"authorization": f"Basic {KEY}"}):
        reply = server.speak(headers=headers)
        assert reply.status_code == 401 and error_of(reply)["code"] == "invalid_api_key"
        assert reply.headers["www-authenticate"] == "Bearer" and KEY not in reply.text
    assert server.client.get("/v1/models").status_code == server.client.get("/metrics").status_code == 401
    assert server.client.get("/health").status_code == server.client.get("/openapi.json").status_code == 200
    assert server.speak(headers={"authorization": f"Bearer {KEY}"}, response_format="wav").status_code == 200


def test_guesses_are_limited_and_keep_the_right_key_out_nowhere() -> None:
    server = Server(keys=(KEY,))
    statuses = [server.client.get("/v1/models", headers={"authorization": f"Bearer {n}"}).status_code for n in range(60)]
    # A slow machine lets one more guess through every two seconds.
    assert statuses[:30] == [401] * 30 and statuses.count(429) > 10
    assert server.client.get("/v1/models", headers={"authorization": f"Bearer {KEY}"}).status_code == 200


def test_too_many_requests_are_429_with_the_seconds_to_wait() -> None:
    server = Server(rate=60)
    replies = [server.client.get("/v1/models") for _ in range(20)]
    assert replies[0].status_code == 200 and replies[-1].status_code == 429
    assert error_of(replies[-1])["type"] == "rate_limit_error" and int(replies[-1].headers["retry-after"]) >= 1


def test_a_full_server_is_429_with_the_seconds_to_wait() -> None:
    server = Server(most_requests=1)
    with server.pool.admit():
        for name in ("mp3", "wav"):
            reply = server.speak(response_format=name)
            assert reply.status_code == 429 and error_of(reply)["code"] == "busy" and int(reply.headers["retry-after"]) >= 1
    assert server.speak(response_format="wav").status_code == 200 and server.pool.under_way == 0


def test_a_page_of_another_site_is_refused(server: Server) -> None:
    assert server.speak(headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_what_takes_too_long_is_stopped() -> None:
    server = Server(seconds=0.2)
    server.pool.hangs = True
    for name in ("mp3", "wav"):
        reply = server.speak(response_format=name)
        assert reply.status_code == 503 and error_of(reply)["code"] == "timeout"
    assert server.pool.cancelled == 2 and server.pool.under_way == 0


# --- Clients that go away


def scope_of(body: bytes) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/audio/speech",
        "raw_path": b"/v1/audio/speech",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }


@pytest.mark.parametrize("name", ["wav", "mp3"])
def test_a_client_that_goes_away_stops_the_work(server: Server, name: str) -> None:
    async def visit() -> None:
        body = json.dumps({**BODY, "response_format": name}).encode()
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(_message: Any) -> None:
            return None

        server.pool.hangs = True
        visiting = asyncio.ensure_future(server.app(scope_of(body), receive, send))
        while not server.pool.under_way:
            await asyncio.sleep(0.01)
        gone.set()
        await asyncio.wait_for(visiting, 5)

    asyncio.run(visit())
    assert server.pool.cancelled == 1 and server.pool.under_way == 0
    assert b"voiceact_cancelled_total 1.0" in server.client.get("/metrics").content


def test_a_client_that_leaves_a_stream_stops_the_next_passage(server: Server) -> None:
    async def visit() -> None:
        body = json.dumps({**BODY, "response_format": "pcm"}).encode()
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message.get("body"):
                server.pool.hangs = True
                gone.set()

        await asyncio.wait_for(server.app(scope_of(body), receive, send), 5)

    asyncio.run(visit())
    assert (server.pool.passages, server.pool.cancelled, server.pool.under_way) == (1, 1, 0)


def test_a_body_that_does_not_arrive_is_408(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(access, "UPLOAD_BYTES_PER_SECOND", 1e12)
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.sleep(60)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(server.app(scope_of(b"{}"), receive, send))
    assert sent[0]["status"] == 408


# --- What there is


def test_voices_are_the_personas(server: Server) -> None:
    voices = server.client.get("/v1/audio/voices").json()["voices"]
    nurse = next(voice for voice in voices if voice["id"] == "nurse")
    assert nurse["name"] == "nurse" and nurse["gender"] == "female" and len(voices) >= 40


def test_aliases_are_models_and_voices_too() -> None:
    server = Server(aliases={"tts-1": "embedded", "alloy": "nurse"})
    assert [model["id"] for model in server.client.get("/v1/models").json()["data"]] == ["embedded", "tts-1"]
    assert "alloy" in [voice["id"] for voice in server.client.get("/v1/audio/voices").json()["voices"]]
    for name in ("embedded", "tts-1"):
        model = server.client.get(f"/v1/models/{name}").json()
        assert (model["id"], model["object"]) == (name, "model")
    assert server.speak(model="tts-1", voice="alloy", response_format="wav").status_code == 200
    reply = server.client.get("/v1/models/tts-2")
    assert reply.status_code == 404 and error_of(reply)["code"] == "model_not_found"


def test_a_broken_file_hides_no_other_voice(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("name: [\n")
    reply = Server(personas=(str(tmp_path),)).client.get("/v1/audio/voices")
    names = [voice["id"] for voice in reply.json()["voices"]]
    assert reply.status_code == 200 and "nurse" in names and "broken" not in names


def test_health(server: Server) -> None:
    assert server.client.get("/health").json()["status"] == "ok"
    server.pool.ready = 0
    assert server.client.get("/health").status_code == 503


def test_figures_count_what_was_answered(server: Server) -> None:
    server.speak(response_format="wav")
    server.speak(model="x")
    text = server.client.get("/metrics").text
    assert 'voiceact_requests_total{route="speech",status="200"} 1.0' in text
    assert 'voiceact_requests_total{route="speech",status="404"} 1.0' in text
    assert f'voiceact_audio_seconds_total{{model="embedded"}} {WORDS / 10}' in text


def test_the_schema_describes_what_is_taken(server: Server) -> None:
    document = server.client.get("/openapi.json").json()
    paths = {route.path for route in server.app.routes}
    assert set(document["paths"]) == paths
    body = {"$ref": "#/components/schemas/SpeechBody", "components": document["components"]}
    jsonschema.validate(BODY, body)
    full = {**BODY, "voice": {"id": "x"}, "speed": 2, "voiceact": {"emotion": ["Pride:3"], "takes": 2, "form": "json"}}
    jsonschema.validate(full, body)
    for wrong in ({"speed": 9}, {"input": ""}, {"voice": 3}, {"response_format": "ogg"}, {"voiceact": {"seed": -1}}, {"x": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**BODY, **wrong}, body)
    error = {"$ref": "#/components/schemas/Error", "components": document["components"]}
    jsonschema.validate(server.speak(model="x").json(), error)


# --- A judge for others


def wav(seconds: float = 1.0) -> bytes:
    buffer = io.BytesIO()
    tone = 0.2 * np.sin(2 * np.pi * 200 * np.arange(int(seconds * RATE)) / RATE)
    soundfile.write(buffer, tone, RATE, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def test_a_recording_is_verified(server: Server) -> None:
    reply = server.client.post(
        "/v1/audio/verify",
        files={"file": ("a.wav", wav())},
        data={"emotion": "Pride:3", "check": "quality", "text": "Sit down."},
    )
    verdict = reply.json()["verdict"]
    assert verdict["mix"] == {"pride": 3.0} and [check["name"] for check in verdict["checks"]] == ["quality"]


@pytest.mark.parametrize("route", ["verify", "estimate"])
@pytest.mark.parametrize(
    ("files", "data", "message"),
    [
        ({}, {"x": "1"}, "unknown field 'x'"),
        ({"file": b"no audio"}, {}, "file: cannot be read as audio"),
        ({"file": b""}, {}, "holds no file"),
        ({"sound": b"x"}, {}, "unknown file 'sound'"),
        ({"file": wav()[:1000]}, {}, "file: is truncated"),
        ({"file": wav(), "reference": b"no audio"}, {}, "reference: cannot be read as audio"),
    ],
)
def test_a_form_that_cannot_be_judged_is_refused(server: Server, route, files, data, message) -> None:
    parts = {name: ("../../x.wav", content) for name, content in files.items()} or {"other": ("x", b"x")}
    reply = server.client.post(f"/v1/audio/{route}", files=parts, data=data)
    assert reply.status_code == 400 and message in error_of(reply)["message"] and "/tmp" not in reply.text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"intensity": "9"}, "intensity: expected a number <= 7"),
        ({"check": "smell"}, "smell"),
        ({"emotion": "blargh"}, "blargh"),
        ({"check": "transcript"}, "give text"),
        ({"language": ["en", "de"]}, "language is given twice"),
    ],
)
def test_a_field_that_is_wrong_is_named(server: Server, data, message) -> None:
    reply = server.client.post("/v1/audio/verify", files={"file": ("a.wav", wav())}, data=data)
    assert reply.status_code == 400 and message in error_of(reply)["message"]
