"""Weights that are not part of voiceact: the known ones, their folders, and the integrity of their files.

A set of weights is a folder. It is searched for where the user says, then in voiceact's own folder of models, and nowhere
else: only `voiceact model fetch` downloads. It records what it fetched in `weights.json` beside the files (repository,
commit, SHA-256 of each), and later uses take those files.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from voiceact.errors import UnknownNameError, UsageError, VoiceactError
from voiceact.runtime.atomic_files import sha256_file, write_whole
from voiceact.runtime.extras import MissingExtraError

LOCK = "weights.json"
FOLDER_VARIABLE = "VOICEACT_MODELS"


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Weights that voiceact knows by name; see weights.json.

    Attributes:
        repo: repository on the Hugging Face hub
        purpose: what they are for
        license: of the weights, SPDX or a sentence
        revision: commit to fetch; None where none was ever checked, and the fetch pins the one it finds
        files: patterns of the files that are needed
        megabytes: size of the download, where known
        consent: what the user must accept before the download; empty if nothing
    """

    repo: str
    purpose: str
    license: str
    revision: str | None = None
    files: tuple[str, ...] = ("*",)
    megabytes: int | None = None
    consent: str = ""


class Lock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Contents of a folder of weights: its origin, and the SHA-256 of every file."""

    name: str
    repo: str
    revision: str
    license: str
    sha256: dict[str, str]


@dataclass(frozen=True)
class Fault:
    """A file that differs from the lock.

    Attributes:
        file: path inside the folder
        sentence: what is wrong with it
    """

    file: str
    sentence: str


@cache
def known() -> dict[str, Known]:
    """Return name -> facts about known weights."""
    from importlib.resources import files

    return msgspec.json.decode((files("voiceact.runtime") / "weights.json").read_bytes(), type=dict[str, Known])


def get(name: str) -> Known:
    """Return the facts about known weights; raises UnknownNameError for other names."""
    try:
        return known()[name]
    except KeyError:
        raise UnknownNameError("weights", name, known(), "voiceact model list shows them") from None


def models_folder() -> Path:
    """Return the folder of fetched weights: $VOICEACT_MODELS, or one in the user's data folder."""
    import platformdirs

    return Path(os.environ.get(FOLDER_VARIABLE) or Path(platformdirs.user_data_dir("voiceact")) / "models")


def find(name: str, own: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds these weights.

    Args:
        name: of known weights
        own: a folder (or file) of the user's own, which is returned if it exists

    Raises:
        UsageError: if it is not there, with what to do
        UnknownNameError: if nothing is known under that name
    """
    if own is not None:
        path = Path(own).expanduser()
        if not path.exists():
            raise UsageError(f"weights {path} do not exist; expected a folder with the weights of {name!r}")
        return path
    folder = models_folder() / name
    entry = get(name)
    if not folder.is_dir():
        raise UsageError(
            f"the weights {name!r} ({entry.repo}, {entry.license}) are not here; get them with: voiceact model "
            f"fetch {name}, or give a folder of your own"
        )
    return folder


def locate(own: str | None, default: str) -> Path:
    """Return the folder of weights.

    Args:
        own: name of known weights, or a folder of the user's own; None for the default
        default: name of the default weights

    Raises:
        UsageError: if it is not there, with what to do
    """
    return find(own or default) if own is None or own in known() else find(default, own)


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and hashes of all files in a folder."""
    from hashlib import sha256

    if path.is_file():
        return sha256_file(path)
    lines = [f"{sha256_file(file)}  {file.relative_to(path).as_posix()}\n" for file in _files(path)]
    return sha256("".join(lines).encode()).hexdigest()


def read_lock(folder: Path) -> Lock | None:
    """Read the lock of a folder of weights; None if there is none.

    Raises:
        UsageError: if it cannot be read
    """
    path = folder / LOCK
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Lock)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read ({error}); fetch the weights again") from error


