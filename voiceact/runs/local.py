"""Who makes the shards of a plan on this machine: this process, or a pool of them. The bytes are the same.

The unit of a pool is the stint, so that two processes share even a single shard; a stint lives in its journal, and the
parent puts a shard together when its stints are whole. A process that dies takes nothing with it: its stint goes on
from the journal, and a take that kills its process twice is entered as failed.
"""

import pickle
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from voiceact.errors import UsageError, VoiceactError
from voiceact.recipe.plan import Plan
from voiceact.runs.assemble import assemble
from voiceact.runs.progress import Watch
from voiceact.runs.take import Studio, open_studio
from voiceact.runs.work_unit import Made, Stint, bury_next, make_stint, stints_of
from voiceact.runs.workspace import Site
from voiceact.runtime.process_pool import Died, spread
from voiceact.runtime.signals import Stop
from voiceact.store.columns import Row
from voiceact.store.index import Count, Footer, count_rows


def make_here(plan: Plan, shards: Iterable[int], site: Site, watch: Watch, stop: Stop) -> None:
    """Make shards in this process, one after another.

    Raises:
        VoiceactError: what ends the run; all takes that were made stay in their journals
    """
    studio = open_studio(plan)
    for shard in shards:
        if make_shard(plan, shard, site, studio, watch, lambda: stop.asked) is None:
            return


def make_shard(plan: Plan, shard: int, site: Site, studio: Studio, watch: Watch, stopping: Callable[[], bool]
               ) -> Footer | None:
    """Make what is missing of a shard and put it together; None if it was told to stop before."""
    def told(row: Row) -> None:
        watch.made(count_rows([row]))

    for stint in stints_of(plan, shard):
        if not make_stint(plan, stint, site, studio, stopping=stopping, told=told).whole:
            return None
        watch.cells(len(stint.cells))
    footer = assemble(plan, shard, site)
    watch.shard(shard)
    return footer


# --- A pool


@dataclass(frozen=True)
class Trouble:
    """An error of another process: its sentence, which travels where the exception itself may not."""

    sentence: str
    status: int

    def raised(self) -> VoiceactError:
        """As it was."""
        return UsageError(self.sentence) if self.status == UsageError.exit_status else VoiceactError(self.sentence)


@dataclass(frozen=True)
class _Job:
    """A stint as another process is given it.

    plan: pickled once for all jobs
    bell: a file that appears when no further take is to be begun
    """

    plan: bytes
    stint: Stint
    site: Site
    bell: Path


def make_pooled(plan: Plan, shards: Iterable[int], site: Site, watch: Watch, stop: Stop, *, workers: int) -> None:
    """Make shards with so many processes.

    Raises:
        VoiceactError: what ends the run; all takes that were made stay in their journals
    """
    with TemporaryDirectory(prefix="voiceact-") as folder, _ringing(stop, Path(folder, "stop")) as bell:
        jobs = _Jobs(plan, shards, site, bell)
        for job, result in spread(_work, jobs, workers=max(2, workers), stop=stop):
            if isinstance(result, Trouble):
                raise result.raised()
            if isinstance(result, Died):
                watch.made(_bury(plan, job))
                jobs.again(job)
            elif result.whole:
                watch.made(result.counts)
                watch.cells(len(job.stint.cells))
                if jobs.done(job.stint):
                    assemble(plan, job.stint.shard, site)
                    watch.shard(job.stint.shard)
            else:
                watch.made(result.counts)


def _bury(plan: Plan, job: _Job) -> tuple[Count, ...]:
    """Enter the take that killed its process twice as failed."""
    begun = _begun(job)
    if not begun.exists():
        raise VoiceactError("the worker processes die before their first take; a script that calls run_recipe with workers "
                            "must do so below `if __name__ == '__main__':`, else the engine or the judge cannot be loaded")
    begun.unlink()
    row = bury_next(plan, job.stint, job.site)
    return count_rows([row] if row else [])


def _begun(job: _Job) -> Path:
    """A file that says that a process came as far as this stint's takes."""
    return job.bell.with_name(f"begun-{job.stint.shard}-{job.stint.number}")


class _Jobs:
    """The stints of some shards, one after another; one that has to be done again comes first."""

    def __init__(self, plan: Plan, shards: Iterable[int], site: Site, bell: Path):
        self._plan, self._pickled, self._site, self._bell = plan, pickle.dumps(plan), site, bell
        self._shards, self._next = iter(shards), deque[_Job]()
        self._left: dict[int, int] = {}

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> _Job:
        if not self._next:
            shard = next(self._shards)
            stints = stints_of(self._plan, shard)
            self._left[shard] = len(stints)
            self._next.extend(_Job(self._pickled, stint, self._site, self._bell) for stint in stints)
        return self._next.popleft()

    def again(self, job: _Job) -> None:
        """Hand a job out once more."""
        self._next.appendleft(job)

    def done(self, stint: Stint) -> bool:
        """Whether this was the last stint of its shard."""
        self._left[stint.shard] -= 1
        if self._left[stint.shard]:
            return False
        del self._left[stint.shard]
        return True


@contextmanager
def _ringing(stop: Stop, bell: Path) -> Iterator[Path]:
    """A file that appears once the run is asked to stop, for processes that cannot see `stop`."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            if stop.asked:
                bell.touch()
                return

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield bell
    finally:
        over.set()
        thread.join()


def _work(job: _Job) -> Made | Trouble:
    """Make a stint in a process of the pool."""
    try:
        plan, studio = _opened(job.plan)
        _begun(job).touch()
        return make_stint(plan, job.stint, job.site, studio, stopping=job.bell.exists)
    except VoiceactError as error:
        return _troubled(job, str(error), error.exit_status)
    except OSError as error:
        return _troubled(job, f"a worker failed: {error}", 1)


def _troubled(job: _Job, sentence: str, status: int) -> Trouble:
    """What ends the run: the others need not go on to the end of their stints."""
    with suppress(OSError):
        job.bell.touch()
    return Trouble(sentence, status)


@lru_cache(maxsize=1)
def _opened(pickled: bytes) -> tuple[Plan, Studio]:
    plan: Plan = pickle.loads(pickled)
    return plan, open_studio(plan)
