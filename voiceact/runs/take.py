"""One take of a run: spoken, judged as it will be kept, described, and turned into bytes.

The bytes depend on the plan and on nothing else: no clock, no worker, no folder, no number of processors, nothing that
was made before.
"""

import errno
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from voiceact import audio
from voiceact.acting.direction import Direction, direct
from voiceact.clip.record import Record, encode_record, make_record, provenance
from voiceact.engines.base import Engine, Take
from voiceact.engines.registry import load_engine
from voiceact.errors import MissingExtraError, VoiceactError
from voiceact.estimators.base import Estimator
from voiceact.estimators.ensemble.spec import judge_text, parse_judges
from voiceact.estimators.registry import load_estimator
from voiceact.recipe.requirements import JUDGE
from voiceact.runtime.blas import one_thread
from voiceact.store.columns import Row, failed_row, is_included, make_row, weakest
from voiceact.store.journal import Entry
from voiceact.store.splits import split_of
from voiceact.verify.backends.base import Backends
from voiceact.verify.backends.registry import load_backends
from voiceact.verify.base import Verdict
from voiceact.verify.verdict import Question, answer

if TYPE_CHECKING:
    from voiceact.acting.persona import Persona
    from voiceact.recipe.plan import Plan, TakeSpec

TWINS = 16
"""neutral readings kept at hand; cells that share line and seed share the reading"""
OURS_TO_END = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE)
"""troubles of the machine, which every further take would meet"""


@dataclass
class Studio:
    """What makes takes: loaded once a process.

    twins: neutral readings that were made lately, by persona, language, text and seed
    means: what the checks are made with
    """

    engine: Engine
    judge: Estimator
    twins: "OrderedDict[tuple[str, str, str, int], Take]" = field(default_factory=OrderedDict)
    means: Backends = field(default_factory=Backends)


def open_studio(plan: "Plan") -> Studio:
    """The engine and the judge of a plan.

    Raises:
        UnknownNameError, MissingExtraError, VoiceactError: if one of them cannot be loaded
    """
    return Studio(load_engine(plan.recipe.engine), _judge(plan), means=load_backends(**plan.recipe.verify.backends))


def _judge(plan: "Plan") -> Estimator:
    """By name, or from its model; where that does not lie (on another machine) the copy that travels with the plan."""
    with TemporaryDirectory() as folder:
        for file, data in plan.frozen_inputs.items():
            if file.startswith(f"{JUDGE}/"):
                Path(folder, Path(file).name).write_bytes(data)
        several = parse_judges(plan.judge)
        if several is None:
            return load_estimator(_judge_path(plan, plan.judge, folder))
        return load_estimator(judge_text([_judge_path(plan, name, folder) for name in several.members], several.rule))


def _judge_path(plan: "Plan", name: str, folder: str) -> str:
    kept = f"{JUDGE}/{Path(name).name}" in plan.frozen_inputs
    return str(Path(folder, Path(name).name)) if kept and not Path(name).is_file() else name


def make_take(plan: "Plan", spec: "TakeSpec", studio: Studio) -> Entry:
    """A take with its row, its record and its audio; a row that says why, if it could not be made.

    Raises:
        MissingExtraError: if a part of the engine or the judge is not installed
        OSError: if the machine is out of disk or files
    """
    try:
        with one_thread():
            return _made(plan, spec, studio)
    except MissingExtraError:
        raise
    except OSError as error:
        if error.errno in OURS_TO_END:
            raise
        return Entry(_failed(plan, spec, studio.engine.name, f"{type(error).__name__}: {error}"))
    # An engine of another package raises what its libraries raise, and that is to cost one take, not the run.
    except (VoiceactError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError) as error:
        told = str(error) if isinstance(error, VoiceactError) else f"{type(error).__name__}: {error}"
        return Entry(_failed(plan, spec, studio.engine.name, told))


def buried_take(plan: "Plan", spec: "TakeSpec") -> Entry:
    """The row of a take whose process died in the making, twice."""
    engine = plan.fingerprint["engine"].split()[0]
    return Entry(_failed(plan, spec, engine, "its process died (out of memory, or a crash of the engine)"))


