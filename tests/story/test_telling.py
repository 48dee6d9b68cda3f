"""Scripts are told to files: one a paragraph, one of all; a second run tells only what is missing or was edited."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from builders import RATE, ToneEngine, build_take

from voiceact import audio
from voiceact.audio.words import Word
from voiceact.engines.base import Take
from voiceact.errors import UsageError, VoiceactError
from voiceact.story.script import ScriptParagraph, StoryScript, parse_script
from voiceact.story.telling import (
    BREAK_GAP,
    HEADING_GAP,
    PARAGRAPH_GAP,
    StoryTeller,
    check_story_folder,
    gap_before,
    trim_silence,
)

SCRIPT = """%% voiceact script 1
%% story = dark
%% cast narrator = monk
%% cast Anna = nurse

# The Cellar

narrator: It was dark.

Anna [Fear:3]: “Who is there?”
narrator: asked Anna.

***

narrator: Nobody came.
"""


class CountingEngine(ToneEngine):
    """Speaks a tenth of a second of noise a word, the same for the same text; remembers what it was asked, and by whom."""

    def __init__(self) -> None:
        self.spoken: list[tuple[str, str, tuple[tuple[str, float], ...]]] = []

    def perform(self, text, persona, direction, *, language, seed):  # type: ignore[no-untyped-def]
        self.spoken.append((persona.name, text, direction.mix))
        words = text.split()
        noise = np.random.default_rng(len(text)).normal(0, 0.1, len(words) * RATE // 10).astype(np.float32)
        timed = tuple(Word(word, number / 10, (number + 1) / 10) for number, word in enumerate(words))
        return Take(noise, RATE, seed, timed)


def told(folder: Path, text: str = SCRIPT, **options: object) -> list[tuple[str, str, tuple[tuple[str, float], ...]]]:
    """What was spoken to tell a script into a folder."""
    engine = CountingEngine()
    StoryTeller(parse_script(text), engine=engine).tell(folder, **options)  # type: ignore[arg-type]
    return engine.spoken


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_line_is_spoken_by_its_persona_with_its_feeling(tmp_path: Path) -> None:
    assert told(tmp_path / "told") == [
        ("monk", "The Cellar", ()),
        ("monk", "It was dark.", ()),
        ("nurse", "“Who is there?”", (("fear", 3.0),)),
        ("monk", "asked Anna.", ()),
        ("monk", "Nobody came.", ()),
    ]


def test_a_line_that_is_nothing_but_a_burst_is_performed(tmp_path: Path) -> None:
    seconds = []
    for name, line in (("without", ""), ("with", "Anna: [sighs]")):
        told(tmp_path / name, SCRIPT.replace("narrator: asked Anna.", line))
        seconds.append(audio.read(tmp_path / name / "paragraphs" / "0003.wav")[0].size / RATE)
    assert seconds[1] - seconds[0] > 0.4


def test_the_whole_is_its_paragraphs_with_silence_between(tmp_path: Path) -> None:
    told(tmp_path / "told")
    whole, rate = audio.read(tmp_path / "told" / "story.wav")
    pieces = [audio.read(path)[0] for path in sorted((tmp_path / "told" / "paragraphs").glob("*.wav"))]
    assert len(pieces) == 4
    script = parse_script(SCRIPT)
    pause = StoryTeller(script, engine=ToneEngine()).personas["narrator"].voice.pause
    joined = [pieces[0]]
    for before, paragraph, piece in zip(script.paragraphs, script.paragraphs[1:], pieces[1:], strict=False):
        joined += [np.zeros(round(gap_before(before, paragraph) * pause * rate), np.float32), piece]
    np.testing.assert_array_equal(whole, np.concatenate(joined))
    story = json.loads((tmp_path / "told" / "story.json").read_text())
    assert story["chapters"] == [["The Cellar", 0.0]] and story["seconds"] == pytest.approx(len(whole) / rate)
    assert "synthetic voices" in soundfile.SoundFile(tmp_path / "told" / "story.wav").title


def test_subtitles_lie_where_the_words_are_spoken(tmp_path: Path) -> None:
    told(tmp_path / "told", SCRIPT.replace("“Who", "[whisper] “Who"))
    subtitles = (tmp_path / "told" / "story.vtt").read_text()
    assert [row for row in subtitles.splitlines() if row and "-->" not in row] == [
        "WEBVTT", "The Cellar", "It was dark.", "“Who is there?”", "asked Anna.", "Nobody came.",
    ]  # fmt: skip
    # The last line is three words of a tenth of a second at the very end.
    seconds = json.loads((tmp_path / "told" / "story.json").read_text())["seconds"]
    start = subtitles.splitlines()[-2].split(" --> ")[0]
    assert float(start[-6:]) == pytest.approx(seconds - 0.2, abs=2e-3)
    assert (tmp_path / "told" / "story.srt").read_text().startswith("1\n00:00:00,000 --> ")


def test_what_is_told_stays_and_only_what_was_edited_is_told_again(tmp_path: Path) -> None:
    told(tmp_path / "told")
    before = tree(tmp_path / "told")
    assert told(tmp_path / "told") == [] and tree(tmp_path / "told") == before
    assert [text for _, text, _ in told(tmp_path / "told", SCRIPT.replace("Nobody", "Somebody"))] == ["Somebody came."]
    assert [text for _, text, _ in told(tmp_path / "told", SCRIPT.replace("Nobody", "Somebody"), redo=[2])] == ["It was dark."]
    assert [name for name, *_ in told(tmp_path / "told", SCRIPT.replace("Anna = nurse", "Anna = farmer"))] == [
        "farmer", "monk", "monk",
    ]  # fmt: skip


def test_a_damaged_paragraph_is_told_again(tmp_path: Path) -> None:
    told(tmp_path / "told")
    before = tree(tmp_path / "told")
    (tmp_path / "told" / "paragraphs" / "0002.wav").write_bytes(b"RIFF")
    (tmp_path / "told" / "paragraphs" / "0004.json").write_text("{")
    assert [text for _, text, _ in told(tmp_path / "told")] == ["It was dark.", "Nobody came."]
    assert tree(tmp_path / "told") == before


def test_a_shorter_script_or_another_format_leaves_no_old_files(tmp_path: Path) -> None:
    told(tmp_path / "told")
    StoryTeller(parse_script(SCRIPT.partition("***")[0]), engine=CountingEngine(), suffix="flac").tell(tmp_path / "told")
    assert sorted(tree(tmp_path / "told")) == [
        "paragraphs/0001.flac", "paragraphs/0001.json", "paragraphs/0002.flac", "paragraphs/0002.json",
        "paragraphs/0003.flac", "paragraphs/0003.json", "script.txt", "story.flac", "story.json", "story.srt", "story.vtt",
    ]  # fmt: skip


def test_an_engine_that_fails_half_way_leaves_what_was_told_and_the_rest_is_the_same(tmp_path: Path) -> None:
    class Failing(CountingEngine):
        def perform(self, text, persona, direction, *, language, seed):  # type: ignore[no-untyped-def]
            if text == "asked Anna.":
                raise VoiceactError("the engine is out of breath")
            return super().perform(text, persona, direction, language=language, seed=seed)

    with pytest.raises(VoiceactError, match="out of breath"):
        StoryTeller(parse_script(SCRIPT), engine=Failing()).tell(tmp_path / "told")
    assert sorted(tree(tmp_path / "told" / "paragraphs")) == ["0001.json", "0001.wav", "0002.json", "0002.wav"]
    assert len(told(tmp_path / "told")) == 3
    told(tmp_path / "other")
    assert tree(tmp_path / "told") == tree(tmp_path / "other")


def test_the_first_interrupt_ends_the_run_behind_a_passage(tmp_path: Path) -> None:
    class Interrupted(CountingEngine):
        def perform(self, text, persona, direction, *, language, seed):  # type: ignore[no-untyped-def]
            if text.startswith("“Who"):
                os.kill(os.getpid(), signal.SIGINT)
            return super().perform(text, persona, direction, language=language, seed=seed)

    sentences: list[str] = []
    run = StoryTeller(parse_script(SCRIPT), engine=Interrupted()).tell(tmp_path / "told", announce=sentences.append)
    assert run.interrupted and run.made == (1, 2) and run.total == 4
    assert len(sentences) == 1 and "the same command tells the rest" in sentences[0]
    assert not (tmp_path / "told" / "story.wav").exists() and not list((tmp_path / "told").rglob("*.part"))
    assert [text for _, text, _ in told(tmp_path / "told")] == ["“Who is there?”", "asked Anna.", "Nobody came."]


def test_silence_at_the_ends_of_a_take_is_cut_and_its_words_move_along() -> None:
    noise = build_take().samples
    silent = np.zeros(RATE, np.float32)
    take = Take(np.concatenate([silent, noise, silent]), RATE, 0, (Word("Hi", 1.0, 1.5),))
    trimmed = trim_silence(take)
    assert len(trimmed.samples) == pytest.approx(len(noise) + 0.3 * RATE, abs=50)
    assert trimmed.words[0].start == pytest.approx(0.15, abs=0.01)
    assert trim_silence(replace(take, samples=silent)).samples is silent


def test_pauses_grow_from_paragraph_to_scene() -> None:
    text, heading = ScriptParagraph(()), ScriptParagraph((), heading=True)
    assert gap_before(text, text) == PARAGRAPH_GAP < gap_before(heading, text) == HEADING_GAP
    assert gap_before(text, heading) == gap_before(text, ScriptParagraph((), after_break=True)) == BREAK_GAP > HEADING_GAP


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SCRIPT.replace("nurse", "nurze"), "the script: Anna: unknown persona 'nurze'; did you mean 'nurse'"),
        (SCRIPT.replace("Fear:3", "Wibble:3"), "the script: Anna: '“Who is there?”': "),
        (SCRIPT.replace("Fear:3", "Fear:9"), "the script: Anna: '“Who is there?”': "),
        (SCRIPT.replace("%% cast narrator = monk\n", ""), "nobody narrates"),
        ("%% voiceact script 1\n%% cast narrator = monk\n", "has no paragraph"),
        ("%% voiceact script 1\n%% cast narrator = monk\nnarrator: …", "holds no word that can be spoken"),
    ],
)
def test_what_cannot_be_told_is_said_before_anything_is_written(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        told(tmp_path / "told", text)
    assert message in str(error.value)
    assert not (tmp_path / "told").exists()


def test_people_outside_the_cast_are_named(tmp_path: Path) -> None:
    teller = StoryTeller(parse_script(SCRIPT.replace("Anna [", "Tom [")), engine=CountingEngine())
    assert teller.notes == ("not in the cast, so spoken by the narrator: Tom (1)",)


def test_folders_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    told(tmp_path / "told")
    with pytest.raises(UsageError, match="holds another story, 'dark'; name a new folder for 'bright'"):
        told(tmp_path / "told", SCRIPT.replace("= dark", "= bright"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(UsageError, match="holds files that are no story"):
        check_story_folder(tmp_path / "mine", "dark")
    with pytest.raises(UsageError, match="is a file; expected a folder"):
        check_story_folder(tmp_path / "mine" / "letter.txt", "dark")
    with pytest.raises(UsageError, match="does not exist; create it first"):
        check_story_folder(tmp_path / "no" / "folder", "dark")
    with pytest.raises(UsageError, match="there is no paragraph 9 to tell again; expected 1 to 4"):
        told(tmp_path / "told", redo=[9])


def test_a_verdict_of_each_passage_is_counted(tmp_path: Path) -> None:
    script = StoryScript("dark", {"narrator": "monk"}, parse_script(SCRIPT).paragraphs[1:2])
    run = StoryTeller(script, engine=CountingEngine(), checks=("quality",)).tell(tmp_path / "told")
    assert sum(run.levels.values()) == 1
