"""Plug-ins: classes registered under an entry point group, by this package and by others.

Engines, estimators, backends of the checks and listening protocols are all found here.
"""

from collections.abc import Sequence
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version
from typing import Any

from voiceact.errors import UnknownNameError


def plugin_names(group: str) -> list[str]:
    """Return the sorted names registered under an entry point group."""
    return sorted({point.name for point in entry_points(group=group)})


def list_plugins(group: str) -> list[EntryPoint]:
    """Return the entry points of a group, sorted by name."""
    return sorted(entry_points(group=group), key=lambda point: point.name)


def find_plugin(group: str, name: str) -> EntryPoint | None:
    """Return the entry point of that name, not imported; None if nothing is registered under it."""
    return next((point for point in entry_points(group=group) if point.name == name), None)


def load_plugin(group: str, name: str, kind: str, *, known: Sequence[str] | None = None, hint: str = "") -> Any:
    """Import the object registered under a name.

    Args:
        group: entry point group, such as "voiceact.engines"
        name: registered name
        kind: what the name names, in the singular, for the message ("engine")
        known: all valid names, where there are more than the registered ones
        hint: command that lists them, for the message

    Raises:
        UnknownNameError: if nothing of that name is registered
    """
    point = find_plugin(group, name)
    if point is None:
        raise UnknownNameError(kind, name, plugin_names(group) if known is None else known, hint)
    return point.load()


def is_installed(distribution: str) -> bool:
    """Return whether a distribution (the name pip knows) is installed."""
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False
