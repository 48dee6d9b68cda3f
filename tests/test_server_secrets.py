"""A speech server that knows the key and says so in every way: the key stands in nothing that is written or printed."""

import base64
import contextlib
import gzip
import html
import io
import json
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from voiceact.cli.main import cli
from voiceact.engines.remote import client as remote
from voiceact.engines.remote.openai_compatible import OpenAICompatibleEngine
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.untrusted_text import redact

KEY, PASSWORD = 'sk-Planted/7f3a+9c2e"51b8', "pass-word-4711"
ESCAPED = "".join(f"\\u{ord(one):04x}" for one in KEY)
WAYS = {
    "plain": KEY,
    "percent": quote(KEY, safe=""),
    "hex": KEY.encode().hex(),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "basic": base64.b64encode(f"bob:{PASSWORD}".encode()).decode(),
    "json": json.dumps(KEY),
    "html": html.escape(KEY),
    "unicode": ESCAPED,
    "coloured": KEY[:6] + "\x1b[31m" + KEY[6:],
    "cut": "x" * 110 + KEY,
    "password": PASSWORD,
    "zero width": "\u200b".join(KEY),
    "part": KEY[:12] + "…",
}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        status, headers, data = self.server.answer
        self.send_response(status)
        for name, value in {"content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # the client has had enough
            self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(remote, "seconds_to_wait", lambda state: 0.0)
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.asked = {}
    threading.Thread(target=lambda: found.serve_forever(poll_interval=0.02), daemon=True).start()
    found.url = f"http://127.0.0.1:{found.server_port}"
    found.known = f"http://bob:{PASSWORD}@127.0.0.1:{found.server_port}"
    yield found
    found.shutdown()
    found.server_close()


def speak(server, url=None):
    url = url or server.url
    if url not in server.asked:  # a client of HTTP takes its time to make
        server.asked[url] = OpenAICompatibleEngine(url=url, voice="v")._server
        server.asked[url].tries = 2
    return server.asked[url].post("/v1/audio/speech", {"input": "x"})


def check_secretless(text: str) -> None:
    for secret in (KEY, PASSWORD):
        assert redact(text, [secret]) == text, text


@pytest.mark.parametrize("way", WAYS)
def test_an_echoed_key_is_in_no_message(server, way):
    for status, kind in (
        (200, "application/json"),
        (200, "text/plain"),
        (400, "application/json"),
        (429, "text/plain"),
        (500, "application/json"),
    ):
        body = json.dumps({"error": {"message": f"no: {WAYS[way]}"}}) if kind == "application/json" else f"no: {WAYS[way]}"
        server.answer = (status, {"content-type": kind}, body.encode())
        with pytest.raises(VoiceactError) as error:
            speak(server, server.known)
        check_secretless(str(error.value))
        assert "\x1b" not in str(error.value) and len(str(error.value)) < 400


def test_a_planted_secret_is_in_nothing_that_lines_write_and_print(server, tmp_path):
    (tmp_path / "lines.csv").write_text("id,persona,text\na,nurse,Sit down.\nb,nurse,Get up.\n")
    spec = f"openai-compatible:url={server.known}/v1?token={PASSWORD},voice=v"
    buffer = io.BytesIO()
    soundfile.write(buffer, (0.2 * np.sin(np.arange(24_000) / 20)).astype(np.float32), 24_000, format="WAV")
    for answer in (
        (200, {"content-type": "audio/wav"}, buffer.getvalue()),
        (400, {"content-type": "application/json"}, json.dumps({"detail": f"{KEY} {PASSWORD}"}).encode()),
    ):
        server.answer = answer
        found = CliRunner().invoke(
            cli, ["lines", str(tmp_path / "lines.csv"), "--out", str(tmp_path / "out"), "--engine", spec, "--redo", "*"]
        )
        check_secretless(f"{found.output} {found.exception}")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"a.wav", "a.json", "lines.jsonl"}
    for path in files:
        check_secretless(path.read_bytes().decode("latin-1"))
    assert json.loads((tmp_path / "out" / "a.json").read_text())["replay"]["engine"].startswith(
        "openai-compatible:url=http://127"
    )


