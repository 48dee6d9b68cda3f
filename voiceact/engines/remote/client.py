"""Speech servers over HTTP: asked politely, retried where that helps, told in one sentence where it does not.

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
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.untrusted_text import clean_text, redact, strip_credentials, url_secrets

TIMEOUT_SECONDS = 120.0
TRIES = 5
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
MAX_SHOWN_CHARACTERS = 120
"""of a server's own words"""
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
"""statuses that may pass; all others are final"""


class Retried(VoiceactError):
    """An answer that may be another one later.

    wait: seconds the server asks for, None if it does not say
    """

    def __init__(self, sentence: str, wait: float | None = None):
        super().__init__(sentence)
        self.wait = wait


@dataclass(frozen=True)
class Cost:
    """What a run would cost at a server.

    amount: in the currency of the price given; None where no price was given
    """

    requests: int
    characters: int
    amount: float | None

    def __str__(self) -> str:
        """In words, for a person."""
        price = "" if self.amount is None else f", {self.amount:,.2f} at the price given"
        return f"{self.requests:,} request{'s' * (self.requests != 1)}, {self.characters:,} characters{price}"


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
        tries: int = TRIES,
    ):
        shown = strip_credentials(url)
        if not _is_address(url):
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
        """The bytes the server answers with.

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
            retry=retry_if_exception_type(Retried), stop=stop_after_attempt(self.tries), wait=_waited, reraise=True
        )
        try:
            return bytes(again(self._once, path, body))
        except Retried as error:
            raise VoiceactError(f"{error}; given up after {self.tries} tries") from error

    def _once(self, path: str, body: Mapping[str, Any]) -> bytes:
        import httpx

        headers = self._headers()
        self._take_turn()
        try:
            with self._http().stream("POST", self._target(path), json=dict(body), headers=headers) as answer:
                return self._checked(answer)
        except httpx.TimeoutException:
            raise Retried(f"{self.url} did not answer within {self._timeout:g} s") from None
        except httpx.TransportError as error:
            raise Retried(f"{self.url} cannot be reached ({self._cleaned(error)}); is the server running?") from None
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UsageError(f"{self.url} is no address that can be asked ({self._cleaned(error)})") from None

    def _checked(self, answer: Any) -> bytes:
        """The sound of an answer, whose body is read no further than it may reach."""
        status = answer.status_code
        if status in RETRIED:
            raise Retried(f"{self.url} answered {status} ({self._said(answer)})", _wait_asked(answer))
        if status in (401, 403):
            known = "refused the key in" if os.environ.get(self.key_variable) else "wants a key in"
            raise UsageError(f"{self.url} {known} the environment variable {self.key_variable} ({status})")
        if status >= 400:
            raise UsageError(f"{self.url} refused the request: {status} ({self._said(answer)})")
        if status >= 300:
            # Followed, the key would go wherever the server says.
            elsewhere = self._cleaned(strip_credentials(answer.headers.get("location", "nowhere")))
            raise UsageError(
                f"{self.url} sends the request on to {elsewhere}, which is not followed; if that is right, name it as url=…"
            )
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind in ("text/html", "application/json", "text/plain"):
            raise VoiceactError(
                f"{self.url} answered with {kind} where sound was expected ({self._said(answer)}); is it a speech server?"
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
        """The body as far as `limit` bytes, sent or unpacked, and whether that is all of it.

        Raises:
            VoiceactError: a packing that was not asked for, or a body that takes too long
        """
        packing = answer.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("identity", "", "gzip", "deflate"):
            raise VoiceactError(f"{self.url} answered packed as {self._cleaned(packing)!r}; expected it unpacked")
        # 32 + 15: gzip or zlib, whichever it is.
        unpack = zlib.decompressobj(32 + zlib.MAX_WBITS) if packing in ("gzip", "deflate") else None
        found, sent, until = bytearray(), 0, monotonic() + MAX_ANSWER_SECONDS
        for piece in answer.iter_raw():
            sent += len(piece)
            try:
                # One byte more than may be there tells what is too long from what just fits.
                found += unpack.decompress(piece, limit + 1 - len(found)) if unpack else piece
            except zlib.error as error:
                raise VoiceactError(f"{self.url} answered with damaged {packing} ({error})") from None
            if max(sent, len(found)) > limit:
                return bytes(found[:limit]), False
            if monotonic() > until:
                raise VoiceactError(f"{self.url} is still answering after {MAX_ANSWER_SECONDS:g} s; given up")
        return bytes(found), True

    def _said(self, answer: Any) -> str:
        """What an error's body says, short, without secrets; never a whole page."""
        if "html" in answer.headers.get("content-type", ""):
            return "a web page"
        data, _ = self._read(answer, MAX_ERROR_BYTES)
        try:
            found = json.loads(data)
            inner = found.get("error", found.get("detail", found)) if isinstance(found, dict) else found
            text = str(inner.get("message", inner) if isinstance(inner, dict) else inner)
        except (ValueError, RecursionError):
            text = data.decode(errors="replace")
        return self._cleaned(text)

    def _cleaned(self, text: object) -> str:
        """Foreign words fit to be shown and kept: in one short line, without the key and what the address holds of secrets."""
        secrets = [os.environ.get(self.key_variable), *url_secrets(self._address)]
        # Redacted before and after: an escape sequence may stand within a secret, and a secret may be cut by the limit.
        plain = redact(clean_text(redact(str(text)[:MAX_ERROR_BYTES], secrets), MAX_ERROR_BYTES), secrets)
        return clean_text(plain, MAX_SHOWN_CHARACTERS)

    def _target(self, path: str) -> str:
        """Where a request goes: the path before what the address has of a query."""
        parts, (own, _, query) = urlsplit(self._address), path.partition("?")
        queries = "&".join(filter(None, (parts.query, query)))
        return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/") + own, queries, ""))

    def _headers(self) -> dict[str, str]:
        # Whatever is read from a file with a shell ends in a line break.
        key = (os.environ.get(self.key_variable) or "").strip()
        if not key.isascii() or not key.isprintable():
            raise UsageError(
                f"the environment variable {self.key_variable} holds a character that no key has (a line break, a "
                "quotation mark from a text processor); set it anew"
            )
        return {"accept-encoding": "identity", **dict([self._header(key)] if key else [])}

    def _http(self) -> Any:
        import httpx

        if self._client is None:
            self._client = httpx.Client(timeout=self._timeout)
        return self._client

    def _take_turn(self) -> None:
        """Wait until another request is allowed."""
        with self._lock:
            now = monotonic()
            mine = max(now, self._next)
            self._next = mine + self._pause
        sleep(max(0.0, mine - now))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_client": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=Lock())


