"""Forms that a data set can have elsewhere, one file each: to add one is to add a file with a function `write`.

>>> from voiceact.dataset.export.formats import format_names
>>> "parquet" in format_names()
True
"""

import pkgutil
from dataclasses import dataclass
from importlib import import_module

from voiceact.dataset.export.formats.base import Writer
from voiceact.errors import UnknownNameError

NOT_FORMATS = {"base", "files"}


def format_names() -> list[str]:
    """Names of the formats there are, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in NOT_FORMATS)


@dataclass(frozen=True)
class Format:
    """A form that a data set can have.

    sentence: what it is
    write: writes clips into an empty folder
    suffix: of the audio files, where the format allows one kind only
    has_paths: whether its lists name audio by paths, relative or absolute
    """

    name: str
    sentence: str
    write: Writer
    suffix: str | None
    has_paths: bool


def load_format(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownNameError: if there is none
    """
    if name not in format_names():
        raise UnknownNameError("format", name, format_names())
    module = import_module(f"{__name__}.{name}")
    return Format(name, (module.__doc__ or "").partition("\n")[0], module.write,
                  getattr(module, "SUFFIX", None), getattr(module, "HAS_PATHS", False))


__all__ = ["Format", "format_names", "load_format"]
