"""Raters of naturalness."""
