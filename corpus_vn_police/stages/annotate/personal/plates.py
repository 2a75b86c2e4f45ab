"""Registration plates of vehicles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpus_vn_police.stages.annotate.personal.cues import cue
from corpus_vn_police.stages.annotate.spans import Personal, Span

_PLATE = re.compile(
    r"[1-9](?<![\w./].)[0-9] ?[-–]? ?(?:[A-ZĐ]{1,2}[0-9]?|[A-Z][ -]?[0-9])"
    r"(?:(?P<gap> ?[.–-] ?| )(?:[0-9]{3}[. ]?[0-9]{2}|(?P<four>[0-9]{4}|[0-9]{2}\.[0-9]{2}))|[0-9]{3}\.?[0-9]{2})"
    r"(?![\w*]|[.,/-][\w*])"
)
_WITH_CUE = re.compile(
    r"(?<![\w./,-])(?:[ABHKPQTV][A-ZĐ][ .-]{0,3}[0-9]{2}[ .-]{1,2}[0-9]{2}"
    r"|[0-9]{2}[ .-]{0,3}(?:NG|NN|QT|CV)[ .-]{0,3}[0-9]{3}[ .-]{0,3}[0-9]{2}"
    r"|[0-9]{2}[ .-]{0,3}[0-9]{3}[ .-]{0,3}(?:NG|NN|QT|CV)[ .-]{0,3}[0-9]{2})(?![\w*]|[.,/-][\w*])"
)
_FOREIGN = re.compile(
    r"(?:[Bb]iển|BKS|BS|bks)(?: (?:kiểm soát|số|Lào|Campuchia|Trung Quốc|Thái Lan|là|nước ngoài)){0,3}:? "
    r"(?P<plate>[A-Z]{2,3}[ .-]{0,3}[0-9]{4}|[0-9]{4} ?[A-Z]{2}|[0-9][A-Z]{1,2}[ .-]{0,3}[0-9]{4})(?![\w*]|[.,/-][\w*])"
)
_VESSEL = re.compile(r"(?:[Tt]àu|[Tt]huyền|[Ss]à lan|[Gg]he|[Xx]uồng|ca nô)[^.;\n]{0,60}$")
_WORDS_OF_PLATES = ("biển", "Biển", "BKS", "BS", "bks")


def plates(text: str) -> Iterator[Personal]:
    """The plates in a text: Vietnamese ones anywhere, others only after a word for plates."""
    ends: dict[int, int] = {}
    for found in _PLATE.finditer(text):
        if found["four"] and (not (found["gap"].strip() or _is_said(text, found)) or _is_vessel(text, found.start())):
            continue
        ends[found.start()] = found.end()
    if any(word in text for word in _WORDS_OF_PLATES):
        for found in _WITH_CUE.finditer(text):
            if _is_said(text, found):
                ends[found.start()] = found.end()
        for found in _FOREIGN.finditer(text):
            if not _is_vessel(text, found.start()):
                ends.setdefault(found.start("plate"), found.end("plate"))
    for start, end in ends.items():
        yield Personal(Span(start, end), "plate")


def _is_said(text: str, found: re.Match[str]) -> bool:
    said = cue(text, *found.span())
    return said is not None and said.kind == "plate"


def _is_vessel(text: str, start: int) -> bool:
    """Whether there are words for a ship or boat before a position, in the same sentence."""
    return bool(_VESSEL.search(text, max(0, start - 70), start))
