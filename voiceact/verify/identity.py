"""Check that the persona still sounds like itself: speaker embeddings of take and neutral twin compared."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples, Sound
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.verify.backends.base import SpeakerEncoder, Unavailable
from voiceact.verify.backends.registry import limit_of
from voiceact.verify.backends.speaker import ge2e
from voiceact.verify.base import Check

NAME = "identity"

LEAST_SIMILARITY = 0.56
"""Of human speakers' own emotional clips 5 % are less like one neutral clip of theirs (docs/verify.md)."""


NOT_INSTALLED = "no speaker encoder is installed; pip install --no-deps resemblyzer"


class Ge2e:
    """The encoder of resemblyzer's wheel, read by numpy; implements `voiceact.verify.backends.base.SpeakerEncoder`."""

    needs, install, licence = ("Resemblyzer",), "pip install --no-deps resemblyzer", "Apache-2.0, weights too"
    reaches_out = False
    options = {"least": "cosine below which take and twin are two voices"}
    name = "ge2e"

    def __init__(self, least: str | None = None):
        if ge2e.weights_path() is None:
            raise UsageError(NOT_INSTALLED)
        self.least, self.revision = limit_of(least, "least", LEAST_SIMILARITY), _revision()

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """Compute embeddings [sounds, 256], each of length 1."""
        return np.stack([ge2e.embed(*sound) for sound in sounds])


def check_identity(
    samples: Samples, rate: int, *, twin: tuple[Samples, int] | None = None, encoder: SpeakerEncoder | Unavailable | None = None
) -> Check:
    """Check that take and twin are one voice to a speaker encoder; not judged where none is installed.

    Args:
        samples: float32 [n], mono
        rate: Hz
        twin: samples and rate of the neutral reading
        encoder: None takes GE2E, if its weights are installed
    """
    if encoder is None and ge2e.weights_path() is None:
        return Check(NAME, "not judged", NOT_INSTALLED, "not_installed")
    if isinstance(encoder, Unavailable):
        return Check(NAME, "not judged", encoder.why, "not_installed")
    if twin is None:
        return Check(NAME, "not judged", "there is no neutral twin to compare with", "no_twin")
    encoder = encoder or Ge2e()
    details: dict[str, Any] = {"encoder": encoder.name, "revision": encoder.revision}
    try:
        take_embedding, twin_embedding = encoder.embed([(samples, rate), twin])
    except VoiceactError as error:
        return Check(NAME, "not judged", str(error), "no_speech", details=details)
    similarity, least = float(take_embedding @ twin_embedding), encoder.least
    sentence = f"similarity {similarity:.2f} to the neutral twin"
    if least is None:
        sentence += f"; no limit is known for {encoder.name}, say one with least="
        return Check(NAME, "not judged", sentence, "no_limit", similarity, None, details)
    sentence += f" (least {least:g})"
    if similarity < least:
        return Check(NAME, "fail", sentence, "other_voice", similarity, least, details)
    return Check(NAME, "pass", sentence, "", similarity, least, details)


@cache
def _revision() -> str:
    path = ge2e.weights_path()
    return weights.fingerprint(path)[:12] if path is not None and path.is_file() else ""
