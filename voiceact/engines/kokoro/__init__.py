"""The engine of Kokoro-82M: 82 million parameters on a CPU, acted on from inside as the embedded engine is."""

from voiceact.engines.kokoro.engine import KokoroEngine

__all__ = ["KokoroEngine"]
