"""A reference of another voice is refused: scores relative to a stranger's neutral speech mean nothing.

Who speaks is told by the speaker encoder where one is installed, else by the ears of the judge
(`voiceact.estimators.same_voice`). Both refuse at a similarity that nearly all clips of one voice reach; docs/judge.md says how
many strangers each notices, and how often it takes a voice for a stranger's.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples, Sound
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.same_voice import cosine, embed_voices, least_similarity
from voiceact.verify.backends.base import SpeakerEncoder, Unavailable
from voiceact.verify.backends.speaker import ge2e
from voiceact.verify.identity import Ge2e

LEAST_GE2E = 0.46
"""below every one of 829 similarities of EmoDB's voices to a neutral clip of their own (docs/judge.md)"""


class OtherVoiceError(UsageError):
    """A reference that is not of the voice that is to be judged."""


class KnownVoice:
    """The voice of a reference, listened to once however many clips are held against it.

    Args:
        reference: neutral clips of the voice, samples and rate
        encoder: speaker encoder; None takes GE2E where its weights are installed, else the ears. One without a known
            limit (`least`) cannot refuse.
    """

    def __init__(self, reference: Sequence[Sound], *, encoder: SpeakerEncoder | Unavailable | None = None):
        self._reference = reference
        if encoder is None and ge2e.weights_path() is not None:
            encoder = Ge2e(str(LEAST_GE2E))
        self._encoder = None if isinstance(encoder, Unavailable) else encoder

    def refuse_other(self, samples: Samples, rate: int) -> None:
        """Raise unless a clip may be of this voice.

        Args:
            samples, rate: float32 [n] and Hz

        Raises:
            OtherVoiceError: it is of another
        """
        if not self._reference:
            return
        encoder = self._encoder
        least, who = (encoder.least, encoder.name) if encoder else (least_similarity(), "the judge's ears")
        try:
            similarity = cosine(self._embed([(samples, rate)])[0], self._voice)
        except VoiceactError:
            # Of what cannot be heard the judge says why; of too little speech to know a voice by nothing is known against it.
            return
        if least is not None and similarity < least:
            raise OtherVoiceError(
                f"the reference is of another voice: its similarity to the clip is {similarity:.2f} ({who}), and clips of one "
                f"voice reach {least:.2f}; give neutral recordings of the same speaker, or none"
            )

    @cached_property
    def _voice(self) -> NDArray[np.float32]:
        return np.asarray(np.mean(self._embed(self._reference), axis=0), np.float32)

    def _embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        return embed_voices(sounds) if self._encoder is None else np.asarray(self._encoder.embed(list(sounds)), np.float32)


def refuse_other_voice(
    samples: Samples, rate: int, reference: Sequence[Sound], *, encoder: SpeakerEncoder | Unavailable | None = None
) -> None:
    """Raise unless a clip and its reference may be of one voice; for many clips see `KnownVoice`.

    Args:
        samples, rate: float32 [n] and Hz
        reference, encoder: as of `KnownVoice`

    Raises:
        OtherVoiceError: they are of two voices
    """
    KnownVoice(reference, encoder=encoder).refuse_other(samples, rate)
