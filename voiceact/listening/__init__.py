"""Listening tests: people say what they hear, and the judge learns how far it may be trusted. docs/listening.md explains it."""
