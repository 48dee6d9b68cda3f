"""A run: a plan becomes a folder of shards. What is present stays, what is missing is made.

from voiceact.runs.run import RunSettings, run_recipe

report = run_recipe("smoke", "my-run", RunSettings(workers=2))
print(report.finished, report.inventory.counts.levels)
"""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.recipe.plan import Plan, make_plan
from voiceact.recipe.schema import Recipe
from voiceact.runs.changes import plan_mismatch_error
from voiceact.runs.cohort import add_cohort
from voiceact.runs.inventory import Inventory, take_inventory
from voiceact.runs.local import make_in_pool, make_in_process
from voiceact.runs.partition import Partition, lock_partition
from voiceact.runs.progress import RunProgress
from voiceact.runs.session import SessionLog, remove_partial_files, remove_work_folder, write_missing_sidecars
from voiceact.runs.workspace import Workspace, open_workspace
from voiceact.runtime.clock import utc_now
from voiceact.runtime.signals import graceful_stop
from voiceact.store.filesystem import Store
from voiceact.store.run_file import Session, need_run, read_run

Executor = Literal["local", "ray"]


@dataclass(frozen=True)
class RunSettings:
    """How a run is made; none of it alters a byte.

    Attributes:
        workers: processes at work; None is one here, and with Ray as many as it has processors
        executor: "local" (this process, or a pool of `workers`) or "ray"
        address: of a Ray cluster; None starts one on this machine
        partition: the shards that this process makes
        scratch: folder for journals; None is the run folder itself, or the user's cache if that is elsewhere
        fork: go on in a new folder beside the old one if the recipe was changed
    """

    workers: int | None = None
    executor: Executor = "local"
    address: str | None = None
    partition: Partition = field(default_factory=Partition)
    scratch: str | os.PathLike[str] | None = None
    fork: bool = False

    @property
    def recorded_workers(self) -> int:
        """The number of workers as run.json records it: 0 stands for Ray's choice."""
        return self.workers or (0 if self.executor == "ray" else 1)


@dataclass(frozen=True)
class RunReport:
    """Outcome of one session of a run.

    Attributes:
        url: the run folder, which after a fork is another than the one asked for
        name: of the recipe
        inventory: what is present of this partition now
        shards: of this partition
        made: takes of this session
        seconds: that it took
        finished: whether all shards of this partition are complete
        signal: number of the signal that stopped it, if one did
    """

    url: str
    name: str
    inventory: Inventory
    shards: int
    made: int
    seconds: float
    finished: bool
    signal: int | None = None


def run_recipe(
    recipe: str | os.PathLike[str] | Recipe,
    out: str | os.PathLike[str],
    settings: RunSettings | None = None,
    *,
    folders: Sequence[str | os.PathLike[str]] = (),
    progress: RunProgress | None = None,
) -> RunReport:
    """Make a recipe's data set in a folder or store, or what is missing of it there.

    Args:
        recipe: a shipped name, a path, or a recipe
        out: a folder, which need not exist, or a URL that fsspec knows
        settings: how to make it
        folders: to look personas up in first
        progress: receives the events of the run

    Raises:
        UsageError: before anything is written: any part of the recipe that cannot be made; a folder that may not be
            written, holds another run, or is at work; a changed recipe without `fork`
        VoiceactError: that ended the run (a full disk, a store that fails); nothing that was made is lost
    """
    settings, progress = settings or RunSettings(), progress or RunProgress()
    plan = make_plan(recipe, folders=folders)
    return _run(plan, _choose_folder(plan, Store(out), settings, progress), settings, progress)


def resume_run(
    out: str | os.PathLike[str], settings: RunSettings | None = None, *, progress: RunProgress | None = None
) -> RunReport:
    """Make what is missing of a run, from the contents of its folder alone; arguments and errors as `run_recipe`."""
    settings, progress = settings or RunSettings(), progress or RunProgress()
    store = Store(out)
    run = need_run(store)
    plan = load_frozen_plan(store)
    if plan.digest != run.plan:
        raise plan_mismatch_error(store, run, plan)
    return _run(plan, store.url, settings, progress)


def load_frozen_plan(store: Store) -> Plan:
    """Make the plan of a run folder again, from the recipe, tables, personas and judge that it keeps.

    Raises:
        UsageError: if one of them is missing or invalid
    """
    if not store.exists("recipe.yaml"):
        raise UsageError(f"{store.url}: has no recipe.yaml any more; put back the one the run was made of, or make a new run")
    if store.folder is not None:
        return make_plan(store.folder / "recipe.yaml", run_folder=store.folder)
    with TemporaryDirectory() as folder:
        for name in ("recipe.yaml", *(name for part in ("scripts", "personas", "judge") for name in store.names(part, ""))):
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(store.read(name))
        return make_plan(Path(folder, "recipe.yaml"), run_folder=folder)


