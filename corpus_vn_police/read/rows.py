"""A row of a JSONL or Parquet file -> what a seed needs of it.

A row needs a string `text` and may have `date`, `title`, `id`, `url` and `source`; other keys
are ignored. An empty string says no more than a key that is not there.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import math
import re
from typing import Any

_HEX = re.compile(r"[0-9a-f]{16}")


class _DuplicateKeyError(ValueError):
    pass


class _NotJsonError(ValueError):
    pass


def read_row(line: bytes) -> dict[str, Any]:
    """Read one row.

    Args:
        line: JSON in UTF-8; a byte order mark before it is passed over.

    Returns:
        `body` (the text in UTF-8), `id`, `header_date`, `title`, `key`, `url`, `publisher`; or
        `reason`, `pointer` and `detail` of why it is no seed, with the id where it has one.
    """
    try:
        value = json.loads(
            line.removeprefix(b"\xef\xbb\xbf").decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError as error:
        return {"reason": "encoding.invalid_utf8", "detail": f"byte {error.start} of {len(line)}: {error.reason}"}
    except _DuplicateKeyError:
        return {"reason": "json.duplicate_key", "detail": "a key stands twice in one object"}
    except RecursionError:
        return {"reason": "json.depth", "detail": "nested deeper than the parser goes"}
    except json.JSONDecodeError as error:
        return {"reason": "json.invalid", "detail": f"{error.msg} at character {error.pos}"}
    except ValueError as error:  # NaN, Infinity, and integers of more than 4,300 digits
        return {
            "reason": "json.invalid",
            "detail": "NaN or Infinity" if isinstance(error, _NotJsonError) else "a number too long to read",
        }
    if not isinstance(value, dict):
        return _wrong("", "object", value)
    return _fields(value)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DuplicateKeyError
    return found


def _no_constant(_: str) -> Any:
    raise _NotJsonError


def _wrong(pointer: str, expected: str, value: Any) -> dict[str, Any]:
    return {
        "reason": "json.type",
        "pointer": pointer,
        "detail": f"expected {expected}, got {_kind(value)}",
    }


def _kind(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    key = value.get("id")
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if key is not None and not isinstance(key, str):
        return _wrong("/id", "string or integer", key)
    try:
        if key:
            row |= (
                {"id": key}
                if _HEX.fullmatch(key)
                else {"id": hashlib.sha256(key.encode()).hexdigest()[:16], "key": key}
            )
        date = value.get("date")
        named = {
            "title": value.get("title"),
            "url": value.get("url"),
            "publisher": value.get("source"),
            "header_date": str(date) if type(date) is int else date,
        }
        pointers = {"publisher": "/source", "header_date": "/date"}
        for name, part in named.items():
            if part is not None and not isinstance(part, str):
                return row | _wrong(pointers.get(name, f"/{name}"), "string", part)
            if part:
                part.encode()
                row[name] = part
        if not isinstance(value.get("text"), str):
            return row | _wrong("/text", "string", value.get("text"))
        row["body"] = value["text"].encode()
    except UnicodeEncodeError:
        # JSON can write half of a surrogate pair; no text in UTF-8 can hold it.
        row = {name: part for name, part in row.items() if name == "id"}
        return row | {"reason": "encoding.lone_surrogate", "detail": "a lone surrogate in a string"}
    return row


def canonical_row(row: dict[str, Any]) -> bytes:
    """A Parquet row's bytes: JSON with sorted keys and no spaces, in UTF-8.

    Dates and times are ISO 8601, binary is base64, decimals are strings, and what JSON has no
    number for (NaN, infinities) is null.
    """
    return json.dumps(_json(row), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _json(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_json(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)  # decimal.Decimal, datetime.timedelta
