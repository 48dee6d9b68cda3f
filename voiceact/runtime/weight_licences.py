"""The licence of weights, and of the speech that is made with them."""

from pathlib import Path

from voiceact.runtime import weights

UNKNOWN = "unknown"
UNRESTRICTED = frozenset({"Apache-2.0", "MIT", "MPL-2.0", "BSD-3-Clause"})
"""licences of weights that set no condition for speech made with them"""


def licence_of(folder: Path) -> str:
    """Return the licence that was recorded when the weights were downloaded; "unknown" for a folder of the user's own."""
    lock = weights.read_lock(folder) if folder.is_dir() else None
    return lock.license if lock else UNKNOWN


def output_licence(of_weights: str) -> str:
    """Return the licence of the speech: that of the weights, if it may extend to it."""
    return "no restriction by the model's licence" if of_weights in UNRESTRICTED else of_weights
