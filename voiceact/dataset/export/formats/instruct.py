"""Instruct: questions and answers about clips, comparisons and preferences, each statement with the field it rests on.

`train_clips.jsonl` has an item a clip, `train_comparisons.jsonl` and `train_preferences.jsonl` one for each contrasting
pair. Beside them lie `audio/`, the neutral readings in `twins/` and the `records/`: all that `voiceact dataset check`
needs to hold every statement against its source.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from voiceact.dataset.export.formats.base import Release, Sample
from voiceact.dataset.export.formats.files import AudioFolder, Lists
from voiceact.errors import VoiceactError

if TYPE_CHECKING:
    from voiceact.dataset.instruct.items import Heard

NEEDS_RECORDS = True

ACCEPTED = ("verified", "consistent")
"""verdicts of the clips that are compared and preferred"""

_FLAC = b"fLaC"


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the clips with their twins and records, an item for each, and the pairs that contrast."""
    # Formats are listed without numpy.
    from voiceact.dataset.instruct.contrasts import Contrasts
    from voiceact.dataset.instruct.items import ask_about, compare_clips, prefer_clip

    audio = AudioFolder(folder)
    with Lists(folder) as lists, Contrasts() as contrasts:
        for sample in samples:
            clip = _write_clip(folder, audio.add(sample, "audio"))
            lists.add(f"{sample.split}_clips.jsonl", msgspec.json.encode(ask_about(clip)))
            # A take in which the feeling is not heard is no example of it.
            if sample.row["verdict"] in ACCEPTED:
                contrasts.add(clip)
        for kind, pairs in (("feelings", contrasts.feelings()), ("intensities", contrasts.intensities())):
            for one, other in pairs:
                split = one.row["split"]
                lists.add(f"{split}_comparisons.jsonl", msgspec.json.encode(compare_clips(kind, one, other)))
                lists.add(f"{split}_preferences.jsonl", msgspec.json.encode(prefer_clip(kind, one, other)))


def _write_clip(folder: Path, sample: Sample) -> "Heard":
    """Write record and twin beside the audio, and measure both sounds.

    Args:
        folder: folder of the export
        sample: the clip, its `file_name` relative to that folder
    """
    from voiceact.clip.record import encode_record
    from voiceact.dataset.instruct.attributes import measure_file
    from voiceact.dataset.instruct.items import Heard

    if sample.record is None:
        raise VoiceactError(
            f"clip {sample.id} has no record; instruct is made of records: check the run with: voiceact recipe audit"
        )
    stem = str(sample.row["file_name"]).partition("/")[2].rpartition(".")[0]
    files = {"record": f"records/{stem}.json"}
    contents = {files["record"]: encode_record(sample.record)}
    twin = None
    if sample.twin is not None:
        twin = measure_file(sample.twin, f"{sample.id} (neutral reading)")
        suffix = "flac" if sample.twin.startswith(_FLAC) else "wav"
        files["twin"] = f"twins/{stem}.{suffix}"
        contents[files["twin"]] = sample.twin
    for path, data in contents.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return Heard(sample.row, sample.record, measure_file(sample.data, sample.id), twin, files)
