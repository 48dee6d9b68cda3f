"""A cast: the people of a tale or of a table of lines, and the persona that plays each.

>>> match_cast("Mr. Darcy", ["narrator", "Darcy", "Elizabeth Bennet"])
'Darcy'
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from voiceact.acting.persona import Persona
from voiceact.errors import UsageError
from voiceact.prompting.person import load_or_read
from voiceact.runtime.yaml_config import read_mapping

NARRATOR = "narrator"
DETERMINER = re.compile(r"(?:the|an?|his|her|their|my|our)\s+", re.IGNORECASE)
"""that may stand before a name or not"""
TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr", "sir", "lady", "lord"})
"""that many share, so by which alone nobody is meant"""


def name_key(name: str) -> str:
    """Return a name in the form in which two spellings of it are equal: lower case, without article and full stops."""
    return DETERMINER.sub("", name.strip().casefold(), count=1).replace(".", "").replace("’", "'")


def match_cast(speaker: str, cast: Iterable[str]) -> str | None:
    """Return the name of a cast that means a speaker: the same, or the only one that shares its words ("Darcy", "Mr. Darcy").

    Args:
        speaker: as the tale names somebody
        cast: names in the cast
    """
    names = list(cast)
    key = name_key(speaker)
    for name in names:
        if name_key(name) == key:
            return name
    own = set(key.split())
    near = []
    for name in names:
        words = set(name_key(name).split())
        differing = (own & TITLES) != (words & TITLES) and own & TITLES and words & TITLES
        shared = (own & words) - TITLES
        if name != NARRATOR and shared and not differing and (own - TITLES <= words or words - TITLES <= own):
            near.append(name)
    return near[0] if len(near) == 1 else None


def read_cast(path: Path) -> dict[str, str]:
    """Read a cast: a YAML file of names in the tale, each with a persona's name, file or description.

    Raises:
        UsageError: if it is no such file, naming the key
    """
    cast: dict[str, str] = {}
    for name, persona in read_mapping(path).items():
        if not isinstance(persona, str) or not persona.strip() or "\n" in persona.strip():
            raise UsageError(f"{path}: {name} is {persona!r}; expected a persona's name, file or description on one line")
        if not name.strip() or re.search(r"[:\[\]=\n]", name):
            raise UsageError(f"{path}: {name!r} is no name that a script can hold; leave : [ ] and = out")
        cast[NARRATOR if name_key(name) == NARRATOR else name.strip()] = persona.strip()
    return cast


def load_cast(
    cast: Mapping[str, str], folders: Sequence[str | Path] = (), *, where: str = "the cast"
) -> tuple[dict[str, Persona], tuple[str, ...]]:
    """Load the personas of a cast.

    Returns:
        name in the cast -> persona, and notes where one was read from a description

    Raises:
        UsageError: for a persona that is none, with the name it stands at
    """
    personas: dict[str, Persona] = {}
    notes: tuple[str, ...] = ()
    for name, persona in cast.items():
        try:
            personas[name], read = load_or_read(persona, folders)
        except UsageError as error:
            raise UsageError(f"{where}: {name}: {error}") from error
        notes += tuple(f"{name}: {note}" for note in read)
    return personas, notes
