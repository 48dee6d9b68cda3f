"""Audio as bytes: what a shard holds, and what a page can carry."""

import base64
import io

import numpy as np

from voiceact import audio
from voiceact.audio import Samples
from voiceact.errors import VoiceactError

PAGE_SUFFIX, PAGE_TYPE = ".ogg", "audio/ogg"


def decode_audio(data: bytes, name: str) -> tuple[Samples, int]:
    """Decode the bytes of an audio file.

    Args:
        data: the bytes
        name: of the file, for messages

    Returns:
        samples float32 [n] and the sample rate in Hz

    Raises:
        VoiceactError: if the bytes are no audio
    """
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32")
    except soundfile.LibsndfileError as error:
        raise VoiceactError(f"{name}: cannot be read as audio ({error.error_string.rstrip('.')})") from error
    return np.ascontiguousarray(samples), int(rate)


def audio_data_uri(samples: Samples, rate: int) -> str:
    """Return the sound as a data URI for a page, in Vorbis."""
    data = audio.encode(samples, rate, suffix=PAGE_SUFFIX)
    return f"data:{PAGE_TYPE};base64,{base64.b64encode(data).decode()}"
