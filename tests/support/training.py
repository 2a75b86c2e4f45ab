"""A small build, a tokenizer and blocks to train on."""

import random

import corpus_vn_police as cvp
from corpus_vn_police import train
from support.articles import article


def rows(count=90, seed=1):
    """Rows of articles of very different lengths, in months from 2019 on."""
    draw = random.Random(seed)
    return [
        {"date": f"{2019 + month // 12}-{month % 12 + 1:02}", "text": " ".join(article(number, draw.randint(3, 160)))}
        for number, month in enumerate(sorted(draw.randrange(30) for _ in range(count)))
    ]


def small_build(folder, count=90, **splits):
    """A build of such rows; nothing is left out."""
    config = {"dedup": {"level": "off"}, **({"splits": splits} if splits else {})}
    return cvp.build(rows(count), out=folder / "build", config=config, progress=False)


def tokenizer_of(build):
    """A tokenizer of a few hundred tokens."""
    return train.fit_tokenizer(build, vocab_size=400, split=None, progress=False)


def small_blocks(folder, **options):
    """Blocks of 64 tokens of a small build."""
    build = small_build(folder)
    return train.Blocks(build, tokenizer_of(build), **{"length": 64, "cache": folder / "tokens", **options})
