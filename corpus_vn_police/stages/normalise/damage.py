"""Damaged texts: the kind of damage, and the original text if it can be restored exactly.

Damage is recognised only if undoing it gives Vietnamese, never by a single odd character: a soft hyphen does
not prove TCVN3, and Davíð is not windows-1258.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.reasons import (
    ENCODING_C1_CONTROLS,
    ENCODING_CP1258,
    ENCODING_CP1258_AS_CP1252,
    ENCODING_INVALID_UTF8,
    ENCODING_NUL,
    ENCODING_REPLACEMENT_CHARACTER,
    ENCODING_TCVN3,
    ENCODING_UTF8_AS_CP1252,
    ENCODING_UTF16,
    ENCODING_UTF32,
    ENCODING_VNI,
    TEXT_HOMOGLYPHS,
    TEXT_MARKUP,
    Reason,
)
from corpus_vn_police.stages.normalise.legacy import ONLY_VIETNAMESE, READERS, Legacy, find_legacy, misread_words
from corpus_vn_police.syllables import LOWER, TOKEN, is_word
from corpus_vn_police.text import marked_encoding, nfc, nfd, western


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong with a text.

    Attributes:
        reason: the reason for rejecting the text.
        detail: the rule and the measured value, never the text.
        restored: the original text; None if it cannot be restored exactly.
    """

    reason: Reason
    detail: str
    restored: str | None


Place = tuple[int, int]
"""Where something begins and ends, in code points."""

_TO_BYTE = {chr(code): code for code in range(0x80, 0xA0)} | {
    western(bytes([code])): code for code in range(0x80, 0x100)
}
_CONTINUATION = f"[{re.escape(''.join(letter for letter, code in _TO_BYTE.items() if code < 0xC0))}]"
_MISREAD = re.compile(rf"[Â-ß]{_CONTINUATION}|[à-ï]{_CONTINUATION}{{2}}|[ð-ô]{_CONTINUATION}{{3}}")
_MISREAD_MARK = re.compile("â[€\x80‚]")  # quotes, dashes, ellipses, the đồng sign
_LAYERS = 4  # how often a text may have been misread; each time makes it about twice as long
# Characters that a correct decoding does not leave: bytes were lost, so the rest cannot be restored exactly.
_LEFT_OVER = re.compile(rf"[{LOWER}][ÃÄÅÆÂ]|[ÄÅÆ][^\W\d_]{{0,20}}[đăơưạ-ỹ]|[Æá]º|á»|â€")
_C1 = re.compile("[\x80-\x84\x86-\x9f]")  # U+0085 is a newline
_READ_C1 = {code: western(bytes([code])) for code in range(0x80, 0xA0)}

_LATIN = {
    int(code, 16): letter
    for code, letter in map(str.split, lexicon("look-alikes").phrases("cyrillic", "greek", "latin", "armenian"))
}
"""Letters of other scripts, mapped to the Latin letters that they look like."""
_OTHER_SCRIPT = re.compile("[\u0370-\u03ff\u0400-\u052f\u0531-\u0588ɑɡı\U0001d400-\U0001d7ff]")
_STYLED = re.compile("[\U0001d400-\U0001d7ff]+")  # mathematical letters: bold, script and others
_LATIN_OR_STYLED = re.compile("[A-Za-zđĐ\U0001d400-\U0001d7ff]")

_TAG = re.compile(
    r"</?(?:a|abbr|article|aside|b|blockquote|body|br|button|center|code|div|em|embed|figcaption|figure|font|footer|"
    r"form|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav|noscript|object|ol|option|p|"
    r"picture|pre|script|section|small|source|span|strong|style|sub|sup|svg|table|tbody|td|tfoot|th|thead|title|tr|u|"
    r"ul|video)(?:\s[^<>]*)?/?>|<!--|<!doctype\s",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-z][a-zA-Z0-9]{0,29});")  # but not GT&GT;

SUSPECT = (
    r"[\x{FFFD}\x{80}-\x{84}\x{86}-\x{9F}\x{A1}-\x{BE}ÄÅÆÇËÎÏÐÑÖ×ØÛÜÞßäåæçëîïðñöø÷ûüþÿ"
    r"\p{Greek}\p{Cyrillic}\p{Armenian}ɑɡı\x{1D400}-\x{1D7FF}]"
    rf"|[Â-ß]{_CONTINUATION}|[à-ô]{_CONTINUATION}{{2}}|[aeoyâêôAEOYÂÊÔ][ìòÌÒ]|[^gGqQ][iuIU][ìòÌÒ]|[aeoAEO][âÂ]|[aeouyAEOUY][ùõÙÕ]|<[A-Za-z/!]|&#?[A-Za-z0-9]{{2,31}};"
)
"""One cheap pattern, for Rust, that matches every damaged text and hardly any other."""


def diagnose(text: str) -> Diagnosis | None:
    """Find the first kind of damage of a text; None if there is none."""
    return next((diagnosis for examine in _KINDS if (diagnosis := examine(text))), None)


