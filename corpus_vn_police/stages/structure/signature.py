"""Signatures: lines that name the authors."""

from __future__ import annotations

import functools
import re

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure.credits import NO_INITIALS
from corpus_vn_police.syllables import LOWER, UPPER, is_word

_WORDS = lexicon("signatures")
_any_of = _WORDS.any_of
_LABELLED = re.compile(
    rf"[(\[]?\s*(?:{_any_of('label with a colon')}\s*[:：]\s*|{_any_of('label')}\s+)(\S.*)", re.IGNORECASE
)
_LABELS = _WORDS.phrases("label with a colon", "label")
_FIRST_WORDS = frozenset(label.split()[0].rstrip(",") for label in _LABELS)
# A contributor is part of the name; an outlet or a station is not: `Kim Anh (CTV)`, `Kim Anh - THTG`.
_BRACKET = re.compile(r"(?:(?<!\s)\s+)?[(\[](?!CTV[)\]])[^()\[\]]{1,70}[)\]]\s*\.?$")
_STATION = re.compile(r"(?:(?<!\s)\s+)?[-–—]\s*((?!CTV\.?$)[A-ZĐ0-9][A-ZĐ0-9.]{1,9})\.?$")
_OUTLET = re.compile(rf"(?<!\s)\s+[-–—]\s+{_any_of('outlet')}\b(?s:.*)")
_DOES = re.compile(rf" {_any_of('does')}\.?$")
_CONTRIBUTOR = re.compile(r" ?(?:\(CTV\)|[-–—] CTV)$")
_BETWEEN = re.compile(r"(?:(?<!\s)\s+)?(?:[-–—,;&/]|\bvà\b)\s*")
_NO_NAMES = re.compile(rf"[.!?:] |[,;] [{LOWER}]")
# N.H., PV, H.Lam, Kh.V, Ch. (Tuấn)
_INITIALS = re.compile(
    rf"(?:[A-ZĐ]\.?){{1,4}}[A-ZĐ]?|(?:[{UPPER}][{LOWER}]{{0,2}}\.)+(?:[{UPPER}][{LOWER}{UPPER}]*\.?)?"
)
_ETHNIC = re.compile(rf"[{UPPER}]['’][{UPPER}{LOWER}]")  # H’Xíu Hmok
_NO_APOSTROPHES = str.maketrans("", "", "'’")  # R'Mah Gia
_PAPERS = _WORDS.phrases("paper")
_DESKS = frozenset(_WORDS.phrases("desk"))
_GROUPS = re.compile(rf"(?:Nhóm )?{_any_of('group')}(?: thường trú)?|{_any_of('office')}")
LONGEST_SIGNATURE = 10  # words


def is_labelled(line: str) -> bool:
    """Whether a line begins with a label and continues: `Tác giả: X`, `Theo X`."""
    return bool(_LABELLED.fullmatch(line))


@functools.lru_cache(maxsize=1 << 14)  # the same people sign many articles
def signature(line: str) -> str | None:
    """The names, if a line is only a signature; None if it is not.

    `Tác giả: X`, `Theo X`, `Tin, ảnh: X`, `X - THTG` and `X (Báo Y)` give X.
    """
    if len(line) > LONGEST_SIGNATURE * 12 or len(line.split()) > LONGEST_SIGNATURE or "\n" in line:
        return None
    if _GROUPS.fullmatch(line.strip("()[] .")):
        return line.strip("()[] .")
    first = line.lstrip("([ ").partition(" ")[0].rstrip(",:：;").lower()
    labelled = _LABELLED.fullmatch(line) if first in _FIRST_WORDS else None
    names = labelled.group(1) if labelled else line
    if line[:1] in "([" and line[-1:] in ")]":
        names = names.strip("()[] ")
    names = _BRACKET.sub("", names.rstrip(" -–/|"))
    names = _DOES.sub("", _without_source(_OUTLET.sub("", names).rstrip(" -–/|")))
    station = _STATION.search(names)
    if station and not is_word(station.group(1)) and names[: station.start()].strip():
        names = names[: station.start()]
    names = names.strip()
    if not _INITIALS.fullmatch(names):
        names = names.rstrip(".")
    if labelled:
        return names if names[:1].isupper() and not _NO_NAMES.search(names) else None
    return names if names and _are_names(_CONTRIBUTOR.sub("", names)) else None


def _are_names(text: str) -> bool:
    """Whether a text is only names: words in capitals or with a capital, at most four of six words."""
    if text in _DESKS:
        return True
    people = _BETWEEN.split(text)
    if not all(people) or len(people) > 4:
        return False
    words = [word for person in people for word in person.split()]
    if any(
        not _INITIALS.fullmatch(word) and not (word[0].isupper() and word.translate(_NO_APOSTROPHES).isalpha())
        for word in words
    ):
        return False
    spelt = [word for word in words if is_word(word) or _ETHNIC.match(word)]
    short = all(len(person.split()) <= 5 for person in people)
    return short and (2 * len(spelt) >= len(words) or (len(words) < 4 and all(map(_INITIALS.fullmatch, words))))


def is_signed(tail: str, names: str, *, apart: bool) -> bool:
    """Whether the text after the last sentence of a paragraph is a signature, and not a name that belongs to the prose.

    Args:
        tail: the text after the last sentence.
        names: the names, if it is a signature.
        apart: whether a space separates it from the sentence.
    """
    if names != tail.strip("()[] .-–/|"):
        return True  # a label, an outlet or a bracket says so
    if len(names.split()) > 1 or names in _DESKS:
        return True
    return "." in names or (apart and names.isupper() and 1 < len(names) <= 4 and names not in NO_INITIALS)


def _without_source(names: str) -> str:
    """Names without the newspaper that is attached to them or follows `Theo`: `P.Thảo - Theo Dân Trí`."""
    first = names.partition("Theo ")[0].rstrip(" ,/–-")
    names = first or names
    for paper in _PAPERS:
        if names.endswith(paper) and names[-len(paper) - 1 : -len(paper)].islower():
            return names.removesuffix(paper)
    return names
