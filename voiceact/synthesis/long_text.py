"""A long text, spoken, judged and written passage by passage in memory that does not grow with it.

A passage (`voiceact.text.passages`) is a take of its own, with its neutral twin and its verdict, made by `TakeMaker` as every
take is; between passages there is silence, and each fades in and out, so that nothing clicks where they join.

    with AudioWriter("book.flac", rate) as writer:
        for spoken in iterate_spoken_passages(request, TakeMaker(), writer):
            print(spoken.start_seconds, spoken.passage.text)
        writer.finish()
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from voiceact.audio.stream import AudioWriter
from voiceact.audio.words import Word
from voiceact.clip.clip import Clip
from voiceact.clip.record import provenance, timestamp
from voiceact.clip.stream import publish_clip
from voiceact.runtime.progress import quiet_steps, report_step
from voiceact.synthesis.joining import PassageJoiner, shift_words
from voiceact.synthesis.kernel import MadeTake, TakeMaker, batch_size, record_unspoken
from voiceact.synthesis.request import ResolvedRequest
from voiceact.text.passages import Passage, iterate_passages
from voiceact.verify.base import Verdict


@dataclass(frozen=True, slots=True)
class SpokenPassage:
    """A passage that was spoken.

    Attributes:
        passage: what was said
        made: its take, twin and verdict
        start_seconds: where its take begins in the whole
        words: word timings from the start of the whole; empty where the engine knows none
    """

    passage: Passage
    made: MadeTake
    start_seconds: float
    words: tuple[Word, ...]


def iterate_spoken_passages(request: ResolvedRequest, maker: TakeMaker, writer: AudioWriter) -> Iterator[SpokenPassage]:
    """Speak, judge and write a text passage by passage, reporting progress in characters.

    Every passage has the direction and the seed of the request, so that an engine that draws its voice from the seed keeps it.

    Args:
        request: what is spoken
        maker: makes each passage's take, twin and verdict
        writer: is given the samples; it is neither finished nor published here

    Yields:
        Each passage once it is written.

    Raises:
        UsageError, VoiceactError: what the engine, a check or the writer raises
    """
    doing = "speaking and judging" if maker.judges else "speaking"
    passages = iterate_passages(request.text, request.language, sounds=request.sounds)
    joiner = PassageJoiner(request.engine.capabilities.sample_rate, pause=request.pause)
    report_step(doing, 0, len(request.text))
    while batch := list(islice(passages, batch_size(request.engine))):
        with quiet_steps():
            made = list(maker.make([request.passage(passage) for passage in batch]))
        for passage, take in zip(batch, made, strict=True):
            samples, start = joiner.append(passage, take.take)
            writer.write(samples)
            yield SpokenPassage(passage, take, start, shift_words(take.take.words, start))
            report_step(doing, passage.end, len(request.text))


def write_long_take(
    request: ResolvedRequest,
    maker: TakeMaker,
    path: Path,
    *,
    words: list[Word] | None = None,
    before_record: Callable[[], None] = lambda: None,
) -> tuple[Clip, Verdict | None]:
    """Speak and judge a long text and write its audio and record, both whole or not at all.

    Args:
        request: what is spoken
        maker: makes each passage's take, twin and verdict
        path: audio file to write; the record is written beside it
        words: list that word timings are added to; None keeps none in memory
        before_record: is called when all is spoken, before any file gets its name

    Returns:
        The clip, without samples, and its verdict (None where `maker` does not judge).

    Raises:
        UsageError, VoiceactError: what the engine, a check or the writing raises
    """
    rate, verdicts = request.engine.capabilities.sample_rate, None
    record = record_unspoken(request)
    with AudioWriter(path, rate, metadata=provenance(record)) as writer:
        for spoken in iterate_spoken_passages(request, maker, writer):
            if words is not None:
                words += spoken.words
            if spoken.made.verdict is not None:
                verdicts = verdicts or maker.passage_verdicts(request.mix.as_dict())
                verdicts.add(
                    spoken.made.verdict,
                    seconds=spoken.made.take.duration,
                    text=spoken.passage.text,
                    start_seconds=spoken.start_seconds,
                )
        before_record()
        verdict = verdicts.verdict() if verdicts else None
        record = msgspec.structs.replace(record, created=timestamp(), verdict=verdict.to_record() if verdict else None)
        return publish_clip(writer, record), verdict
