"""Find `schema/`, `seeds/` and DATASET_CARD.md; only this module knows where they are.

In an installed package they are in `corpus_vn_police/_data/`; pyproject.toml puts them there. In a
checkout (or an editable install) they are beside pyproject.toml. This file must exist: otherwise a
broken wheel could read some other `schema` folder in site-packages.
"""

from __future__ import annotations

from pathlib import Path

from corpus_vn_police.errors import InputError

_PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Find a file or folder that the package ships.

    Args:
        name: `schema`, `seeds` or `DATASET_CARD.md`, or a path below the first two.

    Raises:
        InputError: it is neither in the package nor in a checkout around it.
    """
    installed = _PACKAGE / "_data" / name
    if installed.exists():
        return installed
    checkout = _PACKAGE.parent / name
    if (_PACKAGE.parent / "pyproject.toml").is_file() and checkout.exists():
        return checkout
    raise InputError(
        f"{name} is missing from the installed package: looked for {installed} and {checkout}",
        "install corpus-vn-police again",
    )
