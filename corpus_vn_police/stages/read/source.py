"""The input of a command: one place, several places, or rows that came from Python."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from corpus_vn_police.errors import InputError
from corpus_vn_police.stages.read.listing import Listing, display, list_one
from corpus_vn_police.stages.read.roots import Root
from corpus_vn_police.stages.read.skipped import Skipped
from corpus_vn_police.stages.read.walk import Refusal
from corpus_vn_police.text import printable


@dataclass(frozen=True)
class Source:
    """The input of a command.

    Attributes:
        inputs: each is a folder, a file, an archive, a glob or an fsspec URL.
        ours: resolved paths of files that describe the corpus, such as its card: they are not seeds.
        given: files of rows that came from Python, by their names in the ledger; there are then no inputs.
    """

    inputs: tuple[str, ...]
    ours: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The inputs, for messages."""
        return ", ".join(self.inputs) or ", ".join(self.given)


def list_input(source: Source | str, *, follow_links: bool = False) -> Listing:
    """Find the files of an input.

    Args:
        source: the inputs; a str is a single one. If there are several, each path begins with the last name of
            its input.
        follow_links: whether links inside them that lead out of them are followed.

    Raises:
        InputError: an input is missing or has no file that can hold seeds; two have the same last name, or one is
            inside another.
        DiskError: a folder cannot be listed, so that its seeds would be missing from the ledger.
    """
    if isinstance(source, str):
        source = Source((source,))
    if source.given:
        return Listing(Root("", dict(source.given)), tuple(source.given), {}, False, Skipped(), None)
    listings = [list_one(seeds, source.ours, follow_links=follow_links) for seeds in source.inputs]
    return listings[0] if len(listings) == 1 else _together(source.inputs, listings)


def _together(inputs: Sequence[str], listings: Sequence[Listing]) -> Listing:
    """The listing of several inputs."""
    mounts: dict[str, str] = {}
    given: dict[str, str] = {}
    names: list[str] = []
    refused: dict[str, Refusal] = {}
    skipped = Skipped()
    for seeds, listing in zip(inputs, listings, strict=True):
        place = _place(listing)
        name = _last_name(seeds, place)
        if name in mounts:
            raise InputError(
                f"{printable(given[name])} and {printable(seeds)}: both are called {printable(display(name))}, so "
                "the paths of their seeds could not be told apart",
                "rename one of them, or put both into one folder and give that",
            )
        mounts[name], given[name] = place, seeds
        below = {each: name if listing.own else f"{name}/{each}" for each in listing.names}
        names += below.values()
        refused |= {below[each]: refusal for each, refusal in listing.refused.items()}
        skipped += listing.skipped.below(display(name))
    _check_apart(inputs, listings)
    counts = [listing.seeds for listing in listings]
    seeds_known = None if None in counts else sum(filter(None, counts))
    return Listing(Root("", mounts), tuple(sorted(names, key=display)), refused, False, skipped, seeds_known)


def _place(listing: Listing) -> str:
    """The place of an input: its file, or its root."""
    return listing.root.location(listing.names[0]) if listing.own else listing.root.at


def _last_name(seeds: str, place: str) -> str:
    """The last name of an input; for a repository on the Hub, without the revision.

    Raises:
        InputError: it has none.
    """
    if "://" in place:
        name = place.rstrip("/").rpartition("/")[2].partition("@")[0]
    else:
        name = os.path.basename(os.path.abspath(place))
    if not name:
        raise InputError(f"{printable(seeds)}: has no last name that its paths could begin with", "give folders in it")
    return name


def _check_apart(inputs: Sequence[str], listings: Sequence[Listing]) -> None:
    """Refuse an input that is inside another one, because its seeds would be read twice.

    Raises:
        InputError: there is one.
    """
    places = [_place(listing) for listing in listings]
    real = [place if "://" in place else os.path.realpath(place) for place in places]
    for outer in (number for number, listing in enumerate(listings) if not listing.own):
        base = real[outer].rstrip("/")
        for inner, place in enumerate(real):
            below = place[len(base) + 1 :]
            if inner == outer or not f"{place}/".startswith(f"{base}/"):
                continue
            if not below or _reads(listings[outer], inputs[outer], below):
                raise InputError(
                    f"{printable(inputs[inner])} is inside {printable(inputs[outer])}: its seeds would be read twice",
                    "give the outer one only",
                )


def _reads(listing: Listing, seeds: str, below: str) -> bool:
    """Whether an input includes a place below its root; a glob includes only what it matches."""
    return (
        not glob.has_magic(seeds)
        or os.path.isdir(seeds)
        or any(name == below or name.startswith(f"{below}/") for name in listing.names)
    )
