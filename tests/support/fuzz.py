"""Fuzz one seed at a time through the stages: read, normalise, structure, quality, validate.

    python -m venv /tmp/fuzz && /tmp/fuzz/bin/pip install atheris && /tmp/fuzz/bin/pip install .
    /tmp/fuzz/bin/python tests/support/fuzz.py CORPUS_FOLDER -max_len=4096 -max_total_time=1200

The first byte of an input says what file the others are. A find is an exception, a lost row, a
record that two checks judge differently, or a text that cleaning changes twice; it goes into
tests/test_hostile.py.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["corpus_vn_police"]):
    import corpus_vn_police.commands.build.batches as batches
    from corpus_vn_police.config import load_config
    from corpus_vn_police.contract import load_contract
    from corpus_vn_police.stages.normalise.clean import clean
    from corpus_vn_police.stages.read import Batching, Unpacker, list_input, load, seeds_in

ENDS = ["txt", "txt", "txt", "jsonl", "jsonl", "txt.gz", "jsonl.zst", "zip", "tar", "parquet", "tar.gz"]
FOLDER = Path(tempfile.mkdtemp(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
CONTRACT = load_contract("record")


def _settings():
    plain = load_config(None).with_flags(latest="2026-01-01")
    (FOLDER / "repair.toml").write_text('[text]\nrepair = true\ntone = "new"\n[limits]\nlatest = "2026-01-01"\n')
    return plain, load_config(FOLDER / "repair.toml")


PLAIN, REPAIR = _settings()


def once(data):
    """Take one input through the stages."""
    if len(data) < 2:
        return
    corpus = REPAIR if data[0] & 0x80 else PLAIN
    path = FOLDER / f"x.{ENDS[(data[0] & 0x7F) % len(ENDS)]}"
    path.write_bytes(data[1:])
    batching = Batching()
    for task in Unpacker(corpus.limits, batching).tasks(list_input(str(path))):
        rows = 0
        for seeds in load(task, corpus, batching):
            batch = batches.quality(batches.structure(batches.normalise_batch(seeds, corpus.text), corpus), corpus)
            assert batch["path"].equals(seeds["path"])
            rows += len(batch)
            alive = batch["reason"].is_null()
            batches.validate(batches.records(batch.filter(alive), CONTRACT, corpus), CONTRACT)
            assert batch.filter(~alive)["detail"].null_count() == 0
            texts = batches.normalise_batch(seeds, corpus.text).filter(alive)["text"]
            assert corpus is REPAIR or clean(texts).equals(texts)  # law 2
        assert rows == seeds_in(task)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()
