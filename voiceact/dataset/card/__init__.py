"""The data card of a run: README.md and its machine-readable Croissant metadata."""
