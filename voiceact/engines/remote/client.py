"""Requests to speech servers over HTTP: paced, retried where that helps, and one sentence for every fault.

A key comes from the environment and goes into a header; it is in no record, no message and no log, also where the server
sends it back. An answer is bounded in bytes, sent and unpacked, in seconds of sound, and in time (docs/security.md).
"""

import io
import json
import math
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from voiceact.acting.persona import Persona
from voiceact.audio import Samples, check_rate
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.untrusted_text import clean_text, redact, strip_credentials, url_secrets

TIMEOUT_SECONDS = 120.0
REQUEST_TRIES = 5
LONGEST_WAIT_SECONDS = 60.0
MAX_ANSWER_BYTES = 64 * 2**20
"""of an answer, as sent and as unpacked"""
MAX_ANSWER_SECONDS = 300.0
"""from the first byte of an answer to its last"""
MAX_SOUND_SECONDS = 1800.0
"""of the sound in an answer; texts of one request are some minutes long"""
DECODE_BLOCK = 1 << 16
"""frames that are decoded at once"""
MAX_ERROR_BYTES = 8 * 2**10
"""of the body of an error that are read"""
MAX_ANSWER_CHARACTERS = 120
"""of a server's own words"""
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""statuses that may pass; all others are final"""


class Retried(VoiceactError):
    """An answer that may be another one later.

    Attributes:
        wait: seconds that the server wants to pass first; None if it does not say
    """

    def __init__(self, sentence: str, wait: float | None = None):
        super().__init__(sentence)
        self.wait = wait


@dataclass(frozen=True)
class Cost:
    """Estimate of what a run would cost at a server.

    Attributes:
        requests: number of them
        characters: of all texts
        amount: in the currency of the price given; None where no price was given
    """

    requests: int
    characters: int
    amount: float | None

    def __str__(self) -> str:
        """Return the estimate in words, for a person."""
        price = "" if self.amount is None else f", {self.amount:,.2f} at the price given"
        return f"{self.requests:,} request{'s' * (self.requests != 1)}, {count_noun(self.characters, 'character')}{price}"


class Server:
    """One speech server.

    Attributes:
        url: without user name, password, query values, and slash at its end: what is shown and recorded
        key_variable: environment variable that holds the key; the key is optional unless the server wants one
    """

    def __init__(
        self,
        url: str,
        *,
        key_variable: str,
        key_header: Callable[[str], tuple[str, str]],
        engine: str,
        requests_per_minute: float | None = None,
        timeout: float = TIMEOUT_SECONDS,
        tries: int = REQUEST_TRIES,
    ):
        shown = strip_credentials(url)
        if not is_address(url):
            raise UsageError(f"engine {engine!r}: {shown!r} is no address; expected one such as http://localhost:8000")
        if "=" in key_variable or "\0" in key_variable:
            raise UsageError(
                f"engine {engine!r}: {clean_text(key_variable, 40)!r} is no environment variable; expected the "
                "name of the one that holds the key, not the key"
            )
        self.url, self.key_variable, self.engine, self.tries = shown.rstrip("/"), key_variable, engine, tries
        self._address = url
        self._header, self._timeout = key_header, timeout
        self._pause = 60 / requests_per_minute if requests_per_minute else 0.0
        self._next, self._lock = 0.0, Lock()
        self._client: Any = None

    def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Post a request and return the bytes of the answer.

        Raises:
            UsageError: the key is missing or refused, the request is refused, or there is no such address
            VoiceactError: the server cannot be reached, is overloaded or broken, after the last try
            MissingExtraError: without httpx and tenacity
        """
        try:
            from tenacity import Retrying, retry_if_exception_type, stop_after_attempt
        except ImportError:
            raise MissingExtraError(f"engine {self.engine!r}", "http") from None
        again = Retrying(
            retry=retry_if_exception_type(Retried), stop=stop_after_attempt(self.tries), wait=seconds_to_wait, reraise=True
        )
        try:
            return bytes(again(self.post_once, path, body))
        except Retried as error:
            raise VoiceactError(f"{error}; given up after {self.tries} tries") from error

    def post_once(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Post a request once (see `post`); raises Retried where another try may help."""
        import httpx

        # Whatever is read from a file with a shell ends in a line break.
        key = (os.environ.get(self.key_variable) or "").strip()
        if not key.isascii() or not key.isprintable():
            raise UsageError(
                f"the environment variable {self.key_variable} holds a character that no key has (a line break, a "
                "quotation mark from a text processor); set it anew"
            )
        headers = {"accept-encoding": "identity", **dict([self._header(key)] if key else [])}
        if self._client is None:
            self._client = httpx.Client(timeout=self._timeout)

        # The path comes before what the address has of a query.
        parts, (own, _, query) = urlsplit(self._address), path.partition("?")
        queries = "&".join(filter(None, (parts.query, query)))
        target = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + own, queries, ""))

        # Wait until another request is allowed.
        with self._lock:
            now = monotonic()
            turn = max(now, self._next)
            self._next = turn + self._pause
        sleep(max(0.0, turn - now))
        try:
            with self._client.stream("POST", target, json=dict(body), headers=headers) as answer:
                return self.read_sound(answer)
        except httpx.TimeoutException:
            raise Retried(f"{self.url} did not answer within {self._timeout:g} s") from None
        except httpx.TransportError as error:
            raise Retried(f"{self.url} cannot be reached ({self._clean(error)}); is the server running?") from None
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UsageError(f"{self.url} is no address that can be asked ({self._clean(error)})") from None

    def read_sound(self, answer: Any) -> bytes:
        """Return the sound of an answer, whose body is read no further than `MAX_ANSWER_BYTES`."""
        status = answer.status_code
        if status in RETRIED:
            raise Retried(f"{self.url} answered {status} ({self._error_words(answer)})", retry_after(answer))
        if status in (401, 403):
            known = "refused the key in" if os.environ.get(self.key_variable) else "wants a key in"
            raise UsageError(f"{self.url} {known} the environment variable {self.key_variable} ({status})")
        if status >= 400:
            raise UsageError(f"{self.url} refused the request: {status} ({self._error_words(answer)})")
        if status >= 300:
            # Followed, the key would go wherever the server says.
            elsewhere = self._clean(strip_credentials(answer.headers.get("location", "nowhere")))
            raise UsageError(
                f"{self.url} sends the request on to {elsewhere}, which is not followed; if that is right, name it as url=…"
            )
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind in ("text/html", "application/json", "text/plain"):
            raise VoiceactError(
                f"{self.url} answered with {kind} where sound was expected ({self._error_words(answer)}); "
                "is it a speech server?"
            )
        data, whole = self._read(answer, MAX_ANSWER_BYTES)
        if not whole:
            raise VoiceactError(
                f"{self.url} answered with more than {MAX_ANSWER_BYTES / 2**20:.0f} MiB; expected one line of speech"
            )
        if not data:
            raise Retried(f"{self.url} answered with nothing")
        return data

    def _read(self, answer: Any, limit: int) -> tuple[bytes, bool]:
        """Return the body as far as `limit` bytes, sent or unpacked, and whether that is all of it.

        Raises:
            VoiceactError: a packing that was not offered, or a body that takes too long
        """
        packing = answer.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "", "gzip", "deflate"):
            raise VoiceactError(f"{self.url} answered packed as {self._clean(packing)!r}; expected it unpacked")
        # 32 + 15: gzip or zlib, whichever it is.
        unpack = zlib.decompressobj(32 + zlib.MAX_WBITS) if packing in ("gzip", "deflate") else None
        body, sent, until = bytearray(), 0, monotonic() + MAX_ANSWER_SECONDS
        for piece in answer.iter_raw():
            sent += len(piece)
            try:
                # One byte more than may be there tells what is too long from what just fits.
                body += unpack.decompress(piece, limit + 1 - len(body)) if unpack else piece
            except zlib.error as error:
                raise VoiceactError(f"{self.url} answered with damaged {packing} ({error})") from None
            if max(sent, len(body)) > limit:
                return bytes(body[:limit]), False
            if monotonic() > until:
                raise VoiceactError(f"{self.url} is still answering after {MAX_ANSWER_SECONDS:g} s; given up")
        return bytes(body), True

    def _error_words(self, answer: Any) -> str:
        """Return what an error's body says: short, without secrets, never a whole page."""
        if "html" in answer.headers.get("content-type", ""):
            return "a web page"
        data, _ = self._read(answer, MAX_ERROR_BYTES)
        try:
            parsed = json.loads(data)
            inner = parsed.get("error", parsed.get("detail", parsed)) if isinstance(parsed, dict) else parsed
            text = str(inner.get("message", inner) if isinstance(inner, dict) else inner)
        except (ValueError, RecursionError):
            text = data.decode(errors="replace")
        return self._clean(text)

    def _clean(self, text: object) -> str:
        """Return foreign words fit to be shown and recorded: one short line, without the key and the secrets of the address."""
        secrets = [os.environ.get(self.key_variable), *url_secrets(self._address)]
        # Redacted before and after: an escape sequence may stand within a secret, and a secret may be cut by the limit.
        plain = redact(clean_text(redact(str(text)[:MAX_ERROR_BYTES], secrets), MAX_ERROR_BYTES), secrets)
        return clean_text(plain, MAX_ANSWER_CHARACTERS)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_client": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=Lock())


def decode_sound(data: bytes, container: str, url: str, *, pcm_rate: int = 24_000) -> tuple[Samples, int]:
    """Return samples (float32 [n]) and rate of what a server sent.

    Args:
        data: the bytes
        container: "pcm" (headerless, 16 bits, little-endian, at `pcm_rate`), or anything libsndfile reads; a WAV
            that was streamed and so promises more than it holds is taken as far as it goes
        url: of the server, for messages
        pcm_rate: in Hz

    Raises:
        VoiceactError: if it is no sound
    """
    import numpy as np
    import soundfile

    if container == "pcm":
        return np.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768), pcm_rate
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate = check_rate(file.samplerate, url)
            longest = int(MAX_SOUND_SECONDS * rate)
            # By blocks, and no further than allowed: a megabyte of packed silence is hours of it.
            blocks, count = [], 0
            while count <= longest and len(block := file.read(DECODE_BLOCK, dtype="float32", always_2d=True)):
                blocks.append(block.mean(axis=1))
                count += len(block)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise VoiceactError(f"{url} sent {len(data)} bytes that are no {container} sound ({clean_text(error, 200)})") from None
    if count > longest:
        raise VoiceactError(f"{url} sent more than {MAX_SOUND_SECONDS / 60:.0f} minutes of sound; expected one line of speech")
    if not all(np.isfinite(block).all() for block in blocks):
        raise VoiceactError(f"{url} sent samples that are not finite (NaN or infinite)")
    return np.concatenate([np.zeros(0, np.float32), *blocks]).astype(np.float32), rate


