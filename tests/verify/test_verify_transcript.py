"""Were the words said, and only the words? A recognizer that answers from a script is asked."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from voiceact.text import without_markup
from voiceact.verify.backends.asr.pocketsphinx import PocketSphinx, Whisper
from voiceact.verify.transcript import check_transcript

TEXT = "The blue cup stands next to the kettle on the second shelf."
SAID = "the blue cup stands next to the kettle on the second shelf"
TAKE, TWIN = np.full(10, 1, np.float32), np.full(10, 2, np.float32)


class Scripted:
    """Hears, of a take and of its twin, what it is told to."""

    name, paces = "scripted", (1.0,)

    def __init__(self, take: str, twin: str = SAID):
        self.answers, self.asked = {1: take, 2: twin}, []

    def speaks(self, language: str) -> bool:
        return language == "en"

    def hear(self, samples: np.ndarray, rate: int, *, language: str) -> str:
        self.asked.append((int(samples[0]), rate))
        return self.answers[int(samples[0])]


def check(heard: str, twin: str | None = SAID, text: str = TEXT, **options: object):
    recognizer = Scripted(heard, twin or "")
    return check_transcript(
        TAKE, 16000, text=text, twin=(TWIN, 16000) if twin is not None else None, recognizer=recognizer, **options
    )


def test_what_was_said_passes_without_hearing_the_twin() -> None:
    recognizer = Scripted(SAID)
    found = check_transcript(TAKE, 16000, text=TEXT, twin=(TWIN, 16000), recognizer=recognizer)
    assert (found.outcome, found.reason, found.figure) == ("pass", "", 0)
    assert found.sentence == "the text was heard: 0% of the words and 0% of the sounds wrong"
    assert [which for which, _ in recognizer.asked] == [1]


def test_misheard_words_pass_and_are_counted() -> None:
    found = check("the blue cap stands next to the cattle on a second shelf")
    assert found.outcome == "pass"
    assert found.details["word_error_rate"] == pytest.approx(3 / 12)
    assert found.details["longest_run"] == 1


@pytest.mark.parametrize(
    "heard",
    [
        "the blue cup stands next to the kettle",
        "the blue cup the kettle on the second shelf",
        "the blue cup stands next to the kettle on the second shelf second shelf",
        "the blue cup stands green tables kettle on the second shelf",
        "somebody else entirely is speaking of the weather",
        "",
    ],
)
def test_words_dropped_added_or_swapped_fail(heard: str) -> None:
    for twin in (SAID, None):
        found = check(heard, twin)
        assert (found.outcome, found.reason) == ("fail", "words")
        assert found.figure is not None and found.threshold is not None
        assert found.figure > found.threshold
        assert "heard" in found.sentence


def test_what_the_twin_is_misheard_as_too_is_not_laid_to_the_take() -> None:
    misheard = "the blue cup stands next in the house on the second shelf"
    assert check(misheard, twin=None).outcome == "fail"
    assert check(misheard, twin=misheard).outcome == "pass"


def test_a_voice_the_recognizer_does_not_understand_is_not_judged() -> None:
    found = check("we can tank what a slow tune", twin="determine if i can surf and then")
    assert (found.outcome, found.reason) == ("not judged", "recognizer_unfit")
    assert "does not understand this voice" in found.sentence


@pytest.mark.parametrize(
    ("heard", "tag"),
    [
        ("laughs " + SAID, "laughs"),
        ("sighing " + SAID, "sighing"),
        (SAID + " whisper", "whisper"),
        ("with concern " + SAID, "concern"),
    ],
)
def test_a_tag_read_aloud_has_a_reason_of_its_own(heard: str, tag: str) -> None:
    found = check(heard, feelings=("Distress", "Concern"))
    assert (found.outcome, found.reason) == ("fail", "tag_spoken")
    assert found.sentence == f"words were spoken that are no part of the text: {tag}"


def test_tags_in_the_text_are_not_to_be_said() -> None:
    text = "[laughs] The blue cup (sighing) stands *laughs softly* next to the kettle on the <break/> second shelf."
    assert without_markup(text).split() == TEXT.split()
    assert check(SAID, text=text).outcome == "pass"
    assert check("laughs " + SAID, text=text).reason == "tag_spoken"


def test_words_of_the_text_are_no_tags() -> None:
    text, heard = "He began to laugh, and then to sob.", "he began to laugh and then to sob"
    assert check(heard, heard, text=text).outcome == "pass"


def test_the_instruction_read_aloud_is_found() -> None:
    told = "Speak with a trembling, pressed voice, far faster than usual."
    found = check("speak with a trembling pressed voice " + SAID, instruction=told)
    assert found.reason == "tag_spoken"


def test_a_tag_heard_in_the_twin_too_is_a_mishearing() -> None:
    both = "the blue cup stands next to the kettle on the sigh second shelf"
    assert check(both, twin=both).outcome == "pass"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("I was born in 1984.", "i was born in nineteen eighty four"),
        ("I was born in 1984.", "I was born in 1984."),
        ("It costs $5 today.", "it costs five dollars today"),
        ("Meet me at 3:15 p.m.", "meet me at three fifteen p m"),
        ("Call 911 now.", "call nine hundred eleven now"),
        ("Dr. Lee lives at No. 5.", "doctor lee lives at number five"),
        ("The FBI called.", "the f b i called"),
        ("The FBI called.", "The FBI called."),
        ("W-what? Noooo!", "what no"),
        ("It is −5 °C here.", "it is minus five degrees celsius here"),
        ("Henry VIII was king.", "henry the eighth was king"),
        ("Room 101 is mine.", "room one hundred and one is mine"),
    ],
)
def test_every_accepted_reading_passes(text: str, heard: str) -> None:
    found = check(heard, None, text=text)
    assert (found.outcome, found.details["word_error_rate"]) == ("pass", 0), found.sentence


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("I was born in 1984.", "i was born in nineteen eighty five"),
        ("It costs 12,50 €.", "it costs one thousand two hundred fifty"),
        ("It costs $5 today.", "it costs nine dollars today"),
        ("Meet me at 3:15 p.m.", "meet me at three fifty p m"),
        ("Wait .5 seconds.", "wait five seconds"),
        ("I have 17 apples.", "i have seventy apples"),
    ],
)
def test_another_value_fails(text: str, heard: str) -> None:
    assert check(heard, None, text=text).outcome == "fail"


def test_a_number_that_the_recognizer_cannot_hear_is_not_laid_to_the_voice() -> None:
    recognizer = Scripted("i was born in two hundred sixty six")
    assert check_transcript(TAKE, 16000, text="I was born in 1984.", recognizer=recognizer).reason == "number"
    recognizer.judges_numbers = False
    answer = check_transcript(TAKE, 16000, text="I was born in 1984.", recognizer=recognizer)
    assert (answer.outcome, answer.reason) == ("not judged", "numbers")
    assert "numbers cannot be judged by scripted" in answer.sentence
    assert "this voice" not in answer.sentence


def test_numbers_are_read_in_the_lines_own_language() -> None:
    class German(Scripted):
        def speaks(self, language: str) -> bool:
            return language == "de"

    text, heard = (
        "Wir treffen uns um 3 Uhr 15 am 24. Juli 2013.",
        "wir treffen uns um drei uhr fünfzehn am vierundzwanzigsten juli zweitausenddreizehn",
    )
    passed = check_transcript(TAKE, 16000, text=text, language="de", recognizer=German(heard))
    assert (passed.outcome, passed.details["word_error_rate"]) == ("pass", 0), passed.sentence


def test_a_stressed_word_is_to_be_said_and_an_action_is_not() -> None:
    assert check("i am very tired", None, text="*sighs* I am *very* tired.").details["word_error_rate"] == 0
    assert check("sighs i am very tired", None, text="[sighs] I am very tired.").reason == "tag_spoken"


def test_whispers_are_held_to_wider_limits() -> None:
    heard = "the blue cup stands next in the house on the second shelf"
    assert check(heard, whisper=0.0).outcome == "fail"
    assert check(heard, whisper=0.9).outcome == "pass"


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("Guten Tag, wie geht es?", "de", "language"),
        ("… !", "en", "no_words"),
    ],
)
def test_what_cannot_be_asked_is_not_judged(text: str, language: str, reason: str) -> None:
    found = check("anything", text=text, language=language)
    assert (found.outcome, found.reason) == ("not judged", reason)


def test_two_words_are_too_few_to_blame_the_voice() -> None:
    assert check("oh dear", "not now", text="Not now!").reason == "too_few_words"
    assert check("not now", "not now", text="Not now!").outcome == "pass"


def test_a_recognizer_is_played_the_sound_at_its_paces_until_it_understands() -> None:
    class Slow(Scripted):
        paces = (1.0, 0.5, 0.25)

        def hear(self, samples: np.ndarray, rate: int, *, language: str) -> str:
            super().hear(samples, rate, language=language)
            return SAID if rate == 8000 else "nonsense"

    recognizer = Slow("")
    assert check_transcript(TAKE, 16000, text=TEXT, recognizer=recognizer).outcome == "pass"
    assert [rate for _, rate in recognizer.asked] == [16000, 8000]


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("The train leaves from London at noon.", "the train leaves from boston at noon"),
        ("We sold the chairs before Monday.", "we sold the letters before monday"),
        ("Meet me on July 12 at the bakery.", "Meet me on July 10th at the bakery."),
        ("It is the fifth of them.", "it is the sixth of them"),
    ],
)
def test_a_recognizer_that_hears_well_lets_no_other_word_pass(text: str, heard: str) -> None:
    class Sharp:
        name, paces, stretch, judges_numbers = "sharp", (1.0,), 0.8, True

        def __init__(self, heard: str):
            self.heard = heard

        def speaks(self, language: str) -> bool:
            return True

        def hear(self, samples: np.ndarray, rate: int, *, language: str) -> str:
            return self.heard

    silence = np.zeros(2400, np.float32)
    assert check_transcript(silence, 24000, text=text, recognizer=Sharp(heard)).outcome == "fail"
    assert check_transcript(silence, 24000, text=text, recognizer=Sharp(text)).outcome == "pass"


def test_the_real_recognizer_hears_the_real_engine() -> None:
    from voiceact import synth

    recognizer = PocketSphinx()
    clip = synth(persona="nurse", text=TEXT)
    assert clip.samples is not None
    found = check_transcript(clip.samples, 24000, text=TEXT, recognizer=recognizer)
    assert found.outcome == "pass", found.sentence
    other = check_transcript(clip.samples, 24000, text="Six chairs were placed around the table.", recognizer=recognizer)
    assert (other.outcome, other.reason) == ("fail", "words")
    heard = [recognizer.hear(clip.samples, 24000, language="en") for _ in range(2)]
    assert heard[0] == heard[1]
    assert recognizer.hear(np.zeros(100, np.float32), 24000, language="en") == ""
    assert not recognizer.speaks("de")


def test_whisper_is_taken_only_where_a_model_is_already_here(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = []

    class Model:
        """Stands for faster_whisper.WhisperModel with base.en in its cache."""

        def __init__(self, size: str, **options: object):
            wanted.append((size, options["local_files_only"]))
            if size != "base.en":
                raise OSError("not in the cache")

        def transcribe(self, sound: np.ndarray, **options: object) -> tuple[list[SimpleNamespace], None]:
            assert options["language"] == "en"
            return [SimpleNamespace(text=" The blue cup"), SimpleNamespace(text=" stands. ")], None

    monkeypatch.setitem(sys.modules, "faster_whisper", SimpleNamespace(WhisperModel=Model))
    recognizer = Whisper()
    assert (recognizer.name, recognizer.speaks("en-GB"), recognizer.speaks("de")) == ("faster-whisper base.en", True, False)
    assert recognizer.hear(np.ones(16000, np.float32), 16000, language="en-GB") == "The blue cup stands."
    assert [size for size, _ in wanted] == ["small", "small.en", "base", "base.en"]
    assert all(local for _, local in wanted)
    monkeypatch.setattr("voiceact.verify.backends.asr.pocketsphinx.WHISPER_MODELS", ("small",))
    with pytest.raises(RuntimeError, match="no model of faster-whisper"):
        Whisper()
