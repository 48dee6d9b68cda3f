"""Which recognizer the transcript check is made with where nobody names one."""

from functools import cache
from importlib.util import find_spec

from voiceact.errors import VoiceactError
from voiceact.verify.backends.asr import whisper_base
from voiceact.verify.backends.asr.pocketsphinx import PocketSphinx, Whisper
from voiceact.verify.backends.base import Recognizer, Unavailable


@cache
def default_recognizer() -> Recognizer | Unavailable | None:
    """Return the best recognizer of this machine, loaded once.

    Whisper base where its packages are installed, a Whisper in the cache of faster-whisper, pocketsphinx.

    Returns:
        The recognizer; `Unavailable` with the reason where the packages of Whisper base are damaged; None if there is none.
    """
    if whisper_base.is_present():
        try:
            return whisper_base.WhisperBase()
        except VoiceactError as error:
            # To hear with another recognizer in silence would make verdicts that cannot be compared.
            return Unavailable(str(error))
    if find_spec("faster_whisper"):
        try:
            return Whisper()
        except RuntimeError:
            pass
    return PocketSphinx() if find_spec("pocketsphinx") else None
