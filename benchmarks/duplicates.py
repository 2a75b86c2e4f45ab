"""Which near duplicates are found: precision and recall on labelled pairs, beside two other tools.

    python benchmarks/duplicates.py articles.jsonl.zst [more.jsonl.zst ...] [--pairs 200]
        [--datatrove PYTHON]

Pairs are made of real articles by the edits of `EDITS`, seeded; real copies and real articles on one event
are looked for by brute force; reports by one template, with other numbers and names, are written
here. All of them are one corpus, in which they have one fixed order. The label of a record is the
rule by brute force over all pairs: it is a near duplicate where its Jaccard similarity (5-syllable
shingles of the dedup key, made here anew) with an earlier one that stays is at least 0.7. What is
judged is which records a build leaves out, and which `datasketch` does (MinHash of 128 permutations,
LSH at 0.7, 5 words of `text.lower().split()` a shingle; a text is left out where the index of those
that stay has one like it), and datatrove's four stages (all of a cluster but its first are left out; run by
the interpreter that `--datatrove` names, left out without).
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import make_seeds
import numpy as np
import polars as pl
from generated import REPORTS, VOCABULARY, reports, write_rows

import corpus_vn_police as cvp
from corpus_vn_police.dedup import dedup_key
from corpus_vn_police.stages.normalise.clean import clean
from corpus_vn_police.syllables import in_style

HERE = Path(__file__).resolve().parent
THRESHOLD = 0.7
LEVELS = (0.5, 0.6, 0.7, 0.8, 0.9)
LONGEST, SHORTEST = 1200, 100  # syllables of an article that pairs are made of
CONFIG = "[structure]\nenabled = false\n[quality]\nenabled = false\n[annotations]\nenabled = false\n"
FOOTERS = [
    "Mời quý độc giả theo dõi các chương trình đã phát sóng của Đài trên trang thông tin điện tử của chúng tôi.",
    "Tin, bài, ảnh cộng tác xin gửi về hòm thư của tòa soạn. Ghi rõ nguồn khi phát hành lại thông tin từ trang này. "
    "Mọi ý kiến đóng góp xin gọi đường dây nóng, chúng tôi làm việc cả ngày nghỉ và ngày lễ.",
    "Bạn đọc quan tâm có thể xem thêm các tin khác trong mục Pháp luật.",
]


@dataclass(frozen=True)
class Sets:
    """The shingles of texts as numbers, and which texts have each: for brute force over all pairs."""

    rows: list[np.ndarray]
    sizes: np.ndarray
    order: np.ndarray = field(repr=False)
    bounds: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, keys: list[str], length: int = 5) -> Sets:
        """Make the sets; the number of a shingle is its place among all."""
        names: dict[tuple[str, ...], int] = {}
        rows = []
        for key in keys:
            each = key.split(" ")
            runs = {tuple(each[at : at + length]) for at in range(max(1, len(each) - length + 1))}
            rows.append(np.array([names.setdefault(run, len(names)) for run in runs]))
        sizes = np.array([len(row) for row in rows])
        owners = np.repeat(np.arange(len(rows)), sizes)
        every = np.concatenate(rows)
        bounds = np.concatenate([[0], np.cumsum(np.bincount(every, minlength=len(names)))])
        return cls(rows, sizes, owners[np.argsort(every, kind="stable")], bounds)

    def similar(self, one: int) -> np.ndarray:
        """The Jaccard similarity of a text with every text before it."""
        row = self.rows[one]
        having = [self.order[self.bounds[shingle] : self.bounds[shingle + 1]] for shingle in row]
        common = np.bincount(np.concatenate(having), minlength=one)[:one]
        return common / (self.sizes[one] + self.sizes[:one] - common)


def greedy(sets: Sets) -> tuple[np.ndarray, np.ndarray]:
    """Which texts the rule leaves out, and of each its largest similarity with any text before it."""
    left, most = np.zeros(len(sets.rows), bool), np.zeros(len(sets.rows))
    for one in range(1, len(sets.rows)):
        similar = sets.similar(one)
        most[one] = similar.max()
        left[one] = bool((similar[~left[:one]] >= THRESHOLD).any())
    return left, most


Edit = Callable[[str, random.Random], str]


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _other_tones(text: str, chance: random.Random) -> str:
    new = in_style(text, "new")
    return new if new != text else in_style(text, "old")


def _other_marks(text: str, chance: random.Random) -> str:
    return re.sub("[“”]", '"', text).replace(" - ", " – ").replace("...", "…").replace(". ", ".  ").replace(";", ",")


def _headline_case(text: str, chance: random.Random) -> str:
    return "\n".join([_lines(text)[0].upper(), *_lines(text)[1:]])


def _no_lead(text: str, chance: random.Random) -> str:
    return "\n".join([_lines(text)[0], *_lines(text)[2:]])


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", text)


def _caption_moved(text: str, chance: random.Random) -> str:
    sentences = _sentences(text)
    short = [place for place, sentence in enumerate(sentences[1:-1], 1) if len(sentence.split()) <= 25]
    moved = sentences.pop(chance.choice(short)) if short else sentences.pop(len(sentences) // 2)
    return " ".join(sentences) + "\n" + moved


def _footer(text: str, chance: random.Random) -> str:
    return text + "\n" + "\n".join(chance.sample(FOOTERS, chance.randint(1, 2)))


def _cut(share: float) -> Edit:
    def edit(text: str, chance: random.Random) -> str:
        words = text.split(" ")
        return " ".join(words[: round((1 - share) * len(words))])

    return edit


def _numbers(text: str, chance: random.Random) -> str:
    def other(found: re.Match[str]) -> str:
        if chance.random() < 0.5:
            return found[0]
        return chance.choice(["hơn {}", "khoảng {}", "gần {}"]).format(found[0]) if chance.random() < 0.7 else "nhiều"

    return re.sub(r"(?<![\w/.,])\d+(?![\w/.,])", other, text)


def _words(share: float) -> Edit:
    def edit(text: str, chance: random.Random) -> str:
        words = text.split(" ")
        for place in chance.sample(range(len(words)), round(share * len(words))):
            words[place] = chance.choice(VOCABULARY)
        return " ".join(words)

    return edit


def _reordered(text: str, chance: random.Random) -> str:
    sentences = _sentences(text)
    for place in range(1, len(sentences) - 1, 2):
        if chance.random() < 0.5:
            sentences[place], sentences[place + 1] = sentences[place + 1], sentences[place]
    return " ".join(sentences)


EDITS: dict[str, Edit] = {
    "tone style": _other_tones,
    "NFD": lambda text, chance: unicodedata.normalize("NFD", text),
    "quotes, dashes, spaces": _other_marks,
    "headline in capitals": _headline_case,
    "lead dropped": _no_lead,
    "caption moved": _caption_moved,
    "footer added": _footer,
    **{f"last {share:.0%} cut": _cut(share) for share in (0.1, 0.2, 0.3, 0.4)},
    "numbers paraphrased": _numbers,
    **{f"{share:.0%} of words replaced": _words(share) for share in (0.02, 0.05, 0.1)},
    "sentences reordered": _reordered,
}


def _two(text: str, chance: random.Random) -> str:
    one, other = chance.sample(list(EDITS), 2)
    return EDITS[one](EDITS[other](text, chance), chance)


@dataclass
class Corpus:
    """Records in their order, and of each the kind of pair that it makes with one before it."""

    texts: list[str] = field(default_factory=list)
    kinds: list[str | None] = field(default_factory=list)

    def add(self, text: str, kind: str | None = None) -> None:
        """Add a record."""
        self.texts.append(text)
        self.kinds.append(kind)


def articles(paths: list[Path]) -> list[str]:
    """The articles' clean texts, without the lines of a head, each key once."""
    bodies = [re.sub(r"^(# .*\n)+", "", text) for text in make_seeds.articles(paths)]
    texts = clean(pl.Series(bodies)).str.strip_chars(" \n").to_list()
    return list({dedup_key(text): text for text in texts if text and not text.lower().startswith("date")}.values())


