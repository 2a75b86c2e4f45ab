"""A row that is not a line of JSONL -> its bytes as a seed."""

from __future__ import annotations

import base64
import datetime
import json
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_NO_NUMBER = "1e999"  # JSON has no infinity; it reads this as a number that is too large for any column


@dataclass(frozen=True)
class NoForm:
    """A value that JSON cannot express, such as an object of a class or a time out of range.

    Attributes:
        kind: the name of its type.
        detail: what is wrong with the value; None if its type is the problem.
    """

    kind: str
    detail: str | None = None


def canonical_row(row: Any, errors: str = "strict") -> bytes:
    """The bytes of a row: JSON with sorted keys and no spaces, in UTF-8.

    Dates and times are ISO 8601, binary is base64, a decimal is a number with all of its digits, an infinity is 1e999
    or -1e999, NaN is null, and a `NoForm` is the name of its type, such as `<Period>`. If the row has half of a
    surrogate pair, which UTF-8 cannot write, everything that is not ASCII is escaped. `errors` decides how surrogates
    are treated before that, as in `str.encode`.
    """
    value = _plain(row)
    try:
        return _written(value, ascii_only=False).encode("utf-8", errors)
    except UnicodeEncodeError:
        return _written(value, ascii_only=True).encode()


def _plain(value: Any) -> Any:
    """A value in the types of JSON; numbers that Python's `json` cannot write are decimals."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else Decimal(value)
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, NoForm):  # its text may contain a memory address, which is different each time
        return f"<{value.kind}>"
    return str(value)  # for example datetime.timedelta


def _written(value: Any, *, ascii_only: bool) -> str:
    try:
        return json.dumps(value, ensure_ascii=ascii_only, sort_keys=True, separators=(",", ":"))
    except TypeError:  # the row contains a decimal
        return _written_with_decimals(value, ascii_only=ascii_only)


def _written_with_decimals(value: Any, *, ascii_only: bool) -> str:
    if isinstance(value, dict):
        inner = (
            f"{json.dumps(key, ensure_ascii=ascii_only)}:{_written_with_decimals(each, ascii_only=ascii_only)}"
            for key, each in sorted(value.items())
        )
        return f"{{{','.join(inner)}}}"
    if isinstance(value, list):
        return f"[{','.join(_written_with_decimals(each, ascii_only=ascii_only) for each in value)}]"
    if isinstance(value, Decimal):
        return str(value) if value.is_finite() else f"{'-' * value.is_signed()}{_NO_NUMBER}"
    return json.dumps(value, ensure_ascii=ascii_only)
