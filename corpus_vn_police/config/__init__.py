"""Read corpus.toml into frozen settings.

The keys, their defaults and their allowed values are only in `schema/corpus.schema.json`. If a key is a limit for a
measured value, a stage asks for it with the reason for which it rejects (`Corpus.threshold`). The dataclasses here give
types to the other keys. A wrong key or value is an error that names the key, what is allowed, and the most similar key.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, TypeVar

from corpus_vn_police.config.beside import schema_in, text_beside, text_here
from corpus_vn_police.config.checks import check_hub, check_keys, check_masking, check_rows, check_splits
from corpus_vn_police.config.given import IN_DICT, given_settings
from corpus_vn_police.contract import Contract, contracts, document
from corpus_vn_police.contract.arrow import resolve
from corpus_vn_police.contract.own import own_properties
from corpus_vn_police.errors import ConfigError, SchemaError
from corpus_vn_police.reasons import Reason

FILE_NAME = "corpus.toml"
REMOVED_NAME = "removed.csv"  # in the folder of corpus.toml: the seeds that were taken down
CHANGES_NAME = "CHANGES.md"  # in the folder of corpus.toml: what each version of the data changed
CARD_KEYS = (
    "title", "summary", "language", "license", "license_name", "license_link", "homepage", "contact", "citation", "repo"
)  # fmt: skip
"""The keys that change the card, but not the data."""


@dataclass(frozen=True)
class Splits:
    """`[splits]`: how records are divided into splits. Months are `YYYY-MM`, days `YYYY-MM-DD`."""

    strategy: str
    ratios: dict[str, float]
    seed: int
    validation_from: str | None = None
    test_from: str | None = None


@dataclass(frozen=True)
class Dedup:
    """`[dedup]`: the level (`near`, `exact` or `off`), and the lowest Jaccard similarity of a near duplicate."""

    level: str
    threshold: float


@dataclass(frozen=True)
class Limits:
    """`[limits]` for reading: bytes of a seed, members and ratio of an archive, links out of the input.

    `latest` is the last date that a seed may have, as ISO date; None until the build fills in today (UTC).
    """

    max_bytes: int
    max_members: int
    max_ratio: int
    follow_links: bool
    latest: str | None = None


@dataclass(frozen=True)
class Text:
    """`[text]`: if texts in a legacy encoding are repaired, and the style of tone marks: `keep`, `old` or `new`."""

    repair: bool
    tone: str


@dataclass(frozen=True)
class RowKeys:
    """`[rows]`: the keys of a row that hold its text, date, title, id, URL and publisher."""

    text: str
    date: str
    title: str
    id: str
    url: str
    source: str


_Table = TypeVar("_Table", Splits, Dedup, Limits, Text, RowKeys)


@dataclass(frozen=True)
class Corpus:
    """The settings of a corpus, with defaults filled in.

    Attributes:
        structure, quality, annotations, sources: True if the table of that name is `enabled`.
        privacy: what to do with personal data: `flag`, `mask` or `drop`.
        prose: the hand-written half of the card, as Markdown text (not its path); None if there is none.
        changes: what each version changed, as Markdown text; None if there is no CHANGES.md.
        by: the fields whose values the card counts, beside years and publishers.
        shard_mib: the most MiB of text in a shard; None lets `dataset.cuts.shard_limit` choose.
        settings: all keys with their values, in the form of corpus.toml, for the manifest.
        read_from: the path of the corpus.toml; `config` if the settings are a dict; None for the defaults.
        own: the schema of each own field by its name, as `contract.own.own_properties` gives it; empty if the record
            has no own fields.
    """

    name: str
    title: str
    version: str
    language: str
    license: str
    splits: Splits
    dedup: Dedup
    limits: Limits
    text: Text
    rows: RowKeys
    structure: bool
    quality: bool
    annotations: bool
    sources: bool
    privacy: str
    settings: dict[str, Any]
    by: tuple[str, ...] = ()
    shard_mib: int | None = None
    summary: str | None = None
    license_name: str | None = None
    license_link: str | None = None
    homepage: str | None = None
    contact: str | None = None
    citation: str | None = None
    repo: str | None = None
    prose: str | None = None
    changes: str | None = None
    read_from: str | None = None
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The contract of each config, which its rows must meet; that of the records includes the own fields."""
        return contracts(self.own)

    @property
    def finds_personal(self) -> bool:
        """True if rules look for personal data: to annotate it, to mask it, or to reject records that have some."""
        return self.annotations or self.privacy != "flag"

    def with_own(self, described: Any, where: str) -> Corpus:
        """The settings with own fields.

        Args:
            described: a JSON Schema of an object with `properties`.
            where: the name of its source, for messages.

        Raises:
            ConfigError: it is not such a schema, or has a name that the record has already, or has a keyword for which
                the columnar check could decide differently than `jsonschema`.
        """
        try:
            own = own_properties(described, document("record"))
            contracts(own)
        except SchemaError as error:
            raise ConfigError(f"{where}: {error.message.removeprefix('record: ')}", error.hint) from error
        return replace(self, own=own)

    @property
    def card(self) -> dict[str, str]:
        """The keys of `CARD_KEYS` that have a value. The title always has one."""
        values = {key: getattr(self, key) for key in CARD_KEYS}
        return {key: value for key, value in values.items() if value is not None}

    @property
    def tables(self) -> dict[str, dict[str, Any]]:
        """The tables of corpus.toml with all their keys, except `card.prose` and `record.fields`, which name files.

        A build has the content of these files elsewhere: the prose on its card, and the own fields in its schema.
        """
        tables = {key: value for key, value in self.settings.items() if isinstance(value, dict) and key != "record"}
        return tables | {"card": {"by": list(self.by)}}

    @property
    def reading(self) -> dict[str, dict[str, Any]]:
        """The tables that affect how seeds are read and records are made.

        A table that matters only when files are written is marked with `x-writing` in `schema/corpus.schema.json`: if
        only such a table changes, no seed is read again.
        """
        tables = document("corpus")["properties"]
        return {key: value for key, value in self.tables.items() if not tables[key].get("x-writing")}

    def threshold(self, reason: Reason) -> float:
        """The number of the key that decides a reason, such as the value of `limits.max_paragraphs`.

        Raises:
            SchemaError: the reason names no key, or a key that has no number in `schema/corpus.schema.json`. This is a
                defect of this package.
        """
        table, _, key = (reason.setting or "").partition(".")
        value: Any = self.settings.get(table, {}).get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SchemaError(
                f"the reason {reason.code} is decided by {reason.setting!r}, which has no number in corpus.toml",
                "this is a defect of corpus-vn-police: please report it",
            )
        return value

    def with_flags(
        self,
        *,
        dedup: str | None = None,
        latest: str | None = None,
        rows: Mapping[str, str] | None = None,
        annotations: bool | None = None,
    ) -> Corpus:
        """The settings, changed by the arguments; None leaves a setting as it is.

        Raises:
            ConfigError: `dedup` is not near, exact or off, or `rows` has a name or a key that is not allowed.
        """
        changes: dict[str, dict[str, Any]] = {
            "dedup": {"level": dedup},
            "limits": {"latest": latest},
            "rows": {**(rows or {})},
            "annotations": {"enabled": annotations},
        }
        document = {key: dict(value) if isinstance(value, dict) else value for key, value in self.settings.items()}
        for table, values in changes.items():
            document[table] |= {key: value for key, value in values.items() if value is not None}
        changed = _corpus(document, "the arguments")
        kept = replace(changed, prose=self.prose, changes=self.changes)
        return replace(kept, own=self.own, read_from=self.read_from)


