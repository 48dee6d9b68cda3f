"""Machinery without knowledge of speech: files, YAML, processes, signals, weights, torch."""
