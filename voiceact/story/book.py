"""A told story as an audiobook: M4B or MP3 with chapter marks, by ffmpeg where that is installed."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from voiceact.errors import UsageError, VoiceactError
from voiceact.runtime.atomic_files import check_folder, part_path, remove_part
from voiceact.runtime.progress import report_step

FORMATS: dict[str, tuple[str, ...]] = {
    ".m4b": ("-c:a", "aac", "-b:a", "80k", "-f", "ipod"),
    ".m4a": ("-c:a", "aac", "-b:a", "80k", "-f", "ipod"),
    ".mp3": ("-c:a", "libmp3lame", "-b:a", "80k", "-id3v2_version", "3", "-f", "mp3"),
}
"""suffix -> how ffmpeg encodes mono speech for it and writes it"""


def check_book_path(path: Path) -> None:
    """Check, before anything is spoken, that an audiobook can be written.

    Raises:
        UsageError: for another suffix, a folder that cannot be written, or where there is no ffmpeg
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{path} is no audiobook that is written here; expected a file ending in {', '.join(FORMATS)}")
    check_folder(path)
    if shutil.which("ffmpeg") is None:
        raise UsageError(
            f"ffmpeg, which writes {path.suffix} files, is not installed; install it (as apt install ffmpeg does), "
            "or leave --book out: story.json has the chapters"
        )


def chapter_metadata(title: str, chapters: Sequence[tuple[str, float]], seconds: float, comment: str = "") -> str:
    """Return title and chapters in ffmpeg's format of metadata.

    Args:
        title: of the story; also of what is heard before the first heading
        chapters: headings, with the second at which each begins, in order
        seconds: duration of the whole
        comment: what the file is
    """
    marks = [*chapters]
    if not marks or marks[0][1] > 0:
        marks.insert(0, (title, 0.0))
    rows = [";FFMETADATA1", f"title={_escaped(title)}", "genre=Audiobook", f"comment={_escaped(comment)}"]
    for number, (name, start) in enumerate(marks):
        end = marks[number + 1][1] if number + 1 < len(marks) else seconds
        rows += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={round(start * 1000)}", f"END={round(end * 1000)}"]
        rows.append(f"title={_escaped(name)}")
    return "\n".join(rows) + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"([=;#\\\n])", r"\\\1", " ".join(text.split()))


def write_book(
    path: Path, audio: Path, *, title: str, chapters: Sequence[tuple[str, float]], seconds: float, comment: str = ""
) -> None:
    """Encode a told story as one file with chapter marks, whole or not at all.

    Args:
        path: of the audiobook, with a suffix of `FORMATS`
        audio: the whole story, WAV or FLAC
        title: of the story
        chapters: headings, with the second at which each begins
        seconds: duration of the story
        comment: what the file is

    Raises:
        UsageError: see `check_book_path`
        VoiceactError: if ffmpeg fails, with its last line
    """
    check_book_path(path)
    part = part_path(path)
    # Metadata come through the standard input, sound from the file: nothing of the story is part of a command.
    command = [
        "ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-i", f"file:{audio}", "-f", "ffmetadata", "-i", "pipe:0",
        "-map", "0:a", "-map_metadata", "1", "-map_chapters", "1", "-fflags", "+bitexact", "-flags:a", "+bitexact",
        *FORMATS[path.suffix.lower()], f"file:{part}",
    ]  # fmt: skip
    report_step("encoding", 0, 1)
    try:
        done = subprocess.run(
            command,
            input=chapter_metadata(title, chapters, seconds, comment).encode("utf-8"),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise VoiceactError(f"ffmpeg could not write {path}: {' '.join(last)[:200] or 'it says no more'}")
        part.replace(path)
    finally:
        remove_part(part)
    report_step("encoding", 1, 1)
