"""The verdict of a take: all checks, joined; of samples, of a clip, and of a file with its record.

from voiceact.verify import verify

verdict = verify(samples, 24_000, text="Sit down, I'll get the doctor.", category="distress", intensity=5,
                 twin=(neutral, 24_000))
print(verdict.level, verdict.reasons)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from voiceact.acting import taxonomy
from voiceact.acting.controls import marker_words
from voiceact.audio import Samples
from voiceact.audio.words import Word
from voiceact.clip.clip import Clip
from voiceact.clip.record import Record, record_path, save_record
from voiceact.errors import UnknownNameError, UsageError
from voiceact.estimators.base import Estimator, Profile, adapt_estimator
from voiceact.estimators.burst_spans import Span
from voiceact.estimators.model_file import ModelFileError
from voiceact.estimators.registry import DEFAULT_ESTIMATOR, load_estimator
from voiceact.estimators.synthetic import refuse_synthetic_judge
from voiceact.runtime.progress import report_step
from voiceact.verify.apart import listen_apart, tell_kinds
from voiceact.verify.backends.base import Backends
from voiceact.verify.base import Check, Verdict, join
from voiceact.verify.emotion import check_emotion
from voiceact.verify.identity import check_identity
from voiceact.verify.naturalness import check_naturalness
from voiceact.verify.quality import check_quality
from voiceact.verify.transcript import check_transcript
from voiceact.vocabulary import CHECKS, EMOTION_CHECK, EXPENSIVE_CHECKS, INTENSITY_CHECK, NOT_REACHED, Evidence

if TYPE_CHECKING:
    from voiceact.verify.pass_rate import Tally

__all__ = ["CHECKS", "EXPENSIVE_CHECKS", "NOT_REACHED", "Question", "Verdict", "answer", "judge_clip", "judge_file", "verify"]

TELLING = 5
"""least letters of a word in brackets: shorter ones ("with", "down") may have been added by the recognizer"""


@dataclass(frozen=True)
class Question:
    """What is to be verified: a sound, what was requested, and what it is compared with.

    Attributes:
        samples: float32 [n], mono
        rate: Hz
        text: what was to be said
        mix: category id -> requested intensity
        language: of the text
        twin: samples and rate of the neutral reading
        instruction: what the engine was told in words
        whisper: requested share of whisper, 0 to 1
        backends: recognizer, speaker encoder and rater of the checks
        words: when each word and each burst (under its tag) is performed, as the engine told; empty where it does not
        spans: words and bursts as they were judged apart before, empty for a clip judged as one; None finds them
    """

    samples: Samples
    rate: int
    text: str
    mix: Mapping[str, float]
    language: str = "en"
    twin: tuple[Samples, int] | None = None
    instruction: str = ""
    whisper: float = 0.0
    backends: Backends = field(default=Backends(), repr=False)
    words: tuple[Word, ...] = field(default=(), repr=False)
    spans: tuple[Span, ...] | None = field(default=None, repr=False)

    @classmethod
    def from_record(
        cls,
        record: Record,
        samples: Samples,
        rate: int,
        *,
        twin: tuple[Samples, int] | None = None,
        backends: Backends | None = None,
        words: tuple[Word, ...] = (),
        spans: tuple[Span, ...] | None = None,
    ) -> "Question":
        """Create the question whether a sound is what its record says was requested.

        Args:
            record: of the clip
            samples: of the clip, float32 [n]
            rate: Hz
            twin: samples and rate of its neutral reading
            backends: backends of the checks; None is the defaults
            words: when each word is spoken, where that is known
            spans: words and bursts as they were judged apart before; None finds them
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
            backends=backends or Backends(),
            words=words,
            spans=spans,
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
    backends: Backends | None = None,
) -> Verdict:
    """Verify that a take is what was requested.

    Args:
        samples: float32 [n], mono
        rate: Hz
        text: what was to be said
        category: id or name of the requested emotion; or `mix` for several
        intensity: 0 to 7, of the category
        mix: category id or name -> intensity
        language: of the text
        twin: samples and rate of the same line read neutrally by the same voice; without it every check says less
        instruction: what the engine was told in words, which must not be read out
        whisper: requested share of whisper, 0 to 1
        checks: which of CHECKS to make
        estimator: the judge, or its name; None is the shipped one
        backends: recognizer, speaker encoder and rater of the checks (from `load_backends`); None is the defaults

    Raises:
        UnknownNameError: a category or check that is not known
    """
    requested = dict(mix) if mix is not None else {category: intensity} if category else {}
    by_id = {taxonomy.get(name).id: float(level) for name, level in requested.items()}
    return answer(
        Question(samples, rate, text, by_id, language, twin, instruction, whisper, backends or Backends()),
        checks=checks,
        estimator=estimator,
    )


def judge_clip(
    clip: Clip,
    twin: Clip | None = None,
    *,
    checks: Sequence[str] = CHECKS,
    estimator: Estimator | str | None = None,
    backends: Backends | None = None,
) -> Verdict:
    """Judge a clip whose samples are loaded against what its record says was requested.

    Raises:
        UsageError: if the samples were not read
    """
    if clip.samples is None or (twin is not None and twin.samples is None):
        raise UsageError(f"clip {clip.record.id} has no samples to judge; read them first")
    plain = (twin.samples, twin.record.audio.sample_rate) if twin is not None and twin.samples is not None else None
    rate = clip.record.audio.sample_rate
    question = Question.from_record(clip.record, clip.samples, rate, twin=plain, backends=backends, words=clip.words)
    return answer(question, checks=checks, estimator=estimator)


