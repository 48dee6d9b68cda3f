"""Any server that speaks OpenAI's `POST /v1/audio/speech`: OpenAI itself, vLLM-Omni, Kokoro-FastAPI and others.

The written instruction of a direction goes into `instructions`. A server that ignores it cannot be told from
one that follows it by its answer: whether it acts is for the judge to hear.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from voiceact.acting.controls import remove_markup
from voiceact.acting.direction import Direction
from voiceact.acting.persona import Persona
from voiceact.engines.base import ANY_LANGUAGE, Capabilities, Card, Engine, Licences, Take
from voiceact.engines.neural.common import assemble_take, directed_gain
from voiceact.engines.remote.client import (
    Cost,
    Server,
    address_digest,
    cost_of,
    decode_sound,
    fitting,
    parse_number,
    read_mapping_file,
    voice_of,
)
from voiceact.errors import UsageError
from voiceact.runtime.spec import Option

OPENAI_RATE = 24_000
AUDIO_FORMATS = ("wav", "flac", "mp3", "pcm")
OPENAI_CHARACTERS = 4096
"""of one request, as published"""
INTERFERES = frozenset({"input", "model", "voice", "instructions", "response_format"})
"""fields that are voiceact's own to fill"""


class OpenAICompatibleEngine(Engine):
    """Implements `voiceact.engines.base.Engine` over HTTP."""

    name = "openai-compatible"
    reaches_out = True
    card = Card(
        "a written instruction, if the server heeds it",
        (ANY_LANGUAGE,),
        Licences("the server's", "the server's", "unknown"),
        ("httpx", "tenacity"),
        "http",
    )
    options = {
        "url": Option("address of the server, such as http://localhost:8000", "an address"),
        "model": "the server's name of the model",
        "voice": "the server's voice for every persona",
        "voices": Option("a JSON file: persona -> the server's voice", "a file"),
        "format": "wav, flac, mp3 or pcm (headerless 24 kHz)",
        "key": Option("environment variable that holds the key (default OPENAI_API_KEY)", "an environment variable"),
        "extra": Option("a JSON file with more fields for the request, as other servers take them", "a file"),
        "seed": "yes: send the take's seed (vLLM-Omni takes it, OpenAI refuses it)",
        "rpm": "requests a minute at most",
        "price": "of a million characters, for an estimate before a run",
        "license": "of what is spoken, as the server's owner says",
    }

    def __init__(
        self,
        url: str = "https://api.openai.com",
        model: str = "gpt-4o-mini-tts",
        voice: str | None = None,
        voices: str | None = None,
        format: str = "wav",
        key: str = "OPENAI_API_KEY",
        extra: str | None = None,
        seed: str = "no",
        rpm: str | None = None,
        price: str | None = None,
        license: str = "unknown",
    ):
        if format not in AUDIO_FORMATS:
            raise UsageError(f"format={format!r} is not known; expected {', '.join(AUDIO_FORMATS)}")
        self._server = Server(
            url,
            key_variable=key,
            key_header=_bearer,
            engine=self.name,
            requests_per_minute=parse_number(rpm, "rpm") if rpm else None,
        )
        self._model, self._voice, self._format, self._price = model, voice, format, price
        self._voices = read_mapping_file(voices, "voices")
        self._extra, self._sends_seed = _checked_extra(read_mapping_file(extra, "extra")), seed == "yes"
        self.version, self.model_sha256 = model, address_digest(self._server.url, model)
        self.capabilities = Capabilities(
            moves=frozenset(),
            languages=(ANY_LANGUAGE,),
            sample_rate=OPENAI_RATE,
            deterministic=False,
            word_times=False,
            instruction=True,
            licences=Licences(code="the server's", weights="the server's", output=license),
        )

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`).

        Raises:
            UsageError: text too long, no voice for the persona, key missing or refused
            VoiceactError: the server fails, after several tries
        """
        body = self.request(text, persona, direction, seed=seed)
        samples, rate = decode_sound(self._server.post("/v1/audio/speech", body), self._format, self._server.url)
        return assemble_take(
            [samples], rate, out_rate=OPENAI_RATE, gain=directed_gain(samples, rate, persona, direction), seed=seed
        )

    def request(self, text: str, persona: Persona, direction: Direction, *, seed: int) -> dict[str, Any]:
        """Return the body to post."""
        spoken = fitting(remove_markup(text), OPENAI_CHARACTERS, self.name)
        return {
            "model": self._model,
            "input": spoken,
            "voice": voice_of(persona, self._voices, self._voice, self.name),
            "instructions": direction.instruction,
            "response_format": self._format,
            **({"seed": seed} if self._sends_seed else {}),
            **self._extra,
        }

    def cost(self, texts: Iterable[str]) -> Cost:
        """Return what these texts would cost at the price given."""
        return cost_of(list(texts), price=self._price)


def _bearer(key: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {key}"


def _checked_extra(extra: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in extra:
        if name in INTERFERES:
            raise UsageError(f"extra: {name!r} is filled by voiceact; leave it out of the file")
    return extra
