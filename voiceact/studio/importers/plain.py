"""Plain text: a paragraph is a line, "MARA: …" names who speaks, "# Scene" begins a scene."""

import re

from voiceact.studio.importers.base import (
    Imported,
    ImportedLine,
    Numbering,
    check_count,
    decode_text,
    part_of_id,
    split_speaker,
)

_HEADING = re.compile(r"#{1,6}\s+(?P<title>.+)")


def read_plain(name: str, data: bytes) -> Imported:
    """Read a text: paragraphs parted by empty lines, and lines that name their speaker, are lines of the script.

    Raises:
        UsageError: if it is no text
    """
    text, notes = decode_text(name, data)
    numbering, folder = Numbering(), ""
    lines: list[ImportedLine] = []
    paragraph: list[str] = []

    def end_paragraph() -> None:
        if paragraph:
            speaker, how, words = split_speaker(" ".join(paragraph))
            cells = {"id": numbering.next(folder, part_of_id(speaker)), "character": speaker, "direction": how, "text": words}
            lines.append(ImportedLine(cells))
            check_count(name, len(lines))
        paragraph.clear()

    for row in text.splitlines():
        row = row.strip()
        if heading := _HEADING.fullmatch(row):
            end_paragraph()
            folder = part_of_id(heading["title"])
        elif not row:
            end_paragraph()
        else:
            if split_speaker(row)[0]:
                end_paragraph()
            paragraph.append(row)
    end_paragraph()
    return Imported(tuple(lines), notes=notes)
