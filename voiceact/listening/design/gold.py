"""Make gold items, whose right answer is known: by how their clip was made, or by the labels of a file.

Little is known without people, and only from how a clip was made: a neutral reading carries nothing that was requested, a
clip drowned in noise is not natural, a clip is spoken by its own speaker. People still disagree with the first of these now
and then; so a listener is judged by all their gold items together, never by one.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from voiceact.acting.taxonomy import resolve
from voiceact.audio import Sound
from voiceact.errors import UnknownNameError, UsageError
from voiceact.listening.design.source import Candidate
from voiceact.listening.design.stimuli import add_modulated_noise
from voiceact.listening.design.stimulus_selection import rank
from voiceact.listening.protocols.base import Protocol
from voiceact.runtime.extras import MissingExtraError
from voiceact.runtime.untrusted_paths import read_regular_file
from voiceact.runtime.untrusted_text import clean_text


@dataclass(frozen=True, slots=True)
class Label:
    """A line of a gold file: what is right for a clip.

    Attributes:
        keys: of the one or two clips
        category: id; None where the protocol asks for none
        values: that count as right
    """

    keys: tuple[str, ...]
    category: str | None
    values: tuple[int, ...]


# --- Known by how it was made


def make_gold_sound(kind: str, take: Candidate, *, seed: int) -> Sound | None:
    """Make the sound of a gold item from a take.

    Args:
        kind: of KNOWN: its neutral "twin", the take in "noise", or the "same" once more
        take: clip of the test
        seed: of the noise

    Returns:
        The sound; None if there is no neutral reading and its engine cannot make one here.
    """
    if kind == "twin":
        try:
            return take.twin()
        except (MissingExtraError, UnknownNameError):
            # An engine that is not installed here cannot read the line again.
            return None
    samples, rate = take.sound()
    return (add_modulated_noise(samples, seed=rank(seed, take.key) % 2**32), rate) if kind == "noise" else (samples, rate)


KNOWN = {
    "twin": "a neutral reading, where nothing that was asked for should be heard",
    "noise": "a clip drowned in noise as loud as itself",
    "same": "a clip beside itself",
}
"""what gold made without people is, in words"""


# --- Known by a file


def read_gold(path: Path, protocol: Protocol) -> list[Label]:
    """Read the lines of a gold file: .csv or .jsonl with key, values ("1 2", or a list), category and, for two clips, key_b.

    Raises:
        UsageError: naming file and line if one cannot be used
    """
    if not path.is_file():
        raise UsageError(f"--gold {path}: no such file; expected a .csv or .jsonl with the columns key, category, values")
    rows = list(_rows(path))
    if not rows:
        raise UsageError(f"--gold {path}: is empty; expected a line a clip: key, category, values")
    labels = []
    for line, row in rows:
        where = f"--gold {path}, line {line}"
        names = ("key", "key_b")[: protocol.clips_per_item]
        keys = tuple(str(row.get(name) or "").strip() for name in names)
        if not all(keys):
            raise UsageError(f"{where}: {names[keys.index('')]} is missing; expected the key of a clip of the run")
        word = str(row.get("category") or "").strip()
        if protocol.needs_category and not word:
            raise UsageError(f"{where}: category is missing; expected the one that is asked")
        category = resolve(word).category.id if word and protocol.needs_category else None
        given = row.get("values")
        words: Sequence[Any] = given if isinstance(given, list) else str(given or "").replace(";", " ").split()
        try:
            values = tuple(int(value) for value in words)
        except ValueError:
            values = ()
        if not values or set(values) - set(protocol.values):
            expected = ", ".join(map(str, protocol.values))
            raise UsageError(f"{where}: values are {clean_text(repr(given), 60)}; expected one or more of {expected}")
        labels.append(Label(keys, category, values))
    return labels


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each row of a gold file with its line number."""
    try:
        text = read_regular_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"--gold {path}: is not UTF-8 text; save it as UTF-8") from error
    if path.suffix.lower() == ".csv":
        try:
            yield from enumerate(csv.DictReader(text.splitlines()), 2)
        except csv.Error as error:
            raise UsageError(f"--gold {path}: is no CSV ({error}); expected the columns key, category, values") from None
        return
    for line, row in enumerate(text.splitlines(), 1):
        try:
            document = json.loads(row) if row.strip() else None
        except (ValueError, RecursionError) as error:
            raise UsageError(f"--gold {path}, line {line}: is not JSON ({error})") from None
        if isinstance(document, dict):
            yield line, document
