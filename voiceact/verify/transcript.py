"""Were the words said, and only the words?

What a recognizer hears is laid beside the text sound by sound, and the worst stretch of wrong sounds
decides: a dropped, added or swapped word is wrong throughout, a misheard one in a sound or two. Both sides are read by
`voiceact.text`, and a number is right in every reading of its value ("1984", "nineteen eighty-four"). Word error
rate and the longest run of wrong words stand beside it. A recognizer errs by itself, so where a take does
not pass, its neutral twin is heard too, and only what is worse than in the twin is laid to the take.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from voiceact.audio import Samples
from voiceact.text import SpokenForm, find_tags, speak, without_markup
from voiceact.text.comparison import Unit
from voiceact.verify.backends.asr.default import default_recognizer
from voiceact.verify.backends.base import Recognizer, Unavailable
from voiceact.verify.base import WHISPERED, Check
from voiceact.verify.phone_alignment import Sounds, compare
from voiceact.verify.text_normalization import Step, align, error_rate, longest_run, normalised, units

NAME = "transcript"

STRETCH, SOUND_ERRORS = 2.2, 0.35
"""worst stretch of wrong sounds and rate of wrong sounds up to which a take passes"""
WHISPERED_STRETCH, WHISPERED_ERRORS = 4.0, 0.5
"""the same for a whisper, which recognizers understand badly"""
STRETCH_MARGIN, ERROR_MARGIN = 0.8, 0.1
"""what a take may be worse than its neutral twin"""
UNFIT_ERRORS = 0.4
"""a twin heard worse than this shows that the recognizer does not understand the voice"""
FEWEST_WORDS = 3
_CLOCK = re.compile(r"(?<![\d.$€£-])([01]?\d|2[0-3])[.-]([0-5]\d)(?![\d.-])")

STAGE_WORDS = frozenset(
    """laugh laughter giggle chuckle sigh gasp whisper whispering cough sob sobbing cry crying
    weep groan moan growl sniff sniffle yawn scream shriek snort hum pause breath breathe inhale exhale gulp
    murmur mutter softly loudly quietly angrily sadly happily nervously excitedly sarcastically tearfully
    slowly emphatically""".split()
)
"""words of stage directions and tags that engines are given, and sometimes read out"""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What was heard of a sound, laid beside what was to be said: word by word, and sound by sound."""

    heard: str
    steps: tuple[Step, ...]
    sounds: Sounds
    wrong_numbers: tuple[tuple[str, str], ...] = ()
    """as they were to be said, and what was heard in their place"""
    other_errors: int = 0
    """wrong words that are no numbers"""

    @property
    def error_rate(self) -> float:
        return error_rate(self.steps)

    @property
    def longest_run(self) -> int:
        return longest_run(self.steps)


@dataclass(frozen=True, slots=True)
class Limits:
    """Highest worst stretch and rate of wrong sounds that pass, and whether every number must be right."""

    stretch: float = STRETCH
    errors: float = SOUND_ERRORS
    numbers: bool = False

    def broken(self, hearing: Hearing) -> str:
        """Reason code of the limit that is broken, or nothing."""
        if self.numbers and hearing.wrong_numbers:
            return "number"
        if hearing.sounds.worst_stretch > self.stretch:
            return "words"
        return "unclear" if hearing.sounds.error_rate > self.errors else ""

    def beside(self, twin: Hearing | None) -> "Limits":
        """Limits that are no tighter than what the neutral twin needs; a number is right or wrong whatever the twin says."""
        if twin is None:
            return self
        return Limits(
            max(self.stretch, twin.sounds.worst_stretch + STRETCH_MARGIN),
            max(self.errors, twin.sounds.error_rate + ERROR_MARGIN),
            self.numbers,
        )


