"""Were the words said, and only the words?

A recognizer errs by itself, so the limit moves with it: what it makes of the neutral twin is what it
makes of this voice and this line, and only errors beyond that are laid to the take.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voiceact.audio import Samples
from voiceact.verify.base import Check
from voiceact.verify.recognizer import Recognizer, default_recognizer
from voiceact.verify.words import Step, align, error_rate, forgiven, longest_run, normalised, written

NAME = "transcript"

PASSING_RATE = 0.20
"""word error rate up to which nothing more is asked"""
MARGIN = 0.25
"""error rate a take may have beyond its twin's"""
PASSING_RUN = 2
RUN_MARGIN = 2
"""wrong words in a row, likewise"""
LONE_RATE, LONE_RUN = 0.45, 4
"""limits where there is no twin"""
UNFIT_RATE = 0.60
"""a twin heard worse than this shows that the recognizer does not understand the voice"""
FEWEST_WORDS = 3

STAGE_WORDS = frozenset("""laugh laughter giggle chuckle sigh gasp whisper whispering cough sob sobbing cry crying
    weep groan moan growl sniff sniffle yawn scream shriek snort hum pause breath breathe inhale exhale gulp
    murmur mutter softly loudly quietly angrily sadly happily nervously excitedly sarcastically tearfully
    slowly emphatically""".split())
"""words of stage directions and tags that engines are given, and sometimes read out"""

TAG = re.compile(r"\[[^\]]*\]|<[^>]*>|\*[^*]+\*|\((?:[a-z]+ing|[a-z]+ly|laughs?|sighs?|gasps?)[^)]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Words, normalised, that were to be said, and those of them the recognizer cannot know."""

    words: tuple[str, ...]
    language: str = "en"
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard of a take, laid beside what was to be said."""

    heard: str
    steps: tuple[Step, ...]

    @property
    def error_rate(self) -> float:
        return error_rate(self.steps)

    @property
    def longest_run(self) -> int:
        return longest_run(self.steps)

    @property
    def passes(self) -> bool:
        """Whether nothing more needs to be asked."""
        return self.error_rate <= PASSING_RATE and self.longest_run <= PASSING_RUN


def check_transcript(samples: Samples, rate: int, *, text: str, language: str = "en",
                     twin: tuple[Samples, int] | None = None, instruction: str = "", feelings: Iterable[str] = (),
                     recognizer: Recognizer | None = None) -> Check:
    """Whether the text was said and nothing else.

    twin: samples and rate of the neutral reading; listened to only where the take alone does not pass
    instruction: what the actor was told, which must not be read out
    feelings: names and keywords of the categories asked, likewise
    recognizer: None takes the best there is
    """
    recognizer = recognizer or default_recognizer()
    said = normalised(without_tags(text))
    cannot = _cannot_judge(recognizer, language, said)
    if recognizer is None or cannot:
        return Check(NAME, "not judged", *(cannot or ("", "")))
    asked = Asked(tuple(said), language, unknown_words(recognizer, text))
    take = listen(recognizer, samples, rate, asked)
    tags = spoken_tags(take, text=text, instruction=instruction, feelings=feelings)
    if take.passes and not tags:
        return _answer(recognizer, take, None, len(said))
    plain = listen(recognizer, *twin, asked) if twin else None
    if tags and not (plain and _heard_in(plain, tags)):
        words = ", ".join(tags)
        return Check(NAME, "fail", f"words were spoken that are no part of the text: {words}", "tag_spoken",
                     take.error_rate, details=_details(recognizer, take, plain) | {"tags": list(tags)})
    return _answer(recognizer, take, plain, len(said))


def unknown_words(recognizer: Recognizer, text: str) -> frozenset[str]:
    """Words of the text, normalised, that are not in the recognizer's dictionary and can never be heard (names)."""
    words = [word for word in written(without_tags(text)) if not recognizer.knows(word)]
    return frozenset(one for word in words for one in normalised(word) if not recognizer.knows(one))


def listen(recognizer: Recognizer, samples: Samples, rate: int, asked: Asked) -> Hearing:
    """Hear a sound and lay it beside the words that were to be said.

    It is heard at one pace after another until it passes; the best hearing counts, because words that
    were not spoken are not understood by chance.
    """
    best: Hearing | None = None
    for pace in recognizer.paces:
        heard = recognizer.hear(samples, round(rate * pace), language=asked.language)
        hearing = Hearing(heard, tuple(forgiven(align(asked.words, normalised(heard)), asked.unknown)))
        if best is None or hearing.error_rate < best.error_rate:
            best = hearing
        if best.passes:
            break
    assert best is not None  # every recognizer has a pace
    return best


def without_tags(text: str) -> str:
    """The text without [tags], <tags>, *stage directions* and (sighing)."""
    return TAG.sub(" ", text)


def spoken_tags(hearing: Hearing, *, text: str, instruction: str = "", feelings: Iterable[str] = ()) -> list[str]:
    """Words of tags, stage directions, feelings or the instruction that were heard and do not stand in the text.

    A recognizer mishears one word for another, but rarely adds one: a single such word counts only where
    a word was added, two of them anywhere; of the instruction's own words it takes three.
    """
    own = {_stem(word) for word in normalised(without_tags(text))}
    marked = {_stem(word) for tag in TAG.findall(text) for word in normalised(tag)}
    felt = {_stem(word) for feeling in feelings for word in normalised(feeling) if len(word) > 3}
    stage = ({_stem(word) for word in STAGE_WORDS} | marked | felt) - own
    told = {_stem(word) for word in normalised(instruction) if len(word) > 4} - own - stage
    added = _words(hearing, "insertion", stage)
    anywhere = added + _words(hearing, "substitution", stage)
    if added or len(anywhere) > 1:
        return anywhere
    read_out = _words(hearing, "insertion", told) + _words(hearing, "substitution", told)
    return read_out if len(set(read_out)) > 2 else []


def _words(hearing: Hearing, kind: str, vocabulary: set[str]) -> list[str]:
    return [step.heard for step in hearing.steps if step.kind == kind and _stem(step.heard) in vocabulary]


def _heard_in(hearing: Hearing, words: Sequence[str]) -> bool:
    return set(words) <= set(normalised(hearing.heard))


def _stem(word: str) -> str:
    """A word without its commonest ending: "sighs", "sighing" and "sighed" are one."""
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) > 2:
            return word.removesuffix(ending)
    return word


