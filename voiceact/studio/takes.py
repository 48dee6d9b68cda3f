"""Ask for takes, make them one after the other, and tell what became of each; a take that was asked for outlives the server."""

import asyncio
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voiceact.clip.record import load_record, record_path
from voiceact.errors import UsageError, VoiceactError, count_noun
from voiceact.lines.plan import seed_of
from voiceact.runtime.atomic_files import sha256_file
from voiceact.serve.pool import SynthesisPool, WorkerDiedError
from voiceact.studio.cells import line_of
from voiceact.studio.changes import Author, find_line, store_change, was_stored
from voiceact.studio.making import SpokenLine, beside, judge_line, speak_line
from voiceact.studio.models import LineRow, TakeRow
from voiceact.studio.project import Project, next_revision
from voiceact.studio.state import PLAYABLE, check_line, stale_reasons, take_path
from voiceact.synthesis.request import ResolvedRequest
from voiceact.web.security import Refused

MOST_WAITING = 5000
MOST_AT_ONCE = 9
"""takes of one line in one request"""
LATER = 1e6
"""seconds by which judging gives way to speaking"""
SECONDS_A_TAKE, SECONDS_A_CHARACTER = 300.0, 2.0
"""time limit of a take: an engine that hangs is ended, and its line says so"""
WHICH = ("stale", "missing", "marked")


# --- Asking


def ask_takes(
    session: Session, project: Project, author: Author, *, keys: Sequence[str] = (), which: str = "", count: int = 1
) -> dict[str, Any]:
    """Ask for new takes of lines.

    Args:
        session: of the database
        project: whose lines
        author: who asks
        keys: of lines
        which: lines instead of keys: "stale", "missing" (those without a take) or "marked" for a retake
        count: of each line

    Returns:
        how many were asked for, and how many lines cannot be spoken as they stand

    Raises:
        Refused: 404 for no such line, 422 for another `which`, 429 if too many wait
    """
    if earlier := was_stored(session, author):
        return {"asked": len(earlier.after["takes"]), "faulty": earlier.after["faulty"]}
    if which and which not in WHICH:
        raise Refused(422, "no_such", f"which is {which!r}; expected one of {', '.join(WHICH)}")
    lines = [find_line(session, key) for key in keys] if not which else _chosen(session, which)
    waiting = session.scalar(select(func.count()).select_from(TakeRow).where(TakeRow.state.in_(("waiting", "speaking")))) or 0
    if waiting + len(lines) * count > MOST_WAITING:
        raise Refused(
            429, "too_many", f"{count_noun(waiting, 'take')} waiting already; at most {MOST_WAITING} may", retry_after=60
        )

    asked: list[str] = []
    faulty = 0
    for line in lines:
        if line.checked is None:
            check_line(session, project, line)
        if line.faulty or line.deleted:
            faulty += 1
            continue
        taken, number = _used_seeds(session, project, line)
        for seed in _next_seeds(project, line, taken, count):
            number += 1
            take = TakeRow(
                key=secrets.token_hex(8),
                line_key=line.key,
                number=number,
                state="waiting",
                reason="",
                # Takes that are asked for together are made in the order of their lines.
                asked=project.clock() + len(asked) * 1e-6,
                made=None,
                seed=seed,
                file=None,
                seconds=None,
                level="",
                tries=0,
            )
            session.add(take)
            asked.append(take.key)
        line.revision = next_revision(session)
    store_change(session, project, author, "takes", None, {}, {"takes": asked, "faulty": faulty})
    return {"asked": len(asked), "faulty": faulty}


def _chosen(session: Session, which: str) -> list[LineRow]:
    """Return the lines of that kind which have no take under way, in the order of the script."""
    under_way = select(TakeRow.line_key).where(TakeRow.state.in_(("waiting", "speaking")))
    lines = select(LineRow).where(LineRow.deleted.is_(False), LineRow.faulty.is_(False), LineRow.key.not_in(under_way))
    wanted = {
        "stale": LineRow.state == "stale",
        "missing": LineRow.state == "none",
        "marked": LineRow.mark == "retake",
    }
    return list(session.scalars(lines.where(wanted[which]).order_by(LineRow.position, LineRow.key)))


def _used_seeds(session: Session, project: Project, line: LineRow) -> tuple[set[int], int]:
    """Return the seeds that need not be spoken again, of takes that are what the line asks for now; and the last number."""
    request = None
    taken, last = set(), 0
    for take in session.scalars(select(TakeRow).where(TakeRow.line_key == line.key).order_by(TakeRow.number)):
        last = take.number
        if take.state in ("waiting", "speaking"):
            taken.add(take.seed)
        elif take.state in PLAYABLE:
            request = request or project.casting.requests(line_of(line.cells))[0]
            if not stale_reasons(project, take, request):
                taken.add(take.seed)
    return taken, last


