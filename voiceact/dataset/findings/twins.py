"""How often the judge says yes where nothing was acted: neutral twins, asked for every category of the run.

A twin is compared with other neutral readings of the same persona, never with itself, where it would lie at zero.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from voiceact.acting.taxonomy import categories
from voiceact.audio import Samples
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator, Profile
from voiceact.runtime.untrusted_settings import check_stated_setting
from voiceact.store.columns import Row
from voiceact.store.reader import Run
from voiceact.store.sound import as_kept, decode
from voiceact.verify.pass_rate import MOST_TWINS

Sound = tuple[Samples, int]


@dataclass(frozen=True)
class TwinsHeard:
    """What the judge says to neutral readings.

    judged: [personas] twins that were judged
    called: [personas, categories] of those, twins in which the category is called present
    source: where they are from
    why: why there are none, if so
    beside: other neutral readings that each was compared with, at most
    """

    judged: NDArray[np.int64]
    called: NDArray[np.int64]
    source: str = ""
    why: str = ""
    beside: int = 0

    def sentence(self) -> str:
        """What was judged, and how."""
        if not self.number:
            return f"No neutral twins were judged: {self.why}."
        others = "one other neutral reading" if self.beside == 1 else f"at most {self.beside} other neutral readings"
        return (
            f"{self.number} neutral twins, {self.source}, each compared with {others} of its persona and asked for every "
            "category."
        )

    @property
    def number(self) -> int:
        """Twins judged."""
        return int(self.judged.sum())


def hear_twins(
    run: Run,
    judge: Estimator | None,
    drawn: Mapping[str, Sequence[Row]],
    personas: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> TwinsHeard:
    """Judge the twins of drawn takes.

    judge: the run's; None leaves them out
    drawn: persona -> rows of the run
    progress: told (personas done, personas in all)
    """
    ids = [category.id for category in categories()]
    judged, called = np.zeros(len(personas), np.int64), np.zeros((len(personas), len(ids)), np.int64)
    if judge is None:
        return no_twins(len(personas), "the judge of the run is not installed here in its revision")
    read = twin_reader(run)
    if read is None:
        return no_twins(len(personas), "the run kept none, and the engine that spoke them is not installed here")
    least = np.array([judge.thresholds.get(name, np.inf) for name in ids])
    beside = 0
    for at, persona in enumerate(personas):
        rows = _distinct(drawn.get(persona, ()))
        beside = max(beside, min(MOST_TWINS, len(rows) - 1))
        for profile in _profiles(judge, rows, read):
            scores = [profile.scores.get(name) for name in ids]
            judged[at] += 1
            called[at] += np.array([np.nan if score is None else score for score in scores]) >= least
        progress(at + 1, len(personas))
    source = "kept beside the clips" if run.file.recipe.get("store", {}).get("twins") else "spoken anew by the engine"
    why = "" if judged.sum() else "no persona has two of different text that could be judged"
    return TwinsHeard(judged, called, source, why, beside)


def no_twins(personas: int, why: str) -> TwinsHeard:
    """Nothing heard of so many personas."""
    return TwinsHeard(np.zeros(personas, np.int64), np.zeros((personas, len(categories())), np.int64), why=why)


def twin_reader(run: Run) -> Callable[[Row], Sound] | None:
    """Gives the neutral reading that belongs to a row: as it was kept, or as the run's engine speaks it again."""
    kept = bool(run.file.recipe.get("store", {}).get("twins"))
    if not kept and not _can_speak(run):
        return None

    def read(row: Row) -> Sound:
        data = run.twin(row)
        return decode(data, str(row["id"])) if data is not None else _spoken(run, row)

    return read


def _can_speak(run: Run) -> bool:
    """Whether the engine of the run is here and promises the same bytes."""
    from voiceact.engines.registry import ENTRY_POINT_GROUP, load_engine

    name = str(run.file.engine.get("name"))
    try:
        check_stated_setting(ENTRY_POINT_GROUP, name, source=f"{run.store.url}/run.json", how="--allow {0}")
        engine = load_engine(name)
    except VoiceactError:
        return False
    return engine.model_sha256 == run.file.engine.get("model_sha256") and engine.capabilities.deterministic


def _spoken(run: Run, row: Row) -> Sound:
    from voiceact.synthesis.synthesize import neutral_twin

    twin = neutral_twin(run.record(row))
    assert twin.samples is not None  # it has just been performed
    return as_kept(twin.samples), twin.record.audio.sample_rate


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """One row for each text: the twins of one line are one reading."""
    return list({row["text"]: row for row in rows}.values())


def _profiles(judge: Estimator, rows: Sequence[Row], read: Callable[[Row], Sound]) -> list[Profile]:
    """Of the twins of one persona, each beside others; those of which nothing can be said are left out."""
    sounds: list[Sound] = []
    for row in rows:
        try:
            sounds.append(read(row))
        except VoiceactError:
            continue  # an engine may refuse a line that it spoke elsewhere; the number judged says so
    found = []
    for at, (samples, rate) in enumerate(sounds):
        others = [sounds[(at + step) % len(sounds)] for step in range(1, min(MOST_TWINS, len(sounds) - 1) + 1)]
        if not others:
            continue
        try:
            found.append(judge.profile(samples, rate, reference=judge.reference(others, kind="neutral")))
        except VoiceactError:
            continue  # too short or too quiet to be judged
    return found
