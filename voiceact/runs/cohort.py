"""The cohort of a run: takes that are spoken and heard before its first, and on which its judge centres the scores of all.

It is made once, of the plan alone, and kept in the run folder as `cohort.json`: whatever resumes the run, on whichever machine,
judges beside the same numbers. What is kept of the takes is the level and spread of the judge's scores; no clip of the run is
changed by it, and takes that come up again in the run are made again.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from voiceact.engines.base import ENGINE_FAILURES
from voiceact.engines.registry import load_engine
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator
from voiceact.estimators.cohort import Cohort, decode_cohort, encode_cohort
from voiceact.recipe.cohort import describe_cohort, list_cohort_takes
from voiceact.recipe.plan import Plan
from voiceact.runs.take import load_judge, raise_if_final, resolve_take
from voiceact.runtime.blas import one_thread
from voiceact.store.filesystem import Store
from voiceact.store.run_file import COHORT_FILE, RUN_FILE
from voiceact.synthesis.cohort import CohortClip, centre_on, hear_cohort, strongest_category
from voiceact.synthesis.kernel import TakeMaker

Progress = Callable[[int, int], None]


def add_cohort(plan: Plan, store: Store | None = None, *, progress: Progress = lambda done, total: None) -> Plan:
    """Return a plan that carries its cohort, read from its run folder or else made here; one without a cohort as it is.

    Args:
        plan: of a recipe
        store: of the run; None for a plan that is not run
        progress: told takes done and takes in all, while they are made

    Raises:
        UsageError: too few takes, takes of one feeling, takes that cannot be judged; a run whose cohort.json is gone or damaged
    """
    if plan.recipe.verify.cohort == "none":
        return plan
    # Without run.json a cohort.json is what a killed session left, perhaps of another recipe.
    if store is None or not store.exists(RUN_FILE):
        data = encode_cohort(make_cohort(plan, progress=progress))
    elif store.exists(COHORT_FILE):
        data = store.read(COHORT_FILE)
        centre_on(load_judge(plan), decode_cohort(data, f"{store.url}/{COHORT_FILE}"))
    else:
        raise UsageError(
            f"{store.url}: has no {COHORT_FILE} any more, beside which its takes are judged; put it back, or make a new run"
        )
    return replace(plan, frozen_inputs={**plan.frozen_inputs, COHORT_FILE: data})


def make_cohort(plan: Plan, *, progress: Progress = lambda done, total: None) -> Cohort:
    """Speak and hear the takes of a plan's cohort, each beside its neutral twin; those that cannot be spoken are left out.

    Args:
        plan: of a recipe that names a cohort
        progress: told takes done and takes in all

    Raises:
        UsageError: too few takes, takes of one feeling, or takes that cannot be judged
        MissingExtraError: if a part of the engine or the judge is not installed
    """
    whose, specs = list_cohort_takes(plan)
    engine, maker = load_engine(plan.recipe.engine), TakeMaker(checks=(), twins=True, pcm16=True)

    def iterate_clips() -> Iterator[CohortClip]:
        for number, spec in enumerate(specs):
            progress(number, len(specs))
            try:
                [made_take] = maker.make([resolve_take(whose, spec, engine)])
            except ENGINE_FAILURES as error:
                raise_if_final(error)
                continue
            take, twin = made_take.take, made_take.twin
            assert twin is not None  # the maker makes one of every take
            category = strongest_category({spec.cell.category: spec.cell.intensity})
            yield CohortClip(take.samples, take.sample_rate, category, (twin.samples, twin.sample_rate))

    with one_thread():
        return hear_cohort(load_judge(plan), iterate_clips(), source=describe_cohort(plan))


def centre_run_judge(judge: Estimator, cohort: str, store: Store) -> Estimator:
    """Return the judge of a run as it judged there: centred on the run's cohort, where the recipe names one.

    Args:
        judge: by itself
        cohort: `verify.cohort` of the recipe
        store: of the run

    Raises:
        UsageError: a cohort that is damaged, or of another judge
        VoiceactError: a cohort that is gone
    """
    if cohort == "none":
        return judge
    return centre_on(judge, decode_cohort(store.read(COHORT_FILE), f"{store.url}/{COHORT_FILE}"))
