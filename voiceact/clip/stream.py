"""A clip whose audio was written piece by piece: its record completed, and both published together."""

import msgspec

from voiceact.audio.stream import AudioWriter
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record, audio_record, encode_record, record_path
from voiceact.runtime.atomic_files import write_whole


def publish_clip(writer: AudioWriter, record: Record) -> Clip:
    """Finish an audio file, rename it, and write its record last: where there is a record there is a whole clip.

    Args:
        writer: holds all samples
        record: of the clip; what was measured of the audio is filled in

    Returns:
        The clip, without samples.

    Raises:
        VoiceactError: if there are no samples, or the disk is full
    """
    measured = writer.finish()
    audio = audio_record(
        record.audio.sample_rate,
        measured.seconds,
        measured.peak,
        measured.lufs,
        path=writer.path.name,
        sha256=writer.sha256,
    )
    record = msgspec.structs.replace(record, audio=audio)
    beside = record_path(writer.path)
    # An older record never vouches for newer audio.
    beside.unlink(missing_ok=True)
    writer.publish()
    write_whole(beside, encode_record(record))
    return Clip(record, folder=writer.path.parent)
