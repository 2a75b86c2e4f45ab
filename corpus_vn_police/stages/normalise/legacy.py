"""Vietnamese in 8-bit encodings from before Unicode, read as if they were windows-1252.

TCVN3 (TCVN 5712:1993, the fonts .Vn…), VNI-Windows and windows-1258 use other bytes than windows-1252
for letters beyond ASCII. If such a text is opened as windows-1252, it looks like
`C«ng an`, `Coâng an` or `Ðaòi týõìng`. To find the encoding, the text is decoded in each: in the right one, the words
are syllables. The tables are in `lexicon/encodings.txt`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from corpus_vn_police.lexicon import lexicon
from corpus_vn_police.stages.normalise.rules import mended_letters
from corpus_vn_police.syllables import is_word
from corpus_vn_police.text import nfc, western

_TABLES = lexicon("encodings")


def _table(*names: str) -> dict[str, str]:
    """Map the characters that windows-1252 shows for a byte to the letters and combining marks that the byte means."""
    lines = (line.split() for line in _TABLES.phrases(*names))
    return {western(bytes.fromhex(byte)): "".join(map(_letter, meant)) for byte, *meant in lines}


def _letter(written: str) -> str:
    return written if len(written) == 1 else chr(int(written, 16))


_TCVN3 = _table("tcvn3")
_CP1258 = _table("cp1258 letter", "cp1258 tone")
_VNI_LETTERS = _table("vni letter")
_VNI_MARKS = _table("vni circumflex", "vni breve", "vni tone")


def _one_of(letters: Iterable[str]) -> str:
    small = "".join(letters)
    return f"([{small}{small.upper()}])"


_VNI = re.compile(
    f"{_one_of('aeo')}{_one_of(_table('vni circumflex'))}|{_one_of('a')}{_one_of(_table('vni breve'))}|"
    f"{_one_of('aeouyôö')}{_one_of(_table('vni tone'))}|{_one_of(_VNI_LETTERS)}"
)
"""A letter with its marks, or a letter that has a byte of its own."""

_SIGNS = "".join(sign for sign in _TCVN3 if not sign.isalpha())
"""Letters in TCVN3 that windows-1252 shows as symbols."""
# The characters that a word can consist of if these encodings are read as windows-1252.
_WORD = re.compile(rf"[\w{_SIGNS}]+")
# Characters that almost every line in these encodings shows, but Vietnamese in Unicode never has.
_ODD = re.compile(
    "[ÄÅÆÇËÎÏÐÑÖ×ØÛÜÞßäåæçëîïðñöø÷ûüþÿ¡-¾]|[aeoyâêôAEOYÂÊÔ][ìòÌÒ]|[^gGqQ][iuIU][ìòÌÒ]|[aeoAEO][âÂ]|[aeouyAEOUY][ùõÙÕ]"
)
ONLY_VIETNAMESE = re.compile("[ĂăĐđƠơƯưẠ-ỹ]")


def from_tcvn3(text: str) -> str:
    """Read TCVN3 that was read as windows-1252.

    In words in capitals, letters with a tone become capitals: TCVN3 has none, and uses a font that draws them.
    """
    return _WORD.sub(_word_from_tcvn3, text)


def _word_from_tcvn3(match: re.Match[str]) -> str:
    word = match.group()
    read = "".join(_TCVN3.get(letter, letter) for letter in word)
    certain = [new for old, new in zip(word, read, strict=True) if old == new or new.isupper()]
    return read.upper() if len(certain) > 1 and "".join(certain).isupper() else read


def from_vni(text: str) -> str:
    """Read VNI-Windows that was read as windows-1252."""
    return nfc(_VNI.sub(_letter_from_vni, text))


def _letter_from_vni(match: re.Match[str]) -> str:
    alone = match.group(7)
    if alone:
        read = _VNI_LETTERS[alone.lower()]
        return read.upper() if alone.isupper() else read
    base, mark = (group for group in match.groups() if group)
    letter = _VNI_LETTERS.get(base.lower(), base)
    letter = letter.upper() if base.isupper() else letter
    return letter + _VNI_MARKS[mark.lower()]


def from_cp1258(text: str) -> str:
    """Read windows-1258 that was read as windows-1252."""
    return mended_letters(nfc("".join(_CP1258.get(letter, letter) for letter in text)))


@dataclass(frozen=True)
class Legacy:
    """A text that is Vietnamese if it is read in a legacy encoding.

    Attributes:
        encoding: `tcvn3`, `vni` or `cp1258`.
        text: the text, decoded.
        gained: how many of its words with non-ASCII letters are syllables only in this encoding.
        words: how many words with non-ASCII letters there are.
    """

    encoding: str
    text: str
    gained: int
    words: int


READERS: dict[str, Callable[[str], str]] = {"tcvn3": from_tcvn3, "vni": from_vni, "cp1258": from_cp1258}

# The shares of a line's words with non-ASCII letters that must be syllables in the encoding, in all and
# more than before. With these, 395 to 398 of 398 lines of real articles that were converted to each encoding
# are recognised, and none of 42,088 unchanged articles is mistaken.
_READ_WELL, _READ_BETTER = 0.75, 0.3
_EVIDENCE = 3  # words, if the text also has proper Vietnamese: one or two could be foreign names


def find_legacy(text: str) -> Legacy | None:
    """Find the legacy encoding of some lines of a text; None if there are no such lines.

    Lines are judged one by one, because a paragraph may have been pasted from elsewhere. If one line is in an encoding,
    all lines without proper Vietnamese are read in it too, however short they are.
    """
    lines = text.split("\n")
    choices = [_best(line) if _ODD.search(line) else None for line in lines]
    legacy = [choice for choice in choices if choice is not None]
    if not legacy:
        return None
    is_proper = [
        choice is None and bool(ONLY_VIETNAMESE.search(line)) for line, choice in zip(lines, choices, strict=True)
    ]
    gained = sum(choice.gained for choice in legacy)
    if gained < _EVIDENCE and any(is_proper):
        return None
    gains = {name: sum(choice.gained for choice in legacy if choice.encoding == name) for name in READERS}
    encoding = max(gains, key=lambda name: gains[name])
    read = [line if proper else READERS[encoding](line) for line, proper in zip(lines, is_proper, strict=True)]
    return Legacy(encoding, "\n".join(read), gained, sum(choice.words for choice in legacy))


def _best(line: str) -> Legacy | None:
    """The encoding in which a line makes most sense, without its text; None if the line makes sense unchanged."""
    words = [word for word in _WORD.findall(line) if not word.isascii()]
    stand = [_stands(word) if len(word) <= _LONGEST else _as_it_stands(word) for word in words]
    words = [word for word, is_meant in zip(words, stand, strict=True) if is_meant is not None]
    as_it_stands = stand.count(True)
    needed = max(1, _READ_BETTER * len(words))
    if len(words) - as_it_stands < needed:
        return None
    best, most = None, (0, 0)
    for name, read in READERS.items():
        syllables = sum(_reads(name, word) for word in words)
        gained = syllables - as_it_stands
        reads_well = syllables >= _READ_WELL * len(words) and gained >= needed
        # If two gain equally, take the one that leaves more words unchanged.
        score = (gained, sum(read(word) == word for word in words) if reads_well else 0)
        if reads_well and score > most:
            best, most = Legacy(name, "", gained, len(words)), score
    return best


# No syllable is longer in any encoding. This also limits the memory for 65,536 remembered words.
_LONGEST = 64


def _as_it_stands(word: str) -> bool | None:
    """Whether a word is Vietnamese without any decoding; None if it consists only of symbols."""
    bare = word.strip(_SIGNS)
    if not bare:
        return None
    return len(bare) <= _LONGEST and (is_word(bare) or is_word(mended_letters(bare)))


# Most words of the texts that must be examined are known: stripping them again took a third of the time.
_stands = functools.lru_cache(maxsize=1 << 16)(_as_it_stands)


def _reads(encoding: str, word: str) -> bool:
    return len(word) <= _LONGEST and _is_read(encoding, word)


@functools.lru_cache(maxsize=1 << 16)
def _is_read(encoding: str, word: str) -> bool:
    return is_word(READERS[encoding](word))


def misread_words(text: str, encoding: str) -> Iterator[tuple[int, int]]:
    """Where the words are that are syllables only if they are read in an encoding: start and end in code points."""
    for match in _WORD.finditer(text):
        word = match.group()
        if not word.isascii() and _as_it_stands(word) is False and _reads(encoding, word):
            yield match.span()
