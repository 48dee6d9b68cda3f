"""SubRip subtitles (.srt): a caption is a line; its times are kept as columns of their own."""

import re

from voiceact.errors import UsageError
from voiceact.studio.importers.base import (
    Imported,
    ImportedLine,
    Numbering,
    check_count,
    decode_text,
    part_of_id,
    split_speaker,
)

_TIMES = re.compile(r"(?P<start>\d{1,3}:\d{2}:\d{2}[,.]\d{1,3})\s*-->\s*(?P<end>\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}).*")
_MARKUP = re.compile(r"</?(?:[ibu]|font)\b[^>]*>|\{\\[^}]*\}", re.IGNORECASE)


def read_srt(name: str, data: bytes) -> Imported:
    """Read subtitles.

    Raises:
        UsageError: if a caption lacks its times, naming its row
    """
    text, notes = decode_text(name, data)
    numbering = Numbering()
    lines: list[ImportedLine] = []
    block: list[tuple[int, str]] = []

    def end_block() -> None:
        if not block:
            return
        rows = block[1:] if block[0][1].strip().isdigit() and len(block) > 1 else block
        times = _TIMES.fullmatch(rows[0][1].strip())
        if not times:
            raise UsageError(f"{name}: row {rows[0][0]} is no time; expected 00:00:01,000 --> 00:00:02,500")
        # A dash begins the words of another speaker.
        words = " ".join(_MARKUP.sub("", row).strip().removeprefix("-").strip() for _, row in rows[1:]).strip()
        block.clear()
        if not words:
            return
        speaker, how, words = split_speaker(words)
        cells = {
            "id": numbering.next("", part_of_id(speaker) or "caption"),
            "character": speaker,
            "direction": how,
            "text": words,
        }
        lines.append(ImportedLine(cells, {"start": times["start"], "end": times["end"]}))
        check_count(name, len(lines))

    for number, row in enumerate(text.splitlines(), 1):
        if row.strip():
            block.append((number, row))
        else:
            end_block()
    end_block()
    return Imported(tuple(lines), ("id", "character", "text", "emotion", "intensity", "direction", "start", "end"), notes)
