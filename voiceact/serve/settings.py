"""How the speech server is set up: what `voiceact serve` takes as options."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from voiceact.engines.registry import DEFAULT_ENGINE
from voiceact.runtime.spec import parse_spec


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """How speech is served.

    Attributes:
        engines: names with options; a client asks for one by its name, and gets the first without
        workers: processes that speak; None is one a core
        personas: folders in which personas are looked up first
        aliases: name that clients send for a model or a voice -> the one it means here
        keys: API keys; without any, everybody is served
        most_requests: requests under way at once; more are answered with 429
        seconds: time limit of a request, of a stream from one passage to the next
        rate: requests a minute of one key, or of one address where there are no keys
        most_characters: of an input
        most_body: bytes of a JSON body
        most_upload: bytes of a recording to be judged
    """

    engines: tuple[str, ...] = (DEFAULT_ENGINE,)
    workers: int | None = None
    personas: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    most_requests: int = 128
    seconds: float = 120.0
    rate: int = 600
    most_characters: int = 4096
    most_body: int = 64 * 1024
    most_upload: int = 25 * 1024 * 1024

    def engine_names(self) -> dict[str, str]:
        """Return the engines as clients name them, without their options, which may hold paths: name -> name with options."""
        return {parse_spec(engine).name: engine for engine in self.engines}