@pytest.mark.parametrize("given", [KEY + "\n", "\r\n" + KEY + "\r\n", f" {KEY}\t"])
def test_white_space_around_a_key_is_dropped(server, monkeypatch, given):
    monkeypatch.setenv("OPENAI_API_KEY", given)
    server.answer = (200, {"content-type": "audio/wav"}, b"x")
    assert speak(server) == b"x"


@pytest.mark.parametrize("given", [KEY + "\nx", "ключ", "a\x1bb", KEY + "\x7f"])
def test_a_key_that_no_header_takes_is_told_and_not_shown(server, monkeypatch, given):
    monkeypatch.setenv("OPENAI_API_KEY", given)
    with pytest.raises(UsageError, match="OPENAI_API_KEY holds a character that no key has") as error:
        speak(server)
    check_secretless(str(error.value))


@pytest.mark.parametrize(
    "url",
    [
        "localhost",
        "ftp://x",
        "http://",
        "http://[bad",
        "http://h:99999999",
        "http://h:0",
        "http://a b",
        "http://h\n.x",
        "http://bob:pass-word-4711@",
        "//h",
    ],
)
def test_an_address_that_is_none_is_told(url):
    with pytest.raises(UsageError, match="is no address") as error:
        OpenAICompatibleEngine(url=url, voice="v")
    check_secretless(str(error.value))


def test_a_redirect_is_told_and_not_followed(server):
    server.answer = (307, {"location": f"http://evil.example/?{quote(KEY)}"}, b"")
    with pytest.raises(UsageError, match="which is not followed") as error:
        speak(server)
    check_secretless(str(error.value))


# --- Bounds


@pytest.mark.parametrize("pack", [None, "gzip", "deflate"])
def test_an_answer_is_read_no_further_than_it_may_reach(server, monkeypatch, pack):
    monkeypatch.setattr(remote, "MAX_ANSWER_BYTES", 1 << 20)
    data = b"\0" * (4 << 20)
    packed = {None: lambda one: one, "gzip": gzip.compress, "deflate": zlib.compress}[pack](data)
    server.answer = (200, {"content-type": "audio/wav", **({"content-encoding": pack} if pack else {})}, packed)
    with pytest.raises(VoiceactError, match="more than 1 MiB"):
        speak(server)


@pytest.mark.parametrize("pack", ["br", "zstd", "gzip, gzip"])
def test_packings_that_were_not_asked_for_are_refused(server, pack):
    server.answer = (200, {"content-type": "audio/wav", "content-encoding": pack}, b"x")
    with pytest.raises(VoiceactError, match="expected it unpacked"):
        speak(server)


def test_an_ordinary_packed_answer_is_unpacked(server):
    server.answer = (200, {"content-type": "audio/wav", "content-encoding": "gzip"}, gzip.compress(b"sound" * 100))
    assert speak(server) == b"sound" * 100


def test_hours_of_packed_silence_are_refused(monkeypatch):
    monkeypatch.setattr(remote, "MAX_SOUND_SECONDS", 1.0)
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(80_000, np.float32), 8000, format="FLAC")
    with pytest.raises(VoiceactError, match="minutes of sound"):
        remote.decode_sound(buffer.getvalue(), "flac", "http://x")


@pytest.mark.parametrize("body", [b"[" * 50_000, b'{"error":' * 5_000, b"9" * 5000, b"\xff\xfe", b"", b'"\\ud800"'])
def test_an_odd_error_body_is_told(server, body):
    server.answer = (400, {"content-type": "application/json"}, body)
    with pytest.raises(UsageError, match="refused the request: 400"):
        speak(server)
