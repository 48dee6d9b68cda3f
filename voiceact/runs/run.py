"""A run: a plan becomes a folder of shards. What is there stays, what is missing is made.

    from voiceact.recipe.run import Settings, run_recipe

    report = run_recipe("smoke", "my-run", Settings(workers=2))
    print(report.finished, report.there.tally.levels)
"""

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from voiceact.errors import UsageError, VoiceactError
from voiceact.recipe.plan import Plan, make_plan
from voiceact.recipe.schema import Recipe
from voiceact.runs.changes import changed
from voiceact.runs.inventory import Survey, survey
from voiceact.runs.partition import Share, locked
from voiceact.runs.progress import Watch
from voiceact.runs.session import Sitting, sweep, tidy, utc_now
from voiceact.runs.workspace import Site, make_site
from voiceact.runtime.signals import Stop, gentle_stop
from voiceact.store.filesystem import Store
from voiceact.store.run_file import Session, need_run, read_run

Executor = Literal["local", "ray"]


@dataclass(frozen=True)
class Settings:
    """How a run is made; none of it alters a byte.

    workers: processes at work; None is one here, and with Ray as many as it has processors
    executor: "local" (this process, or a pool of `workers`) or "ray"
    address: of a Ray cluster; None starts one on this machine
    share: the part of the shards that this process makes
    scratch: folder for journals; None is the run folder itself, or the user's cache if that is elsewhere
    fork: go on in a new folder beside the old one if the recipe was changed
    """

    workers: int | None = None
    executor: Executor = "local"
    address: str | None = None
    share: Share = field(default_factory=Share)
    scratch: str | os.PathLike[str] | None = None
    fork: bool = False


@dataclass(frozen=True)
class Report:
    """How a run went.

    url: the run folder, which is another than was asked for after a fork
    there: what there is of this share now
    shards: of this share
    made: takes of this sitting
    seconds: it took
    finished: whether all shards of this share are whole
    signal: the number of the signal that stopped it, if one did
    """

    url: str
    name: str
    there: Survey
    shards: int
    made: int
    seconds: float
    finished: bool
    signal: int | None = None


def run_recipe(recipe: str | os.PathLike[str] | Recipe, out: str | os.PathLike[str], settings: Settings | None = None, *,
               folders: Sequence[str | os.PathLike[str]] = (), watch: Watch | None = None) -> Report:
    """Make a recipe's data set in a folder or store, or what is missing of it there.

    Args:
        recipe: a shipped name, a path, or a recipe
        out: a folder, which need not exist, or a URL that fsspec knows
        folders: to look personas up in first
        watch: is told what happens

    Raises:
        UsageError: before anything is written: whatever of the recipe cannot be made; a folder that may not be written,
            holds another run, or is at work; a changed recipe without `fork`
        VoiceactError: what ended the run (a full disk, a store that fails); nothing that was made is lost
    """
    settings, watch = settings or Settings(), watch or Watch()
    plan = make_plan(recipe, folders=folders)
    out = _unforked(plan, Store(out), settings, watch)
    return _run(plan, out, settings, watch)


def resume_run(out: str | os.PathLike[str], settings: Settings | None = None, *, watch: Watch | None = None) -> Report:
    """Make what is missing of a run, from what its folder says alone; raises as `run_recipe`."""
    settings, watch = settings or Settings(), watch or Watch()
    store = Store(out)
    known = need_run(store)
    plan = kept_plan(store)
    if plan.digest != known.plan:
        raise changed(store, known, plan)
    return _run(plan, store.url, settings, watch)


def kept_plan(store: Store) -> Plan:
    """The plan of a run folder, from the recipe, tables, personas and judge that it keeps.

    Raises:
        UsageError: if one of them is gone or does not hold
    """
    if not store.exists("recipe.yaml"):
        raise UsageError(f"{store.url}: has no recipe.yaml any more; put back the one the run was made of, or make a new run")
    if store.folder is not None:
        return make_plan(store.folder / "recipe.yaml", kept=store.folder)
    with TemporaryDirectory() as folder:
        for name in ("recipe.yaml", *(name for part in ("scripts", "personas", "judge") for name in store.names(part, ""))):
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(store.read(name))
        return make_plan(Path(folder, "recipe.yaml"), kept=folder)


