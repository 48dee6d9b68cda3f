"""ElevenLabs over HTTP: audio tags in the text for v3, voice settings for all.

Only models from v3 on take tags; older ones read them aloud, so they get none, and the direction is then
carried by the voice settings alone.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from voiceact.acting.controls import add_markers, list_sounds, remove_markup, strongest
from voiceact.acting.direction import Direction
from voiceact.acting.intensity import HIGHEST
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

ELEVENLABS_RATE = 24_000
TAGGED_FROM = 3
"""major version of the models that obey tags instead of reading them"""
ELEVENLABS_CHARACTERS = 3000


class ElevenLabsEngine(Engine):
    """Implements `voiceact.engines.base.Engine` over HTTP."""

    name = "elevenlabs"
    reaches_out = True
    card = Card(
        "tags in the text (v3 and later) and voice settings",
        (ANY_LANGUAGE,),
        Licences("the server's", "the server's", "unknown"),
        ("httpx", "tenacity"),
        "http",
    )
    options = {
        "url": Option("address of the server", "an address"),
        "model": "eleven_v3 and later obey tags",
        "voice": "id of the voice for every persona",
        "voices": Option("a JSON file: persona -> voice id", "a file"),
        "format": "as ElevenLabs names it: mp3_44100_128, pcm_24000 …",
        "rpm": "requests a minute at most",
        "price": "of a million characters, for an estimate before a run (tags are billed as characters)",
        "license": "of what is spoken, by your plan",
    }

    def __init__(
        self,
        url: str = "https://api.elevenlabs.io",
        model: str = "eleven_v3",
        voice: str | None = None,
        voices: str | None = None,
        format: str = "mp3_44100_128",
        rpm: str | None = None,
        price: str | None = None,
        license: str = "unknown",
    ):
        matched = re.fullmatch(r"(mp3|pcm|wav|opus)_(\d+)(?:_\d+)?", format)
        if not matched:
            raise UsageError(f"format={format!r} is not known; expected one such as mp3_44100_128 or pcm_24000")
        self._container, self._rate = matched[1], int(matched[2])
        self._server = Server(
            url,
            key_variable="ELEVENLABS_API_KEY",
            key_header=lambda key: ("xi-api-key", key),
            engine=self.name,
            requests_per_minute=parse_number(rpm, "rpm") if rpm else None,
        )
        self._model, self._voice, self._format, self._price = model, voice, format, price
        self._voices = read_mapping_file(voices, "voices")
        self._tagged = _major(model) >= TAGGED_FROM
        self.version, self.model_sha256 = model, address_digest(self._server.url, model)
        self.capabilities = Capabilities(
            moves=frozenset(),
            languages=(ANY_LANGUAGE,),
            sample_rate=ELEVENLABS_RATE,
            deterministic=False,
            word_times=False,
            instruction=self._tagged,
            sounds=list_sounds(self.name) if self._tagged else frozenset(),
            licences=Licences(code="the server's", weights="the server's", output=license),
        )

    def perform(self, text: str, persona: Persona, direction: Direction, *, language: str = "en", seed: int = 0) -> Take:
        """Speak `text` (see `Engine.perform`).

        Raises:
            UsageError: text too long, no voice for the persona, key missing or refused
            VoiceactError: the server fails, after several tries
        """
        voice = voice_of(persona, self._voices, self._voice, self.name)
        body = self.request(text, direction, language=language, seed=seed)
        data = self._server.post(f"/v1/text-to-speech/{quote(voice, safe='')}?output_format={self._format}", body)
        samples, rate = decode_sound(data, self._container, self._server.url, pcm_rate=self._rate)
        return assemble_take(
            [samples], rate, out_rate=ELEVENLABS_RATE, gain=directed_gain(samples, rate, persona, direction), seed=seed
        )

    def request(self, text: str, direction: Direction, *, language: str, seed: int) -> dict[str, Any]:
        """Return the body to post; stability falls and style rises with intensity."""
        spoken = add_markers(self.name, text, direction.mix) if self._tagged else remove_markup(text)
        category = strongest(direction.mix)
        degree = category[1] / HIGHEST if category else 0.0
        return {
            "text": fitting(spoken, ELEVENLABS_CHARACTERS, self.name),
            "model_id": self._model,
            "language_code": language.partition("-")[0],
            "seed": seed,
            "voice_settings": {"stability": round(0.5 * (1 - degree), 3), "style": round(degree, 3)},
        }

    def cost(self, texts: Iterable[str]) -> Cost:
        """Return what these texts would cost at the price given; tags come on top."""
        return cost_of(list(texts), price=self._price)


def _major(model: str) -> int:
    """Return the version in a model's name: 3 for eleven_v3, 0 where it has none."""
    matched = re.search(r"_v(\d+)", model)
    return int(matched[1]) if matched else 0