def real_pairs(texts: list[str], sets: Sets) -> tuple[list[tuple[int, int, float]], list[int]]:
    """The most similar earlier text of each where that is 0.2 or more; the texts that none is like."""
    pairs, alone = [], np.ones(len(texts), bool)
    for one in range(1, len(texts)):
        similar = sets.similar(one)
        most = int(similar.argmax())
        if similar[most] >= 0.2:
            pairs.append((most, one, float(similar[most])))
        alone[np.flatnonzero(similar >= 0.1)] = False
        alone[one] &= similar[most] < 0.1
    return pairs, np.flatnonzero(alone).tolist()


def make(texts: list[str], count: int) -> Corpus:
    """The corpus of pairs."""
    chance = random.Random(8)
    corpus = Corpus()
    pairs, alone = real_pairs(texts, Sets.of([dedup_key(text) for text in texts]))
    fitting = [texts[one] for one in alone if SHORTEST <= len(texts[one].split()) <= LONGEST]
    chance.shuffle(fitting)
    originals = iter(fitting)
    for name, edit in [*EDITS.items(), ("two of these", _two)]:
        for original in itertools.islice(originals, count):
            corpus.add(original)
            corpus.add(clean_edit(edit, original, chance), name)
    chance.shuffle(pairs)
    used: set[int] = set()
    for name, low, high in (("articles on one event", 0.2, 0.65), ("copies as they are met", 0.65, 1.01)):
        met = [pair for pair in pairs if low <= pair[2] < high]
        for one, other, _ in met[: 2 * count]:
            if not used & {one, other}:
                corpus.add(texts[one])
                corpus.add(texts[other], name)
                used |= {one, other}
    for template in range(len(REPORTS)):
        for number, text in enumerate(reports(template, count // 2, chance)):
            corpus.add(text, f"reports by template {template + 1}" if number else None)
    return corpus


def clean_edit(edit: Edit, text: str, chance: random.Random) -> str:
    """An edit, applied."""
    return edit(text, chance).strip()


def left_by_build(corpus: Corpus, scratch: Path, python: str | None) -> np.ndarray:
    """Which records a build leaves out: it keeps the earlier id."""
    config, rows, out = scratch / "corpus.toml", scratch / "rows.jsonl", scratch / "out"
    config.write_text(CONFIG)
    with rows.open("w", encoding="utf-8") as sink:
        for number, text in enumerate(corpus.texts):
            sink.write(json.dumps({"id": f"{number:016x}", "text": text}) + "\n")
    cvp.build(rows, out=out, config=config)
    ledger = pl.read_parquet(out / "ledger.parquet")
    rejected = ledger.filter(pl.col("status") == "rejected")
    if len(rejected):
        print(f"rejected: {dict(rejected['reason'].value_counts().iter_rows())}")
    left = np.zeros(len(corpus.texts), bool)
    gone = ledger.filter(pl.col("status").is_in(["duplicate", "near_duplicate"]))
    left[[int(name, 16) for name in gone["id"]]] = True
    return left


def left_by_datasketch(corpus: Corpus, scratch: Path, python: str | None) -> np.ndarray:
    """Which records datasketch leaves out."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=128)
    left = np.zeros(len(corpus.texts), bool)
    for number, text in enumerate(corpus.texts):
        words = text.lower().split()
        sketch = MinHash(num_perm=128)
        runs = {" ".join(words[at : at + 5]) for at in range(max(1, len(words) - 4))}
        sketch.update_batch([run.encode() for run in runs])
        left[number] = bool(index.query(sketch))
        if not left[number]:
            index.insert(number, sketch)
    return left


def left_by_datatrove(corpus: Corpus, scratch: Path, python: str | None) -> np.ndarray:
    """Which records datatrove leaves out: all of a cluster but the first."""
    rows, out = scratch / "rows", scratch / "trove"
    rows.mkdir()
    half = len(corpus.texts) // 2
    write_rows(rows / "0.jsonl", corpus.texts[:half])
    write_rows(rows / "1.jsonl", corpus.texts[half:], half)
    command = [python or sys.executable, str(HERE / "datatrove_minhash.py"), str(rows), str(out), "--clusters"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    clusters = defaultdict(list)
    for name in ("kept", "removed"):
        for path in (out / name).glob("*.jsonl"):
            for document in map(json.loads, path.open(encoding="utf-8")):
                cluster = document.get("metadata", {}).get("minhash_cluster_id", -1)
                if cluster >= 0:
                    clusters[cluster].append(int(document["id"]))
    left = np.zeros(len(corpus.texts), bool)
    for members in clusters.values():
        left[sorted(members)[1:]] = True
    return left


TOOLS = {"build": left_by_build, "datasketch": left_by_datasketch, "datatrove": left_by_datatrove}


def scores(truth: np.ndarray, left: np.ndarray) -> tuple[float, float]:
    """Precision and recall of what is left out."""
    both = int((truth & left).sum())
    return both / max(1, int(left.sum())), both / max(1, int(truth.sum()))


def table(corpus: Corpus, most: np.ndarray, truth: np.ndarray, tools: dict[str, np.ndarray]) -> Iterator[str]:
    """Lines: by kind how many records, how many at each level or above, and how many are left out."""
    head = [f">={level}" for level in LEVELS]
    yield (
        f"{'':27}{'all':>5}"
        + "".join(f"{name:>7}" for name in head)
        + f"{'rule':>7}"
        + "".join(f"{name:>12}" for name in tools)
    )
    kinds = np.array([kind or "" for kind in corpus.kinds])
    for kind in dict.fromkeys(corpus.kinds):
        mine = kinds == (kind or "")
        counts = [int((most[mine] >= level).sum()) for level in LEVELS]
        figures = "".join(f"{count:7}" for count in [*counts, int(truth[mine].sum())])
        yield f"{kind or '(originals)':27}{int(mine.sum()):5}{figures}" + "".join(
            f"{int(left[mine].sum()):12}" for left in tools.values()
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("articles", type=Path, nargs="+")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--datatrove", metavar="PYTHON")
    args = parser.parse_args()
    corpus = make(articles(args.articles), args.pairs)
    sets = Sets.of([dedup_key(clean(pl.Series([text]))[0]) for text in corpus.texts])
    truth, most = greedy(sets)
    paired = sum(kind is not None for kind in corpus.kinds)
    print(f"{len(corpus.texts)} records, {paired} with a partner; {int(truth.sum())} are near duplicates", flush=True)
    tools: dict[str, np.ndarray] = {}
    with tempfile.TemporaryDirectory() as name:
        for tool, left_by in TOOLS.items():
            if tool == "datatrove" and not args.datatrove:
                continue
            tools[tool] = left = left_by(corpus, Path(name), args.datatrove)
            precision, recall = scores(truth, left)
            wrong, missed = int((left & ~truth).sum()), int((truth & ~left).sum())
            print(
                f"{tool:12} precision {precision:.4f}  recall {recall:.4f}  (wrong {wrong}, missed {missed})",
                flush=True,
            )
    print("\n".join(table(corpus, most, truth, tools)))


if __name__ == "__main__":
    main()
