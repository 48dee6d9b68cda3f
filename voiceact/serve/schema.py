"""What a client may send: the body of a speech request, checked against the types that the OpenAPI schema shows."""

import math
import re
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from voiceact.audio.tempo import FASTEST, SLOWEST
from voiceact.errors import count_noun
from voiceact.serve.encoding import Format
from voiceact.serve.refusals import BadRequest
from voiceact.synthesis.request import MOST_SEED

MOST_TAKES = 8
MOST_EMOTIONS = 8
MOST_WORDS = 4096
"""characters of instructions"""

_WORDS = {
    "str": "a text",
    "float": "a number",
    "int": "a whole number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
}
"""types as a decoder names them -> as people do"""
_CHOICES = {"response_format": get_args(Format), "stream_format": ("audio", "sse"), "voiceact.form": ("audio", "json")}
_Emotion = Annotated[
    str, Meta(min_length=1, max_length=1000, description="a category, a keyword or plain words, ':N' sets its intensity")
]
_Name = Annotated[str, Meta(min_length=1, max_length=1000)]
_Sound = Annotated[str, Meta(min_length=1, max_length=200)]


class VoiceName(msgspec.Struct, frozen=True):
    """A voice by its id, as newer clients send it."""

    id: Annotated[_Name, Meta(description="name of a persona, or a description in plain words")]


class Extensions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What only voiceact understands, under the key `voiceact`."""

    emotion: Annotated[
        _Emotion | Annotated[list[_Emotion], Meta(max_length=MOST_EMOTIONS)],
        Meta(description="what is felt; it goes before what the instructions say"),
    ] = ()  # type: ignore[assignment]
    intensity: Annotated[float, Meta(ge=0, le=7, description="of emotions that state none of their own")] | None = None
    direction: Annotated[str, Meta(max_length=1000, description="a stage direction: 'whispering, slower' or 'rate=0.9'")] = ""
    language: Annotated[str, Meta(pattern="^[a-z]{2,3}$", description="of the input")] = "en"
    seed: Annotated[int, Meta(ge=0, le=MOST_SEED, description="of the first take; another seed is another reading")] = 0
    takes: Annotated[int, Meta(ge=1, le=MOST_TAKES, description="takes with seeds that count up; several need form 'json'")] = 1
    bursts: Annotated[bool, Meta(description="whether [sighs] and *gasps* of the input are performed")] = True
    pronunciations: Annotated[
        dict[_Sound, _Sound], Meta(max_length=100, description="word to how it is said: 'win' or '/wˈɪn/'")
    ] = {}
    verify: Annotated[bool, Meta(description="whether the judge listens; the answer is then sent as a whole")] = False
    timestamps: Annotated[
        bool, Meta(description="whether words and mouth shapes come with their times; needs form 'json' or stream_format 'sse'")
    ] = False
    form: Annotated[Literal["audio", "json"], Meta(description="'json': takes, verdicts and timings in one document")] = "audio"


class SpeechBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /v1/audio/speech, in OpenAI's shape."""

    model: Annotated[_Name, Meta(description="an engine of GET /v1/models")]
    input: Annotated[str, Meta(min_length=1, description="the text that is spoken")]
    voice: Annotated[_Name, Meta(description="name of a persona, or a description in plain words")] | VoiceName
    instructions: Annotated[str, Meta(max_length=MOST_WORDS, description="how it is spoken, in plain words")] | None = None
    response_format: Annotated[Format, Meta(description="of the sound")] = "mp3"
    speed: Annotated[float, Meta(ge=SLOWEST, le=FASTEST, description="of the speech, at the same pitch")] = 1.0
    stream_format: (
        Annotated[Literal["audio", "sse"], Meta(description="'audio' streams any format; 'sse' sends events with base64")]
        | UnsetType
    ) = UNSET
    voiceact: Extensions = Extensions()

    @property
    def voice_name(self) -> str:
        """Name or description of the voice."""
        return self.voice if isinstance(self.voice, str) else self.voice.id

    @property
    def emotions(self) -> tuple[str, ...]:
        """Emotions that were asked for."""
        asked = self.voiceact.emotion
        return (asked,) if isinstance(asked, str) else tuple(asked)


def decode_speech(data: bytes, *, most_characters: int) -> SpeechBody:
    """Decode and check the body of a speech request.

    Raises:
        BadRequest: saying where the body is wrong and what is expected
    """
    body: SpeechBody = decode(data, SpeechBody)
    if len(body.input) > most_characters:
        raise BadRequest(
            f"input has {count_noun(len(body.input), 'character')}; expected at most {most_characters:,}",
            param="input",
            code="input_too_long",
        )
    asked = body.voiceact
    if not math.isfinite(body.speed):
        raise BadRequest(f"speed is {body.speed}; expected {SLOWEST:g} to {FASTEST:g}", param="speed")
    if asked.seed + asked.takes - 1 > MOST_SEED:
        raise BadRequest(
            f"voiceact.seed is {asked.seed} for {count_noun(asked.takes, 'take')}; expected the last at most {MOST_SEED}",
            param="voiceact.seed",
        )
    if asked.form == "json" and body.stream_format is not UNSET:
        raise BadRequest("voiceact.form 'json' is sent as a whole; leave stream_format out", param="stream_format")
    if asked.takes > 1 and asked.form != "json":
        raise BadRequest("voiceact.takes above 1 need voiceact.form 'json'", param="voiceact.takes")
    if asked.verify and body.stream_format is not UNSET:
        raise BadRequest("voiceact.verify listens to the whole take; leave stream_format out", param="stream_format")
    if asked.timestamps and asked.form != "json" and body.stream_format != "sse":
        raise BadRequest("voiceact.timestamps need voiceact.form 'json' or stream_format 'sse'", param="voiceact.timestamps")
    return body


def decode(data: bytes, kind: type[Any]) -> Any:
    """Decode JSON as a type.

    Raises:
        BadRequest: if it is no JSON, or not of that type
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        raise wrong_value(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON that can be read ({error}); expected one JSON object", code="bad_json") from None


def wrong_value(error: msgspec.ValidationError) -> BadRequest:
    """Return the refusal of a value that is not of its type: which field, and what is expected there."""
    what, _, place = str(error).partition(" - at `")
    field = place.rstrip("`").removeprefix("$").lstrip(".")
    missing = re.search(r"missing required field `(\w+)`", what)
    unknown = re.search(r"unknown field `(.*)`", what)
    if missing:
        return BadRequest(f"{missing[1]} is missing{f' in {field}' if field else ''}", param=missing[1], code="missing_field")
    if unknown:
        return BadRequest(
            f"unknown field {unknown[1][:80]!r}{f' in {field}' if field else ''}", param=unknown[1][:80], code="unknown_field"
        )
    sentence = re.sub(
        r"`([a-z|? ]+)`", lambda match: " or ".join(_WORDS.get(word.strip(), word) for word in match[1].split("|")), what
    )
    if choices := _CHOICES.get(field):
        sentence += f"; expected one of {', '.join(choices)}"
    return BadRequest(f"{field or 'the body'}: {sentence[:1].lower()}{sentence[1:]}", param=field or None)