def verify(folder: Path) -> list[Fault]:
    """Return every file that is missing, or differs from the one that was fetched.

    Raises:
        UsageError: if the folder has no lock
    """
    lock = read_lock(folder)
    if lock is None:
        raise UsageError(f"{folder}: has no {LOCK}, so there is nothing to hold its files against; it is used as it is")
    faults = []
    for name, digest in sorted(lock.sha256.items()):
        path = folder / name
        if not path.is_file():
            faults.append(Fault(name, "is missing"))
        elif (actual := sha256_file(path)) != digest:
            faults.append(Fault(name, f"has SHA-256 {actual[:12]}…, expected {digest[:12]}…"))
    return faults


def lock_folder(folder: Path, name: str, revision: str) -> Lock:
    """Write the lock of a folder, with the SHA-256 of every file it holds now."""
    entry = get(name)
    digests = {file.relative_to(folder).as_posix(): sha256_file(file) for file in _files(folder)}
    lock = Lock(name, entry.repo, revision, entry.license, digests)
    write_whole(folder / LOCK, msgspec.json.format(msgspec.json.encode(lock), indent=2) + b"\n")
    return lock


def fetch(name: str, *, revision: str | None = None, accept: bool = False) -> Path:
    """Download weights from the hub into voiceact's folder, at a recorded commit, and return the folder.

    Args:
        name: of known weights
        revision: commit; None takes the pinned one, or pins the one the hub has now
        accept: whether the user accepts what the weights require (`Known.consent`)

    Raises:
        UsageError: offline (HF_HUB_OFFLINE), consent missing, or no such repository or commit
        MissingExtraError: without huggingface_hub
        VoiceactError: if the download fails; what was there before is still there
    """
    entry = get(name)
    if entry.consent and not accept:
        raise UsageError(f"{name}: {entry.consent}; read it, and if you agree run the command again with --accept-license")
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "TRUE", "YES", "ON"):
        raise UsageError(
            f"HF_HUB_OFFLINE is set, so {name} cannot be fetched; put the files of {entry.repo} into "
            f"{models_folder() / name} by hand"
        )
    commit, downloaded = _download(entry, revision or entry.revision, models_folder() / f".{name}.part")
    return _install_folder(downloaded, name, commit)


def _download(entry: Known, revision: str | None, folder: Path) -> tuple[str, Path]:
    try:
        from huggingface_hub import HfApi, errors, snapshot_download
    except ImportError:
        raise MissingExtraError("fetching weights", "hub") from None
    # Its HTTP library changed from release to release, and with it what a lost network raises.
    network: tuple[type[Exception], ...] = (OSError, errors.HfHubHTTPError, getattr(errors, "HTTPError", OSError))
    try:
        commit = revision or str(HfApi().model_info(entry.repo).sha)
        snapshot_download(entry.repo, revision=commit, allow_patterns=list(entry.files), local_dir=folder)
    except network as error:
        raise VoiceactError(
            f"cannot fetch {entry.repo}: {_first_line(error)}; what was fetched so far is kept, run it again to go on"
        ) from error
    return commit, folder


def _install_folder(downloaded: Path, name: str, commit: str) -> Path:
    """Lock the files, then move the folder to its place; an earlier one is replaced as a whole."""
    import shutil

    shutil.rmtree(downloaded / ".cache", ignore_errors=True)
    lock_folder(downloaded, name, commit)
    target = models_folder() / name
    if target.exists():
        old = target.with_name(f".{name}.old")
        shutil.rmtree(old, ignore_errors=True)
        os.replace(target, old)
        os.replace(downloaded, target)
        shutil.rmtree(old)
    else:
        os.replace(downloaded, target)
    return target


def status(names: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield facts about known weights and whether they are here, one mapping each."""
    for name in names or known():
        entry, folder = get(name), models_folder() / name
        lock = read_lock(folder) if folder.is_dir() else None
        yield {
            "name": name,
            "repo": entry.repo,
            "purpose": entry.purpose,
            "license": entry.license,
            "pinned": entry.revision,
            "megabytes": entry.megabytes,
            "consent": entry.consent,
            "path": str(folder) if folder.is_dir() else None,
            "revision": lock.revision if lock else None,
        }


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOCK and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
