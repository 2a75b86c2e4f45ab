"""Packed blocks."""


class Blocks:
    """Packed blocks of tokens."""
