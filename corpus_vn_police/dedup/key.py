"""The dedup key of a text: a form that is the same, letter for letter, for two copies of one article.

NFC and NFD, the two styles of the tone, upper and lower case, punctuation and spaces make no difference
in the key; tones, đ and numbers do. `“HÒA BÌNH, 7/12”` and `hoà bình 7.12` have the key `hoa2 binh2 7 12`.
"""

from __future__ import annotations

import hashlib
import re

from corpus_vn_police.text import nfc, nfd

# The digits by which the VNI keyboard layout writes the tones.
_TONES = {"\u0301": "1", "\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0323": "5"}
# A run of letters, marks and digits; everything else separates syllables.
_RUN = re.compile(r"(?:[^\W_]|[\u0300-\u036f])+")


def dedup_key(text: str) -> str:
    """The key of a text: its syllables in lower case, each with its tone as a digit at the end, separated by one space.

    A text without any letter or digit is its own key, so that a line of dots is not a copy of a line of stars.
    """
    return " ".join(syllable for word in text.split() for syllable in key_syllables(word)) or text


def key_syllables(word: str) -> tuple[str, ...]:
    """The syllables that a word (text without white space) has in the key: none, one or several."""
    folded = word.lower() if word.isascii() else nfc(nfc(word).casefold())
    return tuple(map(_tone_last, _RUN.findall(folded)))


def _tone_last(run: str) -> str:
    """A syllable with its tone as a digit at the end."""
    if run.isascii():
        return run
    letters: list[str] = []
    tones: list[str] = []
    for letter in nfd(run):
        tone = _TONES.get(letter)
        (letters if tone is None else tones).append(tone or letter)
    return nfc("".join(letters)) + "".join(tones)


def syllable_hash(syllable: str) -> int:
    """The first 8 bytes, little-endian, of the BLAKE2b-64 of a syllable's UTF-8."""
    return int.from_bytes(hashlib.blake2b(syllable.encode(), digest_size=8).digest(), "little")
