"""Find engines by name: those of this package and those that other packages register under `voiceact.engines`."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from voiceact.engines.base import Card, Engine, adapt_engine
from voiceact.engines.probe import read_measurement
from voiceact.engines.process.environments import install, interpreter
from voiceact.engines.process.isolated import IsolatedEngine
from voiceact.runtime.extras import MissingExtraError, install_command
from voiceact.runtime.plugins import is_installed, list_plugins, load_plugin, plugin_names
from voiceact.runtime.spec import Spec, check_options, parse_spec

ENTRY_POINT_GROUP = "voiceact.engines"
DEFAULT_ENGINE = "embedded"
MOST_LOADED = 2
"""engines that stay loaded in a process; the memory of a large model that is no longer used is freed"""

_loaded: OrderedDict[Spec, Engine] = OrderedDict()


def engine_names() -> list[str]:
    """Return the sorted names of all registered engines."""
    return plugin_names(ENTRY_POINT_GROUP)


def load_engine(name: str = DEFAULT_ENGINE) -> Engine:
    """Return the engine of that name; the last two that were requested stay loaded.

    Args:
        name: a registered name, alone or with options: `coqui:model=~/xtts,device=cpu`

    Raises:
        UnknownNameError: if no engine of that name is registered, or it has no such option
        MissingExtraError: if the engine needs an extra that is not installed
    """
    spec = parse_spec(name)
    if spec not in _loaded:
        _loaded[spec] = _make_engine(spec)
    _loaded.move_to_end(spec)
    while len(_loaded) > MOST_LOADED:
        _, dropped = _loaded.popitem(last=False)
        dropped.close()
    return _loaded[spec]


def close_engines() -> None:
    """Close all loaded engines and forget them; the next `load_engine` loads anew."""
    while _loaded:
        _, engine = _loaded.popitem()
        engine.close()


def _make_engine(spec: Spec) -> Engine:
    engine_class = load_plugin(ENTRY_POINT_GROUP, spec.name, "engine", hint="voiceact engine list shows them")
    known, _ = _declarations(engine_class)
    options = check_options(spec, known)
    try:
        engine = adapt_engine(engine_class(**options))
    except MissingExtraError:
        # What is not installed here may be installed in an environment of the engine's own.
        python = interpreter(spec.name)
        if python is None:
            raise
        engine = IsolatedEngine(str(spec), python)
    if spec.options:
        engine.spec = str(spec)
    return engine


def _declarations(engine_class: Any) -> tuple[Mapping[str, str], Card | None]:
    """Return the options and the card of a registered class, which need not inherit from `Engine`."""
    return getattr(engine_class, "options", {}), getattr(engine_class, "card", None)


def spec_of(engine: Engine) -> str:
    """Return the text that `load_engine` needs to load this engine again."""
    return engine.spec or engine.name


def is_loaded(engine: Engine) -> bool:
    """Return whether `load_engine(spec_of(engine))` returns this very engine; nothing is looked up or loaded."""
    return any(known is engine and spec == parse_spec(spec_of(engine)) for spec, known in _loaded.items())


def install_engine(name: str, *, packages: tuple[str, ...] = (), report: Callable[[str], None] = lambda line: None) -> Path:
    """Install a registered engine into a virtual environment of its own, and return the environment's interpreter.

    Args:
        name: registered name
        packages: requirements to install beside it
        report: is called with a line before each step

    Raises:
        UnknownNameError: if no engine of that name is registered
        VoiceactError: if pip fails, with its last line
    """
    _, card = _declarations(load_plugin(ENTRY_POINT_GROUP, name, "engine", hint="voiceact engine list shows them"))
    return install(name, extra=card.extra if card else None, packages=packages, report=report)


def describe_engines() -> list[dict[str, Any]]:
    """Describe every registered engine without loading a large model.

    Returns:
        for each engine: name, installed, state (where it is, or how to install it), steered_by, languages, licences, options,
        measured (on this machine by `voiceact engine probe`, else None)
    """
    return [_describe_engine(point) for point in list_plugins(ENTRY_POINT_GROUP)]


def _describe_engine(point: EntryPoint) -> dict[str, Any]:
    options, card = _declarations(point.load())
    if card is None:
        # A quick engine declares everything in its capabilities.
        capabilities = load_engine(point.name).capabilities
        controls = [f"{len(capabilities.moves)} acoustic moves"] if capabilities.moves else []
        controls += [
            words
            for words, follows in (
                ("a written instruction", capabilities.instruction),
                ("a reference voice", capabilities.reference),
                ("an emotion vector", capabilities.emotion_vector),
            )
            if follows
        ]
        card = Card(", ".join(controls) or "nothing", capabilities.languages, capabilities.licences)

    # Say where it is, or how to install it.
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
        "options": dict(options),
        "measured": read_measurement(point.name),
    }
