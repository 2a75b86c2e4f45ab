"""Records by the million, made fast: syllables as numbers in numpy, joined to texts by Arrow."""

from __future__ import annotations

import functools
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from generated import reports

from corpus_vn_police.syllables import syllables

CHUNK = 10_000  # records that are made at once
_WORDS = 3_000
_SENTENCE = 14  # syllables


@functools.cache
def _vocabulary() -> pa.Array:
    """Syllables four times over: plain, with a capital, with a stop, and with a stop at the end of a paragraph."""
    spelt = sorted(word for word in syllables() if word.isalpha() and not word.isascii())
    words = random.Random(0).sample(spelt, _WORDS)
    return pa.array(
        words
        + [word.capitalize() for word in words]
        + [f"{word}." for word in words]
        + [f"{word}.\n\n" for word in words]
    )


def texts(chance: np.random.Generator, lengths: np.ndarray, paragraph: int = 70, copies: bool = True) -> pa.Array:
    """Texts of made-up prose.

    Args:
        chance: where all is drawn from.
        lengths: syllables of each text.
        paragraph: syllables of a paragraph.
        copies: whether each tenth text is the one before it with one syllable changed.

    Returns:
        A string array, one text for each length.
    """
    lengths = lengths.astype(np.int64)
    if copies:
        lengths[9::10] = lengths[8::10][: len(lengths[9::10])]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    words = chance.integers(0, _WORDS, offsets[-1])
    if copies:
        for row in range(9, len(lengths), 10):
            start, length = offsets[row], lengths[row]
            words[start : start + length] = words[start - length : start]
            words[start + length // 2] = chance.integers(0, _WORDS)
    place = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    last = np.zeros(len(words), bool)
    last[offsets[1:] - 1] = True
    words[place % _SENTENCE == 0] += _WORDS
    stop = (place % _SENTENCE == _SENTENCE - 1) | last
    words[stop] = words[stop] % _WORDS + 2 * _WORDS
    words[(place % paragraph == paragraph - 1) & stop & ~last] += _WORDS
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), _vocabulary().take(pa.array(words)))
    return pc.binary_join(lists, " ")


def _months(first: int, last: int) -> list[str]:
    return [f"{2015 + number % 10}-{number % 12 + 1:02d}" for number in range(first, last)]


def _write(path: Path, first: int, found: list[str]) -> None:
    # The texts have nothing that JSON escapes but newlines.
    months = _months(first, first + len(found))
    rows = (
        f'{{"id":"{number}","date":"{month}","text":"{text}"}}\n'
        for number, (month, text) in enumerate(zip(months, found, strict=True), first)
    )
    with path.open("a", encoding="utf-8") as sink:
        sink.write("".join(rows).replace("\n\n", "\\n\\n"))


def write_rows(folder: Path, first: int, last: int, lengths: tuple[int, int] = (40, 81)) -> None:
    """Write records as JSONL, 10,000 a file.

    Args:
        folder: is made if it is missing.
        first: the number of the first record; the same numbers give the same records.
        last: one past that of the last.
        lengths: syllables of a text, at least so many and fewer than so many.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(first, last, CHUNK):
        chance = np.random.default_rng(start)
        found = texts(chance, chance.integers(*lengths, min(CHUNK, last - start)))
        _write(folder / f"{start:09d}.jsonl", start, found.to_pylist())


def write_bytes(folder: Path, size: int) -> int:
    """Write one JSONL file of at least `size` bytes with records of some 3.5 kB; returns the number of records."""
    count, written = 0, 0
    while written < size:
        chance = np.random.default_rng(count)
        found = texts(chance, chance.integers(500, 701, CHUNK)).to_pylist()
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "one.jsonl", count, found)
        count, written = count + CHUNK, (folder / "one.jsonl").stat().st_size
    return count


def write_texts(folder: Path, first: int, last: int) -> None:
    """Write records of some 60 syllables as `.txt` files, 10,000 a folder."""
    for start in range(first, last, CHUNK):
        chance = np.random.default_rng(start)
        found = texts(chance, chance.integers(40, 81, min(CHUNK, last - start))).to_pylist()
        below = folder / f"{start:09d}"
        below.mkdir(parents=True)
        for number, (month, text) in enumerate(zip(_months(start, last), found, strict=False), start):
            (below / f"{number:09d}.txt").write_text(f" date {month} {text}", encoding="utf-8")


def write_long(folder: Path, size: int) -> None:
    """Write one `.txt` file of `size` bytes, in paragraphs of 700 syllables."""
    folder.mkdir(parents=True, exist_ok=True)
    header = b" date 2020-12 "
    text = texts(np.random.default_rng(1), np.array([size // 4]), paragraph=700, copies=False)[0].as_py().encode()
    cut = text[: size - len(header)].decode(errors="ignore").encode()
    (folder / "long.txt").write_bytes(header + cut + b"." * (size - len(header) - len(cut)))


def write_template(folder: Path, first: int, last: int) -> None:
    """Write reports of 110 syllables by one template as one JSONL file."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [text.replace("\n", "\n\n") for text in reports(1, last - first, random.Random(first))]
    _write(folder / f"{first:09d}.jsonl", first, found)
