"""The engine that speaks without a hub, a GPU or torch: hibari-tts, acted on from inside."""

from voiceact.engines.embedded.engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
