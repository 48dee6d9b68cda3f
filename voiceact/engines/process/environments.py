"""Virtual environments of engines: made on request, found again by name."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from voiceact.errors import UsageError, VoiceactError

FOLDER_VARIABLE = "VOICEACT_ENGINES"
WITHIN = "VOICEACT_WITHIN_ENVIRONMENT"
"""set in an engine's own process: what is missing there is not to be looked for in yet another one"""


def environments_folder() -> Path:
    """Where environments lie: $VOICEACT_ENGINES, or the user's data folder."""
    import platformdirs

    return Path(os.environ.get(FOLDER_VARIABLE) or Path(platformdirs.user_data_dir("voiceact")) / "engines")


def interpreter(name: str) -> Path | None:
    """The Python of an engine's own environment; None if it has none, or if this process runs in it."""
    if os.environ.get(WITHIN):
        return None
    folder = environments_folder() / name
    found = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return found if found.is_file() and (folder / "ready").is_file() else None


def install(name: str, *, extra: str | None = None, packages: tuple[str, ...] = (),
            told: Callable[[str], None] = lambda line: None) -> Path:
    """Make an environment for an engine and install voiceact with its extra; its interpreter.

    An environment counts only when it is whole: one that was broken off is made anew.

    extra: of voiceact; default is the engine's name
    packages: to install beside it, for a pin or a package that is on no index
    told: is called with what is being done
    Raises:
        UsageError: if no engine of that name is known
        VoiceactError: if pip fails, with its last line
    """
    from voiceact.engines.base import engine_names
    from voiceact.errors import UnknownNameError

    if name not in engine_names():
        raise UnknownNameError("engine", name, engine_names())
    folder = environments_folder() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    told(f"making an environment in {folder}")
    _run([sys.executable, "-m", "venv", str(folder)])
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    what = [*packages, *requirement(extra or name)]
    told(f"installing {', '.join(what)}")
    _run([str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", *what])
    (folder / "ready").touch()
    return python


def requirement(extra: str) -> list[str]:
    """What pip is told, to install this voiceact with an extra: the checkout it runs from, or its release.

    A checkout that is edited in place is so there too: both sides of an engine are always of one version.
    """
    import json
    from urllib.parse import urlparse
    from urllib.request import url2pathname

    try:
        found = distribution("voiceact")
    except PackageNotFoundError:
        raise UsageError("this voiceact runs without being installed; install it first with: pip install voiceact") from None
    origin = json.loads(found.read_text("direct_url.json") or "{}")
    asked = f"[{extra}]" if extra in (found.metadata.get_all("Provides-Extra") or ()) else ""
    if origin.get("dir_info", {}).get("editable"):
        return ["--editable", url2pathname(urlparse(origin["url"]).path) + asked]
    return [f"voiceact{asked} @ {origin['url']}" if origin.get("url") else f"voiceact{asked}=={found.version}"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        faults = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        raise VoiceactError(f"{' '.join(command[1:4])} failed: {faults[0]}")
