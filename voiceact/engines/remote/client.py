"""Speech servers over HTTP: asked politely, retried where that helps, told in one sentence where it does not.

A key comes from the environment and goes into a header; it is in no record, no message and no log.
"""

import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from time import monotonic, sleep
from typing import Any

from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.errors import MissingExtraError, UsageError, VoiceactError

TIMEOUT_SECONDS = 120.0
TRIES = 5
LONGEST_WAIT_SECONDS = 60.0
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
        url: without a slash at its end
        key_variable: environment variable that holds the key; the key is optional unless the server wants one
    """

    def __init__(self, url: str, *, key_variable: str, key_header: Callable[[str], tuple[str, str]], engine: str,
                 requests_per_minute: float | None = None, timeout: float = TIMEOUT_SECONDS, tries: int = TRIES):
        if not url.startswith(("http://", "https://")):
            raise UsageError(f"engine {engine!r}: {url!r} is no address; expected one such as http://localhost:8000")
        self.url, self.key_variable, self.engine, self.tries = url.rstrip("/"), key_variable, engine, tries
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
        again = Retrying(retry=retry_if_exception_type(Retried), stop=stop_after_attempt(self.tries), wait=_waited,
                         reraise=True)
        try:
            return bytes(again(self._once, path, body))
        except Retried as error:
            raise VoiceactError(f"{error}; given up after {self.tries} tries") from error

    def _once(self, path: str, body: Mapping[str, Any]) -> bytes:
        import httpx

        self._take_turn()
        try:
            answer = self._http().post(f"{self.url}{path}", json=dict(body), headers=self._headers())
        except httpx.TimeoutException:
            raise Retried(f"{self.url} did not answer within {self._timeout:g} s") from None
        except httpx.TransportError as error:
            raise Retried(f"{self.url} cannot be reached ({_short(str(error))}); is the server running?") from None
        return self._checked(answer)

    def _checked(self, answer: Any) -> bytes:
        if answer.status_code in RETRIED:
            raise Retried(f"{self.url} answered {answer.status_code} ({_said(answer)})", _wait_asked(answer))
        if answer.status_code in (401, 403):
            known = "refused the key in" if os.environ.get(self.key_variable) else "wants a key in"
            raise UsageError(f"{self.url} {known} the environment variable {self.key_variable} ({answer.status_code})")
        if answer.status_code >= 400:
            raise UsageError(f"{self.url} refused the request: {answer.status_code} ({_said(answer)})")
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if not answer.content:
            raise Retried(f"{self.url} answered with nothing")
        if kind in ("text/html", "application/json", "text/plain"):
            raise VoiceactError(f"{self.url} answered with {kind} where sound was expected ({_said(answer)}); is it a "
                                "speech server?")
        return bytes(answer.content)

    def _headers(self) -> dict[str, str]:
        key = os.environ.get(self.key_variable)
        return dict([self._header(key)]) if key else {}

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
        return np.frombuffer(data[:len(data) // 2 * 2], "<i2").astype(np.float32) / np.float32(32768), pcm_rate
    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise VoiceactError(f"{url} sent {len(data)} bytes that are no {container} sound ({error})") from error
    return samples.mean(axis=1).astype(np.float32), int(rate)


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
        found = json.loads(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{option}={path}: cannot be read as JSON ({error})") from error
    if not isinstance(found, dict):
        raise UsageError(f"{option}={path}: holds no mapping; expected {{\"name\": value, …}}")
    return found


def voice_of(persona: Persona, voices: Mapping[str, Any], default: str | None, engine: str) -> str:
    """The server's voice for a persona: of the user's mapping, else the one default.

    Raises:
        UsageError: if neither names one
    """
    found = voices.get(persona.name, default)
    if not isinstance(found, str) or not found:
        raise UsageError(f"engine {engine!r} has no voice for persona {persona.name!r}; give voice=NAME for all, or "
                         f"voices=FILE.json with {{\"{persona.name}\": \"NAME\"}}")
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
        return max(0.0, float(answer.headers.get("retry-after", "")))
    except ValueError:
        return None


def _said(answer: Any) -> str:
    """What an error's body says, short; never a whole page."""
    try:
        found = answer.json()
    except ValueError:
        return _short(answer.text) if "html" not in answer.headers.get("content-type", "") else "a web page"
    inner = found.get("error", found.get("detail", found)) if isinstance(found, dict) else found
    return _short(str(inner.get("message", inner) if isinstance(inner, dict) else inner))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 120 else text[:119] + "…"
