"""`run.json`: what a run folder is made of and by what. Written first; only its list of sessions grows."""

from typing import Any

import msgspec

from voiceact.errors import UsageError
from voiceact.store.filesystem import Store

NAME = "run.json"
FORMAT = "voiceact-run/1"


class Session(msgspec.Struct, frozen=True):
    """One sitting of a run; a killed one has no end.

    started, ended: UTC, ISO 8601
    workers: processes; 0 is as many as a Ray cluster has processors
    takes: made in it
    """

    started: str
    executor: str
    workers: int
    ended: str | None = None
    takes: int = 0
    seconds: float = 0.0


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """What is being made.

    recipe: the recipe, resolved, as plain data
    fingerprint: part (recipe, voiceact, personas, scripts, engine, judge; checks where the recipe says what they are made
        with) -> what decides the clips of it
    engine: name, version, model_sha256, license (of code, weights and output), deterministic
    judge: name, revision, and the license of its weights where they are another's
    personas: name -> license, gender, age, description, consent (null for fictional speakers without a recording)
    """

    format: str = FORMAT
    voiceact: str
    name: str
    recipe: dict[str, Any]
    fingerprint: dict[str, str]
    plan: str
    """the fingerprint in one digest, as it stands in every index"""
    cells: int
    most_takes: int
    takes: int
    shards: int
    engine: dict[str, Any]
    judge: dict[str, Any]
    personas: dict[str, dict[str, Any]]
    sessions: tuple[Session, ...] = ()


def read_run(store: Store) -> RunFile | None:
    """The run of a store; None if there is none.

    Raises:
        UsageError: if there is a run.json that this voiceact cannot read
    """
    if not store.exists(NAME):
        return None
    try:
        found = msgspec.json.decode(store.read(NAME), type=RunFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{store.url}/{NAME}: cannot be read ({error}); expected the file that `voiceact recipe run` "
                         "wrote") from error
    if found.format != FORMAT:
        raise UsageError(f"{store.url}/{NAME}: has format {found.format!r}; this voiceact reads {FORMAT!r}")
    if lack := _lack(found):
        raise UsageError(f"{store.url}/{NAME}: cannot be read ({lack}); expected the file that `voiceact recipe run` wrote")
    return found


def _lack(run: RunFile) -> str | None:
    """What the engine, the judge or a persona does not say of itself that everybody relies on."""
    needed = [("engine", run.engine, ("name", "version", "model_sha256")), ("judge", run.judge, ("name", "revision"))]
    needed += [(f"persona {name!r}", persona, ("gender", "age")) for name, persona in run.personas.items()]
    return next((f"its {what} lacks {key!r}" for what, said, keys in needed for key in keys if key not in said), None)


def need_run(store: Store) -> RunFile:
    """The run of a store; UsageError if it is none."""
    found = read_run(store)
    if found is None:
        why = f"it has no {NAME}" if store.folder is None or store.folder.is_dir() else (
            "it is a file" if store.folder.exists() else "there is no such folder")
        raise UsageError(f"{store.url}: is no run folder ({why}); make one with: "
                         "voiceact recipe run RECIPE --out FOLDER")
    return found


def write_run(store: Store, run: RunFile) -> None:
    """Write run.json, whole or not at all."""
    store.write(NAME, msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
