"""Text that is shown to people or written where a program obeys it."""

from __future__ import annotations


def printable(text: object) -> str:
    """A text without what a terminal would obey: control and bidirectional characters, escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in str(text)
    )
