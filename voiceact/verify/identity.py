"""Does the persona still sound like itself? A speaker embedding of the take beside that of its twin."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples
from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime import weights
from voiceact.verify.backends.registry import Absent, Sound, SpeakerEncoder, limit_of
from voiceact.verify.backends.speaker import ge2e as voiceprint
from voiceact.verify.base import Check

NAME = "identity"

LEAST_SIMILARITY = 0.56
"""Of human speakers' own emotional clips 5 % are less like one neutral clip of theirs (docs/verify.md)."""


NOT_INSTALLED = "no speaker encoder is installed; pip install --no-deps resemblyzer"


class Ge2e:
    """The encoder of resemblyzer's wheel, read by numpy; implements `voiceact.verify.backends.registry.SpeakerEncoder`."""

    needs, install, licence = ("Resemblyzer",), "pip install --no-deps resemblyzer", "Apache-2.0, weights too"
    options = {"least": "cosine below which take and twin are two voices"}
    name = "ge2e"

    def __init__(self, least: str | None = None):
        if voiceprint.weights_path() is None:
            raise UsageError(NOT_INSTALLED)
        self.least, self.revision = limit_of(least, "least", LEAST_SIMILARITY), _revision()

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """[sounds, 256]"""
        return np.stack([voiceprint.embed(*sound) for sound in sounds])


def check_identity(samples: Samples, rate: int, *, twin: tuple[Samples, int] | None = None,
                   encoder: SpeakerEncoder | Absent | None = None) -> Check:
    """Whether take and twin are one voice to a speaker encoder; not judged where none is installed.

    encoder: None takes our own, if its weights are installed
    """
    if encoder is None and voiceprint.weights_path() is None:
        return Check(NAME, "not judged", NOT_INSTALLED, "not_installed")
    if isinstance(encoder, Absent):
        return Check(NAME, "not judged", encoder.why, "not_installed")
    if twin is None:
        return Check(NAME, "not judged", "there is no neutral twin to compare with", "no_twin")
    return _compared(encoder or Ge2e(), (samples, rate), twin)


def _compared(encoder: SpeakerEncoder, take: Sound, twin: Sound) -> Check:
    details: dict[str, Any] = {"encoder": encoder.name, "revision": encoder.revision}
    try:
        own, plain = encoder.embed([take, twin])
    except VoiceactError as error:
        return Check(NAME, "not judged", str(error), "no_speech", details=details)
    similarity, least = float(own @ plain), encoder.least
    if least is None:
        return Check(NAME, "not judged", f"similarity {similarity:.2f} to the neutral twin; no limit is known for "
                     f"{encoder.name}, say one with least=", "no_limit", similarity, None, details)
    found = f"similarity {similarity:.2f} to the neutral twin (least {least:g})"
    if similarity < least:
        return Check(NAME, "fail", found, "other_voice", similarity, least, details)
    return Check(NAME, "pass", found, "", similarity, least, details)


@cache
def _revision() -> str:
    path = voiceprint.weights_path()
    return weights.fingerprint(path)[:12] if path is not None and path.is_file() else ""
