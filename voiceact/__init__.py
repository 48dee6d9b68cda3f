"""voiceact: emotional speech synthesis that is verified.

    from voiceact import synth
    clip = synth(persona="nurse", emotion="Concern")

Names are imported when they are first used, so that `import voiceact` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voiceact.acting.direction import Direction, direct
    from voiceact.acting.moves import Moves
    from voiceact.acting.persona import Persona, load_persona
    from voiceact.acting.taxonomy import Category, categories, resolve
    from voiceact.clip.clip import Clip
    from voiceact.engines.base import Engine, Take
    from voiceact.engines.registry import load_engine
    from voiceact.errors import UsageError, VoiceactError
    from voiceact.synthesis.synthesize import replay, synth

__version__ = "0.1.0"

_MODULES = {
    "Category": "acting.taxonomy",
    "Clip": "clip.clip",
    "Direction": "acting.direction",
    "Engine": "engines.base",
    "Moves": "acting.moves",
    "Persona": "acting.persona",
    "Take": "engines.base",
    "UsageError": "errors",
    "VoiceactError": "errors",
    "categories": "acting.taxonomy",
    "direct": "acting.direction",
    "load_engine": "engines.registry",
    "load_persona": "acting.persona",
    "replay": "synthesis.synthesize",
    "resolve": "acting.taxonomy",
    "synth": "synthesis.synthesize",
}

__all__ = [
    "Category",
    "Clip",
    "Direction",
    "Engine",
    "Moves",
    "Persona",
    "Take",
    "UsageError",
    "VoiceactError",
    "categories",
    "direct",
    "load_engine",
    "load_persona",
    "replay",
    "resolve",
    "synth",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'voiceact' has no attribute {name!r}")
    return getattr(import_module(f"voiceact.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