def _next_seeds(project: Project, line: LineRow, taken: set[int], count: int) -> list[int]:
    """Return seeds as `voiceact lines --takes` draws them, those left out that were spoken already."""
    row, number = line_of(line.cells), 0
    found: list[int] = []
    while len(found) < count:
        number += 1
        seed = seed_of(row, number, project.casting.settings.seed)
        if seed not in taken:
            found.append(seed)
    return found


def cancel_takes(session: Session, key: str) -> dict[str, Any]:
    """Take back the takes of a line that no process has begun."""
    line = find_line(session, key)
    waiting = list(session.scalars(select(TakeRow).where(TakeRow.line_key == key, TakeRow.state == "waiting")))
    for take in waiting:
        take.state, take.reason = "cancelled", "it was taken back before it was spoken"
    line.revision = next_revision(session)
    return {"cancelled": len(waiting)}


# --- Making


@dataclass(frozen=True)
class _Claimed:
    """A take that is to be spoken."""

    key: str
    request: ResolvedRequest
    path: Path


class TakeMaking:
    """Makes the takes that wait, in the processes of a pool; judges them where a process is free.

    Args:
        project: whose takes
        pool: of processes
    """

    def __init__(self, project: Project, pool: SynthesisPool):
        self._project, self._pool = project, pool
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._speaking = self._judging = 0
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, with what waited when the server last ended."""
        self._loop = asyncio.create_task(self._run())

    def wake(self) -> None:
        """Look for takes that wait."""
        self._wake.set()

    async def close(self) -> None:
        """End; what is being spoken is spoken anew when the project is opened again."""
        tasks = [task for task in (self._loop, *self._running) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        """Begin takes while processes are free; one process is left for speaking, for judging takes longer."""
        self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._speaking < self._pool.workers:
                claimed = await self._project.queue.run(claim_take, self._project)
                if claimed is None:
                    break
                self._speaking += 1
                self._begin(self._speak(claimed))
            while self._judging < max(1, self._pool.workers - 1):
                unjudged = await self._project.queue.run(next_unjudged, self._project, self._judging)
                if unjudged is None:
                    break
                self._judging += 1
                self._begin(self._judge(*unjudged))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _speak(self, claimed: _Claimed) -> None:
        queue, reason = self._project.queue, ""
        limit = SECONDS_A_TAKE + SECONDS_A_CHARACTER * len(claimed.request.text)
        try:
            async with asyncio.timeout(limit):
                spoken = await self._pool.run(speak_line, claimed.request, claimed.path)
            await queue.run(finish_take, self._project, claimed.key, spoken)
        except TimeoutError:
            reason = f"the engine did not finish within {limit:.0f} s and was ended; try again, or split the line"
        except WorkerDiedError:
            reason = "the engine's process died while it spoke this line (out of memory, or a crash); try again"
        except VoiceactError as error:
            reason = str(error)
        finally:
            self._speaking -= 1
            self._wake.set()
        if reason:
            await queue.run(fail_take, self._project, claimed.key, reason)

    async def _judge(self, key: str, path: Path, due: float) -> None:
        queue, reason, level = self._project.queue, "", ""
        try:
            level = await self._pool.run(judge_line, path, due=due)
        except WorkerDiedError:
            reason = "not judged: the judge's process died (out of memory, or a crash)"
        except VoiceactError as error:
            reason = f"not judged: {error}"
        finally:
            self._judging -= 1
            self._wake.set()
        await queue.run(finish_judging, self._project, key, level, reason)


def claim_take(session: Session, project: Project) -> _Claimed | None:
    """Return the take that waits longest, now being spoken; None if none waits."""
    while take := session.scalar(select(TakeRow).where(TakeRow.state == "waiting").order_by(TakeRow.asked, TakeRow.number)):
        line = session.get_one(LineRow, take.line_key)
        checked = check_line(session, project, line)
        if checked.request is None:
            take.state, take.reason = "failed", "; ".join(checked.faults.values())
            line.revision = next_revision(session)
            session.flush()
            continue
        take.state, take.tries = "speaking", take.tries + 1
        line.revision = next_revision(session)
        return _Claimed(take.key, checked.request.with_seed(take.seed), take_path(project, take))
    return None


def finish_take(session: Session, project: Project, key: str, spoken: SpokenLine) -> None:
    """Note that a take can be heard; it is to be judged."""
    take = session.get_one(TakeRow, key)
    take.state, take.made, take.seconds, take.seed = "judging", project.clock(), spoken.seconds, spoken.seed
    take.file = take_path(project, take).relative_to(project.folder).as_posix()
    session.flush()
    line = session.get_one(LineRow, take.line_key)
    check_line(session, project, line)
    line.revision = next_revision(session)


def fail_take(session: Session, project: Project, key: str, reason: str) -> None:
    """Note why a take could not be made; its line says so."""
    take = session.get_one(TakeRow, key)
    take.state, take.reason, take.made = "failed", reason, project.clock()
    session.get_one(LineRow, take.line_key).revision = next_revision(session)


def next_unjudged(session: Session, project: Project, skip: int) -> tuple[str, Path, float] | None:
    """Return key and audio of the take that waits longest for its verdict, behind `skip` that are being judged, and its due."""
    waiting = select(TakeRow).where(TakeRow.state == "judging").order_by(TakeRow.made, TakeRow.key).offset(skip).limit(1)
    take = session.scalar(waiting)
    return (take.key, take_path(project, take), LATER + project.clock()) if take else None


def finish_judging(session: Session, project: Project, key: str, level: str, reason: str) -> None:
    """Note the verdict of a take, or why it has none."""
    take = session.get_one(TakeRow, key)
    take.state, take.level, take.reason = "done", level, reason
    session.get_one(LineRow, take.line_key).revision = next_revision(session)


# --- Looking at them


def view_takes(session: Session, project: Project, key: str) -> list[dict[str, Any]]:
    """Return the takes of a line with verdict, moves and picture, the newest first."""
    line = find_line(session, key)
    try:
        request = project.casting.requests(line_of(line.cells))[0]
    except UsageError:
        request = None
    takes = session.scalars(select(TakeRow).where(TakeRow.line_key == key).order_by(TakeRow.number.desc()))
    return [_view_take(project, take, request) for take in takes if take.state != "cancelled"]


def _view_take(project: Project, take: TakeRow, request: ResolvedRequest | None) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": take.key,
        "number": take.number,
        "state": take.state,
        "reason": take.reason,
        "made": take.made,
        "seed": take.seed,
        "seconds": take.seconds,
        "level": take.level,
    }
    if take.state not in PLAYABLE:
        return found
    path = take_path(project, take)
    try:
        record = load_record(record_path(path))
    except UsageError as error:
        return {**found, "state": "failed", "reason": str(error)}
    verdict = record.verdict
    return {
        **found,
        "text": record.text,
        "stale": stale_reasons(project, take, request),
        "lufs": record.audio.lufs,
        "engine": record.engine.name,
        "moves": record.direction.moves,
        "instruction": record.direction.instruction,
        "twin": beside(path, "twin.flac").is_file(),
        "verdict": verdict
        and {
            "level": verdict.level,
            "reasons": verdict.reasons,
            "checks": [
                {"name": check.name, "outcome": check.outcome, "sentence": check.sentence, "figure": check.figure}
                for check in verdict.checks
            ],
            "scores": verdict.profile.scores if verdict.profile else {},
        },
    }


def audio_file(session: Session, project: Project, key: str, *, twin: bool) -> Path:
    """Return the audio of a take, or of its twin.

    Raises:
        Refused: 404
    """
    take = session.get(TakeRow, key)
    path = take_path(project, take) if take and take.state in PLAYABLE else None
    path = beside(path, "twin.flac") if path and twin else path
    if path is None or not path.is_file():
        raise Refused(404, "no_sound", "there is no such sound")
    return path


# --- Takes that the shell made


def adopt_spoken(session: Session, project: Project, folder: Path) -> int:
    """Take over what `voiceact lines` has spoken into a folder: a file with its record becomes a take of its line.

    Args:
        session: of the database
        project: whose lines
        folder: that `voiceact lines --out` wrote

    Returns:
        how many are new
    """
    from voiceact.audio import FORMATS
    from voiceact.clip.clip import Clip

    new = 0
    by_id = {}
    if folder.is_dir():
        by_id = {line.cells.get("id", ""): line for line in session.scalars(select(LineRow).where(LineRow.deleted.is_(False)))}
    known = {digest for path in project.takes.rglob("*.from") for digest in path.read_text("utf-8").split()}
    for path in sorted(folder.rglob("*.json")) if folder.is_dir() else []:
        try:
            record = load_record(path)
        except UsageError:
            continue
        origin = record.origin
        line = by_id.get(getattr(origin, "line", ""))
        audio = path.with_name(record.audio.path or "")
        if line is None or audio.suffix not in FORMATS or not audio.is_file() or record.audio.sha256 in known:
            continue
        if sha256_file(audio) != record.audio.sha256:
            continue
        number = (session.scalar(select(func.max(TakeRow.number)).where(TakeRow.line_key == line.key)) or 0) + 1
        take = TakeRow(
            key=secrets.token_hex(8),
            line_key=line.key,
            number=number,
            state="judging",
            reason="",
            asked=project.clock(),
            made=project.clock(),
            seed=record.seed,
            file=f"takes/{line.key}/{number}.flac",
            seconds=record.audio.duration,
            level="",
            tries=0,
        )
        target = take_path(project, take)
        target.parent.mkdir(parents=True, exist_ok=True)
        clip = Clip.load(path).read()
        clip.save(target)
        beside(target, "from").write_text(f"{record.audio.sha256}\n", "utf-8")
        session.add(take)
        session.flush()
        check_line(session, project, line)
        line.revision = next_revision(session)
        new += 1
    return new
