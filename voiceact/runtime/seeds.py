"""Draw numbers from text by SHA-256: the same on every machine, with every version of Python and numpy.

The parts are joined to one text, which identifies the draw: plans, splits and listening tests depend on it, so the parts,
the separator and the number of bytes of a caller never change.

>>> draw_integer(0, 12, 1, size=4)
4179461504
"""

from hashlib import sha256


def draw_digest(*parts: object, separator: str = ":") -> bytes:
    """Return the 32 bytes of the SHA-256 of the parts, as text, joined by the separator."""
    return sha256(separator.join(map(str, parts)).encode()).digest()


def draw_integer(*parts: object, separator: str = ":", size: int = 8) -> int:
    """Draw a whole number from 0 to 256 ** size - 1.

    Args:
        parts: of the identity
        separator: between them
        size: number of bytes of the digest, the most significant first
    """
    return int.from_bytes(draw_digest(*parts, separator=separator)[:size], "big")


def draw_fraction(*parts: object, separator: str = ":", size: int = 8) -> float:
    """Draw a number from 0 to 1 (below 1 for `size` up to 6 bytes); arguments as in `draw_integer`."""
    return float(draw_integer(*parts, separator=separator, size=size) / 256**size)
