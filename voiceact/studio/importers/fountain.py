"""Fountain screenplays: dialogue becomes lines, scene headings folders, parentheticals directions; nothing else is spoken.

The syntax is that of fountain.io: forced elements (@ . ! > ~), dual dialogue (^), notes, boneyard and title page.
"""

import re

from voiceact.errors import count_noun
from voiceact.studio.importers.base import Imported, ImportedLine, Numbering, check_count, decode_text, part_of_id

_SCENE = re.compile(r"(?:\.(?!\.)|(?:INT|EXT|EST|INT\.?/EXT|I/E)[. ])(?P<title>.*)", re.IGNORECASE)
_CHARACTER = re.compile(r"(?P<name>@.+?|[^a-z()]*?[A-Z][^a-z()]*?)\s*(?P<extension>(?:\([^()]*\)\s*)*)\^?")
_TITLE_KEY = re.compile(r"[A-Za-z][A-Za-z ]*:.*")


def read_fountain(name: str, data: bytes) -> Imported:
    """Read a screenplay.

    Raises:
        UsageError: if it is no text
    """
    text, notes = decode_text(name, data)
    text = re.sub(r"/\*.*?\*/|\[\[.*?\]\]", "", text, flags=re.DOTALL)
    rows = [row.strip() if row.strip() else ("  " if row == "  " else "") for row in text.splitlines()]
    # The title page: key and value pairs up to the first empty line.
    if rows and _TITLE_KEY.fullmatch(rows[0]) and not _SCENE.fullmatch(rows[0]):
        rows = rows[rows.index("") :] if "" in rows else []

    numbering, folder, scenes, unspoken, at = Numbering(), "", 0, 0, 0
    lines: list[ImportedLine] = []
    while at < len(rows):
        row = rows[at]
        before = at == 0 or not rows[at - 1].strip()
        cue = _CHARACTER.fullmatch(row) if before and at + 1 < len(rows) and rows[at + 1] else None
        if before and _SCENE.fullmatch(row):
            scenes += 1
            folder = f"sc{scenes:02d}"
        elif cue and not row.startswith((">", "!", "#", "=")) and not row.endswith("TO:"):
            speaker = cue["name"].lstrip("@").strip()
            how: list[str] = []
            words: list[str] = []
            at += 1
            while at < len(rows) and rows[at] != "":
                part = rows[at].strip()
                if part.startswith("(") and part.endswith(")"):
                    # A direction in the middle holds from there on: it stays in the text, as a tag.
                    if words:
                        words.append(f"[{part[1:-1].strip()}]")
                    else:
                        how.append(part[1:-1].strip())
                elif part:
                    words.append(part.lstrip("~").strip())
                at += 1
            spoken = re.sub(r"\*{2,3}([^*]+)\*{2,3}", r"*\1*", " ".join(words))
            spoken = re.sub(r"(?<!\w)_([^_]+)_(?!\w)", r"\1", spoken)
            name_of_line = numbering.next(folder, part_of_id(speaker))
            lines.append(ImportedLine({"id": name_of_line, "character": speaker, "direction": ", ".join(how), "text": spoken}))
            check_count(name, len(lines))
            continue
        elif row.strip() and not row.startswith(("#", "=")):
            unspoken += 1
        at += 1
    if unspoken:
        notes = (*notes, f"{count_noun(unspoken, 'row')} of action and transitions not spoken, so left out")
    return Imported(tuple(lines), notes=notes)
