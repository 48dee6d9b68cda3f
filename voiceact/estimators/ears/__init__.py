"""The judge's ears: the first layers of a frozen speech encoder."""

from voiceact.estimators.ears.encoder import SpeechEncoder, load_ears
from voiceact.estimators.ears.weights_file import EarsFileError

__all__ = ["EarsFileError", "SpeechEncoder", "load_ears"]
