"""Where a run happens: the store that its shards go to, and the local folder of its journals and its locks."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import rmtree
from typing import Any

from voiceact.store.filesystem import Store

WORK_FOLDER = "work"
"""in a local run folder"""


@dataclass(frozen=True)
class Workspace:
    """The places of one run; can be sent to another process or machine.

    Attributes:
        url: of the store; a folder by its absolute path
        plan: digest of the plan
        scratch: folder for the journals; None is `work` in a local run folder, else the user's cache
    """

    url: str
    plan: str
    scratch: str | None = None

    @cached_property
    def store(self) -> Store:
        """The store, opened once a process."""
        return Store(self.url)

    @cached_property
    def work_folder(self) -> Path:
        """Folder of journals and locks; it is removed when the run is complete."""
        if self.scratch is None and self.store.folder is not None:
            return self.store.folder / WORK_FOLDER
        from platformdirs import user_cache_path

        scratch = Path(self.scratch) if self.scratch else user_cache_path("voiceact", appauthor=False) / "runs"
        return scratch / f"voiceact-{hashlib.sha256(self.url.encode()).hexdigest()[:16]}"

    def journal_path(self, shard: int, unit: int) -> Path:
        """Return the path of a work unit's journal."""
        return self.shard_folder(shard) / f"stint-{unit:05d}.journal"

    def shard_folder(self, shard: int) -> Path:
        """Return the folder of a shard's journals."""
        return self.work_folder / f"shard-{shard:06d}"

    def remove_journals(self, shard: int) -> None:
        """Delete the journals of a shard that is complete."""
        rmtree(self.shard_folder(shard), ignore_errors=True)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what another process opens for itself."""
        return {"url": self.url, "plan": self.plan, "scratch": self.scratch}


def open_workspace(out: str | os.PathLike[str], plan: str, scratch: str | os.PathLike[str] | None = None) -> Workspace:
    """Return the workspace of a run folder; relative paths are those of this process.

    Args:
        out: the run folder or store
        plan: digest of the plan
        scratch: folder for the journals
    """
    store = Store(out)
    url = str(store.folder.absolute()) if store.folder is not None else store.url.rstrip("/")
    return Workspace(url, plan, os.path.abspath(scratch) if scratch else None)