def judge_file(
    path: Path,
    *,
    twin: Callable[[Record], Clip | None] = lambda record: None,
    checks: Sequence[str] = CHECKS,
    estimator: Estimator | str | None = None,
    tally: "Tally | None" = None,
    backends: Backends | None = None,
) -> tuple[Clip, Verdict]:
    """Judge the clip of a record (or of the audio beside one) and add the verdict to its record.

    Args:
        path: of the record or the audio
        twin: makes the neutral reading of a record, None where it cannot be made
        checks: which of CHECKS to make
        estimator: another judge than the shipped one; the earlier verdict moves to `verdicts`, unchanged
        tally: counts the clip, for the pass rate of a set
        backends: recognizer, speaker encoder and rater of the checks; None is the defaults

    Raises:
        UsageError: naming file and cause if record or audio is missing, damaged or changed
    """
    clip = Clip.load(path).read()
    neutral = twin(clip.record)
    verdict = judge_clip(clip, neutral, checks=checks, estimator=estimator, backends=backends)
    if tally is not None:
        tally.add(clip, verdict, neutral)
    judged = clip.judged(verdict.to_record())
    save_record(judged.record, path if path.suffix.lower() == ".json" else record_path(path))
    return judged, verdict


def answer(
    question: Question, *, checks: Sequence[str] = CHECKS, estimator: Estimator | str | None = None, frugal: bool = False
) -> Verdict:
    """Make the checks and join them to a verdict.

    Args:
        question: what is to be verified
        checks: which of CHECKS to make
        estimator: the judge, or its name; None is the shipped one
        frugal: skip expensive checks of what is rejected already; they are then "not judged", `not_reached`

    Raises:
        UnknownNameError: a check that is not known
    """
    for name in checks:
        if name not in CHECKS:
            raise UnknownNameError("check", name, CHECKS)

    # Make the checks in order; one that failed may spare the later ones.
    done: list[Check] = []
    judge: Estimator | None = None
    profile: Profile | None = None
    spans: Sequence[Span] | None = None
    todo = [name for name in CHECKS if name in checks]
    for number, name in enumerate(todo):
        report_step(name, number, len(todo))
        failed = next((check.name for check in done if check.outcome == "fail" and check.name != INTENSITY_CHECK), None)
        if any(check.reason == "not_finite" for check in done):
            done.append(Check(name, "not judged", "the sound is not a sound", "not_finite"))
        elif frugal and name in EXPENSIVE_CHECKS and failed:
            done.append(Check(name, "not judged", f"not made: the take had failed {failed} already", NOT_REACHED))
        elif name == EMOTION_CHECK:
            judge, profile, spans, emotion_checks = _judge_emotion(question, estimator)
            done += emotion_checks
        else:
            done.append(LISTENING_CHECKS[name](question))

    requested = [category for category, intensity in question.mix.items() if intensity > 0]
    evidence: dict[str, Evidence] = {}
    if profile:
        evidence = {category: profile.evidence.get(category, "none") for category in requested}
    return Verdict(
        join(done, list(evidence.values())),
        tuple(done),
        dict(question.mix),
        evidence,
        {"name": judge.name, "revision": judge.revision} if judge else None,
        "twin" if question.twin else "none",
        profile,
        spans,
    )


def _judge_emotion(
    question: Question, estimator: Estimator | str | None
) -> tuple[Estimator | None, Profile | None, Sequence[Span] | None, list[Check]]:
    """Return the judge, its profile of the take (None where it can say nothing), what it heard apart, and its checks."""
    try:
        judge = load_estimator(estimator or DEFAULT_ESTIMATOR) if not estimator or isinstance(estimator, str) else estimator
    except ModelFileError as error:
        if estimator is not None:
            raise
        return None, None, None, [Check(EMOTION_CHECK, "not judged", str(error), "no_judge")]
    judge = adapt_estimator(judge)
    refuse_synthetic_judge(judge)
    heard = listen_apart(
        judge,
        question.samples,
        question.rate,
        question.twin,
        text=question.text,
        words=question.words,
        spans=question.spans,
    )
    profile = heard.profile
    checks = tell_kinds(check_emotion(judge, profile, question.mix), heard)
    return judge, profile if isinstance(profile, Profile) else None, heard.apart, checks


def emotion_words(mix: Mapping[str, float]) -> list[str]:
    """List words that an engine might read out instead of acting them: names and keywords of categories, markers' words.

    Args:
        mix: category id -> requested intensity
    """
    words: list[str] = []
    for name in mix:
        category = taxonomy.get(name)
        words += [category.name, *category.keywords]
        words += [word for marker in marker_words(name) for word in marker.split() if len(word) >= TELLING]
    return words


LISTENING_CHECKS: Mapping[str, Callable[[Question], Check]] = {
    "quality": lambda question: check_quality(question.samples, question.rate, text=question.text, twin=question.twin),
    "naturalness": lambda question: check_naturalness(
        question.samples, question.rate, twin=question.twin, whisper=question.whisper, rater=question.backends.mos
    ),
    "identity": lambda question: check_identity(
        question.samples, question.rate, twin=question.twin, encoder=question.backends.speaker
    ),
    "transcript": lambda question: check_transcript(
        question.samples,
        question.rate,
        text=question.text,
        language=question.language,
        twin=question.twin,
        instruction=question.instruction,
        feelings=emotion_words(question.mix),
        whisper=question.whisper,
        recognizer=question.backends.asr,
    ),
}
"""Checks with ears of their own, by name: all of CHECKS but the emotion's, which are made of the judge's profile."""
assert LISTENING_CHECKS.keys() | {EMOTION_CHECK} == set(CHECKS), "vocabulary.py names other checks"
