"""Engines on large neural models: what they share, and one module or package a family."""
