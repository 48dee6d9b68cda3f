"""Engines in processes and virtual environments of their own."""
