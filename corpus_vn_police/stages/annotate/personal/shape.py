"""A cheap test before the rules: whether a text can contain a personal number."""

from __future__ import annotations

_DIGITS, _CAPITALS = b"0123456789", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_KINDS = bytes.maketrans(_DIGITS + _CAPITALS, b"0" * len(_DIGITS) + b"A" * len(_CAPITALS))
_SEPARATORS = b" .-()+"
_NUMBERS = (b"00000000", b"00A0000", b"00AA0000", b"00A?0000", b"AA000000", b"A0000000")  # `?` is the `Đ` of `29MĐ1`

_FOREIGN, _WORDS_OF_PLATES = b"AA0000", ("BKS", "biển số", "biển kiểm soát")


def has_number(text: str) -> bool:
    """Whether a text has eight digits, or something that may be a plate, whatever separates the digits."""
    shape = text.replace("–", "-").encode("latin-1", "replace").translate(_KINDS, _SEPARATORS)
    if any(map(shape.__contains__, _NUMBERS)):
        return True
    return _FOREIGN in shape and any(map(text.__contains__, _WORDS_OF_PLATES))