def restore(text: str) -> tuple[str, list[Reason], Diagnosis | None]:
    """Restore a text, as far as that is possible exactly.

    Returns:
        The text; the reasons for the repairs, in order; and the damage that remains, or None.
    """
    repaired: list[Reason] = []
    for _ in _KINDS:
        damage = diagnose(text)
        if damage is None or damage.restored is None:
            return text, repaired, damage
        text = damage.restored
        repaired.append(damage.reason)
    return text, repaired, diagnose(text)


def diagnose_bytes(data: bytes) -> Diagnosis | None:
    """Diagnose bytes that are not UTF-8, or contain NUL; None for all other bytes."""
    marked = marked_encoding(data)
    if marked:
        reason = _MARKED[marked]
        detail = f"begins with the byte order mark of {reason.code.partition('.')[2]}"
        return Diagnosis(reason, detail, _decoded(data, marked))
    if b"\0" in data:
        return Diagnosis(ENCODING_NUL, f"{data.count(0)} NUL bytes", None)
    try:
        data.decode("utf-8")
        return None
    except UnicodeDecodeError as error:
        legacy = find_legacy(western(data))
        if legacy is not None:
            return _diagnosis_of(legacy, _LEGACY[legacy.encoding])
        return Diagnosis(ENCODING_INVALID_UTF8, f"byte {error.start} of {len(data)}: {error.reason}", None)


_LEGACY = {"tcvn3": ENCODING_TCVN3, "vni": ENCODING_VNI, "cp1258": ENCODING_CP1258}
_MARKED = {
    "utf-32-le": ENCODING_UTF32,
    "utf-32-be": ENCODING_UTF32,
    "utf-16-le": ENCODING_UTF16,
    "utf-16-be": ENCODING_UTF16,
}


def read_beside(reason: Reason, text: str) -> str:
    """Decode another field of a row whose text was restored, in the encoding of the text.

    Args:
        reason: the reason that `diagnose_bytes` gave for the text.
        text: the field: read as windows-1252 if the reason is an 8-bit encoding, otherwise already correct.
    """
    encoding = next((name for name, code in _LEGACY.items() if code == reason), None)
    return READERS[encoding](text) if encoding else text


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _misread_utf8(text: str) -> Diagnosis | None:
    if not _MISREAD.search(text):
        return None
    lines = text.split("\n")
    read, gains = _read_lines(lines)
    gained = sum(gain for gain in gains if gain > 0)
    if not gained:
        return None
    # A line without gain may be too short to judge. It is treated like the others, unless it has
    # characters that no misread line has.
    is_sound = [gain < 1 and bool(ONLY_VIETNAMESE.search(line)) for line, gain in zip(lines, gains, strict=True)]
    meant = "\n".join(old if sound else new for old, new, sound in zip(lines, read, is_sound, strict=True))
    detail = f"{gained} words and marks are Vietnamese only if windows-1252 is read as UTF-8"
    return Diagnosis(ENCODING_UTF8_AS_CP1252, detail, None if _LEFT_OVER.search(meant) else meant)


def _read_lines(lines: list[str]) -> tuple[list[str], list[int]]:
    """Lines with what is UTF-8 in them read as UTF-8, and what each gains by it."""
    read = [_read_again(line) for line in lines]
    return read, [_gain(old, new) if old != new else 0 for old, new in zip(lines, read, strict=True)]


def _misread_places(text: str) -> Iterator[Place]:
    lines, start = text.split("\n"), 0
    for line, gain in zip(lines, _read_lines(lines)[1], strict=True):
        for match in _MISREAD.finditer(line) if gain > 0 else ():
            if _as_utf8(match) != match.group():
                yield start + match.start(), start + match.end()
        start += len(line) + 1


def _read_again(line: str) -> str:
    """Decode the parts of a line that are UTF-8, repeatedly if it was misread more than once."""
    for _ in range(_LAYERS):
        deeper = _MISREAD.sub(_as_utf8, line)
        if deeper == line:
            break
        line = deeper
    return line


def _as_utf8(match: re.Match[str]) -> str:
    try:
        return bytes(_TO_BYTE[letter] for letter in match.group()).decode("utf-8")
    except UnicodeDecodeError:
        return match.group()


def _gain(line: str, read: str) -> int:
    """How many more words with non-ASCII letters are Vietnamese; quotes and dashes of three bytes count as well."""
    before, after = (sum(is_word(word) for word in TOKEN.findall(each) if not word.isascii()) for each in (line, read))
    return after - before + len(_MISREAD_MARK.findall(line)) - len(_MISREAD_MARK.findall(read))


def _legacy(text: str) -> Diagnosis | None:
    legacy = find_legacy(text)
    if legacy is None:
        return None
    misread = ENCODING_CP1258_AS_CP1252 if legacy.encoding == "cp1258" else _LEGACY[legacy.encoding]
    return _diagnosis_of(legacy, misread)


def _diagnosis_of(legacy: Legacy, reason: Reason) -> Diagnosis:
    detail = f"{legacy.gained} of {legacy.words} words beyond ASCII are syllables only if read as {legacy.encoding}"
    return Diagnosis(reason, detail, legacy.text)


