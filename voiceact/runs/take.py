"""Takes of a run: made by the kernel, judged as they will be kept, and turned into bytes.

The bytes depend on the plan and on nothing else: no clock, no worker, no folder, no number of processors, nothing that was made
before.
"""

import errno
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from voiceact import audio
from voiceact.acting.direction import direct
from voiceact.acting.mix import EmotionMix
from voiceact.acting.variants import ANY
from voiceact.clip.record import RecipeOrigin, Requested, encode_record, provenance
from voiceact.director.director import Budget, Director
from voiceact.director.priors import shipped_priors
from voiceact.engines.base import ENGINE_FAILURES, Engine
from voiceact.engines.registry import load_engine
from voiceact.errors import VoiceactError
from voiceact.estimators.base import Estimator
from voiceact.estimators.cohort import decode_cohort
from voiceact.estimators.ensemble.spec import judge_text, parse_judges
from voiceact.estimators.registry import load_estimator
from voiceact.recipe.plan import Plan, TakeSpec
from voiceact.recipe.requirements import JUDGE
from voiceact.runtime.blas import one_thread
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.process_pool import PROCESS_DIED
from voiceact.store.columns import Row, failed_row, is_included, make_row, weakest
from voiceact.store.journal import Entry
from voiceact.store.run_file import COHORT_FILE
from voiceact.store.splits import split_of
from voiceact.synthesis.cohort import centre_on
from voiceact.synthesis.inline import cues_for, read_cues
from voiceact.synthesis.joining import is_long
from voiceact.synthesis.kernel import MadeTake, TakeMaker, batch_size
from voiceact.synthesis.request import ResolvedRequest
from voiceact.verify.backends.registry import load_backends

MACHINE_FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
"""error numbers of a machine that is out of disk or files: every further take would meet them, so the run ends"""


@dataclass(frozen=True)
class Performer:
    """What makes the takes of a plan, loaded once a process.

    Attributes:
        engine: of the recipe
        judge: whose word decides
        maker: speaks and judges
        director: asks for take after take; None where the recipe has none
    """

    engine: Engine
    judge: Estimator
    maker: TakeMaker
    director: Director | None = None

    @property
    def batch_size(self) -> int:
        """How many takes are spoken at a time; a director asks for one after another."""
        return 1 if self.director else batch_size(self.engine)

    def make(self, request: ResolvedRequest) -> MadeTake:
        """Make a take, directed where the recipe has a director and there is a feeling to direct."""
        if self.director is not None and not request.mix.is_neutral and not is_long(request.text):
            return self.director.direct(request, self.maker)
        return next(iter(self.maker.make([request])))


def load_performer(plan: Plan) -> Performer:
    """Load the engine, the judge and the backends of a plan.

    Raises:
        UnknownNameError, MissingExtraError, VoiceactError: if one of them cannot be loaded
        KeyError: if the plan's cohort was not added (`voiceact.runs.cohort.add_cohort`)
    """
    verify = plan.recipe.verify
    judge = load_judge(plan)
    if verify.cohort != "none":
        judge = centre_on(judge, decode_cohort(plan.frozen_inputs[COHORT_FILE], COHORT_FILE))
    asked, backends = plan.recipe.director, load_backends(**verify.backends)
    maker = TakeMaker(judge=judge, backends=backends, checks=verify.checks, frugal=True, pcm16=True)
    director = (
        Director(strategy=asked.strategy, budget=Budget(asked.takes), judge=judge, backends=backends, priors=shipped_priors())
        if asked
        else None
    )
    return Performer(load_engine(plan.recipe.engine), judge, maker, director)


def load_judge(plan: Plan) -> Estimator:
    """Load the judge by name or from its model; on a machine without that file, from the copy that travels with the plan.

    It is the judge by itself; a performer's is centred on the plan's cohort, where it has one.
    """
    with TemporaryDirectory() as folder:
        copies = {Path(file).name: data for file, data in plan.frozen_inputs.items() if file.startswith(f"{JUDGE}/")}
        for name, data in copies.items():
            Path(folder, name).write_bytes(data)

        def path_of(judge: str) -> str:
            travels = Path(judge).name in copies and not Path(judge).is_file()
            return str(Path(folder, Path(judge).name)) if travels else judge

        several = parse_judges(plan.judge)
        if several is None:
            return load_estimator(path_of(plan.judge))
        return load_estimator(judge_text([path_of(member) for member in several.members], several.rule))


