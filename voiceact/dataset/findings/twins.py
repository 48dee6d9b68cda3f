"""Judge the neutral twins: how often the judge says yes where nothing was acted, for every category of the run.

A twin is compared with other neutral readings of the same persona, never with itself, where it would lie at zero.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact import audio
from voiceact.acting.taxonomy import categories
from voiceact.audio import Sound
from voiceact.engines.registry import ENTRY_POINT_GROUP, load_engine
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile
from voiceact.runtime.untrusted_settings import check_stated_setting
from voiceact.store.columns import Row
from voiceact.store.reader import Run
from voiceact.store.sound import decode_audio
from voiceact.synthesis.synthesize import neutral_twin
from voiceact.verify.pass_rate import MOST_TWINS


@dataclass(frozen=True)
class TwinJudgements:
    """The judge's answers to neutral readings.

    Attributes:
        judged: [personas] twins that were judged
        accepted: [personas, categories] of those, twins in which the category is called present
        source: where the twins are from
        why: reason why there are none, if so
        compared: other neutral readings that each was compared with, at most
    """

    judged: NDArray[np.int64]
    accepted: NDArray[np.int64]
    source: str = ""
    why: str = ""
    compared: int = 0

    def sentence(self) -> str:
        """Say what was judged, and how."""
        if not self.number:
            return f"No neutral twins were judged: {self.why}."
        others = "one other neutral reading" if self.compared == 1 else f"at most {self.compared} other neutral readings"
        return (
            f"{self.number} neutral twins, {self.source}, each compared with {others} of its persona and asked for every "
            "category."
        )

    @property
    def number(self) -> int:
        """Twins judged."""
        return int(self.judged.sum())


def judge_twins(
    run: Run,
    judge: Estimator | None,
    drawn: Mapping[str, Sequence[Row]],
    personas: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> TwinJudgements:
    """Judge the twins of drawn takes.

    Args:
        run: the run
        judge: the run's judge; None leaves the twins out
        drawn: persona -> rows of the run
        personas: personas, in the order of the counts
        progress: called with personas done and personas in all
    """
    if judge is None:
        return no_twin_judgements(len(personas), "the judge of the run is not installed here in its revision")
    read = twin_reader(run)
    if read is None:
        return no_twin_judgements(len(personas), "the run kept none, and the engine that spoke them is not installed here")
    ids = [category.id for category in categories()]
    judged, accepted = np.zeros(len(personas), np.int64), np.zeros((len(personas), len(ids)), np.int64)
    thresholds = np.array([judge.thresholds.get(name, np.inf) for name in ids])
    compared = 0
    for number, persona in enumerate(personas):
        # One row for each text: the twins of one line are one reading.
        rows = list({row["text"]: row for row in drawn.get(persona, ())}.values())
        compared = max(compared, min(MOST_TWINS, len(rows) - 1))
        for profile in _profiles(judge, rows, read):
            scores = [profile.scores.get(name) for name in ids]
            judged[number] += 1
            accepted[number] += np.array([np.nan if score is None else score for score in scores]) >= thresholds
        progress(number + 1, len(personas))
    source = "kept beside the clips" if keeps_twins(run) else "spoken anew by the engine"
    why = "" if judged.sum() else "no persona has two of different text that could be judged"
    return TwinJudgements(judged, accepted, source, why, compared)


def no_twin_judgements(personas: int, why: str) -> TwinJudgements:
    """Return judgements of no twins.

    Args:
        personas: number of personas
        why: reason why there are none
    """
    return TwinJudgements(np.zeros(personas, np.int64), np.zeros((personas, len(categories())), np.int64), why=why)


def keeps_twins(run: Run) -> bool:
    """Return whether the run keeps the neutral twins beside its clips."""
    return bool(run.file.recipe.get("store", {}).get("twins"))


def twin_reader(run: Run) -> Callable[[Row], Sound] | None:
    """Return a function that gives a row's neutral twin: as it was kept, or as the run's engine speaks it again.

    Returns:
        The function; None if no twin was kept and the engine is not here.
    """
    if not keeps_twins(run) and not can_speak(run):
        return None

    def read(row: Row) -> Sound:
        data = run.twin(row)
        return decode_audio(data, str(row["id"])) if data is not None else speak_twin(run, row)

    return read


def can_speak(run: Run) -> bool:
    """Return whether the engine of the run is here, is asked for nothing it may not reach, and promises the same bytes."""
    name = str(run.file.engine.get("name"))
    try:
        check_stated_setting(ENTRY_POINT_GROUP, name, source=f"{run.store.url}/run.json", how="--allow {0}")
        engine = load_engine(name)
    except VoiceactError:
        return False
    return engine.model_sha256 == run.file.engine.get("model_sha256") and engine.capabilities.deterministic


def speak_twin(run: Run, row: Row) -> Sound:
    """Speak a row's neutral twin again, as 16 bits hold it; samples and rate (Hz)."""
    twin = neutral_twin(run.record(row))
    assert twin.samples is not None  # it has just been performed
    return audio.round_to_pcm16(twin.samples), twin.record.audio.sample_rate


def _profiles(judge: Estimator, rows: Sequence[Row], read: Callable[[Row], Sound]) -> list[Profile]:
    """Judge the twins of one persona, each beside others; leave out those that cannot be spoken or judged."""
    sounds: list[Sound] = []
    for row in rows:
        try:
            sounds.append(read(row))
        except VoiceactError:
            continue  # an engine may refuse a line that it spoke elsewhere; the number judged says so
    profiles = []
    for at, (samples, rate) in enumerate(sounds):
        others = [sounds[(at + step) % len(sounds)] for step in range(1, min(MOST_TWINS, len(sounds) - 1) + 1)]
        if not others:
            continue
        try:
            profiles.append(judge.profile(samples, rate, reference=judge.reference(others, kind="neutral")))
        except VoiceactError:
            continue  # too short or too quiet to be judged
    return profiles