def _cannot_judge(recognizer: Recognizer | None, language: str, said: Sequence[str]) -> tuple[str, str] | None:
    """Sentence and reason where the question cannot be asked."""
    if recognizer is None:
        return "no recognizer is installed; pip install pocketsphinx", "no_recognizer"
    if not recognizer.speaks(language):
        return f"{recognizer.name} does not know the language {language!r}", "language"
    if not said:
        return "the text holds no words", "no_words"
    return None


def _answer(recognizer: Recognizer, take: Hearing, plain: Hearing | None, words: int) -> Check:
    details = _details(recognizer, take, plain)
    if plain and plain.error_rate > UNFIT_RATE:
        return Check(NAME, "not judged", f"{recognizer.name} does not understand this voice: {plain.error_rate:.0%} of "
                     "the words are wrong in the neutral twin too", "recognizer_unfit", take.error_rate, None, details)
    rate_limit, run_limit = _limits(plain, alone=take.passes)
    beside = f", in the neutral twin {plain.error_rate:.0%}" if plain else ""
    found = f"{take.error_rate:.0%} of {words} words wrong (limit {rate_limit:.0%}{beside})"
    details |= {"longest_run_limit": run_limit}
    failed = "words" if take.error_rate > rate_limit else "run" if take.longest_run > run_limit else ""
    if failed and words < FEWEST_WORDS:
        return Check(NAME, "not judged", f"heard {take.heard!r}; {words} words are too few to tell the recognizer's "
                     "error from the voice's", "too_few_words", take.error_rate, rate_limit, details)
    if failed == "run":
        found = f"{take.longest_run} wrong words in a row (limit {run_limit})"
    if failed:
        return Check(NAME, "fail", f"{found}; heard {_shortened(take.heard)}", failed, take.error_rate, rate_limit,
                     details)
    return Check(NAME, "pass", found, "", take.error_rate, rate_limit, details)


def _limits(plain: Hearing | None, *, alone: bool) -> tuple[float, int]:
    """Highest error rate and longest run that pass."""
    if alone:
        return PASSING_RATE, PASSING_RUN
    if plain is None:
        return LONE_RATE, LONE_RUN
    return max(PASSING_RATE, plain.error_rate + MARGIN), max(PASSING_RUN, plain.longest_run + RUN_MARGIN)


def _details(recognizer: Recognizer, take: Hearing, plain: Hearing | None) -> dict[str, object]:
    twin = {"twin_heard": plain.heard, "twin_error_rate": plain.error_rate} if plain else {}
    return {"recognizer": recognizer.name, "heard": take.heard, "longest_run": take.longest_run, **twin}


def _shortened(heard: str) -> str:
    return repr(heard if len(heard) <= 80 else heard[:79] + "…") if heard else "nothing"
