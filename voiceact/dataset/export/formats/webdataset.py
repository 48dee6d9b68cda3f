"""WebDataset: tar files that are read from front to end, three members a clip.

`train-000000.tar` holds KEY.flac (or .wav), KEY.json (the columns) and KEY.txt (the text), side by side. Read it with
`webdataset.WebDataset("train-{000000..000004}.tar")`.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from voiceact.dataset.export.formats.base import CLIPS_A_FILE, Release, Sample
from voiceact.store.shard import ShardWriter


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the clips of each split to tars of at most `CLIPS_A_FILE`; the same clips give the same bytes."""
    splits: dict[str, _Tars] = {}
    with ExitStack() as stack:
        for sample in samples:
            if sample.split not in splits:
                splits[sample.split] = stack.enter_context(_Tars(folder, sample.split))
            splits[sample.split].add(sample)


class _Tars:
    """The tars of a split, one after another."""

    def __init__(self, folder: Path, split: str):
        self._folder, self._split, self._clips = folder, split, 0
        self._stack = ExitStack()
        self._tar: ShardWriter

    def __enter__(self) -> "_Tars":
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def add(self, sample: Sample) -> None:
        if self._clips % CLIPS_A_FILE == 0:
            self._stack.close()
            path = self._folder / f"{self._split}-{self._clips // CLIPS_A_FILE:06d}.tar"
            self._tar = self._stack.enter_context(ShardWriter(self._stack.enter_context(path.open("xb"))))
        self._clips += 1
        self._tar.add(sample.id, {sample.suffix: sample.data, "json": sample.json,
                                  "txt": str(sample.row["text"]).encode()})
