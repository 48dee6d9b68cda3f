"""Licences of what a run is made of: engines, voices and texts."""
