"""Which texts a rule need not look at: patterns that Polars tries on a whole column.

A text without a match has nothing for the rule. For 39,000 articles a pattern takes 0.01 s if all of its forms share a
word or a letter that is not common, 0.05 to 0.2 s else; so they are tried one by one. One text in 25 has a rank and one
in three names a private person.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.words import spelled
from corpus_vn_police.syllables import LOWER, UPPER

_PERSONAL = lexicon("personal")
_RANK = (
    r"(?:[Đđ](?:ại|ẠI)|[Tt](?:hượng|rung|hiếu)|T(?:HƯỢNG|RUNG|HIẾU)|[Hh]ạ|HẠ|[Cc]huẩn|CHUẨN)"
    r" (?:[Tt](?:ướng|á)|T(?:ƯỚNG|Á)|[ÚúUu][yýYÝ]|[Ss][ĩỹ]|S[ĨỸ])|[Đđ]ô [Đđ]ốc|ĐÔ ĐỐC|[Bb]inh [Nn]h(?:ất|ì)|BINH NH"
)
_NAME_LIKE = "|".join(lexicon("shortforms").phrases("small letters"))
_SHORT_FORM = (
    rf"\((?:{_NAME_LIKE})\)",
    rf"\([“\"'‘]?[{UPPER}][^\s()]*[{UPPER}0-9]",
    rf"[{UPPER}0-9] ?\([^\W\d_]",
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
"""The patterns of what is told of somebody; `facts` looks only for those that match."""

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
"""The patterns of words for homes; `homes` looks only for those that match."""


class Gates(NamedTuple):
    """Whether a text may have what each rule looks for: a bit for each of its patterns that match.

    Attributes:
        ranks, short_forms: of officers, of abbreviations.
        numbers: personal data that is a number or an address of mail.
        introduced, facts, homes: private persons: words in front of a name, what is told of somebody, homes.
    """

    ranks: int
    short_forms: int
    numbers: int
    introduced: int
    facts: int
    homes: int

    def opened_by(self, text: str) -> Gates:
        """The gates for a text and another one, with all bits of those that the other one opens."""
        pairs = zip(self, _patterns(), strict=True)
        return Gates(*(-1 if pattern.search(text) else bits for bits, pattern in pairs))


ALL = Gates(*[-1] * 6)
"""The gates of a text that was not tried."""

_SOURCES = ((_RANK,), _SHORT_FORM, _NUMBER, _INTRODUCED, FACTS, HOMES)


@functools.cache
def _patterns() -> list[re.Pattern[str]]:
    """The patterns for Python, compiled when a text has something beside it."""
    return [re.compile("|".join(sources)) for sources in _SOURCES]


def gates(batch: pl.DataFrame, names: Iterable[str]) -> list[Gates]:
    """The gates of each row of a batch.

    Args:
        batch: has the columns that are named.
        names: columns of strings.
    """
    columns = list(names)
    opened = (
        pl.sum_horizontal(_found(columns, source).cast(pl.Int32) * 2**bit for bit, source in enumerate(sources)).alias(
            name
        )
        for name, sources in zip(Gates._fields, _SOURCES, strict=True)
    )
    return [Gates(*row) for row in batch.select(opened).iter_rows()]


def _found(columns: Iterable[str], source: str) -> pl.Expr:
    """Whether a pattern matches in one of some columns."""
    return pl.any_horizontal(pl.col(column).str.contains(source).fill_null(False) for column in columns)
