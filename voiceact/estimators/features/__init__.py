"""Acoustic functionals of an utterance: low-level descriptors and the statistics over them."""
