"""Which engine, and with what: `coqui:model=~/xtts,device=cuda:0`.

>>> parse_spec("coqui:model=~/xtts,device=cuda:0")
Spec(name='coqui', options=(('device', 'cuda:0'), ('model', '~/xtts')))
>>> str(parse_spec("embedded"))
'embedded'
"""

from collections.abc import Mapping
from dataclasses import dataclass

from voiceact.errors import UnknownNameError, UsageError


@dataclass(frozen=True, slots=True)
class Spec:
    """An engine's name, and the options it is made with, sorted by name.

    Keys and tokens are never options: they come from the environment and enter no record.
    """

    name: str
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        asked = ",".join(f"{key}={value}" for key, value in self.options)
        return f"{self.name}:{asked}" if asked else self.name


def parse_spec(text: str) -> Spec:
    """The engine a text names.

    Raises:
        UsageError: an option without a value, or given twice
    """
    name, _, rest = text.partition(":")
    options: dict[str, str] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not key or not value:
            raise UsageError(f"{text!r}: {part!r} is no option; expected NAME:option=value,option=value")
        if key in options:
            raise UsageError(f"{text!r}: option {key!r} is given twice; keep one")
        options[key] = value
    return Spec(name.strip(), tuple(sorted(options.items())))


def check_options(spec: Spec, known: Mapping[str, str], what: str = "engine") -> dict[str, str]:
    """The options of a spec as keyword arguments.

    known: option -> what it is for, as the engine declares
    what: engine or estimator, for messages
    Raises:
        UnknownNameError, UsageError: an option the engine does not have
    """
    for key, _ in spec.options:
        if not known:
            raise UsageError(f"{what} {spec.name!r} has no options; leave {key!r} out")
        if key not in known:
            raise UnknownNameError(f"option of {what} {spec.name!r}", key, known)
    return dict(spec.options)
