"""Play a clip on the machine's loudspeaker."""

from voiceact.audio.io import Samples
from voiceact.errors import VoiceactError
from voiceact.runtime.extras import MissingExtraError


def play(samples: Samples, rate: int) -> None:
    """Play a sound and wait until it is over.

    Args:
        samples: float32 [n], mono
        rate: Hz

    Raises:
        MissingExtraError: without the sounddevice package, or the PortAudio library it needs
        VoiceactError: if the machine has no loudspeaker
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: the package is there, PortAudio is not
        raise MissingExtraError("playing a clip", "play") from error
    try:
        sounddevice.play(samples, rate, blocking=True)
    except sounddevice.PortAudioError as error:
        raise VoiceactError(f"this machine cannot play sound ({error}); open the file with another player") from error
