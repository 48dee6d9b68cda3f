"""The script of a tale: who says what with which feeling, as text that a person reads and edits.

>>> script = parse_script('''%% voiceact script 1
... %% cast narrator = monk
... %% cast Anna = nurse
...
... narrator: It was dark.
...
... Anna [Fear:3]: “Who is there?”
... narrator: asked Anna.
... ''')
>>> [[(line.speaker, line.feeling, line.text) for line in paragraph.lines] for paragraph in script.paragraphs]
[[('narrator', '', 'It was dark.')], [('Anna', 'Fear:3', '“Who is there?”'), ('narrator', '', 'asked Anna.')]]
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from voiceact.errors import UsageError
from voiceact.prompting.cast import NARRATOR, name_key

FIRST_LINE = "%% voiceact script 1"
BREAK = "***"

_CAST = re.compile(r"%%\s*cast\s+(?P<name>[^=]+?)\s*=\s*(?P<persona>\S.*?)\s*")
_STORY = re.compile(r"%%\s*story\s*=\s*(?P<name>\S.*?)\s*")
_LINE = re.compile(r"(?P<speaker>[^:\[\]#%*\s][^:\[\]]*?)\s*(?:\[(?P<feeling>[^\[\]]*)\])?:\s+(?P<text>\S.*)")
_HEADING = re.compile(r"#\s+(?P<text>\S.*)")


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """What one person says without a pause.

    Attributes:
        speaker: a name, or `NARRATOR`
        text: what is said, with directions within it such as "[whisper]"
        feeling: emotions joined by "+" ("Fear:3+Pride:2"), or one in plain words; empty is neutral
        comments: of a person or of the reading, each without its marks, written above the line
    """

    speaker: str
    text: str
    feeling: str = ""
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScriptParagraph:
    """Lines that belong to one paragraph.

    Attributes:
        lines: at least one
        heading: whether it is the heading of a chapter
        after_break: whether a scene ends before it
    """

    lines: tuple[ScriptLine, ...]
    heading: bool = False
    after_break: bool = False

    @property
    def text(self) -> str:
        """The lines, joined by spaces."""
        return " ".join(line.text for line in self.lines)


@dataclass(frozen=True)
class StoryScript:
    """A tale that is ready to be told.

    Attributes:
        name: of the story
        cast: name -> persona: a name, a file, or a description in plain words
        paragraphs: in order
    """

    name: str
    cast: Mapping[str, str]
    paragraphs: tuple[ScriptParagraph, ...] = field(default_factory=tuple)

    def speakers(self) -> dict[str, int]:
        """Return the speakers and how many lines each has, in order of appearance."""
        counts: dict[str, int] = {}
        for paragraph in self.paragraphs:
            for line in paragraph.lines:
                counts[line.speaker] = counts.get(line.speaker, 0) + 1
        return counts


def is_script(text: str) -> bool:
    """Return whether a text is a script rather than a tale."""
    return text.lstrip("\ufeff").startswith("%% voiceact script")


def parse_script(text: str, *, where: str = "the script", name: str = "story") -> StoryScript:
    """Read a script.

    Args:
        text: of the script
        where: its file, for messages
        name: of the story, where the script states none

    Raises:
        UsageError: for another version, or a line that is neither a comment, a heading, a break nor somebody's words
    """
    first, _, body = text.lstrip("\ufeff").partition("\n")
    if first.strip() != FIRST_LINE:
        raise UsageError(f"{where}: line 1 is {first.strip()[:60]!r}; expected {FIRST_LINE!r}")
    cast: dict[str, str] = {}
    paragraphs: list[ScriptParagraph] = []
    lines: list[ScriptLine] = []
    comments: list[str] = []
    after_break = False

    def close() -> None:
        nonlocal after_break
        if lines:
            paragraphs.append(ScriptParagraph(tuple(lines), after_break=after_break))
            lines.clear()
            after_break = False

    for number, raw in enumerate(body.split("\n"), 2):
        row = raw.strip()
        if not row:
            close()
        elif row.startswith("%%"):
            if match := _CAST.fullmatch(row):
                cast[match["name"]] = match["persona"]
            elif match := _STORY.fullmatch(row):
                name = match["name"]
            else:
                comments.append(row[2:].strip())
        elif row == BREAK:
            close()
            after_break = True
        elif match := _HEADING.fullmatch(row):
            close()
            heading = ScriptLine(NARRATOR, match["text"], "", tuple(comments))
            paragraphs.append(ScriptParagraph((heading,), heading=True, after_break=after_break))
            comments, after_break = [], False
        elif match := _LINE.fullmatch(row):
            speaker = NARRATOR if name_key(match["speaker"]) == NARRATOR else match["speaker"]
            lines.append(ScriptLine(speaker, match["text"], (match["feeling"] or "").strip(), tuple(comments)))
            comments = []
        else:
            raise UsageError(
                f"{where}: line {number} is {row[:60]!r}; expected 'Anna [Fear:3]: her words', '# a heading', '{BREAK}' "
                "or '%% a comment'"
            )
    close()
    return StoryScript(name, cast, tuple(paragraphs))


def write_script(script: StoryScript) -> str:
    """Return the text of a script, from which `parse_script` reads the same script."""
    rows = [FIRST_LINE, f"%% story = {script.name}"]
    rows += [f"%% cast {name} = {persona}" for name, persona in script.cast.items()]
    for paragraph in script.paragraphs:
        rows.append("")
        if paragraph.after_break:
            rows += [BREAK, ""]
        for line in paragraph.lines:
            rows += [f"%% {comment}" for comment in line.comments]
            feeling = f" [{line.feeling}]" if line.feeling else ""
            rows.append(f"# {line.text}" if paragraph.heading else f"{line.speaker}{feeling}: {line.text}")
    return "\n".join(rows) + "\n"
