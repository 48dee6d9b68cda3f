"""Engines: text to acted speech behind one protocol (`voiceact.engines.base`)."""
