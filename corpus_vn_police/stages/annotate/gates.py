"""Decide which texts a rule can skip: patterns that Polars tries on a whole column.

A text without a match contains nothing for the rule. For 39,000 articles a pattern takes 0.01 s if all its forms share
a word or a rare letter, otherwise 0.05 to 0.2 s; so the patterns are tried one by one. One text in 25 has a rank, and
one in three names a private person.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.words import spelled
from corpus_vn_police.syllables import LOWER, UPPER

_FEW = 64  # if fewer texts of a batch are left, Python tries them
_PERSONAL = lexicon("personal")
_RANK = (
    r"(?:[Đđ](?:ại|ẠI)|[Tt](?:hượng|rung|hiếu)|T(?:HƯỢNG|RUNG|HIẾU)|[Hh]ạ|HẠ|[Cc]huẩn|CHUẨN)"
    r" (?:[Tt](?:ướng|á)|T(?:ƯỚNG|Á)|[ÚúUu][yýYÝ]|[Ss][ĩỹ]|S[ĨỸ])|[Đđ]ô [Đđ]ốc|ĐÔ ĐỐC|[Bb]inh [Nn]h(?:ất|ì)|BINH NH"
)
_NAME_LIKE = "|".join(lexicon("shortforms").phrases("small letters"))
_SHORT_FORM = (
    rf"\((?:{_NAME_LIKE})\)",
    rf"\([“\"'‘]?[{UPPER}][^ \n()]*[{UPPER}0-9]",
    rf"[{UPPER}0-9] ?\([{LOWER}{UPPER}]",
    " tắt",
)
_GAP = "[ .()+–-]*"
_NUMBER = (
    rf"[0-9](?:{_GAP}[0-9]){{5}}",
    rf"[0-9]{_GAP}[0-9]{_GAP}[A-Z]{_GAP}[A-ZĐ]?(?:{_GAP}[0-9]){{4}}",
    "BKS",
    "biển số",
    "biển kiểm soát",
    "@",
)
_IN_FRONT = "|".join(
    form
    for phrase in _PERSONAL.phrases("suspect", "done to a suspect", "address")
    for written in spelled(phrase)
    for form in (re.escape(written), re.escape(written[0].upper() + written[1:]))
)
_INTRODUCED = (rf"(?:{_IN_FRONT}):? [{UPPER}]|[{LOWER}] (?:[A-ZĐ]\.)+|ọ (?:và )?tên",)
FACTS = (
    "[0-9] ?(?:tháng )?tuổi",
    "SN",
    "[Ss]inh n",
    "[NnĂă](?:gày|ăm) sinh",
    "[Tt]rú",
    "[Nn]gụ",
    "KTT",
    "[,(] ?ở ",
)
"""Patterns of facts about somebody; `facts` looks only for those that match."""

HOMES = (
    "trú",
    "ngụ",
    "KTT",
    "hộ khẩu",
    "quê quán",
    "nguyên quán",
    "hỗ ở",
    "ơi ở",
    "phòng trọ",
    "nhà riêng",
    "nơi thuê ở",
)
"""Patterns of words for homes; `homes` looks only for those that match."""


class Gates(NamedTuple):
    """Whether a text may contain what each rule looks for: one bit for each of the rule's patterns that match.

    Attributes:
        ranks, short_forms: for officers and for abbreviations.
        numbers: for personal data that is a number or an e-mail address.
        introduced, facts, homes: for private persons: words before a name, facts about somebody, homes.
    """

    ranks: int
    short_forms: int
    numbers: int
    introduced: int
    facts: int
    homes: int

    def opened_by(self, text: str) -> Gates:
        """The gates for this text and another one together."""
        return Gates(*(here | there for here, there in zip(self, gates_of(text), strict=True)))


ALL = Gates(*[-1] * 6)
"""The gates of a text that has not been tried: all are open."""

_SOURCES = ((_RANK,), _SHORT_FORM, _NUMBER, _INTRODUCED, FACTS, HOMES)


@functools.cache
def _patterns() -> list[list[re.Pattern[str]]]:
    """The patterns for Python; they are compiled when a single text is tried."""
    return [[re.compile(source) for source in sources] for sources in _SOURCES]


def gates(text: pl.Series) -> list[Gates]:
    """The gates of each text of a batch.

    Polars keeps only 32 compiled patterns, so every batch costs 0.1 s, whatever its size; a few texts go to Python.
    No pattern uses a class that the two define differently.
    """
    if len(text) <= _FEW:
        return [gates_of(each) for each in text.fill_null("")]
    opened = (
        pl.sum_horizontal(
            pl.col("text").str.contains(source).fill_null(False).cast(pl.Int32) * 2**bit
            for bit, source in enumerate(sources)
        ).alias(name)
        for name, sources in zip(Gates._fields, _SOURCES, strict=True)
    )
    return [Gates(*row) for row in pl.DataFrame({"text": text}).select(opened).iter_rows()]


def gates_of(text: str) -> Gates:
    """The gates of one text."""
    return Gates(
        *(
            sum(2**bit for bit, pattern in enumerate(patterns) if pattern.search(text) is not None)
            for patterns in _patterns()
        )
    )
