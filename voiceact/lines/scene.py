"""A scene: the lines of a table one after another in one file, with the silence that the table asks for, and its subtitles."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from voiceact import audio
from voiceact.audio import Samples
from voiceact.audio.captions import captions, timed_text, write_subtitles
from voiceact.audio.io import container_of
from voiceact.audio.stream import AudioWriter, read_blocks
from voiceact.audio.words import Word
from voiceact.clip.record import load_record, provenance, record_path
from voiceact.errors import UsageError
from voiceact.lines.names import sidecar_path
from voiceact.lines.plan import NOT_AMONG, Item
from voiceact.lines.run import DONE, Report
from voiceact.runtime.atomic_files import check_folder
from voiceact.synthesis.joining import shift_words
from voiceact.text.markup import without_markup

GAP_SECONDS = 0.4
"""silence between two lines where neither the table nor the user says how long"""
SILENCE = 10 ** (-50 / 20)
"""share of a take's peak below which it is silent"""
EDGE_SECONDS = 0.03
"""sound that is kept beyond the loudest silence at either end, faded, so that no consonant is cut"""


@dataclass(frozen=True, slots=True)
class SceneLine:
    """A line of a scene.

    Attributes:
        id: of the line
        text: as written
        file: its audio, with a record, and perhaps word timings and mouth shapes, beside it
        gap: seconds of silence before it; None is the scene's own
    """

    id: str
    text: str
    file: Path
    gap: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A scene that was written.

    Attributes:
        path: of the audio
        seconds: duration
        lines: id of each line -> the second at which it begins
        ends: id of each line -> the second at which it ends
        words: of all lines, timed from the start of the scene
        visemes: mouth shapes of all lines (`voiceact.audio.visemes`), of those that have them beside their audio
    """

    path: Path
    seconds: float
    lines: dict[str, float]
    ends: dict[str, float]
    words: tuple[Word, ...]
    visemes: tuple[dict[str, Any], ...]


def check_scene_path(path: Path, out: Path) -> None:
    """Check, before anything is spoken, that a scene can be written.

    Args:
        path: of the scene
        out: folder of the lines

    Raises:
        UsageError: for an unknown suffix, a folder that cannot be written, or a file of the lines themselves
    """
    container_of(path.suffix)
    inside = path.absolute().resolve()
    # The folder of the lines may be yet to be made.
    if out.absolute().resolve() in inside.parents:
        raise UsageError(f"{path} would lie among the lines in {out}; name a scene outside that folder")
    check_folder(path)


def join_scene(items: Sequence[Item], report: Report, out: Path, path: Path, *, gap: float = GAP_SECONDS) -> Scene:
    """Write the lines of a table, in its order, as one file with subtitles (.srt and .vtt) beside it.

    Of each line the picked take is heard, or the first where every take is kept. Silence at either end of a take is cut, so
    that `gap` is what is heard between the last sound of a line and the first of the next.

    Args:
        items: of the plan
        report: of the run that made them
        out: folder of the lines
        path: of the scene, .wav, .flac or .ogg
        gap: seconds of silence before lines whose row does not say how long; the first line has none

    Raises:
        UsageError: if a line is missing; nothing is then written
    """
    # Lines that --only leaves out are no part of the scene.
    asked = {item.line.id: item for item in items if item.take == 1 and item.skip != NOT_AMONG}
    picked = {row.id: row for row in reversed(report.rows) if row.status == DONE}
    missing = [name for name in asked if name not in picked or picked[name].path is None]
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise UsageError(f"{path} is not written: it lacks {shown}; run the command again when they are made")
    lines = [SceneLine(name, item.line.text, out / str(picked[name].path), item.line.gap) for name, item in asked.items()]
    scene = join_lines(lines, path, gap=gap)
    write_subtitles(path, captions(scene.words))
    return scene


def join_lines(lines: Sequence[SceneLine], path: Path, *, gap: float = GAP_SECONDS) -> Scene:
    """Write takes one after another as one file, cut and parted as `join_scene` says.

    Args:
        lines: in order; the first one decides the sample rate
        path: of the scene, .wav, .flac or .ogg
        gap: seconds of silence before lines that do not say how long; the first line has none

    Raises:
        UsageError: if a take or its record is missing or damaged
        VoiceactError: if the scene cannot be written
    """
    first = load_record(record_path(lines[0].file))
    rate = first.audio.sample_rate
    edge = round(EDGE_SECONDS * rate)
    starts: dict[str, float] = {}
    ends: dict[str, float] = {}
    words: list[Word] = []
    visemes: list[dict[str, Any]] = []
    length = 0
    tags = {**provenance(first), "title": f"{path.stem} (synthetic voices)"}
    with AudioWriter(path, rate, metadata=tags) as writer:
        for line in lines:
            # Both edges belong to the gap.
            begin, end = find_sound(line.file, rate)
            wanted = line.gap if line.gap is not None else gap if starts else 0.0
            silence = np.zeros(max(round(wanted * rate) - (2 * edge if starts else 0), 0), np.float32)
            writer.write(silence)
            length += len(silence)
            begin, end = max(begin - edge, 0), end + edge
            starts[line.id] = round(length / rate, 3)
            offset = (length - begin) / rate
            place = 0
            for samples in _blocks(line.file, rate):
                part = samples[max(begin - place, 0) : max(end - place, 0)].copy()
                at = max(place - begin, 0)
                ramp_up = np.clip((np.arange(at, at + len(part)) + 1) / edge, 0, 1)
                ramp_down = np.clip((end - begin - np.arange(at, at + len(part))) / edge, 0, 1)
                writer.write((part * ramp_up * ramp_down).astype(np.float32))
                length += len(part)
                place += len(samples)
            ends[line.id] = round(length / rate, 3)
            words += shift_words(_words(line.file, line.text, begin, end, rate), offset)
            visemes += _visemes(line.file, offset)
        measured = writer.finish()
        writer.publish()
    return Scene(path, measured.seconds, starts, ends, tuple(words), tuple(visemes))


def _blocks(path: Path, rate: int) -> Iterator[Samples]:
    """Yield the samples of an audio file at a rate, block by block; of a file of another rate, as one block."""
    if load_record(record_path(path)).audio.sample_rate == rate:
        yield from read_blocks(path)
    else:
        yield audio.resample(*audio.read(path), rate)


def find_sound(path: Path, rate: int | None = None) -> tuple[int, int]:
    """Return the first sample of an audio file that is not silent and the one behind the last; the whole of a silent file.

    Args:
        path: of the file
        rate: at which samples are counted; None is the file's own, and needs no record beside it
    """

    def blocks() -> Iterator[Samples]:
        return read_blocks(path) if rate is None else _blocks(path, rate)

    peak = max((float(np.abs(samples).max(initial=0.0)) for samples in blocks()), default=0.0)
    place, first, last = 0, None, 0
    for samples in blocks():
        loud = np.flatnonzero(np.abs(samples) > SILENCE * peak)
        if len(loud):
            first = place + int(loud[0]) if first is None else first
            last = place + int(loud[-1]) + 1
        place += len(samples)
    return (0, place) if first is None else (first, last)


def _words(file: Path, text: str, begin: int, end: int, rate: int) -> Sequence[Word]:
    """Return the words of a line with their times; where the engine knew none, spread over its sound by their length."""
    timings = sidecar_path(file, "words")
    if timings.is_file():
        rows = json.loads(timings.read_text(encoding="utf-8"))
        if rows:
            return [Word(row["text"], row["start"], row["end"]) for row in rows]
    return timed_text(without_markup(text), [Word("…", begin / rate, end / rate)])


def _visemes(file: Path, offset: float) -> list[dict[str, Any]]:
    """Return the mouth shapes beside a line, later by some seconds; before the first of them the mouth is at rest."""
    shapes = sidecar_path(file, "visemes")
    rows = json.loads(shapes.read_text(encoding="utf-8")) if shapes.is_file() else []
    moved = [{**row, "start": round(row["start"] + offset, 3), "end": round(row["end"] + offset, 3)} for row in rows]
    # The rest before the first sound may have been cut with its silence.
    return [{**row, "start": max(row["start"], 0.0)} for row in moved if row["end"] > 0]
