r"""Patterns that mean the same to JSON Schema and to the columnar check.

JSON Schema uses the patterns of ECMAScript, with the `u` flag. The columnar check uses Rust's
`regex`. Three kinds of syntax are refused: classes that the two define differently (`\d`, `\w`, `\s`,
`.`, `\b`), everything that Rust does not support (lookaround, back references), and characters that only one
of the two reads as syntax (`[` inside a class, `&&`, `[^]`). Everything else means the same to both. Nothing is
rewritten: both get an accepted pattern unchanged. The test of law 1 compares the two.
"""

from __future__ import annotations

import re

import polars as pl
import regress

from corpus_vn_police.errors import SchemaError

_TOKEN = re.compile(
    r"""
      (?P<escape>\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrtfv]|[\^$\\.*+?()\[\]{}|/]))
    | (?P<class>\[(?:\^(?!\])|(?![\^\]]))
        (?:[^\]\[\\&~-]|-(?!-)|\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrtfv^$\\.*+?()\[\]{}|/-]))*\])
    | (?P<group>\((?:\?:)?(?!\?))
    | (?P<plain>[^\\\[\](.?*+{}]|[?*+]|\{[0-9]+(?:,[0-9]*)?\})
    """,
    re.VERBOSE | re.DOTALL,
)


def check_pattern(pattern: str, pointer: str) -> None:
    """Refuse a pattern that the two engines could understand differently.

    Args:
        pattern: the value of a `pattern` keyword.
        pointer: where it is in the schema, for the message.

    Raises:
        SchemaError: it is not an ECMAScript pattern, or uses syntax that the two engines read differently.
    """
    position = 0
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise SchemaError(
                f"{pointer}: the pattern {pattern!r} uses {pattern[position : position + 4]!r} at "
                f"position {position}, which ECMAScript and the columnar check read differently",
                "write classes out, as [0-9] for \\d; no dot, lookaround or back reference",
            )
        position = token.end()
    try:
        regress.Regex(pattern, "u")
        pl.Series([""]).str.contains(pattern)
    except (regress.RegressError, pl.exceptions.ComputeError) as error:
        raise SchemaError(
            f"{pointer}: the pattern {pattern!r} cannot be compiled: {error}",
            "write an ECMAScript pattern of the unicode mode",
        ) from error


def matches(pattern: str, text: str) -> bool:
    """Whether ECMAScript finds the pattern anywhere in the text."""
    return regress.Regex(pattern, "u").find(text) is not None


def matches_in_linear_time(pattern: str, text: str) -> bool:
    """The same as `matches`, in time that grows only with the length of the text, whoever wrote the pattern.

    ECMAScript engines backtrack: `^(a+)+$` keeps them busy for ever on forty letters. This engine is Polars', so it
    needs threads, and a process that was not forked.
    """
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which no column can hold
        return False
    return bool(pl.Series([text]).str.contains(pattern).item())
