"""Runs of neighbouring positions in an array."""

from __future__ import annotations

import numpy as np

from corpus_vn_police.dedup.equal import Numbers


def spread(starts: Numbers, counts: Numbers) -> Numbers:
    """The positions `starts[i] … starts[i] + counts[i] - 1` of all `i`, one after the other."""
    ends: Numbers = np.cumsum(counts)
    positions: Numbers = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)
    return positions
