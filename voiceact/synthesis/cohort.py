"""A judge beside a cohort: clips of a folder, of a run or just made, heard as those that are verified will be.

from voiceact.synthesis.cohort import judge_beside

judge = judge_beside(load_estimator("human"), "takes/")
verdict = judge_clip(clip, twin, estimator=judge)

`voiceact.estimators.cohort` says what a cohort is for and what it assumes.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact import audio
from voiceact.audio import Samples
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record, record_path
from voiceact.errors import UsageError, VoiceactError
from voiceact.estimators.base import Estimator, Profile
from voiceact.estimators.cohort import Cohort
from voiceact.estimators.estimating import expand
from voiceact.estimators.features.signal import MAX_SECONDS
from voiceact.runtime.progress import report_step
from voiceact.store.reader import Run, open_run
from voiceact.store.run_file import RUN_FILE
from voiceact.store.sound import decode_audio
from voiceact.synthesis.synthesize import neutral_twin
from voiceact.verify.emotion import profile_take

MOST_CLIPS = 240
"""clips that are heard of a larger folder or run, drawn evenly from beginning to end: more make the levels no surer"""
NEUTRAL = "neutral"


@dataclass(frozen=True)
class CohortClip:
    """A clip of a cohort.

    Attributes:
        samples: float32 [n]
        rate: Hz
        asked: category id that was asked most strongly, or NEUTRAL; None where nobody says
        twin: samples and rate of its neutral reading; None where it is heard without one
    """

    samples: Samples
    rate: int
    asked: str | None = None
    twin: tuple[Samples, int] | None = None


def judge_beside(judge: Estimator, source: str | os.PathLike[str], *, compared: bool = True) -> Estimator:
    """Return a judge that centres its scores on the clips of a folder or a run.

    The emotions that the clips' records state serve to refuse a cohort of one feeling, and for nothing else.

    Args:
        judge: the shipped one, or a model from `voiceact judge train`
        source: a folder of clips (searched to the bottom), or the folder of a run; of more than MOST_CLIPS some are taken
        compared: whether each clip is heard beside its neutral reading, made anew from its record where it was not kept;
            clips that are verified must then be compared too, and without it none may be

    Raises:
        UsageError: a judge that cannot centre its scores, no such folder, a clip without a record where `compared` needs one,
            fewer than 24 clips that can be judged, or a cohort of one feeling
    """
    folder = Path(source)
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; expected a folder of clips, or a run, as the cohort")
    clips = _read_run(open_run(folder), compared) if (folder / RUN_FILE).is_file() else _read_folder(folder, compared)
    return centre_on(judge, hear_cohort(judge, clips, source=folder.resolve().name, name=str(folder)))


def check_centring(judge: Estimator) -> None:
    """Refuse a judge that cannot centre its scores on a cohort.

    Raises:
        UsageError: such a judge
    """
    if not hasattr(judge, "with_cohort"):
        raise UsageError(
            f"judge {judge.name!r} cannot centre its scores on a cohort; use 'human' or a model.npz of 'voiceact judge train', "
            "one judge alone"
        )


def centre_on(judge: Estimator, cohort: Cohort) -> Estimator:
    """Return a judge that centres its scores on a cohort.

    Raises:
        UsageError: a judge that cannot, or a cohort of another judge
    """
    check_centring(judge)
    centring: Any = judge
    centred: Estimator = centring.with_cohort(cohort)
    return centred


def hear_cohort(judge: Estimator, clips: Iterable[CohortClip], *, source: str, name: str = "") -> Cohort:
    """Hear clips and measure the cohort that they are.

    Args:
        judge: the shipped one, or a model from `voiceact judge train`
        clips: what each was asked to be serves to refuse a cohort of one feeling, and for nothing else
        source: what they are, for the record
        name: of their folder, for messages; `source` where it has none

    Raises:
        UsageError: a judge that cannot centre its scores, fewer than 24 clips that can be judged, or a cohort of one feeling
    """
    check_centring(judge)
    centring: Any = judge
    profiles: list[Profile] = []
    categories: list[str] = []
    for clip in clips:
        profile = profile_take(judge, clip.samples, clip.rate, clip.twin)
        if isinstance(profile, Profile):
            profiles.append(profile)
            categories += [clip.asked] if clip.asked else []
    if not profiles:
        raise UsageError(
            f"no clip of the cohort {name or source} could be judged; expected at least 24 clips of several feelings"
        )
    stated = categories if len(categories) == len(profiles) else None
    cohort: Cohort = centring.cohort(profiles, asked=stated, source=source)
    return cohort


def _read_folder(folder: Path, compared: bool) -> Iterator[CohortClip]:
    paths = _thin(expand([str(folder)], ()))
    for number, path in enumerate(paths):
        report_step("cohort", number, len(paths))
        if record_path(path).is_file():
            clip = Clip.load(path).read()
            assert clip.samples is not None  # it was just read
            yield _with_twin(clip.samples, clip.record, compared)
        elif compared:
            raise UsageError(
                f"{path}: has no record from which to make its neutral reading; make the cohort of clips with records, or "
                "compare nothing with neutral readings (--no-twin)"
            )
        else:
            yield CohortClip(*audio.read(path, longest_seconds=MAX_SECONDS))


def _read_run(run: Run, compared: bool) -> Iterator[CohortClip]:
    rows = _thin([row for row in run.rows() if row["tar"] is not None and row["audio_start"] is not None])
    for number, row in enumerate(rows):
        report_step("cohort", number, len(rows))
        record = run.record(row)
        samples, rate = _decode(run.audio(row), str(row["id"]))
        twin = run.twin(row) if compared else None
        if twin is not None:
            yield CohortClip(
                samples, rate, strongest_category(record.mix), _decode(twin, f"the neutral reading of {row['id']}")
            )
        else:
            yield _with_twin(samples, record, compared)


def _decode(data: bytes, name: str) -> tuple[Samples, int]:
    try:
        return decode_audio(data, name)
    except VoiceactError as error:
        raise UsageError(f"{name} of the cohort is damaged ({error.__cause__}); see: voiceact recipe audit") from error


def _with_twin(samples: Samples, record: Record, compared: bool) -> CohortClip:
    rate = record.audio.sample_rate
    if not compared:
        return CohortClip(samples, rate, strongest_category(record.mix))
    twin = neutral_twin(record)
    assert twin.samples is not None  # it was just spoken
    return CohortClip(samples, rate, strongest_category(record.mix), (twin.samples, twin.record.audio.sample_rate))


def strongest_category(mix: Mapping[str, float]) -> str:
    """Return the category that is asked for most strongly; NEUTRAL where none is.

    Args:
        mix: category id -> intensity
    """
    present = {category: intensity for category, intensity in mix.items() if intensity > 0}
    return max(present, key=lambda category: present[category]) if present else NEUTRAL


def _thin(items: list[Any]) -> list[Any]:
    """Return at most MOST_CLIPS items, evenly from first to last."""
    if len(items) <= MOST_CLIPS:
        return items
    return [items[number * len(items) // MOST_CLIPS] for number in range(MOST_CLIPS)]
