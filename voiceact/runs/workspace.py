"""Where a run happens: the store that its shards go to, and the local folder of its journals and its locks."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import Any

from voiceact.store.filesystem import Store

WORK = "work"


@dataclass(frozen=True)
class Site:
    """Can be sent to another process or machine.

    url: of the store; a folder by its absolute path
    plan: digest of the plan
    scratch: folder for the journals; None is `work` in a local run folder, else the user's cache
    """

    url: str
    plan: str
    scratch: str | None = None

    @cached_property
    def store(self) -> Store:
        """Opened once a process."""
        return Store(self.url)

    @cached_property
    def work(self) -> Path:
        """Folder of journals and locks. It is gone when all is done."""
        if self.scratch is None and self.store.folder is not None:
            return self.store.folder / WORK
        return self._scratch_folder / f"voiceact-{hashlib.sha256(self.url.encode()).hexdigest()[:16]}"

    @property
    def _scratch_folder(self) -> Path:
        from platformdirs import user_cache_path

        return Path(self.scratch) if self.scratch else user_cache_path("voiceact", appauthor=False) / "runs"

    def journal(self, shard: int, stint: int) -> Path:
        """The journal of a stint."""
        return self.shard_folder(shard) / f"stint-{stint:05d}.journal"

    def shard_folder(self, shard: int) -> Path:
        """Where the journals of a shard lie."""
        return self.work / f"shard-{shard:06d}"

    def clear(self, shard: int) -> None:
        """Take the journals of a shard away: it is whole."""
        rmtree(self.shard_folder(shard), ignore_errors=True)

    def __getstate__(self) -> dict[str, Any]:
        """Without what another process opens for itself."""
        return {"url": self.url, "plan": self.plan, "scratch": self.scratch}


def make_site(out: str | os.PathLike[str], plan: str, scratch: str | os.PathLike[str] | None = None) -> Site:
    """The site of a run folder; relative paths are those of this process."""
    store = Store(out)
    url = str(store.folder.absolute()) if store.folder is not None else store.url.rstrip("/")
    return Site(url, plan, os.path.abspath(scratch) if scratch else None)
