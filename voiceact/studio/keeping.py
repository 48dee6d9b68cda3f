"""A project while it is served: what goes on beside the requests, and how a change reaches disk, table and takes."""

import asyncio
import contextlib
import hmac
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from voiceact.errors import VoiceactError
from voiceact.lines.names import MANIFEST
from voiceact.serve.pool import SynthesisPool
from voiceact.studio.changes import Author
from voiceact.studio.models import ProjectRow
from voiceact.studio.project import VOICE, Project, recast, state_of_personas, the_project
from voiceact.studio.state import check_some
from voiceact.studio.table_file import sync_table
from voiceact.studio.takes import TakeMaking, adopt_spoken
from voiceact.web.security import Refused

P = ParamSpec("P")
R = TypeVar("R")

TABLE_SECONDS = 0.5
"""between a change and lines.csv"""
LOOK_SECONDS = 2.0
"""between looks at lines.csv, the personas and the folder of `voiceact lines`"""


class Studio:
    """A project that is served.

    Args:
        project: open
    """

    def __init__(self, project: Project):
        self.project = project
        self.trouble = ""
        """what the people who work on it have to be told: lines.csv cannot be written, say"""
        self.key: str = project.queue.run_blocking(lambda session: session.scalars(select(ProjectRow.access_key)).one())
        self._making: TakeMaking | None = None
        self._pool: SynthesisPool | None = None
        self._spoken = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()

    def check_key(self, given: str | None) -> None:
        """Let those in who have the project's key.

        Raises:
            Refused: 401
        """
        if not hmac.compare_digest((given or "").encode("utf-8", "replace"), self.key.encode()):
            raise Refused(401, "no_key", "this page needs the link that `voiceact studio` printed; open that one")

    async def change(
        self, work: Callable[Concatenate[Session, Project, Author, P], R], author: Author, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Make a change; it is on the disk when this returns."""

        def do(session: Session) -> R:
            return work(session, self.project, author, *args, **kwargs)

        found = await self.project.queue.run(do)
        self._changed.set()
        return found

    async def on_a_core(self, work: Callable[..., R], *args: Any) -> R:
        """Run a function of a module in a process that speaks, where the engine is.

        Raises:
            VoiceactError: if it fails, or its process dies
        """
        assert self._pool is not None, "the studio is not running"
        return await self._pool.run(work, *args)

    def wake(self) -> None:
        """Make takes that were asked for, and check lines that were not yet."""
        self._changed.set()
        if self._making is not None:
            self._making.wake()

    @asynccontextmanager
    async def running(self, app: Starlette) -> AsyncIterator[None]:
        """Make takes and keep the table, until the context ends; then everything is on the disk."""
        self._pool = app.state.pool
        self._making = TakeMaking(self.project, app.state.pool)
        self._making.start()
        self._tasks = [asyncio.create_task(self._keep_checked()), asyncio.create_task(self._keep_table())]
        try:
            yield
        finally:
            await self._making.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            with contextlib.suppress(Refused):
                await asyncio.to_thread(sync_table, self.project)
            await asyncio.to_thread(self.project.close)

    async def _keep_checked(self) -> None:
        """Check lines that have changed otherwise than by an edit: an import, the settings, a persona's file."""
        checked = -1
        while True:
            with contextlib.suppress(Refused):
                revision = await self.project.queue.run(_revision)
                while revision != checked:
                    left = await self.project.queue.run(check_some, self.project)
                    revision = await self.project.queue.run(_revision)
                    if not left:
                        checked = revision
            await asyncio.sleep(TABLE_SECONDS)

    async def _keep_table(self) -> None:
        """Write lines.csv after changes; take over what the shell has changed, spoken or described anew."""
        took = 0.0
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)
            self._changed.clear()
            try:
                began = time.monotonic()
                self.trouble = await asyncio.to_thread(sync_table, self.project)
                took = time.monotonic() - began
                await self.project.queue.run(self._look_around)
            except (Refused, VoiceactError, OSError) as error:
                self.trouble = str(error)
            # A table of a hundred thousand lines takes its time: at most a twentieth of all time goes into it.
            await asyncio.sleep(max(TABLE_SECONDS, 20 * took))

    def _look_around(self, session: Session) -> None:
        """Take over what others did beside the server: personas that changed, lines that the shell has spoken."""
        state = state_of_personas(self.project.personas)
        if state != self.project.persona_state:
            self.project.persona_state = state
            recast(session, self.project)
        # `voiceact lines` writes its manifest when it is done.
        manifest = self.project.folder / VOICE / MANIFEST
        spoken = manifest.stat().st_mtime_ns if manifest.is_file() else 0
        if spoken != self._spoken:
            self._spoken = spoken
            if adopt_spoken(session, self.project, self.project.folder / VOICE) and self._making is not None:
                self._making.wake()


def _revision(session: Session) -> Any:
    return the_project(session).revision
