"""Abbreviations that the text defines: `Công an nhân dân (CAND)`, `CAND (Công an nhân dân)`, `gọi tắt là CAND`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.annotate.spans import Abbreviation, Span
from corpus_vn_police.stages.annotate.words import any_of
from corpus_vn_police.syllables import UPPER, without_diacritics
from corpus_vn_police.text import nfd

_WORDS = lexicon("shortforms")
_CAPITALS = UPPER.replace("A-Z", "A-ZƯƠ")
_SHORT = rf"[{_CAPITALS}][\w&./+-]*(?: [0-9]{{1,3}}(?!\w)| (?:về|và|&) [{_CAPITALS}]{{2,}})?"
_IN_BRACKETS = re.compile(rf"[“\"'‘]?((?:Cục |Phòng )?{_SHORT})[”\"'’]?(?:\)|[,;] [^()\n]{{2,40}}\))")
_CALLED = re.compile(rf"(?i:{any_of(_WORDS, 'called for short')}):? ?[“\"'‘]?([{_CAPITALS}][^()\n,.;:“”\"’]{{1,40}})")
_CALL_WORDS = ("sau đây", "dưới đây", "sau này", "được", "thường", "hay", "còn", "có", "và")
_LONG_IN_BRACKETS = re.compile(r"[^\W\d_][^()\n“”\"]{4,120}\)")
_BEGINS_SHORT = re.compile(_SHORT)
_BEFORE_BRACKET = re.compile(rf"(?<![\w.-]){_SHORT}$")
_CODE = re.compile(r"[A-ZĐ]{1,3}[0-9]{2,3}[A-Z]?")
_UNIT = re.compile(
    rf"(?<!\w)(?:{any_of(_WORDS, 'unit with a code')}|phòng|cục|đội|văn phòng|trung tâm)(?! trưởng|,? chống| cháy)\b"
)
_DONE_BY_UNIT = re.compile(any_of(_WORDS, "done by a unit"))
_NAME = re.compile(rf"(?<!\w){any_of(_WORDS, 'begins a name')}(?! trưởng)")
_NO_NAME = re.compile(rf"(?<!\w)(?i:{any_of(_WORDS, 'ends a name')})")
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*|[-–&]")
_SENTENCE = re.compile(r"[.!?;:…](?=\s)|\n|[“”\"()]")
_LETTERS = re.compile(r"[0-9]+|[^\W_]")
_LOOK_BACK = 160  # code points before a bracket in which the long form may begin
_SKIPPED = 3  # words in a long form without a letter in the short form: `Cơ quan Cảnh sát điều tra (CQĐT)`
_LONGEST_CALL = 40  # code points before `gọi tắt` that may still belong to it: `(sau đây được gọi tắt là …)`
_NAME_LIKE = frozenset(_WORDS.phrases("small letters"))
_NO_LETTER = frozenset(_WORDS.phrases("has no letter"))
_NO_SHORT_FORM = frozenset(_WORDS.phrases("no short form"))


def abbreviations(text: str) -> list[Abbreviation]:
    """The abbreviations that a text defines, in order, each at its first definition."""
    known: set[str] = set()
    found = []
    for abbreviation in sorted(_candidates(text)):
        short = text[slice(*abbreviation.short)]
        if short not in known:
            known.add(short)
            found.append(abbreviation)
    return found


def _candidates(text: str) -> Iterator[Abbreviation]:
    place = text.find("(")
    while place >= 0:
        if text[place + 1 : place + 2].isdigit():
            abbreviation = None  # years, dates and numbers, which are in half of all brackets
        else:
            abbreviation = _short_in_brackets(text, place) or _long_in_brackets(text, place)
        if abbreviation:
            yield abbreviation
        place = text.find("(", place + 1)
    place = text.find(" tắt")
    while place >= 0:
        if abbreviation := _called(text, place):
            yield abbreviation
        place = text.find(" tắt", place + 1)


def _short_in_brackets(text: str, bracket: int) -> Abbreviation | None:
    """`Công an nhân dân (CAND)`."""
    inside = _IN_BRACKETS.match(text, bracket + 1)
    if not inside or not _is_short(inside.group(1)):
        return None
    short = Span(*inside.span(1))
    long = _long_before(text, bracket, text[slice(*short)])
    return Abbreviation(short, long) if long else None


def _called(text: str, place: int) -> Abbreviation | None:
    """`Ban Chỉ đạo 138 (gọi tắt là BCĐ 138)`, `Kế hoạch số 218/KH-ĐU, gọi tắt là Kế hoạch 218`."""
    called = _CALLED.search(text, max(0, place - 8), place + 80)
    if not called:
        return None
    begin = max(0, called.start() - _LONGEST_CALL)
    end = _call_begins(text, begin, called.start())
    capitals = _BEGINS_SHORT.match(text, called.start(1))
    if capitals and _is_short(capitals.group()) and (long := _long_before(text, end, capitals.group())):
        return Abbreviation(Span(*capitals.span()), long)
    short = Span(called.start(1), called.start(1) + len(called.group(1).rstrip()))
    first = text[slice(*short)].split(" ")[0]
    same = text.rfind(first, max(0, end - _LOOK_BACK), end)
    return Abbreviation(short, Span(same, end)) if same >= 0 and end - same > len(first) else None


def _call_begins(text: str, begin: int, end: int) -> int:
    """The position where the words before `gọi tắt là` begin: ` (sau đây được `."""
    while True:
        end = begin + len(text[begin:end].rstrip(" ,(–-"))
        words = (word for word in _CALL_WORDS if text.endswith((f" {word}", f"({word}"), begin, end))
        if not (word := next(words, "")):
            return end
        end -= len(word)


def _long_in_brackets(text: str, bracket: int) -> Abbreviation | None:
    """`BHXH (bảo hiểm xã hội)`."""
    end = bracket - text.endswith(" ", 0, bracket)
    last = text[end - 1 : end]
    before = _BEFORE_BRACKET.search(text, max(0, end - 16), end) if last.isupper() or last.isdigit() else None
    inside = _LONG_IN_BRACKETS.match(text, bracket + 1) if before else None
    if not inside or not before or not _is_short(before.group()):
        return None
    long = Span(bracket + 1, inside.end() - 1)
    words = list(_WORD.finditer(text, *long))
    if _CODE.fullmatch(before.group()):
        fits = bool(_DONE_BY_UNIT.match(text, long.start))
    else:
        fits = _first_word(before.group(), [word.group() for word in words], skipped=0) == 0
    return Abbreviation(Span(*before.span()), long) if fits else None


def _is_short(short: str) -> bool:
    """Whether a word can be a short form: two or more capitals or digits, and no code of a paper or photographer."""
    bare = short.rstrip(".")
    if bare in _NAME_LIKE:
        return True
    capitals = sum(letter.isupper() or letter.isdigit() for letter in bare)
    return (
        2 <= len(bare) <= 20
        and capitals >= 2
        and capitals * 2 >= len(bare.replace(" ", ""))
        and bare not in _NO_SHORT_FORM
    )


def _long_before(text: str, end: int, short: str) -> Span | None:
    """The long form of a short form, among the words that end at a position; None if they do not define it."""
    end = len(text[:end].rstrip(" ,"))
    begin = max(0, end - _LOOK_BACK)
    for boundary in _SENTENCE.finditer(text, begin, end):
        begin = boundary.end()
    if _CODE.fullmatch(short.removeprefix("Cục ").removeprefix("Phòng ")):
        return _last_name(text, _UNIT.finditer(text, begin, end), end)
    words = list(_WORD.finditer(text, begin, end))
    if not words or words[-1].end() != end:
        return None
    first = _first_word(short, [word.group() for word in words], skipped=_SKIPPED)
    if first is not None:
        return Span(words[first].start(), end)
    if (short.isupper() and short.isalpha() and short.isascii()) or short in _NAME_LIKE:
        name = _last_name(text, _NAME.finditer(text, begin, end), end)
        return None if name and ("," in text[slice(*name)] or _NO_NAME.search(text, *name)) else name
    return None


def _last_name(text: str, heads: Iterable[re.Match[str]], end: int) -> Span | None:
    """A body's name that ends at a position: from the last word that begins such a name, or from the ones before."""
    starts = [head.start() for head in heads]
    if not starts:
        return None
    last = starts.pop()
    while starts and text[starts[-1] : last].count(" ") <= 2 and "," not in text[starts[-1] : last]:
        last = starts.pop()
    return Span(last, end)