def _controls(text: str) -> Diagnosis | None:
    count = len(_C1.findall(text))
    if not count:
        return None
    meant = text.translate(_READ_C1)
    return Diagnosis(ENCODING_C1_CONTROLS, f"{count} C1 control characters", None if _C1.search(meant) else meant)


def _homoglyphs(text: str) -> Diagnosis | None:
    if not _OTHER_SCRIPT.search(text):
        return None
    tokens = [match for match in TOKEN.finditer(text) if _OTHER_SCRIPT.search(match.group())]
    plain = {match.group(): _plain(match.group()) for match in tokens}
    mixed = {token for token, word in plain.items() if _is_mixed(token, word)}
    count = sum(match.group() in mixed and is_word(plain[match.group()]) for match in tokens)
    if not count:
        return None
    # A word entirely in another script is a disguise as well, unless the text has real words in that script.
    pure = {token for token, word in plain.items() if token not in mixed and is_word(word)}
    meant = mixed if plain.keys() - mixed - pure else mixed | pure
    text = TOKEN.sub(lambda match: plain[match.group()] if match.group() in meant else match.group(), text)
    return Diagnosis(TEXT_HOMOGLYPHS, f"{count} syllables are spelt with letters of other scripts", text)


def _is_mixed(token: str, plain: str) -> bool:
    """Whether a token has Latin letters as well, and looks like nothing but Latin ones."""
    return bool(_LATIN_OR_STYLED.search(nfd(token))) and not _OTHER_SCRIPT.search(plain)


def _homoglyph_places(text: str) -> Iterator[Place]:
    for token in TOKEN.finditer(text):
        letters = list(_OTHER_SCRIPT.finditer(token.group()))
        plain = _plain(token.group()) if letters else ""
        if letters and _is_mixed(token.group(), plain) and is_word(plain):
            yield from ((token.start() + each.start(), token.start() + each.end()) for each in letters)


def _plain(token: str) -> str:
    """A token in the Latin letters that it looks like."""
    letters = nfd(token).translate(_LATIN)
    return nfc(_STYLED.sub(lambda run: unicodedata.normalize("NFKC", run.group()), letters))


def _markup(text: str) -> Diagnosis | None:
    tags = len(_TAG.findall(text))
    entities = sum(_is_reference(entity) for entity in _ENTITY.findall(text))
    if not tags and not entities:
        return None
    meant = None if tags else _ENTITY.sub(lambda match: html.unescape(match.group()), text)
    return Diagnosis(TEXT_MARKUP, f"{tags} HTML tags, {entities} character references", meant)


def _is_reference(entity: str) -> bool:
    return html.unescape(entity) != entity


def _markup_places(text: str) -> Iterator[Place]:
    references = (each.span() for each in _ENTITY.finditer(text) if _is_reference(each.group()))
    yield from sorted([*(each.span() for each in _TAG.finditer(text)), *references])


def _replacement(text: str) -> Diagnosis | None:
    count = text.count("\ufffd")
    detail = f"{count} U+FFFD: letters were lost before the seed was written"
    return Diagnosis(ENCODING_REPLACEMENT_CHARACTER, detail, None) if count else None


_KINDS: tuple[Callable[[str], Diagnosis | None], ...] = (
    _misread_utf8,
    _legacy,
    _controls,
    _homoglyphs,
    _markup,
    _replacement,
)

_PLACES: dict[Reason, Callable[[str], Iterable[Place]]] = {
    ENCODING_UTF8_AS_CP1252: _misread_places,
    ENCODING_TCVN3: lambda text: misread_words(text, "tcvn3"),
    ENCODING_VNI: lambda text: misread_words(text, "vni"),
    ENCODING_CP1258_AS_CP1252: lambda text: misread_words(text, "cp1258"),
    ENCODING_C1_CONTROLS: lambda text: (each.span() for each in _C1.finditer(text)),
    TEXT_HOMOGLYPHS: _homoglyph_places,
    TEXT_MARKUP: _markup_places,
    ENCODING_REPLACEMENT_CHARACTER: lambda text: ((at, at + 1) for at, each in enumerate(text) if each == "\ufffd"),
}


def find_places(text: str, reason: Reason) -> Iterable[Place]:
    """Where in a text the damage is that it is rejected for, in order; empty for a reason that is not about damage."""
    return _PLACES[reason](text) if reason in _PLACES else ()


def find_places_in_bytes(data: bytes, reason: Reason) -> Iterable[Place]:
    """As `find_places` for bytes that `diagnose_bytes` refuses; the places are in bytes."""
    if reason in _MARKED.values():
        return [(0, 4 if reason is ENCODING_UTF32 else 2)]
    if reason is ENCODING_NUL:
        return ((at, at + 1) for at, byte in enumerate(data) if byte == 0)
    encoding = next((name for name, code in _LEGACY.items() if code is reason), None)
    if encoding:
        return misread_words(western(data), encoding)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [(error.start, error.end)]
    return ()
