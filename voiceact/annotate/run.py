"""An annotation: a source becomes a folder of Parquet, a shard at a time. What is present stays, what is missing is made.

from voiceact.annotate.run import annotate

report = annotate("recordings/", "annotated")
print(report.totals.clips, report.totals.failed)
"""

import hashlib
import os
import signal
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from voiceact import __version__
from voiceact.annotate.listening import CLUSTERED, NO_VOICES, STATED, Task, check_task
from voiceact.annotate.listing import ClipEntry, cut_tapered, write_listing
from voiceact.annotate.progress import AnnotateProgress
from voiceact.annotate.run_file import (
    MOST_FAULTS,
    RUN_FILE,
    AnnotationFile,
    Totals,
    index_name,
    iter_indexes,
    need_run,
    read_run,
    shard_of,
    write_run,
)
from voiceact.annotate.shard import load_listener
from voiceact.annotate.source import Source, find_source
from voiceact.annotate.voices import VOICES_FILE, find_voices, remove_staged, staged_name
from voiceact.annotate.work import Pass, work_here, work_in_pool, work_with_ray
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.runs.partition import Partition, lock_partition, state_lock
from voiceact.runs.workspace import Workspace, open_workspace
from voiceact.runtime.clock import utc_now
from voiceact.runtime.signals import Stop, graceful_stop
from voiceact.store.filesystem import Store
from voiceact.store.run_file import Session


@dataclass(frozen=True)
class AnnotateSettings:
    """How an annotation is made; none of it alters a byte.

    Attributes:
        workers: processes at work; None is one here, and with Ray as many as it has processors
        executor: "local" or "ray"
        address: of a Ray cluster; None starts one on this machine
        partition: the shards that this process makes
        scratch: folder for journals; None is the run folder itself, or the user's cache if that is elsewhere
    """

    workers: int | None = None
    executor: str = "local"
    address: str | None = None
    partition: Partition = Partition()
    scratch: str | os.PathLike[str] | None = None


@dataclass(frozen=True)
class AnnotateReport:
    """Outcome of one session.

    Attributes:
        url: the folder
        run: its annotate.json
        totals: of all shards that are whole now
        whole: their number
        heard: counts of this session
        seconds: that it took
        finished: whether every shard is whole
        faults: id and reason of the first clips that could not be heard
        signal: number of the signal that stopped it, if one did
    """

    url: str
    run: AnnotationFile
    totals: Totals
    whole: int
    heard: Totals
    seconds: float
    finished: bool
    faults: tuple[tuple[str, str], ...] = ()
    signal: int | None = None


def annotate(
    source: str,
    out: str | os.PathLike[str],
    task: Task | None = None,
    settings: AnnotateSettings | None = None,
    *,
    lines: Iterable[str] = (),
    voices: str | None = None,
    progress: AnnotateProgress | None = None,
) -> AnnotateReport:
    """Annotate a source into a folder, or what is missing of it there.

    The clips are listed once, when the run begins; what is added to the source later is not part of it.

    Args:
        source: of speech (see `voiceact.annotate.source.find_source`)
        out: a folder, which need not exist, or a URL that fsspec knows
        task: what is asked of every clip
        settings: how it is made
        lines: of standard input, for the source "-"
        voices: how speakers are known (none, stated, clustered); None decides by what the source states and what is asked
        progress: receives the events of the run

    Raises:
        UsageError: before anything is written: a source that is none, an estimator that is not known, a folder that holds
            another run or is at work
        VoiceactError: that ended the run (a full disk); nothing that was heard is lost
    """
    task, settings, progress = task or Task(), settings or AnnotateSettings(), progress or AnnotateProgress()
    store = Store(out)
    run = read_run(store)
    if run is None:
        task = msgspec.structs.replace(task, voices=voices or (CLUSTERED if task.speaker else NO_VOICES))
        check_task(task)
        load_listener(task)
        listed = find_source(source, lines)
        store.check_writable()
        run = _begin(listed, store, task, decide_voices=voices is None, progress=progress)
    else:
        _check_same(run, store, source, task, voices)
    return _work(run, store, settings, progress)


