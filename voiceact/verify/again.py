"""Judging clips that exist, from their records; nothing that was said of them before is lost."""

from collections.abc import Callable, Sequence
from pathlib import Path

from voiceact.clip.record import Clip, Record, record_path, save_record
from voiceact.estimators.base import Estimator
from voiceact.verify.backends.registry import Means
from voiceact.verify.base import Verdict
from voiceact.verify.tally import Tally
from voiceact.verify.verdict import CHECKS, judge_clip


def judge_file(path: Path, *, twin: Callable[[Record], Clip | None] = lambda record: None,
               checks: Sequence[str] = CHECKS, estimator: Estimator | str | None = None,
               tally: Tally | None = None, means: Means | None = None) -> tuple[Clip, Verdict]:
    """Judge the clip of a record (or of the audio beside one) and add the verdict to its record.

    twin: makes the neutral reading of a record, None where it cannot be made
    estimator: another judge than the shipped one; the earlier verdict moves to `verdicts`, untouched
    tally: counts the clip, for the pass rate of a set and its null
    means: what the checks are made with; None is the default

    Raises:
        UsageError: naming file and cause if record or audio is missing, damaged or changed
    """
    clip = Clip.load(path).read()
    plain = twin(clip.record)
    verdict = judge_clip(clip, plain, checks=checks, estimator=estimator, means=means)
    if tally is not None:
        tally.add(clip, verdict, plain)
    judged = clip.judged(verdict.as_dict())
    where = path if path.suffix.lower() == ".json" else record_path(path)
    save_record(judged.record, where)
    return judged, verdict