def _made(plan: "Plan", spec: "TakeSpec", studio: Studio) -> Entry:
    persona, cell = plan.personas[spec.cell.persona], spec.cell
    direction = direct(persona, [(cell.category, cell.intensity)], language=cell.language, seed=spec.seed)
    take = _kept(studio.engine.perform(spec.text, persona, direction, language=cell.language, seed=spec.seed))
    twin = _twin(spec, persona, studio, direction, take)
    verdict = _verdict(plan, spec, direction, take, twin, studio)
    return _entry(plan, spec, persona, _record(plan, spec, persona, direction, take, studio.engine), verdict, take, twin)


def _kept(take: Take) -> Take:
    """The take as 16 bits hold it: what is judged is what is kept."""
    samples = (audio.to_pcm16(take.samples) / np.float32(32768)).astype(np.float32)
    return Take(samples, take.sample_rate, take.seed, take.words)


def _twin(spec: "TakeSpec", persona: "Persona", studio: Studio, direction: Direction, take: Take) -> Take:
    """The same line by the same persona with the same seed, read neutrally."""
    cell = spec.cell
    plain = direct(persona, (), language=cell.language, seed=spec.seed)
    if plain == direction:
        return take  # intensity 0 is the neutral reading
    key = (persona.name, cell.language, spec.text, spec.seed)
    if key not in studio.twins:
        studio.twins[key] = _kept(studio.engine.perform(spec.text, persona, plain, language=cell.language, seed=spec.seed))
        if len(studio.twins) > TWINS:
            studio.twins.popitem(last=False)
    return studio.twins[key]


def _verdict(plan: "Plan", spec: "TakeSpec", direction: Direction, take: Take, twin: Take, studio: Studio) -> Verdict:
    question = Question(
        take.samples,
        take.sample_rate,
        spec.text,
        {spec.cell.category: spec.cell.intensity},
        spec.cell.language,
        (twin.samples, twin.sample_rate),
        direction.instruction,
        direction.moves.whisper,
        studio.means,
    )
    return answer(question, checks=plan.recipe.verify.checks, estimator=studio.judge, frugal=True)


def _record(plan: "Plan", spec: "TakeSpec", persona: "Persona", direction: Direction, take: Take, engine: Engine) -> Record:
    """The record of the take, not yet judged, its audio not yet written."""
    cell = spec.cell
    requested = {
        "recipe": plan.recipe.name,
        "cell": cell.index,
        "take": spec.number,
        "line": spec.line_id,
        "line_license": spec.licence,
        "script": spec.kind,
        "persona": cell.persona,
        "category": cell.category,
        "intensity": cell.intensity,
        "emotions": [f"{cell.category}:{cell.intensity:g}"],
    }
    return make_record(
        text=spec.text,
        language=cell.language,
        persona=persona,
        requested=requested,
        category=cell.category,
        intensity=cell.intensity,
        mix={cell.category: cell.intensity},
        direction=direction,
        engine=engine,
        take=take,
    )


def _entry(
    plan: "Plan", spec: "TakeSpec", persona: "Persona", record: Record, verdict: Verdict, take: Take, twin: Take
) -> Entry:
    """Audio first, for its digest stands in the record."""
    recipe, tags = plan.recipe, provenance(record)
    suffix = recipe.store.format
    sound = audio.encode(take.samples, take.sample_rate, suffix=f".{suffix}", metadata=tags)
    written = msgspec.structs.replace(record.audio, path=f"{spec.key}.{suffix}", sha256=hashlib.sha256(sound).hexdigest())
    record = msgspec.structs.replace(record, created=None, audio=written, verdict=verdict.as_dict())
    included = is_included(verdict.level, weakest(list(verdict.evidence.values())), least=recipe.verify.evidence)
    row = make_row(record, persona, key=spec.key, split=_split(plan, spec), included=included)
    if recipe.store.keep == "included" and not included:
        return Entry(row)
    members = {suffix: sound, "json": encode_record(record)}
    if recipe.store.twins:
        members[f"twin.{suffix}"] = audio.encode(twin.samples, twin.sample_rate, suffix=f".{suffix}", metadata=tags)
    return Entry(row, members)


def _split(plan: "Plan", spec: "TakeSpec") -> str:
    splits = plan.recipe.splits
    return split_of(spec.cell.persona, spec.line_id, splits.shares(), by=splits.by, seed=plan.recipe.seed)


def _failed(plan: "Plan", spec: "TakeSpec", engine: str, reason: str) -> Row:
    cell = spec.cell
    asked = {
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
    return failed_row(asked, plan.personas[cell.persona], key=spec.key, split=_split(plan, spec), reason=reason)
