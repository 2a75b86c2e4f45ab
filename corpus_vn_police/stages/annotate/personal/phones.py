"""Telephone numbers: the forms used in Vietnam since the nineties, and those of other countries after a plus."""

from __future__ import annotations

import re

_MOBILE = re.compile(r"0[35789][0-9]{8}|01(?:2[0-9]|6[2-9]|8[68]|99)[0-9]{7}")
_FIXED = re.compile(r"02[0-9]{9}")
_POLICE = re.compile(r"069[0-9]{6,8}")
_FORMER_CODE = (
    "2(?:1[0189]|3[01]|4[01]|8[01])|3(?:2[01]|5[01])|5(?:0[01]|1[01])|6(?:5[01])|7(?:1[01]|8[01])"  # four digits
)
_FORMER_FIXED = re.compile(
    rf"0(?:{_FORMER_CODE})[2-9][0-9]{{6}}|0[48][2-9][0-9]{{7}}|0(?:2[0-9]|3[0-9]|5[2-9]|6[0-8]|7[0-9])[2-9][0-9]{{6}}"
)
_FORMER_SHORT = re.compile(rf"0[48][2-9][0-9]{{6}}|0[23567][0-9][2-9][0-9]{{5}}|0(?:{_FORMER_CODE})[2-9][0-9]{{5}}")
_FOREIGN = re.compile(r"[1-9][0-9]{7,14}")
_COUNTRY = "84"


def is_strong(digits: str) -> bool:
    """Whether digits are certainly a Vietnamese telephone number, even without words that say so."""
    forms = (
        _MOBILE.fullmatch(digits),
        _FIXED.fullmatch(digits),
        _FORMER_FIXED.fullmatch(digits),
        _POLICE.fullmatch(digits),
    )
    return any(forms)


def is_phone(digits: str) -> bool:
    """Whether digits can be a Vietnamese telephone number, with the leading 0 or with a country code instead."""
    national = domestic(digits)
    return is_strong(national) or bool(_FORMER_SHORT.fullmatch(national))


def is_foreign(digits: str) -> bool:
    """Whether digits after a plus can be a number of another country."""
    return bool(_FOREIGN.fullmatch(digits)) and not digits.startswith(_COUNTRY)


def domestic(digits: str) -> str:
    """A number with the leading 0 instead of the country code: `84912345678`, `0084…`, `840912345678`."""
    for code in ("00" + _COUNTRY, _COUNTRY):
        if digits.startswith(code) and len(digits) >= 10:
            return "0" + digits.removeprefix(code).removeprefix("0")
    return digits
