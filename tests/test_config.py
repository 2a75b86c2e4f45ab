"""corpus.toml: defaults, and errors that name key, value, what is allowed and the nearest key."""

import dataclasses
import tomllib

import pytest

from corpus_vn_police.commands.init import config_template
from corpus_vn_police.config import Dedup, Limits, Splits, Text, corpus_of, load_config
from corpus_vn_police.contract import NAMES, document
from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.contract.oracle import check_schema
from corpus_vn_police.errors import ConfigError, SchemaError
from corpus_vn_police.reasons import FILE_LINK_OUTSIDE, HEADER_FUTURE_DATE, LIMIT_PARAGRAPHS, REASONS, TEXT_EMPTY


def _load(tmp_path, text):
    path = tmp_path / "corpus.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path)


def test_every_key_has_a_default(tmp_path):
    corpus = _load(tmp_path, "")
    assert dataclasses.replace(corpus, read_from=None) == load_config(None)
    assert (corpus.read_from, load_config(None).read_from) == (str(tmp_path / "corpus.toml"), None)
    assert (corpus.name, corpus.title, corpus.version, corpus.splits.strategy) == (
        "corpus",
        "corpus",
        "0.1.0",
        "temporal",
    )
    assert (corpus.dedup.level, corpus.dedup.threshold, corpus.limits.max_bytes) == ("near", 0.7, 16 << 20)


def test_a_key_that_is_set_is_kept_and_a_flag_beats_it(tmp_path):
    corpus = _load(
        tmp_path,
        'title = "Tin"\n[dedup]\nlevel = "exact"\n[limits]\nlatest = 2020-01-02\n[splits]\ntest_from = 2020-01-01',
    )
    assert (corpus.title, corpus.dedup.level, corpus.limits.latest, corpus.splits.test_from) == (
        "Tin",
        "exact",
        "2020-01-02",
        "2020-01-01",
    )
    assert corpus.with_flags(dedup="off").dedup.level == "off"
    assert corpus.with_flags().settings == corpus.settings


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('nam = "x"', ["unknown key 'nam'", '"x"', "did you mean 'name'?"]),
        (
            "[splits]\nvalidation_form = 1",
            ["unknown key 'splits.validation_form'", "did you mean 'validation_from'?", "test_from"],
        ),
        ("[splt]\nx = 1", ["unknown key 'splt'", "did you mean 'splits'?"]),
        (
            '[splits]\ntest_from = "2020-13"',
            [
                "splits.test_from",
                '"2020-13"',
                "a month or a day, such as 2022-01 or 2022-01-31",
                'for example "2023-01"',
            ],
        ),
        ('[splits]\ntest_from = "2021-02-30"', ["splits.test_from", "not a day of the calendar"]),
        ('[splits]\nvalidation_from = "2022-01"\ntest_from = "2021-01"', ["is not before splits.test_from"]),
        ("[splits]\nratios = { train = 0.5 }", ["splits.ratios add up to 0.5"]),
        ('[splits]\nstrategy = "random"', ["splits.strategy", '"temporal" or "hash"']),
        ("[dedup]\nthreshold = 1.5", ["dedup.threshold = 1.5", "a number above 0, up to 1"]),
        ("[dedup]\nthreshold = nan", ["dedup.threshold = NaN"]),
        ("[limits]\nmax_bytes = true", ["limits.max_bytes = true", "a whole number from 1"]),
        ('[limits]\nlatest = "2020-02-31"', ["limits.latest", "a day of the calendar"]),
        ("version = 1", ["version = 1", '"1.0.0"']),
        ('title = "a\\u001b[31m"', ["title", "one line of text"]),
        ("splits = 3", ["splits = 3", "a table with the keys strategy"]),
        ('name = "a/b"', ['name = "a/b"']),
        ("x =", ["is not TOML"]),
        (b"\xff", ["is not TOML"]),
        ('[privacy]\nmode = "mask"', ['privacy.mode = "mask"', "sources.enabled is true", "under [sources]"]),
        ('[card]\nprose = "../x.md"', ["card.prose", "is outside"]),
        ('[card]\nprose = "/etc/passwd"', ["card.prose", "is outside"]),
        ('[card]\nprose = "missing.md"', ["card.prose", "cannot be read"]),
    ],
)
def test_a_wrong_key_or_value_is_an_error_that_says_what_is_allowed(tmp_path, text, parts):
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, text)
    assert str(tmp_path / "corpus.toml") in str(caught.value)
    assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("table", "read"),
    [("splits", Splits), ("dedup", Dedup), ("limits", Limits), ("text", Text), ("quality", None)],
)
def test_every_key_of_a_table_is_read_or_decides_a_reason(table, read):
    thresholds = {reason.key for reason in REASONS.values() if (reason.setting or "").startswith(f"{table}.")}
    fields = {"enabled"} if read is None else {field.name for field in dataclasses.fields(read)}
    assert document("corpus")["properties"][table]["properties"].keys() == fields | thresholds


