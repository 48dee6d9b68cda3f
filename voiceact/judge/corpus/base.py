"""What an importer of a corpus is, and the list of those there are.

Adding a corpus is adding one file to this folder that defines `CORPUS`.
"""

import csv
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from voiceact.errors import UnknownNameError, UsageError

Fields = dict[str, Any]
"""What a file name (and the corpus's tables) say of a clip: `clip` (its identity, whatever folder or format it
lies in), `speaker`, `emotion` (the corpus's own word), and any of gender, age, text, take, intensity, votes,
arousal, valence, dominance, language, split, questions."""

Tables = Any
"""Whatever the corpus's own tables hold, read once."""


class Skip(Exception):
    """This file is no clip of the corpus, for a reason that is counted and reported."""


UNKNOWN_NAME = "file name does not follow the corpus's scheme"


@dataclass(frozen=True)
class Emotion:
    """Where a corpus's own emotion lies in EmoNet: a category name, or None where none fits (neutral)."""

    emonet: str | None = None
    secondary: tuple[str, ...] = ()


@dataclass(frozen=True)
class Corpus:
    """How one corpus names its files, and on what terms it is given.

    licence: SPDX identifier where there is one
    commercial: whether the licence allows commercial use
    emotions: the corpus's own word -> its place in EmoNet
    fields: path inside the folder, tables -> fields; raises Skip
    tables: folder -> tables
    listed: tables -> clips the tables promise, to report those without a file
    kind: speech, burst (wordless) or synthetic (no person's voice)
    unpack: folder, progress -> None; writes the corpus's audio as files where it comes in containers
    """

    name: str
    title: str
    licence: str
    commercial: bool
    citation: str
    language: str
    emotions: Mapping[str, Emotion]
    fields: Callable[[PurePosixPath, Tables], Fields]
    tables: Callable[[Path], Tables] = lambda folder: None
    listed: Callable[[Tables], Iterable[str]] = lambda tables: ()
    kind: str = "speech"
    note: str = ""
    unpack: Callable[[Path, Callable[[int, int], None]], None] = lambda folder, progress: None


@cache
def corpora() -> dict[str, Corpus]:
    """All importers, by name."""
    folder = str(Path(__file__).parent)
    modules = (import_module(f"{__package__}.{found.name}") for found in pkgutil.iter_modules([folder]))
    known = [module.CORPUS for module in modules if hasattr(module, "CORPUS")]
    return {corpus.name: corpus for corpus in sorted(known, key=lambda corpus: corpus.name)}


def find_corpus(name: str) -> Corpus:
    """The importer of that name; raises UnknownNameError."""
    known = corpora()
    if name.casefold() not in known:
        raise UnknownNameError("corpus", name, known, hint="'voiceact corpus list' shows them")
    return known[name.casefold()]


def find_table(folder: Path, name: str) -> Path | None:
    """The file of that name nearest to the top of the folder, or None."""
    found = sorted(folder.rglob(name), key=lambda path: (len(path.parts), path.as_posix()))
    return found[0] if found else None


def need_table(folder: Path, name: str, what: str) -> Path:
    """As `find_table`; raises UsageError if there is none."""
    path = find_table(folder, name)
    if path is None:
        raise UsageError(f"{folder}: holds no {name}; {what}")
    return path


def read_table(path: Path, *, delimiter: str = ",", needs: Iterable[str] = ()) -> list[dict[str, str]]:
    """Rows of a table with a header line.

    Raises:
        UsageError: naming the file and a column that is missing, or a table that is no text
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter=delimiter)
            rows, columns = list(reader), reader.fieldnames or []
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read as a table ({error})") from error
    lacking = [column for column in needs if column not in columns]
    if lacking:
        raise UsageError(f"{path}: lacks the column {lacking[0]!r}; it has {', '.join(columns) or 'none'}")
    return rows
