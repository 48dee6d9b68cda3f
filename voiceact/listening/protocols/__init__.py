"""Protocols of listening tests: one file each, found by its name (`voiceact.listening.protocols.base`)."""

from voiceact.listening.protocols.base import Choice, Draft, Protocol, load_protocol, protocol_names

__all__ = ["Choice", "Draft", "Protocol", "load_protocol", "protocol_names"]