def resume_annotation(
    out: str | os.PathLike[str], settings: AnnotateSettings | None = None, *, progress: AnnotateProgress | None = None
) -> AnnotateReport:
    """Make what is missing of an annotation, from the contents of its folder alone; errors as `annotate`."""
    store = Store(out)
    return _work(need_run(store), store, settings or AnnotateSettings(), progress or AnnotateProgress())


# --- The listing


def _begin(source: Source, store: Store, task: Task, *, decide_voices: bool, progress: AnnotateProgress) -> AnnotationFile:
    """Freeze the listing of a source, then write annotate.json: where it is present, so is all that a resume needs."""
    if store.names("index", ".json"):
        raise UsageError(f"{store.url}: holds shards but no {RUN_FILE}; choose another --out")
    digest, clips, shards = hashlib.sha256(), 0, 0
    contained = stated = False
    for shard, entries in enumerate(cut_tapered(source.entries(), task.shard_clips)):
        write_listing(store, shard, entries)
        for entry in entries:
            digest.update(msgspec.json.encode(entry))
            contained = contained or not isinstance(entry, ClipEntry)
            stated = stated or (isinstance(entry, ClipEntry) and "speaker" in entry.stated)
        clips, shards = clips + len(entries), shard + 1
        progress.list_clips(clips)
    if not shards:
        raise UsageError(f"{source.name}: holds nothing to annotate; expected recordings, tars or Parquet")
    # An earlier listing that was killed may have been longer.
    for name in [name for name, _ in store.iter_sizes("list") if (number := shard_of(name)) is not None and number >= shards]:
        store.remove(name)
    if decide_voices and task.voices == NO_VOICES and stated and load_listener(task).judge is not None:
        task = msgspec.structs.replace(task, voices=STATED)
    listener = load_listener(task)
    digest.update(msgspec.json.encode((task, listener.revisions)))
    run = AnnotationFile(
        voiceact=__version__,
        source=source.name,
        kind=source.kind,
        task=task,
        revisions=listener.revisions,
        clips=None if contained else clips,
        shards=shards,
        digest=digest.hexdigest(),
        notes=tuple(source.notes),
    )
    write_run(store, run)
    return run


def _check_same(run: AnnotationFile, store: Store, source: str, task: Task, voices: str | None) -> None:
    """Raise UsageError unless a folder's run is what is asked now."""
    wanted = msgspec.structs.replace(task, voices=voices or run.task.voices)
    before, now = msgspec.to_builtins(run.task), msgspec.to_builtins(wanted)
    differences = [f"  {name}: {before[name]} -> {now[name]}" for name in before if before[name] != now[name]]
    if run.source != source:
        differences.insert(0, f"  source: {run.source} -> {source}")
    if differences:
        raise UsageError(
            f"{store.url}: was begun with something else:\n" + "\n".join(differences) + "\n"
            "go on with what it was begun with, or choose another --out"
        )


# --- The work


