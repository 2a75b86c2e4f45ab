"""Check a corpus.toml: an error names the key, the value, what is allowed, and the most similar key."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa

from corpus_vn_police.contract import document, first_error, validator
from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.contract.hub import hub_values, nearest
from corpus_vn_police.errors import ConfigError
from corpus_vn_police.periods import first_day, is_period


def check_keys(raw: dict[str, Any], where: str) -> None:
    """Refuse a key that `schema/corpus.schema.json` does not have, or a value that it does not allow."""
    error = first_error(validator("corpus"), raw)
    if error is None:
        return
    key = ".".join(str(step) for step in error.absolute_path)
    if error.validator == "additionalProperties":
        known = sorted(error.schema["properties"])
        name = min(error.instance.keys() - set(known))
        near = difflib.get_close_matches(name, known, n=1)
        full = f"{key}.{name}" if key else name
        guess = f"did you mean {near[0]!r}? " if near else ""
        value = json.dumps(error.instance[name], ensure_ascii=False, default=str)[:80]
        raise ConfigError(f"{where}: unknown key {full!r} (value {value})", f"{guess}allowed: {', '.join(known)}")
    value = json.dumps(error.instance, ensure_ascii=False, default=str)[:80]
    raise ConfigError(
        f"{where}: {key or 'the file'} = {value} is not allowed",
        f"allowed: {_allowed(error)}",
    )


_KINDS = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def _allowed(error: Any) -> str:
    """What a key may be, in words, with an example."""
    rules, key = error.schema, _key(error.absolute_path)
    kind = rules.get("type")
    if "enum" in rules:
        return " or ".join(map(json.dumps, rules["enum"]))
    if kind == "string":
        words = _text_words(rules, error.validator, key)
    elif kind == "object":
        words = f"a table with the keys {', '.join(rules['properties'])}"
    elif kind == "array":
        words = f"a list of up to {rules['maxItems']} different values"
    else:
        words = _KINDS.get(kind, "another value") + _range(rules)
    examples = [*key.get("examples", ()), *([key["default"]] if "default" in key else ())]
    example = next((each for each in examples if not isinstance(each, dict | bool)), None)
    return words + ("" if example is None else f"; for example {json.dumps(example, ensure_ascii=False)}")


def _text_words(rules: dict[str, Any], broken: str, key: dict[str, Any]) -> str:
    """What a text may be; a pattern says nothing to people, so its description does."""
    if rules.get("format") == "date":
        return "a day of the calendar"
    if broken in ("minLength", "maxLength"):
        return f"text with {rules.get('minLength', 0)} to {rules['maxLength']:,} characters"
    described = str(rules.get("description") or key["description"]).rstrip(".")
    return f"text in quotes: {described[0].lower()}{described[1:]}"


def _range(rules: dict[str, Any]) -> str:
    """The limits of a number."""
    if "maximum" not in rules:
        return ""
    above = f"above {rules['exclusiveMinimum']}, up" if "exclusiveMinimum" in rules else f"from {rules['minimum']}"
    return f" {above} to {rules['maximum']:,}"


def _key(path: Iterable[Any]) -> dict[str, Any]:
    """What the schema says of a key: its description, example and default."""
    part: dict[str, Any] = document("corpus")
    for step in path:
        below = part["items"] if isinstance(step, int) else part["properties"][step]
        part = resolve(below, document("corpus"), str(step))
    return part


def check_rows(rows: dict[str, str], where: str) -> None:
    """Refuse one key of the input for two things."""
    for name, key in rows.items():
        other = next(each for each in rows if rows[each] == key)
        if other != name:
            raise ConfigError(
                f"{where}: rows.{other} and rows.{name} are both {key!r}",
                f"a key of the input is read for one thing: give another one, or leave rows.{name} out "
                f"and rename the key {name!r} of the input",
            )


def check_splits(splits: dict[str, Any], where: str) -> None:
    """Refuse starts that are not in the calendar or in the wrong order, and ratios that do not add up to 1."""
    starts = {key: splits.get(key) for key in ("validation_from", "test_from")}
    for key, start in starts.items():
        if start is not None and not is_period(start):
            raise ConfigError(
                f"{where}: splits.{key} = {start!r} is not a day of the calendar", "write YYYY-MM or YYYY-MM-DD"
            )
    first, second = starts.values()
    if first and second and first_day(first) >= first_day(second):
        raise ConfigError(
            f"{where}: splits.validation_from = {first!r} is not before splits.test_from = {second!r}",
            "validation is between train and test: leave one of the two out, or let validation begin earlier",
        )
    total = sum(splits["ratios"].values())
    if abs(total - 1) > 1e-9:
        raise ConfigError(
            f"{where}: splits.ratios add up to {total:g}, not 1",
            "for example train = 0.8, validation = 0.1, test = 0.1",
        )


def check_masking(settings: dict[str, Any], where: str) -> None:
    """Refuse to mask personal data and to publish the seeds that have it."""
    if settings["privacy"]["mode"] == "mask" and settings["sources"]["enabled"]:
        raise ConfigError(
            f'{where}: privacy.mode = "mask", but sources.enabled is true: the config "sources" has the seeds\' exact '
            "bytes, with all that is masked in the records",
            'write enabled = false under [sources], or leave privacy.mode = "mask" out',
        )


def check_counted(names: Iterable[str], schema: pa.Schema, where: str) -> None:
    """Refuse a field of `card.by` that the record does not have, or whose values cannot be counted.

    Args:
        names: the fields; one of a struct is `source.url`.
        schema: of the record, with the own fields.
        where: what they were read from, for messages.

    Raises:
        ConfigError: there is no such field, or it holds structs or bytes.
    """
    known = list(_countable(schema))
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            guess = f"did you mean {near[0]!r}? " if near else ""
            raise ConfigError(
                f"{where}: card.by has {name!r}, which is not a field with values that can be counted",
                f"{guess}allowed: {', '.join(known)}",
            )


def _countable(schema: pa.Schema) -> Iterator[str]:
    """The fields of a table with values that can be counted; one in a struct is `source.url`.

    A list counts if its items do. Structs in lists, structs in structs and bytes are left out.
    """
    for each in schema:
        inner = each.type.fields if pa.types.is_struct(each.type) else None
        for name, kind in (
            [(each.name, each.type)] if inner is None else [(f"{each.name}.{x.name}", x.type) for x in inner]
        ):
            item = kind.value_type if pa.types.is_list(kind) else kind
            if not (pa.types.is_nested(item) or pa.types.is_binary(item)):
                yield name


def check_hub(settings: dict[str, Any], where: str) -> None:
    """Refuse what the Hub would refuse on the card."""
    for key, listed in (("language", "languages"), ("license", "licenses")):
        value = settings[key]
        if value not in hub_values(listed):
            raise ConfigError(
                f"{where}: {key} = {json.dumps(value)} is not a {key} that the Hub knows",
                f'did you mean {nearest(value, listed)!r}? For a licence that is not listed write "other", its name '
                "into license_name and its URL into license_link"
                if key == "license"
                else f"did you mean {nearest(value, listed)!r}? Give the shortest code of ISO 639",
            )
