"""All checks of a take, and the verdict that joins them.

from voiceact.verify import verify

verdict = verify(samples, 24_000, text="Sit down, I'll get the doctor.", category="distress", intensity=5,
                 twin=(neutral, 24_000))
print(verdict.level, verdict.reasons)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from voiceact.acting import taxonomy
from voiceact.acting.controls import words_told
from voiceact.audio import Samples
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record
from voiceact.errors import UnknownNameError, UsageError
from voiceact.estimators.base import Estimator, Profile
from voiceact.estimators.model_file import ModelFileError
from voiceact.estimators.registry import load_estimator
from voiceact.runtime.progress import report_step
from voiceact.verify.backends.base import Backends
from voiceact.verify.base import Check, Verdict, join
from voiceact.verify.emotion import check_emotion, listen
from voiceact.verify.identity import check_identity
from voiceact.verify.naturalness import check_naturalness
from voiceact.verify.quality import check_quality
from voiceact.verify.transcript import check_transcript
from voiceact.vocabulary import CHECKS, EMOTION_CHECK, EXPENSIVE_CHECKS, INTENSITY_CHECK, NOT_REACHED, Evidence

__all__ = ["CHECKS", "EXPENSIVE_CHECKS", "NOT_REACHED", "Question", "Verdict", "answer", "judge_clip", "verify"]

TELLING = 5
"""letters from which on a word in brackets is no "with" or "down", which a recognizer may well have added"""


@dataclass(frozen=True)
class Question:
    """What is to be verified: a sound, what it should be, and what it is compared with.

    mix: category id -> intensity
    twin: samples and rate of the neutral reading
    whisper: share of whisper that was asked
    means: what the checks are made with
    """

    samples: Samples
    rate: int
    text: str
    mix: Mapping[str, float]
    language: str = "en"
    twin: tuple[Samples, int] | None = None
    instruction: str = ""
    whisper: float = 0.0
    means: Backends = field(default=Backends(), repr=False)

    @classmethod
    def from_record(
        cls,
        record: Record,
        samples: Samples,
        rate: int,
        *,
        twin: tuple[Samples, int] | None = None,
        means: Backends | None = None,
    ) -> "Question":
        """Ask of a sound what its record says was asked of it.

        Args:
            record: of the clip
            samples, rate: its sound, float32 [n] and Hz
            twin: samples and rate of its neutral reading
            means: backends of the checks; None is the default ones
        """
        return cls(
            samples=samples,
            rate=rate,
            text=record.text,
            mix=record.mix,
            language=record.language,
            twin=twin,
            instruction=record.direction.instruction,
            whisper=record.direction.moves.get("whisper", 0.0),
            means=means or Backends(),
        )


def verify(
    samples: Samples,
    rate: int,
    *,
    text: str,
    category: str | None = None,
    intensity: float = 5.0,
    mix: Mapping[str, float] | None = None,
    language: str = "en",
    twin: tuple[Samples, int] | None = None,
    instruction: str = "",
    whisper: float = 0.0,
    checks: Sequence[str] = CHECKS,
    estimator: Estimator | str | None = None,
    means: Backends | None = None,
) -> Verdict:
    """Whether a take is what was asked.

    Args:
        samples, rate: float32 [n], mono, and Hz
        text: what was to be said
        category: id or name of what was to be felt, with its intensity; or `mix` for several
        language: of the text
        twin: samples and rate of the same line read neutrally by the same voice; without it every check says less
        instruction: what the actor was told, which must not be read out
        whisper: share of whisper that was asked, 0 to 1
        checks: which of CHECKS to make
        estimator: the judge, or its name; None is the shipped one
        means: recognizer, speaker encoder and rater of the checks (from `load_backends`); None is the default
    Raises:
        UnknownNameError: a category or check that is not known
    """
    asked = dict(mix) if mix is not None else {category: intensity} if category else {}
    by_id = {taxonomy.get(name).id: float(level) for name, level in asked.items()}
    return answer(
        Question(samples, rate, text, by_id, language, twin, instruction, whisper, means or Backends()),
        checks=checks,
        estimator=estimator,
    )


def judge_clip(
    clip: Clip,
    twin: Clip | None = None,
    *,
    checks: Sequence[str] = CHECKS,
    estimator: Estimator | str | None = None,
    means: Backends | None = None,
) -> Verdict:
    """The verdict of a clip whose samples are at hand, asked what its record says was asked.

    Raises:
        UsageError: if the samples were not read
    """
    if clip.samples is None or (twin is not None and twin.samples is None):
        raise UsageError(f"clip {clip.record.id} has no samples to judge; read them first")
    plain = (twin.samples, twin.record.audio.sample_rate) if twin is not None and twin.samples is not None else None
    question = Question.from_record(clip.record, clip.samples, clip.record.audio.sample_rate, twin=plain, means=means)
    return answer(question, checks=checks, estimator=estimator)


def answer(
    question: Question, *, checks: Sequence[str] = CHECKS, estimator: Estimator | str | None = None, frugal: bool = False
) -> Verdict:
    """Make the checks and join them.

    frugal: leave out dear checks of what is rejected already; they are then "not judged", `not_reached`
    """
    for name in checks:
        if name not in CHECKS:
            raise UnknownNameError("check", name, CHECKS)
    made: list[Check] = []
    judge: Estimator | None = None
    profile: Profile | None = None
    todo = [name for name in CHECKS if name in checks]
    for number, name in enumerate(todo):
        report_step(name, number, len(todo))
        if made and made[0].reason == "not_finite":
            made.append(Check(name, "not judged", "the sound is not a sound", "not_finite"))
        elif frugal and name in EXPENSIVE_CHECKS and (failed := _first_failure(made)):
            made.append(Check(name, "not judged", f"not made: the take had failed {failed} already", NOT_REACHED))
        elif name == EMOTION_CHECK:
            judge, profile, found = _feeling(question, estimator)
            made += found
        else:
            made.append(_OTHERS[name](question))
    asked = [category for category, intensity in question.mix.items() if intensity > 0]
    evidence: dict[str, Evidence] = {category: profile.evidence.get(category, "none") for category in asked} if profile else {}
    return Verdict(
        join(made, list(evidence.values())),
        tuple(made),
        dict(question.mix),
        evidence,
        {"name": judge.name, "revision": judge.revision} if judge else None,
        "twin" if question.twin else "none",
        profile,
    )


def _feeling(question: Question, estimator: Estimator | str | None) -> tuple[Estimator | None, Profile | None, list[Check]]:
    """The judge, what it heard, and the checks made of that."""
    try:
        judge = load_estimator(estimator) if isinstance(estimator, str) else estimator or load_estimator()
    except ModelFileError as error:
        if estimator is not None:
            raise
        return None, None, [Check(EMOTION_CHECK, "not judged", str(error), "no_judge")]
    profile = listen(judge, question.samples, question.rate, question.twin)
    return judge, profile if isinstance(profile, Profile) else None, check_emotion(judge, profile, question.mix)


def _first_failure(made: Sequence[Check]) -> str | None:
    # An intensity that seems off leaves a take undecided: the other checks still have something to say.
    return next((check.name for check in made if check.outcome == "fail" and check.name != INTENSITY_CHECK), None)


def _feelings(mix: Mapping[str, float]) -> list[str]:
    """Names and keywords of what was asked, and what engines are given for it in brackets: what might be read out."""
    named = [word for category in mix for one in [taxonomy.get(category)] for word in (one.name, *one.keywords)]
    told = [word for category in mix for words in words_told(category) for word in words.split() if len(word) >= TELLING]
    return [*named, *told]


_OTHERS: Mapping[str, Callable[[Question], Check]] = {
    "quality": lambda asked: check_quality(asked.samples, asked.rate, text=asked.text, twin=asked.twin),
    "naturalness": lambda asked: check_naturalness(
        asked.samples, asked.rate, twin=asked.twin, whisper=asked.whisper, rater=asked.means.mos
    ),
    "identity": lambda asked: check_identity(asked.samples, asked.rate, twin=asked.twin, encoder=asked.means.speaker),
    "transcript": lambda asked: check_transcript(
        asked.samples,
        asked.rate,
        text=asked.text,
        language=asked.language,
        twin=asked.twin,
        instruction=asked.instruction,
        feelings=_feelings(asked.mix),
        whisper=asked.whisper,
        recognizer=asked.means.asr,
    ),
}
