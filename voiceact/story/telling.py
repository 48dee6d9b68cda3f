"""Tell a script: one audio file a paragraph, then all of them as one file with subtitles, in memory that does not grow.

>>> from pathlib import Path
>>> from voiceact.story.script import parse_script
>>> from voiceact.story.telling import StoryTeller
>>> teller = StoryTeller(parse_script(Path("script.txt").read_text()))  # doctest: +SKIP
>>> teller.tell(Path("told")).seconds  # doctest: +SKIP
61.3

A paragraph that was told is told again only if something that decides its sound has changed.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from voiceact import __version__
from voiceact.acting.persona import Persona
from voiceact.audio import Samples
from voiceact.audio.captions import Caption, captions, timed_text, write_subtitles
from voiceact.audio.stream import AudioWriter, read_blocks
from voiceact.audio.words import Word
from voiceact.clip.record import provenance
from voiceact.engines.base import Engine, Take, adapt_engine
from voiceact.engines.registry import DEFAULT_ENGINE, load_engine, spec_of
from voiceact.errors import UsageError
from voiceact.prompting.cast import NARRATOR, load_cast, match_cast
from voiceact.prompting.feeling import read_emotions
from voiceact.prompting.inline import write_out_phrases
from voiceact.runtime.atomic_files import sha256_file, write_text_whole, write_whole
from voiceact.runtime.folder_lock import hold_folder
from voiceact.runtime.progress import quiet_steps, report_step
from voiceact.runtime.signals import graceful_stop
from voiceact.story.script import ScriptLine, ScriptParagraph, StoryScript, write_script
from voiceact.synthesis.inline import caption_text, read_cues
from voiceact.synthesis.joining import PassageJoiner, shift_words
from voiceact.synthesis.kernel import TakeMaker, record_unspoken
from voiceact.synthesis.request import ResolvedRequest, SynthesisRequest, check_seed, resolve_request
from voiceact.text.markup import has_words
from voiceact.text.passages import iterate_passages

FORMATS = ("wav", "flac")
"""without loss, so that the whole is as good as its paragraphs"""
SCRIPT, MANIFEST, PARAGRAPHS = "script.txt", "story.json", "paragraphs"
SPEAKER_GAP = 0.2
PARAGRAPH_GAP = 0.7
HEADING_GAP = 1.2
BREAK_GAP = 1.6
"""seconds of silence between two speakers, between paragraphs, behind a heading, and before a heading or a new scene"""
EDGE_SECONDS = 0.15
SILENCE = 10 ** (-50 / 20)
"""silence that is kept at either end of a take, and the share of its peak below which it is silent"""
SOUND_VERSION = 1
"""counted up when the same script would sound otherwise"""


class ToldParagraph(msgspec.Struct, frozen=True):
    """A paragraph that was told, as it is kept beside its audio."""

    number: int
    fingerprint: str
    """of everything that decides its sound"""
    path: str
    sha256: str
    seconds: float
    speakers: list[str]
    text: str
    words: list[tuple[str, float, float]]
    """each with its start and end in seconds; empty where the engine knows none"""
    levels: list[str]
    """level of the verdict of each passage; empty where nothing was judged"""


class StoryFile(msgspec.Struct, frozen=True):
    """What a folder says of the story in it."""

    story: str
    paragraphs: int
    whole: str | None = None
    """the continuous audio file; null until every paragraph is told"""
    sha256: str | None = None
    seconds: float | None = None
    chapters: list[tuple[str, float]] = []
    """headings, with the second at which each begins"""
    levels: dict[str, int] = {}


@dataclass(frozen=True, slots=True)
class Telling:
    """How a run went.

    Attributes:
        made: numbers of the paragraphs that were told in it
        total: number of all paragraphs
        whole: the continuous file; None if the run was interrupted
        seconds: its duration
        levels: level of verdict -> number of passages; empty where nothing was judged
        chapters: headings, with the second at which each begins
    """

    made: tuple[int, ...]
    total: int
    whole: Path | None = None
    seconds: float = 0.0
    levels: dict[str, int] = field(default_factory=dict)
    chapters: tuple[tuple[str, float], ...] = ()

    @property
    def interrupted(self) -> bool:
        """Whether paragraphs are left."""
        return self.whole is None


class StoryTeller:
    """Turns the lines of a script into requests, each persona read once, and tells them.

    Args:
        script: what is told
        engine: a name with options, or an engine
        language: of the script
        seed: of every line, so that an engine that draws its voice from the seed keeps it
        folders: in which personas are looked up first
        suffix: one of `FORMATS`
        checks: names of the checks by which each passage is judged; none leaves all unjudged
        cast: personas and notes of the script's cast, as `load_cast` returns them; None loads them
        where: file of the script, for messages

    Raises:
        UsageError: for a persona or a feeling that is none, naming the line
    """

    def __init__(
        self,
        script: StoryScript,
        *,
        engine: str | Engine = DEFAULT_ENGINE,
        language: str = "en",
        seed: int = 0,
        folders: Sequence[str | Path] = (),
        suffix: str = "wav",
        checks: Sequence[str] = (),
        cast: tuple[Mapping[str, Persona], tuple[str, ...]] | None = None,
        where: str = "the script",
    ):
        if not script.paragraphs:
            raise UsageError(f"{where} has no paragraph; expected at least one line such as 'narrator: It was dark.'")
        if suffix not in FORMATS:
            raise UsageError(f"format {suffix!r} is not written here; expected one of {', '.join(FORMATS)}")
        check_seed(seed)
        self.script, self._language, self._seed, self._suffix, self._where = script, language, seed, suffix, where
        self._engine = load_engine(engine) if isinstance(engine, str) else adapt_engine(engine)
        self._maker = TakeMaker(checks=checks, twins=False)
        self._checks = tuple(checks)
        self.personas, self.notes = cast or load_cast(script.cast, folders, where=where)
        if NARRATOR not in self.personas:
            raise UsageError("nobody narrates; name a persona with --persona, or as 'narrator' in the cast")
        unknown = {speaker: count for speaker, count in script.speakers().items() if self._member(speaker) is None}
        if unknown:
            shown = ", ".join(f"{speaker} ({count})" for speaker, count in unknown.items())
            self.notes += (f"not in the cast, so spoken by the narrator: {shown}",)

    def _member(self, speaker: str) -> str | None:
        return (
            speaker if speaker in self.personas else match_cast(speaker, [name for name in self.personas if name != NARRATOR])
        )

    def requests(self, paragraph: ScriptParagraph) -> list[ResolvedRequest]:
        """Resolve the lines of a paragraph.

        Raises:
            UsageError: quoting the line that cannot be spoken
        """
        if not any(has_words(line.text) or read_cues(line.text).bursts for line in paragraph.lines):
            raise UsageError(f"{self._where}: the paragraph {paragraph.text[:40]!r} holds no word that can be spoken")
        return [self._request(line) for line in paragraph.lines]

    def _request(self, line: ScriptLine) -> ResolvedRequest:
        persona = self.personas[self._member(line.speaker) or NARRATOR]
        emotions = [part.strip() for part in line.feeling.split("+") if part.strip() and part.strip() != "neutral"]
        try:
            reading = read_emotions(emotions)
            text, _ = write_out_phrases(line.text)
            asked = SynthesisRequest(
                persona=persona,
                emotions=emotions,
                mix=reading.mix,
                text=text,
                language=self._language,
                engine=self._engine,
                seed=self._seed,
            )
            return resolve_request(asked, longest=None)
        except UsageError as error:
            raise UsageError(f"{self._where}: {line.speaker}: {line.text[:40]!r}: {error}") from error

    def fingerprint(self, requests: Sequence[ResolvedRequest]) -> str:
        """Return the SHA-256 of everything that decides the sound of a paragraph."""
        engine = self._engine
        parts: list[Any] = [SOUND_VERSION, __version__, engine.name, engine.version, engine.model_sha256, spec_of(engine)]
        parts += [self._suffix, self._checks]
        for request in requests:
            moves, instruction = request.direction.moves, request.direction.instruction
            parts += [request.text, request.language, request.seed, request.persona, request.mix.as_dict(), moves, instruction]
        return hashlib.sha256(msgspec.json.encode(msgspec.to_builtins(parts))).hexdigest()

    def tell(
        self,
        folder: Path,
        *,
        redo: Sequence[int] = (),
        announce: Callable[[str], None] = lambda sentence: None,
    ) -> Telling:
        """Tell what is not told yet, then join all paragraphs.

        Args:
            folder: is made if it does not exist; holds one story
            redo: numbers of paragraphs that are told again although nothing changed
            announce: is given a sentence at the first Ctrl-C, which ends the run behind the passage that is being spoken

        Raises:
            UsageError: if the folder holds something else, or a line cannot be spoken; nothing is then spoken
            VoiceactError: what the engine, a check or the writing raises; paragraphs that were told stay
        """
        paragraphs = self.script.paragraphs
        for number in redo:
            if not 1 <= number <= len(paragraphs):
                raise UsageError(f"there is no paragraph {number} to tell again; expected 1 to {len(paragraphs)}")
        check_story_folder(folder, self.script.name)
        # Every line is resolved before any is spoken: what cannot be spoken is said at once. The requests are not kept, so that
        # memory does not grow with the tale; a paragraph that is spoken is resolved again.
        prints: list[str] = []
        tags: dict[str, str] = {}
        for paragraph in paragraphs:
            requests = self.requests(paragraph)
            prints.append(self.fingerprint(requests))
            tags = tags or self._tags(requests[0])

        (folder / PARAGRAPHS).mkdir(parents=True, exist_ok=True)
        with hold_folder(folder, "voiceact tell"):
            for forgotten in [*folder.glob(".*.part"), *(folder / PARAGRAPHS).glob(".*.part")]:
                forgotten.unlink()
            write_whole(folder / MANIFEST, msgspec.json.encode(StoryFile(self.script.name, len(paragraphs))))
            write_text_whole(folder / SCRIPT, write_script(self.script))
            todo = [
                number
                for number in range(1, len(paragraphs) + 1)
                if number in redo or self._load_told(folder, number, prints[number - 1]) is None
            ]
            made = self._tell_paragraphs(folder, todo, prints, announce)
            if len(made) < len(todo):
                return Telling(tuple(made), len(paragraphs))
            return replace(self._join(folder, tags), made=tuple(made))

    def _path(self, folder: Path, number: int) -> Path:
        return folder / PARAGRAPHS / f"{number:04d}.{self._suffix}"

    def _load_told(self, folder: Path, number: int, fingerprint: str) -> ToldParagraph | None:
        """Return a paragraph that was told and is what the script asks for; None if it is not."""
        path = self._path(folder, number)
        try:
            told = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=ToldParagraph)
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        if told.fingerprint != fingerprint or not path.is_file() or sha256_file(path) != told.sha256:
            return None
        return told

    def _tell_paragraphs(
        self, folder: Path, todo: Sequence[int], prints: Sequence[str], announce: Callable[[str], None]
    ) -> list[int]:
        """Tell paragraphs in order; return those that were completed."""
        total = sum(len(self.script.paragraphs[number - 1].text) for number in todo)
        doing = "speaking and judging" if self._maker.judges else "speaking"
        done, made = 0, list[int]()
        hint = "stopping behind the passage that is being spoken; the same command tells the rest"
        report_step(doing, 0, total)
        with graceful_stop(lambda: announce(hint)) as stop:
            for number in todo:
                paragraph = self.script.paragraphs[number - 1]
                requests = self.requests(paragraph)
                path = self._path(folder, number)
                words: list[Word] = []
                levels: list[str] = []
                with AudioWriter(path, self._engine.capabilities.sample_rate, metadata=self._tags(requests[0])) as writer:
                    for spoken in self._speak(requests):
                        if stop.asked:
                            return made
                        writer.write(spoken.samples)
                        words += spoken.words
                        levels += spoken.levels
                        done += spoken.characters
                        report_step(doing, min(done, total), total)
                    measured = writer.finish()
                    path.with_suffix(".json").unlink(missing_ok=True)
                    writer.publish()
                told = ToldParagraph(
                    number,
                    prints[number - 1],
                    path.name,
                    writer.sha256,
                    measured.seconds,
                    list(dict.fromkeys(line.speaker for line in paragraph.lines)),
                    paragraph.text,
                    [(word.text, round(word.start, 4), round(word.end, 4)) for word in words],
                    levels,
                )
                write_whole(path.with_suffix(".json"), msgspec.json.encode(told))
                made.append(number)
                if stop.asked and number != todo[-1]:
                    return made
        return made

    def _speak(self, requests: Sequence[ResolvedRequest]) -> Iterator["_Spoken"]:
        """Speak the lines of a paragraph, passage by passage, with silence where the speaker changes."""
        rate = self._engine.capabilities.sample_rate
        length = 0
        for number, request in enumerate(requests):
            joiner = PassageJoiner(rate, pause=request.pause)
            silence = np.zeros(round(SPEAKER_GAP * request.persona.voice.pause * rate) if number else 0, np.float32)
            for passage in iterate_passages(request.text, request.language, sounds=request.sounds):
                with quiet_steps():
                    [made] = self._maker.make([request.passage(passage)])
                take = trim_silence(made.take)
                samples, start = joiner.append(passage, take)
                length += len(silence)
                yield _Spoken(
                    np.concatenate([silence, samples]),
                    shift_words(timed_text(caption_text(passage.text, made.request.cues), take.words), start + length / rate),
                    [made.verdict.level] if made.verdict else [],
                    passage.end - passage.start,
                )
                silence = np.zeros(0, np.float32)
            length += joiner.length

    def _tags(self, request: ResolvedRequest) -> dict[str, str]:
        """Return the tags of an audio file: that it is synthetic, and of which story."""
        return {**provenance(record_unspoken(request)), "title": f"{self.script.name} (synthetic voices)"}

    def _join(self, folder: Path, tags: Mapping[str, str]) -> Telling:
        """Join the paragraphs to one file, with subtitles and the beginnings of the chapters."""
        rate, paragraphs = self._engine.capabilities.sample_rate, self.script.paragraphs
        whole = folder / f"story.{self._suffix}"
        shown: list[Caption] = []
        chapters: list[tuple[str, float]] = []
        levels: dict[str, int] = {}
        length = 0
        pace = self.personas[NARRATOR].voice.pause
        with AudioWriter(whole, rate, metadata=tags) as writer:
            for number, paragraph in enumerate(paragraphs, 1):
                told = msgspec.json.decode(self._path(folder, number).with_suffix(".json").read_bytes(), type=ToldParagraph)
                if number > 1:
                    silence = np.zeros(round(gap_before(paragraphs[number - 2], paragraph) * pace * rate), np.float32)
                    writer.write(silence)
                    length += len(silence)
                start = length / rate
                if paragraph.heading:
                    chapters.append((paragraph.text, round(start, 3)))
                for samples in read_blocks(self._path(folder, number)):
                    writer.write(samples)
                    length += len(samples)
                timed = [Word(text, first + start, last + start) for text, first, last in told.words]
                shown += captions(timed)
                for level in told.levels:
                    levels[level] = levels.get(level, 0) + 1
                report_step("joining", number, len(paragraphs))
            measured = writer.finish()
            writer.publish()
        for beyond in sorted((folder / PARAGRAPHS).glob("[0-9]*.*")):
            # A script that became shorter, or another format, leaves none of its paragraphs behind.
            if (
                not beyond.stem.isdigit()
                or int(beyond.stem) > len(paragraphs)
                or beyond.suffix not in (f".{self._suffix}", ".json")
            ):
                beyond.unlink()
        for other in FORMATS:
            if other != self._suffix:
                whole.with_suffix(f".{other}").unlink(missing_ok=True)
        write_subtitles(whole, shown)
        story = StoryFile(self.script.name, len(paragraphs), whole.name, writer.sha256, measured.seconds, chapters, levels)
        write_whole(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(story), indent=2))
        return Telling((), len(paragraphs), whole, measured.seconds, levels, tuple(chapters))


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A passage that was spoken: its samples with the silence before it, and its words from the start of the paragraph."""

    samples: Samples
    words: tuple[Word, ...]
    levels: list[str]
    characters: int


