"""E-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus_vn_police.stages.annotate.spans import Personal, Span

_LOCAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}$")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,6}[A-Za-z]{2,18}(?![\w@])")
_LONGEST = 64  # characters before the `@`


def emails(text: str) -> Iterator[Personal]:
    """The addresses in a text, in order."""
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.search(text, max(0, at - _LONGEST), at)
        domain = _DOMAIN.match(text, at + 1)
        if local and domain and ".." not in local.group():
            yield Personal(Span(local.start(), domain.end()), "email")
        at = text.find("@", at + 1)
