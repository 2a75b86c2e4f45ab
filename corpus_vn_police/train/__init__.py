"""Records -> training text, tokens and packed blocks.

    from corpus_vn_police import train

    tokenizer = train.fit_tokenizer(build, vocab_size=8000, out="tokenizer.json")
    blocks = train.Blocks(build, tokenizer, length=1024)     # every token once, in blocks of equal length
    stream = train.Stream(blocks, batch_size=8)              # for a torch DataLoader; stops and resumes exactly

Everything that works with tokens needs `tokenizers`; `Stream`, `check_boundaries` and `perplexity_by_month` need torch:
`pip install 'corpus-vn-police[train]'`. A name's libraries are imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpus_vn_police.lazy import lazy_names

if TYPE_CHECKING:
    from corpus_vn_police.train.blocks import Blocks
    from corpus_vn_police.train.boundaries import check_boundaries
    from corpus_vn_police.train.fitting import date_tokens, fit_tokenizer
    from corpus_vn_police.train.labels import token_offsets
    from corpus_vn_police.train.monthplot import plot_by_month
    from corpus_vn_police.train.months import Perplexity, perplexity_by_month
    from corpus_vn_police.train.stream import Stream
    from corpus_vn_police.train.templates import Parsed, parse, render
    from corpus_vn_police.train.timesplit import TimeSplit, stratify

__all__ = [
    "Blocks",
    "Parsed",
    "Perplexity",
    "Stream",
    "TimeSplit",
    "check_boundaries",
    "date_tokens",
    "fit_tokenizer",
    "parse",
    "perplexity_by_month",
    "plot_by_month",
    "render",
    "stratify",
    "token_offsets",
]

# As in the main package: which module to import a name from, on first use.
_HOMES = {
    "blocks": ("Blocks",),
    "boundaries": ("check_boundaries",),
    "fitting": ("date_tokens", "fit_tokenizer"),
    "labels": ("token_offsets",),
    "monthplot": ("plot_by_month",),
    "months": ("Perplexity", "perplexity_by_month"),
    "stream": ("Stream",),
    "templates": ("Parsed", "parse", "render"),
    "timesplit": ("TimeSplit", "stratify"),
}

if not TYPE_CHECKING:
    __getattr__ = lazy_names(globals(), _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