def trim_silence(take: Take) -> Take:
    """Return a take with at most `EDGE_SECONDS` of silence at either end, so that only the pauses set here are heard."""
    loud = np.flatnonzero(np.abs(take.samples) > SILENCE * np.abs(take.samples).max(initial=0.0))
    if not len(loud):
        return take
    edge = round(EDGE_SECONDS * take.sample_rate)
    first, last = max(0, int(loud[0]) - edge), int(loud[-1]) + 1 + edge
    return replace(take, samples=take.samples[first:last], words=shift_words(take.words, -first / take.sample_rate))


def gap_before(before: ScriptParagraph, paragraph: ScriptParagraph) -> float:
    """Return the seconds of silence between two paragraphs, at a usual pace."""
    if paragraph.after_break or (paragraph.heading and not before.heading):
        return BREAK_GAP
    return HEADING_GAP if before.heading else PARAGRAPH_GAP


def check_story_folder(folder: Path, story: str) -> None:
    """Check that a folder can take a story: it is new, empty, or holds the same one.

    Raises:
        UsageError: if it holds another story, or other files
    """
    if not folder.exists():
        if not folder.absolute().parent.is_dir():
            raise UsageError(f"cannot make the folder {folder}: {folder.parent} does not exist; create it first")
        return
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; expected a folder to tell the story into")
    manifest = folder / MANIFEST
    if not manifest.exists():
        if any(not path.name.startswith(".") and path.name != PARAGRAPHS for path in folder.iterdir()):
            raise UsageError(f"{folder} holds files that are no story; name a new folder with --out")
        return
    try:
        there = msgspec.json.decode(manifest.read_bytes(), type=StoryFile)
    except msgspec.DecodeError:
        raise UsageError(f"{manifest} is no file of a story; name a new folder with --out") from None
    if there.story != story:
        raise UsageError(f"{folder} holds another story, {there.story[:60]!r}; name a new folder for {story[:60]!r} with --out")
