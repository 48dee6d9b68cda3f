"""A reference of another voice is refused: scores relative to a stranger's neutral speech mean nothing.

Who speaks is told by the speaker encoder where one is installed, else by the ears of the judge
(`voiceact.estimators.same_voice`). Both refuse at a similarity that nearly all clips of one voice reach; docs/judge.md says how
many strangers each notices, and how often it takes a voice for a stranger's.
"""

from collections.abc import Sequence

from voiceact.audio import Samples
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.features.signal import UnheardError
from voiceact.estimators.same_voice import least_similarity, voice_similarity
from voiceact.verify.backends.base import Sound, SpeakerEncoder, Unavailable
from voiceact.verify.backends.speaker import ge2e
from voiceact.verify.identity import Ge2e

LEAST_GE2E = 0.46
"""below every one of 829 similarities of EmoDB's voices to a neutral clip of their own (docs/judge.md)"""


class OtherVoiceError(UsageError):
    """A reference that is not of the voice that is to be judged."""


def refuse_other_voice(
    samples: Samples, rate: int, reference: Sequence[Sound], *, encoder: SpeakerEncoder | Unavailable | None = None
) -> None:
    """Raise unless a clip and its reference may be of one voice.

    Args:
        samples, rate: float32 [n] and Hz
        reference: neutral clips of the voice, samples and rate
        encoder: speaker encoder; None takes GE2E where its weights are installed, else the ears. One without a known
            limit (`least`) cannot refuse.

    Raises:
        OtherVoiceError: they are of two voices
    """
    if not reference:
        return
    try:
        similarity, least, who = _compare((samples, rate), reference, encoder)
    except UnheardError:
        # The judge says what is wrong with the clip.
        return
    except VoiceactError:
        # Too little speech to know a voice by: nothing is known against it.
        return
    if least is not None and similarity < least:
        raise OtherVoiceError(
            f"the reference is of another voice: its similarity to the clip is {similarity:.2f} ({who}), and clips of one "
            f"voice reach {least:.2f}; give neutral recordings of the same speaker, or none"
        )


def _compare(
    take: Sound, reference: Sequence[Sound], encoder: SpeakerEncoder | Unavailable | None
) -> tuple[float, float | None, str]:
    """Similarity of two voices, the least that speaks for one, and who says so."""
    if encoder is None and ge2e.weights_path() is None or isinstance(encoder, Unavailable):
        return voice_similarity(take, reference), least_similarity(), "the judge's ears"
    chosen = encoder or Ge2e(str(LEAST_GE2E))
    own, *known = chosen.embed([take, *reference])
    mean = sum(known) / len(known)
    return float(own @ mean) / float((mean @ mean) ** 0.5), chosen.least, chosen.name
