"""Sound: reading and writing files, level and loudness, captions, playback and pictures.

from voiceact import audio
samples, rate = audio.read("clip.wav")
"""

from voiceact.audio.io import (
    FORMATS,
    LONGEST_SECONDS,
    Samples,
    Sound,
    check_rate,
    check_writable,
    duration_seconds,
    encode,
    ogg_checksum,
    read,
    round_to_pcm16,
    to_pcm16,
    write,
)
from voiceact.audio.level import limit_true_peak, loudness_lufs, resample, true_peak

__all__ = [
    "FORMATS",
    "LONGEST_SECONDS",
    "Samples",
    "Sound",
    "check_rate",
    "check_writable",
    "duration_seconds",
    "encode",
    "limit_true_peak",
    "loudness_lufs",
    "ogg_checksum",
    "read",
    "resample",
    "round_to_pcm16",
    "to_pcm16",
    "true_peak",
    "write",
]
