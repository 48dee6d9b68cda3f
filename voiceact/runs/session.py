"""One session of a run: what it writes into run.json when it begins and ends, and what it cleans up."""

import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from shutil import rmtree
from typing import Any

import msgspec

from voiceact import __version__
from voiceact.acting.persona import Persona
from voiceact.engines.base import Engine
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, adapt_estimator
from voiceact.recipe.plan import Plan
from voiceact.runs.partition import Partition, list_held_partitions, state_lock
from voiceact.runs.take import load_performer
from voiceact.runs.workspace import Workspace
from voiceact.runtime.clock import utc_now
from voiceact.store.filesystem import Store
from voiceact.store.run_file import RunFile, Session, read_run, write_run
from voiceact.store.sidecar import rebuild_sidecar, sidecar_number
from voiceact.vocabulary import LEVELS


class SessionLog:
    """Enters one session into run.json.

    Attributes:
        workspace: of the run
        seconds: that the session lasted, once it has ended
    """

    def __init__(self, workspace: Workspace, session: Session):
        self.workspace, self._session = workspace, session
        self._clock = time.monotonic()
        self.seconds = 0.0

    def begin(self, plan: Plan) -> None:
        """Write the inputs of the run, and that this session has begun.

        run.json comes last: where it is present, so is all that a resume needs.

        Raises:
            UsageError: if another run was begun in the folder meanwhile
        """
        store = self.workspace.store
        with state_lock(self.workspace.work_folder):
            run = read_run(store)
            if store.folder is not None:
                # What a killed session left half-written.
                for path in store.folder.glob(".*.part"):
                    path.unlink(missing_ok=True)
            if run is None:
                for name, data in plan.frozen_inputs.items():
                    store.write(name, data)
                run = make_run_file(plan)
            elif run.plan != plan.digest:
                raise UsageError(f"{self.workspace.url}: another process has begun another run there; choose another --out")
            write_run(store, msgspec.structs.replace(run, sessions=(*run.sessions, self._session)))

    def end(self, takes: int) -> None:
        """Enter into run.json how many takes the session made."""
        self.seconds = round(time.monotonic() - self._clock, 3)
        ended = msgspec.structs.replace(self._session, ended=utc_now(), takes=takes, seconds=self.seconds)
        with state_lock(self.workspace.work_folder):
            run = read_run(self.workspace.store)
            if run is not None and self._session in run.sessions:
                at = run.sessions.index(self._session)
                sessions = (*run.sessions[:at], ended, *run.sessions[at + 1 :])
                write_run(self.workspace.store, msgspec.structs.replace(run, sessions=sessions))


# --- Entries of run.json


def make_run_file(plan: Plan) -> RunFile:
    """Return run.json of a plan, before its first session."""
    performer = load_performer(plan)
    return RunFile(
        voiceact=__version__,
        name=plan.recipe.name,
        recipe=plan.recipe.as_dict(),
        fingerprint=plan.fingerprint,
        plan=plan.digest,
        cells=plan.cells,
        most_takes=plan.most_takes,
        takes=plan.takes,
        shards=plan.shards,
        engine=engine_entry(performer.engine),
        judge=judge_entry(performer.judge),
        personas=persona_entries(plan.personas),
    )


def engine_entry(engine: Engine) -> dict[str, Any]:
    """Return the entry of an engine."""
    licences = engine.capabilities.licences
    return {
        "name": engine.name,
        "version": engine.version,
        "model_sha256": engine.model_sha256,
        "deterministic": engine.capabilities.deterministic,
        "license": {"code": licences.code, "weights": licences.weights, "output": licences.output},
    }


def judge_entry(judge: Estimator) -> dict[str, Any]:
    """Return the entry of a judge.

    With the licence of its weights, where it states one, which may bind its scores, and the cohort it centres scores on.
    """
    entry = {"name": judge.name, "revision": judge.revision}
    if licence := adapt_estimator(judge).licence:
        entry["license"] = licence
    if cohort := getattr(judge, "cohort_text", ""):
        entry["cohort"] = cohort
    return entry


def persona_entries(personas: Mapping[str, Persona]) -> dict[str, dict[str, Any]]:
    """Return the entries of personas, by name."""
    return {
        name: {
            "license": persona.license,
            "gender": persona.gender,
            "age": persona.age,
            "description": persona.description,
            "consent": msgspec.to_builtins(persona.consent),
        }
        for name, persona in personas.items()
    }


# --- Cleaning up


def remove_partial_files(workspace: Workspace, partition: Partition, shards: int) -> None:
    """Delete what a killed session left half-written in the folders of this partition's shards."""
    folder = workspace.store.folder
    if folder is None:
        return
    own = partition.shards(shards)
    for name in (*LEVELS, "index"):
        for path in (folder / name).glob(".*.part"):
            # Tars and Parquet indexes are named shard-NUMBER, sidecars _shard-NUMBER.
            match = re.match(r"\._?shard-(\d+)\.", path.name)
            if match and int(match[1]) in own:
                path.unlink(missing_ok=True)


def write_missing_sidecars(store: Store, shards: Iterable[int], count: int) -> None:
    """Write the sidecars of complete shards that have none: a run made before there were sidecars.

    Args:
        store: of the run
        shards: that are complete
        count: shards of the plan
    """
    present = bytearray(count)
    for name, _ in store.iter_sizes("index"):
        if (number := sidecar_number(name)) is not None and number < count:
            present[number] = 1
    for shard in sorted(shards):
        if not present[shard]:
            rebuild_sidecar(store, shard)


def remove_work_folder(workspace: Workspace, shards: int) -> None:
    """Delete the work folder when the whole run is complete and no process is at work on it."""
    if len(workspace.store.names("index", ".parquet")) < shards:
        return
    with suppress(OSError), state_lock(workspace.work_folder):
        if not list_held_partitions(workspace.work_folder):
            rmtree(workspace.work_folder, ignore_errors=True)
