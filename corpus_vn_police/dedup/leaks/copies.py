"""Are there still copies among the published records? Checked by the rule of the build, and by brute force."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpus_vn_police.config import Dedup
from corpus_vn_police.dataset.rows import Published
from corpus_vn_police.dedup import Signed, find_copies, first_days
from corpus_vn_police.dedup.leaks.lookup import Lookup
from corpus_vn_police.dedup.order import standing_order
from corpus_vn_police.dedup.shingles import Rows, keys, mixed, sets, shingles
from corpus_vn_police.dedup.sign import bands, sign_keys
from corpus_vn_police.files import scratch_folder, write_numbers
from corpus_vn_police.ids import id_numbers, id_text

_SAMPLE = 256  # records that are compared with all others,
_SAMPLE_CHARS = 1 << 22  # or fewer, if they are long: some 20 bytes per code point are held
_SEED = np.uint64(0x9E3779B97F4A7C15)  # what their choice is mixed with


@dataclass(frozen=True)
class CopyPair:
    """Two published records of which the build's rule leaves one out.

    Attributes:
        left, kept: their ids.
        similarity: their true Jaccard similarity.
        exact: whether it is for their keys, which are equal.
    """

    left: str
    kept: str
    similarity: float
    exact: bool


@dataclass(frozen=True)
class PublishedCopies:
    """Copies among the published records.

    Attributes:
        pairs: those that the build's rule leaves out, by id.
        sampled: how many records were compared with all others by brute force; 0 if only equal
            keys were looked for.
        missed: the pairs found that way that share no band, so that a build misses them.
    """

    pairs: tuple[CopyPair, ...]
    sampled: int
    missed: tuple[CopyPair, ...]


def find_published_copies(folder: Path, dedup: Dedup) -> PublishedCopies:
    """Look for the pairs of published records that the build's rule would not have published together.

    The texts are signed anew, as they are published; bands, threshold and order are the build's. A
    sample, chosen by a hash of the ids, is compared with all records besides.

    Args:
        folder: reads `id`, `date`, `n_chars` and `text` of `data/*.parquet`.
        dedup: the level `near` or `exact`, and the threshold.
    """
    published = Published.open(folder)
    ids = id_numbers(published.column("id")).to_numpy()
    sizes = published.column("n_chars").to_numpy().astype(np.uint32)
    sample = _Sample.choose(published, ids, sizes) if dedup.level == "near" else None
    paths: list[Path] = []
    counts: list[int] = []
    days = np.empty(len(published), np.int32)
    hits: list[_Hit] = []
    with scratch_folder() as scratch:
        for batch in published.batches("date", "text"):
            found = keys(batch["text"])
            signs = sign_keys(found)
            if sample is not None:
                rows = shingles(found.rows)
                marks = bands(rows)
                signs = np.concatenate([signs, marks])
                hits += sample.hits(sets(rows), marks, sum(counts), dedup.threshold)
            paths.append(scratch / f"{len(paths)}.signs")
            with paths[-1].open("wb") as sink:
                write_numbers(sink, signs)
            days[sum(counts) : sum(counts) + len(batch)] = first_days(batch["date"])
            counts.append(len(batch))
        order = standing_order(days, ids, np.ones(len(ids), np.bool_))
        del days
        copies = find_copies(Signed(paths, counts, order, sizes.__getitem__, published.texts, scratch / "sets"), dedup)
    by_rule = [
        CopyPair(id_text(ids[left]), id_text(ids[kept]), float(similarity), bool(exact))
        for left, kept, similarity, exact in zip(
            copies.left_out, copies.kept, copies.similarity, copies.exact, strict=True
        )
    ]
    known = set(copies.left_out.tolist())
    others = sorted({hit for hit in hits if not {hit.one, hit.other} & known})
    pairs = {banded: tuple(hit.named(ids) for hit in others if hit.banded == banded) for banded in (True, False)}
    return PublishedCopies((*by_rule, *pairs[True]), 0 if sample is None else len(sample.places), pairs[False])


@dataclass(frozen=True, order=True)
class _Hit:
    """A pair of records by place, `one` before `other`: how similar, and whether they share a band."""

    one: int
    other: int
    similarity: float
    banded: bool

    def named(self, ids: npt.NDArray[np.uint64]) -> CopyPair:
        return CopyPair(id_text(ids[self.other]), id_text(ids[self.one]), self.similarity, exact=False)


@dataclass(frozen=True)
class _Sample:
    """Some records: their places, the hashes of their bands (a column each), and their shingles."""

    places: npt.NDArray[np.int64]
    marks: npt.NDArray[np.uint64]
    shingles: Lookup

    @classmethod
    def choose(cls, published: Published, ids: npt.NDArray[np.uint64], chars: npt.NDArray[np.uint32]) -> _Sample:
        """The records whose mixed ids are the smallest, so that a record's turn depends on its id alone."""
        places = np.argsort(mixed(ids * _SEED), kind="stable")[:_SAMPLE]
        before = np.cumsum(chars[places], dtype=np.int64) - chars[places]
        places = np.sort(places[before < _SAMPLE_CHARS])
        rows = shingles(keys(published.texts(places)).rows)
        return cls(places, bands(rows), Lookup.of(sets(rows)))

    def hits(self, rows: Rows, marks: npt.NDArray[np.uint64], first: int, threshold: float) -> list[_Hit]:
        """The pairs of a record of the sample and one of a batch that reach the threshold.

        Args:
            rows: the sets of shingles of the batch.
            marks: the hashes of its bands.
            first: the place of its first record.
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
