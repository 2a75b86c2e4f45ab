"""A row of a file -> the values of its seed and of own fields.

A row must have a string `text`, and may have `date`, `title`, `id`, `url` and `source`, or the names that `[rows]`
gives them. An empty string means the same as a missing key. Keys that are none of these and no own fields are not used,
and are reported.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from typing import Any, TypeGuard

from corpus_vn_police.contract.oracle import json_type
from corpus_vn_police.contract.own_values import Unfit
from corpus_vn_police.reasons import (
    ENCODING_INVALID_UTF8,
    ENCODING_LONE_SURROGATE,
    ENCODING_NUL,
    JSON_DEPTH,
    JSON_DUPLICATE_KEY,
    JSON_INVALID,
    JSON_TYPE,
    Reason,
    breaks,
)
from corpus_vn_police.stages.read.canonical import canonical_row
from corpus_vn_police.stages.read.row_form import COLUMNS_OF_ROWS, DEFAULT, RowForm, reported, without_text
from corpus_vn_police.text import is_utf8, western

_HEX = re.compile(r"[0-9a-f]{16}")
_LEAST_UNSURE = 2.0**53
_DEEPEST = 500  # half of what Python's own stack allows, in any version and wherever it is called from
# A string, even if it does not end, or a bracket. The pattern never backtracks.
NESTING = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
"""Finds what the depth of JSON is counted by: strings and brackets."""


class _DuplicateKeyError(ValueError):
    pass


class _NotJsonError(ValueError):
    pass


class RefusedError(Exception):
    """A line is not a seed; `row` is the value that `read_row` then returns."""

    def __init__(self, reason: Reason, detail: str, pointer: str | None = None, **known: Any) -> None:
        super().__init__(reason.code)
        self.row = {"reason": reason, "detail": detail, "pointer": pointer} | known


def read_row(line: bytes, form: RowForm | None = None, encoding: str | None = None) -> dict[str, Any]:
    """Read one row.

    Args:
        line: JSON in UTF-8; a byte order mark before it is skipped.
        form: the form of rows; None means the default form.
        encoding: the codec if the file was in UTF-16 or UTF-32; None for all other files.

    Returns:
        `body`, the bytes that a text file in the row's encoding would have, so that
        `normalise` treats both alike; `id`, `header_date`, `title`, `key`, `url`, `publisher`; `own`, the values
        of own fields by name; `unused`, the keys that nothing reads, and `unused_dates`, those whose values look like
        dates.
        If the text is not UTF-8, `title` and `publisher` are decoded as windows-1252. For a line that
        is not a seed: `reason` (a `Reason`), `pointer` and `detail`, and the id if it has one.
    """
    line, form = line.removeprefix(codecs.BOM_UTF8), form or DEFAULT
    try:
        if b"\0" in line:
            raise RefusedError(ENCODING_NUL, f"{line.count(0)} NUL bytes")
        if encoding is not None:
            return _of_marked(line, form, encoding)
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            return _of_bytes(line, form, f"byte {error.start} of {len(line)}: {error.reason}")
        fields = _fields(_object(text), form)
        return fields | {"body": fields["body"].encode()}
    except RefusedError as refused:
        return refused.row


def is_whole(line: bytes) -> bool:
    """Whether a line is a complete JSON object, in UTF-8 or an 8-bit encoding."""
    try:
        _object(line.removeprefix(codecs.BOM_UTF8).decode("ascii", "surrogateescape"))
    except RefusedError:
        return False
    return True


def _of_marked(line: bytes, form: RowForm, encoding: str) -> dict[str, Any]:
    """A row of a file in UTF-16 or UTF-32; its body begins with the byte order mark, as such a text file does."""
    try:
        fields = _fields(_object(line.decode("utf-8")), form)
    except UnicodeDecodeError:  # the line could not be decoded, and neither can this body
        fields = {"body": line.decode("utf-8", "surrogatepass")}
    return fields | {"body": f"\ufeff{fields['body']}".encode(encoding, "surrogatepass")}


def _of_bytes(line: bytes, form: RowForm, detail: str) -> dict[str, Any]:
    """A row whose text is in an 8-bit encoding.

    TCVN3, VNI and windows-1258 write the syntax of JSON as ASCII does, and use its bytes for no letter.
    The title and the source are read in the text's encoding; all other values must be ASCII.

    Raises:
        RefusedError: the text is UTF-8 or missing, or another value is not in its encoding.
    """
    try:
        row = _object(line.decode("ascii", "surrogateescape"))
        value = form.values(row)
        body = _bytes_of(value.get("text"))
    except (RefusedError, UnicodeEncodeError) as error:
        raise RefusedError(ENCODING_INVALID_UTF8, detail) from error
    if is_utf8(body):
        raise RefusedError(ENCODING_INVALID_UTF8, detail)
    for name in COLUMNS_OF_ROWS.keys() - {"text"}:
        encoded = _bytes_of(value.get(name))
        if not encoded.isascii() and (name not in _IN_ITS_ENCODING or is_utf8(encoded)):
            raise RefusedError(ENCODING_INVALID_UTF8, "not in the encoding of the text", form.pointer(name))
    read = {
        form.keys[name]: western(_bytes_of(value[name]))
        for name in ("text", *_IN_ITS_ENCODING)
        if isinstance(value.get(name), str)
    }
    return _fields(row | read, form) | {"body": body}


_IN_ITS_ENCODING = ("title", "source")


def _bytes_of(value: Any) -> bytes:
    """The bytes of a string that was decoded with `surrogateescape`; empty for anything that is not a string."""
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else b""


def _object(text: str) -> dict[str, Any]:
    """Parse a line that must be an object.

    Raises:
        RefusedError: it is not an object.
    """
    value = parsed(text)
    if not isinstance(value, dict):
        raise wrong_type("", "object", value)
    return value


def parsed(text: str) -> Any:
    """Parse a text as JSON.

    Raises:
        RefusedError: it is not JSON, or is refused.
    """
    try:
        if _depth(text) > _DEEPEST:
            raise RecursionError
        return _DECODER.decode(text)
    except _DuplicateKeyError as error:
        raise RefusedError(JSON_DUPLICATE_KEY, "an object has the same key twice") from error
    except RecursionError as error:
        raise RefusedError(JSON_DEPTH, f"nested deeper than {_DEEPEST}") from error
    except json.JSONDecodeError as error:
        raise RefusedError(JSON_INVALID, f"{error.msg} at character {error.pos}") from error
    except _NotJsonError as error:
        raise RefusedError(JSON_INVALID, "NaN or Infinity") from error
    except ValueError as error:  # for example integers of more than 4,300 digits
        raise RefusedError(JSON_INVALID, "a number too long to read") from error


def _depth(text: str) -> int:
    """How deep JSON is nested; with few brackets just their number, which cannot be less."""
    brackets = text.count("[") + text.count("{")
    if brackets <= _DEEPEST:
        return brackets
    depth = deepest = 0
    for match in NESTING.finditer(text):
        sign = match.group()[0]
        depth += (sign in "[{") - (sign in "]}")
        deepest = max(deepest, depth)
    return deepest


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise _DuplicateKeyError
    return value


def _no_constant(_: str) -> Any:
    raise _NotJsonError


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_no_constant)


def wrong_type(pointer: str, expected: str, value: Any, **known: Any) -> RefusedError:
    """The refusal of a value of the wrong type."""
    return RefusedError(JSON_TYPE, f"expected {expected}, got {json_type(value)}", pointer, **known)


def _fields(row: dict[str, Any], form: RowForm) -> dict[str, Any]:
    """The row's values by batch column; `body` is still a string.

    Raises:
        RefusedError: describes the first wrong value.
    """
    fields: dict[str, Any] = {}
    unused = [key for key in row if key not in form.read]
    said = reported(row, unused) if unused else {}
    for name, column, key, pointer in form.plan:
        value = row.get(key)
        if value is None and name != "text":
            continue
        if name in ("id", "date") and _is_whole(value):
            value = str(int(value))
        fault = _fault(value, name)
        if fault is not None:
            reason, detail = fault
            detail = without_text(row, form) if reason is JSON_TYPE and name == "text" else detail
            raise RefusedError(reason, detail, pointer, **_identified(fields), **said)
        if value or name == "text":
            fields[column] = value
    identified = _identified(fields)
    fields.pop("key", None)
    if not form.own.properties:
        return fields | identified | said
    own, below, unfit = form.own_values(row)
    said = reported(row, [*unused, *below])
    if unfit is not None:
        raise unfit_value(unfit, **identified, **said)
    return fields | identified | said | {"own": own}


def _is_whole(value: Any) -> TypeGuard[int | float]:
    """Whether a value is an integer; as in JSON Schema, 1.0 is one too.

    Pandas turns a column of integers with gaps into floats. From 2^53 on, floats no longer identify the integer.
    """
    return type(value) is int or (type(value) is float and value.is_integer() and abs(value) < _LEAST_UNSURE)


def _fault(value: Any, name: str) -> tuple[Reason, str] | None:
    """What is wrong with the value of a key: reason and detail; None if nothing is."""
    if not isinstance(value, str):
        expected = "string or integer" if name in ("id", "date") else "string"
        return JSON_TYPE, f"expected {expected}, got {json_type(value)}"
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # JSON can write half of a surrogate pair, but UTF-8 cannot
            return ENCODING_LONE_SURROGATE, "a lone surrogate"
    if "\0" in value and name != "text":  # `normalise` checks the text
        return ENCODING_NUL, "a NUL character"
    return None


def unfit_value(unfit: Unfit, **known: Any) -> RefusedError:
    """The refusal of a row whose own field has a value that its column cannot hold."""
    reasons = {"nul": ENCODING_NUL, "surrogate": ENCODING_LONE_SURROGATE}
    reason = reasons.get(unfit.keyword) or breaks(unfit.keyword)
    return RefusedError(reason, unfit.detail, unfit.pointer, **known)


def _identified(fields: dict[str, Any]) -> dict[str, Any]:
    """The id from a row's `id`; if that is not an id already, the row's value is kept as `key`."""
    key = fields.get("key")
    if not key:
        return {}
    if _HEX.fullmatch(key):
        return {"id": key}
    return {"id": hashlib.sha256(key.encode()).hexdigest()[:16], "key": key}


def canonical_element(element: bytes) -> tuple[bytes, dict[str, Any]]:
    """An element of a JSON array as one line.

    Returns:
        The line in the form of `canonical_row`, and an empty dict; or empty, with `reason` and `detail`, if it is not
        JSON.
    """
    try:
        try:
            value, errors = parsed(element.decode("utf-8")), "strict"
        except UnicodeDecodeError:  # in an 8-bit encoding: `read_row` decides which texts can be read
            value, errors = parsed(element.decode("utf-8", "surrogateescape")), "surrogateescape"
    except RefusedError as refused:
        return b"", refused.row
    return canonical_row(value, errors), {}
