"""Backends of the checks, one file each; `voiceact.verify.means` finds them by their entry points."""
