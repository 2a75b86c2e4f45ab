"""Photo credits at the end of a caption, and captions inside a paragraph."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.structure.sentences import last_sentence
from corpus_vn_police.syllables import LOWER, UPPER, is_word

_WORDS = lexicon("credits")
_any_of, _any_case = _WORDS.any_of, _WORDS.any_case_of
_LABEL = rf"(?:{_any_of('label')}|ẢNH [\p{{Lu}} ]+?|{_any_of('short label')})"
_NAME = r"[^:：;\n()\[\]]+?"
_FEW_WORDS = r"[^\s:：;()\[\]]+(?: [^\s:：;()\[\]]+){0,8}"
_CONTRIBUTOR = r"(?: \(CTV\))?"
_END = r"\s*[.|]*\s*$"
_GLUE = r"[\s\-–—/|,]*"
_CAPITALS = r"\p{Lu}[\p{Lu}\p{N}.&/\-]*(?: (?:\p{Lu}[\p{Lu}\p{N}.&/\-]*|[-–/&]))*"

SIGNS = _WORDS.phrases("sign")
"""A text without any of these has no credit with a label."""
IN_BRACKETS = (
    rf"(?s)^(.*?){_GLUE}[(\[]\s*(?:{_any_case('label in brackets')}"
    rf"\s*[:：]\s*({_NAME})|{_any_case('label of a name in brackets')}\s+(\p{{Lu}}{_NAME}))\s*[)\]]{_END}"
)
LABELLED = rf"(?s)^(.*?)(?:{_GLUE}{_LABEL}|(?:[,;]| [-–—])\s*ảnh)\s*[:：]\s*({_NAME}{_CONTRIBUTOR})[)\]]?{_END}"
AFTER_A_STOP = (
    rf"(?s)^(.*[.!?…])\s+(?:ảnh\s*[:：]\s*({_NAME})[)\]]?{_END}|"
    r"(?:Ảnh|ẢNH)\s+((?:\p{Lu}[\p{L}.]*)(?:[ /]\p{Lu}[\p{L}.]*){0,4}?)\.?$)"
)
BY_NAME = rf"(?s)^(.*?)[,;]\s*[ảẢ]nh\s+(\p{{Lu}}{_NAME}){_END}"
_CUT_FROM = rf"{_any_case('taken')} {_any_case('taken from')}(?: {_any_case('medium')})?"
FROM_A_CLIP = rf"(?s)^(.*?){_GLUE}(?:[(\[]?(?:Ảnh|ẢNH)|[(\[]ảnh) ({_CUT_FROM}|tư liệu)[)\]]?{_END}"
# Exactly one sentence, because `Nguồn: X` also occurs below articles.
SOURCED = (
    r"(?s)^([^.!?…:：]*[^\s.!?…:：;,][.!?…]?)[;,]?\s+"
    rf"[(\[]?{_any_of('source label')}\s*[:：]\s*({_NAME})[)\]]?{_END}"
)
PROVIDED = rf"(?s)^(.*?){_GLUE}[(\[]?(?:(?i:ảnh) do|Ảnh) (.+?) (?i:cung cấp)[)\]]?{_END}"
IN_CAPITALS = rf"(?s)^(.*[.!?…])\s+(?:[-–—/|] ?)?({_CAPITALS}){_END}"
AFTER_A_DASH = rf"(?s)^(.*[^\s.])(?: [-–—/|] |\n)({_CAPITALS})$"
UNSEPARATED = r"(?s)^(.*\p{Ll}[\p{Ll}\p{N},”\")]*) ((?:\p{Lu}\p{Lu}+ )+\p{Lu}\p{Lu}+)$"
NAMED_AFTER_A_DASH = r"(?s)^(.*[^\s.!?]) [-–—] (\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+){1,3})$"
NAMED_IN_BRACKETS = r"(?s)^(.*[.!?…]) \((\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+){1,3})\)$"
INITIALS = r"(?s)^(.*\p{Ll}) (\p{Lu}{2}|(?:\p{Lu}\.){1,3}\p{Lu}\.?)$"
NO_INITIALS = frozenset(_WORDS.phrases("no initials"))
"""Pairs of capitals that `INITIALS` matches, but that are not a person's initials."""
NAMED = r"(?s)^(.*(?:[.!?…]\s|\S\n))(?:[-–—] )?(\p{Lu}\p{Ll}+(?: \p{Lu}\p{Ll}+){1,3}(?:/[\p{L}]+)?)$"
ENDS_IN_CREDIT = (
    rf"(?:{_LABEL}|(?:[,;.]| [-–—])\s*ảnh)\s*[:：]\s*{_FEW_WORDS}{_CONTRIBUTOR}[)\]]?{_END}|"
    rf"[(\[]\s*(?i:ảnh|hình)\s*[:：]?\s+\p{{Lu}}{_FEW_WORDS}[)\]]{_END}"
)

_INSIDE = re.compile(
    rf"[(\[]\s*(?:[Ảả]nh|ẢNH)(?:\s*[:：]\s*|\s+(?=[{UPPER}]))([^()\[\]\n]{{1,60}})[)\]]\.?|(?:Ảnh|ẢNH)\s*[:：]\s*"
)
_BLANK = re.compile(r"\s*")
_WORD = re.compile(r"\S+")
_WITH_AGENCY = re.compile(rf"[^\W\d]+/[{UPPER}]{{2,}}")
_GLUED = re.compile(rf"([{UPPER}]{{2,}}|.*[{LOWER}])([{UPPER}][{LOWER}].*|[“\"].+)")