def load_config(path: Path | None) -> Corpus:
    """Read a corpus.toml; None gives the defaults.

    Raises:
        ConfigError: it cannot be read, is not TOML, or has an unknown key or a value that is not allowed.
    """
    if path is None:
        return _corpus({}, "the defaults")
    raw = given_settings(path)
    return _with_files(_checked(raw, str(path)), raw, str(path), functools.partial(text_beside, path), path.parent)


def config_of(settings: Mapping[str, Any], beside: Path | None) -> Corpus:
    """The settings of a dict, with keys and values as in corpus.toml; what is missing has its default.

    Args:
        settings: the keys; `card.prose` and `record.fields` are paths relative to the current folder.
        beside: the folder of the seeds, whose `CHANGES.md` says what each version changed; None if there is none.

    Raises:
        ConfigError: as for `load_config`; the message begins with `config` instead of a path.
    """
    raw = given_settings(settings)
    return _with_files(_checked(raw, IN_DICT), raw, IN_DICT, text_here, beside)


def _checked(raw: dict[str, Any], where: str) -> Corpus:
    try:
        return _corpus(raw, where)
    except (RecursionError, OverflowError, ValueError) as error:
        raise ConfigError(
            f"{where}: a value is too large or nested too deep: {error}", "corpus-vn-police init DIR writes an example"
        ) from error


