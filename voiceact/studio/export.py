"""Hand over what was picked: files named by line id, joined scenes, subtitles, word timings, in one ZIP; or a folder.

>>> from voiceact.studio.export import ExportOptions
>>> ExportOptions(suffix=".flac", scenes=True).captions
('srt',)
"""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sqlalchemy.orm import Session

from voiceact import audio
from voiceact.audio.captions import srt, vtt, words_json
from voiceact.audio.words import Word
from voiceact.clip.clip import Clip
from voiceact.clip.record import encode_record, provenance
from voiceact.errors import UsageError, VoiceactError
from voiceact.lines.names import SIDECARS, check_id, foreign, take_path
from voiceact.runtime.atomic_files import part_path, phrase_write_error, remove_part
from voiceact.studio.making import beside
from voiceact.studio.models import TakeRow
from voiceact.studio.project import Project, the_project
from voiceact.studio.state import PLAYABLE, current_take
from voiceact.studio.state import take_path as studio_path
from voiceact.studio.table_file import header_of, live_lines, table_text
from voiceact.synthesis.joining import shift_words

EXPORTS = "exports"
KEPT = 5
"""archives that stay in the project; older ones are removed"""
SUFFIXES = (".wav", ".flac", ".ogg")
CAPTIONS = {"srt": srt, "vtt": vtt, "words": words_json}


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What is handed over.

    Attributes:
        suffix: of the audio: ".wav", ".flac" or ".ogg"
        unpicked: whether a line without a pick is handed over with its newest take; else it is left out
        stale: whether takes that are not what their line says any more are handed over
        scenes: whether each folder of ids is also joined to one file
        gap: seconds of silence between the lines of a joined scene
        captions: kinds of timings beside each file: "srt", "vtt", "words"
        records: whether the record of each take is handed over
    """

    suffix: str = ".wav"
    unpicked: bool = True
    stale: bool = False
    scenes: bool = False
    gap: float = 0.4
    captions: tuple[str, ...] = ("srt",)
    records: bool = True

    def check(self) -> None:
        """Raise UsageError for what cannot be handed over."""
        if self.suffix not in SUFFIXES:
            raise UsageError(f"format is {self.suffix!r}; expected one of {', '.join(SUFFIXES)}")
        if not 0 <= self.gap <= 10:
            raise UsageError(f"gap is {self.gap} s; expected 0 to 10")
        for kind in self.captions:
            if kind not in CAPTIONS:
                raise UsageError(f"captions are {kind!r}; expected some of {', '.join(CAPTIONS)}")


@dataclass(frozen=True)
class ExportedLine:
    """A line with the take that is handed over."""

    id: str
    persona: str
    text: str
    number: int
    path: Path


@dataclass(frozen=True)
class ExportPlan:
    """What is handed over, in the order of the script.

    Attributes:
        lines: that have a take
        left_out: id (or the row) and why, of every other line
        table: the script, as CSV
    """

    lines: tuple[ExportedLine, ...]
    left_out: tuple[tuple[str, str], ...]
    table: str


def plan_export(session: Session, project: Project, options: ExportOptions) -> ExportPlan:
    """Choose the take of every line; nothing is written.

    Raises:
        UsageError: for options that cannot be, or if no line has a take to hand over
    """
    options.check()
    chosen: list[ExportedLine] = []
    left_out: list[tuple[str, str]] = []
    lines = live_lines(session)
    seen: set[str] = set()
    for row, line in enumerate(lines, 2):
        name = line.cells.get("id", "").strip()
        take = session.get(TakeRow, line.pick) if line.pick else current_take(session, line) if options.unpicked else None
        reason = ""
        try:
            check_id(name)
        except UsageError as error:
            reason = str(error)
        if name.casefold() in seen:
            reason = "another line has the same id"
        elif take is None or take.state not in PLAYABLE:
            reason = reason or ("has no take" if options.unpicked or line.state == "none" else "no take is picked")
        elif line.state == "stale" and not options.stale:
            reason = reason or f"its take is stale ({', '.join(line.stale)} changed since)"
        if reason or take is None:
            left_out.append((name or f"row {row}", reason))
            continue
        seen.add(name.casefold())
        chosen.append(
            ExportedLine(
                name, line.cells.get("persona", ""), line.cells.get("text", ""), take.number, studio_path(project, take)
            )
        )
    if not chosen:
        why = f"; {left_out[0][0]}: {left_out[0][1]}" if left_out else ""
        raise UsageError(f"no line has a take to hand over{why}")
    return ExportPlan(tuple(chosen), tuple(left_out), table_text(header_of(the_project(session).header, lines), lines))


def write_archive(plan: ExportPlan, options: ExportOptions, target: Path) -> int:
    """Write the ZIP: under a temporary name, then renamed, so that no half archive is ever found.

    Args:
        plan: what is handed over
        options: in which form
        target: of the archive

    Returns:
        its size in bytes

    Raises:
        VoiceactError: if it cannot be written (a full disk), or a take is damaged
    """
    part = part_path(target)
    try:
        try:
            target.parent.mkdir(exist_ok=True)
            with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
                for name, data in _files(plan, options):
                    # Sound does not get smaller; texts do.
                    kind = zipfile.ZIP_STORED if name.endswith(SUFFIXES) else zipfile.ZIP_DEFLATED
                    archive.writestr(name, data, kind)
            with open(part, "rb") as file:
                os.fsync(file.fileno())
            os.replace(part, target)
        finally:
            remove_part(part)
    except OSError as error:
        raise phrase_write_error(target, error) from error
    old = sorted(target.parent.glob("*.zip"), key=lambda path: path.stat().st_mtime)
    for path in old[:-KEPT]:
        path.unlink(missing_ok=True)
    return target.stat().st_size


def write_voice(plan: ExportPlan, options: ExportOptions, folder: Path) -> tuple[int, list[tuple[str, str]]]:
    """Write what was picked where `voiceact lines --out` writes it: a run of it then finds these lines done.

    Returns:
        how many files were written, and what was left alone (id and why)

    Raises:
        VoiceactError: if the folder cannot be written
    """
    written, left = 0, []
    for line in plan.lines:
        path = take_path(folder, line.id, 1, options.suffix)
        if reason := foreign(path, folder):
            left.append((line.id, reason))
            continue
        clip = _clip(line)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise phrase_write_error(path, error) from error
        saved = clip.save(path)
        # So that it is not taken for something new that the shell has spoken.
        with open(beside(line.path, "from"), "a", encoding="utf-8") as known:
            known.write(f"{saved.record.audio.sha256}\n")
        written += 1
    return written, left


def _files(plan: ExportPlan, options: ExportOptions) -> Iterator[tuple[str, bytes]]:
    """Yield the files of the archive, each name with its bytes."""
    manifest: list[dict[str, Any]] = []
    joined = sorted({line.id.rpartition("/")[0] for line in plan.lines}) if options.scenes else []
    for line in plan.lines:
        clip = _clip(line)
        data, record = _encoded(clip, f"{line.id}{options.suffix}", options.suffix)
        yield f"{line.id}{options.suffix}", data
        if options.records:
            yield f"{line.id}.json", encode_record(record)
        words = read_words(line.path)
        for kind in options.captions:
            if words:
                yield line.id + SIDECARS[kind], CAPTIONS[kind](words).encode()
        manifest.append(
            {
                "id": line.id,
                "path": f"{line.id}{options.suffix}",
                "take": line.number,
                "persona": record.persona,
                "text": line.text,
                "mix": record.mix,
                "seconds": record.audio.duration,
                "seed": record.seed,
                "verdict": record.verdict.level if record.verdict else None,
                "sha256": record.audio.sha256,
            }
        )
    for folder in joined:
        scene = [(line, _clip(line), read_words(line.path)) for line in plan.lines if line.id.rpartition("/")[0] == folder]
        samples, rate, words, cues = join_scene(scene, options.gap)
        name = f"{folder + '/' if folder else ''}_scene"
        yield f"{name}{options.suffix}", audio.encode(samples, rate, suffix=options.suffix, metadata={})
        yield f"{name}.cues.json", msgspec.json.format(msgspec.json.encode(cues)) + b"\n"
        for kind in options.captions:
            if words:
                yield name + SIDECARS[kind], CAPTIONS[kind](words).encode()
    yield "lines.csv", plan.table.encode()
    yield "lines.jsonl", b"".join(msgspec.json.encode(row) + b"\n" for row in manifest)
    if plan.left_out:
        yield "left-out.txt", "".join(f"{name}: {reason}\n" for name, reason in plan.left_out).encode()


def join_scene(
    lines: Sequence[tuple[ExportedLine, Clip, tuple[Word, ...]]], gap: float
) -> tuple[audio.Samples, int, tuple[Word, ...], list[dict[str, Any]]]:
    """Lay the takes of a scene behind one another.

    Args:
        lines: each with its clip and word timings
        gap: seconds of silence between two

    Returns:
        samples, float32 [n], their rate in Hz (the first take's), all word timings, and where each line begins and ends
    """
    rate = lines[0][1].record.audio.sample_rate
    parts: list[audio.Samples] = []
    words: list[Word] = []
    cues: list[dict[str, Any]] = []
    length = 0
    for number, (line, clip, timed) in enumerate(lines):
        if number:
            parts.append(np.zeros(round(gap * rate), np.float32))
            length += len(parts[-1])
        assert clip.samples is not None
        parts.append(audio.resample(clip.samples, clip.record.audio.sample_rate, rate))
        words += shift_words(timed, length / rate)
        start = length / rate
        length += len(parts[-1])
        cues.append({"id": line.id, "start": round(start, 3), "end": round(length / rate, 3)})
    return np.concatenate(parts), rate, tuple(words), cues


def read_words(path: Path) -> tuple[Word, ...]:
    """Return the word timings beside a take; none where its engine gives none."""
    file = beside(path, "words.json")
    if not file.is_file():
        return ()
    return tuple(Word(one["text"], one["start"], one["end"]) for one in msgspec.json.decode(file.read_bytes()))


def _clip(line: ExportedLine) -> Clip:
    try:
        return Clip.load(line.path).read()
    except UsageError as error:
        raise VoiceactError(f"{line.id}: its take {line.number} cannot be handed over: {error}") from error


def _encoded(clip: Clip, name: str, suffix: str) -> tuple[bytes, Any]:
    """Return the audio in that format, and the record that describes it under its new name."""
    assert clip.samples is not None
    data = audio.encode(clip.samples, clip.record.audio.sample_rate, suffix=suffix, metadata=provenance(clip.record))
    described = msgspec.structs.replace(
        clip.record.audio, path=name.rpartition("/")[2], sha256=hashlib.sha256(data).hexdigest()
    )
    return data, msgspec.structs.replace(clip.record, audio=described)
