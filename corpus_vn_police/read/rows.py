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
# The keys of a row that are read, and what `SEEDS` calls them; the id first, for the ledger.
_KEYS = {"id": "key", "text": "body", "title": "title", "url": "url", "source": "publisher", "date": "header_date"}


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
        value = _DECODER.decode(line.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
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


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def _kind(value: Any) -> str:
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null", bytes: "binary"}
    return names.get(type(value), "number" if isinstance(value, int | float) else type(value).__name__)


def _wrong(pointer: str, expected: str, value: Any) -> dict[str, Any]:
    return {"reason": "json.type", "pointer": pointer, "detail": f"expected {expected}, got {_kind(value)}"}


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    """The row's keys under the names of `SEEDS`, or what is wrong with the first that is."""
    found: dict[str, Any] = {}
    for key, name in _KEYS.items():
        part = value.get(key)
        if key in ("id", "date") and type(part) is int:
            part = str(part)
        if not isinstance(part, str) and (part is not None or key == "text"):
            expected = "string or integer" if key in ("id", "date") else "string"
            return _identified(found) | _wrong(f"/{key}", expected, part)
        try:
            (part or "").encode()
        except UnicodeEncodeError:
            # JSON can write half of a surrogate pair; no text in UTF-8 can hold it.
            detail = "a lone surrogate"
            return _identified(found) | {"reason": "encoding.lone_surrogate", "pointer": f"/{key}", "detail": detail}
        if part and "\0" in part and key != "text":  # `normalise` looks at the text
            return _identified(found) | {"reason": "encoding.nul", "pointer": f"/{key}", "detail": "a NUL character"}
        if part or key == "text":
            found[name] = part
    return (
        _identified(found)
        | {name: part for name, part in found.items() if name not in ("key", "body")}
        | {"body": found["body"].encode()}
    )


def _identified(found: dict[str, Any]) -> dict[str, Any]:
    """The id that a row's `id` gives, with the `id` itself as key where it is another one."""
    key = found.get("key")
    if not key:
        return {}
    if _HEX.fullmatch(key):
        return {"id": key}
    return {"id": hashlib.sha256(key.encode()).hexdigest()[:16], "key": key}


def read_table_row(row: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    """Read a row of a Parquet file.

    Args:
        row: its values, as Arrow gives them to Python.

    Returns:
        The seed's bytes (`canonical_row`), and what `read_row` makes of them. A key that must be
        a string has to be one in the file: binary or a time is none, although JSON writes it as one.
    """
    data = canonical_row(row)
    for key in _KEYS:
        value = row.get(key)
        if key != "date" and value is not None and not isinstance(value, str | int):
            return data, _wrong(f"/{key}", "string", value)
    return data, read_row(data)


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