def decode(data: bytes, container: str, url: str, *, pcm_rate: int = 24_000) -> tuple[Samples, int]:
    """Samples float32 [n] and rate of what a server sent.

    container: "pcm" (headerless, 16 bits, little-endian, at `pcm_rate`), or anything libsndfile reads; a WAV
        that was streamed and so promises more than it holds is taken as far as it goes
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
    """Stands where an engine on this machine has the hash of its model: a server's model cannot be hashed."""
    return sha256(f"{url}\n{model}".encode()).hexdigest()


def cost_of(texts: list[str], *, price: str | None) -> Cost:
    """What these texts would cost.

    price: of a million characters, in any currency; None if the user gave none (prices change, none is built in)
    """
    characters = sum(map(len, texts))
    return Cost(len(texts), characters, None if price is None else characters / 1e6 * number(price, "price"))


def fitting(text: str, most: int, engine: str) -> str:
    """The text, if it is no longer than the server takes at once; else UsageError."""
    if len(text) > most:
        raise UsageError(f"the text has {len(text):,} characters; engine {engine!r} takes {most:,} at once")
    return text


def number(text: str, option: str) -> float:
    """An option's value as a number of 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise UsageError(f"{option}={text!r} is no number of 0 or more")
    return value


def read_mapping_file(path: str | None, option: str) -> dict[str, Any]:
    """A JSON file that holds a mapping, for the options `extra` and `voices`; empty if none is given."""
    if path is None:
        return {}
    try:
        found = json.loads(read_regular_file(Path(path).expanduser()))
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{option}={path}: cannot be read as JSON ({error})") from error
    if not isinstance(found, dict):
        raise UsageError(f'{option}={path}: holds no mapping; expected {{"name": value, …}}')
    return found


def voice_of(persona: Persona, voices: Mapping[str, Any], default: str | None, engine: str) -> str:
    """The server's voice for a persona: of the user's mapping, else the one default.

    Raises:
        UsageError: if neither names one
    """
    found = voices.get(persona.name, default)
    if not isinstance(found, str) or not found:
        raise UsageError(
            f"engine {engine!r} has no voice for persona {persona.name!r}; give voice=NAME for all, or "
            f'voices=FILE.json with {{"{persona.name}": "NAME"}}'
        )
    return found


def _waited(state: Any) -> float:
    """Seconds before the next try: what the server asks for, else 1, 2, 4 … with a random part."""
    from tenacity.wait import wait_random_exponential

    asked = getattr(state.outcome.exception(), "wait", None)
    if asked is not None:
        return float(min(asked, LONGEST_WAIT_SECONDS))
    return float(wait_random_exponential(multiplier=0.5, max=LONGEST_WAIT_SECONDS)(state))


def _wait_asked(answer: Any) -> float | None:
    try:
        asked = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, asked) if math.isfinite(asked) else None


def _is_address(url: str) -> bool:
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