def check_transcript(
    samples: Samples,
    rate: int,
    *,
    text: str,
    language: str = "en",
    twin: tuple[Samples, int] | None = None,
    instruction: str = "",
    feelings: Iterable[str] = (),
    whisper: float = 0.0,
    recognizer: Recognizer | Unavailable | None = None,
) -> Check:
    """Whether the text was said and nothing else.

    twin: samples and rate of the neutral reading; listened to only where the take alone does not pass
    instruction: what the actor was told, which must not be read out
    feelings: names and keywords of the categories asked, likewise
    whisper: share of whisper that was asked
    recognizer: None takes the best there is
    """
    recognizer, spoken = recognizer or default_recognizer(), speak(text, language)
    if isinstance(recognizer, Unavailable):
        return Check(NAME, "not judged", recognizer.why, "no_recognizer")
    cannot = _cannot_judge(recognizer, language, spoken)
    if recognizer is None or cannot:
        return Check(NAME, "not judged", *(cannot or ("", "")))
    strict = bool(getattr(recognizer, "judges_numbers", True)) and whisper < WHISPERED
    # Whoever hears well is no excuse for a word that was another one ("London" for "Boston" is a stretch of 1.2).
    stretch = float(getattr(recognizer, "stretch", STRETCH))
    limits = Limits(WHISPERED_STRETCH, WHISPERED_ERRORS) if whisper >= WHISPERED else Limits(stretch, numbers=strict)
    take = listen(recognizer, samples, rate, spoken, language, limits)
    tags = spoken_tags(take, text=text, instruction=instruction, feelings=feelings)
    if not limits.broken(take) and not tags and not take.wrong_numbers:
        return _passed(recognizer, take, None, limits)
    plain = listen(recognizer, *twin, spoken, language, limits) if twin else None
    if tags and not (plain and _heard_in(plain, tags)):
        return Check(
            NAME,
            "fail",
            f"words were spoken that are no part of the text: {', '.join(tags)}",
            "tag_spoken",
            take.sounds.worst_stretch,
            limits.stretch,
            _details(recognizer, take, plain) | {"tags": tags},
        )
    return _beside_twin(recognizer, take, plain, limits)


def listen(recognizer: Recognizer, samples: Samples, rate: int, spoken: SpokenForm, language: str, limits: Limits) -> Hearing:
    """Hear a sound and lay it beside the spoken form that was to be said.

    It is heard at one pace after another until it passes; the best hearing counts, because words that
    were not spoken are not understood by chance.
    """
    hearings: list[Hearing] = []
    for pace in recognizer.paces:
        heard = recognizer.hear(samples, round(rate * pace), language=language)
        hearings.append(_best_laid(spoken, heard, language))
        if not limits.broken(hearings[-1]):
            break
    return min(hearings, key=lambda hearing: (bool(limits.numbers and hearing.wrong_numbers), hearing.sounds.worst_stretch))


def _best_laid(spoken: SpokenForm, heard: str, language: str) -> Hearing:
    """What was heard beside the spoken form, in whichever accepted reading it fits best."""
    # Recognizers write a time of day as "11.26" or "10-11" too.
    written = dict.fromkeys((heard, _CLOCK.sub(r"\1:\2", heard)))
    laid = (_laid(form, heard, units(text, language), language) for text in written for form in _readings(spoken))
    return min(laid, key=lambda hearing: hearing.error_rate)


def _readings(spoken: SpokenForm) -> Iterator[SpokenForm]:
    """The spoken form, and once for each other accepted reading of one of its words."""
    yield spoken
    for place, sentence in enumerate(spoken.sentences):
        for number, word in enumerate(sentence.words):
            for reading in word.readings:
                words = (*sentence.words[:number], replace(word, spoken=reading), *sentence.words[number + 1 :])
                sentences = (*spoken.sentences[:place], replace(sentence, words=words), *spoken.sentences[place + 1 :])
                yield replace(spoken, sentences=sentences)


def _laid(spoken: SpokenForm, heard: str, other: Sequence[Unit], language: str) -> Hearing:
    own = units(spoken, language)
    steps = align([unit.key for unit in own], [unit.key for unit in other])
    # A number that is right is given the same sounds, whichever way the recognizer wrote it.
    sounds_own = [word for unit in own for word in unit.said.split()]
    sounds_other: list[str] = []
    wrong: list[tuple[str, str]] = []
    others = 0
    i = j = 0
    for step in steps:
        here, there = own[i : i + len(step.said.split())], other[j : j + len(step.heard.split())]
        i, j = i + len(here), j + len(there)
        sounds_other += [word for unit in (here if step.kind == "same" else there) for word in unit.said.split()]
        if step.kind == "same":
            continue
        if any(unit.number for unit in here) or not here and any(unit.number for unit in there):
            wrong.append((" ".join(unit.said for unit in here), " ".join(unit.said for unit in there)))
        else:
            others += 1
    return Hearing(heard, tuple(steps), compare(sounds_own, sounds_other, language=language), tuple(wrong), others)


def spoken_tags(hearing: Hearing, *, text: str, instruction: str = "", feelings: Iterable[str] = ()) -> list[str]:
    """Words of tags, stage directions, feelings or the instruction that were heard and do not stand in the text.

    A recognizer mishears one word for another, but rarely adds one: a single such word counts only where
    a word was added, two of them anywhere; of the instruction's own words it takes three.
    """
    own = {_stem(word) for word in normalised(without_markup(text))}
    marked = {_stem(word) for tag in find_tags(text) for word in normalised(tag.name)}
    felt = {_stem(word) for feeling in feelings for word in normalised(feeling) if len(word) > 3}
    stage = ({_stem(word) for word in STAGE_WORDS} | marked | felt) - own
    words = {_stem(word) for word in normalised(instruction) if len(word) > 4} - own - stage
    added = _words(hearing, "insertion", stage)
    anywhere = added + _words(hearing, "substitution", stage)
    if added or len(anywhere) > 1:
        return anywhere
    read_out = _words(hearing, "insertion", words) + _words(hearing, "substitution", words)
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


