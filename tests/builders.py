"""Requests, takes and records for tests, built by the code that builds real ones, with an engine that needs no model."""

from typing import Any

import msgspec
import numpy as np

from voiceact.acting.direction import direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.moves import NEUTRAL
from voiceact.acting.persona import load_persona
from voiceact.clip.record import Record, Requested
from voiceact.engines.base import Capabilities, Engine, Licences, Take
from voiceact.synthesis.kernel import record_take
from voiceact.synthesis.request import ResolvedRequest

RATE = 24_000


class ToneEngine(Engine):
    """Speaks noise: half a second that depends on the seed alone, and on nothing else that is asked."""

    name, version, model_sha256 = "tone", "1", "00"
    reaches_out = False
    capabilities = Capabilities(
        moves=frozenset(NEUTRAL),
        languages=("en", "de"),
        sample_rate=RATE,
        deterministic=True,
        licences=Licences("Apache-2.0", "Apache-2.0", "CC0-1.0"),
    )

    def perform(self, text, persona, direction, *, language, seed):
        return build_take(seed=seed)


def build_take(samples: np.ndarray | None = None, rate: int = RATE, seed: int = 7) -> Take:
    """Build a take of these samples; None is half a second of noise that depends on the seed."""
    if samples is None:
        samples = np.random.default_rng(seed).normal(0, 0.1, rate // 2).astype(np.float32)
    return Take(samples, rate, seed)


def build_request(**changes: Any) -> ResolvedRequest:
    """Build a request of a concerned nurse; its direction is that of the mix unless one is given.

    Args:
        changes: fields of ResolvedRequest; `mix` may be a mapping of category id to intensity
    """
    values: dict[str, Any] = {
        "persona": load_persona("nurse"),
        "mix": {"distress": 5.0},
        "text": "How are you?",
        "language": "en",
        "seed": 7,
        "engine": ToneEngine(),
        "requested": Requested(persona="nurse", emotions=["Concern"], intensity=5),
        **changes,
    }
    if not isinstance(values["mix"], EmotionMix):
        values["mix"] = EmotionMix.of(values["mix"])
    values.setdefault(
        "direction", direct(values["persona"], values["mix"].pairs(), language=values["language"], seed=values["seed"])
    )
    return ResolvedRequest(**values)


def build_record(*, take: Take | None = None, created: str | None = "2026-01-02T03:04:05Z", **changes: Any) -> Record:
    """Build the record of a take, not judged and without a file.

    Args:
        take: what was spoken; None is a take of the request's seed
        created: UTC in ISO 8601
        changes: fields of the record where it has them and the request has not (`id`, `verdict`), else of the request
    """
    of_record = {name: changes.pop(name) for name in ("id", "verdict", "verdicts") if name in changes}
    request = build_request(**changes)
    record = record_take(request, take or build_take(seed=request.seed), created=created)
    return msgspec.structs.replace(record, **of_record)
