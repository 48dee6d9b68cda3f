"""Bodies that are refused, each with the field and one sentence."""

import json

import pytest

pytest.importorskip("starlette", reason="voiceact[serve] is not installed")

from voiceact.serve.refusals import BadRequest, body_of, hide_paths
from voiceact.serve.schema import decode_speech

BODY = {"model": "embedded", "voice": "nurse", "input": "Sit down."}


def decode(**changes):
    return decode_speech(json.dumps({**BODY, **changes}).encode(), most_characters=4096)


def test_the_smallest_body() -> None:
    body = decode()
    assert (body.voice_name, body.response_format, body.speed, body.emotions) == ("nurse", "mp3", 1.0, ())


def test_a_voice_may_be_an_object_with_an_id() -> None:
    assert decode(voice={"id": "nurse"}).voice_name == "nurse"


@pytest.mark.parametrize(("emotion", "read"), [("Pride", ("Pride",)), (["Pride:3", "Sadness"], ("Pride:3", "Sadness"))])
def test_one_emotion_or_several(emotion, read) -> None:
    assert decode(voiceact={"emotion": emotion}).emotions == read


@pytest.mark.parametrize(
    ("changes", "param", "message"),
    [
        ({"response_format": "ogg"}, "response_format", "'ogg'; expected one of mp3, opus, aac, flac, wav, pcm"),
        ({"speed": 9}, "speed", "expected a number <= 4"),
        ({"speed": "fast"}, "speed", "expected a number, got a text"),
        ({"input": ""}, "input", "expected a text of length >= 1"),
        ({"input": "x" * 4097}, "input", "input has 4,097 characters; expected at most 4,096"),
        ({"voice": 3}, "voice", "got a whole number"),
        ({"emotion": "Pride"}, "emotion", "unknown field 'emotion'"),
        ({"voiceact": {"emotions": "x"}}, "emotions", "unknown field 'emotions' in voiceact"),
        ({"voiceact": {"intensity": 8}}, "voiceact.intensity", "expected a number <= 7"),
        ({"voiceact": {"seed": -1}}, "voiceact.seed", "expected a whole number >= 0"),
        ({"voiceact": {"takes": 3}}, "voiceact.takes", "need voiceact.form 'json'"),
        ({"voiceact": {"takes": 2, "form": "json", "seed": 2**32 - 1}}, "voiceact.seed", "expected the last at most"),
        ({"voiceact": {"timestamps": True}}, "voiceact.timestamps", "need voiceact.form 'json' or stream_format 'sse'"),
        ({"voiceact": {"verify": True}, "stream_format": "sse"}, "stream_format", "leave stream_format out"),
        ({"voiceact": {"form": "json"}, "stream_format": "audio"}, "stream_format", "leave stream_format out"),
        ({"voiceact": {"language": "en/../x"}}, "voiceact.language", "expected a text matching regex"),
    ],
)
def test_what_is_wrong_is_said(changes, param, message) -> None:
    with pytest.raises(BadRequest) as caught:
        decode(**changes)
    error = body_of(caught.value)["error"]
    assert error["param"] == param and message in error["message"] and error["type"] == "invalid_request_error"


def test_what_is_missing_is_named() -> None:
    with pytest.raises(BadRequest, match="input is missing") as caught:
        decode_speech(b'{"model": "embedded", "voice": "nurse"}', most_characters=10)
    assert body_of(caught.value)["error"]["code"] == "missing_field"


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[1", b"\xff\xfe", b'{"input": NaN}', b"[" * 100_000, b'"\\ud800"', b"1e999", b"null"]
)
def test_what_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(BadRequest, match="the body"):
        decode_speech(data, most_characters=10)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("cannot read /home/me/voices/x.wav here", "cannot read … here"),
        ("GET /v1/audio/voices lists them", "GET /v1/audio/voices lists them"),
        ("this and/or that", "this and/or that"),
        ("see C:\\Users\\me\\file", "see …"),
        ("24/7 speech at 1/2 speed", "24/7 speech at 1/2 speed"),
    ],
)
def test_paths_are_hidden(message: str, shown: str) -> None:
    assert hide_paths(message) == shown
