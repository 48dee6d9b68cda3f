"""NeMo: a manifest a split, `train_manifest.json`, one JSON object a line: audio_filepath, duration, text, all columns.

Paths are relative to the manifest, as NeMo's loader takes them (nemo/collections/common/parts/preprocessing/manifest.py:
a path that is not absolute and names a folder is looked up beside the manifest); with `absolute` paths the manifest can
be used from anywhere, but the folder cannot be moved.
"""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from voiceact.dataset.export.formats.base import Release, Sample
from voiceact.dataset.export.formats.files import AudioFolder, Lists

HAS_PATHS = True


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the audio files and the manifests."""
    files = AudioFolder(folder)
    with Lists(folder) as lists:
        for sample in samples:
            placed = files.add(sample, "audio")
            lists.add(f"{placed.split}_manifest.json", _line(placed, release))


def _line(sample: Sample, release: Release) -> bytes:
    name = str(sample.row["file_name"])
    path = str(release.folder / name) if release.paths == "absolute" else name
    first = {"audio_filepath": path, "duration": sample.row["duration"], "text": sample.row["text"]}
    return msgspec.json.encode(first | {key: value for key, value in sample.row.items() if key not in first})
