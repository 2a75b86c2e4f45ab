"""A row of a table, or one that came from Python -> its bytes, and the values that a seed needs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from corpus_vn_police.stages.read.canonical import canonical_row
from corpus_vn_police.stages.read.row_form import RowForm
from corpus_vn_police.stages.read.rows import read_row, wrong_type


def read_table_row(row: dict[str, Any], form: RowForm) -> tuple[bytes, dict[str, Any]]:
    """Read a row of a Parquet or Arrow file, or one that came from Python.

    Args:
        row: its values, as Python has them.
        form: what rows look like.

    Returns:
        The seed's bytes (`canonical_row`), and what `read_row` makes of them. A key that must be
        a string has to be one in the file: not binary or a time, although JSON writes those as strings.
    """
    data = canonical_row(row)
    for name, value in form.values(row).items():
        if name != "date" and value is not None and not isinstance(value, _TYPES.get(name, str)):
            return data, wrong_type(form.pointer(name), "string", value).row
    return data, read_row(data, form)


_TYPES = {"id": str | int | float | Decimal}
