"""A paragraph, cut into what is said and what is told."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from voiceact.story.speech_tags import AFTER_SUBJECT_FIRST, AFTER_VERB_FIRST

_PAIRS = {"“": "”", "«": "»", "„": "“", "「": "」"}
_ENDS_OF_SPEECH = ".,!?…—–;:-"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph.

    Attributes:
        text: as written, marks included
        quoted: whether somebody says it
        open: whether its closing mark is missing
        unsure: whether it may as well be narration
    """

    text: str
    quoted: bool
    open: bool = False
    unsure: bool = False


def split_quotations(paragraph: str) -> list[Piece]:
    """Cut a paragraph into quoted and other stretches.

    Quotations stand between “ ”, « », „ “ or straight marks; between ‘ ’ where the paragraph has no other marks. A closing mark
    that is missing ends with the paragraph.
    """
    pieces: list[Piece] = []
    single = "‘" in paragraph and not any(mark in paragraph for mark in '“"«„')
    last = place = 0
    while place < len(paragraph):
        char = paragraph[place]
        if char == '"':
            end = paragraph.find('"', place + 1)
        elif char in _PAIRS:
            end = paragraph.find(_PAIRS[char], place + 1)
            if end < 0 and char == "„":
                end = paragraph.find("”", place + 1)
        elif char == "‘" and single:
            closing = re.compile(r"(?<=[.,!?…—–;:-])’(?!\w)").search(paragraph, place + 1)
            end = closing.start() if closing else -1
            if end < 0 and place > 0:
                place += 1
                continue
        else:
            place += 1
            continue
        is_open = end < 0
        end = len(paragraph) if is_open else end + 1
        if paragraph[last:place].strip():
            pieces.append(Piece(paragraph[last:place].strip(), False))
        pieces.append(Piece(paragraph[place:end].strip(), True, is_open))
        last = place = end
    if paragraph[last:].strip():
        pieces.append(Piece(paragraph[last:].strip(), False))
    return _merge_mentions(pieces)


def _merge_mentions(pieces: Sequence[Piece]) -> list[Piece]:
    """Join quoted words that nobody says, as in: the so-called "Beast" was a cat, with the narration around them."""
    merged: list[Piece] = []
    for number, piece in enumerate(pieces):
        inner = piece.text.strip('“”"«»„‘’「」 ')
        after = pieces[number + 1].text if number + 1 < len(pieces) else ""
        tagged = AFTER_VERB_FIRST.match(after) or AFTER_SUBJECT_FIRST.match(after)
        said = number == 0 or piece.open or inner[-1:] in _ENDS_OF_SPEECH or tagged or pieces[number - 1].text[-1:] in ":,"
        quoted = piece.quoted and bool(said) and any(map(str.isalnum, inner))
        alone_behind = bool(merged) and not merged[-1].quoted
        if not quoted and alone_behind:
            glue = "" if not piece.quoted and piece.text[0] in ".,!?;:" else " "
            merged[-1] = Piece(merged[-1].text + glue + piece.text, False)
        else:
            merged.append(Piece(piece.text, quoted, piece.open))
    return merged