def _with_files(
    corpus: Corpus, raw: dict[str, Any], where: str, read: Callable[[str, str], str], folder: Path | None
) -> Corpus:
    """The settings with the content of the files that they name, and of the CHANGES.md in a folder."""
    if described := raw.get("record", {}).get("fields"):
        place = f"{where}: record.fields = {described!r}"
        corpus = corpus.with_own(schema_in(read("record.fields", described), place), place)
    prose = raw.get("card", {}).get("prose")
    changes = None
    if folder is not None and os.path.lexists(folder / CHANGES_NAME):
        changes = text_beside(folder / FILE_NAME, "the file beside it", CHANGES_NAME)
    return replace(corpus, prose=read("card.prose", prose) if prose else None, changes=changes, read_from=where)


def corpus_of(settings: dict[str, Any], prose: str | None, changes: str | None, where: str) -> Corpus:
    """The settings of a corpus whose corpus.toml is not there, such as those of a build.

    Args:
        settings: the keys, in the form of corpus.toml; a missing key has its default.
        prose: the hand-written half of the card; None if there is none.
        changes: what each version changed; None if this is not known.
        where: the name of their source, for messages.

    Raises:
        ConfigError: as for `load_config`.
    """
    return replace(_checked(settings, where), prose=prose, changes=changes)


def _corpus(raw: dict[str, Any], where: str) -> Corpus:
    check_keys(raw, where)
    settings = _with_defaults(document("corpus"), raw)
    check_rows(settings["rows"], where)
    check_splits(settings["splits"], where)
    check_masking(settings, where)
    check_hub(settings, where)
    top = {field.name for field in fields(Corpus)}
    values = {key: value for key, value in settings.items() if key in top and not isinstance(value, dict)}
    return Corpus(
        **{"title": settings["name"], **values},
        splits=_table(Splits, settings["splits"]),
        dedup=_table(Dedup, settings["dedup"]),
        limits=_table(Limits, settings["limits"]),
        text=_table(Text, settings["text"]),
        rows=_table(RowKeys, settings["rows"]),
        structure=settings["structure"]["enabled"],
        quality=settings["quality"]["enabled"],
        annotations=settings["annotations"]["enabled"],
        sources=settings["sources"]["enabled"],
        privacy=settings["privacy"]["mode"],
        by=tuple(settings["card"]["by"]),
        shard_mib=settings["build"].get("shard_mib"),
        settings=settings,
    )


def _table(kind: type[_Table], values: dict[str, Any]) -> _Table:
    """A table as a dataclass. Keys that the dataclass has no field for are thresholds, and are left out."""
    return kind(**{field.name: values[field.name] for field in fields(kind) if field.name in values})


def _with_defaults(schema: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    filled = dict(value)
    for name, raw in schema["properties"].items():
        described = resolve(raw, document("corpus"), name)
        if described.get("type") == "integer" and name in filled:
            filled[name] = int(filled[name])  # JSON Schema accepts 1.0 as an integer, but it would change a hash
        if name not in filled and "default" in described:
            filled[name] = described["default"]
        if described.get("type") == "object" and name in filled and name != "ratios":
            filled[name] = _with_defaults(described, filled[name])
    # Always in the order of the schema, not of the file, because the manifest's bytes depend on it.
    return {name: filled[name] for name in schema["properties"] if name in filled}
