"""Playing a clip on the machine's loudspeaker."""

from voiceact.clip.record import Clip
from voiceact.errors import MissingExtraError, VoiceactError


def play(clip: Clip) -> None:
    """Play a clip and wait until it is over.

    Raises:
        MissingExtraError: without the sounddevice package, or the PortAudio library it needs
        VoiceactError: if the machine has no loudspeaker
    """
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # OSError: the package is there, PortAudio is not
        raise MissingExtraError("playing a clip", "play") from error
    try:
        sounddevice.play(clip.samples, clip.record.audio.sample_rate, blocking=True)
    except sounddevice.PortAudioError as error:
        raise VoiceactError(f"this machine cannot play sound ({error}); open the file with another player") from error
