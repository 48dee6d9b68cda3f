"""What an importer returns, and what all of them need."""

import re
from dataclasses import dataclass, field

from voiceact.errors import UsageError, count_noun
from voiceact.lines.names import make_name

MOST_BYTES = 64 * 2**20
MOST_LINES = 200_000
LONGEST_PART = 40
_SPEAKER = re.compile(r"(?P<name>[^\W\d_][\w .'’&#-]{0,39}?)\s*(?:\((?P<how>[^()]{1,60})\))?\s*:\s+(?P<text>\S.*)", re.DOTALL)


@dataclass(frozen=True)
class ImportedLine:
    """A line of a script.

    Attributes:
        cells: column of `voiceact lines` -> text
        extra: other columns of its writer -> text
    """

    cells: dict[str, str]
    extra: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Imported:
    """A script that was read.

    Attributes:
        lines: in its order
        header: columns as its writer named them; empty for what is no table
        notes: what was left out or changed, one sentence each
    """

    lines: tuple[ImportedLine, ...]
    header: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def decode_text(name: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode a text file: UTF-8, UTF-16 with its mark, or what Windows programs write where they say nothing (CP1252).

    Returns:
        the text, and a note where the encoding was assumed

    Raises:
        UsageError: if it holds bytes that no text holds
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), ()
        except UnicodeDecodeError as error:
            raise UsageError(f"{name}: begins as UTF-16 and is not; save it as UTF-8") from error
    if b"\0" in data:
        raise UsageError(f"{name}: holds zero bytes, as no text does; expected a text in UTF-8")
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        try:
            note = f"{name} is not UTF-8; it was read as Windows-1252, so look at its accents and quotes"
            return data.decode("cp1252"), (note,)
        except UnicodeDecodeError as error:
            raise UsageError(f"{name}: is neither UTF-8 nor Windows-1252; save it as UTF-8") from error


def part_of_id(text: str) -> str:
    """Return free words as a part of a line id, at most `LONGEST_PART` characters; empty where no word is left."""
    return make_name(text, joiner="_", longest=LONGEST_PART)


def split_speaker(text: str) -> tuple[str, str, str]:
    """Split "MARA (whispering): Sit down." into speaker, direction and words; the first two empty where there are none.

    A name has at most five words and begins with a capital, so that "Note the time: it is late" stays a sentence.
    """
    match = _SPEAKER.fullmatch(text.strip())
    words = match["name"].split() if match else []
    if not match or len(words) > 5 or not all(word[0].isupper() or word in SMALL for word in words):
        return "", "", text.strip()
    return match["name"].strip(), (match["how"] or "").strip(), match["text"].strip()


SMALL = frozenset("of the de la von van der da di and &".split())
"""words of names that begin with a small letter"""


class Numbering:
    """Ids of lines that have none: scene and speaker with a number of their own, such as `sc02/mara_003`."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def next(self, folder: str, stem: str) -> str:
        """Return the next id of that folder ("" for none) and stem."""
        base = (f"{folder}/" if folder else "") + (stem or "line")
        self._counts[base] = self._counts.get(base, 0) + 1
        return f"{base}_{self._counts[base]:03d}"


def check_count(name: str, count: int) -> None:
    """Raise UsageError for more lines than a project holds."""
    if count > MOST_LINES:
        raise UsageError(
            f"{name}: holds {count_noun(count, 'line')}; expected at most {MOST_LINES:,}; split it into several projects"
        )
