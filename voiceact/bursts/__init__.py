"""Vocal bursts: laughs, sighs and gasps, rendered in the voice of a persona (docs/bursts.md)."""
