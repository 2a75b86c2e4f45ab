"""Dated Vietnamese police news as a dataset: the shipped corpus, and the tools that build one.

    import corpus_vn_police as cvp

    cvp.load_dataset()                  # the shipped corpus, a DatasetDict, offline
    cvp.check("my_seeds")               # what a build would make of a folder of seeds; writes nothing
    cvp.build("my_seeds", out="out")    # a folder of seeds -> a dataset
    cvp.verify("out").ok                # True if the build is as its manifest says
    cvp.diff("old", "new")              # records added, removed, changed, moved to another split
    cvp.check_card("out")               # differences between the card and the files
    cvp.report("out", out="r.html")     # a private page for the keeper, never published
    cvp.sources("out", out="seeds")     # the published seeds, byte for byte
    cvp.remove("out", ID, reason="…")   # takedown: removed from a build, and kept out of later builds
    cvp.publish("out", "user/name")     # to the Hub: one commit, tagged with the version
    cvp.normalise(text)                 # one text, as the build would clean it
    cvp.train                           # records -> training text, tokens, packed blocks

Importing this package is quick: a function's libraries are imported when the function is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from corpus_vn_police.engine import machine as _machine  # noqa: F401 - from here on it notes forks
from corpus_vn_police.errors import (
    AccessError,
    ConfigError,
    CorpusError,
    DamagedError,
    DiskError,
    ExtraError,
    ForkedError,
    HubError,
    InputError,
    InterruptedBuildError,
    LedgerError,
    NothingPublishedError,
    OutOfMemoryError,
    OutputError,
    RejectedError,
    SchemaError,
    StateError,
    ThreadsError,
    UnfinishedError,
    UnverifiedError,
)
from corpus_vn_police.lazy import lazy_names
from corpus_vn_police.version import __version__

if TYPE_CHECKING:
    from corpus_vn_police import train
    from corpus_vn_police.commands.build import build
    from corpus_vn_police.commands.built import Build, open
    from corpus_vn_police.commands.card import card, check_card
    from corpus_vn_police.commands.check import Check, check
    from corpus_vn_police.commands.diff import Difference, diff
    from corpus_vn_police.commands.init import init
    from corpus_vn_police.commands.publish import Publication, publish
    from corpus_vn_police.commands.remove import Removal, remove
    from corpus_vn_police.commands.report import Page, report
    from corpus_vn_police.commands.schemas import schema
    from corpus_vn_police.commands.shipped import load_dataset, path
    from corpus_vn_police.commands.sources import Sources, sources
    from corpus_vn_police.commands.stats import Stats, stats
    from corpus_vn_police.commands.verify import Problem, Verification, verify
    from corpus_vn_police.stages.normalise import normalise

__all__ = [
    "AccessError",
    "Build",
    "Check",
    "ConfigError",
    "CorpusError",
    "DamagedError",
    "Difference",
    "DiskError",
    "ExtraError",
    "ForkedError",
    "HubError",
    "InputError",
    "InterruptedBuildError",
    "LedgerError",
    "NothingPublishedError",
    "OutOfMemoryError",
    "OutputError",
    "Page",
    "Problem",
    "Publication",
    "RejectedError",
    "Removal",
    "SchemaError",
    "Sources",
    "StateError",
    "Stats",
    "ThreadsError",
    "UnfinishedError",
    "UnverifiedError",
    "Verification",
    "__version__",
    "build",
    "card",
    "check",
    "check_card",
    "diff",
    "init",
    "load_dataset",
    "normalise",
    "open",
    "path",
    "publish",
    "remove",
    "report",
    "schema",
    "sources",
    "stats",
    "train",
    "verify",
]

# Type checkers read the imports above. Python uses this table: which module to import a name from, on first use.
_HOMES = {
    "commands.build": ("build",),
    "commands.built": ("Build", "open"),
    "commands.card": ("card", "check_card"),
    "commands.check": ("Check", "check"),
    "commands.diff": ("Difference", "diff"),
    "commands.init": ("init",),
    "commands.publish": ("Publication", "publish"),
    "commands.remove": ("Removal", "remove"),
    "commands.report": ("Page", "report"),
    "commands.schemas": ("schema",),
    "commands.shipped": ("load_dataset", "path"),
    "commands.sources": ("Sources", "sources"),
    "commands.stats": ("Stats", "stats"),
    "commands.verify": ("Problem", "Verification", "verify"),
    "stages.normalise": ("normalise",),
}

if not TYPE_CHECKING:  # a type checker must not see it, because it would then accept any name
    _of_homes = lazy_names(globals(), _HOMES)

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used, and keep it."""
        # `train` is a package of its own.
        return importlib.import_module(f"{__name__}.train") if name == "train" else _of_homes(name)


def __dir__() -> list[str]:
    return sorted(__all__)
