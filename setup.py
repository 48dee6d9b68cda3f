"""Lists what is packed; all else is in setup.cfg, which can find packages only where they are called as their folder."""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["voiceact", "voiceact.*"]), "voiceact.personas", "voiceact.recipes"])