def test_a_reason_that_no_number_decides_has_no_threshold():
    for reason in (TEXT_EMPTY, HEADER_FUTURE_DATE, FILE_LINK_OUTSIDE):
        with pytest.raises(SchemaError) as caught:
            load_config(None).threshold(reason)
        assert caught.value.message == (
            f"the reason {reason.code} is decided by {reason.setting!r}, which has no number in corpus.toml"
        )
    assert load_config(None).threshold(LIMIT_PARAGRAPHS) == 10_000


def test_a_missing_file_that_was_named_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "nowhere.toml")


def test_the_card_s_prose_is_read_beside_the_file(tmp_path):
    (tmp_path / "card.md").write_text("# Tin\n\nVăn bản.")
    assert _load(tmp_path, '[card]\nprose = "card.md"').prose == "# Tin\n\nVăn bản."


def test_the_template_of_init_is_valid_as_it_is_and_with_every_key_set(tmp_path):
    known = {"splits.validation_from": "2021-01", "splits.test_from": "2022-01"}
    text = config_template("tin", known, {"splits": "These dates give train 8,012, validation 991, test 1,003."})
    assert "\n# These dates give train 8,012, validation 991, test 1,003.\n" in text
    (tmp_path / "DATASET_CARD.md").write_text("x")
    corpus = _load(tmp_path, text)
    assert (corpus.name, corpus.splits.validation_from, corpus.splits.test_from, corpus.prose) == (
        "tin",
        "2021-01",
        "2022-01",
        "x",
    )
    keys = [line.removeprefix("# ") for line in text.split("\n") if " = " in line or line.startswith("[")]
    set_keys = tomllib.loads(
        "\n".join(line for line in keys if line.split(" ")[0].lstrip("[").rstrip("]").replace("_", "").isalpha())
    )
    schema = document("corpus")["properties"]
    assert set_keys.keys() == schema.keys()
    for table in (key for key in schema if schema[key].get("type") == "object"):
        assert set_keys[table].keys() == schema[table]["properties"].keys()


def _described(schema, path=""):
    for name, part in schema.get("properties", {}).items():
        yield f"{path}/{name}", part
        inner = part.get("items", part)
        if "enabled" not in inner.get("properties", {}):
            yield from _described(inner, f"{path}/{name}")


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_schema_is_a_json_schema(name):
    check_schema(document(name))


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("manifest", "corpus")])
def test_every_field_of_a_table_has_a_description_and_an_example(name):
    schema = document(name)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].rpartition(":")[2].count(".") == 2
    assert [path for path, part in _described(schema) if not part.get("description") or "examples" not in part] == []


def _wrong_values():
    """Each key of corpus.toml with a value that its schema refuses, for every rule: the value, as settings."""
    schema = document("corpus")
    for name, raw in schema["properties"].items():
        yield from _wrong(name, raw, schema, (name,))


def _wrong(name, raw, root, path):
    part = resolve(raw, root, name)
    values = [1, ["a", "a"], [str(n) for n in range(11)], [""]] if part.get("type") == "array" else [["a"]]
    values += ["\x1b ^"] if "pattern" in part or "enum" in part or "format" in part else []
    values += ["x" * (part["maxLength"] + 1)] if "maxLength" in part else []
    values += [""] if "minLength" in part else []
    values += [-1] if "minimum" in part or "exclusiveMinimum" in part else []
    values += [part["maximum"] + 1] if "maximum" in part else []
    values += [{}] if "minProperties" in part else []
    for value in values:
        for step in reversed(path):
            value = {step: value}
        yield value
    for below, inner in part.get("properties", {}).items():
        yield from _wrong(below, inner, root, (*path, below))


@pytest.mark.parametrize("raw", _wrong_values(), ids=lambda raw: str(raw)[:50])
def test_what_is_allowed_is_said_in_words(raw):
    with pytest.raises(ConfigError) as caught:
        corpus_of(raw, None, None, "corpus.toml")
    hint = caught.value.hint
    assert [sign for sign in ("^", "\\", "[0-9]", "pattern", "]{", "$") if sign in hint] == []
    assert any(word in hint for word in ("for example ", " or ", " from ", "a table with the keys "))
