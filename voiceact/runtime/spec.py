"""A name with options, as users write an engine or an estimator: `coqui:model=~/xtts,device=cuda:0`.

>>> parse_spec("coqui:model=~/xtts,device=cuda:0")
Spec(name='coqui', options=(('device', 'cuda:0'), ('model', '~/xtts')))
>>> str(parse_spec("embedded"))
'embedded'
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

from voiceact.errors import UnknownNameError, UsageError
from voiceact.runtime.untrusted_text import strip_credentials

Reach = Literal["an address", "an environment variable", "a file"]


class Option(str):
    """Describe an option whose value names something outside voiceact; an ordinary option is described by a plain string.

    Values of such an option in a record or run are not used (voiceact.runtime.untrusted_settings).

    Attributes:
        reaches: what its value names
    """

    reaches: Reach

    def __new__(cls, text: str, reaches: Reach) -> Self:
        """Create a description.

        Args:
            text: what the option is for
            reaches: what its value names
        """
        option = super().__new__(cls, text)
        option.reaches = reaches
        return option


@dataclass(frozen=True, slots=True)
class Spec:
    """A registered name with its options, sorted by key.

    Keys and tokens of servers are never options: they come from the environment and enter no record. Credentials inside a
    URL are used and left out of `__str__`.

    Attributes:
        name: registered name
        options: pairs of key and value
    """

    name: str
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        options = ",".join(f"{key}={strip_credentials(value) if '://' in value else value}" for key, value in self.options)
        return f"{self.name}:{options}" if options else self.name


def parse_spec(text: str) -> Spec:
    """Parse a name with options.

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
    """Return the options of a spec as keyword arguments.

    Args:
        spec: name with options
        known: option -> what it is for, as the engine declares
        what: "engine" or "estimator", for messages

    Raises:
        UnknownNameError: if there is no such option
        UsageError: if there are no options at all
    """
    for key, _ in spec.options:
        if not known:
            raise UsageError(f"{what} {spec.name!r} has no options; leave {key!r} out")
        if key not in known:
            raise UnknownNameError(f"option of {what} {spec.name!r}", key, known)
    return dict(spec.options)
