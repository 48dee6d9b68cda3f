"""Items whose right answer is known: by how their clip was made, or by the labels of a file.

What is known without people is little, and it is a matter of making, not of hearing: a neutral reading carries nothing that
was asked for, a clip drowned in noise is not natural, a clip is spoken by its own speaker. People still disagree with the
first of these now and then; so a listener is judged by all their gold items together, never by one.
"""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact.acting.taxonomy import resolve
from voiceact.errors import MissingExtraError, UnknownNameError, UsageError
from voiceact.listening.design.source import Candidate, Sound
from voiceact.listening.design.stimuli import drowned
from voiceact.listening.design.stimulus_selection import rank
from voiceact.listening.protocols.base import Protocol


@dataclass(frozen=True, slots=True)
class Label:
    """A line of a gold file: what is right for a clip.

    keys: of the one or two clips
    category: id; None where the protocol asks for none
    values: that count as right
    """

    keys: tuple[str, ...]
    category: str | None
    values: tuple[int, ...]


# --- Known by how it was made


def make_known(kind: str, take: Candidate, *, seed: int) -> Sound | None:
    """The sound of that kind made of a take: its neutral "twin", the take in "noise", or the "same" once more.

    None if it cannot be had.
    """
    return _MAKERS[kind](take, seed)


def _twin(take: Candidate, seed: int) -> Sound | None:
    try:
        return take.twin()
    except (MissingExtraError, UnknownNameError):
        # An engine that is not installed here cannot read the line again.
        return None


def _noise(take: Candidate, seed: int) -> Sound | None:
    samples, rate = take.sound()
    return drowned(samples, seed=rank(seed, take.key) % 2 ** 32), rate


def _same(take: Candidate, seed: int) -> Sound | None:
    return take.sound()


_MAKERS: dict[str, Callable[[Candidate, int], Sound | None]] = {"twin": _twin, "noise": _noise, "same": _same}

KNOWN = {
    "twin": "a neutral reading, where nothing that was asked for should be heard",
    "noise": "a clip drowned in noise as loud as itself",
    "same": "a clip beside itself",
}
"""what gold made without people is, in words"""


# --- Known by a file


def read_gold(path: Path, protocol: Protocol) -> list[Label]:
    """The lines of a gold file: .csv or .jsonl with key, values ("1 2", or a list), category and, for two clips, key_b.

    Raises:
        UsageError: naming file and line if one cannot be used
    """
    if not path.is_file():
        raise UsageError(f"--gold {path}: no such file; expected a .csv or .jsonl with the columns key, category, values")
    rows = list(_rows(path))
    if not rows:
        raise UsageError(f"--gold {path}: is empty; expected a line a clip: key, category, values")
    return [_label(row, protocol, f"--gold {path}, line {line}") for line, row in rows]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"--gold {path}: is not UTF-8 text; save it as UTF-8") from error
    if path.suffix.lower() == ".csv":
        yield from enumerate(csv.DictReader(text.splitlines()), 2)
        return
    for line, row in enumerate(text.splitlines(), 1):
        try:
            found = json.loads(row) if row.strip() else None
        except (ValueError, RecursionError) as error:
            raise UsageError(f"--gold {path}, line {line}: is not JSON ({error})") from None
        if isinstance(found, dict):
            yield line, found


def _label(row: dict[str, Any], protocol: Protocol, where: str) -> Label:
    names = ("key", "key_b")[:protocol.clips_per_item]
    keys = tuple(str(row.get(name) or "").strip() for name in names)
    if not all(keys):
        raise UsageError(f"{where}: {names[keys.index('')]} is missing; expected the key of a clip of the run")
    word = str(row.get("category") or "").strip()
    if protocol.needs_category and not word:
        raise UsageError(f"{where}: category is missing; expected the one that is asked")
    return Label(keys, resolve(word).category.id if word and protocol.needs_category else None,
                 _values(row.get("values"), protocol, where))


def _values(given: Any, protocol: Protocol, where: str) -> tuple[int, ...]:
    words: Sequence[Any] = given if isinstance(given, list) else str(given or "").replace(";", " ").split()
    try:
        values = tuple(int(word) for word in words)
    except ValueError:
        values = ()
    if not values or set(values) - set(protocol.values):
        raise UsageError(f"{where}: values are {given!r}; expected one or more of {', '.join(map(str, protocol.values))}")
    return values
