"""The command `stats`."""

from __future__ import annotations

from dataclasses import asdict

from corpus_vn_police.cli.options import Json, Located
from corpus_vn_police.cli.show import print_json


def stats(folder: Located, as_json: Json = False) -> int:
    """Print the numbers of a build, measured from its files."""
    import corpus_vn_police as cvp
    from corpus_vn_police.cli.tables import print_figures, print_sharing

    found = cvp.stats(folder)
    if as_json:
        named = {"name": found.name, "version": found.version, "digest": found.digest}
        print_json({**named, **found.figures.as_json(), "sharing": [asdict(each) for each in found.sharing]})
        return 0
    print_figures(f"{found.name} {found.version}", found.figures)
    print_sharing(found.sharing)
    return 0
