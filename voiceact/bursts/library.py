"""The library of vocal bursts that ships with the package: parameters in one file, origins in another.

>>> library = load_library()
>>> library.of_kind("chuckle")[0].origin["licence"]
'Apache-2.0'
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from voiceact.bursts.parameters import FLOOR_DB, BurstParameters

PARAMETERS = Path(str(files("voiceact.bursts"))) / "data" / "bursts.npz"
ORIGINS = PARAMETERS.with_suffix(".json")
STEP_DB = 0.5
"""step in which the envelope is stored"""


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst of the library.

    Attributes:
        parameters: what is rendered
        origin: kind, corpus, licence, contributor, path, label, seconds, snr_db and contributor_f0_hz
    """

    parameters: BurstParameters
    origin: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Library:
    """All bursts, in the order of the file."""

    bursts: tuple[Burst, ...]

    def of_kind(self, kind: str) -> tuple[Burst, ...]:
        """Return the bursts of a kind, by its id; the clearest first."""
        return tuple(burst for burst in self.bursts if burst.origin["kind"] == kind)


def pack(bursts: Sequence[BurstParameters]) -> bytes:
    """Return the bytes of the parameters' file: envelopes in steps of 0.5 dB, shares of noise in steps of 1/255."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        frames=np.array([len(burst.f0) for burst in bursts], np.int32),
        f0=np.concatenate([burst.f0 for burst in bursts]).astype(np.float16),
        envelope=np.round((np.concatenate([burst.envelope for burst in bursts]) - FLOOR_DB) / STEP_DB).astype(np.uint8),
        noise=np.round(np.concatenate([burst.noise for burst in bursts]) * 255).astype(np.uint8),
    )
    return buffer.getvalue()


def unpack(data: bytes) -> tuple[BurstParameters, ...]:
    """Return the bursts of `pack`'s bytes."""
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        f0 = stored["f0"].astype(np.float32)
        envelope = stored["envelope"].astype(np.float32) * np.float32(STEP_DB) + np.float32(FLOOR_DB)
        noise = stored["noise"].astype(np.float32) / np.float32(255)
        edges = np.concatenate([[0], np.cumsum(stored["frames"])])
    return tuple(
        BurstParameters(f0[low:high], envelope[low:high], noise[low:high])
        for low, high in zip(edges[:-1], edges[1:], strict=True)
    )


@lru_cache(maxsize=1)
def load_library() -> Library:
    """Load the library that ships with the package."""
    origins = json.loads(ORIGINS.read_text("utf-8"))
    parameters = unpack(PARAMETERS.read_bytes())
    return Library(tuple(Burst(part, origin) for part, origin in zip(parameters, origins, strict=True)))
