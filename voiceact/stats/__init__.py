"""Figures with intervals: bootstrap, proportions, ranking and agreement."""
