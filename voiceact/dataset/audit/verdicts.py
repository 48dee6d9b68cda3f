"""Judge clips again: the same judge, given the same bytes beside the same twin, must give the same verdict."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from voiceact import audio
from voiceact.clip.record import Record
from voiceact.dataset.audit.clips import DecodedAudio
from voiceact.dataset.audit.issues import Faults
from voiceact.errors import VoiceactError
from voiceact.estimators.burst_spans import Span
from voiceact.recipe.schema import Recipe
from voiceact.runtime.blas import one_thread
from voiceact.store.run_file import RunFile
from voiceact.synthesis.request import UnspeakableRecordError, recall_request
from voiceact.synthesis.synthesize import perform
from voiceact.text.markup import find_tags
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

Twin = Callable[[Record], DecodedAudio]


@dataclass
class VerdictAudit:
    """Judges clips again.

    Attributes:
        run: the run's run.json
        recipe: its recipe
        faults: differences are added here
        judge: the judge of the run; None where it is not here
        unjudged: reason why the judge is not here
        speak: speaks the neutral twin of a record, where the run keeps none
        judged: clips that were judged again
        skipped: reason -> clips that could not be judged
    """

    run: RunFile
    recipe: Recipe
    faults: Faults
    judge: "Estimator | None" = None
    unjudged: str = ""
    speak: Twin = field(default=lambda record: spoken_twin(record))
    judged: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @cached_property
    def backends(self) -> Backends:
        """The backends that the recipe names for its checks, as far as they are installed here."""
        return load_available_backends(**self.recipe.verify.backends)

    def clip(self, record: Record, sound: DecodedAudio, twin: DecodedAudio | None, tar: str, key: str) -> None:
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
        twin_audio = beside.samples, beside.rate
        # The run knew when each word was spoken, which no file keeps: its verdict says which parts it took for words.
        profile = record.verdict.profile if record.verdict else None
        written = profile.spans if profile else None
        spans = None if written is None else tuple(Span(span.kind, span.start, span.end) for span in written)
        question = Question.from_record(record, sound.samples, sound.rate, twin=twin_audio, backends=self.backends, spans=spans)
        with one_thread():  # as the run did
            verdict = answer(question, checks=self.recipe.verify.checks, estimator=self.judge, frugal=True)
        recorded: dict[str, Any] = msgspec.to_builtins(record.verdict) or {}
        repeated: dict[str, Any] = msgspec.to_builtins(verdict.to_record())
        if missing := _missing_here(recorded, repeated):
            self._pass_over(f"what the check {missing!r} needs is installed either there or here")
            return
        if other := _made_with_another(recorded, repeated):
            self._pass_over(other)
            return
        if spans is None and (find_tags(record.text) or (_kinds(recorded) and _kinds(recorded) != _kinds(repeated))):
            # Of a version that did not write them: the ears may part words and bursts elsewhere than the engine's times did.
            self._pass_over("its verdict does not say which parts were judged as words and which as bursts")
            return
        self.judged += 1
        for sentence in differences(recorded, repeated):
            self.faults.add("verdict", tar, sentence, key)

    def _pass_over(self, why: str) -> None:
        self.skipped[why] = self.skipped.get(why, 0) + 1


def spoken_twin(record: Record) -> DecodedAudio:
    """Speak the neutral twin of a record with its engine, as 16 bits hold it.

    Raises:
        VoiceactError: if the engine is not here, is another one, or does not speak the same twice
    """
    request = recall_request(record)
    if not request.engine.capabilities.deterministic:
        raise VoiceactError(f"engine {request.engine.name!r} does not speak the same twice")
    clip = perform(request.neutral())
    assert clip.samples is not None  # it was just spoken
    return DecodedAudio(audio.round_to_pcm16(clip.samples), clip.record.audio.sample_rate)


def find_judge(run: RunFile, name: str, *, planned: bool = False) -> "tuple[Estimator | None, str]":
    """Load the judge of a run.

    Args:
        run: the run's run.json
        name: name of the judge, or the path of its model
        planned: whether the name is from a plan, which was checked when it was made

    Returns:
        The judge and an empty text; or None and the reason why it cannot be used.
    """
    from voiceact.estimators.registry import load_estimator, stated_estimator

    try:
        judge = load_estimator(name if planned else stated_estimator(name, source="the run", folder=None))
    except (VoiceactError, OSError) as error:
        return None, f"the judge {run.judge['name']!r} is not here ({error})"
    return fit_judge(run, judge)


def fit_judge(run: RunFile, judge: "Estimator") -> "tuple[Estimator | None, str]":
    """Return the judge if it is that of the run; else None and the reason why it is not."""
    expected = run.judge
    if (judge.name, judge.revision) == (expected["name"], expected["revision"]):
        return judge, ""
    return None, (
        f"the run was judged by {expected['name']} {expected['revision']}; here is {judge.name} {judge.revision}, which "
        "may say otherwise"
    )


# --- Comparing


def differences(recorded: Mapping[str, Any], repeated: Mapping[str, Any]) -> Iterator[str]:
    """List in what two verdicts, as dictionaries, differ: level, reasons, checks and scores."""
    for what in ("level", "reasons", "evidence", "reference"):
        if recorded.get(what) != repeated[what]:
            verb = "are" if what == "reasons" else "is"
            yield f"its {what} {verb} {recorded.get(what)}; judged again {repeated[what]}"
    yield from _checks(recorded.get("checks", []), repeated["checks"])
    yield from _profiles(recorded.get("profile") or {}, repeated["profile"] or {})


def _checks(recorded: list[Any], repeated: list[Any]) -> Iterator[str]:
    if [check["name"] for check in recorded] != [check["name"] for check in repeated]:
        yield f"its checks are {[one['name'] for one in recorded]}; judged again {[one['name'] for one in repeated]}"
        return
    for old, new in zip(recorded, repeated, strict=True):
        if (old["outcome"], old["reason"]) != (new["outcome"], new["reason"]):
            then, now = (f"{one['outcome']} {one['reason']}".rstrip() for one in (old, new))
            yield f"its check {old['name']} is {then}; judged again {now}"
        elif not _near(old["figure"], new["figure"]):
            yield f"its check {old['name']} measured {old['figure']}; judged again {new['figure']}"


def _profiles(recorded: Mapping[str, Any], repeated: Mapping[str, Any]) -> Iterator[str]:
    old = {**recorded.get("scores", {}), **{name: recorded.get(name) for name in ("arousal", "valence", "dominance")}}
    new = {**repeated.get("scores", {}), **{name: repeated.get(name) for name in ("arousal", "valence", "dominance")}}
    far = [name for name in dict.fromkeys((*old, *new)) if not _near(old.get(name), new.get(name))]
    if far:
        name, more = far[0], f" (and {len(far) - 1} more)" if len(far) > 1 else ""
        yield f"its score of {name} is {old.get(name)}; judged again {new.get(name)}{more}"


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=RELATIVE, abs_tol=TOLERANCE)


def _kinds(verdict: Mapping[str, Any]) -> list[str]:
    """List on which kind of sound each check of the judge rests; empty for a verdict from before they were told apart."""
    return [check["details"]["kind"] for check in verdict.get("checks", []) if "kind" in (check.get("details") or {})]


def _missing_here(recorded: Mapping[str, Any], repeated: Mapping[str, Any]) -> str | None:
    """Return a check that needs a backend installed then and not here, or the other way round; None if there is none."""
    absent = {check["name"] for check in repeated["checks"] if check["reason"] in ABSENT} ^ {
        check["name"] for check in recorded.get("checks", []) if check["reason"] in ABSENT
    }
    return min(absent, default=None)


def _made_with_another(recorded: Mapping[str, Any], repeated: Mapping[str, Any]) -> str | None:
    """Return why a check cannot be compared: it was made with another tool, or revision of it, than is here."""
    before = {one["name"]: _tool(one) for one in recorded.get("checks", [])}
    for check in repeated["checks"]:
        then, now = before.get(check["name"]), _tool(check)
        if then and now and then != now:
            return f"the check {check['name']!r} was made with {then}; here is {now}, which may say otherwise"
    return None


def _tool(check: Mapping[str, Any]) -> str:
    """Return name and revision of the tool a check was made with; empty where it was not made, or without a tool."""
    details = check.get("details") or {}
    name = next((details[key] for key in TOOLS if key in details), "")
    return f"{name} {details.get('revision', '')}".strip()