def _work(run: AnnotationFile, store: Store, settings: AnnotateSettings, progress: AnnotateProgress) -> AnnotateReport:
    """Make what is missing of a partition, with the session entered into annotate.json."""
    listener = load_listener(run.task)
    for name, revision in run.revisions.items():
        if listener.revisions.get(name) != revision:
            raise UsageError(
                f"{store.url}: was begun with {name} of revision {revision}, and this is {listener.revisions.get(name)}; "
                "go on with that, or choose another --out"
            )
    partition = settings.partition
    if partition.count > run.shards:
        raise UsageError(
            f"--shard {partition}: the listing has {count_noun(run.shards, 'shard')}; expected at most as many shares"
        )
    if settings.executor == "ray" and settings.address:
        from voiceact.runtime.ray_cluster import check_address

        check_address(settings.address)
    workspace = open_workspace(store.url, run.digest, settings.scratch)
    own = partition.shards(run.shards)
    started, clock, heard = utc_now(), time.monotonic(), Totals()
    counting = _Counting(progress, heard)
    with lock_partition(workspace.work_folder, partition, workspace.url):
        there, whole = Totals(), set[int]()
        for index in iter_indexes(store, run.digest, own):
            there.add(index.totals)
            whole.add(index.shard)
        voices = run.task.voices != NO_VOICES
        progress.begin(run.clips, len(own), there, len(whole), 1 + voices)
        with graceful_stop(progress.stopping, signals=(signal.SIGINT, signal.SIGTERM)) as stop:
            missing = [shard for shard in own if shard not in whole]
            staged = {
                number
                for name, _ in store.iter_sizes("stage")
                if name.endswith(".rows") and (number := shard_of(name)) is not None
            }
            progress.begin_pass("listening")
            _one_pass(run, [shard for shard in missing if shard not in staged], "hear", workspace, settings, counting, stop)
            if voices and missing and not stop.asked:
                _judge_beside_voices(run, missing, workspace, settings, counting, stop)
        session = Session(
            started, settings.executor, settings.workers or 1, utc_now(), heard.clips, round(time.monotonic() - clock, 3)
        )
        # Two shares that end at once would each write what the other did not see.
        with suppress(VoiceactError), state_lock(workspace.work_folder):
            latest = read_run(store) or run
            write_run(store, msgspec.structs.replace(latest, sessions=(*latest.sessions, session)))
    totals, count, faults = Totals(), 0, list[tuple[str, str]]()
    for index in iter_indexes(store, run.digest):
        totals.add(index.totals)
        faults += index.faults[: max(0, MOST_FAULTS - len(faults))]
        count += 1
    finished = count == run.shards
    if finished:
        _clean_up(workspace, run, voices)
    return AnnotateReport(
        workspace.url, run, totals, count, heard, session.seconds, finished, tuple(sorted(faults)), stop.signal
    )


def _one_pass(
    run: AnnotationFile,
    shards: Sequence[int],
    which: Pass,
    workspace: Workspace,
    settings: AnnotateSettings,
    progress: AnnotateProgress,
    stop: Stop,
) -> None:
    if not shards:
        return
    if settings.executor == "ray":
        work_with_ray(run.task, shards, which, workspace, progress, stop, workers=settings.workers, address=settings.address)
    elif (settings.workers or 1) == 1:
        work_here(run.task, shards, which, workspace, progress, stop)
    else:
        work_in_pool(run.task, shards, which, workspace, progress, stop, workers=settings.workers or 1)


def _judge_beside_voices(
    run: AnnotationFile,
    missing: Sequence[int],
    workspace: Workspace,
    settings: AnnotateSettings,
    progress: AnnotateProgress,
    stop: Stop,
) -> None:
    """Find the voices once every shard is heard, by whichever process heard the last, and make the second pass."""
    store = workspace.store
    unheard = [
        shard
        for shard in range(run.shards)
        if not store.exists(staged_name(shard, "rows")) and not store.exists(index_name(shard))
    ]
    if unheard:
        progress.note(f"{count_noun(len(unheard), 'shard')} still to be heard; voices are found when all are")
        return
    if not store.exists(VOICES_FILE):
        progress.begin_pass("finding voices")
        find_voices(run.task, workspace, range(run.shards))
    progress.begin_pass("judging beside each voice")
    _one_pass(run, missing, "judge", workspace, settings, progress, stop)


class _Counting(AnnotateProgress):
    """Passes events on, and counts the clips that are heard: of the second pass none is."""

    def __init__(self, progress: AnnotateProgress, heard: Totals):
        self._progress, self._heard = progress, heard
        self._hearing = True

    def begin_pass(self, what: str) -> None:
        self._hearing = False
        self._progress.begin_pass(what)

    def add_clips(self, totals: Totals) -> None:
        if self._hearing:
            self._heard.add(totals)
        self._progress.add_clips(totals)

    def add_shard(self, shard: int) -> None:
        self._progress.add_shard(shard)

    def note(self, sentence: str) -> None:
        self._progress.note(sentence)


def _clean_up(workspace: Workspace, run: AnnotationFile, voices: bool) -> None:
    from shutil import rmtree

    if voices:
        remove_staged(workspace, range(run.shards))
    if workspace.store.folder is not None:
        with suppress(OSError):
            (workspace.store.folder / "stage").rmdir()
    rmtree(workspace.work_folder, ignore_errors=True)
