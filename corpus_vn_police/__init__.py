"""Dated Vietnamese police news as a dataset: the shipped corpus, and the tools that build one.

    import corpus_vn_police as cvp

    cvp.load_dataset()                  # the shipped corpus, a DatasetDict, offline
    cvp.build("my_seeds", out="out")    # a folder of seeds -> a dataset
    cvp.verify("out").ok                # whether a build is what its manifest says
    cvp.diff("old", "new")              # records added, removed, changed, moved to another split
    cvp.check_card("out")               # where the card does not say what the files say
    cvp.report("out", out="r.html")     # a page for the keeper's own eyes, never published
    cvp.sources("out", out="seeds")     # the published seeds, byte for byte
    cvp.remove("out", ID, reason="…")   # takedown: gone from a build and from those that follow it
    cvp.publish("out", "user/name")     # to the Hub: one commit, tagged with the version
    cvp.normalise(text)                 # one text, as the build would clean it

Importing this is quick: a function's libraries are imported when it is first asked for.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

from corpus_vn_police.engine import machine as _machine  # noqa: F401 - from here on it notes forks
from corpus_vn_police.errors import CorpusError
from corpus_vn_police.version import __version__

if TYPE_CHECKING:
    from corpus_vn_police.api import build, diff, publish, remove, report, sources, verify
    from corpus_vn_police.card import card, check_card
    from corpus_vn_police.diff import Difference
    from corpus_vn_police.normalise import normalise_text as normalise
    from corpus_vn_police.pipeline import Build
    from corpus_vn_police.publish import Publication
    from corpus_vn_police.remove import Removal
    from corpus_vn_police.report import Page
    from corpus_vn_police.shipped import load_dataset, path
    from corpus_vn_police.sources import Sources
    from corpus_vn_police.verify import Problem, Report

__all__ = [
    "Build",
    "CorpusError",
    "Difference",
    "Page",
    "Problem",
    "Publication",
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
    "publish",
    "remove",
    "report",
    "sources",
    "verify",
]

_HOMES = {
    "Build": ("pipeline", "Build"),
    "Difference": ("diff", "Difference"),
    "Page": ("report", "Page"),
    "Problem": ("verify", "Problem"),
    "Publication": ("publish", "Publication"),
    "Removal": ("remove", "Removal"),
    "Report": ("verify", "Report"),
    "Sources": ("sources", "Sources"),
    "build": ("api", "build"),
    "card": ("card", "card"),
    "check_card": ("card", "check_card"),
    "diff": ("api", "diff"),
    "load_dataset": ("shipped", "load_dataset"),
    "normalise": ("normalise", "normalise_text"),
    "path": ("shipped", "path"),
    "publish": ("api", "publish"),
    "remove": ("api", "remove"),
    "report": ("api", "report"),
    "sources": ("api", "sources"),
    "verify": ("api", "verify"),
}


class _Package(types.ModuleType):
    """Keeps `build`, `diff`, `normalise` and their like the functions that they are for users.

    Importing a submodule sets it as an attribute of its package, and seven of them have the name
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