def _cannot_judge(recognizer: Recognizer | None, language: str, spoken: SpokenForm) -> tuple[str, str] | None:
    """Sentence and reason where the question cannot be asked."""
    if recognizer is None:
        return "no recognizer is installed; pip install pocketsphinx", "no_recognizer"
    if not recognizer.speaks(language):
        return f"{recognizer.name} does not know the language {language!r}", "language"
    if not units(spoken, language):
        return "the text holds no words", "no_words"
    return None


def _passed(recognizer: Recognizer, take: Hearing, plain: Hearing | None, limits: Limits) -> Check:
    return Check(
        NAME,
        "pass",
        f"the text was heard: {_in_words(take)}",
        "",
        take.sounds.worst_stretch,
        limits.stretch,
        _details(recognizer, take, plain),
    )


def _beside_twin(recognizer: Recognizer, take: Hearing, plain: Hearing | None, limits: Limits) -> Check:
    """The answer for a take that did not pass alone."""
    details = _details(recognizer, take, plain)
    if take.wrong_numbers and not limits.numbers and (not take.other_errors or not limits.beside(plain).broken(take)):
        # Nothing else is held against the take, and it may not pass with a number that was heard as another one.
        return _unjudged_numbers(recognizer, take, limits, details)
    if limits.numbers and plain and _unsteady_numbers(take, plain):
        return _unjudged_numbers(recognizer, take, limits, details)
    if plain and plain.sounds.error_rate > UNFIT_ERRORS:
        # Nor may it pass beside a twin that would excuse anything.
        return Check(
            NAME,
            "not judged",
            f"{recognizer.name} does not understand this voice: {plain.error_rate:.0%} "
            "of the words are wrong in the neutral twin too",
            "recognizer_unfit",
            take.sounds.worst_stretch,
            limits.stretch,
            details,
        )
    limits = limits.beside(plain)
    reason, figures = limits.broken(take), (take.sounds.worst_stretch, limits.stretch, details)
    if not reason:
        return _passed(recognizer, take, plain, limits)
    words = sum(len(step.said.split()) for step in take.steps)
    if words < FEWEST_WORDS:
        return Check(
            NAME,
            "not judged",
            f"heard {_shortened(take.heard)}; {words} words are too few to tell the recognizer's error from the voice's",
            "too_few_words",
            *figures,
        )
    if reason == "number":
        number, instead = take.wrong_numbers[0]
        return Check(NAME, "fail", f"another number was heard: {_shortened(instead)} for {number!r}", reason, *figures)
    return Check(NAME, "fail", f"{_in_words(take)}; heard {_shortened(take.heard)}", reason, *figures)


def _unsteady_numbers(take: Hearing, plain: Hearing) -> bool:
    """Whether every number that is wrong in the take is wrong in the twin too, but heard as something else.

    One voice that misreads a number misreads it twice alike; what changes from take to take is the recognizer's guess.
    """
    others = dict(plain.wrong_numbers)
    return bool(take.wrong_numbers) and all(
        number in others and others[number] != instead for number, instead in take.wrong_numbers
    )


def _unjudged_numbers(recognizer: Recognizer, take: Hearing, limits: Limits, details: dict[str, object]) -> Check:
    number, instead = take.wrong_numbers[0]
    others = "" if take.other_errors else ", and every other word is right"
    return Check(
        NAME,
        "not judged",
        f"numbers cannot be judged by {recognizer.name}: it heard {_shortened(instead)} for {number!r}{others}",
        "numbers",
        take.sounds.worst_stretch,
        limits.stretch,
        details,
    )


def _in_words(hearing: Hearing) -> str:
    run = f", {hearing.longest_run} in a row" if hearing.longest_run > 1 else ""
    return f"{hearing.error_rate:.0%} of the words{run} and {hearing.sounds.error_rate:.0%} of the sounds wrong"


def _details(recognizer: Recognizer, take: Hearing, plain: Hearing | None) -> dict[str, object]:
    revision = getattr(recognizer, "revision", "")
    figures = {
        "recognizer": recognizer.name,
        **({"revision": revision} if revision else {}),
        "heard": take.heard,
        "word_error_rate": take.error_rate,
        "longest_run": take.longest_run,
        "sound_error_rate": take.sounds.error_rate,
    }
    if plain:
        figures |= {
            "twin_heard": plain.heard,
            "twin_word_error_rate": plain.error_rate,
            "twin_worst_stretch": plain.sounds.worst_stretch,
        }
    return figures


def _shortened(heard: str) -> str:
    return repr(heard if len(heard) <= 80 else heard[:79] + "…") if heard else "nothing"
