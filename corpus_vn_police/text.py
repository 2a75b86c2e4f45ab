"""Text that is shown to people or written where a program obeys it."""

from __future__ import annotations


def printable(text: object) -> str:
    """A text on one line, without what a terminal would obey: control and bidirectional characters, escaped."""
    return "".join(map(_escaped, str(text)))


def visible(text: str) -> str:
    """The same of a text with lines: tabs, newlines and no-break spaces stay."""
    return "".join(each if each in "\n\t\u00a0" else _escaped(each) for each in text)


def spreadsheet_safe(text: str) -> str:
    """A text as a cell of a CSV file, which a spreadsheet must not take for a formula."""
    line = printable(text)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def _escaped(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
