"""One sitting of a run: what it writes into run.json when it begins and ends, and what it clears away."""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from shutil import rmtree
from typing import Any

import msgspec

from voiceact import __version__
from voiceact.acting.persona import Persona
from voiceact.engines.base import Engine
from voiceact.errors import UsageError
from voiceact.estimators.base import Estimator, adapt_estimator
from voiceact.recipe.plan import Plan
from voiceact.runs.partition import Share, door, held
from voiceact.runs.take import load_performer
from voiceact.runs.workspace import Site
from voiceact.store.run_file import RunFile, Session, read_run, write_run
from voiceact.vocabulary import LEVELS


class Sitting:
    """Begins and ends; `seconds` is how long it took once it has ended."""

    def __init__(self, site: Site, session: Session):
        self.site, self._session = site, session
        self._clock = time.monotonic()
        self.seconds = 0.0

    def begin(self, plan: Plan) -> None:
        """Write what the run is made of, and that this sitting has begun.

        run.json comes last: where it is, there is all that a resume needs.

        Raises:
            UsageError: if another run was begun in the folder meanwhile
        """
        with door(self.site.work):
            known = read_run(self.site.store)
            _sweep_root(self.site)
            if known is None:
                for name, data in plan.kept.items():
                    self.site.store.write(name, data)
            elif known.plan != plan.digest:
                raise UsageError(f"{self.site.url}: another process has begun another run there; choose another --out")
            made = known or run_file(plan)
            write_run(self.site.store, msgspec.structs.replace(made, sessions=(*made.sessions, self._session)))

    def end(self, takes: int) -> None:
        """Say in run.json how many takes were made."""
        self.seconds = round(time.monotonic() - self._clock, 3)
        ended = msgspec.structs.replace(self._session, ended=utc_now(), takes=takes, seconds=self.seconds)
        with door(self.site.work):
            known = read_run(self.site.store)
            if known is not None and self._session in known.sessions:
                at = known.sessions.index(self._session)
                write_run(
                    self.site.store,
                    msgspec.structs.replace(known, sessions=(*known.sessions[:at], ended, *known.sessions[at + 1 :])),
                )


def utc_now() -> str:
    """ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_file(plan: Plan) -> RunFile:
    """run.json of a plan, before its first sitting."""
    studio = load_performer(plan)
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
        engine=engine_entry(studio.engine),
        judge=judge_entry(studio.judge),
        personas=persona_entries(plan.personas),
    )


def engine_entry(engine: Engine) -> dict[str, Any]:
    """What run.json says of an engine."""
    found = engine.capabilities.licences
    return {
        "name": engine.name,
        "version": engine.version,
        "model_sha256": engine.model_sha256,
        "deterministic": engine.capabilities.deterministic,
        "license": {"code": found.code, "weights": found.weights, "output": found.output},
    }


def judge_entry(judge: Estimator) -> dict[str, Any]:
    """What run.json says of a judge; what it says of a clip may stand under the licence of its weights, where it states one."""
    licence = adapt_estimator(judge).licence
    return {"name": judge.name, "revision": judge.revision, **({"license": licence} if licence else {})}


def persona_entries(personas: Mapping[str, Persona]) -> dict[str, dict[str, Any]]:
    """What run.json says of personas, by name."""
    return {
        name: {
            "license": one.license,
            "gender": one.gender,
            "age": one.age,
            "description": one.description,
            "consent": msgspec.to_builtins(one.consent),
        }
        for name, one in personas.items()
    }


# --- Clearing away


def sweep(site: Site, share: Share, shards: int) -> None:
    """Take away what a killed sitting left half-written in the folders of this share's shards."""
    if site.store.folder is None:
        return
    mine = share.shards(shards)
    for folder in (*LEVELS, "index"):
        for path in (site.store.folder / folder).glob(".shard-*.part"):
            if int(path.name.removeprefix(".shard-").partition(".")[0]) in mine:
                path.unlink(missing_ok=True)


def _sweep_root(site: Site) -> None:
    if site.store.folder is not None:
        for path in site.store.folder.glob(".*.part"):
            path.unlink(missing_ok=True)


def tidy(site: Site, shards: int) -> None:
    """When the whole run is complete and nobody is at work on it, take the work folder away."""
    if len(site.store.names("index", ".parquet")) < shards:
        return
    with suppress(OSError), door(site.work):
        if not held(site.work):
            rmtree(site.work, ignore_errors=True)
