"""Find engines by name: those of this package and those that other packages register under `voiceact.engines`."""

from collections import OrderedDict
from dataclasses import asdict
from importlib.metadata import EntryPoint
from typing import Any

from voiceact.engines.base import Card, Engine
from voiceact.engines.probe import read_measurement
from voiceact.engines.process.environments import interpreter
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.plugins import is_installed, list_plugins, load_plugin, plugin_names
from voiceact.runtime.spec import Spec, check_options, parse_spec

ENTRY_POINT_GROUP = "voiceact.engines"
DEFAULT_ENGINE = "embedded"
MOST_LOADED = 2
"""engines kept alive in a process; a large model that nobody asks for any more gives its memory back"""

_loaded: OrderedDict[Spec, Engine] = OrderedDict()


def engine_names() -> list[str]:
    """Return the sorted names of all registered engines."""
    return plugin_names(ENTRY_POINT_GROUP)


def load_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """Return the engine of that name; the last two asked for stay loaded.

    Args:
        name: a registered name, alone or with options: `coqui:model=~/xtts,device=cpu`

    Raises:
        UnknownNameError: if no engine of that name is registered, or it has no such option
        MissingExtraError: if the engine needs an extra that is not installed
    """
    spec = parse_spec(name)
    if spec not in _loaded:
        engine = _make_engine(spec)
        _loaded[spec] = engine
    _loaded.move_to_end(spec)
    while len(_loaded) > MOST_LOADED:
        _, dropped = _loaded.popitem(last=False)
        # Engines of other packages need not know how to close.
        if callable(close := getattr(dropped, "close", None)):
            close()
    return _loaded[spec]


def _make_engine(spec: Spec) -> Engine:
    kind = load_plugin(ENTRY_POINT_GROUP, spec.name, "engine", hint="voiceact engine list shows them")
    options = check_options(spec, getattr(kind, "options", {}))
    try:
        engine: Engine = kind(**options)
    except MissingExtraError:
        # What is not installed here may be installed in an environment of the engine's own.
        python = interpreter(spec.name)
        if python is None:
            raise
        from voiceact.engines.process.isolated import IsolatedEngine

        engine = IsolatedEngine(str(spec), python)
    if spec.options:
        engine.spec = str(spec)  # type: ignore[attr-defined]
    return engine


def spec_of(engine: Engine) -> str:
    """Return the text that `load_engine` needs to load this engine again."""
    return str(getattr(engine, "spec", engine.name))


def describe_engines() -> list[dict[str, Any]]:
    """Describe every registered engine without loading a large model.

    Returns:
        for each engine: name, installed, state (where it is, or how to install it), steered_by, languages, licences, options,
        measured (on this machine by `voiceact engine probe`, else None)
    """
    return [_describe_engine(point) for point in list_plugins(ENTRY_POINT_GROUP)]


def _describe_engine(point: EntryPoint) -> dict[str, Any]:
    kind = point.load()
    card: Card | None = getattr(kind, "card", None)
    if card is None:
        # A quick engine declares everything in its capabilities.
        able = load_engine(point.name).capabilities
        ways = [f"{len(able.moves)} acoustic moves"] if able.moves else []
        ways += [
            words
            for words, can in (
                ("a written instruction", able.instruction),
                ("a reference voice", able.reference),
                ("an emotion vector", able.emotion_vector),
            )
            if can
        ]
        card = Card(", ".join(ways) or "nothing", able.languages, able.licences)

    isolated = interpreter(point.name) is not None
    missing = [package for package in card.packages if not is_installed(package)]
    if isolated:
        state = "in an environment of its own"
    elif not missing:
        state = "here"
    elif card.isolated:
        state = f"voiceact engine install {point.name}" + (f" --package {card.beside}" if card.beside else "")
    else:
        state = install_command(card.extra or point.name)
    return {
        "name": point.name,
        "installed": isolated or not missing,
        "state": state,
        "steered_by": card.steered_by,
        "languages": list(card.languages),
        "licences": asdict(card.licences),
        "options": dict(getattr(kind, "options", {})),
        "measured": read_measurement(point.name),
    }
