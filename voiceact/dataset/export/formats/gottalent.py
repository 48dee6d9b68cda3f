"""LAION's Got Talent: tars of wav or mp3 files, each with a JSON, a tar for each voice and feeling.

`train/en_nurse_strong_anger_000000.tar` holds KEY.wav (or .mp3) and KEY.json side by side. The names are those that
readers of the published sets use: `emotion`, `sample_id`, `text` and `duration` of laion/laions_got_talent, and
`annotation` with `<transcription_start>` of its enhanced edition; language and voice stand first in the name of a tar,
as there. A complete schema was never published, so all else that is known of a clip stands under `voiceact`, the columns
of any other export, where no reader of the published sets will take it for one of theirs.
"""

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import msgspec

from voiceact.acting.intensity import word
from voiceact.acting.taxonomy import get
from voiceact.dataset.export.formats.base import CLIPS_A_FILE, MP3, Release, Sample
from voiceact.dataset.export.formats.files import one_line
from voiceact.store.columns import Row
from voiceact.store.shard import ShardWriter

SUFFIXES = ("wav", MP3)


def write(folder: Path, samples: Iterable[Sample], release: Release) -> None:
    """Write the clips to tars of one voice and feeling, at most `CLIPS_A_FILE` each; the same clips give the same bytes."""
    numbers: Counter[str] = Counter()
    open_tars: dict[str, tuple[str, ShardWriter, int]] = {}
    with ExitStack() as stack:
        for sample in samples:
            group = f"{sample.split}/{name_tar(sample.row)}"
            name, tar, clips = open_tars.get(sample.split, ("", None, 0))
            if tar is None or name != group or clips == CLIPS_A_FILE:
                # The takes of a cell are neighbours, so what is left behind is hardly ever asked for again. If it is, it
                # gets another number.
                if name.rpartition("/")[2] != group.rpartition("/")[2] or clips == CLIPS_A_FILE:
                    stack.close()
                    open_tars.clear()
                path = folder / f"{group}_{numbers[group]:06d}.tar"
                numbers[group] += 1
                path.parent.mkdir(parents=True, exist_ok=True)
                tar, clips = stack.enter_context(ShardWriter(stack.enter_context(path.open("xb")))), 0
            open_tars[sample.split] = (group, tar, clips + 1)
            tar.add(sample.id, {sample.suffix: sample.data, "json": describe_clip(sample.row)})


def name_tar(row: Row) -> str:
    """Name the tar of a row, without its number: language, voice, intensity and category ("en_nurse_strong_anger")."""
    parts = (row["language"], row["persona"], word(row["intensity"]), get(row["category"]).file_stem)
    return "_".join(re.sub(r"[^A-Za-z0-9-]+", "_", str(part)).strip("_") for part in parts).lower()


def describe_clip(row: Row) -> bytes:
    """Encode the JSON of a clip: the published names, and the columns of an export under `voiceact`."""
    line = one_line(row["text"])
    described = {
        "sample_id": row["id"],
        "emotion": get(row["category"]).name,
        "text": row["text"],
        "duration": row["duration"],
        "language": row["language"],
        "voice": row["persona"],
        "annotation": f"<transcription_start>{line}<transcription_end>",
        "voiceact": row,
    }
    return msgspec.json.encode(described)
