"""`run.json`: what a run folder is made of and by what. Written first; only its list of sessions grows."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from voiceact.acting.persona import NAME_PATTERN
from voiceact.errors import UsageError
from voiceact.runtime.untrusted_text import UNPRINTABLE, clean_text
from voiceact.store.filesystem import Store

RUN_FILE = "run.json"
COHORT_FILE = "cohort.json"
"""beside run.json where the recipe's judge centres its scores: the level and spread of the takes it centres them on"""
RUN_FORMAT = "voiceact-run/1"
LONGEST_NAME = 100


class Session(msgspec.Struct, frozen=True):
    """One process at work on a run, from its start to its end; a killed one has no end.

    Attributes:
        started: UTC, ISO 8601
        executor: local or ray
        workers: processes; 0 is as many as a Ray cluster has processors
        ended: UTC, ISO 8601
        takes: made in it
        seconds: it lasted
    """

    started: str
    executor: str
    workers: int
    ended: str | None = None
    takes: int = 0
    seconds: float = 0.0


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """Content of run.json: what is being made, and by what.

    Attributes:
        format: `RUN_FORMAT`
        voiceact: version
        name: of the recipe
        recipe: the recipe, resolved, as plain data
        fingerprint: part (recipe, voiceact, personas, scripts, engine, judge; checks where the recipe names their backends)
            -> what decides the clips of it
        plan: the fingerprint in one digest, as it stands in every index
        cells, most_takes, takes, shards: of the plan; `most_takes` is of a cell, `takes` of all of them
        engine: name, version, model_sha256, license (of code, weights and output), deterministic
        judge: name, revision, the license of its weights where they are another's, and the cohort it centres scores on
        personas: name -> license, gender, age, description, consent (null for fictional speakers without a recording)
        sessions: that have worked on the run
    """

    format: str = RUN_FORMAT
    voiceact: str
    name: str
    recipe: dict[str, Any]
    fingerprint: dict[str, str]
    plan: str
    cells: int
    most_takes: int
    takes: int
    shards: int
    engine: dict[str, Any]
    judge: dict[str, Any]
    personas: dict[str, dict[str, Any]]
    sessions: tuple[Session, ...] = ()


def read_run(store: Store) -> RunFile | None:
    """Read run.json; None if there is none.

    Raises:
        UsageError: if there is a run.json that this voiceact cannot read
    """
    if not store.exists(RUN_FILE):
        return None
    where = f"{store.url}/{RUN_FILE}"
    expected = "expected the file that `voiceact recipe run` wrote"
    try:
        run = msgspec.json.decode(store.read(RUN_FILE), type=RunFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: cannot be read ({clean_text(error)}); {expected}") from error
    if run.format != RUN_FORMAT:
        raise UsageError(f"{where}: has format {run.format[:40]!r}; this voiceact reads {RUN_FORMAT!r}")
    if fault := _find_fault(run):
        raise UsageError(f"{where}: cannot be read ({fault}); {expected}")
    return run


def _find_fault(run: RunFile) -> str | None:
    """Return the first thing that is wrong with what every reader relies on; the file may be from anywhere."""
    # Names and numbers.
    if not re.fullmatch(NAME_PATTERN, run.name) or len(run.name) > LONGEST_NAME:
        return "its name is no name of a recipe"
    if not all(re.fullmatch(NAME_PATTERN, name) and len(name) <= LONGEST_NAME for name in run.personas):
        return "it names a persona that is no name"
    for key in ("scripts", "verify", "splits", "store"):
        if not isinstance(run.recipe.get(key, {}), dict):
            return f"{key} of its recipe is no mapping"
    if not (0 <= run.cells <= 2**32 and 0 <= run.takes <= 2**32 and 0 <= run.shards <= 2**32 and run.most_takes >= 1):
        return "its numbers of cells, takes and shards are none"

    # Text.
    entries = ("recipe", "engine", "judge", "personas", "fingerprint", "plan", "voiceact")
    unprintable = next(_find_unprintable({name: getattr(run, name) for name in entries}), None)
    if unprintable:
        return f"it holds control characters, such as in {unprintable}"

    # Keys of the entries.
    needed = [("engine", run.engine, ("name", "version", "model_sha256")), ("judge", run.judge, ("name", "revision"))]
    needed += [(f"persona {name!r}", persona, ("gender", "age")) for name, persona in run.personas.items()]
    return next((f"its {what} lacks {key!r}" for what, entry, keys in needed for key in keys if key not in entry), None)


def _find_unprintable(value: Any, at: str = "") -> Iterator[str]:
    """Yield where text stands that would steer a terminal; line breaks are allowed in descriptions."""
    if isinstance(value, str) and UNPRINTABLE.search(value):
        yield clean_text(at, 60)
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _find_unprintable(key)
        yield from _find_unprintable(inner, f"{at}.{key}".strip("."))


def need_run(store: Store) -> RunFile:
    """Read run.json of a store that must be a run folder.

    Raises:
        UsageError: if it is none, or as `read_run`
    """
    run = read_run(store)
    if run is not None:
        return run
    if store.folder is None or store.folder.is_dir():
        why = f"it has no {RUN_FILE}"
    elif store.folder.exists():
        why = "it is a file"
    else:
        why = "there is no such folder"
    raise UsageError(f"{store.url}: is no run folder ({why}); make one with: voiceact recipe run RECIPE --out FOLDER")


def write_run(store: Store, run: RunFile) -> None:
    """Write run.json, whole or not at all."""
    store.write(RUN_FILE, msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n")
