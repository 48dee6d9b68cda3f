"""Engines behind a server, against a real one on this machine that answers as it is told."""

import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile

from voiceact import synth
from voiceact.acting.direction import direct
from voiceact.acting.persona import load_persona
from voiceact.audio.level import loudness_lufs
from voiceact.engines.base import check_language, unfollowed
from voiceact.engines.remote import client as remote
from voiceact.engines.remote.elevenlabs import ElevenLabsEngine
from voiceact.engines.remote.openai_compatible import OpenAICompatibleEngine
from voiceact.errors import UsageError, VoiceactError

NURSE = load_persona("nurse")
HUM = (0.2 * np.sin(np.arange(24_000) / 20)).astype(np.float32)


def sound(container: str = "WAV", rate: int = 24_000) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, HUM, rate, format=container)
    return buffer.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Gives the answers of `server.answers` in turn, the last one for ever; keeps what was asked."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, body, {name.lower(): value for name, value in self.headers.items()}))
        answers = self.server.answers
        status, kind, data, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {"content-type": kind, "content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.asked, found.answers = [], [(200, "audio/wav", sound(), {})]
    found.url = f"http://127.0.0.1:{found.server_port}"
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture(autouse=True)
def no_keys_and_short_waits(monkeypatch):
    for name in ("OPENAI_API_KEY", "ELEVENLABS_API_KEY", "MY_KEY"):
        monkeypatch.delenv(name, raising=False)
    waits = []
    real = remote.seconds_to_wait
    monkeypatch.setattr(remote, "seconds_to_wait", lambda state: waits.append(real(state)) or 0.0)
    return waits


def act(engine, text="Sit down.", category="distress", intensity=5.0, seed=3):
    direction = direct(NURSE, [(category, intensity)], language="en", seed=seed)
    return engine.perform(text, NURSE, direction, language="en", seed=seed)


def openai(server, **options):
    return OpenAICompatibleEngine(url=server.url, **{"voice": "nova", **options})


def eleven(server, **options):
    return ElevenLabsEngine(url=server.url, **{"voice": "v1", "format": "wav_24000", **options})


# --- What is asked


def test_the_instruction_of_the_direction_reaches_the_server(server):
    take = act(openai(server, model="m"))
    path, body, _ = server.asked[0]
    assert path == "/v1/audio/speech"
    assert body == {
        "model": "m",
        "input": "Sit down.",
        "voice": "nova",
        "response_format": "wav",
        "instructions": direct(NURSE, [("distress", 5.0)], language="en", seed=3).instruction,
    }
    assert take.sample_rate == 24_000 and len(take.samples) == 24_000 and take.seed == 3


def test_other_fields_a_server_takes_are_passed_through_and_its_own_are_not(server, tmp_path):
    extra = tmp_path / "extra.json"
    extra.write_text('{"task_type": "VoiceDesign", "exaggeration": 0.7}')
    act(openai(server, extra=str(extra), seed="yes"))
    assert {"task_type": "VoiceDesign", "exaggeration": 0.7, "seed": 3}.items() <= server.asked[0][1].items()
    extra.write_text('{"input": "something else"}')
    with pytest.raises(UsageError, match="'input' is filled by voiceact"):
        openai(server, extra=str(extra))


def test_each_persona_has_its_voice_and_without_one_it_is_told(server, tmp_path):
    voices = tmp_path / "voices.json"
    voices.write_text('{"nurse": "shimmer"}')
    act(openai(server, voice=None, voices=str(voices)))
    assert server.asked[0][1]["voice"] == "shimmer"
    with pytest.raises(UsageError, match="has no voice for persona 'nurse'; give voice=NAME"):
        act(openai(server, voice=None))
    voices.write_text("[]")
    with pytest.raises(UsageError, match="holds no mapping"):
        openai(server, voices=str(voices))


def test_tags_and_settings_of_elevenlabs_follow_the_intensity(server):
    for intensity in (1.0, 3.0, 7.0):
        act(eleven(server), category="amusement", intensity=intensity)
    bodies = [body for _, body, _ in server.asked]
    assert [body["text"] for body in bodies] == [
        "[amused] Sit down.",
        "[playful] [chuckles] Sit down.",
        "[giddy] [laughs] Sit down.",
    ]
    stability, style = ([body["voice_settings"][name] for body in bodies] for name in ("stability", "style"))
    assert stability == sorted(stability, reverse=True) and style == sorted(style) and style[-1] == 1.0
    assert server.asked[0][0] == "/v1/text-to-speech/v1?output_format=wav_24000" and bodies[0]["seed"] == 3


def test_a_model_that_would_read_tags_aloud_gets_none_and_says_it_follows_no_instruction(server):
    engine = eleven(server, model="eleven_multilingual_v2")
    act(engine, category="amusement", intensity=7)
    assert server.asked[0][1]["text"] == "Sit down."
    assert unfollowed(engine, NURSE, direct(NURSE, [("anger", 7)], language="en", seed=0))
    assert not unfollowed(eleven(server), NURSE, direct(NURSE, [("anger", 7)], language="en", seed=0))


def test_brackets_in_the_users_text_reach_no_server(server):
    act(openai(server), text="Sit [laughs] down.")
    act(eleven(server, model="eleven_multilingual_v2"), text="Sit [laughs] down.")
    assert [body.get("input") or body["text"] for _, body, _ in server.asked] == ["Sit down."] * 2


def test_any_language_is_the_servers_to_know(server):
    check_language(openai(server), "cy")


# --- Keys


def test_the_key_goes_into_the_header_and_nowhere_else(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    monkeypatch.setenv("ELEVENLABS_API_KEY", "sk-secret-2")
    engine = openai(server)
    clip = synth(persona="nurse", emotion="Concern", text="Sit down.", engine=engine)
    act(eleven(server))
    assert server.asked[0][2]["authorization"] == "Bearer sk-secret-1"
    assert server.asked[1][2]["xi-api-key"] == "sk-secret-2"
    import msgspec

    assert b"secret" not in msgspec.json.encode(clip.record)
    assert "secret" not in repr(vars(engine))


@pytest.mark.parametrize(("given", "words"), [(None, "wants a key in"), ("wrong", "refused the key in")])
def test_a_missing_and_a_refused_key_are_told_apart_and_not_tried_again(server, monkeypatch, given, words):
    if given:
        monkeypatch.setenv("MY_KEY", given)
    server.answers = [(401, "application/json", b'{"error": {"message": "no"}}', {})]
    with pytest.raises(UsageError, match=f"{words} the environment variable MY_KEY"):
        act(openai(server, key="MY_KEY"))
    assert len(server.asked) == 1


# --- Answers


def test_an_overloaded_server_is_asked_again_after_the_time_it_asks_for(server, no_keys_and_short_waits):
    server.answers = [
        (429, "application/json", b"{}", {"retry-after": "7"}),
        (503, "text/plain", b"", {}),
        (200, "audio/wav", sound(), {}),
    ]
    assert act(openai(server)).duration == 1.0
    assert len(server.asked) == 3
    assert no_keys_and_short_waits[0] == 7.0 and 0 <= no_keys_and_short_waits[1] <= 2


def test_a_server_that_stays_broken_is_given_up_with_its_own_words(server):
    server.answers = [(500, "application/json", b'{"detail": "CUDA out of memory"}', {})]
    with pytest.raises(VoiceactError, match=r"answered 500 \(CUDA out of memory\); given up after 5 tries"):
        act(openai(server))
    assert len(server.asked) == 5


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, "text/html", b"<html>Welcome</html>", {}), r"answered with text/html where sound was expected \(a web page\)"),
        ((200, "application/json", b'{"error": "voice?"}', {}), r"application/json where sound was expected \(voice\?\)"),
        ((200, "audio/wav", b"", {}), "answered with nothing; given up"),
        ((200, "audio/wav", b"RIFFnot a wave", {}), "sent 14 bytes that are no wav sound"),
        (
            (400, "application/json", b'{"error": {"message": "unknown voice"}}', {}),
            r"refused the request: 400 \(unknown voice\)",
        ),
        ((404, "text/plain", b"not found", {}), r"404 \(not found\)"),
    ],
)
def test_what_is_no_sound_is_told(server, answer, words):
    server.answers = [answer]
    with pytest.raises(VoiceactError, match=words):
        act(openai(server))


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(VoiceactError, match="cannot be reached .*is the server running"):
        act(OpenAICompatibleEngine(url="http://127.0.0.1:9", voice="v"))
    with pytest.raises(UsageError, match="'localhost' is no address"):
        OpenAICompatibleEngine(url="localhost")


