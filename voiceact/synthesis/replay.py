"""A clip made again from its record, and how near it comes to the first time."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voiceact import audio
from voiceact.clip.record import Clip, engine_spec, provenance
from voiceact.engines.base import load_engine
from voiceact.errors import UsageError
from voiceact.synthesis.synthesize import replay

NEAR_DB = -60.0
"""difference to the original's level below which the ear hears the same"""


@dataclass(frozen=True, slots=True)
class Rerun:
    """How a replay went.

    identical: whether the file has the same bytes
    faithful: identical, or near for an engine that does not promise the same bytes
    sentence: for the user
    """

    clip: Clip
    identical: bool
    faithful: bool
    sentence: str


def rerun(path: Path, out: Path | None = None) -> Rerun:
    """Replay the record at `path`, write it to `out` (None writes nothing), and compare.

    Raises:
        UsageError: if the record is no record, its engine or model is not here, or `out` is the clip itself
    """
    original = Clip.load(path)
    if out is not None and original.audio_path is not None and out.absolute().resolve() == original.audio_path.resolve():
        raise UsageError(f"{out} is the clip that is replayed; write the replay beside it, under another name")
    record = original.record
    clip = replay(record)
    if out is not None:
        clip = clip.save(out)
    suffix = Path(record.audio.path or "clip.wav").suffix
    assert clip.samples is not None  # replay has just performed it
    data = audio.encode(clip.samples, clip.record.audio.sample_rate, suffix=suffix, metadata=provenance(record))
    if hashlib.sha256(data).hexdigest() == record.audio.sha256:
        return Rerun(clip, True, True, f"identical: the replay of {record.id} has the same bytes as {record.audio.path}")
    distance = _distance_db(original, clip)
    promised = load_engine(engine_spec(record)).capabilities.deterministic
    near = distance is not None and distance < NEAR_DB
    how = "the original is not here to compare with" if distance is None else f"they differ by {distance:.1f} dB"
    return Rerun(clip, False, near and not promised,
                 f"{'near' if near else 'different'}: the replay of {record.id} has other bytes than the record says; {how}")


def _distance_db(original: Clip, clip: Clip) -> float | None:
    """Level of the difference below the level of the original, dB; None without the original's file."""
    where = original.audio_path
    if where is None or not where.is_file():
        return None
    first = original.read(check=False).samples
    second = clip.samples
    if first is None or second is None or len(first) != len(second):
        return 0.0
    return float(10 * np.log10(((first - second) ** 2).sum() / max(float((first ** 2).sum()), 1e-12) + 1e-12))