def address_digest(url: str, model: str) -> str:
    """Return the SHA-256 of a server's address and model, whose weights cannot be hashed."""
    return sha256(f"{url}\n{model}".encode()).hexdigest()


def cost_of(texts: list[str], *, price: str | None) -> Cost:
    """Return what these texts would cost.

    Args:
        texts: one a request
        price: of a million characters, in any currency; None if the user gave none (prices change, none is built in)
    """
    characters = sum(map(len, texts))
    return Cost(len(texts), characters, None if price is None else characters / 1e6 * parse_number(price, "price"))


def fitting(text: str, most: int, engine: str) -> str:
    """Return the text; raises UsageError if it is longer than the server takes at once."""
    if len(text) > most:
        raise UsageError(f"the text has {count_noun(len(text), 'character')}; engine {engine!r} takes {most:,} at once")
    return text


def parse_number(text: str, option: str) -> float:
    """Return an option's value as a number; raises UsageError if it is none of 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(f"{option}={text!r} is no number of 0 or more")
    return value


def read_mapping_file(path: str | None, option: str) -> dict[str, Any]:
    """Return the mapping in a JSON file, for options such as `extra` and `voices`; empty if none is given.

    Raises:
        UsageError: if the file cannot be read, or holds no mapping
    """
    if path is None:
        return {}
    try:
        mapping = json.loads(read_regular_file(Path(path).expanduser()))
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{option}={path}: cannot be read as JSON ({error})") from error
    if not isinstance(mapping, dict):
        raise UsageError(f'{option}={path}: holds no mapping; expected {{"name": value, …}}')
    return mapping


def voice_of(persona: Persona, voices: Mapping[str, Any], default: str | None, engine: str) -> str:
    """Return the server's voice for a persona: of the user's mapping, else the default.

    Raises:
        UsageError: if neither names one
    """
    voice = voices.get(persona.name, default)
    if not isinstance(voice, str) or not voice:
        raise UsageError(
            f"engine {engine!r} has no voice for persona {persona.name!r}; give voice=NAME for all, or "
            f'voices=FILE.json with {{"{persona.name}": "NAME"}}'
        )
    return voice


def seconds_to_wait(state: Any) -> float:
    """Return the seconds before the next try: what the server wants, else 1, 2, 4 … with a random part."""
    from tenacity.wait import wait_random_exponential

    error = state.outcome.exception()
    if isinstance(error, Retried) and error.wait is not None:
        return min(error.wait, LONGEST_WAIT_SECONDS)
    return float(wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)(state))


def retry_after(answer: Any) -> float | None:
    """Return the seconds in an answer's header retry-after; None if it has none."""
    try:
        seconds = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def is_address(url: str) -> bool:
    """Return whether this is an address of HTTP."""
    try:
        parts = urlsplit(url)
        # .port raises for one that is no number.
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and url.isprintable()
            and " " not in url
            and (parts.port is None or parts.port > 0)
        )
    except ValueError:
        return False
