"""The engine of Kokoro-82M: 82 million parameters on a CPU, with acting between the stages as in the embedded engine."""

from voiceact.engines.kokoro.engine import KokoroEngine

__all__ = ["KokoroEngine"]
