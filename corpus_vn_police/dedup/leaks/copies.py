"""Check if there are still copies among the published records, by the rule of the build and by brute force."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpus_vn_police.config import Dedup
from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dedup import Signed, find_copies, first_days
from corpus_vn_police.dedup.leaks.lookup import Lookup
from corpus_vn_police.dedup.leaks.texts import KeyedTexts
from corpus_vn_police.dedup.order import standing_order
from corpus_vn_police.dedup.shingles import Rows, keys, mixed, sets, shingles
from corpus_vn_police.dedup.sign import Signs, bands, sign_keys
from corpus_vn_police.files import write_numbers
from corpus_vn_police.ids import id_numbers, id_text
from corpus_vn_police.stages.split import SPLITS

_SAMPLE = 256  # how many records are compared with all others,
_SAMPLE_CHARS = 1 << 22  # or fewer if they are long: about 20 bytes of memory per code point
_AT_ONCE = 1 << 16  # ids that are searched for the sample at a time
_SEED = np.uint64(0x9E3779B97F4A7C15)  # the ids are mixed with this number to choose the sample
_TEXTS_IN_A_FILE = 1 << 14  # how many texts' signs a file holds, 272 bytes each


@dataclass(frozen=True)
class CopyPair:
    """Two published records that are copies, so that the build's rule should have left one out.

    Attributes:
        left: the id of the record that the rule leaves out.
        kept: the id of the record that the rule keeps.
        similarity: their true Jaccard similarity.
        exact: whether their keys are equal; if so, the similarity is 1.0.
    """

    left: str
    kept: str
    similarity: float
    exact: bool


@dataclass(frozen=True)
class PublishedCopies:
    """Copies among the published records.

    Attributes:
        pairs: the copies that the build's rule should have left out, by id.
        sampled: how many records were compared with all others by brute force; 0 if only equal
            keys were looked for.
        missed: copies found by brute force that share no band, so that a build cannot find them.
    """

    pairs: tuple[CopyPair, ...]
    sampled: int
    missed: tuple[CopyPair, ...]


@dataclass(frozen=True)
class _Examined:
    """Texts: the position of the first one in its split, signs, first days (int32), and pairs with the sample."""

    first: int
    signs: Signs
    days: npt.NDArray[np.int32]
    hits: list[_Hit]


class CopySearch:
    """A search for copies among the published records, for `read_texts`.

    The published texts are signed again, with the bands, threshold and order of the build. In addition, a sample that a
    hash of the ids selects is compared with all records.
    """

    def __init__(self, folder: Path, dedup: Dedup, scratch: Path) -> None:
        """Begin a search in a build.

        Args:
            folder: the build; reads `id`, `n_chars` and, for the sample, `text` of `data/*.parquet`.
            dedup: the level `near` or `exact`, and the threshold.
            scratch: a folder for temporary files: 272 bytes per record, and about 8 per syllable of near copies.
        """
        self._published = Published.open(folder)
        self._dedup, self._scratch = dedup, scratch
        self._ids, self._sizes = _ids_and_sizes(self._published)
        self._sample = _Sample.choose(self._published, self._ids, self._sizes) if dedup.level == "near" else None
        sizes = {split: len(Published.open(folder, split)) for split in SPLITS}
        self._firsts = dict(zip(SPLITS, itertools.accumulate(sizes.values(), initial=0), strict=False))
        self._signs: dict[str, list[tuple[Path, int]]] = {split: [] for split in SPLITS}
        self._days = np.empty(len(self._published), np.int32)
        self._waiting: list[Signs] = []
        self._hits: list[_Hit] = []

    def examine(self, texts: KeyedTexts) -> _Examined:
        """Sign texts, and compare them with the sample."""
        signs, hits = sign_keys(texts.keys), list[_Hit]()
        if self._sample is not None:
            rows = shingles(texts.keys.rows)
            marks = bands(rows)
            signs = np.concatenate([signs, marks])
            first = self._firsts[texts.split] + texts.first
            hits = self._sample.hits(sets(rows), marks, first, self._dedup.threshold)
        return _Examined(texts.first, signs, first_days(texts.dates), hits)

    def add(self, split: str, found: _Examined) -> None:
        """Write the signs to disk."""
        self._waiting.append(found.signs)
        first = self._firsts[split] + found.first
        self._days[first : first + len(found.days)] = found.days
        self._hits += found.hits
        if sum(signs.shape[1] for signs in self._waiting) >= _TEXTS_IN_A_FILE:
            self._write_signs(split)

    def close(self, split: str) -> None:
        """Write the rest of the signs to disk."""
        if self._waiting:
            self._write_signs(split)

    def _write_signs(self, split: str) -> None:
        path = self._scratch / f"{split}-{len(self._signs[split])}.signs"
        signs, self._waiting = np.concatenate(self._waiting, axis=1), []
        with path.open("wb") as sink:
            write_numbers(sink, signs)
        self._signs[split].append((path, signs.shape[1]))

    def found(self) -> PublishedCopies:
        """The copies that were found, after all texts were added."""
        paths, counts = zip(*(file for split in SPLITS for file in self._signs[split]), strict=True)
        ids, sizes = self._ids, self._sizes.__getitem__
        order = standing_order(self._days, ids, np.ones(len(ids), np.bool_))
        signed = Signed(list(paths), list(counts), order, sizes, self._published.texts, self._scratch / "sets")
        copies = find_copies(signed, self._dedup)
        by_rule = tuple(
            CopyPair(id_text(ids[left]), id_text(ids[kept]), float(similarity), bool(exact))
            for left, kept, similarity, exact in zip(
                copies.left_out, copies.kept, copies.similarity, copies.exact, strict=True
            )
        )
        known = set(copies.left_out.tolist())
        others = sorted({hit for hit in self._hits if not {hit.one, hit.other} & known})
        pairs = {banded: tuple(hit.named(ids) for hit in others if hit.banded == banded) for banded in (True, False)}
        sampled = 0 if self._sample is None else len(self._sample.places)
        return PublishedCopies((*by_rule, *pairs[True]), sampled, pairs[False])


def _ids_and_sizes(published: Published) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    """The ids of all records, and the lengths of their texts in code points."""
    ids, sizes = np.empty(len(published), np.uint64), np.empty(len(published), np.uint32)
    first = 0
    for frame in published.by_group("id", "n_chars"):
        here = slice(first, first + len(frame))
        ids[here], sizes[here] = id_numbers(frame["id"]).to_numpy(), frame["n_chars"].to_numpy()
        first += len(frame)
    return ids, sizes


@dataclass(frozen=True, order=True)
class _Hit:
    """Two similar records by their positions (`one` is earlier), their similarity, and whether they share a band."""

    one: int
    other: int
    similarity: float
    banded: bool

    def named(self, ids: npt.NDArray[np.uint64]) -> CopyPair:
        return CopyPair(id_text(ids[self.other]), id_text(ids[self.one]), self.similarity, exact=False)


@dataclass(frozen=True)
class _Sample:
    """The sample: the positions of its records, the hashes of their bands (one column each), and their shingles."""

    places: npt.NDArray[np.int64]
    marks: npt.NDArray[np.uint64]
    shingles: Lookup

    @classmethod
    def choose(cls, published: Published, ids: npt.NDArray[np.uint64], chars: npt.NDArray[np.uint32]) -> _Sample:
        """Select the records with the smallest mixed ids, so that the choice of a record depends only on its id."""
        places = np.empty(0, np.int64)
        for start in range(0, len(ids), _AT_ONCE):
            places = np.append(places, np.arange(start, min(start + _AT_ONCE, len(ids))))
            places = places[np.argsort(mixed(ids[places] * _SEED), kind="stable")[:_SAMPLE]]
        before = np.cumsum(chars[places], dtype=np.int64) - chars[places]
        places = np.sort(places[before < _SAMPLE_CHARS])
        rows = shingles(keys(published.texts(places)).rows)
        return cls(places, bands(rows), Lookup.of(sets(rows)))

    def hits(self, rows: Rows, marks: npt.NDArray[np.uint64], first: int, threshold: float) -> list[_Hit]:
        """The pairs of a record in the sample and a record in a batch that reach the threshold.

        Args:
            rows: the sets of shingles of the batch.
            marks: the hashes of the batch's bands.
            first: the position of the batch's first record.
            threshold: the Jaccard similarity.
        """
        found = []
        for there, here, common in self.shingles.common(rows):
            similarity = common / (rows.sizes[there] + self.shingles.sizes[here] - common)
            for place in np.flatnonzero((similarity >= threshold) & (there + first != self.places[here])):
                one, other = sorted((int(there[place]) + first, int(self.places[here[place]])))
                banded = bool((marks[:, there[place]] == self.marks[:, here[place]]).any())
                found.append(_Hit(one, other, float(similarity[place]), banded))
        return found
