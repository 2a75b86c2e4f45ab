"""croissant.json: a description of a build in Croissant 1.1.

This module does not use `mlcroissant`, because that library needs scipy and pandas. The tests check with `mlcroissant`
that the file is valid and can be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import Any

from corpus_vn_police.config import Corpus
from corpus_vn_police.contract import CONFIGS, document
from corpus_vn_police.contract.croissant import croissant_fields
from corpus_vn_police.dataset.figures import Figures
from corpus_vn_police.dataset.files import BuildFile
from corpus_vn_police.dataset.layout import CROISSANT, FOLDERS
from corpus_vn_police.documents.document import Comparison, Document, whole
from corpus_vn_police.documents.facts import Facts
from corpus_vn_police.documents.front_matter import front_matter
from corpus_vn_police.documents.rai import rai_fields, summary
from corpus_vn_police.text import visible

_PARQUET = "application/x-parquet"  # the only name by which mlcroissant 1.1 reads Parquet
_ENCODINGS = {"parquet": _PARQUET, "jsonl.zst": "application/jsonlines"}
_CONFORMS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
_CR = (
    "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty",
    "fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5",
    "parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator",
    "source", "subField", "transform",
)  # fmt: skip
# The context of the specification. Readers compare the file with it.
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    **{name: f"cr:{name}" for name in _CR},
}
# The Hub's names of licences -> SPDX. Those of Creative Commons differ only in case.
_SPDX = {
    "apache-2.0": "Apache-2.0",
    "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause",
    "cdla-permissive-1.0": "CDLA-Permissive-1.0",
    "cdla-permissive-2.0": "CDLA-Permissive-2.0",
    "cdla-sharing-1.0": "CDLA-Sharing-1.0",
    "mit": "MIT",
    "odc-by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "unlicense": "Unlicense",
}


def croissant(facts: Facts) -> dict[str, Any]:
    """The content of a build's Croissant file; what is not known is left out."""
    corpus, figures, configs = facts.corpus, facts.figures, facts.configs
    title = visible(corpus.title)
    said = {
        "alternateName": title if title != corpus.name else None,
        "inLanguage": corpus.language,
        "url": corpus.homepage,
        "datePublished": facts.date,
        "temporalCoverage": _period(figures),
        **{f"rai:{key}": value for key, value in rai_fields(corpus, figures).items()},
    }
    front = front_matter(corpus, figures, facts.shards, facts.digest)
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _CONFORMS,
        "name": corpus.name,
        "description": summary(corpus) or f"{title or corpus.name}: {figures.records:,} records.",
        "version": corpus.version,
        "isLiveDataset": False,
        "license": _license(corpus),
        "citeAs": visible(corpus.citation or f"{title or corpus.name}, version {corpus.version}, {facts.digest}"),
        "keywords": [*front["task_categories"], *front["size_categories"], "text", "parquet"],
        **{key: value for key, value in said.items() if value},
        "distribution": [*map(_file_object, [*facts.shards, *_with_data(facts.files)]), *map(_file_set, configs)],
        "recordSet": [
            _split_names(figures),
            *(_config(config, corpus.contracts[config].document, figures) for config in configs),
            record_set("ledger", document("ledger"), f"{figures.seeds:,} rows."),
        ],
    }


def record_set(name: str, schema: dict[str, Any], count: str = "") -> dict[str, Any]:
    """A record set with the fields of its schema.

    Args:
        name: a config, or `ledger`.
        schema: the JSON Schema of its rows.
        count: how many rows it has, in words.
    """
    source = {"fileSet": {"@id": f"{name}-files"}} if name in CONFIGS else {"fileObject": {"@id": f"{name}.parquet"}}
    key = {"key": {"@id": f"{name}/id"}} if name in CONFIGS else {}  # several seeds of the ledger may share an id
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": f"{schema['description']} {count}".strip(),
        **key,
        "field": croissant_fields(schema, name, source),
    }


def croissant_text(content: dict[str, Any]) -> str:
    """A Croissant file as a build writes it."""
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


