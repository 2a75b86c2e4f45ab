"""Arrow schema -> the features of `datasets`, without importing `datasets`, which takes a second.

Features are written in two forms: as JSON in the `huggingface` metadata of a Parquet file, and as YAML
in the `dataset_info` of a card. A test compares both with `datasets.Features`.
"""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa


def feature(kind: pa.DataType) -> Any:
    """The JSON form of one feature, written so that `Features.from_dict` of datasets 3, 4 and 5 can read it.

    A list is `[item]`. Datasets 4 and 5 write `List` instead, which datasets 3 does not know.
    """
    if pa.types.is_struct(kind):
        return {field.name: feature(field.type) for field in kind}
    if pa.types.is_list(kind):
        return [feature(kind.value_type)]
    return {"dtype": _dtype(kind), "_type": "Value"}


def _dtype(kind: pa.DataType) -> str:
    return {"date32[day]": "date32", "double": "float64"}.get(str(kind), str(kind))


def metadata(schema: pa.Schema) -> dict[bytes, bytes]:
    """The metadata key from which `datasets` reads the features of a Parquet file, with its value."""
    features = {field.name: feature(field.type) for field in schema}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def yaml_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """The YAML form of the features, as a card's `dataset_info` holds it."""
    return [{"name": field.name, **_yaml(field.type)} for field in schema]


def _yaml(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_struct(kind):
        return {"struct": [{"name": field.name, **_yaml(field.type)} for field in kind]}
    if pa.types.is_list(kind):
        inner = _yaml(kind.value_type)
        return {"list": inner["dtype"] if inner.keys() == {"dtype"} else inner.get("struct", inner)}
    return {"dtype": _dtype(kind)}