def make_takes(plan: Plan, specs: Sequence[TakeSpec], performer: Performer) -> Iterator[Entry]:
    """Make takes with their rows, records and audio; where one cannot be made, a row that says why.

    Several takes are spoken as batches if the engine speaks batches. If a batch fails, its takes are made one by one, so that
    only the take at fault is lost.

    Raises:
        MissingExtraError: if a part of the engine or the judge is not installed
        OSError: if the machine is out of disk or files
    """
    done = 0
    if len(specs) > 1 and performer.batch_size > 1:
        try:
            with one_thread():
                requests = [resolve_take(plan, spec, performer.engine) for spec in specs]
                for made_take in performer.maker.make(requests):
                    yield _make_entry(plan, specs[done], made_take)
                    done += 1
        except ENGINE_FAILURES as error:
            raise_if_final(error)
    for spec in specs[done:]:
        yield make_take(plan, spec, performer)


def make_take(plan: Plan, spec: TakeSpec, performer: Performer) -> Entry:
    """Make one take; see `make_takes`."""
    try:
        with one_thread():
            return _make_entry(plan, spec, performer.make(resolve_take(plan, spec, performer.engine)))
    except ENGINE_FAILURES as error:
        raise_if_final(error)
        reason = str(error) if isinstance(error, VoiceactError) else f"{type(error).__name__}: {error}"
        return Entry(_failed_row(plan, spec, performer.engine.name, reason))


def lost_take(plan: Plan, spec: TakeSpec) -> Entry:
    """Return the row of a take whose process died in the making, twice."""
    engine = plan.fingerprint["engine"].split()[0]
    return Entry(_failed_row(plan, spec, engine, PROCESS_DIED))


def resolve_take(plan: Plan, spec: TakeSpec, engine: Engine) -> ResolvedRequest:
    """Return the request of a take of a plan."""
    cell = spec.cell
    persona = plan.personas[cell.persona]
    mix = EmotionMix.of({cell.category: cell.intensity}, {cell.category: ANY} if plan.recipe.variants == ANY else None)
    return ResolvedRequest(
        persona=persona,
        mix=mix,
        text=spec.text,
        language=cell.language,
        seed=spec.seed,
        direction=direct(persona, mix.pairs(), language=cell.language, seed=spec.seed, variants=mix.variants()),
        engine=engine,
        requested=Requested(persona=cell.persona, emotions=[f"{cell.category}:{cell.intensity:g}"]),
        origin=RecipeOrigin(
            recipe=plan.recipe.name,
            cell=cell.index,
            take=spec.number,
            line=spec.line_id,
            line_license=spec.licence,
            script=spec.kind,
        ),
        # As `recall_request` has them, so that a record of the run is replayed, and its twin spoken again, as it was.
        cues=cues_for(read_cues(spec.text), engine.capabilities.moves)[0].cues,
        adds_bursts=plan.recipe.bursts,
    ).with_drawn_bursts()


def raise_if_final(error: Exception) -> None:
    """Raise again what every further take would meet."""
    if isinstance(error, MissingExtraError) or (isinstance(error, OSError) and error.errno in MACHINE_FAILURES):
        raise error


def _make_entry(plan: Plan, spec: TakeSpec, made_take: MadeTake) -> Entry:
    recipe, take, twin, verdict = plan.recipe, made_take.take, made_take.twin, made_take.verdict
    assert twin is not None and verdict is not None  # the maker of a run always judges
    record = made_take.record()
    tags, suffix = provenance(record), recipe.store.format

    # Audio first, for its digest stands in the record.
    sound = audio.encode(take.samples, take.sample_rate, suffix=f".{suffix}", metadata=tags)
    written = msgspec.structs.replace(record.audio, path=f"{spec.key}.{suffix}", sha256=hashlib.sha256(sound).hexdigest())
    record = msgspec.structs.replace(record, audio=written)
    included = is_included(verdict.level, weakest(list(verdict.evidence.values())), least=recipe.verify.evidence)
    row = make_row(record, made_take.request.persona, key=spec.key, split=_split(plan, spec), included=included)
    if recipe.store.keep == "included" and not included:
        return Entry(row)
    members = {suffix: sound, "json": encode_record(record)}
    if recipe.store.twins:
        members[f"twin.{suffix}"] = audio.encode(twin.samples, twin.sample_rate, suffix=f".{suffix}", metadata=tags)
    return Entry(row, members)


def _split(plan: Plan, spec: TakeSpec) -> str:
    splits = plan.recipe.splits
    return split_of(spec.cell.persona, spec.line_id, splits.shares(), by=splits.by, seed=plan.recipe.seed)


def _failed_row(plan: Plan, spec: TakeSpec, engine: str, reason: str) -> Row:
    cell = spec.cell
    known = {
        "text": spec.text,
        "language": cell.language,
        "category": cell.category,
        "intensity": cell.intensity,
        "script": spec.kind,
        "line": spec.line_id,
        "line_license": spec.licence,
        "seed": spec.seed,
        "take": spec.number,
        "cell": cell.index,
        "engine": engine,
    }
    return failed_row(known, plan.personas[cell.persona], key=spec.key, split=_split(plan, spec), reason=reason)
