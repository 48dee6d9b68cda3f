"""Optional dependencies: the error that names a missing extra, and the command that installs it for this copy of voiceact."""

import json
import shlex
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

from voiceact.errors import VoiceactError
from voiceact.runtime.untrusted_text import strip_credentials


class MissingExtraError(VoiceactError, ImportError):
    """A part that needs an optional dependency which is not installed, or is too old.

    Args:
        what: part that cannot be used, for the message
        extra: extra of voiceact that installs the dependency
        too_old: what is installed instead, with its version
    """

    def __init__(self, what: str, extra: str, *, too_old: str = ""):
        self.extra = extra
        part = f"a newer part than {too_old}" if too_old else "an optional part"
        super().__init__(f"{what} needs {part}; install it with: {install_command(extra)}")


@cache
def install_command(extra: str) -> str:
    """Return the command that installs an extra for the running copy of voiceact.

    `pip install 'voiceact[plot]'` would look for another copy on an index where this one came from a folder or from git
    (PEP 610: pip writes the origin to direct_url.json).

    Args:
        extra: name of the extra ("plot"), or several joined by commas

    Returns:
        A shell command.
    """
    # A checkout may have metadata beside the installed ones, without the origin.
    texts = [distribution.read_text("direct_url.json") for distribution in distributions(name="voiceact")]
    try:
        origin = json.loads(next(filter(None, texts), "{}"))
    except ValueError:
        origin = {}
    checkout = Path(__file__).parents[2]
    if not origin and (checkout / "setup.cfg").is_file():
        origin = {"url": checkout.as_uri(), "dir_info": {"editable": True}}
    return f"pip install {_requirement(extra, origin if isinstance(origin, dict) else {})}"


def _requirement(extra: str, origin: dict[str, object]) -> str:
    """Return the requirement for pip; `origin` is the content of direct_url.json, empty for a copy from an index."""
    url = str(origin.get("url") or "")
    folder, vcs = origin.get("dir_info"), origin.get("vcs_info")
    if isinstance(folder, dict):
        editable = "-e " if folder.get("editable") else ""
        return editable + shlex.quote(f"{unquote(urlsplit(url).path)}[{extra}]")
    if isinstance(vcs, dict):
        at = f"@{vcs['commit_id']}" if vcs.get("commit_id") else ""
        below = f"#subdirectory={origin['subdirectory']}" if origin.get("subdirectory") else ""
        return shlex.quote(f"voiceact[{extra}] @ {vcs.get('vcs', 'git')}+{strip_credentials(url)}{at}{below}")
    return shlex.quote(f"voiceact[{extra}] @ {strip_credentials(url)}" if url else f"voiceact[{extra}]")
