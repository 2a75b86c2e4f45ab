"""Numbers that belong to somebody: telephones, identity papers, accounts and vehicles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from corpus_vn_police.stages.annotate.personal.cues import Cue, cue, is_amount
from corpus_vn_police.stages.annotate.personal.phones import domestic, is_foreign, is_phone, is_strong
from corpus_vn_police.stages.annotate.personal.plates import plates
from corpus_vn_police.stages.annotate.spans import Personal, Span

_CHAIN = re.compile(
    r"(?<![\w.,/*+(-])"
    r"(?:(?:\(\+? ?[0-9]{1,5}(?:[ -][0-9]{1,4})?\)[ .-]{0,2}|\+ ?\([0-9]{1,3}\)[ .]?|\+ ?)(?=[0-9]))?"
    r"(?:0[0-9]{2,4}\. [0-9]{3}(?:\. |[. ])?[0-9]{3,4}(?![0-9])|[0-9]++)"
    r"(?:(?:(?: ?[-–/] ?|[ .])(?:\(0[0-9]{0,4}\) ?)?|\(0\) ?)[0-9]++)*+"
    r"(?![\w*]|[.,/-][\w*])"
)
_ENDS = re.compile(r"(?![\w*]|[.,/-][\w*])")
_LONG = re.compile(r"[0-9][0-9 .()/–+-]{5,}[0-9]")
_TOKEN = re.compile(r"[0-9]+")
_DATE = re.compile(
    r"[0-9]{1,2} ?[./–-] ?[0-9]{1,2} ?[./–-] ?(?:19|20)[0-9]{2}|(?:19|20)[0-9]{2} ?[–-] ?(?:19|20)[0-9]{2}"
)
_GROUPED_AMOUNT = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_LETTERED = re.compile(
    r"(?<![\w.,/-])(?:[A-Z]{1,2}[0-9]? ?[0-9]{6,8}|(?=[A-Z]*+[0-9])[A-Z][0-9A-Z]{7,8})(?![\w*]|[.,/-]\w)"
)
_LENGTHS = {"id_number": (9, 12), "driving_licence": (12,), "bank_account": range(8, 17), "passport": (8, 9)}
_FEWEST = 8  # the fewest digits
_SIGNS = 2  # the most characters of a bracket and a plus before a number
_WORDS_OF_LETTERED = ("hộ chiếu", "Hộ chiếu", "assport", "HỘ CHIẾU", "lái xe", "bằng lái", "GPLX")


class _Token(NamedTuple):
    """Digits without a separator."""

    digits: str
    start: int
    end: int


def numbers(text: str) -> list[Personal]:
    """The telephone numbers, numbers of papers and accounts, and registration plates in a text."""
    found = list(plates(text))
    taken = {each.place.start for each in found}
    for long in _LONG.finditer(text):
        for chain in _CHAIN.finditer(text, max(0, long.start() - _SIGNS), long.end()):
            if chain.end() - chain.start() >= _FEWEST and chain.start() not in taken and _is_whole(text, chain.end()):
                found += _of_chain(text, chain)
    if any(word in text for word in _WORDS_OF_LETTERED):
        for lettered in _LETTERED.finditer(text):
            if kind := _lettered_kind(text, lettered):
                found.append(Personal(Span(*lettered.span()), kind))
    return found


def _is_whole(text: str, end: int) -> bool:
    """Whether a number ends here: no letter, star or other digit follows."""
    return bool(_ENDS.match(text, end))


def _of_chain(text: str, chain: re.Match[str]) -> Iterator[Personal]:
    """The numbers in groups of digits that are joined by separators."""
    tokens = [_Token(token.group(), *token.span()) for token in _TOKEN.finditer(text, *chain.span())]
    if sum(len(token.digits) for token in tokens) < _FEWEST:
        return
    if tokens[0].digits[0] != "0" and is_amount(text, chain.end()):
        return
    whole = chain.group().strip("(+ ")
    if _DATE.fullmatch(whole) or _GROUPED_AMOUNT.fullmatch(whole):
        return
    said = cue(text, chain.start(), chain.end())
    if said and said.kind in _LENGTHS and "/" not in whole:
        digits = "".join(token.digits for token in tokens)
        if len(digits) in _LENGTHS[said.kind] and max(len(token.digits) for token in tokens) >= 3:
            yield Personal(Span(tokens[0].start, tokens[-1].end), said.kind)
            return
    if said and said.kind == "other_number":
        return
    yield from _phones(text, chain.start(), tokens, said)


def _phones(text: str, begin: int, tokens: list[_Token], said: Cue | None) -> Iterator[Personal]:
    """The telephone numbers among tokens, one after the other."""
    place = 0
    while place < len(tokens):
        after = _phone_end(text, tokens, place, said)
        if after:
            start = _with_sign(text, tokens[place].start, begin)
            yield Personal(Span(start, tokens[after - 1].end), "phone")
        place = after or place + 1


def _phone_end(text: str, tokens: list[_Token], place: int, said: Cue | None) -> int | None:
    """The position after the last token of the telephone number that begins with a token; None if there is none."""
    if place and text[tokens[place - 1].end : tokens[place].start] == ".":
        return None
    sign = text[max(0, tokens[place].start - 2) : tokens[place].start].strip(" (")[-1:] == "+"
    digits, end = "", None
    for number, token in enumerate(tokens[place:], place):
        digits += token.digits
        if len(digits) > 15:
            break
        if len(digits) >= _FEWEST and _is_one(digits, tokens[place : number + 1], text, sign, said):
            following = tokens[number + 1] if number + 1 < len(tokens) else None
            if following is None or _is_apart(text, token, following):
                end = number + 1
    return end or (len(tokens) if sign and is_foreign(digits) else None)


def _is_one(digits: str, tokens: list[_Token], text: str, sign: bool, said: Cue | None) -> bool:
    if "/" in "".join(text[one.end : other.start] for one, other in pairwise(tokens)):
        return False
    if not (sign or digits[0] == "0" or digits.startswith("84")):
        return False
    if said and said.kind == "phone":
        return is_phone(digits) or (digits.startswith("00") and is_foreign(digits[2:]))
    if not sign and digits[0] != "0":
        return False
    first = tokens[0].digits
    bracket = text[tokens[0].end : tokens[0].end + 1] == ")"
    if not (sign or bracket or len(first) >= 3 or (first in ("04", "08") and len(tokens[1].digits) >= 4)):
        return False
    return is_strong(domestic(digits)) and not (len(tokens) == 1 and digits[1] in "46")


def _is_apart(text: str, token: _Token, following: _Token) -> bool:
    """Whether the digits that follow can be a different number."""
    between = text[token.end : following.start]
    return "/" in between or between == " " or following.digits[0] == "0" or "(" in between


def _with_sign(text: str, start: int, begin: int) -> int:
    """The start of a number, including its plus and its bracket."""
    while start > begin and text[start - 1] in "(+ " and text[begin:start].strip("(+ ") == "":
        start -= 1
    if text[start - 1 : start] == "(":
        start -= 1
    return start


def _lettered_kind(text: str, found: re.Match[str]) -> str | None:
    """The kind of a number that begins with letters: a passport, or an old driving licence."""
    said = cue(text, found.start(), found.end())
    if not said or said.kind not in ("passport", "driving_licence"):
        return None
    if sum(sign.isdigit() for sign in found.group()) < 3:
        return None
    return said.kind
