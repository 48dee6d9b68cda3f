"""POST /v1/audio/speech: a text in, speech out, as a whole or while it is spoken."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import UNSET
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from voiceact.audio.visemes import list_visemes
from voiceact.audio.words import Word
from voiceact.clip.record import provenance
from voiceact.errors import VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.serve.access import ClientGoneError, check_media_type, read_limited, until_gone
from voiceact.serve.encoding import MEDIA_TYPES, StreamEncoder, encode_whole, make_encoder, rate_for
from voiceact.serve.metrics import Metrics
from voiceact.serve.pool import SpokenPassage, SynthesisPool, count_opening
from voiceact.serve.reading import PlainRequest
from voiceact.serve.refusals import BadRequest, body_of, refusal_for
from voiceact.serve.schema import SpeechBody, decode_speech
from voiceact.serve.settings import ServeSettings
from voiceact.serve.worker import SpokenTake

LENGTH_IN_HEADER = ("wav", "flac")
"""formats that are sent as a whole unless a stream is asked for: their headers state the length"""
MOST_NOTE_CHARACTERS = 2000
"""of notes in a header"""


async def create_speech(request: Request) -> Response:
    """Speak a text."""
    settings: ServeSettings = request.app.state.settings
    pool: SynthesisPool = request.app.state.pool
    metrics: Metrics = request.app.state.metrics
    began = time.monotonic()

    # What is asked
    check_media_type(request, "application/json")
    body = decode_speech(await read_limited(request, settings.most_body), most_characters=settings.most_characters)
    asked = plain_request(body, settings)
    check_format(body)
    metrics.characters.labels(model_name(body.model, settings)).inc(len(body.input))

    # A whole take, or several
    extensions = body.voiceact
    if (
        extensions.form == "json"
        or extensions.verify
        or (body.stream_format is UNSET and body.response_format in LENGTH_IN_HEADER)
    ):
        with pool.admit():
            takes = await until_gone(
                request.receive, _speak_takes(pool, asked, extensions.takes, verify=extensions.verify), seconds=settings.seconds
            )
        metrics.first_audio.observe(time.monotonic() - began)
        for take in takes:
            metrics.audio_seconds.labels(model_name(body.model, settings)).inc(seconds_of(take))
            if take.clip.record.verdict is not None:
                metrics.verdicts.labels(take.clip.record.verdict.level).inc()
        if extensions.form == "json":
            return JSONResponse(await asyncio.to_thread(as_document, body, takes))
        return await asyncio.to_thread(as_file, body, takes[0])

    # A stream: its first passage is spoken before anything is answered, so that what is wrong is refused
    passages = _admitted(pool, asked)
    first = await until_gone(request.receive, anext(passages), seconds=settings.seconds)
    metrics.first_audio.observe(time.monotonic() - began)
    return SpeechStream(body, asked, first, passages, metrics=metrics, settings=settings)


def model_name(model: str, settings: ServeSettings) -> str:
    """Return the served engine that a client means.

    Raises:
        BadRequest: 404 if none is
    """
    names = settings.engine_names()
    wanted = settings.aliases.get(model, model)
    if wanted not in names:
        message = f"unknown model {model[:100]!r}; this server has: {', '.join(names)}"
        raise BadRequest(message, param="model", code="model_not_found", status=404)
    return wanted


def plain_request(body: SpeechBody, settings: ServeSettings) -> PlainRequest:
    """Return what the body asks for, in the terms of this package."""
    extensions = body.voiceact
    return PlainRequest(
        voice=settings.aliases.get(body.voice_name, body.voice_name),
        text=body.input,
        engine=settings.engine_names()[model_name(body.model, settings)],
        instructions=body.instructions or "",
        emotions=body.emotions,
        intensity=extensions.intensity,
        direction=extensions.direction,
        language=extensions.language,
        seed=extensions.seed,
        bursts=extensions.bursts,
        pronunciations=tuple(extensions.pronunciations.items()),
        speed=body.speed,
        personas=settings.personas,
    )


def check_format(body: SpeechBody) -> None:
    """Refuse a format whose library is not installed, before anything is spoken.

    Raises:
        BadRequest: saying what to install
    """
    if body.response_format == "aac":
        try:
            make_encoder("aac", 24_000)
        except MissingExtraError as error:
            raise BadRequest(str(error), param="response_format", code="format_not_installed") from error


async def _speak_takes(pool: SynthesisPool, asked: PlainRequest, count: int, *, verify: bool) -> list[SpokenTake]:
    """Speak takes with seeds that count up, in as many processes as are free; all are cancelled when one fails."""
    doing = [
        asyncio.ensure_future(pool.synthesize(replace(asked, seed=asked.seed + number), verify=verify, speed=asked.speed))
        for number in range(count)
    ]
    try:
        return await asyncio.gather(*doing)
    finally:
        for one in doing:
            one.cancel()


async def _admitted(pool: SynthesisPool, asked: PlainRequest) -> AsyncIterator[SpokenPassage]:
    """Yield the passages of a request that is counted as under way until the last, or until it is closed."""
    with pool.admit():
        async with aclosing(pool.stream(asked, speed=asked.speed, opening=count_opening(asked.text))) as passages:
            async for passage in passages:
                yield passage


# --- Whole answers


def seconds_of(take: SpokenTake) -> float:
    """Return the length of a take as it is sent."""
    assert take.clip.samples is not None
    return len(take.clip.samples) / take.clip.record.audio.sample_rate


def as_file(body: SpeechBody, take: SpokenTake) -> Response:
    """Return a take as a complete file, with what is known of it in headers."""
    record = take.clip.record
    assert take.clip.samples is not None
    data = encode_whole(take.clip.samples, record.audio.sample_rate, body.response_format, provenance(record))
    headers = {
        "X-Voiceact-Seed": str(record.seed),
        "X-Voiceact-Seconds": f"{seconds_of(take):.3f}",
        **_mix_header(record.mix),
        **_notes_header(take.notes),
    }
    if record.verdict is not None:
        profile = record.verdict.profile
        scores = {name: profile.scores.get(name) for name in record.mix} if profile else {}
        headers |= {
            "X-Voiceact-Verdict": record.verdict.level,
            "X-Voiceact-Reasons": ";".join(record.verdict.reasons),
            "X-Voiceact-Scores": ";".join(f"{name}={score:.2f}" for name, score in scores.items() if score is not None),
            "X-Voiceact-Evidence": ";".join(f"{name}={word}" for name, word in record.verdict.evidence.items()),
        }
    return Response(data, media_type=_media_type(body, record.audio.sample_rate), headers=headers)


def as_document(body: SpeechBody, takes: Sequence[SpokenTake]) -> dict[str, Any]:
    """Return takes as one JSON document, sounds as base64."""
    return {
        "object": "audio.speech",
        "model": body.model,
        "voice": body.voice_name,
        "format": body.response_format,
        "notes": list(takes[0].notes),
        "takes": [_take_document(body, take) for take in takes],
    }


def _take_document(body: SpeechBody, take: SpokenTake) -> dict[str, Any]:
    record = take.clip.record
    assert take.clip.samples is not None
    rate = record.audio.sample_rate
    data = encode_whole(take.clip.samples, rate, body.response_format, provenance(record))
    document: dict[str, Any] = {
        "id": record.id,
        "seed": record.seed,
        "seconds": round(seconds_of(take), 4),
        "sample_rate": rate_for(body.response_format, rate),
        "text": record.text,
        "mix": record.mix,
        "moves": dict(take.moves),
        "engine": {"name": record.engine.name, "version": record.engine.version},
        "verdict": msgspec.to_builtins(record.verdict),
        "audio": base64.b64encode(data).decode("ascii"),
    }
    if body.voiceact.timestamps:
        document |= timings(take.clip.words)
    return document


def timings(words: Sequence[Word], *, start: float = 0.0) -> dict[str, Any]:
    """Return words with their times, and mouth shapes with theirs; None for the shapes where the engine tells no sounds.

    Args:
        words: of a take or a part of one
        start: seconds at which the part begins
    """
    rows = [{"text": word.text, "start": round(word.start, 4), "end": round(word.end, 4)} for word in words]
    return {"words": rows, "visemes": list_visemes(words, start=start) if any(word.phones for word in words) else None}


def _media_type(body: SpeechBody, rate: int) -> str:
    kind = MEDIA_TYPES[body.response_format]
    return f"{kind};rate={rate_for('pcm', rate)}" if body.response_format == "pcm" else kind


def _mix_header(mix: Mapping[str, float]) -> dict[str, str]:
    return {"X-Voiceact-Mix": ";".join(f"{name}={intensity:g}" for name, intensity in mix.items())} if mix else {}


def _notes_header(notes: Sequence[str]) -> dict[str, str]:
    """Return the notes as a JSON list in ASCII, as many as fit."""
    kept = list(notes)
    while kept and len(json.dumps(kept)) > MOST_NOTE_CHARACTERS:
        kept.pop()
    return {"X-Voiceact-Notes": json.dumps(kept)} if kept else {}


# --- Streams


class SpeechStream(Response):
    """Speech that is sent passage by passage, each before the next one is spoken; stopped when the client goes away.

    Args:
        body: of the request
        asked: the request
        first: its first passage
        passages: the others; closed in the end
        metrics: that count what is sent
        settings: whose time limit holds from one passage to the next
    """

    def __init__(
        self,
        body: SpeechBody,
        asked: PlainRequest,
        first: SpokenPassage,
        passages: AsyncIterator[SpokenPassage],
        *,
        metrics: Metrics,
        settings: ServeSettings,
    ):
        self._body, self._first, self._passages = body, first, passages
        self._metrics, self._model, self._seconds = metrics, model_name(body.model, settings), settings.seconds
        self._events = body.stream_format == "sse"
        # Seconds up to which words were told.
        self._told = 0.0
        self.status_code, self.background = 200, None
        self.media_type = "text/event-stream" if self._events else _media_type(body, first.rate)
        self.init_headers({"X-Voiceact-Seed": str(asked.seed), **_mix_header(first.mix), **_notes_header(first.notes)})
        # The length is not known.
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer."""
        encoder = make_encoder(self._body.response_format, self._first.rate)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            passage: SpokenPassage | None = self._first
            while passage is not None:
                # Encoding takes time, and the loop has others to serve.
                data = await asyncio.to_thread(encoder.write, passage.samples)
                self._metrics.audio_seconds.labels(self._model).inc(len(passage.samples) / passage.rate)
                await self._send(send, receive, self._part(data, passage))
                passage = await until_gone(receive, anext(self._passages, None), seconds=self._seconds)
            await self._send(send, receive, self._last_part(encoder))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except ClientGoneError:
            self._metrics.cancelled.inc()
        except VoiceactError as error:
            if not self._events:
                # Broken off, so that nobody takes a part for the whole.
                raise
            event = {"type": "error", **body_of(refusal_for(error))}
            await send({"type": "http.response.body", "body": _event(event), "more_body": False})
        finally:
            await self._passages.aclose()  # type: ignore[attr-defined]

    async def _send(self, send: Send, receive: Receive, data: bytes) -> None:
        """Send a part; a client that does not take it in time has gone."""
        if data:
            try:
                async with asyncio.timeout(self._seconds):
                    await send({"type": "http.response.body", "body": data, "more_body": True})
            except TimeoutError:
                raise ClientGoneError from None

    def _part(self, data: bytes, passage: SpokenPassage) -> bytes:
        if not self._events:
            return data
        event: dict[str, Any] = {"type": "speech.audio.delta", "audio": base64.b64encode(data).decode("ascii")}
        if self._body.voiceact.timestamps:
            event["voiceact"] = {"text": passage.text, **timings(passage.words, start=self._told)}
            self._told = passage.words[-1].end if passage.words else self._told
        return _event(event)

    def _last_part(self, encoder: StreamEncoder) -> bytes:
        data = encoder.finish()
        if not self._events:
            return data
        rest = _event({"type": "speech.audio.delta", "audio": base64.b64encode(data).decode("ascii")}) if data else b""
        # Characters stand for tokens, which this package does not count by.
        spoken = len(self._body.input)
        usage = {"input_tokens": spoken, "output_tokens": 0, "total_tokens": spoken}
        return rest + _event({"type": "speech.audio.done", "usage": usage})


def _event(event: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"
