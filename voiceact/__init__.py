"""voiceact: emotional speech synthesis that is verified.

    from voiceact import synth
    clip = synth(persona="nurse", emotion="Concern")

Names are imported when they are first used, so that `import voiceact` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voiceact.clip import Clip
    from voiceact.direction import Direction, direct
    from voiceact.engines.base import Engine, Take, load_engine
    from voiceact.errors import UsageError, VoiceactError
    from voiceact.moves import Moves
    from voiceact.performance import replay, synth
    from voiceact.persona import Persona, load_persona
    from voiceact.taxonomy import Category, categories, resolve

__version__ = "0.1.0"

_HOMES = {
    "Clip": "clip", "Direction": "direction", "direct": "direction", "Engine": "engines.base", "Take": "engines.base",
    "load_engine": "engines.base", "UsageError": "errors", "VoiceactError": "errors", "Moves": "moves",
    "Persona": "persona", "load_persona": "persona", "replay": "performance", "synth": "performance",
    "Category": "taxonomy", "categories": "taxonomy", "resolve": "taxonomy",
}

__all__ = [
    "Category", "Clip", "Direction", "Engine", "Moves", "Persona", "Take", "UsageError", "VoiceactError",
    "categories", "direct", "load_engine", "load_persona", "replay", "resolve", "synth",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'voiceact' has no attribute {name!r}")
    return getattr(import_module(f"voiceact.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
