"""Dated Vietnamese police news as a dataset: the shipped corpus, and the tools that build one.

    import corpus_vn_police as cvp

    cvp.load_dataset()                  # the shipped corpus, a DatasetDict, offline
    cvp.build("my_seeds", out="out")    # a folder of seeds -> a dataset
    cvp.verify("out").ok                # whether a build is what its manifest says
    cvp.diff("old", "new")              # records added, removed, changed, moved to another split
    cvp.check_card("out")               # where the card does not say what the files say
    cvp.sources("out", out="seeds")     # the published seeds, byte for byte
    cvp.remove("out", ID, reason="…")   # takedown: gone from a build and from those that follow it
    cvp.normalise(text)                 # one text, as the build would clean it

Importing this is quick: a function's libraries are imported when it is first asked for.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

from corpus_vn_police.errors import CorpusError
from corpus_vn_police.version import __version__

if TYPE_CHECKING:
    from corpus_vn_police.api import build, card, check_card, diff, remove, sources, verify
    from corpus_vn_police.diff import Difference
    from corpus_vn_police.normalise import normalise_text as normalise
    from corpus_vn_police.pipeline import Build
    from corpus_vn_police.remove import Removal
    from corpus_vn_police.shipped import load_dataset, path
    from corpus_vn_police.sources import Sources
    from corpus_vn_police.verify import Problem, Report

__all__ = [
    "Build",
    "CorpusError",
    "Difference",
    "Problem",
    "Removal",
    "Report",
    "Sources",
    "__version__",
    "build",
    "card",
    "check_card",
    "diff",
    "load_dataset",
    "normalise",
    "path",
    "remove",
    "sources",
    "verify",
]

_HOMES = {
    "Build": ("pipeline", "Build"),
    "Difference": ("diff", "Difference"),
    "Problem": ("verify", "Problem"),
    "Removal": ("remove", "Removal"),
    "Report": ("verify", "Report"),
    "Sources": ("sources", "Sources"),
    "build": ("api", "build"),
    "card": ("api", "card"),
    "check_card": ("api", "check_card"),
    "diff": ("api", "diff"),
    "load_dataset": ("shipped", "load_dataset"),
    "normalise": ("normalise", "normalise_text"),
    "path": ("shipped", "path"),
    "remove": ("api", "remove"),
    "sources": ("api", "sources"),
    "verify": ("api", "verify"),
}


class _Package(types.ModuleType):
    """Keeps `build`, `diff`, `normalise`, `remove`, `sources` and `verify` the functions that they are for users.

    Importing a submodule sets it as an attribute of its package, and six of them have the name
    of a function. `from corpus_vn_police.build.card import ...` works all the same.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(importlib.import_module(f"{__name__}.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted(__all__)
