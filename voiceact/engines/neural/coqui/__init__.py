"""Models of the coqui-tts package: XTTS, VITS and others."""
