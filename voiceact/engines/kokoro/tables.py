"""The style tables that ship with voiceact: of each voice the mean style and six principal components, in float16.

The 510 styles of a voice lie on a smooth curve: six components leave an error of the size of float16's rounding, and need a
fortieth of the space (docs/engines/kokoro.md has the error on the audio). `build_voices` writes the file.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.engines.embedded.stages import FloatArray

SHIPPED_TABLES = "voices.npz"
"""file of the shipped voices, beside this module"""
RANK = 6
"""principal components kept of each voice"""

Packed = Mapping[str, NDArray[Any]]
"""names [V], means float16 [V, S], weights float16 [V, L, R], components float16 [V, R, S]; S styles' size, L their number"""


def pack_tables(tables: Mapping[str, FloatArray], rank: int = RANK) -> Packed:
    """Reduce style tables to their means and principal components.

    Args:
        tables: voice -> float32 [L, S]
        rank: number of components
    """
    names = sorted(tables)
    means, weights, components = [], [], []
    for name in names:
        table = tables[name].astype(np.float64)
        mean = table.mean(axis=0)
        left, singular, right = np.linalg.svd(table - mean, full_matrices=False)
        means.append(mean)
        weights.append(left[:, :rank] * singular[:rank])
        components.append(right[:rank])
    return {
        "names": np.array(names),
        "means": np.array(means, np.float16),
        "weights": np.array(weights, np.float16),
        "components": np.array(components, np.float16),
    }


def unpack_table(packed: Packed, name: str) -> FloatArray:
    """Return the style table of a voice, float32 [L, S], the same to the bit on every machine."""
    place = packed["names"].tolist().index(name)
    weights, components = packed["weights"][place].astype(np.float64), packed["components"][place].astype(np.float64)
    table = np.tile(packed["means"][place].astype(np.float64), (len(weights), 1))
    # One component after another: a product of matrices adds up in an order that depends on the processor.
    for weight, component in zip(weights.T, components, strict=True):
        table += weight[:, None] * component
    return table.astype(np.float32)


def write_tables(path: Path, packed: Packed) -> None:
    """Write packed tables; the same tables give the same bytes."""
    np.savez_compressed(path, allow_pickle=False, **dict(packed))


@lru_cache(maxsize=1)
def load_shipped_tables() -> Packed:
    """Read the tables that ship with voiceact."""
    with (files("voiceact.engines.kokoro") / SHIPPED_TABLES).open("rb") as file, np.load(file) as archive:
        return {key: archive[key] for key in archive.files}


def digest_table(packed: Packed, name: str) -> str:
    """Return the SHA-256 of what is kept of a voice."""
    place = packed["names"].tolist().index(name)
    return sha256(b"".join(packed[key][place].tobytes() for key in ("means", "weights", "components"))).hexdigest()
