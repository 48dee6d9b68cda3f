"""Lists what is packed; all else is in setup.cfg, which can find packages only where they are called as their folder."""

from setuptools import find_namespace_packages, setup

# Namespaces, because a room may hold rooms and no module of its own.
FOUND = find_namespace_packages(include=["voiceact", "voiceact.*"], exclude=["*.__pycache__"])

setup(packages=[*FOUND, "voiceact.personas", "voiceact.recipes"])
