"""A row of a JSONL or Parquet file -> what a seed needs of it.

A row needs a string `text` and may have `date`, `title`, `id`, `url` and `source`; other keys
are ignored. An empty string says no more than a key that is not there.
"""

from __future__ import annotations

import base64
import codecs
import datetime
import hashlib
import json
import math
import re
from typing import Any

from corpus_vn_police.reasons import (
    ENCODING_INVALID_UTF8,
    ENCODING_LONE_SURROGATE,
    ENCODING_NUL,
    JSON_DEPTH,
    JSON_DUPLICATE_KEY,
    JSON_INVALID,
    JSON_TYPE,
    Reason,
)
from corpus_vn_police.text import is_utf8, western

_HEX = re.compile(r"[0-9a-f]{16}")
# The keys of a row that are read, and what `SEEDS` calls them; the id first, for the ledger.
_KEYS = {"id": "key", "text": "body", "title": "title", "url": "url", "source": "publisher", "date": "header_date"}


_DEEPEST = 500  # half of what Python's own stack allows, whoever called and whatever version it is
# A string, also one that does not end, or a bracket. Nothing is tried twice.
_NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)


class _DuplicateKeyError(ValueError):
    pass


class _NotJsonError(ValueError):
    pass


class _RefusedError(Exception):
    """A line that is not a seed; `said` is what the ledger says of it."""

    def __init__(self, reason: Reason, detail: str, pointer: str | None = None, **beside: Any) -> None:
        super().__init__(reason.code)
        self.said = {"reason": reason, "detail": detail, "pointer": pointer} | beside


def read_row(line: bytes, encoding: str | None = None) -> dict[str, Any]:
    """Read one row.

    Args:
        line: JSON in UTF-8; a byte order mark before it is passed over.
        encoding: the codec of UTF-16 or UTF-32 that its file was in; None for all other files.

    Returns:
        `body`, the text's bytes as a text file in the row's encoding would hold them, so that
        `normalise` says of both the same; `id`, `header_date`, `title`, `key`, `url`, `publisher`.
        Where the text is not UTF-8, `title` and `publisher` are bytes read as windows-1252. Of a
        line that is not a seed `reason`, `pointer` and `detail`, with the id where it has one.
    """
    line = line.removeprefix(codecs.BOM_UTF8)
    try:
        if b"\0" in line:
            raise _RefusedError(ENCODING_NUL, f"{line.count(0)} NUL bytes")
        if encoding is not None:
            return _of_marked(line, encoding)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            return _of_bytes(line, f"byte {error.start} of {len(line)}: {error.reason}")
        found = _fields(_object(text))
        return found | {"body": found["body"].encode()}
    except _RefusedError as refused:
        return refused.said


def _of_marked(line: bytes, encoding: str) -> dict[str, Any]:
    """A row of a file in UTF-16 or UTF-32; its body begins with the mark, as such a text does."""
    try:
        found = _fields(_object(line.decode("utf-8")))
    except UnicodeDecodeError:  # it could not be decoded, and neither can this body
        found = {"body": line.decode("utf-8", "surrogatepass")}
    return found | {"body": f"\ufeff{found['body']}".encode(encoding, "surrogatepass")}


def _of_bytes(line: bytes, detail: str) -> dict[str, Any]:
    """A row whose text is in an 8-bit encoding.

    In TCVN3, VNI and windows-1258 the signs of JSON are those of ASCII, and no letter has their bytes.
    What stands beside the text is read with it, save what decides id, day or address: that is ASCII.

    Raises:
        _RefusedError: the text is UTF-8 or not there, or something beside it is not in its encoding.
    """
    try:
        value = _object(line.decode("ascii", "surrogateescape"))
        body = _bytes_of(value.get("text"))
    except (_RefusedError, UnicodeEncodeError) as error:
        raise _RefusedError(ENCODING_INVALID_UTF8, detail) from error
    if is_utf8(body):
        raise _RefusedError(ENCODING_INVALID_UTF8, detail)
    for key in _KEYS.keys() - {"text"}:
        part = _bytes_of(value.get(key))
        if not part.isascii() and (key not in _BESIDE or is_utf8(part)):
            raise _RefusedError(ENCODING_INVALID_UTF8, "not in the encoding of the text", f"/{key}")
    read = {key: western(_bytes_of(value[key])) for key in ("text", *_BESIDE) if isinstance(value.get(key), str)}
    return _fields(value | read) | {"body": body}


_BESIDE = ("title", "source")


def _bytes_of(part: Any) -> bytes:
    """The bytes of a string of a line that was decoded with `surrogateescape`; none of what is not a string."""
    return part.encode("utf-8", "surrogateescape") if isinstance(part, str) else b""


def _object(text: str) -> dict[str, Any]:
    """The object that a line is.

    Raises:
        _RefusedError: it is not one.
    """
    try:
        if _depth(text) > _DEEPEST:
            raise RecursionError
        value = _DECODER.decode(text)
    except _DuplicateKeyError as error:
        raise _RefusedError(JSON_DUPLICATE_KEY, "a key stands twice in one object") from error
    except RecursionError as error:
        raise _RefusedError(JSON_DEPTH, f"nested deeper than {_DEEPEST}") from error
    except json.JSONDecodeError as error:
        raise _RefusedError(JSON_INVALID, f"{error.msg} at character {error.pos}") from error
    except _NotJsonError as error:
        raise _RefusedError(JSON_INVALID, "NaN or Infinity") from error
    except ValueError as error:  # integers of more than 4,300 digits
        raise _RefusedError(JSON_INVALID, "a number too long to read") from error
    if not isinstance(value, dict):
        raise _wrong("", "object", value)
    return value


def _depth(text: str) -> int:
    """How deep JSON is nested; of few brackets their number, which it cannot be more than."""
    brackets = text.count("[") + text.count("{")
    if brackets <= _DEEPEST:
        return brackets
    depth = deepest = 0
    for match in _NESTING.finditer(text):
        sign = match.group()[0]
        depth += (sign in "[{") - (sign in "]}")
        deepest = max(deepest, depth)
    return deepest


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


def _wrong(pointer: str, expected: str, value: Any, **beside: Any) -> _RefusedError:
    return _RefusedError(JSON_TYPE, f"expected {expected}, got {_kind(value)}", pointer, **beside)


def _fields(value: dict[str, Any]) -> dict[str, Any]:
    """The row's keys under the names of `SEEDS`, `body` as a string.

    Raises:
        _RefusedError: what is wrong with the first that is.
    """
    found: dict[str, Any] = {}
    for key, name in _KEYS.items():
        part = value.get(key)
        if key in ("id", "date") and type(part) is int:
            part = str(part)
        if not isinstance(part, str) and (part is not None or key == "text"):
            expected = "string or integer" if key in ("id", "date") else "string"
            raise _wrong(f"/{key}", expected, part, **_identified(found))
        try:
            (part or "").encode()
        except UnicodeEncodeError as error:
            # JSON can write half of a surrogate pair; no text in UTF-8 can hold it.
            said = ENCODING_LONE_SURROGATE, "a lone surrogate", f"/{key}"
            raise _RefusedError(*said, **_identified(found)) from error
        if part and "\0" in part and key != "text":  # `normalise` looks at the text
            raise _RefusedError(ENCODING_NUL, "a NUL character", f"/{key}", **_identified(found))
        if part or key == "text":
            found[name] = part
    return {name: part for name, part in found.items() if name != "key"} | _identified(found)


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
            return data, _wrong(f"/{key}", "string", value).said
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
