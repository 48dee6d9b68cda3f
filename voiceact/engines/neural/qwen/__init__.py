"""Qwen3-TTS: designed voices, custom voices and cloning."""
