"""Protocols of listening tests, one file each, and what they are made of."""
