"""Draws by SHA-256: their numbers are identities, fixed by hand-made digests."""

import hashlib

import pytest

from voiceact.runtime.seeds import draw_digest, draw_fraction, draw_integer


@pytest.mark.parametrize(
    ("parts", "separator", "text"),
    [
        ((3, 17, 2), ":", "3:17:2"),
        ((0, "both", "nurse\x00en-1"), "\x00", "0\x00both\x00nurse\x00en-1"),
        ((5, "clip"), "\x1f", "5\x1fclip"),
        (("nurse", "pitch"), "\n", "nurse\npitch"),
        (("nurse",), ":", "nurse"),
    ],
)
def test_the_identity_is_the_parts_with_the_separator_between(parts, separator: str, text: str) -> None:
    digest = hashlib.sha256(text.encode()).digest()
    assert draw_digest(*parts, separator=separator) == digest
    assert draw_integer(*parts, separator=separator) == int.from_bytes(digest[:8], "big")
    assert draw_integer(*parts, separator=separator, size=4) == int.from_bytes(digest[:4], "big")
    assert draw_fraction(*parts, separator=separator) == int.from_bytes(digest[:8], "big") / 2**64
    assert draw_fraction(*parts, separator=separator, size=4) == int.from_bytes(digest[:4], "big") / 2**32


def test_the_separator_is_a_colon_unless_given() -> None:
    assert draw_integer(1, 2) == draw_integer("1:2") != draw_integer(1, 2, separator=" ")
