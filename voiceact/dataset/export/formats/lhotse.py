"""Lhotse: recordings, supervisions and cuts of each split as `.jsonl.gz`; `lhotse.CutSet.from_file("cuts_train.jsonl.gz")`.

Text, language, persona (as speaker) and gender stand in the supervision, all other columns in its `custom`. Lhotse looks
relative paths up in the folder where a program runs, so paths are absolute unless `relative` is asked for; then the
cuts need `.with_recording_path_prefix(FOLDER)`.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from voiceact.dataset.export.formats.base import Release, Sample
from voiceact.dataset.export.formats.files import AudioFolder, Lists

HAS_PATHS = True

OWN = ("id", "text", "language", "gender", "duration")
"""columns that have a place of their own in a supervision"""


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the audio files and the manifests."""
    files = AudioFolder(folder)
    with Lists(folder) as lists:
        for sample in samples:
            placed = files.add(sample, "audio")
            recording, supervision = _recording(placed, release), _supervision(placed)
            for name, item in (("recordings", recording), ("supervisions", supervision),
                               ("cuts", _cut(placed, recording, supervision))):
                lists.add(f"{name}_{placed.split}.jsonl.gz", msgspec.json.encode(item))


def _seconds(sample: Sample) -> float:
    """Lhotse holds a duration against the number of samples, so it is not the rounded one of the column."""
    return sample.frames / int(sample.row["sampling_rate"])


def _recording(sample: Sample, release: Release) -> dict[str, Any]:
    name = str(sample.row["file_name"])
    path = name if release.paths == "relative" else str(release.folder / name)
    return {"id": sample.id, "sources": [{"type": "file", "channels": [0], "source": path}],
            "sampling_rate": sample.row["sampling_rate"], "num_samples": sample.frames, "duration": _seconds(sample),
            "channel_ids": [0]}


def _supervision(sample: Sample) -> dict[str, Any]:
    row = sample.row
    return {"id": sample.id, "recording_id": sample.id, "start": 0.0, "duration": _seconds(sample), "channel": 0,
            "text": row["text"], "language": row["language"], "speaker": row["persona"], "gender": row["gender"],
            "custom": {name: value for name, value in row.items() if name not in OWN}}


def _cut(sample: Sample, recording: dict[str, Any], supervision: dict[str, Any]) -> dict[str, Any]:
    return {"id": sample.id, "start": 0.0, "duration": _seconds(sample), "channel": 0, "supervisions": [supervision],
            "recording": recording, "type": "MonoCut"}
