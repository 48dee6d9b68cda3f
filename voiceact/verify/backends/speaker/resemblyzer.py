"""Resemblyzer itself: the GE2E encoder in torch, with its own trimming of silence (our `ge2e` reads the same weights)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Sound
from voiceact.errors import VoiceactError
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.verify.backends.common import RATE, at_rate, revision, unit
from voiceact.verify.backends.registry import limit_of
from voiceact.verify.backends.speaker.ge2e import weights_path
from voiceact.verify.identity import LEAST_SIMILARITY

SHORTEST = RATE // 4


class Resemblyzer:
    """Implements `voiceact.verify.backends.base.SpeakerEncoder`."""

    needs, install = ("Resemblyzer", "torch"), install_command("resemblyzer")
    reaches_out = False
    licence = "Apache-2.0, weights too"
    options = {"device": "cpu, cuda or cuda:N", "least": "cosine below which take and twin are two voices"}

    def __init__(self, device: str = "cpu", least: str | None = None):
        try:
            from resemblyzer import VoiceEncoder, preprocess_wav
        except ImportError:
            raise MissingExtraError("speaker encoder 'resemblyzer'", "resemblyzer") from None
        self._encoder: Any = VoiceEncoder(device, verbose=False)
        self._prepare: Any = preprocess_wav
        self.least = limit_of(least, "least", LEAST_SIMILARITY)
        self.name, self.revision = "resemblyzer", revision("Resemblyzer", weights_path())

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """[sounds, 256]; the library cuts each sound into partials and hears those in a batch."""
        trimmed = [self._prepare(sound, source_sr=RATE) for sound in at_rate(sounds)]
        if any(len(sound) < SHORTEST for sound in trimmed):
            raise VoiceactError("there is less than a quarter of a second of speech to know a voice by")
        return unit([self._encoder.embed_utterance(sound) for sound in trimmed])