class Croissant(Document):
    """croissant.json."""

    name = CROISSANT
    code = "croissant"

    def render(self, facts: Facts, file: str = CROISSANT) -> Iterator[bytes]:
        """The Croissant file."""
        yield croissant_text(croissant(facts)).encode()

    def differences(self, stream: BufferedReader, facts: Facts, file: str = CROISSANT) -> Comparison:
        """The places that differ from the facts: JSON Pointer, what was expected, what is there."""
        got, expected = whole(stream), croissant(facts)
        found = tuple(differences(expected, json.loads(got)))
        if not found and got != croissant_text(expected).encode():
            found = ("its bytes are not those that a build writes: a key may be there twice, for example",)
        return Comparison(found)


def differences(expected: Any, got: Any, pointer: str = "") -> Iterator[str]:
    """The places where one JSON value differs from another: JSON Pointer, what was expected, what is there."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in [*expected, *(key for key in got if key not in expected)]:
            step = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            if key in expected and key in got:
                yield from differences(expected[key], got[key], step)
            else:
                yield f"{step}: {'is missing' if key in expected else 'should not be there'}"
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for place, pair in enumerate(zip(expected, got, strict=True)):
            yield from differences(*pair, f"{pointer}/{place}")
    elif expected != got or type(expected) is not type(got):
        shown = [json.dumps(value, ensure_ascii=False)[:100] for value in (expected, got)]
        yield f"{pointer}: expected {shown[0]}, got {shown[1]}"


def _period(figures: Figures) -> str | None:
    """The time from the first to the last date of a record, in ISO 8601; None if no record has a date."""
    first = min((split.first for split in figures.splits if split.first), default=None)
    return first if first == figures.newest else f"{first}/{figures.newest}"


def _license(corpus: Corpus) -> str | dict[str, str]:
    spdx = _SPDX.get(corpus.license, corpus.license.upper() if corpus.license.startswith(("cc-", "cc0-")) else None)
    if spdx:
        return f"https://spdx.org/licenses/{spdx}"
    link = {"url": corpus.license_link} if corpus.license_link else {}
    return {"@type": "sc:CreativeWork", "name": corpus.license_name or corpus.license, **link}


def _with_data(files: Iterable[BuildFile]) -> list[BuildFile]:
    """The files that have rows, by path: not the card, not the pictures."""
    return sorted((file for file in files if _ending(file.path) in _ENCODINGS), key=lambda file: file.path)


def _ending(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[2]


def _file_object(file: BuildFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path.rpartition("/")[2],
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": _ENCODINGS[_ending(file.path)],
        "sha256": file.sha256,
    }


def _file_set(config: str) -> dict[str, Any]:
    """All shards of a config, since a field has one source.

    It has no `containedIn`. So mlcroissant reads it from the folder of the JSON file.
    """
    return {
        "@type": "cr:FileSet",
        "@id": f"{config}-files",
        "name": f"{config}-files",
        "includes": f"{FOLDERS[config]}/*.parquet",
        "encodingFormat": _PARQUET,
    }


def _split_names(figures: Figures) -> dict[str, Any]:
    name = {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The splits of the dataset.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [name],
        "data": [{"splits/name": split.split} for split in figures.splits],
    }


def _config(config: str, schema: dict[str, Any], figures: Figures) -> dict[str, Any]:
    sizes = ", ".join(f"{split.split} {split.records:,}" for split in figures.splits)
    found = record_set(config, schema, f"{figures.records:,} rows: {sizes}.")
    names = "|".join(split.split for split in figures.splits)
    split = {
        "@type": "cr:Field",
        "@id": f"{config}/split",
        "name": "split",
        "description": "The split, which the name of the file says.",
        "dataType": "sc:Text",
        "references": {"field": {"@id": "splits/name"}},
        "source": {
            "fileSet": {"@id": f"{config}-files"},
            "extract": {"fileProperty": "fullpath"},
            # mlcroissant applies the pattern a second time, to what it found. That is why two groups are optional.
            "transform": {"regex": f"(?:{FOLDERS[config]}/)?({names})(?:-.+\\.parquet)?$"},
        },
    }
    # The ids do not reference those of `default`: with a reference, mlcroissant 1.1 finds no row of a single split.
    return {**found, "field": [split, *found["field"]]}
