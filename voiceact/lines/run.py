"""A table of lines in, files named by id out; a second run does only what is missing or was edited.

>>> from pathlib import Path
>>> from voiceact.lines.run import Settings, make_plan, perform_plan
>>> plan = make_plan(Path("lines.csv"), Path("voice"), Settings(persona="nurse"))  # doctest: +SKIP
>>> perform_plan(plan).count("failed")  # doctest: +SKIP
0
"""

import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from voiceact.audio.captions import timed_text, write_captions
from voiceact.audio.visemes import visemes_json
from voiceact.audio.words import Word
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record, encode_record, load_record, record_path
from voiceact.engines.base import ENGINE_FAILURES
from voiceact.errors import VoiceactError
from voiceact.lines.names import MANIFEST, SIDECARS, sidecar_path, sidecars_there, sweep
from voiceact.lines.picking import Ranking, is_usable, pick_take, rank_take
from voiceact.lines.plan import NOT_NEEDED, UNCHANGED, Item, Plan, Settings, make_plan
from voiceact.runtime.atomic_files import write_text_whole, write_together, write_whole
from voiceact.runtime.folder_lock import hold_folder
from voiceact.runtime.process_pool import PROCESS_DIED, Died, run_jobs
from voiceact.runtime.signals import graceful_stop
from voiceact.synthesis.inline import caption_text
from voiceact.synthesis.joining import is_long
from voiceact.synthesis.kernel import MadeTake, TakeMaker, batch_size
from voiceact.synthesis.long_text import write_long_take
from voiceact.vocabulary import CHECKS

__all__ = ["DONE", "FAILED", "SKIPPED", "Report", "Row", "Settings", "make_plan", "perform_plan"]

DONE, FAILED, SKIPPED = "done", "failed", "skipped"

INTERRUPTED = "interrupted"
DISK_FULL = "the disk is full"
FORGOTTEN_SECONDS = 60.0
"""age from which a temporary file is taken for one that a killed run left behind"""


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One take in the manifest, which says the same whether this run made it or an earlier one.

    Where one take of each line is picked, there is one row a line.
    """

    id: str
    take: int
    status: str
    """done (the audio is there and is what the table asks for), failed or skipped"""
    reason: str | None
    """why it failed or was skipped"""
    path: str | None
    """of the audio, from the manifest's folder; null unless done"""
    persona: str | None
    text: str
    seed: int
    duration: float | None
    """seconds"""
    sha256: str | None
    """of the audio file"""
    level: str | None = None
    """of the verdict of a take that was picked"""
    picked: str | None = None
    """why that take of the line was"""


