"""Formats of an export, one file each; to add one, add a file with a function `write`.

>>> from voiceact.dataset.export.formats import format_names
>>> "parquet" in format_names()
True
"""

import pkgutil
from dataclasses import dataclass
from importlib import import_module

from voiceact.dataset.export.formats.base import SUFFIXES, Writer
from voiceact.errors import UnknownNameError

NOT_FORMATS = {"base", "files"}


def format_names() -> list[str]:
    """List the names of the formats, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in NOT_FORMATS)


@dataclass(frozen=True)
class Format:
    """A format of an export.

    Attributes:
        name: its name
        sentence: what it is
        write: writes clips into an empty folder
        suffix: suffix of the audio files, where the format allows one kind only
        has_paths: whether its lists name audio by paths, relative or absolute
        suffixes: kinds of audio files that may be asked of it; what is kept in another kind becomes the first
        needs_records: whether it reads the record and the neutral twin of each clip
    """

    name: str
    sentence: str
    write: Writer
    suffix: str | None
    has_paths: bool
    suffixes: tuple[str, ...] = SUFFIXES
    needs_records: bool = False


def load_format(name: str) -> Format:
    """Load the format of that name.

    Raises:
        UnknownNameError: if there is none
    """
    if name not in format_names():
        raise UnknownNameError("format", name, format_names())
    module = import_module(f"{__name__}.{name}")
    return Format(
        name,
        (module.__doc__ or "").partition("\n")[0],
        module.write,
        getattr(module, "SUFFIX", None),
        getattr(module, "HAS_PATHS", False),
        getattr(module, "SUFFIXES", SUFFIXES),
        getattr(module, "NEEDS_RECORDS", False),
    )


__all__ = ["Format", "format_names", "load_format"]
