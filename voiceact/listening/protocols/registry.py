"""Find protocols by name: files of this package with a `PROTOCOL`, and those registered under `voiceact.protocols`.

>>> from voiceact.listening.protocols.registry import load_protocol
>>> presence = load_protocol("presence")
>>> presence.wanted([1, 2], 2), presence.wanted([1, 0], 2)
(3, 2)
"""

import pkgutil
from importlib import import_module

from voiceact.listening.protocols.base import Protocol
from voiceact.runtime.plugins import load_plugin, plugin_names

ENTRY_POINT_GROUP = "voiceact.protocols"
NOT_PROTOCOLS = ("base", "material", "registry")
"""modules of this package that hold no protocol"""


def protocol_names() -> list[str]:
    """Return the sorted names of all protocols, this package's and others'."""
    return sorted({*_shipped_names(), *plugin_names(ENTRY_POINT_GROUP)})


def load_protocol(name: str) -> Protocol:
    """Return the protocol of that name.

    Raises:
        UnknownNameError: if there is none
    """
    protocol: Protocol
    if name in _shipped_names():
        protocol = import_module(f"voiceact.listening.protocols.{name}").PROTOCOL
    else:
        protocol = load_plugin(ENTRY_POINT_GROUP, name, "protocol", known=protocol_names())
    return protocol


def _shipped_names() -> list[str]:
    package = import_module("voiceact.listening.protocols")
    return [module.name for module in pkgutil.iter_modules(package.__path__) if module.name not in NOT_PROTOCOLS]