def _choose_folder(plan: Plan, store: Store, settings: RunSettings, progress: RunProgress) -> str:
    """Return the folder to run in: the given one, or, with `fork`, one beside it if it holds another run."""
    run = read_run(store)
    if run is None:
        if store.names("index", ".parquet"):
            raise UsageError(f"{store.url}: holds shards but no run.json; choose another --out")
        return store.url
    if run.plan == plan.digest:
        return store.url
    if not settings.fork:
        raise plan_mismatch_error(store, run, plan)

    # Take the first folder beside it that is free or holds this plan already.
    base, number = store.url.rstrip("/"), 2
    while (other := read_run(Store(f"{base}-{number}"))) is not None and other.plan != plan.digest:
        number += 1
    url = f"{base}-{number}"
    progress.note(f"{store.url} was made of something else and stays as it is; this run goes to {url}")
    return url


def _run(plan: Plan, out: str, settings: RunSettings, progress: RunProgress) -> RunReport:
    """Make what is missing of a partition, with the session entered into run.json."""
    # Refuse what cannot work before anything is written.
    workspace, partition = open_workspace(out, plan.digest, settings.scratch), settings.partition
    if partition.count > plan.shards:
        raise UsageError(
            f"--shard {partition}: the plan has {count_noun(plan.shards, 'shard')}; expected at most as many shares"
        )
    if settings.executor == "ray" and settings.address:
        from voiceact.runtime.ray_cluster import check_address

        check_address(settings.address)
    workspace.store.check_writable()
    plan = add_cohort(plan, workspace.store, progress=progress.add_cohort)

    log = SessionLog(workspace, Session(utc_now(), settings.executor, settings.recorded_workers))
    shards = partition.shards(plan.shards)
    with lock_partition(workspace.work_folder, partition, workspace.url):
        log.begin(plan)
        # Another share of the run may have written its cohort first; all judge beside the one that is kept.
        plan = add_cohort(plan, workspace.store)
        before = _begin(plan, workspace, partition, progress)
        try:
            stopped_by = _make_missing(plan, workspace, settings, before, progress)
        finally:
            progress.end()
            inventory = take_inventory(workspace, shards)
            # The disk may not even take run.json any more.
            with suppress(VoiceactError):
                log.end(inventory.counts.takes - before.counts.takes)
    remove_work_folder(workspace, plan.shards)
    return RunReport(
        workspace.url,
        plan.recipe.name,
        inventory,
        len(shards),
        inventory.counts.takes - before.counts.takes,
        log.seconds,
        len(inventory.whole) == len(shards),
        stopped_by,
    )


def _begin(plan: Plan, workspace: Workspace, partition: Partition, progress: RunProgress) -> Inventory:
    """Clean up after a killed session, take the inventory, and report what has to be made again."""
    shards = partition.shards(plan.shards)
    remove_partial_files(workspace, partition, plan.shards)
    inventory = take_inventory(workspace, shards)
    write_missing_sidecars(workspace.store, inventory.whole, plan.shards)
    for shard, fault in inventory.damaged.items():
        progress.note(f"shard {shard} is made again: {fault}")
    progress.begin(plan, len(shards), sum(len(plan.cells_of(shard)) for shard in shards), inventory)
    return inventory


def _make_missing(
    plan: Plan, workspace: Workspace, settings: RunSettings, inventory: Inventory, progress: RunProgress
) -> int | None:
    """Make the shards that are not complete; return the signal that stopped it, if one did."""
    shards = [shard for shard in settings.partition.shards(plan.shards) if shard not in inventory.whole]
    if not shards:
        return None
    with graceful_stop(progress.stopping, signals=(signal.SIGINT, signal.SIGTERM)) as stop:
        if settings.executor == "ray":
            from voiceact.runs.ray_executor import make_with_ray

            make_with_ray(plan, shards, workspace, progress, stop, workers=settings.workers, address=settings.address)
        elif (settings.workers or 1) == 1:
            make_in_process(plan, shards, workspace, progress, stop)
        else:
            make_in_pool(plan, shards, workspace, progress, stop, workers=settings.workers or 1)
    return stop.signal
