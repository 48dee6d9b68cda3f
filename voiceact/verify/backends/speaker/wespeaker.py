"""WeSpeaker's encoders as ONNX graphs, through wespeakerruntime.

Its own reading of files needs a decoder that newer releases of torchaudio no longer bring; so the features are made
here as it makes them (80 mel bands of 25 ms every 10 ms, Hamming window, mean taken off), and its session hears them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voiceact.audio import Samples, Sound
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.spec import Option
from voiceact.verify.backends.common import RATE, at_rate, folder_of, opening, revision, unit
from voiceact.verify.backends.registry import limit_of

BANDS, FULL_SCALE = 80, 1 << 15


class WeSpeaker:
    """Implements `voiceact.verify.backends.base.SpeakerEncoder`."""

    needs, install = ("wespeakerruntime", "torch", "torchaudio"), install_command("wespeaker")
    reaches_out = False
    licence = "Apache-2.0; weights of VoxCeleb CC-BY-4.0"
    options = {
        "model": Option("the encoder's .onnx", "a file"),
        "least": "cosine below which take and twin are two voices; none is known, so without it nothing is judged",
    }

    def __init__(self, model: str | None = None, least: str | None = None):
        try:
            import torchaudio  # noqa: F401
            from wespeakerruntime import Speaker
        except ImportError:
            raise MissingExtraError("speaker encoder 'wespeaker'", "wespeaker") from None
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

        path = folder_of(model, "wespeaker", "FILE.onnx")
        with opening(path, "wespeaker", Fail, InvalidProtobuf, InvalidGraph):
            self._speaker: Any = Speaker(onnx_path=str(path))
        self.least = limit_of(least, "least", None)
        self.name, self.revision = "wespeaker", revision("wespeakerruntime", path)

    def embed(self, sounds: Sequence[Sound]) -> NDArray[np.float32]:
        """[sounds, dimensions]"""
        return unit([self._speaker.extract_embedding_feat(features(sound)[None]) for sound in at_rate(sounds)])


def features(sound: Samples) -> NDArray[np.float32]:
    """[frames, 80] of a sound at 16 kHz."""
    import torch
    from torchaudio.compliance import kaldi

    filterbank: NDArray[np.float32] = kaldi.fbank(
        torch.from_numpy(sound)[None] * FULL_SCALE,
        num_mel_bins=BANDS,
        frame_length=25,
        frame_shift=10,
        dither=0.0,
        sample_frequency=RATE,
        window_type="hamming",
        use_energy=False,
    ).numpy()
    return filterbank
