"""Vietnamese syllables as they are spelt: onsets x rimes x tones, and the two styles of the tone.

The table follows the rules of spelling; it is not a list of words. So it also has syllables that can be spelt, but
that no word uses. All its letters are lower case and NFC.
"""

from __future__ import annotations

import functools
import re
import unicodedata

from corpus_vn_police.text import nfc, nfd

_TONES = "\u0300\u0301\u0309\u0303\u0323"  # grave, acute, hook above, tilde, dot below
_CHECKED = "\u0301\u0323"  # a syllable that ends in p, t, c or ch can only have one of these tones

_ONSETS = "b ch d đ h l m n nh p ph r s t th tr v x".split()  # the other onsets depend on the vowel that follows
_FRONT = ("e", "ê", "i", "y")

# Rimes without a tone, grouped by their ending. `uơ`, `uya` and the like are rare, but correct spellings.
_OPEN = (
    "a ai ao au ay âu ây e eo ê êu i ia iêu iu o oa oai oao oay oe oeo oi ô ôi ơ ơi u ua uây uê uêu ui uôi "
    "uơ uy uya uyu ư ưa ưi ưu ươi ươu y yêu"
).split()
_NASAL = (
    "am an ang anh ăm ăn ăng âm ân âng em en eng êm ên ênh im in inh iêm iên iêng om on ong oong ôm ôn ông "
    "ơm ơn um un ung uôm uôn uông ưm ưn ưng ươm ươn ương oam oan oang oanh oăm oăn oăng oen oem uân uâng uên "
    "uênh uyên uyn uynh uyng yêm yên yêng"
).split()
_STOP = (
    "ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êp êt ich ip it iêc iêp iêt oc ooc op ot ôc ôp ôt ơp ơt uc up "
    "ut uôc uôp uôt ưc ưt ươc ươp ươt oac oach oap oat oăc oăt oet uât uêch uêt uych uyêt uyp uyt yêt"
).split()
# `qu` already spells the glide, and `gi` already spells the i of `iê`.
_AFTER_QU = (
    "a ai ao au ay ây e eo ê êu i ơ ơi y am an ang anh ăm ăn ăng âm ân âng en eng ên ênh in inh ơn ynh yên yn "
    "ac ach ap at ăc ăp ăt âc âp ât ec ep et êch êt ich it ip ôc ơt ơp yêt yt ych yp"
).split()
_AFTER_GI = "ê êu êm ên êng êc êp êt".split()

LOWER = "a-zàáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"
"""Lower-case letters, for a character class; `LOWER.upper()` are the upper-case ones. (Ranges like à-ỹ hold both.)"""
UPPER = LOWER.upper()

_OLD_OR_NEW = {"oa", "oe", "uy"}
"""The open rimes whose tone mark is on the first letter in the old style, and on the second in the new style."""

_VOWELS = frozenset("aăâeêioôơuưy")
_MARKED = frozenset("ăâêôơư")
_NO_SYLLABLES = frozenset({"noé"})  # names that are spelt like a syllable; they are not rewritten in another style


def _onsets_before(rime: str) -> list[str]:
    """The onsets that can come before a rime, by the spelling rules for c/k/q, g/gh and ng/ngh."""
    if rime.startswith("yê"):
        return [""]
    if rime == "y":
        velar = ["k", "kh"]
    else:
        velar = ["k", "gh", "ngh", "kh"] if rime.startswith(_FRONT) else ["c", "g", "ng", "kh"]
    bare = [] if rime.startswith("iê") else [""]
    return [*bare, *_ONSETS, *velar]


def _bearers(rime: str) -> tuple[int, ...]:
    """The letters of the rime that may carry the tone mark, counted from 0: one, or one for each of the two styles."""
    marked = [number for number, letter in enumerate(rime) if letter in _MARKED]
    if marked:
        return (marked[-1],)
    vowels = [number for number, letter in enumerate(rime) if letter in _VOWELS]
    if rime in _OLD_OR_NEW:
        return (0, 1)
    if len(vowels) < len(rime) or len(vowels) == 1:
        return (vowels[-1],)  # closed rime: the last vowel carries it (hoàn, khuỳnh)
    return (1,) if len(vowels) > 2 else (0,)  # oài, khuỷu; ài, ía