def _first_word(short: str, words: list[str], skipped: int) -> int | None:
    """The first word of a long form: the last word from which on the words' initials form the short form.

    Args:
        short: the short form.
        words: the words up to the end of the long form.
        skipped: how many words inside may lack a letter in the short form.
    """
    letters = _LETTERS.findall(short.lower())
    lower = [word.lower() for word in words]
    starts = [first for first, word in enumerate(lower) if word not in _NO_LETTER and _taken(word, letters, 0)][::-1]
    for allowed in range(skipped + 1):
        for first in starts:
            if _spells(letters, lower[first:], allowed):
                return first
    return None


def _taken(word: str, letters: list[str], place: int) -> int:
    """How many letters of the short form belong to a word: its initial, its digits, or all if it is itself short."""
    if place >= len(letters):
        return 0
    letter = letters[place]
    if letter[0] == word[0] and len(own := _LETTERS.findall(word)) > 1 and letters[place : place + len(own)] == own:
        return len(own)
    return int(letter == word or letter in _initials(word[0]))


def _spells(letters: list[str], words: list[str], allowed: int) -> bool:
    """Whether letters are the initials of words, in order; at most `allowed` words may have no letter."""
    place, left = 0, allowed
    for number, word in enumerate(words):
        if taken := _taken(word, letters, place):
            place += taken
        elif word in _NO_LETTER:
            continue
        elif left and 0 < number < len(words) - 1:
            left -= 1
        else:
            return False
    return place == len(letters)


@functools.cache
def _initials(first: str) -> str:
    """The letters that may stand for a word with this first letter, with or without diacritics."""
    if first in "ưứừửữự":
        return "ưuw"
    plain = "đd" if first == "đ" else without_diacritics(first)
    return f"{first}{nfd(first)[0]}{plain}"
