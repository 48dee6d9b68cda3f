"""Simulated listeners: proof of the analysis, and the power of a planned test."""
