"""What normalisation and structure find and change in real articles.

    python benchmarks/text.py articles.jsonl.zst [more.jsonl.zst ...] [--samples N]

Counts of texts, and with --samples the places of a seeded sample of changes, before and after, to
be read by eye. (They are printed, never stored: the articles are not ours.)
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
from collections import Counter
from pathlib import Path

import polars as pl
from make_seeds import lines

from corpus_vn_police.config import load_config
from corpus_vn_police.stages.normalise.batch import normalise_batch
from corpus_vn_police.stages.quality import quality
from corpus_vn_police.stages.read.rows import read_row
from corpus_vn_police.stages.read.seeds import SeedBatch, whole
from corpus_vn_police.stages.structure import structure

FOUND = {
    "not NFC": None,
    "no-break space": "\u00a0",
    "other Unicode space": "[\u2000-\u200a\u202f\u3000]",
    "zero width, bidi": "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]",
    "soft hyphen": "\u00ad",
    "C0 control": r"[\x00-\x08\x0b-\x1f]",
    "Ð, ð, Ɖ": "[ÐðƉ]",
    "marks that NFC leaves": r"\p{M}",
    "runs of spaces": "  ",
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--samples", type=int, default=0)
    args = parser.parse_args()
    corpus = load_config(None).with_flags(latest="2026-01-01")
    for path in args.articles:
        rows = [line.encode() for line in lines(path)]
        print(f"{path.name}: {len(rows)} articles")
        report(rows, corpus, args.samples)


def report(rows: list[bytes], corpus, samples: int) -> None:  # noqa: ANN001
    """Print the counts of one file."""
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    changed: list[tuple[str, str]] = []
    for start in range(0, len(rows), 2000):
        batch = SeedBatch()
        for line in rows[start : start + 2000]:
            batch.add("x.jsonl#1", whole(line, corpus.limits), read_row(line))
        frame = batch.frame()
        raw = frame["body"].cast(pl.String)
        clean = normalise_batch(frame, corpus.text)
        for name, pattern in FOUND.items():
            hit = raw.str.contains(pattern) if pattern else raw.str.normalize("NFC") != raw
            counts[f"found: {name}"] += int(hit.sum() or 0)
        texts = clean["text"]
        counts["changed by normalisation"] += int((texts != raw).sum() or 0)
        changed += [pair for pair in zip(raw, texts, strict=True) if pair[1] is not None and pair[0] != pair[1]]
        taken = quality(structure(clean, corpus), corpus)
        reasons.update(dict(taken["reason"].drop_nulls().value_counts().iter_rows()))
        kept = taken.filter(pl.col("reason").is_null())
        for name in ("title", "event_date_text", "place", "byline", "detail"):
            counts[f"has {'residue' if name == 'detail' else name}"] += kept[name].len() - kept[name].null_count()
        counts["has captions"] += int((kept["captions"].list.len() > 0).sum())
        counts["captions"] += int(kept["captions"].list.len().sum())
        styles = kept["tone_style"].struct.unnest()
        counts["both styles of the tone in one text"] += int(((styles["old"] > 0) & (styles["new"] > 0)).sum())
    for name, count in counts.items():
        print(f"  {name:<42}{count:>8}")
    print("  rejected:", dict(reasons.most_common()))
    for before, after in random.Random(7).sample(changed, min(samples, len(changed))):
        show(before, after)


def show(before: str, after: str) -> None:
    """Print the first places where a text was changed."""
    blocks = difflib.SequenceMatcher(None, before[:3000], after[:3000], autojunk=False).get_opcodes()
    edits = [block for block in blocks if block[0] != "equal"][:2]
    for _, start, end, new_start, new_end in edits:
        old, new = before[max(0, start - 20) : end + 20], after[max(0, new_start - 20) : new_end + 20]
        print("   ", json.dumps(old), "->", json.dumps(new, ensure_ascii=False))


if __name__ == "__main__":
    main()