# --- Is this the run that the folder holds?


def _unforked(plan: Plan, store: Store, settings: Settings, watch: Watch) -> str:
    """The folder to run in: the one that was asked for, unless it holds another run."""
    known = read_run(store)
    if known is None:
        if store.names("index", ".parquet"):
            raise UsageError(f"{store.url}: holds shards but no run.json; choose another --out")
        return store.url
    if known.plan == plan.digest:
        return store.url
    if not settings.fork:
        raise changed(store, known, plan)
    url = _fork(plan, store.url)
    watch.note(f"{store.url} was made of something else and stays as it is; this run goes to {url}")
    return url


def _fork(plan: Plan, url: str) -> str:
    """The first folder beside this one that is free or holds this plan already."""
    bare, number = url.rstrip("/"), 2
    while (known := read_run(Store(f"{bare}-{number}"))) is not None and known.plan != plan.digest:
        number += 1
    return f"{bare}-{number}"


# --- Running


def _run(plan: Plan, out: str, settings: Settings, watch: Watch) -> Report:
    site, share = make_site(out, plan.digest, settings.scratch), settings.share
    if share.count > plan.shards:
        raise UsageError(f"--shard {share}: the plan has {plan.shards} shards; expected at most as many shares")
    if settings.executor == "ray" and settings.address:
        from voiceact.runs.ray_executor import check_address

        check_address(settings.address)
    site.store.check_writable()
    sitting = Sitting(site, Session(utc_now(), settings.executor, _workers(settings)))
    with locked(site.work, share, site.url):
        sitting.begin(plan)
        before = _begin(plan, site, share, watch)
        try:
            stopped = _execute(plan, site, settings, before, watch)
        finally:
            watch.end()
            there = _conclude(sitting, before, share.shards(plan.shards))
    tidy(site, plan.shards)
    shards = len(share.shards(plan.shards))
    return Report(site.url, plan.recipe.name, there, shards, there.tally.takes - before.tally.takes, sitting.seconds,
                  len(there.whole) == shards, stopped)


def _begin(plan: Plan, site: Site, share: Share, watch: Watch) -> Survey:
    """Look at what is there, and say what has to be made again."""
    shards = share.shards(plan.shards)
    sweep(site, share, plan.shards)
    there = survey(site, shards)
    for shard, wrong in there.damaged.items():
        watch.note(f"shard {shard} is made again: {wrong}")
    watch.begin(plan, len(shards), sum(len(plan.cells_of(shard)) for shard in shards), there)
    return there


def _execute(plan: Plan, site: Site, settings: Settings, there: Survey, watch: Watch) -> int | None:
    """Make what is missing; the signal that stopped it, if one did."""
    shards = [shard for shard in settings.share.shards(plan.shards) if shard not in there.whole]
    if not shards:
        return None
    with gentle_stop(watch.stopping, signals=(signal.SIGINT, signal.SIGTERM)) as stop:
        if settings.executor == "ray":
            from voiceact.runs.ray_executor import make_with_ray

            make_with_ray(plan, shards, site, watch, stop, workers=settings.workers, address=settings.address)
        else:
            _make_locally(plan, shards, site, watch, stop, _workers(settings))
    return stop.signal


def _workers(settings: Settings) -> int:
    """As run.json has it: 0 is whatever Ray has."""
    return settings.workers or (0 if settings.executor == "ray" else 1)


def _make_locally(plan: Plan, shards: Sequence[int], site: Site, watch: Watch, stop: Stop, workers: int) -> None:
    from voiceact.runs.local import make_here, make_pooled

    if workers == 1:
        make_here(plan, shards, site, watch, stop)
    else:
        make_pooled(plan, shards, site, watch, stop, workers=workers)


def _conclude(sitting: Sitting, before: Survey, shards: range) -> Survey:
    """What there is now; run.json says how the sitting went, if the disk still takes it."""
    there = survey(sitting.site, shards)
    with suppress(VoiceactError):
        sitting.end(there.tally.takes - before.tally.takes)
    return there
