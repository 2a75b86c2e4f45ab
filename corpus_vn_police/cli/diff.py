"""The command `diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from corpus_vn_police.cli.options import Json
from corpus_vn_police.cli.show import print_json


def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A build: a folder or a URL.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A later build, to compare with OLD: a folder or a URL.")],
    as_json: Json = False,
) -> int:
    """Compare the records of two builds.

    Records are compared by their ids: added, removed, changed, or moved to another split. Exits with 1 if one moved.
    """
    import corpus_vn_police as cvp
    from corpus_vn_police.cli.tables import print_difference

    found = cvp.diff(old, new)
    if as_json:
        print_json({name: list(getattr(found, name)) for name in ("added", "removed", "changed", "moved")})
    else:
        print_difference(found)
    return int(len(found.moved) > 0)