@pytest.mark.parametrize("container", ["wav", "flac", "mp3"])
def test_every_container_is_decoded(server, container):
    server.answers = [(200, f"audio/{container}", sound(container.upper()), {})]
    assert act(openai(server, format=container)).duration == pytest.approx(1.0, abs=0.06)


def test_headerless_pcm_and_a_streamed_wav_with_a_bogus_length_are_read(server):
    server.answers = [(200, "audio/pcm", (HUM * 32767).astype("<i2").tobytes(), {})]
    assert act(openai(server, format="pcm")).duration == 1.0
    data = bytearray(sound())
    at = data.find(b"data")
    data[at + 4 : at + 8] = data[4:8] = b"\xff\xff\xff\xff"
    server.answers = [(200, "audio/wav", bytes(data), {})]
    assert act(openai(server)).duration == 1.0


def test_a_take_has_the_personas_loudness_and_what_the_direction_adds(server):
    direction = direct(NURSE, [("anger", 7)], language="en", seed=0)
    take = openai(server).perform("Sit down.", NURSE, direction, language="en", seed=0)
    expected = NURSE.voice.loudness + direction.moves.energy
    assert loudness_lufs(take.samples, 24_000) == pytest.approx(expected, abs=0.3)


# --- Before a run


def test_cost_is_counted_in_characters_and_priced_only_if_a_price_is_given(server):
    assert openai(server).cost(["abcd", "ef"]) == remote.Cost(2, 6, None)
    assert openai(server, price="15").cost(["a" * 1000] * 1000).amount == pytest.approx(15.0)
    with pytest.raises(UsageError, match="price='cheap' is no number"):
        openai(server, price="cheap").cost(["a"])


def test_a_text_too_long_is_refused_before_anything_is_sent(server):
    with pytest.raises(UsageError, match="5,000 characters; engine 'openai-compatible' takes 4,096"):
        act(openai(server), text="a" * 5000)
    assert server.asked == []


def test_requests_keep_their_distance(server, monkeypatch):
    slept = []
    monkeypatch.setattr(remote, "sleep", slept.append)
    engine = openai(server, rpm="60")
    for _ in range(3):
        act(engine)
    assert slept[0] == 0 and slept[1] == pytest.approx(1, abs=0.3) and slept[2] == pytest.approx(2, abs=0.5)


def test_an_engine_can_be_sent_to_another_process(server):
    import pickle

    engine = openai(server)
    act(engine)
    assert act(pickle.loads(pickle.dumps(engine))).duration == 1.0
