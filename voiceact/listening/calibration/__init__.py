"""Thresholds of a judge set by what listeners heard."""
