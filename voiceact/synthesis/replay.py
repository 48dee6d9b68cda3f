"""Replay a clip from its record, and compare the result with the original."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voiceact import audio
from voiceact.clip.clip import Clip
from voiceact.clip.record import provenance
from voiceact.errors import UsageError
from voiceact.runtime.progress import report_step
from voiceact.synthesis.request import recall_request
from voiceact.synthesis.synthesize import perform

NEAR_DB = -60.0
"""difference to the original's level below which the ear hears the same"""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The result of a replay.

    Attributes:
        clip: that was performed
        identical: whether the file has the same bytes
        faithful: identical, or near for an engine that does not promise the same bytes
        sentence: for the user
    """

    clip: Clip
    identical: bool
    faithful: bool
    sentence: str


def replay_clip(path: Path, out: Path | None = None, *, engine: str | None = None) -> ReplayResult:
    """Replay the record at `path`, write it to `out` (None writes nothing), and compare.

    Args:
        path: of the record, which may be from anywhere
        out: of the replay
        engine: that speaks; None is the record's, if it reaches for nothing outside voiceact

    Raises:
        UsageError: if the record is no record, its engine or model is not here or reaches out, or `out` is the clip itself
    """
    original = Clip.load(path)
    where = original.audio_path  # refuses a path that leads elsewhere, also where nothing is written
    if out is not None and where is not None and out.absolute().resolve() == where.resolve():
        raise UsageError(f"{out} is the clip that is replayed; write the replay beside it, under another name")
    record = original.record
    request = recall_request(record, engine=engine)
    report_step("speaking", 0, 1)
    clip = perform(request)
    if out is not None:
        clip = clip.save(out)
    suffix = Path(record.audio.path or "clip.wav").suffix
    assert clip.samples is not None  # replay has just performed it
    data = audio.encode(clip.samples, clip.record.audio.sample_rate, suffix=suffix, metadata=provenance(record))
    if hashlib.sha256(data).hexdigest() == record.audio.sha256:
        return ReplayResult(clip, True, True, f"identical: the replay of {record.id} has the same bytes as {record.audio.path}")
    distance = _distance_db(original, clip)
    promised = request.engine.capabilities.deterministic
    near = distance is not None and distance < NEAR_DB
    how = "the original is not here to compare with" if distance is None else f"they differ by {distance:.1f} dB"
    return ReplayResult(
        clip,
        False,
        near and not promised,
        f"{'near' if near else 'different'}: the replay of {record.id} has other bytes than the record says; {how}",
    )


def _distance_db(original: Clip, clip: Clip) -> float | None:
    """Return the level of the difference relative to the original, dB; None without the original's file."""
    where = original.audio_path
    if where is None or not where.is_file():
        return None
    first = original.read(check=False).samples
    second = clip.samples
    if first is None or second is None or len(first) != len(second):
        return 0.0
    return float(10 * np.log10(((first - second) ** 2).sum() / max(float((first**2).sum()), 1e-12) + 1e-12))
