"""Batches for torch."""


class Stream:
    """Batches of blocks."""
