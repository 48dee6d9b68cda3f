"""The interface of a corpus importer, the list of importers, and the reading of corpus tables.

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
    """The EmoNet category of a corpus's own emotion.

    Attributes:
        emonet: name of the category, or None where none fits (neutral)
        secondary: categories that may be heard as well
    """

    emonet: str | None = None
    secondary: tuple[str, ...] = ()


@dataclass(frozen=True)
class Corpus:
    """Description of a corpus: its licence, its emotions, and how its files are named.

    Attributes:
        name: by which it is imported
        title: full title
        licence: SPDX identifier where there is one
        commercial: whether the licence allows commercial use
        citation: of the publication
        language: language code of its clips
        emotions: the corpus's own word -> EmoNet category
        fields: (path inside the folder, tables) -> fields of a clip; raises Skip
        tables: folder -> tables
        listed: tables -> clips that the tables list, to report those without a file
        kind: speech, burst (wordless) or synthetic (no person's voice)
        unpack: (folder, progress) -> None; writes the clips as files where the corpus comes in containers
        note: what a user should know of it
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
    """Load all importers of this package; name -> corpus, sorted by name."""
    folder = str(Path(__file__).parent)
    modules = (import_module(f"{__package__}.{found.name}") for found in pkgutil.iter_modules([folder]))
    known = [module.CORPUS for module in modules if hasattr(module, "CORPUS")]
    return {corpus.name: corpus for corpus in sorted(known, key=lambda corpus: corpus.name)}


def find_corpus(name: str) -> Corpus:
    """Return the importer of that name; raise UnknownNameError if there is none."""
    known = corpora()
    if name.casefold() not in known:
        raise UnknownNameError("corpus", name, known, hint="'voiceact corpus list' shows them")
    return known[name.casefold()]


def find_table(folder: Path, name: str) -> Path | None:
    """Return the file of that name nearest to the top of the folder, or None."""
    return min(folder.rglob(name), key=lambda path: (len(path.parts), path.as_posix()), default=None)


def need_table(folder: Path, name: str, what: str) -> Path:
    """Return the file as `find_table` does; raise UsageError if there is none."""
    path = find_table(folder, name)
    if path is None:
        raise UsageError(f"{folder}: holds no {name}; {what}")
    return path


def read_table(path: Path, *, delimiter: str = ",", needs: Iterable[str] = ()) -> list[dict[str, str]]:
    """Read the rows of a table with a header line.

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
