"""Sound as bytes: what a shard holds, and what a page can carry."""

import base64
import io

import numpy as np

from voiceact import audio
from voiceact.audio import Samples
from voiceact.errors import VoiceactError

SHOWN_SUFFIX, SHOWN_TYPE = ".ogg", "audio/ogg"


def decode(data: bytes, name: str) -> tuple[Samples, int]:
    """Samples float32 [n] and sample rate of the bytes of an audio file.

    Raises:
        VoiceactError: if they are no audio
    """
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise VoiceactError(f"{name}: cannot be read as audio ({error.error_string.rstrip('.')})") from error
    return np.ascontiguousarray(samples), int(rate)


def as_kept(samples: Samples) -> Samples:
    """Samples as they come back from the 16 bits that are kept of them."""
    return (audio.to_pcm16(samples).astype(np.float32) / 32768).astype(np.float32)


def data_uri(samples: Samples, rate: int) -> str:
    """The sound inside a page, as Vorbis."""
    data = audio.encode(samples, rate, suffix=SHOWN_SUFFIX)
    return f"data:{SHOWN_TYPE};base64,{base64.b64encode(data).decode()}"
