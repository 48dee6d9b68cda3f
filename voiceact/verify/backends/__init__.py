"""Backends of the checks, one file each; `voiceact.verify.backends.registry` finds them by their entry points."""
