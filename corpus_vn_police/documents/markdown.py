"""Put text from outside into Markdown, so that nothing in it acts as markup."""

from __future__ import annotations

import re

from corpus_vn_police.text import visible

_FRONT = re.compile(r"---\n.*?\n---\n", re.DOTALL)
_SIGNS = re.compile(r"[\\`<\[]")
_TICKS = re.compile("`+")


def cell(text: str) -> str:
    """A text as one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def plain(text: str) -> str:
    """A line from outside as Markdown that shows exactly this line, without HTML, links or code."""
    return _SIGNS.sub(r"\\\g<0>", visible(text))


def fenced(text: str, language: str = "") -> str:
    """A text as a block of code; nothing in the text can end the block."""
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    fence = "`" * max(4, longest + 1)
    return f"{fence}{language}\n{visible(text)}\n{fence}"


def code(text: str) -> str:
    """A text on one line, as code inside a paragraph or a table cell; nothing in the text can end the code."""
    line = " ".join(visible(text).split())
    longest = max((len(run) for run in _TICKS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {line} {fence}" if longest else f"`{line}`"


def without_front(text: str) -> str:
    """A Markdown text without the YAML at its beginning."""
    text = text.replace("\r\n", "\n").lstrip("\n")
    found = _FRONT.match(text)
    return text[found.end() :] if found else text
