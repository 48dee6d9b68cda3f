"""Estimators whose weights others published."""
