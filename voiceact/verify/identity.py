"""Does the persona still sound like itself? A speaker embedding of the take beside that of its twin."""

from voiceact.audio import Samples
from voiceact.errors import VoiceactError
from voiceact.verify import voiceprint
from voiceact.verify.base import Check

NAME = "identity"

LEAST_SIMILARITY = 0.56
"""Of human speakers' own emotional clips 5 % are less like one neutral clip of theirs (docs/verify.md)."""


def check_identity(samples: Samples, rate: int, *, twin: tuple[Samples, int] | None = None) -> Check:
    """Whether take and twin are one voice to a speaker encoder; not judged where none is installed."""
    if voiceprint.weights_path() is None:
        return Check(NAME, "not judged", "no speaker encoder is installed; pip install --no-deps resemblyzer",
                     "not_installed")
    if twin is None:
        return Check(NAME, "not judged", "there is no neutral twin to compare with", "no_twin")
    try:
        similarity = float(voiceprint.embed(samples, rate) @ voiceprint.embed(*twin))
    except VoiceactError as error:
        return Check(NAME, "not judged", str(error), "no_speech")
    found = f"similarity {similarity:.2f} to the neutral twin (least {LEAST_SIMILARITY:g})"
    if similarity < LEAST_SIMILARITY:
        return Check(NAME, "fail", found, "other_voice", similarity, LEAST_SIMILARITY)
    return Check(NAME, "pass", found, "", similarity, LEAST_SIMILARITY)
