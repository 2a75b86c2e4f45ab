"""The command `stats`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from corpus_vn_police.cli.options import Json, Located
from corpus_vn_police.cli.show import print_json, print_table


def stats(
    folder: Located,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="FIELD", help="Count the records by a field instead, such as source.publisher."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Print the numbers of a build, measured from its files."""
    import corpus_vn_police as cvp
    from corpus_vn_police.cli.tables import print_figures, print_sharing

    if by is not None:
        rows = [[_plain(value), records] for value, records in cvp.open(folder).count_by(by).iter_rows()]
        if as_json:
            print_json({"by": by, "values": [{"value": value, "records": records} for value, records in rows]})
        else:
            print_table(f"records by {by}", [by, "records"], [[_shown(value), records] for value, records in rows])
        return 0
    found = cvp.stats(folder)
    if as_json:
        named = {"name": found.name, "version": found.version, "digest": found.digest}
        print_json({**named, **found.figures.as_json(), "sharing": [asdict(each) for each in found.sharing]})
        return 0
    print_figures(f"{found.name} {found.version}", found.figures)
    print_sharing(found.sharing)
    return 0


def _plain(value: Any) -> Any:
    """A value as JSON has it: days as text."""
    return value if value is None or isinstance(value, str | int | float) else str(value)


def _shown(value: Any) -> Any:
    """A value in a table: as JSON writes it, and a dash for none."""
    return "–" if value is None else str(value).lower() if isinstance(value, bool) else value
