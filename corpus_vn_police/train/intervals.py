"""Losses of documents -> a table by month, with bootstrap intervals over the documents."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus_vn_police.train.order import mixed

UNDATED = -1
"""The month number of documents without a month."""

_TOGETHER = -2  # the month number if all documents are one group
_BOUNDS = (0.025, 0.975)

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]

_OWN = ("nll", "perplexity", "low", "high", "bits_per_byte")
_OTHER = tuple(f"against_{name}" for name in _OWN)
_RATIO = ("ratio", "ratio_low", "ratio_high")


@dataclass(frozen=True, eq=False)
class Losses:
    """The losses of models on some documents: arrays with one value per document.

    Attributes:
        months: year * 12 + month - 1, or `UNDATED` (int64).
        targets: the number of tokens that are predicted (int64).
        bytes: the UTF-8 bytes of the text of these tokens (int64).
        sums: the negative log-likelihood of these tokens in nats (float64): for one model, or for it and another one.
    """

    months: _Ints
    targets: _Ints
    bytes: _Ints
    sums: tuple[_Floats, ...]

    def __getitem__(self, chosen: npt.NDArray[np.bool_]) -> Losses:
        """The losses of some of the documents."""
        sums = tuple(each[chosen] for each in self.sums)
        return Losses(self.months[chosen], self.targets[chosen], self.bytes[chosen], sums)

    def by_month(self, resamples: int, seed: int) -> pl.DataFrame:
        """One row per month, the row without a month last: `month` (string) and the columns of `Perplexity`."""
        numbers = np.unique(self.months)
        ordered = [*numbers[numbers != UNDATED].tolist(), *numbers[numbers == UNDATED].tolist()]
        rows = [{"month": _name(each), **self[self.months == each]._row(each, resamples, seed)} for each in ordered]
        return pl.DataFrame(rows, schema={"month": pl.String, **self._schema})

    def together(self, resamples: int, seed: int) -> pl.DataFrame:
        """One row for all documents, with the columns of `Perplexity`."""
        return pl.DataFrame([self._row(_TOGETHER, resamples, seed)], schema=self._schema)

    @property
    def _schema(self) -> dict[str, type[pl.DataType]]:
        named = _OWN if len(self.sums) == 1 else (*_OWN, *_OTHER, *_RATIO)
        return {**dict.fromkeys(("documents", "tokens", "bytes"), pl.Int64), **dict.fromkeys(named, pl.Float64)}

    def _row(self, stream: int, resamples: int, seed: int) -> dict[str, float | int | None]:
        size = int(self.bytes.sum())
        row: dict[str, float | int | None] = {
            "documents": len(self.months), "tokens": int(self.targets.sum()), "bytes": size,
        }  # fmt: skip
        drawn = _resampled(self.targets, self.sums, resamples, seed, stream)
        for names, sums, means in zip((_OWN, _OTHER), self.sums, drawn, strict=False):
            nll = float(sums.sum())
            low, high = _interval(means)
            per_byte = nll / size / math.log(2) if size else None
            row |= dict(zip(names, (nll, self._perplexity(sums), low, high, per_byte), strict=True))
        if len(self.sums) == 2:
            ratio = self._perplexity(self.sums[0] - self.sums[1])
            row |= dict(zip(_RATIO, (ratio, *_interval(drawn[0] - drawn[1])), strict=True))
        return row

    def _perplexity(self, sums: _Floats) -> float | None:
        tokens = int(self.targets.sum())
        return float(np.exp(sums.sum() / tokens)) if tokens else None


def _name(month: int) -> str | None:
    return None if month == UNDATED else f"{month // 12:04d}-{month % 12 + 1:02d}"


def _interval(means: _Floats) -> tuple[float | None, float | None]:
    """The range that contains 95 % of the resampled perplexities; None if there are none."""
    if not len(means):
        return None, None
    low, high = np.exp(np.quantile(means, _BOUNDS, method="linear"))
    return float(low), float(high)


def _resampled(targets: _Ints, sums: tuple[_Floats, ...], resamples: int, seed: int, stream: int) -> _Floats:
    """The mean loss per token in every resample, of shape (models, resamples); empty for fewer than two documents.

    Documents without targets are left out. All models get the same draws.
    """
    counting = targets > 0
    tokens, losses = targets[counting], np.stack([each[counting] for each in sums])
    if len(tokens) < 2:
        return np.empty((len(sums), 0))
    drawn = draws(len(tokens), resamples, seed, stream)
    return np.stack([losses[:, each].sum(axis=1) / tokens[each].sum() for each in drawn], axis=1)


def draws(count: int, resamples: int, seed: int, stream: int) -> Iterator[_Ints]:
    """For each resample, draw `count` numbers below `count` with replacement.

    Every draw takes the upper half of a 64-bit number made from seed, stream, resample and position (see
    `order.mixed`), times `count`, without the last 32 bits of the product: the same in every version and on every
    machine.

    Args:
        count: at least 1, below 2**32.
        resamples: the number of resamples.
        seed: at least 0, below 2**64.
        stream: a small integer; a different one gives different draws.
    """
    half = np.uint64(32)
    first = mixed(mixed(np.array([seed], np.uint64)) ^ np.array([stream], np.int64).view(np.uint64))
    places = np.arange(count, dtype=np.uint64)
    for resample in range(resamples):
        bits = mixed(mixed(first + np.uint64(resample)) + places) >> half
        yield ((bits * np.uint64(count)) >> half).astype(np.int64)