def _pairs() -> list[tuple[str, str]]:
    pairs = [(onset, rime) for rime in (*_OPEN, *_NASAL, *_STOP) for onset in _onsets_before(rime)]
    pairs += [("qu", rime) for rime in _AFTER_QU]
    plain = [rime for rime in (*_OPEN, *_NASAL, *_STOP) if not rime.startswith(("i", "y"))]
    pairs += [("gi", rime) for rime in (*plain, *_AFTER_GI)]
    return pairs + [("g", rime) for rime in "i im in inh ip it ich".split()]


@functools.cache
def syllables() -> frozenset[str]:
    """Every syllable that can be spelt, in both styles of the tone: lower case, NFC."""
    spelt = set()
    stop = {*_STOP, *(rime for rime in (*_AFTER_QU, *_AFTER_GI) if rime.endswith(("c", "ch", "p", "t")))}
    for onset, rime in _pairs():
        if rime not in stop:
            spelt.add(onset + rime)
        for bearer in _bearers(rime):
            for tone in _CHECKED if rime in stop else _TONES:
                spelt.add(onset + rime[:bearer] + nfc(rime[bearer] + tone) + rime[bearer + 1 :])
    return frozenset(spelt)


@functools.cache
def toneless_syllables() -> frozenset[str]:
    """The syllables without any diacritics, with `d` for `đ`: lower case, ASCII."""
    return frozenset(without_diacritics(onset + rime) for onset, rime in _pairs())


def without_diacritics(text: str) -> str:
    """A text without diacritics, with d for đ."""
    letters = nfd(text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def is_syllable(token: str) -> bool:
    """Whether a token is spelt like a Vietnamese syllable, in any case and either style of the tone."""
    return token.lower() in syllables()


def is_word(token: str) -> bool:
    """Whether a token is a syllable in lower case, in capitals, or with only its first letter a capital."""
    return is_syllable(token) and (token.islower() or token.isupper() or token.istitle())


def _both_styles() -> dict[str, dict[str, str]]:
    """For each style, its rimes with a tone mark, mapped to the same rimes in the other style."""
    styles: dict[str, dict[str, str]] = {"old": {}, "new": {}}
    for rime in sorted(_OLD_OR_NEW):
        for tone in _TONES:
            old = nfc(rime[0] + tone) + rime[1]
            new = rime[0] + nfc(rime[1] + tone)
            styles["old"][old], styles["new"][new] = new, old
    return styles


STYLES = _both_styles()
"""`old` maps hòa's rime to hoà's, `new` the other way round: lower case, NFC."""

TOKEN = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f])+")
"""A run of letters and combining marks."""


def style_of(token: str) -> str | None:
    """`old` or `new` for a syllable that is spelt differently in the other style; None for anything else."""
    lower = token.lower()
    if lower in _NO_SYLLABLES or lower not in syllables():
        return None
    return next((style for style, rimes in STYLES.items() if lower[-2:] in rimes and lower[:-2] != "q"), None)


def _styled(style: str) -> re.Pattern[str]:
    """A pattern for words that end in a rime of a style."""
    rimes = "|".join("".join(f"[{letter}{letter.upper()}]" for letter in rime) for rime in STYLES[style])
    return re.compile(rf"(?<![^\W\d_])[^\W\d_]{{0,3}}(?:{rimes})(?![^\W\d_]|[\u0300-\u036f])")


_STYLED = {style: _styled(style) for style in STYLES}


def in_style(text: str, style: str) -> str:
    """Rewrite the syllables of a text in one style of placing the tone mark; each letter keeps its case.

    Args:
        text: NFC.
        style: `old` (hòa) or `new` (hoà).
    """
    other = {"old": "new", "new": "old"}[style]
    return _STYLED[other].sub(lambda match: _restyled(match.group(), other), text)


def _restyled(token: str, style: str) -> str:
    if style_of(token) != style:
        return token
    rime = STYLES[style][token[-2:].lower()]
    cased = [new.upper() if old.isupper() else new for old, new in zip(token[-2:], rime, strict=True)]
    other = token[:-2] + "".join(cased)
    return token if other.lower() in _NO_SYLLABLES else other  # it could not be changed back
