"""Paragraphs and chapters of a tale in plain text or Markdown.

>>> [(block.kind, block.text) for block in read_blocks("# One\\n\\nIt was dark.\\n\\n* * *\\n\\nAnna came.")]
[('heading', 'One'), ('text', 'It was dark.'), ('break', ''), ('text', 'Anna came.')]
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from voiceact.errors import UsageError
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.story.epub import read_epub
from voiceact.story.speech_tags import DASH

MARKDOWN_SUFFIXES = (".md", ".markdown")
STORY_SUFFIXES = (".txt", ".text", ".epub", *MARKDOWN_SUFFIXES)
LONGEST_HEADING = 80

BlockKind = Literal["heading", "text", "break"]

_EMPTY_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*")
_UNDERLINE = re.compile(r"(=+|-+)")
_CHAPTER = re.compile(
    r"(?:(?:chapter|part|book|act|scene|canto)\s+(?:\d+|[ivxlc]+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"the\s+\w+)\b.*|(?:prologue|epilogue|preface|introduction)\b\W*|[IVXLC]+\.?)",
    re.IGNORECASE | re.DOTALL,
)
_DASHED_LINE = re.compile(rf"(?<=[.!?…:”\"—–-])[ \t]*\n(?=[ \t]*{DASH}[ \t]*[A-ZÀ-ÖØ-Þ¿¡])")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_MARKDOWN = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"!\[[^\]]*\]\([^)]*\)"), ""),
    (re.compile(r"\[([^\]]+)\]\([^)]*\)"), r"\1"),
    (re.compile(r"(?m)^[ \t]*(?:>[ \t]?)+"), ""),
    (re.compile(r"(?m)^[ \t]*(?:[-+]|\d+[.)])[ \t]+(?=\w)"), ""),
)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a chapter's heading, or a break between scenes.

    Attributes:
        kind: which of them
        text: on one line; empty for a break
    """

    kind: BlockKind
    text: str


def read_story(path: Path) -> str:
    """Read the text of a story.

    Raises:
        UsageError: if the file cannot be read, is no UTF-8, or has a suffix of another format
    """
    if path.suffix.lower() not in STORY_SUFFIXES:
        raise UsageError(
            f"cannot tell {path.name!r}: {path.suffix or 'a file without suffix'} is not known; "
            "expected plain text (.txt), Markdown (.md) or EPUB (.epub)"
        )
    if path.suffix.lower() == ".epub":
        return read_epub(path)
    try:
        text = read_regular_file(path).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"story {str(path)!r} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"story {str(path)!r} is not UTF-8; save it as UTF-8 text") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_blocks(text: str, *, markdown: bool = True) -> Iterator[Block]:
    """Cut a tale into paragraphs, headings and breaks.

    Empty lines separate paragraphs; in a text without any, every line is one. A line that begins with a dash and a capital
    begins a paragraph too, if the one before has ended: so some languages write speech. Headings are lines with "#",
    underlined ones, and short paragraphs such as "CHAPTER II. The Door". What holds no letter ("* * *") is a break.

    Args:
        text: of the tale
        markdown: whether links, images, quotation and list marks are those of Markdown; headings are read in any case
    """
    if markdown:
        text = _FRONT_MATTER.sub("", text)
        for pattern, replacement in _MARKDOWN:
            text = pattern.sub(replacement, text)
    pieces = _EMPTY_LINES.split(_DASHED_LINE.sub("\n\n", text.strip()))
    if len(pieces) == 1:
        pieces = text.strip().split("\n")
    for piece in pieces:
        lines = [" ".join(line.split()) for line in piece.split("\n") if line.strip()]
        while lines and (heading := _HEADING.fullmatch(lines[0])):
            yield Block("heading", heading[2])
            lines = lines[1:]
        if len(lines) > 1 and _UNDERLINE.fullmatch(lines[1]) and len(lines[0]) <= LONGEST_HEADING:
            yield Block("heading", lines[0])
            lines = lines[2:]
        joined = " ".join(lines)
        if not joined:
            continue
        if not any(map(str.isalnum, joined)):
            yield Block("break", "")
        elif len(joined) <= LONGEST_HEADING and _CHAPTER.fullmatch(joined):
            yield Block("heading", joined)
        else:
            yield Block("text", joined)
