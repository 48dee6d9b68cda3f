"""Verdicts given again: the same judge hears the same bytes beside the same twin, and is to say the same."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from voiceact import audio
from voiceact.clip.record import Record
from voiceact.dataset.audit.clips import Sound
from voiceact.dataset.audit.issues import Faults
from voiceact.errors import VoiceactError
from voiceact.recipe.schema import Recipe
from voiceact.runtime.blas import one_thread
from voiceact.store.run_file import RunFile
from voiceact.synthesis.request import UnspeakableRecordError, recall
from voiceact.synthesis.synthesize import perform
from voiceact.verify.backends.base import Backends
from voiceact.verify.backends.registry import load_available_backends
from voiceact.verify.verdict import Question, answer

if TYPE_CHECKING:
    from voiceact.estimators.base import Estimator

TOLERANCE = 1e-3
"""of scores and figures; a record rounds to 1e-4, and other processors add in another order"""
RELATIVE = 1e-4
"""of figures above 10: hertz, milliseconds"""
ABSENT = ("not_installed", "no_recognizer", "no_judge")
"""reasons of a check whose tool is not installed"""

TOOLS = ("recognizer", "encoder", "rater")
"""details of a check that name what it was made with"""

Twin = Callable[[Record], Sound]


@dataclass
class VerdictAudit:
    """Judges clips again.

    judge: None where it is not here, with `unjudged` saying why
    speak: makes the neutral reading of a record, where the run keeps none
    judged: clips that were judged again
    unheard: why -> clips that could not be
    """

    run: RunFile
    recipe: Recipe
    faults: Faults
    judge: "Estimator | None" = None
    unjudged: str = ""
    speak: Twin = field(default=lambda record: spoken_twin(record))
    judged: int = 0
    unheard: dict[str, int] = field(default_factory=dict)

    @cached_property
    def means(self) -> Backends:
        """What the recipe says the checks are made with, as far as it is here."""
        return load_available_backends(**self.recipe.verify.means)

    def clip(self, record: Record, sound: Sound, twin: Sound | None, tar: str, key: str) -> None:
        """Judge a clip as the run did, and compare."""
        if self.judge is None:
            return
        try:
            beside = twin or self.speak(record)
        except UnspeakableRecordError as error:
            self.faults.add("record", tar, str(error), key)
            return
        except VoiceactError as error:
            self._pass_over(f"the twin cannot be spoken here: {error}")
            return
        with one_thread():  # as the run did
            verdict = answer(
                Question.from_record(
                    record, sound.samples, sound.rate, twin=(beside.samples, beside.rate), backends=self.means
                ),
                checks=self.recipe.verify.checks,
                estimator=self.judge,
                frugal=True,
            )
        given: dict[str, Any] = msgspec.to_builtins(record.verdict) or {}
        found: dict[str, Any] = msgspec.to_builtins(verdict.to_record())
        if missing := _missing_here(given, found):
            self._pass_over(f"what the check {missing!r} needs is installed either there or here")
            return
        if other := _made_with_another(given, found):
            self._pass_over(other)
            return
        self.judged += 1
        for sentence in differences(given, found):
            self.faults.add("verdict", tar, sentence, key)

    def _pass_over(self, why: str) -> None:
        self.unheard[why] = self.unheard.get(why, 0) + 1


def spoken_twin(record: Record) -> Sound:
    """The neutral reading by the engine, as 16 bits hold it.

    Raises:
        VoiceactError: if the engine is not here, is another one, or does not speak the same twice
    """
    request = recall(record)
    if not request.engine.capabilities.deterministic:
        raise VoiceactError(f"engine {request.engine.name!r} does not speak the same twice")
    clip = perform(request.neutral())
    assert clip.samples is not None  # it was just spoken
    return Sound((audio.to_pcm16(clip.samples) / np.float32(32768)).astype(np.float32), clip.record.audio.sample_rate)


def find_judge(run: RunFile, name: str, *, planned: bool = False) -> "tuple[Estimator | None, str]":
    """The judge of a run; or None, and why it cannot be asked.

    name: of the judge, or the path of its model
    planned: whether the name is from a plan, which was checked when it was made
    """
    from voiceact.estimators.registry import load_estimator, stated_estimator

    try:
        judge = load_estimator(name if planned else stated_estimator(name, source="the run", folder=None))
    except (VoiceactError, OSError) as error:
        return None, f"the judge {run.judge['name']!r} is not here ({error})"
    return fit_judge(run, judge)


def fit_judge(run: RunFile, judge: "Estimator") -> "tuple[Estimator | None, str]":
    """The judge, if it is that of the run; or None, and why it is not."""
    wanted = run.judge
    if (judge.name, judge.revision) == (wanted["name"], wanted["revision"]):
        return judge, ""
    return None, (
        f"the run was judged by {wanted['name']} {wanted['revision']}; here is {judge.name} {judge.revision}, which "
        "may say otherwise"
    )


# --- Comparing


def differences(given: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """In what two verdicts, as dictionaries, differ: level, reasons, checks and what was heard."""
    for what in ("level", "reasons", "evidence", "reference"):
        if given.get(what) != found[what]:
            verb = "are" if what == "reasons" else "is"
            yield f"its {what} {verb} {given.get(what)}; judged again {found[what]}"
    yield from _checks(given.get("checks", []), found["checks"])
    yield from _profiles(given.get("profile") or {}, found["profile"] or {})


def _checks(given: list[Any], found: list[Any]) -> Iterator[str]:
    if [one["name"] for one in given] != [one["name"] for one in found]:
        yield f"its checks are {[one['name'] for one in given]}; judged again {[one['name'] for one in found]}"
        return
    for old, new in zip(given, found, strict=True):
        if (old["outcome"], old["reason"]) != (new["outcome"], new["reason"]):
            then, now = (f"{one['outcome']} {one['reason']}".rstrip() for one in (old, new))
            yield f"its check {old['name']} is {then}; judged again {now}"
        elif not _near(old["figure"], new["figure"]):
            yield f"its check {old['name']} measured {old['figure']}; judged again {new['figure']}"


def _profiles(given: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    old = {**given.get("scores", {}), **{name: given.get(name) for name in ("arousal", "valence", "dominance")}}
    new = {**found.get("scores", {}), **{name: found.get(name) for name in ("arousal", "valence", "dominance")}}
    far = [name for name in dict.fromkeys((*old, *new)) if not _near(old.get(name), new.get(name))]
    if far:
        name, more = far[0], f" (and {len(far) - 1} more)" if len(far) > 1 else ""
        yield f"its score of {name} is {old.get(name)}; judged again {new.get(name)}{more}"


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=TOLERANCE)


def _missing_here(given: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """A check that was made then and needs a part that is not installed here, or the other way round."""
    absent = {one["name"] for one in found["checks"] if one["reason"] in ABSENT} ^ {
        one["name"] for one in given.get("checks", []) if one["reason"] in ABSENT
    }
    return min(absent, default=None)


def _made_with_another(given: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """Why a check cannot be made again: it was made with another tool, or another revision of it, than is here."""
    before = {one["name"]: _tool(one) for one in given.get("checks", [])}
    for check in found["checks"]:
        then, now = before.get(check["name"]), _tool(check)
        if then and now and then != now:
            return f"the check {check['name']!r} was made with {then}; here is {now}, which may say otherwise"
    return None


def _tool(check: Mapping[str, Any]) -> str:
    """Name and revision of what a check was made with; empty where it was not made, or with nothing of the kind."""
    details = check.get("details") or {}
    name = next((details[key] for key in TOOLS if key in details), "")
    return f"{name} {details.get('revision', '')}".strip()