_WINDOW = 400  # code points after a label that may contain its credit and the beginning of prose
_SHORTEST = 3  # the least code points of a caption
_SEPARATORS = " -–—/|,\n"
_GOES_ON = 4  # if this many words follow a credit, it is inside the paragraph
_CREDIT_WORDS = 10  # the most words of a label and its credit at the end

Piece = tuple[str, str, str | None]
"""A piece of a paragraph: text, kind (`body` or `caption`) and credit."""
PHOTO_SIGNS = ("Ảnh", "ẢNH", "(ảnh", "[ảnh")
"""The first letters of the labels of photos inside a paragraph."""


def unfuse(paragraph: str, longest: int) -> list[Piece]:
    """Split a paragraph that contains both captions and prose.

    Args:
        paragraph: a paragraph with a credit inside or at its end.
        longest: the most words of a caption; if the text before a credit is longer, its last sentence is the caption.

    Returns:
        The pieces in order. Prose around captions becomes one piece, after them. A caption at the end keeps its credit
        in the text, with kind `body`.
    """
    captions: list[Piece] = []
    prose, start = [], 0
    for match in _labels(paragraph):
        if match.start() < start + _SHORTEST:
            continue
        credit, end = match.group(1), match.end()
        if credit is None:
            credit, length = _leading_credit(paragraph[end : end + _WINDOW])
            end += length
        if not credit or len(paragraph[end : end + _WINDOW].split(maxsplit=_GOES_ON)) < _GOES_ON:
            break
        head = paragraph[start : match.start()].rstrip(_SEPARATORS)
        before, caption = last_sentence(head) if captions or len(head.split(maxsplit=longest)) > longest else ("", head)
        if caption.strip() and len(caption.split(maxsplit=longest)) <= longest:
            captions.append((caption.strip(), "caption", credit.strip(" .") or None))
            prose.append(before)
        else:
            end = match.end()
            prose.append(paragraph[start:end])
        start = _BLANK.match(paragraph, end).end()  # type: ignore[union-attr]  # it matches anywhere
    if not captions:
        return _with_tail(paragraph)
    around = (piece.strip() for piece in (*prose, paragraph[start:]))
    return [*captions, (" ".join(filter(None, around)), "body", None)]


def _with_tail(paragraph: str) -> list[Piece]:
    """Split a paragraph before its last sentence, if that sentence and a credit end it."""
    label = max(paragraph.rfind(sign) for sign in PHOTO_SIGNS)
    label -= paragraph[label - 1 : label] in ("(", "[")
    before, caption = last_sentence(paragraph[:label].rstrip(_SEPARATORS)) if label > 0 else ("", "")
    if not before or len(paragraph[label:].split(maxsplit=_CREDIT_WORDS)) > _CREDIT_WORDS:
        return [(paragraph, "body", None)]
    return [(before, "body", None), (f"{caption} {paragraph[label:].strip()}", "body", None)]


def _labels(text: str) -> Iterator[re.Match[str]]:
    """The labels of credits, in order; searching for their letters first is faster."""
    starts = []
    for sign in PHOTO_SIGNS:
        start = text.find(sign, _SHORTEST)
        while start >= 0:
            starts.append(start - (text[start - 1] in "(["))
            start = text.find(sign, start + 1)
    return filter(None, (_INSIDE.match(text, start) for start in sorted(starts)))


def _leading_credit(tail: str) -> tuple[str, int]:
    """The credit at the beginning of the text after a label, and its length in code points."""
    given = tail.find(" cung cấp ", 0, 60)
    if given >= 0:
        return tail[: given + 9], given + 10
    spans = list(itertools.islice(_WORD.finditer(tail), 12))
    words = [span.group() for span in spans]
    for number, word in enumerate(words[:6]):
        glued = None if word[1:].islower() else _GLUED.fullmatch(word)
        if glued:
            return " ".join([*words[:number], glued.group(1)]), spans[number].start() + glued.end(1)
        closed = word.endswith((".", ";")) and len(word) > 3
        if closed or ("/" in word and _WITH_AGENCY.fullmatch(word)):
            return " ".join(words[: number + 1]), spans[number].end()
    if not words:
        return "", 0
    count = _words_of_a_credit(words)
    return " ".join(words[:count]), spans[count - 1].end()


def _words_of_a_credit(words: list[str]) -> int:
    """How many words belong to a credit, if only capitals show it: the last word with a capital may begin the prose."""
    if words[0].isupper() and len(words[0]) > 1:
        return next((number for number, word in enumerate(words) if not word.isupper()), len(words))
    capitalised = next((number for number, word in enumerate(words) if not word[:1].isupper()), len(words))
    return min(max(capitalised - 1, 1), 4, len(words)) if capitalised < 6 else 2


def are_syllables(words: str) -> bool:
    """Whether all words are Vietnamese syllables, not abbreviations."""
    return all(is_word(word) for word in words.replace("/", " ").split())