@dataclass(frozen=True)
class Report:
    """How a run went.

    Attributes:
        rows: one for each take (or each line, where one take of it is picked), in the order of the table, as in the manifest
        made: how many takes this run made
        stopped: why the run ended before its end; None if it did not
        takes: a row for each take, also where one of them is picked
    """

    rows: tuple[Row, ...]
    made: int
    stopped: str | None = None
    takes: tuple[Row, ...] = ()

    def count(self, status: str) -> int:
        """How many rows have that status."""
        return sum(row.status == status for row in self.rows)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one take: done, or failed with the reason; `disk_full` if all others would fail as well."""

    status: str
    reason: str | None = None
    duration: float | None = None
    sha256: str | None = None
    disk_full: bool = False


@dataclass(frozen=True, slots=True)
class _Job:
    """A take, as another process can be given it."""

    item: Item
    sidecars: tuple[str, ...]
    checks: tuple[str, ...] = ()


def perform_plan(
    plan: Plan,
    *,
    workers: int = 1,
    progress: Callable[[Item, "Outcome"], None] = lambda item, outcome: None,
    interrupted: Callable[[], None] = lambda: None,
    rank: Ranking = rank_take,
) -> Report:
    """Make what a plan says is to be made, then write the manifest; a take that fails stops no other.

    Args:
        plan: of a table
        workers: processes; the audio is the same with any number
        progress: is called after each take that was made or failed
        interrupted: is called at the first Ctrl-C, which lets the takes begun finish; a second one drops them
        rank: what the best take of a line is the best by, where one is picked

    Raises:
        VoiceactError: if the folder cannot be made, another process is at work in it, or the manifest cannot be written
    """
    _make_folder(plan.out)
    with hold_folder(plan.out, "voiceact lines"):
        return _perform_held(plan, workers, progress, interrupted, rank)


def _perform_held(
    plan: Plan, workers: int, progress: Callable[[Item, "Outcome"], None], interrupted: Callable[[], None], rank: Ranking
) -> Report:
    """As `perform_plan`, in a folder that no other process works in."""
    todo = plan.todo
    sweep(plan.out, older_than_seconds=FORGOTTEN_SECONDS)
    if todo:
        # Where there is a manifest, it speaks of the files that are there.
        (plan.out / MANIFEST).unlink(missing_ok=True)
    outcomes, stopped = _spoken(plan, todo, min(workers, len(todo)), progress, interrupted)
    takes = tuple(_row(plan, item, outcomes.get(item.path), stopped) for item in plan.items)
    rows = tuple(_pick_rows(plan, takes, rank)) if plan.casting.settings.judged else takes
    write_manifest(plan.out / MANIFEST, rows)
    return Report(rows, sum(outcome.status == DONE for outcome in outcomes.values()), stopped, takes)


def _spoken(
    plan: Plan,
    todo: Sequence[Item],
    workers: int,
    progress: Callable[[Item, Outcome], None],
    interrupted: Callable[[], None],
) -> tuple[dict[Path, Outcome], str | None]:
    """Return what became of each take that was begun, and why not all were."""
    outcomes: dict[Path, Outcome] = {}
    stopped = None
    settings = plan.casting.settings
    checks = CHECKS if settings.judged else ()
    jobs = [_Job(item, settings.sidecars, checks) for item in todo]
    if settings.pick == "first":
        # All first takes, then second ones of the lines that still need one.
        jobs.sort(key=lambda job: job.item.take)
    answered: set[str] = set()

    def wanted() -> Iterator[_Job]:
        """Pass over takes of a line of which an earlier one is good enough."""
        for job in jobs:
            item = job.item
            if item.line.id in answered:
                outcomes[item.path] = Outcome(SKIPPED, NOT_NEEDED)
                progress(item, outcomes[item.path])
            else:
                yield job

    with graceful_stop(interrupted) as stop:
        try:
            results: Iterator[tuple[_Job, Outcome | Died]]
            if (size := batch_size(plan.casting.engine)) > 1:
                results = _perform_batches(wanted(), checks, size, lambda: stop.asked)
            else:
                results = run_jobs(_perform, wanted(), workers=workers, stop=stop)
            for job, result in results:
                outcome = Outcome(FAILED, PROCESS_DIED) if isinstance(result, Died) else result
                outcomes[job.item.path] = outcome
                progress(job.item, outcome)
                if settings.pick == "first" and outcome.status == DONE and _is_usable(job.item.path):
                    answered.add(job.item.line.id)
                if outcome.disk_full:
                    stopped, stop.asked = DISK_FULL, True
        except KeyboardInterrupt:
            stop.asked = True
            sweep(plan.out, older_than_seconds=0)
        if stop.asked and stopped is None and not outcomes.keys() >= {item.path for item in todo}:
            stopped = INTERRUPTED
    return outcomes, stopped


def _perform_batches(
    jobs: Iterator[_Job], checks: Sequence[str], size: int, stopping: Callable[[], bool]
) -> Iterator[tuple[_Job, Outcome | Died]]:
    """Speak takes in batches of an engine that can; where a batch fails, its takes one by one."""
    maker = TakeMaker(checks=checks, twins=False)
    while not stopping() and (batch := list(islice(jobs, size))):
        made = 0
        if any(is_long(job.item.request.text) for job in batch):
            yield from ((job, _perform(job)) for job in batch)
            continue
        try:
            for take in maker.make([job.item.request for job in batch]):
                yield batch[made], _write_outcome(batch[made], take)
                made += 1
        except ENGINE_FAILURES:
            # Only the take at fault is to be lost; it says itself why when it is made alone.
            for job in batch[made:]:
                yield job, _perform(job)


def _perform(job: _Job) -> Outcome:
    """Speak and write one take."""
    if is_long(job.item.request.text):
        return _perform_long(job)
    try:
        [made] = TakeMaker(checks=job.checks, twins=False).make([job.item.request])
    except ENGINE_FAILURES as error:
        return _failed(error)
    return _write_outcome(job, made)


def _perform_long(job: _Job) -> Outcome:
    """Speak and write the take of a long text, passage by passage; the captions appear before the record, as elsewhere."""
    path = job.item.path
    kinds = sorted({*job.sidecars, *sidecars_there(path)})
    words: list[Word] | None = [] if kinds else None
    try:
        _make_folder(path.parent)
        clip, _ = write_long_take(
            job.item.request,
            TakeMaker(checks=job.checks, twins=False),
            path,
            words=words,
            before_record=lambda: _write_sidecars(job, kinds, tuple(words or ())),
        )
    except ENGINE_FAILURES as error:
        return _failed(error)
    return Outcome(DONE, None, clip.record.audio.duration, clip.record.audio.sha256)


def _write_outcome(job: _Job, made: MadeTake) -> Outcome:
    try:
        clip = _written(job, made.clip())
    except ENGINE_FAILURES as error:
        return _failed(error)
    return Outcome(DONE, None, clip.record.audio.duration, clip.record.audio.sha256)


def _failed(error: Exception) -> Outcome:
    cause = error.__cause__ or error
    full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
    return Outcome(FAILED, _sentence(error), disk_full=full)


def _written(job: _Job, clip: Clip) -> Clip:
    """Word timings first and the record last, so that a record vouches for all that lies beside it."""
    path = job.item.path
    _make_folder(path.parent)
    # Older timings are renewed though nobody asks: they would belong to another reading.
    _write_sidecars(job, sorted({*job.sidecars, *sidecars_there(path)}), clip.words)
    return clip.save(path)


def _write_sidecars(job: _Job, kinds: Sequence[str], words: tuple[Word, ...]) -> None:
    """Write captions and word timings of a take."""
    request = job.item.request
    if job.sidecars and not words:
        raise VoiceactError(f"engine {request.engine.name!r} gives no word timings; leave --{' and --'.join(job.sidecars)} out")
    if kinds:
        record_path(job.item.path).unlink(missing_ok=True)
    for kind in kinds:
        path = sidecar_path(job.item.path, kind)
        if kind != "visemes":
            write_captions(path, timed_text(caption_text(request.text, request.cues), words))
        elif any(word.phones for word in words):
            write_text_whole(path, visemes_json(words))
        elif kind in job.sidecars:
            raise VoiceactError(f"engine {request.engine.name!r} times words but not their sounds; leave --visemes out")
        else:
            path.unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VoiceactError(f"cannot make the folder {folder}: {error.strerror or error}") from error


def _sentence(error: Exception) -> str:
    """A failure as one sentence: ours are sentences, others are named by their kind."""
    return str(error) if isinstance(error, VoiceactError) else f"{type(error).__name__}: {error}"


# --- The manifest


def _row(plan: Plan, item: Item, outcome: Outcome | None, stopped: str | None) -> Row:
    found = outcome or _unspoken(item, stopped)
    path = item.path.relative_to(plan.out).as_posix() if found.status == DONE else None
    return Row(
        item.line.id,
        item.take,
        found.status,
        found.reason,
        path,
        plan.casting.persona_name(item.line),
        item.line.text,
        item.seed,
        found.duration,
        found.sha256,
    )


def _is_usable(path: Path) -> bool:
    """Whether a take that was written was not rejected."""
    return is_usable(load_record(record_path(path)))


def _pick_rows(plan: Plan, takes: Sequence[Row], rank: Ranking) -> Iterator[Row]:
    """Keep one take of each line, as `ID.wav` with its record and word timings, and yield a row for each line."""
    by_line: dict[str, list[tuple[Item, Row]]] = {}
    for item, row in zip(plan.items, takes, strict=True):
        by_line.setdefault(item.line.id, []).append((item, row))
    for tried in by_line.values():
        made = {row.take: item for item, row in tried if row.status == DONE}
        records = {number: load_record(record_path(item.path)) for number, item in made.items()}
        wait = any(row.status == SKIPPED and row.reason != NOT_NEEDED for _, row in tried)
        if not records or wait:
            # Without all takes nobody knows which is the best.
            yield next(row for _, row in tried if row.status != DONE)
            continue
        picked = pick_take(records, pick=plan.casting.settings.pick, rank=rank)
        item, record = made[picked.take], records[picked.take]
        _keep(item, record)
        row = next(row for _, row in tried if row.take == picked.take)
        level = record.verdict.level if record.verdict else None
        path = item.kept.relative_to(plan.out).as_posix()
        yield msgspec.structs.replace(row, path=path, level=level, picked=picked.reason)


def _keep(item: Item, record: Record) -> None:
    """Copy a take that was picked to where its line's file lies, unless it is there."""
    kept = msgspec.structs.replace(record, audio=msgspec.structs.replace(record.audio, path=item.kept.name))
    encoded = encode_record(kept)
    beside = record_path(item.kept)
    timings = {sidecar_path(item.kept, kind): sidecar_path(item.path, kind) for kind in SIDECARS}
    there = beside.is_file() and beside.read_bytes() == encoded and item.kept.is_file()
    if there and all(new.is_file() == old.is_file() for new, old in timings.items()):
        return
    _make_folder(item.kept.parent)
    for new, old in timings.items():
        if old.is_file():
            write_whole(new, old.read_bytes())
        else:
            new.unlink(missing_ok=True)
    write_together([(item.kept, item.path.read_bytes()), (beside, encoded)])


def _unspoken(item: Item, stopped: str | None) -> Outcome:
    """What is to be said of a take that this run did not begin."""
    if item.state == UNCHANGED and item.audio is not None:
        return Outcome(DONE, None, item.audio.duration, item.audio.sha256)
    return Outcome(SKIPPED, item.skip or stopped or INTERRUPTED)


def write_manifest(path: Path, rows: Iterable[Row]) -> None:
    """Write the manifest, one JSON object a line, whole or not at all."""
    write_whole(path, b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
