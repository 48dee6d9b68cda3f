"""Virtual environments of engines: made by `voiceact engine install`, found by the engine's name."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from voiceact.errors import UsageError, VoiceactError

ENVIRONMENTS_VARIABLE = "VOICEACT_ENGINES"
WITHIN = "VOICEACT_WITHIN_ENVIRONMENT"
"""environment variable that is set in an engine's own process, so that it looks for no further environment"""


def environments_folder() -> Path:
    """Return the folder of all environments: $VOICEACT_ENGINES, or one in the user's data folder."""
    import platformdirs

    return Path(os.environ.get(ENVIRONMENTS_VARIABLE) or Path(platformdirs.user_data_dir("voiceact")) / "engines")


def interpreter(name: str) -> Path | None:
    """Return the Python of an engine's own environment; None if it has none, or if this process runs in it."""
    if os.environ.get(WITHIN):
        return None
    folder = environments_folder() / name
    python = _python_in(folder)
    return python if python.is_file() and (folder / "ready").is_file() else None


def install(
    name: str, *, extra: str | None = None, packages: tuple[str, ...] = (), report: Callable[[str], None] = lambda line: None
) -> Path:
    """Make an environment for an engine, install voiceact with its extra, and return its interpreter.

    An environment counts only when it is complete: one that was interrupted is made anew.

    Args:
        name: registered name of the engine
        extra: extra of voiceact; default is the engine's name
        packages: requirements to install beside it, for a pin or a package that is on no index
        report: is called with a line before each step

    Raises:
        VoiceactError: if pip fails, with its last line
    """
    folder = environments_folder() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    report(f"making an environment in {folder}")
    run_command([sys.executable, "-m", "venv", str(folder)])
    python = _python_in(folder)
    requirements = [*packages, *requirement(extra or name)]
    report(f"installing {', '.join(requirements)}")
    run_command([str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet", *requirements])
    (folder / "ready").touch()
    return python


def requirement(extra: str) -> list[str]:
    """Return pip's arguments that install this voiceact with an extra: the checkout it runs from, or its release.

    A checkout that is installed editable is editable there too, so that both sides of an engine always have one version.

    Raises:
        UsageError: if this voiceact runs without being installed
    """
    try:
        installed = distribution("voiceact")
    except PackageNotFoundError:
        raise UsageError("this voiceact runs without being installed; install it first with: pip install voiceact") from None
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    extras = f"[{extra}]" if extra in (installed.metadata.get_all("Provides-Extra") or ()) else ""
    if origin.get("dir_info", {}).get("editable"):
        return ["--editable", url2pathname(urlparse(origin["url"]).path) + extras]
    return [f"voiceact{extras} @ {origin['url']}" if origin.get("url") else f"voiceact{extras}=={installed.version}"]


def run_command(command: list[str]) -> None:
    """Run a command to its end; raises VoiceactError with the first error it prints, or else its last line."""
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        lines = (result.stderr.strip() or result.stdout.strip() or "no message").splitlines()
        errors = [line for line in lines if line.startswith("ERROR")] or lines[-1:]
        raise VoiceactError(f"{' '.join(command[1:4])} failed: {errors[0]}")


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
